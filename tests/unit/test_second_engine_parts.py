"""The second engine without one: a program that answers as docker would."""

import json
from types import SimpleNamespace

import docker.errors
import pytest

from dockerlab.build.builder import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.errors import BaseImageUnavailable, DockerCommandFailed, EngineStartFailed
from dockerlab.lesson.second_engine import SecondEngine, asked, ensure_dind, wait_for

CONTAINERD = {"ServerVersion": "29.0.0", "Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.x"]]}
GRAPH_DRIVER = {"ServerVersion": "28.0.0", "Driver": "overlay2", "DriverStatus": [["Backing Filesystem", "ext4"]]}


@pytest.fixture
def answering(tmp_path):
    """A function that makes an engine whose docker command gives the named answers; what it was asked is in a file."""

    def make(**answers):
        lines = [f'case "$*" in {pattern}) {answer};; esac' for pattern, answer in answers.values()]
        program = tmp_path / "docker"
        program.write_text("\n".join(["#!/bin/sh", f'echo "$*" >> {tmp_path}/asked', *lines, "exit 0"]))
        program.chmod(0o755)
        return Engine("own", "", [str(program)], {}, "28.5.2", "overlay2", "0.29.1", "Debian")

    return make


def second(outer=None):
    outer = outer or Engine("own", "", ["docker"], {}, "28.5.2", "overlay2", "0.29.1", "Debian")
    return SecondEngine(
        "in the container other", "", ["docker"], {}, "29.0.0", "overlayfs (containerd)", "0.29.1", "Alpine",
        outer=outer, container="other",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("line", "options", "inner"),
    [
        ("exec other docker build .", [], ["build", "."]),
        ("exec -w /demo other docker build -t docker .", ["-w", "/demo"], ["build", "-t", "docker", "."]),
        ("exec other docker", [], []),
        ("exec third docker build .", None, None),
        ("exec other ls docker", None, None),
        ("exec other", None, None),
        ("run other docker build .", None, None),
        ("build .", None, None),
        ("", None, None),
    ],
)
def test_a_docker_command_in_a_second_engine_s_container_is_recognised(line, options, inner):
    found = asked({"other": second()}, line.split())
    if inner is None:
        assert found is None
    else:
        engine, words = found
        assert words == inner
        assert engine.docker == [
            "docker",
            "exec",
            *options,
            "-e",
            "BUILDX_NO_DEFAULT_ATTESTATIONS=1",
            "other",
            "docker",
        ]


def test_it_has_no_address_for_the_sdk():
    with pytest.raises(TypeError, match="the container other has no address"):
        second().client()


def test_a_build_there_names_no_file_of_this_machine(answering, tmp_path):
    engine = second(answering()).with_options(["-w", "/nowhere"])
    assert build("no-such-folder", engine=engine).image_id == ""
    (command,) = (tmp_path / "asked").read_text().splitlines()
    assert command.startswith("exec -w /nowhere -e BUILDX_NO_DEFAULT_ATTESTATIONS=1 other docker buildx build ")
    assert "--metadata-file" not in command
    assert command.endswith(" no-such-folder")


def test_it_is_described_when_it_answers(answering):
    outer = answering(
        state=("inspect*", "echo running"),
        info=("*' info '*", f"echo '{json.dumps(CONTAINERD)}'"),
        buildx=("*'buildx version'*", "echo github.com/docker/buildx v0.30.1 abc"),
    )
    found = wait_for(outer, "other", timeout=1)
    assert (found.version, found.store, found.buildx) == ("29.0.0", "overlayfs (containerd)", "0.30.1")
    assert found.has_containerd_store
    assert not found.sees_files


def test_an_engine_that_can_export_no_cache_is_refused(answering):
    outer = answering(state=("inspect*", "echo running"), info=("*' info '*", f"echo '{json.dumps(GRAPH_DRIVER)}'"))
    with pytest.raises(EngineStartFailed, match=r"Docker 28\.0\.0 with overlay2, can export no cache") as caught:
        wait_for(outer, "other", timeout=1)
    assert "docker pull docker:dind" in caught.value.advice


@pytest.mark.parametrize(
    ("state", "said"), [("exited", "its container is exited"), ("running", "no answer in 0 s")], ids=["ended", "mute"]
)
def test_what_does_not_come_up_is_said_with_its_last_lines(answering, state, said):
    outer = answering(
        state=("inspect*", f"echo {state}"), info=("exec*", "exit 1"), logs=("logs*", "echo mount: permission denied")
    )
    with pytest.raises(EngineStartFailed, match=said) as caught:
        wait_for(outer, "other", timeout=0.2)
    assert caught.value.last_lines == ("mount: permission denied",)
    assert "--privileged" in caught.value.advice


def test_a_container_that_is_not_there_is_docker_s_own_error(answering):
    with pytest.raises(DockerCommandFailed, match="no such object"):
        wait_for(answering(state=("inspect*", "echo no such object: other; exit 1")), "other")


def test_without_a_registry_and_without_the_programs_there_is_no_image(answering, monkeypatch):
    def missing(name):
        raise docker.errors.ImageNotFound(name)

    engine = answering()
    client = SimpleNamespace(images=SimpleNamespace(get=missing))
    monkeypatch.setattr(Engine, "client", lambda self: client)
    stand_in = BaseImage("python:3.11-slim", "Debian 12, CPython 3.11.2", "sha256:1", 1)
    with pytest.raises(BaseImageUnavailable, match="hold no dockerd to make docker:dind from"):
        ensure_dind(engine, stand_in)
    official = BaseImage("python:3.11-slim", "", "sha256:1", 1)
    assert ensure_dind(engine, official) == "the official docker:dind"
    refusing = answering(pull=("pull*", "echo no route to host; exit 1"))
    with pytest.raises(BaseImageUnavailable, match="docker:dind could not be pulled") as caught:
        ensure_dind(refusing, official)
    assert caught.value.last_lines == ("no route to host",)
