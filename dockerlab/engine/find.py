"""Which engine the course uses: the reader's own, else one that it starts by itself."""

import atexit
import ipaddress
import json
import os
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

import click

from dockerlab.engine import sessions
from dockerlab.engine.boundary import cleaned, probe
from dockerlab.engine.engine import Engine, Server
from dockerlab.engine.packages import can_unpack, fetch_client
from dockerlab.engine.private import CONTAINERD, PrivateEngine
from dockerlab.engine.provider import CommandLine, Progress, Provider
from dockerlab.engine.vm.machine import MicroVM
from dockerlab.errors import EngineUnavailable
from dockerlab.paths import make_scratch, use_scratch_in

OLDEST_BUILDX = (0, 12)  # the first with --progress=rawjson
SCRATCH_IN_HOME = "dockerlab-scratch"  # of a snap, which sees nothing of a home whose name begins with a dot
THREE_WAYS = (
    "Three ways to get one: install Docker Desktop or Docker Engine and start it; "
    "run as root on Debian or Ubuntu, where the course starts a private engine by itself; "
    "or use the course's image, on Binder for example, which brings one in a micro-VM."
)


def providers(store: str) -> tuple[Provider, ...]:
    """The engines that the course can start, the preferred one first.

    Args:
        store: "containerd", or "" for what each does by itself. The micro-VM has no other.
    """
    return (PrivateEngine(store=store),) if store else (PrivateEngine(), MicroVM())


def every_provider() -> tuple[Provider, ...]:
    """Every engine that the course may have started on this machine, with whatever store."""
    return (*providers(""), *providers(CONTAINERD))


@dataclass(frozen=True)
class Machine:
    """What `find` needs to know of the machine. Tests describe one of their own."""

    # Runs a command in an environment and gives (exit code, stdout, stderr)
    run: Callable[[Sequence[str], Mapping[str, str]], tuple[int, str, str]]
    which: Callable[[str], str | None]  # the path of a program, or None
    providers: tuple[Provider, ...]  # the engines that the course can start, the preferred one first
    # Unpacks a docker command line with buildx for an engine address; None if packages cannot be unpacked
    fetch_client: Callable[[str, Progress], CommandLine] | None
    store: str = ""  # the store that the engine must have: "containerd", or "" for any

    @classmethod
    def this(cls) -> Self:
        """The machine we are on. DOCKERLAB_STORE may name the store that the engine must have.

        Raises:
            EngineUnavailable: the course knows no such store.
        """
        store = os.environ.get("DOCKERLAB_STORE", "")
        if store not in ("", CONTAINERD):
            raise EngineUnavailable(
                f"The course knows no store {store!r}.",
                advice=f"DOCKERLAB_STORE may be {CONTAINERD}; without it, any store will do.",
            )
        return cls(probe, shutil.which, providers(store), fetch_client if can_unpack() else None, store)


def find(start: bool = True, progress: Progress | None = None, machine: Machine | None = None) -> Engine:
    """The engine to use: the reader's own, else a private one, else one in a micro-VM, started if need be.

    Args:
        start: whether an engine may be started.
        progress: gets a line about what is going on; default: stderr.
        machine: default: the one we are on.

    Raises:
        EngineUnavailable: there is none; says how to get one.
        DownloadFailed, EngineStartFailed: the engine that the course starts did not come up.
    """
    machine = machine or Machine.this()
    progress = progress or say
    own = _own(machine, progress)
    if own and (not machine.store or own.server.has_containerd_store):
        return own
    provider = next((provider for provider in machine.providers if provider.is_possible()), None)
    if provider is None:
        raise EngineUnavailable("No Docker engine answers on this machine.", advice=THREE_WAYS)
    if not provider.answers():
        if not start:
            raise EngineUnavailable(
                "No Docker engine runs, and none was to be started.",
                advice="`dockerlab engine up` starts the course's own.",
            )
        why = f"Your engine has another store, {own.server.store}." if own else "No Docker engine answers."
        progress(f"{why} {provider.plan} …")
        provider.up(progress)
    return connect(provider, machine)


