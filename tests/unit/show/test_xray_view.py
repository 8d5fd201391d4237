"""The picture of a build context as text, as HTML and for scripts, and the command that prints it."""

import json

import pytest
from bs4 import BeautifulSoup
from click.testing import CliRunner

from dockerlab.build.xray import xray
from dockerlab.show.context_command import context
from dockerlab.show.options import Size
from dockerlab.show.shown import view
from dockerlab.show.xray import XrayView

FILES = {
    "Dockerfile": "FROM x AS a\nCOPY main.py .\nFROM x\nCOPY . .\n",
    ".dockerignore": "# Logs\n**/*.log\n!logs/keep.log\n*.tmp\n.venv\n",
    "main.py": "x" * 3000,
    "app.log": "x" * 20_000,
    "logs/keep.log": "x" * 40,
    "logs/a.log": "x" * 60,
    ".env": "TOKEN=abcd1234",
}


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def run(folder, *words):
    return CliRunner().invoke(context, [str(folder), *words])


def lines(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_the_text_says_what_would_travel_and_why(folder):
    assert lines(str(view(xray(folder)))) == [
        "The build context is 3.14 kB in 5 files; left out: 20.1 kB in 2 files.",
        "A first build would send 3.14 kB in 5 files, which is all of it.",
        "",
        "These look like secrets:",
        ".env environment file in the context; in the image: yes, line 4 copies it",
        "",
        "By folder:",
        "app.log 0 B in 20 kB out left out by line 2",
        "main.py 3 kB in 0 B out",
        "logs/ 40 B in 60 B out left out by line 2; brought back by line 3",
        ".dockerignore 43 B in 0 B out",
        "Dockerfile 43 B in 0 B out",
        ".env 14 B in 0 B out",
        "",
        ".dockerignore:",
        "2 **/*.log leaves out 20.1 kB in 2 files",
        "3 !logs/keep.log brings back 40 B in 1 file",
        "lines 4, 5: matches nothing",
        "",
        "What the instructions ask for:",
        "line 4 COPY . . everything: 3.14 kB in 5 files",
        "",
        "The largest files of the context:",
        "3 kB main.py",
        "43 B .dockerignore",
        "43 B Dockerfile",
        "40 B logs/keep.log",
        "14 B .env",
    ]


@pytest.mark.parametrize(
    ("dockerfile", "without", "said"),
    [
        ("FROM x\nCOPY main.py .", (), ["A first build would send 3 kB in 1 file."]),
        ("FROM x\nRUN true", (), ["A first build would send nothing."]),
        ("FROM x\nCOPY $A .", (), [
            "What a build would send is not known: line 2: it depends on A, which has no value here."]),
        ("FROM x\nCOPY main.py .", (2,), ["A first build would send 3 kB in 1 file.",
         "Without line 2 of .dockerignore, 20.1 kB in 2 files would come in."]),
        ("FROM x\nCOPY main.py .", (3, 4), ["A first build would send 3 kB in 1 file.",
         "Without lines 3, 4 of .dockerignore, nothing would come in, and 40 B in 1 file would go out."]),
    ],
)  # fmt: skip
def test_the_headline_says_what_changes(folder, dockerfile, without, said):
    (folder / "Dockerfile").write_text(dockerfile)
    assert XrayView(xray(folder, without=without)).headline()[1:] == said


def test_html_folds_without_script_and_has_secrets_first(folder):
    soup = BeautifulSoup(XrayView(xray(folder)).to_html(), "html.parser")
    assert soup.find(["script", "style"]) is None
    assert [caption.get_text() for caption in soup.find_all("caption")] == [
        "These look like secrets", ".dockerignore", "What Dockerfile asks of the context",
    ]  # fmt: skip
    assert all(th["scope"] == "col" for th in soup.find_all("th"))
    assert all(fold.find(True, recursive=False).name == "summary" for fold in soup.find_all("details"))
    (logs,) = [fold for fold in soup.select("details.dl-fold") if "logs/" in fold.summary.get_text()]
    assert [row.get_text(" ", strip=True) for row in logs.select("li")] == [
        "a.log 60 B, left out by line 2", "keep.log 40 B, brought back by line 3",
    ]  # fmt: skip
    widths = [bar["style"] for bar in soup.select(".dl-shares")[0].select("span")]
    assert widths == ["width:0.0%", "width:100.0%"]


def test_many_folders_and_files_become_a_sum(tmp_path):
    for number in range(30):
        (tmp_path / f"d{number:02}").mkdir()
        for file in range(20):
            (tmp_path / f"d{number:02}/f{file}").write_text("x")
    soup = BeautifulSoup(XrayView(xray(tmp_path)).to_html(), "html.parser")
    names = [row.get_text() for row in soup.select("summary .dl-name")]
    assert (len(names), names[-1]) == (13, "18 more")
    assert "and 8 B in 8 files more" in soup.get_text()
    assert "and 22 more" in str(XrayView(xray(tmp_path)))


@pytest.mark.parametrize("name", ["<script>x</script>", "\x1b[31mred", "$a and $b", "caf\udce9", "\u202egnp", "a\nb"])
def test_a_hostile_name_stays_a_name(tmp_path, name):
    shape = [element.name for element in page_of(tmp_path / "1", "plain").find_all(True)]
    page = page_of(tmp_path / "2", name.replace("/", "|"))
    assert [e.name for e in page.find_all(True) if "mathjax_ignore" not in " ".join(e.get("class", []))] == shape


def page_of(folder, name):
    folder.mkdir()
    (folder / f"{name}.env").write_text("x")
    (folder / "Dockerfile").write_text("FROM x\nCOPY . .")
    (folder / ".dockerignore").write_text(name.splitlines()[0].replace("[", "\\["), errors="surrogateescape")
    data, _ = XrayView(xray(folder))._repr_mimebundle_()
    for form in data.values():
        form.encode()
        assert not {"\x1b", "\u202e"} & set(form)
    return BeautifulSoup(data["text/html"], "html.parser")


def test_a_script_gets_everything(folder):
    found = json.loads(run(folder, "--json", "--without", "3").stdout)
    assert found["context"] == {"files": 4, "size_bytes": 3100}
    assert found["travels"] == found["context"]
    assert (found["comes_in"], found["goes_out"]) == ([], ["logs/keep.log"])
    assert found["secrets"][0] == {
        "path": ".env", "kind": "environment file", "in_context": True, "in_image": "yes", "why": "line 4 copies it",
    }  # fmt: skip
    assert [(line["line"], line["files"], line["remark"]) for line in found["lines"]] == [
        (2, 3, ""), (3, 0, "switched off"), (4, 0, "matches nothing"), (5, 0, "matches nothing"),
    ]  # fmt: skip
    assert {"path": "app.log", "size_bytes": 20000, "in_context": False, "line": 2} in found["files"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        ([], 0, ""),
        (["--most-bytes", "10kB"], 0, ""),
        (["--most-bytes", "3kB"], 1, "The build context is 3.14 kB, more than 3 kB."),
        (["--no-secrets"], 1, ".env looks like a secret, and no line of an ignore file leaves it out."),
        (["--most-bytes", "10 apples"], 2, "'10 apples' is no size; it is written as 10MB, 5KB or 700B."),
        (["--without", "1"], 2, "there is no rule on line 1 of .dockerignore."),
        (["-f", "/no/such/Dockerfile"], 2, "does not exist"),
    ],
)
def test_the_exit_status_tells_a_pipeline(folder, words, code, said):
    done = run(folder, *words)
    assert done.exit_code == code
    assert said in " ".join(done.stderr.split())


