"""Debian packages unpacked into a folder: downloaded and verified by apt, with nothing installed on the system.

apt runs with private lists, cache and sources, so the machine's own are untouched, and it checks signatures as
always. The mirror is the one that the machine itself uses; only the release's name changes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dockerlab.errors import DownloadFailed
from dockerlab.paths import locked

KEYRINGS = {
    "debian": "/usr/share/keyrings/debian-archive-keyring.gpg",
    "ubuntu": "/usr/share/keyrings/ubuntu-archive-keyring.gpg",
}


@dataclass(frozen=True)
class Mirror:
    """Where the machine gets its own packages.

    Attributes:
        uri: the archive's address.
        components: such as ("main",).
        signed_by: the keyring that its releases are signed with.
    """

    uri: str
    components: tuple[str, ...]
    signed_by: str

    def source(self, release: str) -> str:
        """A deb822 source entry for the given release of the same archive."""
        return (
            f"Types: deb deb-src\nURIs: {self.uri}\nSuites: {release}\n"
            f"Components: {' '.join(self.components)}\nSigned-By: {self.signed_by}\n"
        )


def parse_sources(text: str) -> list[dict[str, list[str]]]:
    """Entries of a .sources (deb822) or .list (one line each) file, with the fields of deb822 in lower case."""
    if re.search(r"^URIs:", text, re.M | re.I):
        return [_stanza(stanza) for stanza in re.split(r"\n\s*\n", text) if re.search(r"^URIs:", stanza, re.M | re.I)]
    entries = []
    for line in text.splitlines():
        match = re.match(r"deb\s+(?:\[(?P<options>[^\]]*)\]\s+)?(?P<uri>\S+)\s+(?P<suite>\S+)\s+(?P<rest>[^#]*)", line)
        if match:
            options = dict(o.split("=", 1) for o in (match["options"] or "").split() if "=" in o)
            entries.append(
                {
                    "types": ["deb"],
                    "uris": [match["uri"]],
                    "suites": [match["suite"]],
                    "components": match["rest"].split(),
                    "signed-by": [options["signed-by"]] if "signed-by" in options else [],
                }
            )
    return entries


def _stanza(text: str) -> dict[str, list[str]]:
    fields: dict[str, list[str]] = {}
    for line in text.splitlines():
        if line.startswith("#") or ":" not in line or line[:1].isspace():
            continue
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.split()
    return fields


def find_mirror(distribution: str, release: str, etc: Path = Path("/etc/apt")) -> Mirror:
    """The mirror that the machine uses for its own release.

    Args:
        distribution: "debian" or "ubuntu".
        release: the machine's release, such as "bookworm".

    Raises:
        DownloadFailed: apt's configuration names none.
    """
    files = [etc / "sources.list", *sorted((etc / "sources.list.d").glob("*.sources"))]
    files += sorted((etc / "sources.list.d").glob("*.list"))
    for file in files:
        if not file.is_file():
            continue
        for entry in parse_sources(file.read_text(encoding="utf-8", errors="replace")):
            is_on = entry.get("enabled", ["yes"]) != ["no"] and "deb" in entry.get("types", ["deb"])
            if is_on and release in entry.get("suites", []) and "main" in entry.get("components", []):
                signed_by = entry.get("signed-by") or [KEYRINGS[distribution]]
                wanted = ("main", "universe") if distribution == "ubuntu" else ("main",)
                return Mirror(entry["uris"][0], wanted, signed_by[0])
    raise DownloadFailed(
        f"apt's configuration names no mirror for {release}.",
        advice="The private engine is unpacked from the distribution's packages: give apt a mirror, or install Docker.",
    )


class Apt:
    """apt-get on private lists and caches below one folder."""

    def __init__(self, folder: Path, mirror: Mirror) -> None:
        self._folder, self._mirror = folder, mirror

    def download(self, release: str, packages: Sequence[str], into: Path) -> None:
        """Download and verify packages of a release (without what they depend on) into a folder.

        Raises:
            DownloadFailed: with apt's own last lines.
        """
        self._get(release, ["download", *packages], into)

    def download_source(self, release: str, package: str, into: Path) -> None:
        """Download and verify a source package's files into a folder, unpacking nothing."""
        self._get(release, ["source", "--download-only", package], into)

    def _get(self, release: str, arguments: Sequence[str], into: Path) -> None:
        with locked(self._folder / "lock"):  # apt gives up at once where another one is at the same lists
            self._get_alone(release, arguments, into)

    def _get_alone(self, release: str, arguments: Sequence[str], into: Path) -> None:
        home = self._folder / release
        for part in ("lists/partial", "cache/archives/partial"):
            (home / part).mkdir(parents=True, exist_ok=True)
        sources = home / "apt.sources"
        sources.write_text(self._mirror.source(release), encoding="utf-8")
        options = {
            "Dir::Etc::sourcelist": sources,
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
        prefix = ["apt-get", "-q", "-y", *(f"-o{key}={value}" for key, value in options.items())]
        if not any((home / "lists").glob("*InRelease")):
            self._run([*prefix, "update"], into, release)
        try:
            self._run([*prefix, *arguments], into, release)
        except DownloadFailed:
            # The mirror has moved on since the lists were made: once more with new ones.
            self._run([*prefix, "update"], into, release)
            self._run([*prefix, *arguments], into, release)

    def _run(self, command: Sequence[str], cwd: Path, release: str) -> None:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        said = (done.stdout + done.stderr).strip().splitlines()
        # `update` exits 0 where a mirror did not answer, and says so.
        if done.returncode or any(line.startswith(("E:", "Err:")) for line in said):
            raise DownloadFailed(
                f"Packages of {release} could not be downloaded.",
                last_lines=[line for line in said if line.startswith(("E:", "W:", "Err:"))][-6:] or said[-6:],
                advice="Check the network and apt's mirror (`apt-get update`), then try again.",
            )


def unpack(
    apt: Apt, packages: Mapping[str, Iterable[str]], target: Path, progress: Callable[[str], object] = lambda _: None
) -> Path:
    """Download packages and unpack them side by side into `target`, whole or not at all.

    Args:
        packages: release -> names.
        target: the folder to make; where it exists, nothing is done.

    Raises:
        DownloadFailed: a package could not be fetched or unpacked.
    """
    if target.is_dir():
        return target
    with locked(target.with_name(f"{target.name}.lock")):
        if not target.is_dir():  # another process was faster
            _unpack_alone(apt, packages, target, progress)
    return target


def _unpack_alone(
    apt: Apt, packages: Mapping[str, Iterable[str]], target: Path, progress: Callable[[str], object]
) -> None:
    with tempfile.TemporaryDirectory(prefix=".unpack-", dir=target.parent) as scratch:
        archives, tree = Path(scratch, "archives"), Path(scratch, "tree")
        archives.mkdir()
        tree.mkdir()
        for release, names in packages.items():
            progress(f"downloading from {release}: {', '.join(names)}")
            apt.download(release, list(names), archives)
        progress("unpacking")
        for archive in sorted(archives.glob("*.deb")):
            command = ["dpkg-deb", "-x", archive, tree]
            done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            if done.returncode:
                raise DownloadFailed(
                    f"The package {archive.name} could not be unpacked.",
                    last_lines=done.stderr.strip().splitlines()[-6:],
                    advice=f"Check the disk (`df -h {target.parent}`), then try again.",
                )
        for folder in ("usr/share/doc", "usr/share/man"):
            shutil.rmtree(tree / folder, ignore_errors=True)
        tree.rename(target)
