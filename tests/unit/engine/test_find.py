"""The order in which engines are looked for, without one."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from dockerlab.engine.find import Machine, find, is_elsewhere
from dockerlab.engine.provider import CommandLine
from dockerlab.errors import EngineUnavailable

SERVER = '{"Server": {"Version": "29.0"}}'
INFO = '{"ServerVersion": "29.0", "Driver": "overlay2", "OperatingSystem": "Test OS"}'


def machine(
    tmp_path,
    own=True,
    host="unix:///reader.sock",
    context="default",
    buildx="v0.17.1",
    unpacks=True,
    private_up=False,
    docker=True,
    parts=False,
):
    """A machine as a test wants it. `started` of each of its two providers says whether it was."""

    def provider(name, is_possible, is_up=False):
        def up(progress):
            made.started = True

        made = SimpleNamespace(
            name=name,
            plan=f"Starting the {name}",
            host=f"unix:///{name}.sock",
            started=is_up,
            is_possible=lambda: is_possible,
            answers=lambda: is_up,
            command_line=lambda: CommandLine(("/unpacked/docker",), {"DOCKER_HOST": f"unix:///{name}.sock"}),
            up=up,
        )
        return made

    def run(command, environment):
        what = " ".join(command[1:])
        if what.startswith("version"):
            return (0, SERVER, "") if own else (1, '{"Server": null}', "Cannot connect")
        if what.startswith("context inspect"):
            return (0, f"{context} {host}\n", "")
        if what.startswith("buildx"):
            version = "v0.29.1" if command[0] == "/unpacked/docker" else buildx
            return (0, f"github.com/docker/buildx {version} abc", "") if version else (1, "", "not a docker command")
        return (0, INFO, "")

    return Machine(
        run=run,
        which=lambda name: None if name == "docker" and not docker else f"/usr/bin/{name}",
        providers=(provider("private", unpacks, private_up), provider("micro-VM", parts)),
        fetch_client=(lambda host, progress: CommandLine(("/unpacked/docker",))) if unpacks else None,
    )


@pytest.mark.parametrize(
    ("conditions", "source", "buildx"),
    [
        ({}, "own", "0.17.1"),
        ({"unpacks": False}, "own", "0.17.1"),
        ({"buildx": None}, "own", "0.29.1"),
        ({"buildx": "v0.11.2"}, "own", "0.29.1"),
        ({"own": False}, "private", "0.29.1"),
        ({"docker": False}, "private", "0.29.1"),
        ({"own": False, "private_up": True}, "private", "0.29.1"),
        ({"own": False, "parts": True}, "private", "0.29.1"),
        ({"own": False, "parts": True, "unpacks": False}, "micro-VM", "0.29.1"),
        ({"parts": True, "unpacks": False}, "own", "0.17.1"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_the_order_of_engines(tmp_path, monkeypatch, conditions, source, buildx):
    monkeypatch.setenv("DOCKER_HOST", "unix:///reader.sock")
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))
    here = machine(tmp_path, **conditions)
    engine = find(progress=lambda text: None, machine=here)
    started = {provider.name for provider in here.providers if provider.started}
    assert (engine.source, engine.buildx) == (source, buildx)
    assert engine.host == f"unix:///{'reader' if source == 'own' else source}.sock"
    assert started == {source} - {"own"}
    assert (engine.provider is None) == (source == "own")


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"own": False, "unpacks": False}, "No Docker engine answers"),
        ({"docker": False, "unpacks": False}, "No Docker engine answers"),
        ({"buildx": None, "unpacks": False}, "no buildx of 0.12 or later"),
        ({"host": "ssh://reader@elsewhere"}, "on another machine: ssh://reader@elsewhere"),
    ],
    ids=str,
)
def test_no_engine_says_how_to_get_one(tmp_path, monkeypatch, conditions, said):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    here = machine(tmp_path, **conditions)
    with pytest.raises(EngineUnavailable) as caught:
        find(progress=lambda text: None, machine=here)
    assert said in caught.value.summary
    assert "nstall" in caught.value.advice or "Run the course there" in caught.value.advice
    assert not any(provider.started for provider in here.providers)


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", False),
        ("unix:///var/run/docker.sock", False),
        ("unix://relative.sock", False),
        ("npipe:////./pipe/docker_engine", False),
        ("tcp://127.0.0.1:2375", False),
        ("tcp://[::1]:2375", False),
        ("tcp://localhost:2375", False),
        ("tcp://docker:2375", True),
        ("tcp://192.168.49.2:2376", True),
        ("https://build.example:2376", True),
        ("ssh://user@machine", True),
    ],
)
def test_an_engine_over_a_network_is_elsewhere(host, expected):
    assert is_elsewhere(host) == expected


def test_nothing_is_started_where_it_must_not(tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    here = machine(tmp_path, own=False)
    with pytest.raises(EngineUnavailable, match="none was to be started"):
        find(start=False, machine=here)
    assert not any(provider.started for provider in here.providers)


def test_our_own_engine_in_docker_host_is_not_taken_for_the_reader_s(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///private.sock")
    assert find(machine=machine(tmp_path, private_up=True)).source == "private"


@pytest.mark.parametrize(
    ("conditions", "builder"),
    [
        ({}, "default"),
        ({"context": "desktop-linux"}, "desktop-linux"),
        ({"context": ""}, "default"),
        ({"own": False}, "default"),
        ({"buildx": None}, "default"),
    ],
    ids=str,
)
def test_the_builder_is_the_engine_s_own_whatever_the_reader_uses(tmp_path, monkeypatch, conditions, builder):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setenv("BUILDX_BUILDER", "mine")
    engine = find(progress=lambda text: None, machine=machine(tmp_path, **conditions))
    assert engine.environment()["BUILDX_BUILDER"] == builder


@pytest.mark.parametrize(("conditions", "kept"), [({}, True), ({"own": False}, False)], ids=["own", "ours"])
def test_what_leads_to_the_reader_s_engine_does_not_lead_to_ours(tmp_path, monkeypatch, conditions, kept):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    for name, value in {"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certificates"}.items():
        monkeypatch.setenv(name, value)
    environment = find(progress=lambda text: None, machine=machine(tmp_path, **conditions)).environment()
    assert (
        {"DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} <= environment.keys()
        if kept
        else (not {"DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"} & environment.keys())
    )