def test_nothing_of_a_secret_is_printed_and_one_that_is_left_out_is_fine(folder):
    assert "abcd1234" not in run(folder).output + run(folder, "--json").output
    (folder / "key.pem").write_text("-----BEGIN PRIVATE KEY-----\nMIIE")
    assert ".env and 1 more file look like secrets" in run(folder, "--no-secrets").stderr
    (folder / ".dockerignore").write_text(".env\n*.pem")
    assert run(folder, "--no-secrets").exit_code == 0


def test_the_dockerfile_is_named_as_for_docker(folder, tmp_path, monkeypatch):
    (folder / "sub").mkdir()
    (folder / "sub/Dockerfile").write_text("FROM x\nCOPY main.py .\n")
    (folder / "sub/Dockerfile.dockerignore").write_text("*.log\n")
    monkeypatch.chdir(folder / "sub")
    done = CliRunner().invoke(context, ["..", "-f", "Dockerfile"])
    assert "Dockerfile.dockerignore:" in done.stdout
    assert "line 2 COPY main.py . 3 kB in 1 file" in " ".join(done.stdout.split())


def test_a_stage_and_an_argument_can_be_given(folder):
    (folder / "Dockerfile").write_text("FROM x AS a\nARG WHAT\nCOPY $WHAT .\nFROM x\nCOPY . .\n")
    assert "is not known: line 3: it depends on WHAT" in run(folder, "--target", "a").stdout
    known = run(folder, "--target", "a", "--build-arg", "WHAT=main.py").stdout
    assert "A first build would send 3 kB in 1 file." in known


@pytest.mark.parametrize(("text", "size"), [("10", 10), ("1.5kB", 1500), ("2 MiB", 2**21), ("1gb", 10**9)])
def test_a_size_is_read(text, size):
    assert Size().convert(text, None, None) == size
