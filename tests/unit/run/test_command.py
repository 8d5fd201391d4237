"""Docker commands as typed: which get labels, which get a note of the container. A script stands in for docker."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerlab.errors import DockerCommandFailed, EngineLost, PortTaken
from dockerlab.run import docker_command
from dockerlab.run.command import labelled, noted
from tests.engines import engine_of

LABELS = ["--label=dockerlab.course=docker-fundamentals-measured", "--label=dockerlab.run=test"]


@pytest.mark.parametrize(
    ("command", "made_by"),
    [
        ("build -t x .", "build"),
        ("image build .", "image build"),
        ("builder build .", "builder build"),
        ("buildx build .", "buildx build"),
        ("buildx b .", "buildx b"),
        ("run -d x", "run"),
        ("container run x", "container run"),
        ("create x", "create"),
        ("container create x", "container create"),
        ("network create n", "network create"),
        ("volume create v", "volume create"),
        ("ps -a", ""),
        ("network ls", ""),
        ("container ls", ""),
        ("buildx ls", ""),
        ("exec web run", ""),
        ("", ""),
    ],
)
def test_whatever_makes_an_object_gets_the_labels(command, made_by):
    words, maker = command.split(), made_by.split()
    expected = [*maker, *LABELS, *words[len(maker) :]] if maker else words
    assert labelled(words, "test") == expected


@pytest.mark.parametrize(
    ("command", "is_noted"),
    [
        ("run -d x", True),
        ("container run x", True),
        ("run --cidfile=mine x", False),
        ("run --cidfile mine x", False),
        ("create x", False),
        ("ps", False),
    ],
)
def test_a_container_that_runs_leaves_a_note_of_its_id(command, is_noted):
    assert (f"--cidfile={Path('/note')}" in noted(command.split(), Path("/note"))) is is_noted


ALIVE, GONE = '[ "$1" = version ] && exit 0', '[ "$1" = version ] && exit 1'
TAKEN = "docker: Error response from daemon: Bind for 127.0.0.1:8000 failed: port is already allocated."
BUSY = "Error response from daemon: failed to bind host port for 127.0.0.1:8123:172.17.0.2:8000/tcp: address in use"


@pytest.mark.parametrize(
    ("script", "kind", "facts"),
    [
        (
            f"{ALIVE}; echo '{TAKEN}'; exit 125",
            PortTaken,
            {
                "port": 8000,
                "exit_code": 125,
                "advice": "Stop that program, or publish on another port: -p 127.0.0.1:8001:8000.",
            },
        ),
        (f"{ALIVE}; echo '{BUSY}'; exit 125", PortTaken, {"port": 8123}),
        (
            f"{ALIVE}; echo 'OSError: address already in use 127.0.0.1:8000'; exit 1",
            DockerCommandFailed,
            {"exit_code": 1},
        ),
        (
            f"{ALIVE}; echo 'connection refused'; exit 7",
            DockerCommandFailed,
            {"exit_code": 7, "command": "docker run x"},
        ),
        (f"{GONE}; echo 'failed to connect to the docker API at unix:///x'; exit 1", EngineLost, {}),
        (f"{GONE}; exit 1", EngineLost, {"last_lines": ()}),
    ],
)
def test_a_command_that_fails_is_explained(tmp_path, script, kind, facts):
    with pytest.raises(DockerCommandFailed if kind is not EngineLost else EngineLost) as caught:
        docker_command("run x", engine=engine_of(script, tmp_path))
    assert type(caught.value) is kind
    assert {name: getattr(caught.value, name) for name in facts} == facts


def test_lines_come_one_by_one_and_need_not_be_text(tmp_path):
    lines: list[str] = []
    said = docker_command("ps", engine=engine_of(r"printf 'a\377\nb\r\nc'", tmp_path), write=lines.append)
    assert lines == ["a�\n", "b\n", "c"]
    assert said == "".join(lines)
