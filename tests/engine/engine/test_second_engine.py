"""A second engine in a container: it builds, shares a cache through a registry, and leaves nothing behind."""

import signal
import threading
import time

import pytest

from dockerlab.build import build
from dockerlab.build.supplies import supply
from dockerlab.engine.base import ensure_base
from dockerlab.engine.labels import clean
from dockerlab.engine.second import wait_for
from dockerlab.errors import BuildCancelled, EngineStartFailed
from dockerlab.run import docker_command

pytestmark = pytest.mark.engine

DOCKERFILE = """\
FROM python:3.11-slim AS builder
RUN echo tools > /tools
COPY file /
RUN sha256sum /file > /result
FROM python:3.11-slim
COPY --from=builder /result /result
"""


@pytest.fixture
def start(engine, run):
    """A function that starts a second engine in the container `run`, on a network with the registry `run`-registry."""

    def begin(*options: str) -> None:
        base = ensure_base(engine)
        for image in ("registry:2", "docker:dind"):
            assert image in supply(image, engine, base)
        docker_command(f"network create {run}", engine=engine, run=run)
        registry = f"--name {run}-registry --network-alias registry -p 127.0.0.1::5000 registry:2"
        docker_command(f"run -d --network {run} {registry}", engine=engine, run=run)
        second = f"--name {run} {' '.join(options)} docker:dind dockerd --insecure-registry registry:5000"
        docker_command(f"run -d --network {run} {second}", engine=engine, run=run)

    return begin


@pytest.fixture
def second(engine, run, start):
    """That engine, with the base image in it."""
    start("--privileged")
    found = wait_for(engine, run)
    base = f"{docker_command(f'port {run}-registry 5000', engine=engine).split()[0]}/python:3.11-slim"
    for command in (f"tag python:3.11-slim {base}", f"push -q {base}", f"rmi {base}"):
        docker_command(command, engine=engine)
    docker_command(f"exec {run} docker pull -q registry:5000/python:3.11-slim", engine=engine)
    docker_command(f"exec {run} docker tag registry:5000/python:3.11-slim python:3.11-slim", engine=engine)
    return found


def test_it_builds_shares_its_cache_and_leaves_nothing_behind(engine, run, second, tmp_path):
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "file").write_text("one")
    docker_command(f"cp {tmp_path}/. {run}:/demo", engine=engine)
    there = second.with_options(["-w", "/demo"])
    cache = "type=registry,ref=registry:5000/cache"
    assert len(build(f"--cache-to {cache},mode=max .", engine=there).ran) == 4
    docker_command(f"exec {run} docker builder prune --all --force", engine=engine)
    (tmp_path / "file").write_text("two")
    docker_command(f"cp {tmp_path}/. {run}:/demo", engine=engine)
    again = build(f"--cache-from {cache} .", engine=there)
    assert again.cached == ["RUN echo tools > /tools"]
    assert len(again.ran) == 3

    client = engine.client()
    volumes = [mount["Name"] for mount in client.containers.get(run).attrs["Mounts"]]
    assert len(volumes) == 1
    clean(engine, run)
    wanted = {"label": f"dockerlab.run={run}"}
    assert client.containers.list(all=True, filters=wanted) == []
    assert client.networks.list(filters=wanted) == []
    assert client.images.list(all=True, filters=wanted) == []
    assert not set(volumes) & {volume.name for volume in client.volumes.list()}


def test_an_interrupted_build_ends_there_too(engine, run, second, tmp_path):
    marker = f"9{time.time_ns() % 10**8}"
    (tmp_path / "Dockerfile").write_text(f"FROM python:3.11-slim\nRUN sleep {marker}\n")
    docker_command(f"cp {tmp_path}/. {run}:/demo", engine=engine)
    main = threading.get_ident()

    def sleeps_within(seconds: float, wanted: bool) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            running = docker_command(f"exec {run} sh -c 'cat /proc/[0-9]*/cmdline || true'", engine=engine)
            if (f"sleep\0{marker}" in running) == wanted:
                return wanted
            time.sleep(0.1)
        return not wanted

    def interrupt_when_it_sleeps() -> None:
        try:
            sleeps_within(20, True)
        finally:
            signal.pthread_kill(main, signal.SIGINT)

    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    thread = threading.Thread(target=interrupt_when_it_sleeps)
    thread.start()
    try:
        with pytest.raises(BuildCancelled) as caught:
            build(".", engine=second.with_options(["-w", "/demo"]))
    finally:
        thread.join()
        signal.signal(signal.SIGINT, former)
    assert any(marker in step.instruction for step in caught.value.trace.instructions())
    assert not sleeps_within(15, False)


def test_without_privileges_it_is_said_why_there_is_none(engine, run, start):
    start()
    with pytest.raises(EngineStartFailed, match="did not come up: its container is exited") as caught:
        wait_for(engine, run, timeout=30)
    assert caught.value.last_lines
    assert "--privileged" in caught.value.advice
