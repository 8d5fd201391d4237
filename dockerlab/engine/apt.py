"""Debian packages unpacked into a folder: apt downloads and verifies them, and nothing is installed.

apt works on lists, cache and sources of its own here, so the machine's are left alone, and it checks signatures as
always. The mirror is the one that the machine itself uses, with another release's name.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dockerlab.engine.provider import Progress
from dockerlab.errors import DownloadFailed
from dockerlab.paths import locked

KEYRINGS = {
    "debian": "/usr/share/keyrings/debian-archive-keyring.gpg",
    "ubuntu": "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
}


@dataclass(frozen=True)
class Mirror:
    """Where the machine gets its own packages."""

    uri: str  # the archive's address
    components: tuple[str, ...]  # such as ("main",)
    signed_by: str  # the keyring that its releases are signed with

    def source(self, release: str) -> str:
        """A deb822 source entry for a release of the same archive."""
        return (
            f"Types: deb deb-src\nURIs: {self.uri}\nSuites: {release}\n"
            f"Components: {' '.join(self.components)}\nSigned-By: {self.signed_by}\n"
        )


def parse_sources(text: str) -> list[dict[str, list[str]]]:
    """The entries of a .sources file (deb822) or a .list file (one a line), with deb822's field names in lower case."""
    if re.search(r"^URIs:", text, re.M | re.I):
        stanzas = [_fields(stanza) for stanza in re.split(r"\n\s*\n", text)]
        return [fields for fields in stanzas if "uris" in fields]
    lines = re.findall(r"^deb[ \t]+(?:\[(.*?)\][ \t]+)?(\S+)[ \t]+(\S+)[ \t]+([^#\n]*)", text, re.M)
    keys = [re.findall(r"(?<!\S)signed-by=(\S+)", options) for options, *_ in lines]
    return [
        {"uris": [uri], "suites": [suite], "components": components.split(), "signed-by": key}
        for (_, uri, suite, components), key in zip(lines, keys, strict=True)
    ]


def _fields(stanza: str) -> dict[str, list[str]]:
    found = re.findall(r"^([^#\s:][^:\n]*):(.*)$", stanza, re.M)
    return {name.strip().lower(): value.split() for name, value in found}


def find_mirror(distribution: str, release: str, etc: Path = Path("/etc/apt")) -> Mirror:
    """The mirror that the machine uses for its own release.

    Args:
        distribution: "debian" or "ubuntu".
        release: the machine's release, such as "bookworm".

    Raises:
        DownloadFailed: apt's configuration names none.
    """
    parts = etc / "sources.list.d"
    for file in (etc / "sources.list", *sorted(parts.glob("*.sources")), *sorted(parts.glob("*.list"))):
        for entry in parse_sources(file.read_text(encoding="utf-8", errors="replace")) if file.is_file() else ():
            is_on = entry.get("enabled", ["yes"]) != ["no"] and "deb" in entry.get("types", ["deb"])
            if is_on and release in entry.get("suites", []) and "main" in entry.get("components", []):
                signed_by = entry.get("signed-by") or [KEYRINGS[distribution]]
                components = ("main", "universe") if distribution == "ubuntu" else ("main",)
                return Mirror(entry["uris"][0], components, signed_by[0])
    raise DownloadFailed(
        f"apt's configuration names no mirror for {release}.",
        advice="The private engine is unpacked from the distribution's packages: give apt a mirror, or install Docker.",
    )


class Apt:
    """apt-get with lists and caches of its own, below one folder."""

    def __init__(self, folder: Path, mirror: Mirror) -> None:
        self._folder, self._mirror = folder, mirror

    def download(self, release: str, packages: Sequence[str], into: Path) -> None:
        """Download and verify packages of a release, without their dependencies, into a folder.

        Raises:
            DownloadFailed: with apt's own last lines.
        """
        self._get(release, ["download", *packages], into)

    def download_source(self, release: str, package: str, into: Path) -> None:
        """Download and verify the files of a source package into a folder, and unpack none.

        Raises:
            DownloadFailed: with apt's own last lines.
        """
        self._get(release, ["source", "--download-only", package], into)

    def _get(self, release: str, arguments: Sequence[str], into: Path) -> None:
        home = self._folder / release
        options = {
            "Dir::Etc::sourcelist": home / "apt.sources",
            "Dir::Etc::sourceparts": "-",
            "Dir::State::lists": home / "lists",
            "Dir::Cache": home / "cache",
            "Dir::Cache::archives": "archives",
            "Dir::State::status": "/dev/null",
            "APT::Sandbox::User": "root",
            "APT::Update::Post-Invoke-Success::": "",
            "Acquire::Languages": "none",
            "Acquire::Retries": "3",
        }
        apt = ["apt-get", "-q", "-y", *(f"-o{key}={value}" for key, value in options.items())]
        with locked(self._folder / "lock"):  # apt fails at once if another one uses the same lists
            for part in ("lists/partial", "cache/archives/partial"):
                (home / part).mkdir(parents=True, exist_ok=True)
            (home / "apt.sources").write_text(self._mirror.source(release), encoding="utf-8")
            if any((home / "lists").glob("*InRelease")):
                try:
                    self._run([*apt, *arguments], into, release)
                    return
                except DownloadFailed:
                    pass  # the mirror may have newer packages than the lists: try once more with new lists
            self._run([*apt, "update"], into, release)
            self._run([*apt, *arguments], into, release)

    def _run(self, command: Sequence[str], cwd: Path, release: str) -> None:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        said = (done.stdout + done.stderr).strip().splitlines()
        # `apt-get update` ends with 0 even if a mirror did not answer; its output tells.
        if done.returncode or any(line.startswith(("E:", "Err:")) for line in said):
            raise DownloadFailed(
                f"Packages of {release} could not be downloaded.",
                last_lines=[line for line in said if line.startswith(("E:", "W:", "Err:"))][-6:] or said[-6:],
                advice="Check the network and apt's mirror (`apt-get update`), then try again.",
            )


def unpack(apt: Apt, packages: Mapping[str, Iterable[str]], target: Path, progress: Progress = lambda _: None) -> Path:
    """Download packages and unpack them all into one folder. The folder appears when it is complete.

    Args:
        packages: release -> names.
        target: the folder; if it is there already, nothing is done.

    Raises:
        DownloadFailed: a package could not be downloaded or unpacked.
    """
    if target.is_dir():
        return target
    with locked(target.with_name(f"{target.name}.lock")):
        if target.is_dir():  # another process was faster
            return target
        with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target.parent) as scratch:
            archives, tree = Path(scratch, "archives"), Path(scratch, "tree")
            archives.mkdir()
            tree.mkdir()
            for release, names in packages.items():
                progress(f"downloading from {release}: {', '.join(names)}")
                apt.download(release, list(names), archives)
            progress("unpacking")
            for archive in sorted(archives.glob("*.deb")):
                _unpack_one(archive, tree)
            for folder in ("usr/share/doc", "usr/share/man"):
                shutil.rmtree(tree / folder, ignore_errors=True)
            tree.rename(target)
    return target


def _unpack_one(archive: Path, tree: Path) -> None:
    command = ["dpkg-deb", "-x", archive, tree]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise DownloadFailed(
            f"The package {archive.name} could not be unpacked.",
            last_lines=done.stderr.strip().splitlines()[-6:],
            advice=f"Check the disk (`df -h {tree.parents[1]}`), then try again.",
        )
