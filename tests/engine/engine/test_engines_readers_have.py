"""The engines that readers really have: each goes through what every chapter needs.

All other engine tests and the chapters run on one engine: the one that `find` gives, or, with `make test
STORE=containerd`, a private one with the containerd store.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dockerlab.engine.base import ensure_base
from dockerlab.engine.find import connect
from dockerlab.engine.packages import System, can_unpack, fetch_client
from dockerlab.engine.private import CONTAINERD, PrivateEngine
from dockerlab.paths import project_root

pytestmark = pytest.mark.engine

PROXY = dict.fromkeys(("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"), "http://127.0.0.1:9")
ALL_SETTINGS = {
    "BUILDX_BUILDER": "mine", "BUILDX_NO_DEFAULT_ATTESTATIONS": "0", "BUILDX_METADATA_PROVENANCE": "max",
    "BUILDKIT_PROGRESS": "plain", "BUILDKIT_HOST": "tcp://127.0.0.1:9", "DOCKER_BUILDKIT": "0",
    "DOCKER_CONTENT_TRUST": "1", "DOCKER_DEFAULT_PLATFORM": "linux/s390x", "DOCKER_HIDE_LEGACY_COMMANDS": "1",
    "COMPOSE_PROJECT_NAME": "mine", "COMPOSE_FILE": "/nowhere.yaml", "NO_COLOR": "1",
}  # fmt: skip


def own_client(folder: Path, plugins: bool = True, settings: dict | None = None) -> dict[str, str]:
    """A reader's docker command with a configuration of its own, for the course's engine under another address."""
    usual = connect(PrivateEngine(store=os.environ.get("DOCKERLAB_STORE", "")))
    socket = folder / "docker.sock"
    socket.symlink_to(usual.host.removeprefix("unix://"))
    config = folder / "config"
    config.mkdir()
    (config / "config.json").write_text(json.dumps(settings or {}))
    programs = Path(usual.line.command[0])
    if plugins:
        (config / "cli-plugins").symlink_to(programs.parents[1] / "libexec/docker/cli-plugins")
    (folder / "bin").mkdir()
    (folder / "bin/docker").symlink_to(programs)
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {"PATH": path, "DOCKER_CONFIG": str(config), "DOCKER_HOST": f"unix://{socket}"}


def docker(variables: dict[str, str], *arguments: str) -> None:
    subprocess.run(["docker", *arguments], env=os.environ | variables, check=True, capture_output=True)


def plain(folder: Path) -> dict[str, str]:
    return own_client(folder)


def all_settings(folder: Path) -> dict[str, str]:
    return own_client(folder) | ALL_SETTINGS


def container_builder(folder: Path) -> dict[str, str]:
    variables = own_client(folder)
    docker(variables, "buildx", "create", "--name", "mine", "--driver", "docker-container", "--use")
    return variables


def second_context(folder: Path) -> dict[str, str]:
    variables = own_client(folder)
    host = variables.pop("DOCKER_HOST")
    docker(variables, "context", "create", "mine", "--docker", f"host={host}")
    docker(variables, "context", "use", "mine")
    return variables


def dead_proxy(folder: Path) -> dict[str, str]:
    default = {"httpProxy": PROXY["HTTP_PROXY"], "httpsProxy": PROXY["HTTP_PROXY"]}
    return own_client(folder, settings={"proxies": {"default": default}}) | PROXY


def without_buildx(folder: Path) -> dict[str, str]:
    fetch_client("", lambda line: None)  # into the cache, so that the walk finds it there
    return own_client(folder, plugins=False)


def everything_at_once(folder: Path) -> dict[str, str]:
    """All that can get in the way of a reader's own engine: settings, a builder, a context, proxies."""
    default = {"httpProxy": PROXY["HTTP_PROXY"], "httpsProxy": PROXY["HTTP_PROXY"]}
    variables = own_client(folder, settings={"proxies": {"default": default}})
    docker(variables, "buildx", "create", "--name", "theirs", "--driver", "docker-container", "--use")
    host = variables.pop("DOCKER_HOST")
    docker(variables, "context", "create", "theirs", "--docker", f"host={host}")
    docker(variables, "context", "use", "theirs")
    return variables | ALL_SETTINGS | PROXY


