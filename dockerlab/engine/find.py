"""Which engine the course uses, and how to talk to it."""

from __future__ import annotations

import ipaddress
import json
import os
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit

import docker
from docker.context import ContextAPI
from rich.console import Console

from dockerlab.engine.private import PrivateEngine, System, client_folder, fetch_packages
from dockerlab.engine.vm.machine import NEW_DISK, MicroVM, proxies
from dockerlab.errors import EngineLost, EngineUnavailable
from dockerlab.paths import cache_folder

OLDEST_BUILDX = (0, 12)  # the first with --progress=rawjson
THREE_WAYS = (
    "Three ways to get one: install Docker Desktop or Docker Engine and start it; "
    "run as root on Debian or Ubuntu, where the course starts a private engine by itself; "
    "or use the course's image, on Binder for example, which brings one in a micro-VM."
)
CONTAINERD = "(containerd)"  # ends the name of a store that containerd keeps
MICRO_VM = "micro-VM"
# What a private engine needs of the machine besides being root: to mount, and to make a network.
CAPABILITIES = {"CAP_NET_ADMIN": 12, "CAP_SYS_ADMIN": 21}
NOTED_SECONDS = 3


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answered, and the client to use with it.

    Attributes:
        source: "own" (the reader's), "private" or "micro-VM" (started by the course).
        host: where it is, as a DOCKER_HOST value.
        docker: the docker command line, as the beginning of an argument list.
        variables: what the environment of that command needs besides the machine's.
        version: of the server, such as "28.5.2".
        store: where it keeps images, such as "overlay2".
        buildx: version of the client's buildx.
        operating_system: what the server says it runs on.
    """

    source: str
    host: str
    docker: list[str]
    variables: dict[str, str] = field(repr=False)
    version: str
    store: str
    buildx: str
    operating_system: str

    @property
    def is_ours(self) -> bool:
        """Whether the course started it."""
        return self.source != "own"

    @property
    def has_containerd_store(self) -> bool:
        """Whether images are kept by containerd, and not by a graph driver such as overlay2."""
        return self.store.endswith(CONTAINERD)

    @property
    def sees_files(self) -> bool:
        """Whether its docker command sees the files of this machine."""
        return True

    def stop_builds(self) -> None:
        """Cancel the builds of a docker command that has been ended, where the engine does not do so by itself."""

    def environment(self) -> dict[str, str]:
        """The variables to merge over the machine's for docker commands."""
        return dict(self.variables)

    def client(self) -> docker.DockerClient:
        """The docker SDK, connected to this engine."""
        return self._client

    def answers(self) -> bool:
        """Whether its docker command reaches it now. What a client says of a lost connection may be of another one."""
        return _run([*self.docker, "version", "--format", "{{.Server.Version}}"], self.environment())[0] == 0

    def lost(self, summary: str, said: Sequence[str] = ()) -> EngineLost:
        """The exception for an engine that has gone away, with its last lines; a micro-VM tells why it has."""
        again = "`dockerlab engine up` starts it again"
        if not self.is_ours:
            return EngineLost(summary, last_lines=said, advice="Start Docker again; finished steps stay in its cache.")
        if self.source != MICRO_VM:
            return EngineLost(summary, last_lines=said, advice=f"{again}; finished steps stay in its cache.")
        vm, deadline = MicroVM(), time.monotonic() + NOTED_SECONDS
        while not vm.death() and vm.is_kept() and time.monotonic() < deadline:
            time.sleep(0.1)
        reason = vm.death().get("reason", "")
        return EngineLost(f"{summary} {reason}".strip(), last_lines=said, advice=f"{again}. {NEW_DISK}")

    @cached_property
    def _client(self) -> docker.DockerClient:
        if self.is_ours:
            return docker.DockerClient(base_url=self.host, timeout=120)
        # The reader's may want certificates, which their settings name.
        if os.environ.get("DOCKER_HOST"):
            return docker.from_env()
        context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT"))
        return docker.DockerClient(base_url=context.Host, tls=context.TLSConfig)


@dataclass(frozen=True)
class Machine:
    """What `find` asks of the machine; tests put their own in its place.

    Attributes:
        is_privileged: whether we are root and may mount and make networks.
        system: the distribution and its release.
        private, vm: the private engine and the micro-VM of the cache folder.
        run: runs a command with more variables and gives (exit code, stdout, stderr).
        which: where a program is.
        fetch_client: unpacks a docker client with buildx and gives the folder.
    """

    is_privileged: bool
    system: System
    private: PrivateEngine
    vm: MicroVM
    run: Callable[[Sequence[str], dict[str, str]], tuple[int, str, str]]
    which: Callable[[str], str | None]
    fetch_client: Callable[[Callable[[str], object]], Path]

    @classmethod
    def this(cls) -> Machine:
        """The machine we run on."""
        system = System.read()
        return cls(
            is_privileged=hasattr(os, "geteuid") and os.geteuid() == 0 and has_capabilities(),
            system=system,
            private=PrivateEngine(),
            vm=MicroVM(),
            run=_run,
            which=shutil.which,
            fetch_client=lambda progress: fetch_packages(system, system.client_packages(), progress),
        )

    @property
    def may_unpack(self) -> bool:
        """Whether packages of the distribution can be unpacked and started here."""
        return (
            self.is_privileged and self.system.is_supported and bool(self.which("apt-get") and self.which("dpkg-deb"))
        )


def has_capabilities(status: Path = Path("/proc/self/status")) -> bool:
    """Whether this process may mount and make networks; a container's root often may not."""
    match = re.search(r"^CapEff:\s*([0-9a-f]+)$", status.read_text(), re.M) if status.exists() else None
    return bool(match) and all(int(match[1], 16) >> bit & 1 for bit in CAPABILITIES.values())


def _run(command: Sequence[str], variables: dict[str, str]) -> tuple[int, str, str]:
    try:
        done = subprocess.run(
            command, env=os.environ | variables, capture_output=True, text=True, timeout=15, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, done.stderr


def find(start: bool = True, progress: Callable[[str], object] | None = None, machine: Machine | None = None) -> Engine:
    """The engine to use: the reader's own, else a private one, else one in a micro-VM, started where needed.

    Args:
        start: whether an engine may be started.
        progress: gets a line about what is going on; default: stderr.

    Raises:
        EngineUnavailable: there is none; says how to get one.
        DownloadFailed, EngineStartFailed: the engine that the course starts could not be had.
    """
    machine = machine or Machine.this()
    progress = progress or say
    if own := _own(machine, progress):
        return own
    if machine.may_unpack:
        ours, what = machine.private, "Starting a private one from the distribution's packages"
    elif machine.vm.parts.are_there():
        ours, what = machine.vm, "Booting the course's own in a micro-VM"
    else:
        raise EngineUnavailable("No Docker engine answers on this machine.", advice=THREE_WAYS)
    if not ours.answers():
        if not start:
            raise EngineUnavailable(
                "No Docker engine runs, and none was to be started.",
                advice="`dockerlab engine up` starts the course's own.",
            )
        progress(f"No Docker engine answers. {what} …")
        ours.up(progress)
    return connect(machine) if ours is machine.private else connect_vm(machine)


def _own(machine: Machine, progress: Callable[[str], object]) -> Engine | None:
    """The reader's engine, where one answers; an engine of the course that DOCKER_HOST names is not the reader's."""
    if os.environ.get("DOCKER_HOST") in (machine.private.host, machine.vm.host):
        return None
    program = machine.which("docker")
    if not program:
        return None
    code, out, _ = machine.run([program, "version", "--format", "{{json .}}"], {})
    server = (json.loads(out).get("Server") if code == 0 and out.startswith("{") else None) or {}
    if not server.get("Version"):
        return None
    # Of DOCKER_HOST, DOCKER_CONTEXT and the client's settings, this is the one that counts.
    host = machine.run([program, "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], {})[1].strip()
    if is_elsewhere(host):
        raise EngineUnavailable(
            f"The Docker engine that answers is on another machine: {host}.",
            advice="The lessons ask their containers at 127.0.0.1, but ports are published on that other machine. "
            "Run the course there, or have `docker context use` or DOCKER_HOST name an engine of this machine.",
        )
    command, variables = [program], {}
    buildx = _buildx(machine, command, variables)
    if buildx is None:
        if not machine.may_unpack:
            raise EngineUnavailable(
                f"Docker Engine {server['Version']} answers, but its client has no buildx of 0.12 or later.",
                advice="Install the buildx plugin: docker-buildx in Debian, docker-buildx-plugin in Docker's packages.",
            )
        progress("The docker client has no buildx: unpacking one into the cache …")
        tree = machine.fetch_client(progress)
        command = [str(tree / "usr/bin/docker")]
        variables = {"DOCKER_HOST": host, "DOCKER_CONFIG": str(client_folder(tree, cache_folder()))}
        buildx = _buildx(machine, command, variables) or ""
    return _engine("own", host, command, variables, buildx, machine)


def is_elsewhere(host: str) -> bool:
    """Whether an engine's address leads over a network, and not to a socket or the loopback of this machine."""
    name = urlsplit(host).hostname if "://" in host else None
    if not name or urlsplit(host).scheme in ("unix", "npipe", "fd"):
        return False
    try:
        return not ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name != "localhost"


def connect(machine: Machine) -> Engine:
    """The private engine of a machine, which must be up."""
    private = machine.private
    return _ours(machine, "private", private.host, private.tree(), private.cache / "docker-config")


def connect_vm(machine: Machine) -> Engine:
    """The engine in the micro-VM of a machine, which must be up. Builds and containers get the machine's proxies."""
    vm = machine.vm
    names = {"HTTP_PROXY": "httpProxy", "HTTPS_PROXY": "httpsProxy", "NO_PROXY": "noProxy"}
    settings = {names[name]: value for name, value in proxies(os.environ).items()}
    config = client_folder(vm.parts.client, vm.cache, {"proxies": {"default": settings}} if settings else {})
    return _ours(machine, MICRO_VM, vm.host, vm.parts.client, config)


def _ours(machine: Machine, source: str, host: str, tree: Path, config: Path) -> Engine:
    """An engine that the course has started, with the client that was unpacked into `tree`."""
    programs, path = str(tree / "usr/bin"), os.environ.get("PATH", os.defpath)
    if not path.startswith(f"{programs}{os.pathsep}"):
        path = f"{programs}{os.pathsep}{path}"
    variables = {"DOCKER_HOST": host, "DOCKER_CONFIG": str(config), "PATH": path}
    command = [str(tree / "usr/bin/docker")]
    return _engine(source, host, command, variables, _buildx(machine, command, variables) or "", machine)


def _engine(source, host, command, variables, buildx, machine) -> Engine:
    code, out, said = machine.run([*command, "info", "--format", "{{json .}}"], variables)
    if code:
        raise EngineUnavailable(
            "The Docker engine stopped answering.", last_lines=said.splitlines()[-4:], advice=THREE_WAYS
        )
    info = json.loads(out)
    return Engine(
        source=source,
        host=host,
        docker=command,
        variables=variables,
        version=info.get("ServerVersion", ""),
        store=store_name(info),
        buildx=buildx,
        operating_system=info.get("OperatingSystem", ""),
    )


def store_name(info: Mapping) -> str:
    """The name of an engine's image store, from what `docker info` tells as JSON."""
    driver = info.get("Driver", "")
    # The containerd store is named by its snapshotter's type; overlay2 and its like are graph drivers.
    status = dict(row for row in info.get("DriverStatus") or [] if len(row) == 2)
    return f"{driver} {CONTAINERD}" if "containerd" in status.get("driver-type", "") else driver


def _buildx(machine: Machine, command: Sequence[str], variables: dict[str, str]) -> str | None:
    """The client's buildx version, None where it has none that is new enough."""
    code, out, _ = machine.run([*command, "buildx", "version"], variables)
    match = re.search(r"v?(\d+)\.(\d+)\.?(\d+)?", out) if code == 0 else None
    if not match or (int(match[1]), int(match[2])) < OLDEST_BUILDX:
        return None
    return match[0].removeprefix("v")


def say(text: str) -> None:
    Console(stderr=True, highlight=False, markup=False).print(text)
