"""A private engine out of the distribution's packages: own socket, data root, bridge and addresses.

Everything it needs lies in two folders: the cache folder (packages, images, build cache; kept by `down`) and a
run folder below /run (socket, process identifiers; removed by `down`). The system is not changed.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shlex
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import docker
import docker.errors

from dockerlab.engine import network
from dockerlab.engine.apt import Apt, find_mirror, unpack
from dockerlab.engine.probe import answers
from dockerlab.errors import EngineStartFailed
from dockerlab.paths import cache_folder, locked

START_SECONDS = 60
STOP_SECONDS = 30

# The machine's release -> a newer one with a newer engine, whose packages need no newer libc than the machine has.
DEBIAN_ENGINE_RELEASE = {"bookworm": "forky", "trixie": "forky"}
ENGINE_PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "containerd", "tini-static", "docker-registry")
UBUNTU_PACKAGES = ("docker.io", "docker-buildx", "containerd", "tini-static", "docker-registry")
CLIENT_PACKAGES = ("docker-cli", "docker-buildx")
# What is small and tied to the machine's own libraries comes from its own release.
OWN_PACKAGES = ("runc",)
IPTABLES_PACKAGES = (
    "iptables",
    "libip4tc2",
    "libip6tc2",
    "libxtables12",
    "libnftnl11",
    "libmnl0",
    "libnfnetlink0",
    "libnetfilter-conntrack3",
)


@dataclass(frozen=True)
class System:
    """What /etc/os-release says: distribution ("debian", "ubuntu", …) and release ("bookworm", …)."""

    distribution: str
    release: str

    @classmethod
    def read(cls, file: Path = Path("/etc/os-release")) -> System:
        """Read the file; empty strings where it is not there."""
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        values = {k: v.strip().strip('"') for k, _, v in (line.partition("=") for line in lines)}
        return cls(values.get("ID", ""), values.get("VERSION_CODENAME", ""))

    @property
    def is_supported(self) -> bool:
        """Whether the private engine can be unpacked here."""
        return self.distribution in ("debian", "ubuntu") and bool(self.release)

    def engine_packages(self, has_iptables: bool) -> dict[str, list[str]]:
        """Release -> packages of an engine for this system."""
        own = list(OWN_PACKAGES)
        if not has_iptables:
            own += IPTABLES_PACKAGES
        if self.distribution == "ubuntu":
            return {self.release: [*UBUNTU_PACKAGES, *own]}
        return _merge(
            (DEBIAN_ENGINE_RELEASE.get(self.release, self.release), list(ENGINE_PACKAGES)), (self.release, own)
        )

    def client_packages(self) -> dict[str, list[str]]:
        """Release -> packages of the command-line client with buildx."""
        if self.distribution == "ubuntu":
            return {self.release: ["docker.io", "docker-buildx"]}
        return {DEBIAN_ENGINE_RELEASE.get(self.release, self.release): list(CLIENT_PACKAGES)}


def _merge(*pairs: tuple[str, list[str]]) -> dict[str, list[str]]:
    merged: dict[str, list[str]] = {}
    for release, names in pairs:
        merged.setdefault(release, []).extend(names)
    return merged


def fetch_packages(system: System, packages: dict[str, list[str]], progress: Callable[[str], object]) -> Path:
    """Unpack packages into the cache, once; the folder."""
    key = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()[:12]
    target = cache_folder() / "packages" / key
    if not target.is_dir():
        apt = Apt(cache_folder() / "apt", find_mirror(system.distribution, system.release))
        unpack(apt, packages, target, progress)
    return target


def client_folder(tree: Path, cache: Path, settings: Mapping | None = None) -> Path:
    """A DOCKER_CONFIG folder whose plugins are the unpacked ones; the reader's ~/.docker stays out of it.

    Args:
        settings: the content of its config.json.
    """
    config = cache / "docker-config"
    plugins = config / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for plugin in (tree / "usr/libexec/docker/cli-plugins").glob("docker-*"):
        link = plugins / plugin.name
        if not link.is_symlink() or link.readlink() != plugin:
            _put(link, lambda new, plugin=plugin: new.symlink_to(plugin))
    text, file = json.dumps(settings or {}), config / "config.json"
    if not file.exists() or file.read_text() != text:
        _put(file, lambda new: new.write_text(text))
    return config


def _put(target: Path, make: Callable[[Path], object]) -> None:
    """Have `make` make a file elsewhere and move it into place: a build that runs now may be using the old one."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as scratch:
        new = Path(scratch, target.name)
        make(new)
        new.replace(target)


