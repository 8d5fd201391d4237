"""The picture of a build context; test_xray_travels.py in tests/engine compares it with real builds."""

import os
import socket
import time
from contextlib import chdir

import pytest

from dockerlab.build.xray import NO, PERHAPS, YES, Sum, xray
from dockerlab.errors import ContextNotFound, FilesUnreadable, IgnorePatternInvalid

FILES = ("Dockerfile", "main.py", "app.log", "logs/a.log", "logs/keep.log", ".git/HEAD", "pkg/__pycache__/x.pyc")


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("12345")
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY . .\n")
    return tmp_path


def paths(files):
    return [file.path for file in files]


def decided(picture):
    """By path, the line that has the last word, for the files that one names."""
    return {file.path: file.rule.line * (1 if file.is_out else -1) for file in picture.files if file.rule}


@pytest.mark.parametrize(
    ("ignore", "lines"),
    [
        ("", {}),
        ("# only a comment\n\n", {}),
        (".git", {".git/HEAD": 1}),
        ("\ufeff.git\n", {".git/HEAD": 1}),
        ("*.log", {"app.log": 1}),
        ("# Logs\n\n*.log\n#*.py\n", {"app.log": 3}),
        ("**/*.log\n!logs/keep.log", {"app.log": 1, "logs/a.log": 1, "logs/keep.log": -2}),
        ("!logs/keep.log\n**/*.log", {"app.log": 2, "logs/a.log": 2, "logs/keep.log": 2}),
        ("logs\n**/*.log", {"app.log": 2, "logs/a.log": 1, "logs/keep.log": 1}),  # the first that says so
        ("**/__pycache__/", {"pkg/__pycache__/x.pyc": 1}),
        ("*\n!main.py", {**dict.fromkeys(FILES, 1), ".dockerignore": 1, "main.py": -2}),
        (" *.log \r\n", {"app.log": 1}),
    ],
)
def test_the_line_that_decides(folder, ignore, lines):
    (folder / ".dockerignore").write_text(ignore, newline="")
    picture = xray(folder)
    assert decided(picture) == lines
    assert paths(picture.files) == sorted([*FILES, ".dockerignore"])
    assert set(paths(picture.inside)) == {*FILES, ".dockerignore"} - {path for path, line in lines.items() if line > 0}


def test_a_dockerfiles_own_list_comes_first(folder):
    (folder / ".dockerignore").write_text("main.py")
    (folder / "Dockerfile.dockerignore").write_text("app.log")
    assert decided(xray(folder)) == {"app.log": 1}
    assert xray(folder).lines[0].rule.file == "Dockerfile.dockerignore"
    assert decided(xray(folder, "sub/Dockerfile")) == {"main.py": 1}


@pytest.mark.parametrize(
    ("ignore", "does"),
    [
        ("*.log\nlogs", [(1, ""), (2, "")]),
        ("*.log\n*.tmp", [(1, ""), (0, "matches nothing")]),
        ("**/*.log\napp.log", [(3, ""), (0, "changes nothing, as line 1 decides")]),
        ("!app.log\n*.log", [(0, "brings nothing back, as line 2 decides"), (1, "")]),
        ("!main.py", [(0, "brings nothing back")]),
        ("*.log\n!app.log", [(0, "changes nothing, as line 2 decides"), (1, "")]),
        ("empty", [(0, "matches only folders without files")]),
    ],
)
def test_what_each_line_does(folder, ignore, does):
    (folder / "empty").mkdir()
    (folder / ".dockerignore").write_text(ignore)
    assert [(len(line.files), line.remark) for line in xray(folder).lines] == does


def test_the_sums_by_folder_are_the_whole(folder):
    (folder / ".dockerignore").write_text("logs/a.log\n.git")
    (folder / "main.py").write_text("x" * 100)
    picture = xray(folder)
    tops = {top.name: (Sum.of(top.inside), Sum.of(top.out)) for top in picture.tops}
    assert next(iter(tops)) == "main.py"
    assert tops["logs/"] == (Sum(1, 5), Sum(1, 5))
    assert tops[".git/"] == (Sum(0, 0), Sum(1, 5))
    assert sum(inside.size_bytes for inside, _ in tops.values()) == Sum.of(picture.inside).size_bytes
    assert sum(each.files for both in tops.values() for each in both) == len(picture.files)
    assert paths(picture.largest(1)) == ["main.py"]


