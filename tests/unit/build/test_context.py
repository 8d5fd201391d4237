"""The files of a build context, and what .dockerignore leaves out."""

import io
import os
import socket
import tarfile
from contextlib import chdir

import pytest

from dockerlab.build import context_files, ignore_groups
from dockerlab.build.context import context_folder, write_archive
from dockerlab.errors import ContextNotFound, FilesUnreadable, IgnorePatternInvalid

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
    assert "app.log" not in set(context_files(folder)["path"])
    assert list(ignore_groups(folder)["files"]) == [1, 0]


def test_a_dockerfiles_own_list_comes_first(folder):
    (folder / ".dockerignore").write_text("main.py")
    (folder / "Dockerfile.dockerignore").write_text("app.log")
    found = set(context_files(folder)["path"])
    assert "main.py" in found
    assert "app.log" not in found


def test_the_build_reads_its_own_files_even_if_they_are_left_out(folder):
    (folder / ".dockerignore").write_text("*")
    assert list(context_files(folder)["path"]) == [".dockerignore", "Dockerfile"]
    (folder / "logs/x").write_text("FROM scratch")
    (folder / "logs/x.dockerignore").write_text("*")
    assert list(context_files(folder, "./logs/x")["path"]) == ["logs/x", "logs/x.dockerignore"]
    assert list(context_files(folder, "../elsewhere")["path"]) == [".dockerignore"]


@pytest.mark.parametrize(
    ("ignore", "expected"),
    [
        ("", []),
        ("# Logs\n*.log", [("Logs", 1, "app.log")]),
        ("# Logs\n**/*.log\n", [("Logs", 3, "logs/keep.log")]),
        ("*.log", [("", 1, "app.log")]),
        ("# A\n*.log\n# B\n**/*.log", [("A", 1, "app.log"), ("B", 2, "logs/keep.log")]),
        ("# A\n**/*.log\n# B\n!app.log", [("A", 2, "logs/keep.log"), ("B", 0, "")]),
        ("# A\n*.log\n# B\n!app.log\n# A\napp.log", [("A", 1, "app.log"), ("B", 0, "")]),
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


def test_the_groups_together_leave_out_what_is_missing(folder):
    (folder / ".dockerignore").write_text("# A\n*\n# B\n!logs\n# C\nlogs/a.log\n# D\n!**/keep.log\n")
    everything, left = context_files(folder, ignore=False), context_files(folder)
    read = {".dockerignore", "Dockerfile"}  # by the build, and so in the list
    assert ignore_groups(folder)["files"].sum() == len(everything) - len(left) + len(read)


@pytest.mark.parametrize("ask", [context_files, ignore_groups])
@pytest.mark.parametrize("pattern", ["a[b", "!", "x\\e"])
def test_a_pattern_that_docker_refuses_is_an_error(folder, ask, pattern):
    (folder / ".dockerignore").write_text(f"*.tmp\n{pattern}\n")
    with pytest.raises(IgnorePatternInvalid) as caught:
        ask(folder)
    assert (caught.value.line, caught.value.pattern) == (2, pattern)


def strange(folder):
    """A folder of a kind that people have, and programs stumble over."""
    (folder / "large").write_bytes(bytes(5000))
    (folder / "link").symlink_to("large")
    (folder / "nowhere").symlink_to("there/is/nothing")
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "pipe")
    with chdir(folder), socket.socket(socket.AF_UNIX) as listening:  # the path of a socket must be short
        listening.bind("socket")


STRANGE = {"large": 5000, "link": 5, "nowhere": 16, "loop": 4, "up": 2, "pipe": 0, "socket": 0}


def test_a_link_counts_as_a_link_and_nothing_stops_the_count(tmp_path):
    strange(tmp_path)
    found = context_files(tmp_path)
    assert dict(zip(found["path"], found["size_bytes"], strict=True)) == STRANGE
    (tmp_path / ".dockerignore").write_text("# Links\nl*\nnowhere\nup\n# Others\npipe\nsocket")
    groups = ignore_groups(tmp_path)
    assert list(zip(groups["group"], groups["files"], groups["largest"], strict=True)) == [
        ("Links", 5, "large"),
        ("Others", 2, "socket"),
    ]


def test_a_strange_folder_goes_into_the_archive(tmp_path):
    strange(tmp_path)
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/a").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / ".dockerignore").write_text("sub\nup\nDockerfile\n.dockerignore")
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    (tmp_path / "Dockerfile.dockerignore").write_text("*")  # nothing that the old builder knew
    written = io.BytesIO()
    write_archive(tmp_path, "Dockerfile", written)
    written.seek(0)
    with tarfile.open(fileobj=written) as archive:
        names = set(archive.getnames())
        assert archive.getmember("nowhere").linkname == "there/is/nothing"
    mine = {"Dockerfile", ".dockerignore", "Dockerfile.dockerignore", "empty"}
    assert names == {*STRANGE, *mine} - {"up", "socket"}


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


@pytest.mark.parametrize("ask", [context_files, ignore_groups])
def test_a_folder_that_may_not_be_read_is_named_unless_it_is_left_out(folder, forbid, ask):
    forbid(folder / "logs")
    with pytest.raises(FilesUnreadable, match="logs cannot be read: Permission denied") as caught:
        ask(folder)
    assert caught.value.path == str(folder / "logs")
    (folder / ".dockerignore").write_text("logs")
    assert not set(ask(folder).iloc[:, 0]) & {"logs/a.log", "logs/keep.log"}
    assert len(ask(folder)) > 0


@pytest.mark.parametrize("kind", ["a loop", "a file", "no permission"])
def test_a_context_that_is_no_folder_is_named_whatever_it_is(tmp_path, kind, monkeypatch):
    if kind == "a loop":
        (tmp_path / "x").symlink_to("x")
    elif kind == "a file":
        (tmp_path / "x").write_text("x")
    else:
        stat = os.stat

        def refuse(path, **options):
            if str(path).endswith("/x"):
                raise PermissionError(13, "Permission denied", str(path))
            return stat(path, **options)

        monkeypatch.setattr("os.stat", refuse)
    with pytest.raises(ContextNotFound):
        context_files(tmp_path / "x")
