"""Does the course read an ignore file as Docker does? Real builds copy what is left, and every path is compared."""

import json
import os
import socket
from contextlib import chdir
from pathlib import Path

import pytest

from dockerlab.build import xray
from dockerlab.errors import DockerCommandFailed, IgnorePatternInvalid
from tests.ignore_cases import LEFT_OUT, REFUSED, TREE, grow, made_up

pytestmark = pytest.mark.engine

ALL = {str(number): text for number, text in enumerate(dict.fromkeys([*LEFT_OUT, *made_up(seed=26, files=90)]))}
AT_ONCE = 20  # builds of one docker command: with 200, a busy engine loses track of some


class Builds:
    """Builds of one context, each with a list of its own, as NAME.dockerignore beside a Dockerfile of that name."""

    def __init__(self, engine, folder: Path) -> None:
        self.engine, self.folder = engine, folder
        grow(folder / "tree")
        (folder / "rules").mkdir()

    def add(self, name: str, ignore: str) -> None:
        (self.folder / "rules" / name).write_text("FROM scratch\nCOPY . /\n")
        (self.folder / f"rules/{name}.dockerignore").write_text(ignore, encoding="utf-8", newline="")

    def run(self, *names: str) -> None:
        """Build all of them, and export what each has copied."""
        for first in range(0, len(names), AT_ONCE):
            targets = {
                f"t{name}": {
                    "context": "tree",
                    "dockerfile": f"../rules/{name}",
                    "output": [f"type=local,dest=out/{name}"],
                }
                for name in names[first : first + AT_ONCE]
            }
            file = {"group": {"default": {"targets": list(targets)}}, "target": targets}
            (self.folder / "bake.json").write_text(json.dumps(file))
            self.engine.run("buildx", "bake", "--progress=plain", "-f", "bake.json", cwd=self.folder)

    def copied(self, name: str) -> set[str]:
        out = self.folder / "out" / name
        return {os.path.relpath(Path(place, file), out) for place, _, files in os.walk(out) for file in files}

    def expected(self, name: str) -> set[str]:
        return {file.path for file in xray(self.folder / "tree", f"../rules/{name}").inside}


@pytest.fixture(scope="module")
def builds(engine, tmp_path_factory):
    return Builds(engine, tmp_path_factory.mktemp("ignore"))


def test_what_a_build_copies_is_what_the_course_says(builds):
    for name, ignore in ALL.items():
        builds.add(name, ignore)
    expected = {name: builds.expected(name) for name in ALL}
    assert sum(len(ignore.splitlines()) for ignore in ALL.values()) > 400
    assert len({frozenset(paths) for paths in expected.values()}) > 60  # the lists are not all alike
    builds.run(*ALL)
    differences = {
        ignore: sorted(builds.copied(name) ^ expected[name])
        for name, ignore in ALL.items()
        if builds.copied(name) != expected[name]
    }
    assert differences == {}
    tables = {ignore: TREE - builds.copied(name) for name, ignore in ALL.items() if ignore in LEFT_OUT}
    assert tables == LEFT_OUT


@pytest.mark.parametrize("pattern", REFUSED)
def test_what_docker_refuses_is_refused(builds, pattern):
    builds.add("refused", f"# no such file\n{pattern}\n")
    with pytest.raises(IgnorePatternInvalid):
        builds.expected("refused")
    with pytest.raises(DockerCommandFailed, match=r"syntax error in pattern|illegal exclusion pattern"):
        builds.run("refused")


@pytest.mark.parametrize(
    ("files", "dockerfile"),
    [
        ({".dockerignore": "a"}, "Dockerfile"),
        ({".dockerignore": "a", "Dockerfile.dockerignore": "b.py"}, "Dockerfile"),
        ({".dockerignore": "a", "Dockerfile.dockerignore": ""}, "Dockerfile"),
        ({".dockerignore": "a", "sub/x.dockerignore": "b.py", "x.dockerignore": "aab"}, "sub/x"),
        ({".dockerignore": "-> list", "list": "a"}, "Dockerfile"),
        ({".dockerignore": "-> nowhere"}, "Dockerfile"),
        ({".dockerignore": "-> ../list"}, "Dockerfile"),
    ],
    ids=str,
)
def test_the_list_that_counts_is_the_one_docker_takes(engine, tmp_path, files, dockerfile):
    builds = Builds(engine, tmp_path)
    tree = tmp_path / "tree"
    (tmp_path / "list").write_text("a")
    (tree / dockerfile).write_text("FROM scratch\nCOPY . /\n")
    for name, text in files.items():
        if text.startswith("-> "):
            (tree / name).symlink_to(text.removeprefix("-> "))
        else:
            (tree / name).write_text(text)
    engine.run("buildx", "build", "--output=type=local,dest=../out/own", "-f", dockerfile, ".", cwd=tree)
    assert builds.copied("own") == {file.path for file in xray(tree, dockerfile).inside}


def test_what_is_no_file_and_no_folder_is_sent_too(engine, tmp_path):
    builds = Builds(engine, tmp_path)
    tree = tmp_path / "tree"
    (tree / "nowhere").symlink_to("there/is/nothing")
    (tree / "loop").symlink_to("loop")
    (tree / "outside").symlink_to(tmp_path)
    (tree / "folder").symlink_to("sub")
    os.mkfifo(tree / "pipe")
    with chdir(tree), socket.socket(socket.AF_UNIX) as listening:  # the path of a socket must be short
        listening.bind("socket")
    builds.add("strange", "")
    builds.run("strange")
    out = tmp_path / "out/strange"
    sent = builds.copied("strange") | {name for name in ("outside", "folder") if (out / name).is_symlink()}
    assert sent == builds.expected("strange") == TREE | {"nowhere", "loop", "outside", "folder", "pipe", "socket"}
