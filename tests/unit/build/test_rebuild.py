"""The rebuild bench without an engine: which changes fit, what they would make run, and that nothing stays changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from dockerlab.build.predict import RUNS
from dockerlab.build.rebuild import CHANGES, SWAP, ChangeImpossible, RebuildBench
from dockerlab.errors import DockerfileInvalid, FilesUnreadable
from dockerlab.paths import project_root
from dockerlab.show.rebuild import BenchView

LAB = project_root(Path(__file__).parent) / "labs/news-api"
ALL = list(CHANGES)


@pytest.fixture
def bench(tmp_path):
    folder = tmp_path / "context"
    shutil.copytree(LAB, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "Dockerfile.none").write_text("FROM scratch\nRUN one\nCOPY a b\nRUN two\n")
    return RebuildBench(folder, ["Dockerfile", "Dockerfile.poor-order"], engine=None)


def content(folder):
    return {
        path: (path.read_bytes(), path.stat().st_mode, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("dockerfile", "change", "runs"),
    [
        ("Dockerfile", "edit the code", ["COPY . ."]),
        ("Dockerfile", "touch the code", []),
        ("Dockerfile", "change the code's permissions", ["COPY . ."]),
        ("Dockerfile", "edit the README", []),
        ("Dockerfile", "add a requirement", ["COPY requirements.txt .", "RUN pip", "COPY . ."]),
        ("Dockerfile", "set a variable", ["RUN pip", "COPY . ."]),
        ("Dockerfile", SWAP, ["COPY . .", "RUN pip"]),
        ("Dockerfile", "use no cache", ["COPY requirements.txt .", "RUN pip", "COPY . ."]),
        ("Dockerfile.poor-order", "use no cache", ["COPY . .", "RUN pip"]),
        ("Dockerfile.poor-order", "edit the code", ["COPY . .", "RUN pip"]),
        ("Dockerfile.poor-order", "edit the README", []),
    ],
)
def test_what_a_change_would_make_run(bench, tmp_path, dockerfile, change, runs):
    before = content(tmp_path)
    found = bench.plan(dockerfile, change).of(RUNS)
    assert len(found) == len(runs)
    assert all(step.startswith(words) for step, words in zip(found, runs, strict=True))
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    ("dockerfile", "gone", "changes"),
    [
        ("Dockerfile", (), ALL),
        ("Dockerfile.poor-order", (), [name for name in ALL if name != SWAP]),
        ("Dockerfile", ("README.md",), [name for name in ALL if name != "edit the README"]),
        ("Dockerfile", ("main.py", "requirements.txt", "README.md"), ["set a variable", SWAP, "use no cache"]),
    ],
)
def test_only_changes_that_are_possible_are_offered(bench, tmp_path, dockerfile, gone, changes):
    for name in gone:
        (tmp_path / "context" / name).unlink()
    assert bench.changes(dockerfile) == changes


def test_one_that_is_not_possible_is_named(bench, tmp_path):
    (tmp_path / "context/main.py").unlink()
    with pytest.raises(ChangeImpossible, match="edit the code: the file is not there"):
        bench.plan("Dockerfile", "edit the code")


@pytest.mark.parametrize(
    ("text", "error"), [(None, FilesUnreadable), ("RUN before any FROM\n", DockerfileInvalid), ("", DockerfileInvalid)]
)
def test_a_dockerfile_that_cannot_be_read_is_named_at_once(tmp_path, text, error):
    if text is not None:
        (tmp_path / "Dockerfile").write_text(text)
    with pytest.raises(error):
        RebuildBench(tmp_path, ["Dockerfile"], engine=None)


def test_a_swap_takes_the_first_run_with_a_copy_after_it():
    text = CHANGES[SWAP].dockerfile("FROM a\nRUN one\n\n# why\nCOPY b c\nCMD d\n", 1)
    assert text == "FROM a\nCOPY b c\nRUN one\n\n# why\nCMD d\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("FROM a\nRUN b\n", "FROM a\nENV MODE=number-7\nRUN b\n"),
        ("FROM a\nENV MODE=number-3\nRUN b\n", "FROM a\nENV MODE=number-7\nRUN b\n"),
        ("FROM a AS x\nRUN b\nFROM x\nRUN c\n", "FROM a AS x\nRUN b\nFROM x\nENV MODE=number-7\nRUN c\n"),
    ],
)
def test_a_variable_is_set_once(text, expected):
    assert CHANGES["set a variable"].dockerfile(text, 7) == expected


def test_two_benches_build_nothing_that_the_other_has_built(bench, tmp_path):
    shutil.copytree(LAB, tmp_path / "other", ignore=shutil.ignore_patterns("__pycache__"))
    RebuildBench(tmp_path / "other", ["Dockerfile"], engine=None)
    assert (tmp_path / "other/main.py").read_text() != (tmp_path / "context/main.py").read_text()


def test_the_page_has_every_change_and_needs_no_build(bench):
    text, page = str(BenchView(bench)), BenchView(bench).to_html()
    assert "  edit the code                     1 would run, 3 cached" in text
    assert page.count("<details") == 2 * len(ALL) - 1
    assert "changed: main.py" in page
