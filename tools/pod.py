"""The course's own image, and a container of it with the rights of a Binder pod: for tests/pod and the benchmarks."""

from __future__ import annotations

from pathlib import Path

from dockerlab.build import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BASE, ensure_base
from dockerlab.run import Container, docker_command

# What mybinder.org grants: user 1000, no capabilities and none by set-uid programs, 1 CPU, 2 GB.
AS_BINDER = "--user 1000 --cap-drop ALL --security-opt no-new-privileges --memory 2g --memory-swap 2g --cpus 1"


def build_image(tag: str, root: Path, scratch: Path, *, engine: Engine, run: str) -> None:
    """Build the image from the project's Dockerfile.

    If no registry has the base image, BuildKit gets the engine's stand-in for it as an archive.

    Args:
        root: the project's folder.
        scratch: a folder of its own for that archive. What is there already is used: the micro-VM's disk is made again
            for another archive, and no two of one image are the same.

    Raises:
        BuildFailed and its kin.
    """
    options = []
    if ensure_base(engine).stand_in:
        if not (scratch / "base.tar").exists():
            engine.run("save", "-o", scratch / "base.tar", BASE)
        options = ["--build-context", f"base-image={scratch}"]
    build([*options, "-t", tag, "."], engine=engine, cwd=root, run=run)


def start_pod(name: str, image: str, token: str, *, engine: Engine, run: str) -> None:
    """Start JupyterLab in a container, and wait until it and the engine inside it are ready.

    Raises:
        NotAnswering, DockerCommandFailed: one of them did not come up.
    """
    server = f"jupyter lab --ip=0.0.0.0 --port=8888 --no-browser --IdentityProvider.token={token}"
    docker_command(f"run -d --name {name} {AS_BINDER} -p 127.0.0.1::8888 {image} {server}", engine=engine, run=run)
    Container(name, engine).ask("/api", timeout=60)
    exec_in(name, "dockerlab", "engine", "up", engine=engine)


def exec_in(name: str, *command: str, engine: Engine, timeout: float = 120) -> str:
    """What a command prints in the container, both streams in one.

    Raises:
        DockerCommandFailed: it ended with another exit code than 0, or took longer than `timeout` seconds.
    """
    return engine.run("exec", name, *command, timeout=timeout)
