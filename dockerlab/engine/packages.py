"""An engine or a docker client out of the distribution's packages: which ones, and whether they can be used here."""

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dockerlab.engine.apt import Apt, find_mirror, unpack
from dockerlab.engine.provider import CommandLine, Progress
from dockerlab.paths import cache_folder

# The machine's release -> a newer one with a newer engine, whose packages run with the machine's own libc.
DEBIAN_ENGINE_RELEASE = {"bookworm": "forky", "trixie": "forky"}
ENGINE_PACKAGES = ("docker.io", "docker-cli", "docker-buildx", "containerd", "tini-static", "docker-registry")
UBUNTU_PACKAGES = ("docker.io", "docker-buildx", "containerd", "tini-static", "docker-registry")
TRIXIE_NAMES = {"tini-static": "tini"}  # what another release calls otherwise
CLIENT_PACKAGES = ("docker-cli", "docker-buildx", "docker-compose")
UBUNTU_CLIENT_PACKAGES = ("docker.io", "docker-buildx", "docker-compose-v2")
# These are linked with libraries of the machine, so they come from its own release.
OWN_PACKAGES = ("runc",)
IPTABLES_PACKAGES = (
    "iptables", "libip4tc2", "libip6tc2", "libxtables12", "libnftnl11", "libmnl0", "libnfnetlink0",
    "libnetfilter-conntrack3",
)  # fmt: skip
PLUGINS = "usr/libexec/docker/cli-plugins"
# What an engine must be allowed to do: set up networks (CAP_NET_ADMIN) and mount (CAP_SYS_ADMIN). Bits of CapEff.
CAPABILITIES = (12, 21)


@dataclass(frozen=True)
class System:
    """The distribution ("debian", "ubuntu", …) and its release ("bookworm", …)."""

    distribution: str
    release: str

    @classmethod
    def read(cls, file: Path = Path("/etc/os-release")) -> Self:
        """What os-release says; empty strings if it says nothing."""
        lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
        values = {key: value.strip().strip('"') for key, _, value in (line.partition("=") for line in lines)}
        return cls(values.get("ID", ""), values.get("VERSION_CODENAME", ""))

    @property
    def is_supported(self) -> bool:
        """Whether an engine can be unpacked from its packages."""
        return self.distribution in ("debian", "ubuntu") and bool(self.release)

    def engine_packages(self, has_iptables: bool, release: str = "") -> dict[str, list[str]]:
        """The packages of an engine: release -> names.

        Args:
            release: whose engine; default: one that suits the machine.
        """
        own = [*OWN_PACKAGES, *(() if has_iptables else IPTABLES_PACKAGES)]
        engine = UBUNTU_PACKAGES if self.distribution == "ubuntu" else ENGINE_PACKAGES
        release = release or self._engine_release
        packages = {release: [TRIXIE_NAMES.get(name, name) if release == "trixie" else name for name in engine]}
        packages.setdefault(self.release, []).extend(own)
        return packages

    def client_packages(self) -> dict[str, list[str]]:
        """The packages of the docker command line with buildx: release -> names."""
        names = UBUNTU_CLIENT_PACKAGES if self.distribution == "ubuntu" else CLIENT_PACKAGES
        return {self._engine_release: [*names]}

    def compose_packages(self, release: str = "") -> dict[str, list[str]]:
        """The package of `docker compose`, apart from the engine's: an engine that runs can still be given it.

        Args:
            release: as for `engine_packages`.
        """
        name = "docker-compose-v2" if self.distribution == "ubuntu" else "docker-compose"
        return {release or self._engine_release: [name]}

    @property
    def _engine_release(self) -> str:
        return DEBIAN_ENGINE_RELEASE.get(self.release, self.release)


def can_unpack() -> bool:
    """Whether an engine can be unpacked and started here: we are root, on a Debian or Ubuntu with its tools."""
    has_tools = all(shutil.which(tool) for tool in ("apt-get", "dpkg-deb"))
    return has_tools and os.geteuid() == 0 and has_capabilities() and System.read().is_supported


def has_capabilities(status: Path = Path("/proc/self/status")) -> bool:
    """Whether this process may mount and set up networks. Root in a container often may not."""
    match = re.search(r"^CapEff:\s*([0-9a-f]+)$", status.read_text(), re.M) if status.exists() else None
    return bool(match) and all(int(match[1], 16) >> bit & 1 for bit in CAPABILITIES)


def fetch_packages(system: System, packages: Mapping[str, list[str]], progress: Progress, reason: str = "") -> Path:
    """Download packages and unpack them into a folder of the cache, once; returns the folder.

    Args:
        packages: release -> names.
        reason: what to say first, if they are not there yet.

    Raises:
        DownloadFailed: a package could not be downloaded or unpacked.
    """
    key = hashlib.sha256(json.dumps(packages, sort_keys=True).encode()).hexdigest()[:12]
    target = cache_folder() / "packages" / key
    if not target.is_dir():
        if reason:
            progress(reason)
        apt = Apt(cache_folder() / "apt", find_mirror(system.distribution, system.release))
        unpack(apt, packages, target, progress)
    return target


def fetch_client(host: str, progress: Progress) -> CommandLine:
    """A docker command line with buildx for the engine at `host`, unpacked into the cache.

    Raises:
        DownloadFailed.
    """
    system = System.read()
    reason = "The docker client has no buildx: unpacking one into the cache …"
    tree = fetch_packages(system, system.client_packages(), progress, reason)
    return unpacked_client(tree, cache_folder(), host)


def unpacked_client(
    tree: Path, cache: Path, host: str, settings: Mapping | None = None, plugins: Iterable[Path] = ()
) -> CommandLine:
    """The docker command line in a folder of unpacked packages, for the engine at `host`.

    Its programs come first on PATH, so that scripts get the same `docker`.

    Args:
        tree: the folder of unpacked packages.
        cache: where its configuration folder goes.
        settings: the content of its config.json.
        plugins: further folders of unpacked packages, whose plugins it gets too.
    """
    programs, path = str(tree / "usr/bin"), os.environ.get("PATH", os.defpath)
    if not path.startswith(f"{programs}{os.pathsep}"):
        path = f"{programs}{os.pathsep}{path}"
    config = make_docker_config((tree, *plugins), cache, settings or {})
    return CommandLine((f"{programs}/docker",), {"DOCKER_HOST": host, "DOCKER_CONFIG": str(config), "PATH": path})


def make_docker_config(trees: Iterable[Path], cache: Path, settings: Mapping) -> Path:
    """A DOCKER_CONFIG folder with the unpacked plugins of some folders, so that the reader's ~/.docker plays no part.

    It may be in use, so what is already right stays untouched and the rest is replaced in one step.
    """
    config = cache / "docker-config"
    plugins = config / "cli-plugins"
    plugins.mkdir(parents=True, exist_ok=True)
    for plugin in (plugin for tree in trees for plugin in (tree / PLUGINS).glob("docker-*")):
        link = plugins / plugin.name
        if not link.is_symlink() or link.readlink() != plugin:
            _replace(link, lambda new, plugin=plugin: new.symlink_to(plugin))
    text, file = json.dumps(settings), config / "config.json"
    if not file.exists() or file.read_text() != text:
        _replace(file, lambda new: new.write_text(text))
    return config


def _replace(target: Path, make: Callable[[Path], object]) -> None:
    """Let `make` write a new file, then rename it to `target`."""
    with tempfile.TemporaryDirectory(prefix=".new-", dir=target.parent) as scratch:
        new = Path(scratch, target.name)
        make(new)
        new.replace(target)