@pytest.mark.parametrize(
    ("without", "comes_in", "goes_out"),
    [
        ({1}, ["app.log", "logs/a.log"], []),
        ({2}, [], ["logs/keep.log"]),
        ({1, 2}, ["app.log", "logs/a.log"], []),
        ({4}, [".git/HEAD"], []),
        ([1, 2, 4], [".git/HEAD", "app.log", "logs/a.log"], []),
        ((), [], []),
    ],
)
def test_a_line_can_be_switched_off(folder, without, comes_in, goes_out):
    (folder / ".dockerignore").write_text("**/*.log\n!logs/keep.log\n# Git\n.git\n")
    whole, picture = xray(folder), xray(folder, without=without)
    change = picture.difference(whole)
    assert (paths(change.comes_in), paths(change.goes_out)) == (comes_in, goes_out)
    assert paths(whole.without(without).inside) == paths(picture.inside)
    assert [line.rule.line for line in picture.lines if line.is_off] == sorted(without)
    assert paths(picture.without(()).inside) == paths(whole.inside)


@pytest.mark.parametrize("line", [0, 3, 99])
def test_a_line_without_a_rule_cannot_be_switched_off(folder, line):
    (folder / ".dockerignore").write_text("**/*.log\n!logs/keep.log\n# Git\n.git\n")
    with pytest.raises(ValueError, match=f"there is no rule on line {line} of .dockerignore"):
        xray(folder, without={line})


@pytest.mark.parametrize(
    ("dockerfile", "travels"),
    [
        ("FROM x\nCOPY . .", ["Dockerfile", "link", "logs/a.log", "logs/keep.log", "main.py"]),
        ("FROM x\nCOPY main.py .", ["main.py"]),
        ("FROM x\nCOPY logs /", ["logs/a.log", "logs/keep.log"]),
        ("FROM x\nCOPY link /", ["link", "main.py"]),
        ("FROM x\nRUN true", []),
        ("FROM x AS a\nCOPY . .\nFROM x\nCOPY main.py .", ["main.py"]),
        ("FROM x\nRUN --mount=type=tmpfs,target=/t true", []),
        ("FROM x\nCOPY $WHAT .", None),
        ("FORM x", None),
        (None, None),
    ],
)
def test_what_would_travel(folder, dockerfile, travels):
    (folder / ".dockerignore").write_text("*\n!main.py\n!logs\n!Dockerfile\n!link")
    (folder / "link").symlink_to("main.py")
    (folder / "Dockerfile").unlink() if dockerfile is None else (folder / "Dockerfile").write_text(dockerfile)
    picture = xray(folder)
    assert (None if picture.travels is None else paths(picture.travels)) == travels
    assert (picture.travels is None) == bool(picture.plan.not_known)


@pytest.mark.parametrize(
    ("source", "remark"),
    [
        ("main.py", ""),
        ("empty", ""),
        ("n*", ""),
        ("none.py", "the build would stop here: there is no none.py"),
        ("app.log", "the build would stop here: app.log is not in the context, left out by line 1 of .dockerignore"),
        (".git", "the build would stop here: .git is not in the context, left out by line 2 of .dockerignore"),
    ],
)
def test_a_source_that_is_not_in_the_context_is_told_with_the_line(folder, source, remark):
    (folder / "empty").mkdir()
    (folder / ".dockerignore").write_text("*.log\n.git\n")
    (folder / "Dockerfile").write_text(f"FROM x\nCOPY {source} /to\n")
    assert [request.remark for request in xray(folder).requests] == [remark]


@pytest.mark.parametrize(
    ("ignore", "dockerfile", "in_image", "why"),
    [
        ("", "FROM x\nCOPY . .", YES, "line 2 copies it"),
        (".env", "FROM x\nCOPY . .", NO, "left out by line 1 of .dockerignore"),
        ("", "FROM x\nCOPY main.py .", NO, "no instruction asks for it"),
        ("", "FROM x\nRUN --mount=target=/s true", NO, "line 2 only mounts it"),
        ("", "FROM x AS b\nCOPY . .\nFROM x\nCOPY --from=b /a /a", PERHAPS,
         "line 2 copies it into b; COPY --from may take it from there"),
        ("", "FROM x AS b\nCOPY . .\nFROM b\nRUN rm .env", YES, "line 2 copies it"),
        ("", "FROM x\nCOPY --exclude=.env . .", PERHAPS, "line 2 copies it, unless --exclude leaves it out"),
        ("", "FROM x\nCOPY $WHAT .", PERHAPS, "it depends on WHAT, which has no value here"),
        ("", "FROM x\nCOPY $WHAT .\nCOPY . .", YES, "line 3 copies it"),
        ("", "FORM x", PERHAPS, "the Dockerfile cannot be read on line 1: there is no instruction FORM"),
    ],
)  # fmt: skip
def test_whether_a_secret_gets_into_the_image(folder, ignore, dockerfile, in_image, why):
    (folder / ".env").write_text("TOKEN=abcd1234")
    (folder / ".dockerignore").write_text(ignore)
    (folder / "Dockerfile").write_text(dockerfile)
    (found,) = xray(folder).secrets
    assert (found.file.path, found.kind, found.in_image, found.why) == (".env", "environment file", in_image, why)


