"""What an ignore file leaves out, and which of its rules decides. The engine's test_ignore_files.py asks Docker too."""

import os

import pytest

from dockerlab.build.ignore import IgnoreFile
from dockerlab.errors import FilesUnreadable, IgnorePatternInvalid
from tests.ignore_cases import LEFT_OUT, REFUSED, TREE


def ignore_file(folder, text, name=".dockerignore"):
    """What the course reads from an ignore file with this text."""
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return IgnoreFile.of(folder, name.removesuffix(".dockerignore"))


def left_out(ignore, paths):
    return {path for path in paths if (rule := ignore.decides(path)) and not rule.brings_back}


@pytest.mark.parametrize("text", LEFT_OUT)
def test_what_docker_leaves_out_is_left_out(tmp_path, text):
    assert left_out(ignore_file(tmp_path, text), TREE) == LEFT_OUT[text]


@pytest.mark.parametrize("pattern", REFUSED)
def test_a_pattern_that_docker_refuses_is_named_with_its_line(tmp_path, pattern):
    with pytest.raises(IgnorePatternInvalid) as caught:
        left_out(ignore_file(tmp_path, f"# no such file\n{pattern}\n"), TREE)
    assert (caught.value.file, caught.value.line, caught.value.pattern) == (".dockerignore", 2, pattern.strip())


def test_a_rule_knows_its_line_its_comment_and_what_was_written(tmp_path):
    ignore = ignore_file(tmp_path, "*.tmp\n\n# Logs\n**/*.log\n  !./keep.log \n#\nx\n## Two  \ny/../z\n")
    assert [(rule.line, rule.group, rule.text, rule.pattern, rule.brings_back) for rule in ignore.rules] == [
        (1, "", "*.tmp", "*.tmp", False),
        (4, "Logs", "**/*.log", "**/*.log", False),
        (5, "Logs", "!./keep.log", "keep.log", True),
        (7, "", "x", "x", False),
        (9, "Two", "y/../z", "z", False),
    ]


@pytest.mark.parametrize(
    ("text", "path", "line"),
    [
        ("a", "b", None),
        ("a", "a", 1),
        ("sub", "sub/deep/a", 1),
        ("*.log\n**/*.log", "app.log", 1),  # the first that says so
        ("*\n!sub\nsub/deep", "sub/a", 2),
        ("*\n!sub\nsub/deep", "sub/deep/a", 3),
        ("a\n!a\na", "a", 3),
        ("!a", "a", None),  # there is nothing to bring back
        ("sub/deep/a\nsub", "sub/deep/a", 1),
    ],
)
def test_the_rule_that_decides_is_the_last_that_changed_something(tmp_path, text, path, line):
    rule = ignore_file(tmp_path, text).decides(path)
    assert (rule.line if rule else None) == line


@pytest.mark.parametrize(
    ("files", "dockerfile", "counts"),
    [
        ({}, "Dockerfile", None),
        ({".dockerignore": "a"}, "Dockerfile", ".dockerignore"),
        ({".dockerignore": "a", "Dockerfile.dockerignore": "b"}, "Dockerfile", "Dockerfile.dockerignore"),
        ({".dockerignore": "a", "Dockerfile.dockerignore": ""}, "Dockerfile", "Dockerfile.dockerignore"),
        ({".dockerignore": "a", "Dockerfile.dockerignore": "b"}, "Dockerfile.x", ".dockerignore"),
        ({".dockerignore": "a", "Dockerfile.dockerignore": "b"}, "", ".dockerignore"),
        ({".dockerignore": "a", "sub/x.dockerignore": "b", "x.dockerignore": "c"}, "sub/x", "sub/x.dockerignore"),
        ({".dockerignore": "a", "x.dockerignore": "c"}, "sub/x", ".dockerignore"),
    ],
    ids=str,
)
def test_the_dockerfile_s_own_list_counts_before_the_common_one(tmp_path, files, dockerfile, counts):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    assert IgnoreFile.of(tmp_path, dockerfile).path == (tmp_path / counts if counts else None)


@pytest.mark.parametrize(
    ("make", "counts"),
    [
        (lambda file: file.symlink_to("list"), True),
        (lambda file: file.symlink_to("nowhere"), False),
        (lambda file: file.symlink_to(file.name), False),
        (lambda file: file.symlink_to("../outside"), False),
        (lambda file: file.mkdir(), False),
        (os.mkfifo, False),
    ],
    ids=["link", "link to nothing", "link to itself", "link out of the context", "folder", "named pipe"],
)
def test_an_ignore_file_that_docker_cannot_read_leaves_nothing_out(tmp_path, make, counts):
    context = tmp_path / "context"
    context.mkdir()
    (tmp_path / "outside").write_text("a")
    (context / "list").write_text("a")
    make(context / ".dockerignore")
    assert left_out(IgnoreFile.of(context), ["a", "b"]) == ({"a"} if counts else set())


def test_an_ignore_file_that_may_not_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / ".dockerignore").write_text("a")

    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(FilesUnreadable, match=r"\.dockerignore cannot be read: Permission denied"):
        IgnoreFile.of(tmp_path)


def test_bytes_that_are_no_text_match_a_name_of_these_bytes(tmp_path):
    assert left_out(ignore_file(tmp_path, b"caf\xe9\nb"), [os.fsdecode(b"caf\xe9"), "b", "c"]) == {"caf\udce9", "b"}
