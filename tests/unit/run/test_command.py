"""Docker commands as typed: which get labels, which get a note of the container. A script stands in for docker."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerlab.engine.sessions import token
from dockerlab.errors import CommandUnreadable, DockerCommandFailed, EngineLost, PortTaken
from dockerlab.run import docker_command
from dockerlab.run.command import labelled, new_volumes, noted
from tests.engines import engine_of

LABELS = [
    "--label=dockerlab.course=docker-fundamentals-measured",
    f"--label=dockerlab.session={token()}",
    "--label=dockerlab.run=test",
]


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
    ("command", "volumes"),
    [
        ("run -v data:/data x", ["data"]),
        ("container run -d --volume=data:/data:ro x -v no:/data", ["data"]),
        ("create -vdata:/data -v more_2:/more x", ["data", "more_2"]),
        ("run --mount source=data,target=/data x", ["data"]),
        ("run --mount type=volume,src=data,dst=/data,readonly x", ["data"]),
        ("run -v /data x", []),
        ("run -v ./data:/data -v ../data:/b -v ~/data:/c -v .:/d x", []),
        ("run --mount type=bind,source=data,target=/data x", []),
        ("run --mount target=/data x", []),
        ("run --mount source=data,target=/data,volume-driver=nfs x", []),  # docker knows how, and labels have to wait
        ("run --volume-driver=nfs -v data:/data x", []),
        ("exec -v data:/data x", []),
        ("build -t x .", []),
    ],
)
def test_the_volumes_that_docker_would_make_are_known(command, volumes):
    assert new_volumes(command.split()) == volumes


@pytest.mark.parametrize(
    ("command", "is_noted"),
    [
        ("run -d x", True),
        ("container run x", True),
        ("run --cidfile=mine x", False),
        ("run --cidfile mine x", False),
        ("run x prog --cidfile mine", True),  # the program's option, not docker's
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
                "advice": "Stop that one, or publish on another port: -p 127.0.0.1:8001:8000.",
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


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("ps -a", "ps -a"),
        ("docker ps -a", "ps -a"),
        ("ps -a # all", "ps -a"),
        ('ps --filter "name=a b"', "ps --filter name=a b"),
        (["docker", "x"], "docker x"),
        ("", ""),
    ],
)
def test_a_command_reaches_docker_as_it_was_meant(tmp_path, typed, words):
    assert docker_command(typed, engine=engine_of('echo "$*"', tmp_path)) == f"{words}\n"


def test_a_command_that_cannot_be_read_starts_nothing(tmp_path):
    with pytest.raises(CommandUnreadable):
        docker_command('run "abc', engine=engine_of(f"touch {tmp_path}/started", tmp_path))
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize(
    ("script", "characters", "end"),
    [
        ("head -c 3000000 /dev/zero | tr '\\0' x", 3_000_000, " … and 2,990,000 more characters in this line"),
        ("yes | head -c 10000000", 10_000_000, "y\n"),
        ("head -c 3000000 /dev/zero | tr '\\0' '\\r'; echo done", 3_000_005, "done\n"),
    ],
    ids=["a long line", "very many lines", "a progress bar"],
)
def test_what_is_given_back_is_whole_and_what_is_shown_fits_on_a_page(tmp_path, script, characters, end):
    shown: list[str] = []
    said = docker_command("run x", engine=engine_of(script, tmp_path), write=shown.append)
    assert len(said) == characters
    page = "".join(shown)
    assert len(page) < 300_000
    assert max(map(len, page.splitlines())) < 10_100
    assert page.endswith(end)


def test_a_long_line_makes_no_long_message(tmp_path):
    script = f"{ALIVE}; head -c 3000000 /dev/zero | tr '\\0' x; exit 3"
    with pytest.raises(DockerCommandFailed) as caught:
        docker_command("run x", engine=engine_of(script, tmp_path))
    assert len(str(caught.value)) < 3000
    assert len(caught.value.output) == 3_000_000


def test_a_character_may_lie_across_two_pieces(tmp_path):
    script = "printf 'a\\303'; sleep 0.2; printf '\\251\\r'; sleep 0.2; printf '\\nb'"
    assert docker_command("ps", engine=engine_of(script, tmp_path)) == "aé\nb"
