"""The second engine without one: a program that answers as docker would."""

import json

import pytest

from dockerlab.build import build
from dockerlab.engine import Engine
from dockerlab.engine.engine import Server
from dockerlab.engine.provider import CommandLine
from dockerlab.engine.second import SecondEngine, wait_for
from dockerlab.errors import DockerCommandFailed, EngineStartFailed
from tests.engines import engine_of

CONTAINERD = {"ServerVersion": "29.0.0", "Driver": "overlayfs", "DriverStatus": [["driver-type", "io.containerd.x"]]}
GRAPH_DRIVER = {"ServerVersion": "28.0.0", "Driver": "overlay2", "DriverStatus": [["Backing Filesystem", "ext4"]]}


@pytest.fixture
def answering(tmp_path):
    """A function that makes an engine whose docker command gives the named answers; what it was asked is in a file."""

    def make(**answers):
        lines = [f'case "$*" in {pattern}) {answer};; esac' for pattern, answer in answers.values()]
        return engine_of("\n".join([f'echo "$*" >> {tmp_path}/asked', *lines, "exit 0"]), tmp_path)

    return make


def second(outer=None):
    server = Server("29.0.0", "overlayfs (containerd)", "Alpine")
    outer = outer or Engine("", CommandLine(("docker",)), Server("28.5.2", "overlay2", "Debian"), "0.29.1")
    return SecondEngine("", CommandLine(()), server, "0.29.1", outer=outer, container="other")


@pytest.mark.parametrize("options", [(), ("-w", "/demo")])
def test_its_commands_go_through_docker_exec(options):
    assert second().with_options(options).line.command == (
        "docker", "exec", *options, "-e", "BUILDX_NO_DEFAULT_ATTESTATIONS=1", "other", "docker",
    )  # fmt: skip


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
        state=("inspect*", "echo running /other"),
        info=("*' info '*", f"echo '{json.dumps(CONTAINERD)}'"),
        buildx=("*'buildx version'*", "echo github.com/docker/buildx v0.30.1 abc"),
    )
    found = wait_for(outer, "other", timeout=1)
    assert (found.server.version, found.server.store, found.buildx) == ("29.0.0", "overlayfs (containerd)", "0.30.1")
    assert found.server.has_containerd_store
    assert not found.sees_files


def test_an_engine_that_can_export_no_cache_is_refused(answering):
    info = ("*' info '*", f"echo '{json.dumps(GRAPH_DRIVER)}'")
    outer = answering(state=("inspect*", "echo running /other"), info=info)
    with pytest.raises(EngineStartFailed, match=r"Docker 28\.0\.0 with overlay2, can export no cache") as caught:
        wait_for(outer, "other", timeout=1)
    assert "docker pull docker:dind" in caught.value.advice


@pytest.mark.parametrize(
    ("state", "said"), [("exited", "its container is exited"), ("running", "no answer in 0 s")], ids=["ended", "mute"]
)
def test_what_does_not_come_up_is_said_with_its_last_lines(answering, state, said):
    outer = answering(
        state=("inspect*", f"echo {state} /other"),
        info=("exec*", "exit 1"),
        logs=("logs*", "echo mount: permission denied"),
    )
    with pytest.raises(EngineStartFailed, match=said) as caught:
        wait_for(outer, "other", timeout=0.2)
    assert caught.value.last_lines == ("mount: permission denied",)
    assert "--privileged" in caught.value.advice


def test_a_container_that_is_not_there_is_docker_s_own_error(answering):
    with pytest.raises(DockerCommandFailed, match="no such object"):
        wait_for(answering(state=("inspect*", "echo no such object: other; exit 1")), "other")