def snap(folder: Path) -> dict[str, str]:
    """A docker command that sees another temporary folder, as Ubuntu's snap does."""
    variables = own_client(folder)
    hidden, wrapper = folder / "tmp", folder / "snap/bin/docker"
    hidden.mkdir()
    (folder / "home").mkdir()
    wrapper.parent.mkdir(parents=True)
    inner = f'mount -t tmpfs none {hidden} && exec {folder / "bin/docker"} "$@"'
    wrapper.write_text(f"#!/bin/sh\nexec unshare --mount sh -c '{inner}' docker \"$@\"\n")
    wrapper.chmod(0o755)
    path = f"{wrapper.parent}:{os.environ['PATH']}"
    return variables | {"PATH": path, "TMPDIR": str(hidden), "HOME": str(folder / "home")}


def containerd(folder: Path) -> dict[str, str]:
    return {"DOCKERLAB_STORE": CONTAINERD}


EVERY_TIME, NIGHTLY = (), (pytest.mark.nightly,)
# Each engine: what a reader has, what the course makes of it, and when it is tried.
KINDS = {
    "their own, with all that can get in the way": (everything_at_once, {"source": "own"}, EVERY_TIME),
    "their own, from a snap": (snap, {"source": "own"}, EVERY_TIME),
    "private, containerd store": (containerd, {"source": "private", "store": "overlayfs (containerd)"}, EVERY_TIME),
    "their own": (plain, {"source": "own"}, NIGHTLY),
    "their own, with every setting of Docker's programs": (all_settings, {"source": "own"}, NIGHTLY),
    "their own, with a builder in a container": (container_builder, {"source": "own"}, NIGHTLY),
    "their own, in a second context": (second_context, {"source": "own"}, NIGHTLY),
    "their own, with a proxy that is dead": (dead_proxy, {"source": "own"}, NIGHTLY),
    "their own, with a client without buildx": (without_buildx, {"source": "own"}, NIGHTLY),
}


def walk(variables: dict[str, str], *arguments: str) -> dict:
    command = [sys.executable, "-m", "tests.engine.engine.walk", *arguments]
    cache = {"DOCKERLAB_CACHE": str(PrivateEngine().footprint.cache)}  # wherever HOME is
    names = {k: v for k, v in os.environ.items() if k not in ("DOCKER_HOST", "DOCKER_CONFIG", "DOCKER_CONTEXT")}
    done = subprocess.run(
        command, cwd=project_root(), env=names | cache | variables, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def assert_all_went_well(found: dict, **expected: str) -> None:
    steps = ["WORKDIR /srv", "COPY page.html .", f"RUN echo {found['needle']} > made.txt"]
    assert found | expected == found
    assert (found["ran"][-1:], found["ran again"], found["same ID"]) == (steps[-1:], [], True)
    assert (found["context"], found["own layers"]) == (["Dockerfile", "page.html"], steps)
    assert (found["found in"], found["printed"]) == (["file content", "history"], found["needle"])
    assert (found["answer"], found["healthy"], found["left"]) == ([200, "hello"], "healthy", 0)


@pytest.fixture
def private():
    if sys.platform != "linux" or not can_unpack():
        pytest.skip("needs root on Debian or Ubuntu: the course's private engine stands for a reader's")


@pytest.mark.parametrize("kind", [pytest.param(kind, marks=marks) for kind, (_, _, marks) in KINDS.items()])
def test_an_engine_that_readers_have(engine, private, kind, tmp_path):
    make, expected, _ = KINDS[kind]
    usual = PrivateEngine(store=os.environ.get("DOCKERLAB_STORE", ""))
    usual.up()
    ensure_base(connect(usual))
    is_new = kind.startswith("private") and not PrivateEngine(store=CONTAINERD).answers()
    try:
        assert_all_went_well(walk(make(tmp_path)), **expected)
    finally:
        if is_new:
            PrivateEngine(store=CONTAINERD).down()


@pytest.mark.nightly
def test_the_engine_of_debian_13_with_its_older_buildx(engine, private, tmp_path):
    """26.1.5 with buildx 0.13, which writes a record of progress over many lines."""
    if System.read().distribution != "debian":
        pytest.skip("these are Debian's packages")
    older = PrivateEngine(tmp_path / "cache", release="trixie")
    older.up()
    try:
        ensure_base(connect(older))
        found = walk({}, str(tmp_path / "cache"), "trixie")
    finally:
        older.down()
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)
    assert_all_went_well(found, source="private", store="overlay2")
    assert found["version"].startswith("26.")
    assert found["buildx"].startswith("0.13")
