"""Two kernels with the same chapter at once: neither touches what the other has made."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from uuid import uuid4

import pytest

from dockerlab.engine.labels import clean
from dockerlab.errors import DockerCommandFailed
from dockerlab.paths import project_root

pytestmark = pytest.mark.engine

CHAPTER = "test-two-at-once"
BASE = "python:3.11-slim"
# A kernel: it takes lines of Python, and answers each with what it has printed.
KERNEL = """
import os, sys
from dockerlab.lesson import Lesson
print(os.getpid(), flush=True)
for line in sys.stdin:
    exec(line)
    print("done", flush=True)
"""
BEGIN = f"lesson = Lesson({CHAPTER!r})"
RUN = f"lesson.output('run -d --name dockerlab-two {BASE} sleep 300')"


class Kernel:
    """A process that works with the course."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KERNEL],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=project_root(),
        )
        self.process.stdout.readline()

    def run(self, *lines: str) -> list[str]:
        """What it prints for each line."""
        said = []
        for line in lines:
            print(line, file=self.process.stdin, flush=True)
            while (answer := self.process.stdout.readline().rstrip("\n")) != "done":
                assert answer or self.process.poll() is None, "the kernel has ended"
                said.append(answer)
        return said

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()


@pytest.fixture(scope="module")
def kernel(engine):
    """A kernel in which the chapter has begun, for several tests: each has names of its own."""
    only = Kernel()
    only.run(BEGIN.replace(CHAPTER, f"{CHAPTER}-own"))
    yield only
    only.end()
    clean(engine, f"{CHAPTER}-own")


@pytest.fixture
def kernels(engine):
    """Two kernels in which the chapter has begun."""
    clean(engine, CHAPTER)
    both = [Kernel(), Kernel()]
    for kernel in both:
        kernel.run(BEGIN)
    yield both
    for kernel in both:
        kernel.end()
    clean(engine, CHAPTER)


def containers(engine) -> list[str]:
    found = engine.client().containers.list(filters={"label": f"dockerlab.run={CHAPTER}"})
    return sorted(container.name for container in found)


def test_each_has_a_container_of_the_name_on_the_page(engine, kernels):
    first, second = kernels
    first.run(RUN)
    second.run(BEGIN, RUN)  # its first cell once more, as after a restart
    assert containers(engine) == ["dockerlab-two", "dockerlab-two-session2"]
    ids = [kernel.run("print(lesson.container('dockerlab-two').found().id)")[-1] for kernel in kernels]
    typed = [kernel.run("print(lesson.output('inspect --format {{.Id}} dockerlab-two'))")[0] for kernel in kernels]
    assert ids == typed
    assert ids[0] != ids[1]
    second.run("lesson.clean_up()")
    assert containers(engine) == ["dockerlab-two"]


def test_an_image_of_one_name_is_each_kernels_own(engine, kernels, tmp_path):
    for number, kernel in enumerate(kernels, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"FROM python:3.11-slim\nENV KERNEL={number}\n")
        kernel.run(f"lesson.build('-t dockerlab-two {folder}')")
    typed = "print(lesson.output('run --rm dockerlab-two printenv KERNEL').strip())"
    read = "print(lesson.image('dockerlab-two').config['config']['Env'][-1])"
    assert [kernel.run(typed, read) for kernel in kernels] == [["1", "KERNEL=1"], ["2", "KERNEL=2"]]


@pytest.mark.parametrize(
    "line", ["FROM dockerlab-two:1", "FROM python:3.11-slim\nCOPY --from=dockerlab-two:1 /kernel /"]
)
def test_a_dockerfile_that_names_an_image_gets_its_own_kernels(engine, kernels, tmp_path, line):
    for number, kernel in enumerate(kernels, 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "Dockerfile").write_text(f"FROM python:3.11-slim\nRUN echo {number} > /kernel\n")
        # A step that no build before has done: a cached one prints nothing.
        (folder / "Dockerfile.child").write_text(f"{line}\nRUN cat /kernel # {uuid4()}\n")
        kernel.run(f"lesson.build('-t dockerlab-two:1 {folder}')")
    for number, kernel in enumerate(kernels, 1):
        build = f"lesson.build('-t dockerlab-child -f {tmp_path}/{number}/Dockerfile.child {tmp_path}/{number}')"
        assert kernel.run(f"print({build}.log('cat').strip())")[-1] == str(number)


def test_what_a_kernel_has_left_is_removed_when_it_has_gone(engine, kernels):
    first, second = kernels
    first.run(RUN)
    assert clean(engine, CHAPTER) == {}
    first.end()
    second.run(BEGIN)
    assert containers(engine) == []
    assert second.run(RUN) == []
    assert containers(engine) == ["dockerlab-two"]


def test_what_another_chapter_has_left_is_not_in_the_way(engine, kernels):
    first, second = kernels
    first.run(BEGIN.replace(CHAPTER, f"{CHAPTER}-before"), RUN)
    first.end()
    said = second.run(RUN)
    assert said == []
    assert containers(engine) == ["dockerlab-two"]


@pytest.mark.parametrize(
    ("own", "typed", "looks"),
    [
        (f"create --name {{}} {BASE} true", f"run -d --name {{}} {BASE} sleep 300", "container inspect {}"),
        (f"tag {BASE} {{}}:1", f"tag {BASE} {{}}:1", "image inspect --format={{{{.RepoTags}}}} {}:1"),
        ("network create {}", "network create {}", "network inspect {}"),
        ("volume create {}", "volume create {}", "volume inspect {}"),
        ("volume create {}", f"run --rm -v {{}}:/data {BASE} touch /data/x", "volume inspect {}"),
        ("volume create {}", f"run --rm --mount source={{}},target=/data {BASE} touch /data/x", "volume inspect {}"),
    ],
)  # fmt: skip
def test_what_is_the_readers_own_keeps_its_name_and_its_contents(engine, kernel, own, typed, looks):
    name = f"dockerlab-own-{time.time_ns()}"
    kind = looks.split()[0]
    engine.run(*own.format(name).split())
    try:
        before = engine.run(*looks.format(name).split())
        kernel.run(f"lesson.output({typed.format(name)!r})")
        seen = kernel.run(f"print(lesson.output({looks.format(name)!r}))")
        assert f"{name}-session2" in "".join(seen)
        kernel.run(f"lesson.output('{kind} rm -f {name}{':1' if kind == 'image' else ''}')")
        assert engine.run(*looks.format(name).split()) == before
        if kind == "volume":
            assert engine.run("run", "--rm", "-v", f"{name}:/data", BASE, "ls", "/data") == ""
    finally:
        for left in (name, f"{name}-session2"):
            with suppress(DockerCommandFailed):  # the second is there only if something above has failed
                engine.run(kind, "rm", "-f", f"{left}:1" if kind == "image" else left)


def test_on_request_everything_goes(engine, kernels):
    kernels[0].run(RUN)
    assert clean(engine, CHAPTER, everyone=True) == {"containers": 1}
    assert containers(engine) == []
