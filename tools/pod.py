"""The course's own image, and a container of it with no more rights than a Binder pod: for its tests and the bench."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from dockerlab.build.builder import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BASE, ensure_base
from dockerlab.errors import DockerCommandFailed
from dockerlab.run.container import ask, docker

# What mybinder.org grants: user 1000, no capability, none to be had by set-uid programs, 1 CPU, 2 GB.
AS_BINDER = "--user 1000 --cap-drop ALL --security-opt no-new-privileges --memory 2g --memory-swap 2g --cpus 1"


def build_image(tag: str, root: Path, scratch: Path, *, engine: Engine, run: str) -> None:
    """Build the image from the project's Dockerfile; where no registry has the base image, its stand-in is handed over.

    Args:
        root: the project's folder.
        scratch: an empty folder, for an archive of the stand-in.

    Raises:
        BuildFailed and its kin.
    """
    options = []
    if ensure_base(engine).stand_in:
        docker(["save", "-o", str(scratch / "base.tar"), BASE], engine=engine)
        options = ["--build-context", f"base-image={scratch}"]
    build([*options, "-t", tag, "."], engine=engine, cwd=root, run=run)


def start_pod(name: str, image: str, token: str, *, engine: Engine, run: str) -> None:
    """Start JupyterLab in a container of that name, and wait until it and the engine inside are ready.

    Raises:
        NotAnswering, DockerCommandFailed: one of them did not come up.
    """
    server = f"jupyter lab --ip=0.0.0.0 --port=8888 --no-browser --IdentityProvider.token={token}"
    docker(f"run -d --name {name} {AS_BINDER} -p 127.0.0.1::8888 {image} {server}", engine=engine, run=run)
    ask(name, "/api", engine=engine, timeout=60)
    inside(name, "dockerlab", "engine", "up", engine=engine)


def inside(name: str, *command: str, engine: Engine, timeout: float = 120) -> str:
    """What a command prints in the container, both streams in one.

    Raises:
        DockerCommandFailed: it ended with another exit code than 0.
        subprocess.TimeoutExpired: it took longer than `timeout` seconds.
    """
    done = subprocess.run(
        [*engine.docker, "exec", name, *command],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=os.environ | engine.environment(),
        timeout=timeout,
    )
    if done.returncode:
        raise DockerCommandFailed(f"docker exec {name} {' '.join(command)}", done.returncode, done.stdout)
    return done.stdout
