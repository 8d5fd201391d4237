"""The clutter of a project, and what each group of .dockerignore keeps out of it."""

import pytest

from dockerlab.build.context import context_files, ignore_file, ignore_groups
from dockerlab.errors import ContextNotFound
from dockerlab.lesson import clutter


@pytest.fixture
def small(monkeypatch):
    sizes = {".git/HEAD": 10, "main.pyc": 5, "app.log": 20, "feeds/fetch.log": 30}
    monkeypatch.setattr(clutter, "FILES", sizes)
    return sizes


def test_clutter_is_the_same_each_time_and_spares_what_is_there(small, tmp_path):
    (tmp_path / "app.log").write_text("mine")
    clutter.scatter(tmp_path)
    first = (tmp_path / ".git/HEAD").read_bytes()
    (tmp_path / ".git/HEAD").unlink()
    clutter.scatter(tmp_path)
    assert (tmp_path / ".git/HEAD").read_bytes() == first
    assert (tmp_path / "app.log").read_text() == "mine"
    assert context_files(tmp_path)["size_bytes"].sum() == 10 + 5 + 4 + 30


def test_the_whole_clutter_is_about_100_MB():
    assert 90e6 < sum(clutter.FILES.values()) < 110e6


@pytest.mark.parametrize(
    ("ignore", "expected"),
    [
        ("", []),
        ("# Logs\n*.log", [("Logs", 1, "app.log")]),
        ("# Logs\n**/*.log\n", [("Logs", 2, "feeds/fetch.log")]),
        ("*.pyc", [("", 1, "main.pyc")]),
        ("# A\n*.log\n# B\n**/*.log", [("A", 1, "app.log"), ("B", 1, "feeds/fetch.log")]),
        ("# A\n**/*.log\n# B\n!app.log", [("A", 2, "feeds/fetch.log"), ("B", 0, "")]),
        ("# Docker\n.dockerignore\nDockerfile*", [("Docker", 1, ".dockerignore")]),
        ("# A\n.git\n\n# B\n*.none\n# A\n*.pyc", [("A", 2, ".git/HEAD"), ("B", 0, "")]),
    ],
)
def test_what_each_group_keeps_out(small, tmp_path, ignore, expected):
    clutter.scatter(tmp_path)
    (tmp_path / ".dockerignore").write_text(ignore)
    groups = ignore_groups(tmp_path)
    assert list(zip(groups["group"], groups["files"], groups["largest"], strict=True)) == expected


def test_a_dockerfile_may_have_an_ignore_file_of_its_own(tmp_path):
    assert ignore_file(tmp_path) is None
    (tmp_path / ".dockerignore").write_text("a")
    assert ignore_file(tmp_path).name == ".dockerignore"
    (tmp_path / "X.dockerignore").write_text("b")
    assert ignore_file(tmp_path, "X").name == "X.dockerignore"


def test_a_folder_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ContextNotFound):
        ignore_groups(tmp_path / "nowhere")