def test_secrets_in_the_context_come_first_and_what_is_left_out_goes_by_its_name(folder):
    for name in ("a.key", "z.key", "out.ini", "in.ini"):
        (folder / name).write_text("password = hunter22")
    (folder / ".dockerignore").write_text("a.key\nout.ini")
    assert [secret.file.path for secret in xray(folder).secrets] == ["in.ini", "z.key", "a.key"]
    assert "hunter22" not in repr(xray(folder).secrets)


def test_links_are_not_followed_and_strange_files_stop_nothing(tmp_path):
    (tmp_path / "large").write_bytes(bytes(5000))
    for name, goal in {
        "link": "large",
        "nowhere": "there/is/nothing",
        "loop": "loop",
        "up": "..",
        ".env": "/etc",
    }.items():
        (tmp_path / name).symlink_to(goal)
    os.mkfifo(tmp_path / "pipe")
    with chdir(tmp_path), socket.socket(socket.AF_UNIX) as listening:  # the path of a socket must be short
        listening.bind("socket")
    picture = xray(tmp_path)
    assert {file.path: file.size_bytes for file in picture.inside} == {
        "large": 5000, "link": 5, "nowhere": 16, "loop": 4, "up": 2, "pipe": 0, "socket": 0, ".env": 4,
    }  # fmt: skip
    assert picture.secrets == []


@pytest.fixture
def forbid(monkeypatch):
    """A function that makes a folder one that may not be read, also for root."""
    scandir = os.scandir

    def forbid(folder):
        def refuse(path):
            if os.fspath(path) == os.fspath(folder):
                raise PermissionError(13, "Permission denied", os.fspath(path))
            return scandir(path)

        monkeypatch.setattr("os.scandir", refuse)

    return forbid


def test_a_folder_that_may_not_be_read_is_named_unless_it_is_left_out(folder, forbid):
    forbid(folder / "logs")
    with pytest.raises(FilesUnreadable, match="logs cannot be read: Permission denied") as caught:
        xray(folder)
    assert caught.value.path == str(folder / "logs")
    (folder / ".dockerignore").write_text("logs")
    picture = xray(folder)
    assert not {"logs/a.log", "logs/keep.log"} & set(paths(picture.files))
    with pytest.raises(FilesUnreadable):
        picture.without({1})


@pytest.mark.parametrize("pattern", ["a[b", "!", "x\\e"])
def test_a_pattern_that_docker_refuses_is_an_error(folder, pattern):
    (folder / ".dockerignore").write_text(f"*.tmp\n{pattern}\n")
    with pytest.raises(IgnorePatternInvalid) as caught:
        xray(folder)
    assert (caught.value.line, caught.value.pattern) == (2, pattern)


@pytest.mark.parametrize("kind", ["nothing", "a loop", "a file", "no permission"])
def test_a_context_that_is_no_folder_is_named_whatever_it_is(tmp_path, kind, monkeypatch):
    if kind == "a loop":
        (tmp_path / "x").symlink_to("x")
    elif kind == "a file":
        (tmp_path / "x").write_text("x")
    elif kind == "no permission":
        stat = os.stat

        def refuse(path, **options):
            if str(path).endswith("/x"):
                raise PermissionError(13, "Permission denied", str(path))
            return stat(path, **options)

        monkeypatch.setattr("os.stat", refuse)
    with pytest.raises(ContextNotFound) as caught:
        xray(tmp_path / "x")
    assert caught.value.path == str(tmp_path / "x")


def test_an_empty_folder_has_a_picture(tmp_path):
    picture = xray(tmp_path)
    assert (picture.files, picture.tops, picture.lines, picture.requests, picture.secrets) == ((), [], [], (), [])
    assert picture.plan.not_known == "there is no Dockerfile"


def test_a_large_folder_takes_moments(tmp_path):
    """Time that grows with the square of the files would take minutes here."""
    (tmp_path / "Dockerfile").write_text("FROM x\nCOPY p0 /\nCOPY . .\n")
    (tmp_path / ".dockerignore").write_text("".join(f"*.t{number}\n" for number in range(20)))
    for number in range(4000):
        (tmp_path / f"p{number % 40}").mkdir(exist_ok=True)
        (tmp_path / f"p{number % 40}/f{number}").touch()
    begin = time.process_time()
    picture = xray(tmp_path)
    assert (len(picture.travels), len(picture.lines), len(picture.secrets)) == (4002, 20, 0)
    assert time.process_time() - begin < 10