class PrivateEngine:
    """The engine of one cache folder; two cache folders have two engines that do not meet."""

    def __init__(self, cache: Path | None = None) -> None:
        self.cache = (cache or cache_folder()).resolve()
        self.key = hashlib.sha256(str(self.cache).encode()).hexdigest()[:8]
        self.run_folder = Path(f"/run/dockerlab-{self.key}")
        self.data_root = self.cache / "engine"
        self.bridge = f"dl-{self.key}"

    # -- facts --------------------------------------------------------------------------------------------------

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.run_folder / "docker.sock"

    @property
    def host(self) -> str:
        """Its DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def log(self) -> Path:
        """dockerd's log of the last start."""
        return self.cache / "dockerd.log"

    def answers(self) -> bool:
        """Whether it answers now."""
        return answers(self.socket)

    def tree(self) -> Path | None:
        """The unpacked packages it was started from, None before the first start."""
        state = self.state()
        return Path(state["tree"]) if "tree" in state else None

    def state(self) -> dict:
        """What was noted at its start: packages, subnet, pool, forwarding; empty where it is not up."""
        file = self.run_folder / "state.json"
        try:
            return json.loads(file.read_text())
        except (OSError, ValueError):
            return {}

    # -- up -----------------------------------------------------------------------------------------------------

    def up(self, progress: Callable[[str], object] = lambda _: None) -> None:
        """Start it where it does not run; what a crash left is cleared first.

        Raises:
            DownloadFailed, EngineStartFailed.
        """
        with locked(self._lock_file):
            if self.answers():
                return
            system = System.read()
            tree = fetch_packages(system, system.engine_packages(bool(shutil.which("iptables"))), progress)
            self._clear()
            progress("starting dockerd (a few seconds)")
            self._start(tree)

    def _start(self, tree: Path) -> None:
        try:
            process = self._launch(tree)
        except (OSError, ValueError) as error:
            self._clear()
            raise EngineStartFailed(
                "This machine does not let a private Docker engine start.",
                last_lines=[str(error)],
                advice=f"It needs a network bridge with its own subnet, IPv4 forwarding, and room in {self.cache}. "
                "An engine of your own works too: install Docker and run this again.",
            ) from error
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and process.poll() is None:
            if self.answers():
                return
            time.sleep(0.1)
        code = process.poll()
        last = self.log.read_text(errors="replace").strip().splitlines()[-8:]
        self._stop_process(process.pid)
        self._clear()
        raise EngineStartFailed(
            "The private Docker engine did not come up: "
            + (f"dockerd ended with exit code {code}." if code is not None else f"no answer in {START_SECONDS} s."),
            last_lines=last,
            advice=f"Its log is {self.log}. An engine of your own works too: install Docker and run this again.",
        )

    def _launch(self, tree: Path) -> subprocess.Popen:
        """Make what dockerd needs, and start it.

        Raises:
            OSError: the kernel or a folder does not allow it.
            ValueError: no subnet is free.
        """
        self.run_folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        self.data_root.mkdir(parents=True, exist_ok=True)
        seed = int(self.key, 16)
        taken = network.taken_subnets()
        subnet = network.choose(network.BRIDGES, 24, seed, taken)
        pool = network.choose(network.POOLS, 20, seed, taken)
        client_folder(tree, self.cache)
        # Noted before it is done, so that it is undone whatever comes between.
        state = {"tree": str(tree), "subnet": str(subnet), "pool": str(pool), "forwarding": not network.forwards()}
        (self.run_folder / "state.json").write_text(json.dumps(state))
        network.set_forwarding(True)
        network.make_bridge(self.bridge, subnet)
        command = [
            tree / "usr/sbin/dockerd",
            f"--host={self.host}",
            f"--data-root={self.data_root}",
            f"--exec-root={self.run_folder / 'exec'}",
            f"--pidfile={self.run_folder / 'dockerd.pid'}",
            f"--bridge={self.bridge}",
            f"--default-address-pool=base={pool},size=24",
            f"--mtu={network.mtu()}",
            "--ip6tables=false",
            "--shutdown-timeout=5",
            f"--userland-proxy-path={tree / 'usr/sbin/docker-proxy'}",
            f"--init-path={tree / 'usr/bin/tini-static'}",
            f"--config-file={self._empty_config()}",
        ]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                command,
                env=self._variables(tree),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )

    def _empty_config(self) -> Path:
        # Without this dockerd would read the machine's own /etc/docker/daemon.json.
        file = self.run_folder / "daemon.json"
        file.write_text("{}")
        return file

    def _variables(self, tree: Path) -> dict[str, str]:
        """dockerd's environment: the unpacked programs come first on PATH, wrapped where they need own libraries."""
        wrappers = self.run_folder / "bin"
        wrappers.mkdir(exist_ok=True)
        libraries = next(iter(tree.glob("usr/lib/*-linux-gnu")), tree / "usr/lib")
        flavour = "nft" if self._works(tree, libraries, "nft") else "legacy"
        for name in ("iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save"):
            if (tree / f"usr/sbin/xtables-{flavour}-multi").exists():
                _wrap(wrappers / name, tree / f"usr/sbin/xtables-{flavour}-multi", name, libraries)
        path = [wrappers, tree / "usr/bin", tree / "usr/sbin", os.environ.get("PATH", os.defpath)]
        kept = {k: v for k, v in os.environ.items() if not k.startswith("DOCKER_")}
        return kept | {"PATH": ":".join(map(str, path))}

    def _works(self, tree: Path, libraries: Path, flavour: str) -> bool:
        program = tree / f"usr/sbin/xtables-{flavour}-multi"
        if not program.exists():
            return False
        variables = os.environ | {"LD_LIBRARY_PATH": str(libraries), "XTABLES_LIBDIR": str(libraries / "xtables")}
        command = [program, "iptables", "-t", "nat", "-S"]
        return subprocess.run(command, env=variables, capture_output=True, stdin=subprocess.DEVNULL).returncode == 0

    # -- down ---------------------------------------------------------------------------------------------------

    def down(self) -> bool:
        """Stop it and take its traces away, all but the cache; False where there was nothing."""
        with locked(self._lock_file):
            if not self.run_folder.exists():
                return False
            for container in self._running():
                with contextlib.suppress(docker.errors.APIError):  # it has ended, or gone, since it was listed
                    container.kill()
            self._clear()
            return True

    def _running(self) -> list:
        if not self.answers():
            return []
        # sparse: asked for each one's details, the engine would not know one that has just gone.
        return docker.DockerClient(base_url=self.host).containers.list(sparse=True)

    def _clear(self) -> None:
        """Leave no process, mount, bridge, rule or run folder of this engine."""
        state = self.state()
        bridges = [self.bridge]
        if state:
            with contextlib.suppress(OSError):  # a kernel that lists no routes
                bridges += network.network_bridges(network.routes(), state["pool"])
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.run_folder / "dockerd.pid").read_text())
            if pid in self._processes():
                self._stop_process(pid)
        for pid in self._processes():  # containerd and its shims, where dockerd was killed
            self._stop_process(pid)
        for mount in self._mounts():
            subprocess.run(["umount", "-l", mount], capture_output=True, stdin=subprocess.DEVNULL)
        for bridge in bridges:
            with contextlib.suppress(OSError):
                network.remove_bridge(bridge)
        if state:
            others = _other_daemons()
            environment = {"PATH": f"{self.run_folder / 'bin'}:{os.environ.get('PATH', os.defpath)}"}
            network.remove_rules(bridges, [state["subnet"], state["pool"]], others, environment)
            if state.get("forwarding") and not others:
                with contextlib.suppress(OSError):  # where /proc/sys is read-only, it was not switched on either
                    network.set_forwarding(False)
        shutil.rmtree(self.run_folder, ignore_errors=True)

    def _processes(self) -> list[int]:
        """Processes of this engine: those whose command line names its run folder, ourselves left out."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                with contextlib.suppress(OSError):
                    command = (entry / "cmdline").read_bytes().split(b"\0")
                    program = Path(os.fsdecode(command[0])).name
                    is_engine = program in ("dockerd", "containerd", "containerd-shim-runc-v2", "docker-proxy", "runc")
                    if is_engine and any(str(self.run_folder).encode() in word for word in command[1:]):
                        found.append(int(entry.name))
        return found

    def _stop_process(self, pid: int) -> None:
        for sign, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, 5)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sign)
            deadline = time.monotonic() + patience
            while time.monotonic() < deadline:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)
                if not _is_alive(pid):
                    return
                time.sleep(0.05)

    def _mounts(self) -> list[str]:
        """Mount points of the run folder and the data root, innermost first; dockerd mounts the root itself too."""
        roots = (str(self.run_folder), str(self.data_root))
        points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        ours = [p for p in points if p in roots or p.startswith(tuple(f"{root}/" for root in roots))]
        return sorted(ours, key=len, reverse=True)

    @property
    def _lock_file(self) -> Path:
        return self.cache / "engine.lock"


def _wrap(wrapper: Path, program: Path, name: str, libraries: Path) -> None:
    variables = f"LD_LIBRARY_PATH={shlex.quote(str(libraries))} XTABLES_LIBDIR={shlex.quote(f'{libraries}/xtables')}"
    wrapper.write_text(f'#!/bin/sh\n{variables} exec {shlex.quote(str(program))} {name} "$@"\n')
    wrapper.chmod(0o755)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _other_daemons() -> bool:
    """Whether another dockerd runs on this machine, whose rules and forwarding must stay."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                if (entry / "comm").read_text().strip() == "dockerd" and _is_alive(int(entry.name)):
                    return True
    return False