def connect(provider: Provider, machine: Machine | None = None) -> Engine:
    """The engine of a provider, which must be up.

    Raises:
        EngineUnavailable: it does not answer.
    """
    return _engine(machine or Machine.this(), provider.host, provider.command_line(), provider=provider)


def _own(machine: Machine, progress: Progress) -> Engine | None:
    """The reader's engine, if one answers. DOCKER_HOST may name an engine of the course: that is not the reader's."""
    if os.environ.get("DOCKER_HOST") in [provider.host for provider in machine.providers]:
        return None
    program = machine.which("docker")
    if not program:
        return None
    if "snap" in Path(program).parts:  # Ubuntu's snap gives its programs a /tmp of their own
        use_scratch_in(Path.home() / SCRATCH_IN_HOME)
    environment = cleaned(os.environ, keep_addresses=True)
    code, out, _ = machine.run([program, "version", "--format", "{{json .}}"], environment)
    server = (json.loads(out).get("Server") if code == 0 and out.startswith("{") else None) or {}
    if not server.get("Version"):
        return None
    # This takes DOCKER_HOST, DOCKER_CONTEXT and the client's settings into account, in docker's own order.
    shown = machine.run(
        [program, "context", "inspect", "--format", "{{.Name}} {{.Endpoints.docker.Host}}"], environment
    )
    context, _, host = shown[1].rstrip().partition(" ")
    if is_elsewhere(host):
        raise EngineUnavailable(
            f"The Docker engine that answers is on another machine: {host}.",
            advice="The lessons ask their containers at 127.0.0.1, but ports are published on that other machine. "
            "Run the course there, or let `docker context use` or DOCKER_HOST name an engine of this machine.",
        )
    # The builder that each context has by itself, not one that the reader has made: it may even have the same name.
    builder = {"BUILDX_BUILDER": context or "default", "BUILDX_CONFIG": _without_builders()}
    line = CommandLine((program,), builder)
    if _buildx(machine, line, environment):
        return _engine(machine, host, line, environment)
    if machine.fetch_client is None:
        raise EngineUnavailable(
            f"Docker Engine {server['Version']} answers, but its client has no buildx of 0.12 or later.",
            advice="Install the buildx plugin: docker-buildx in Debian, docker-buildx-plugin in Docker's packages.",
        )
    return _engine(machine, host, machine.fetch_client(host, progress), environment)


@cache
def _without_builders() -> str:
    """A folder for buildx to work in that knows of no builders; gone when this process ends."""
    folder = make_scratch("buildx", sessions.token())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(folder)


def is_elsewhere(host: str) -> bool:
    """Whether an engine's address leads over a network, and not to a socket or the loopback of this machine."""
    name = urlsplit(host).hostname if "://" in host else None
    if not name or urlsplit(host).scheme in ("unix", "npipe", "fd"):
        return False
    try:
        return not ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name != "localhost"


def _engine(
    machine: Machine,
    host: str,
    line: CommandLine,
    environment: Mapping[str, str] | None = None,
    provider: Provider | None = None,
) -> Engine:
    line = replace(line, variables={"BUILDX_BUILDER": "default"} | line.variables)
    environment = environment or cleaned(os.environ, keep_addresses=provider is None)
    code, out, said = machine.run([*line.command, "info", "--format", "{{json .}}"], {**environment, **line.variables})
    if code:
        raise EngineUnavailable(
            "The Docker engine stopped answering.", last_lines=said.splitlines()[-4:], advice=THREE_WAYS
        )
    return Engine(host, line, Server.from_info(json.loads(out)), _buildx(machine, line, environment), provider)


def _buildx(machine: Machine, line: CommandLine, environment: Mapping[str, str]) -> str:
    """The version of a command line's buildx; "" if it has none that is new enough."""
    code, out, _ = machine.run([*line.command, "buildx", "version"], {**environment, **line.variables})
    match = re.search(r"v?(\d+)\.(\d+)\.?(\d+)?", out) if code == 0 else None
    if not match or (int(match[1]), int(match[2])) < OLDEST_BUILDX:
        return ""
    return match[0].removeprefix("v")


def say(text: str) -> None:
    """Progress goes to stderr."""
    click.echo(text, err=True)
