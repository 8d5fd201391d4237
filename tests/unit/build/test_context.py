"""The files of a build context, and what .dockerignore leaves out."""

import pytest

from dockerlab.build import context_files, ignore_groups
from dockerlab.build.context import context_folder, ignore_patterns
from dockerlab.errors import ContextNotFound

FILES = ("Dockerfile", "main.py", "app.log", "logs/a.log", "logs/keep.log", ".git/HEAD", "pkg/__pycache__/x.pyc")


@pytest.fixture
def folder(tmp_path):
    for name in FILES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("12345")
    return tmp_path


@pytest.mark.parametrize(
    ("ignore", "left_out"),
    [
        ("", set()),
        ("# only a comment\n\n", set()),
        (".git", {".git/HEAD"}),
        ("*.log", {"app.log"}),
        ("**/*.log\n!logs/keep.log", {"app.log", "logs/a.log"}),
        ("**/__pycache__", {"pkg/__pycache__/x.pyc"}),
        ("logs/\n", {"logs/a.log", "logs/keep.log"}),
        ("*\n!main.py", set(FILES) - {"main.py", "Dockerfile"}),
    ],
)
def test_what_dockerignore_leaves_out(folder, ignore, left_out):
    (folder / ".dockerignore").write_text(ignore)
    found = context_files(folder)
    assert set(found["path"]) - {".dockerignore"} == set(FILES) - left_out
    assert set(context_files(folder, ignore=False)["path"]) == {*FILES, ".dockerignore"}
    assert found.set_index("path").loc["main.py"].to_dict() == {"size_bytes": 5, "top": "main.py"}


def test_files_are_sorted_and_know_their_first_folder(folder):
    found = context_files(folder)
    assert list(found["path"]) == sorted(FILES)
    assert found.set_index("path")["top"]["logs/a.log"] == "logs"


def test_patterns_keep_their_order_whatever_comment_is_above_them(folder):
    (folder / ".dockerignore").write_text("# A\n*.log \n\n# B\n!app.log\n# A\napp.log\n")
    assert ignore_patterns(folder, "Dockerfile") == ["*.log", "!app.log", "app.log"]
    assert "app.log" not in set(context_files(folder)["path"])


def test_a_dockerfiles_own_list_comes_first(folder):
    (folder / ".dockerignore").write_text("main.py")
    (folder / "Dockerfile.dockerignore").write_text("app.log")
    found = set(context_files(folder)["path"])
    assert "main.py" in found
    assert "app.log" not in found


def test_which_ignore_file_counts(tmp_path):
    assert ignore_patterns(tmp_path, "Dockerfile") == []
    (tmp_path / ".dockerignore").write_text("a")
    assert ignore_patterns(tmp_path, "Dockerfile") == ["a"]
    (tmp_path / "X.dockerignore").write_text("b")
    assert (ignore_patterns(tmp_path, "X"), ignore_patterns(tmp_path, "Dockerfile")) == (["b"], ["a"])


@pytest.mark.parametrize(
    ("ignore", "expected"),
    [
        ("", []),
        ("# Logs\n*.log", [("Logs", 1, "app.log")]),
        ("# Logs\n**/*.log\n", [("Logs", 3, "logs/keep.log")]),
        ("*.log", [("", 1, "app.log")]),
        ("# A\n*.log\n# B\n**/*.log", [("A", 1, "app.log"), ("B", 2, "logs/keep.log")]),
        ("# A\n**/*.log\n# B\n!app.log", [("A", 3, "logs/keep.log"), ("B", 0, "")]),
        ("# Docker\n.dockerignore\nDockerfile*", [("Docker", 2, "Dockerfile")]),
        ("# A\n.git\n\n# B\n*.none\n# A\n*.log", [("A", 2, "app.log"), ("B", 0, "")]),
    ],
)
def test_what_each_group_leaves_out(folder, ignore, expected):
    (folder / ".dockerignore").write_text(ignore)
    (folder / "Dockerfile").write_text("x" * 100)
    groups = ignore_groups(folder)
    assert list(zip(groups["group"], groups["files"], groups["largest"], strict=True)) == expected
    assert list(groups.columns) == ["group", "files", "size_MB", "largest"]


def test_an_empty_folder_has_a_table_all_the_same(tmp_path):
    assert list(context_files(tmp_path).columns) == ["path", "size_bytes", "top"]


@pytest.mark.parametrize("ask", [context_files, ignore_groups, context_folder])
def test_a_folder_that_is_not_there_is_named(tmp_path, ask):
    with pytest.raises(ContextNotFound) as caught:
        ask(tmp_path / "nowhere")
    assert caught.value.path == str(tmp_path / "nowhere")
