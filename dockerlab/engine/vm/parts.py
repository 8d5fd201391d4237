"""What a micro-VM is started from: a folder that `disk.make` has filled, and file systems in files."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dockerlab.errors import EngineStartFailed

MIB = 1 << 20
GIB = 1 << 30


@dataclass(frozen=True)
class Parts:
    """A folder that `make` has filled.

    Attributes:
        folder: absolute, since the kernel's program is bound to its libraries there.
    """

    folder: Path

    @property
    def kernel(self) -> Path:
        """User-mode Linux: a program."""
        return self.folder / "bin/linux.uml"

    @property
    def network(self) -> Path:
        """gvproxy, the other end of the VM's network card."""
        return self.folder / "bin/gvproxy"

    @property
    def disk(self) -> Path:
        """An ext4 file system with the engine, never written to."""
        return self.folder / "disk.img"

    @property
    def data(self) -> Path:
        """An ext4 file system with what Docker stores: the base image. Each start gets a copy, made larger."""
        return self.folder / "data.img"

    @property
    def client(self) -> Path:
        """An unpacked docker command line with buildx, for use outside the VM."""
        return self.folder / "client"

    def are_there(self) -> bool:
        """Whether a micro-VM can be started from this folder."""
        return all(part.exists() for part in (self.kernel, self.network, self.disk, self.data))


def take_out(disk: Path, names: Iterable[str], target: Path) -> None:
    """Copy files of a file system to the same places below a folder, without mounting it.

    Raises:
        EngineStartFailed: e2fsprogs is not on this machine, or a file is not there.
    """
    for name in names:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        e2fsprogs("debugfs", "-R", f"dump /{name} {target / name}", disk)
        if not (target / name).is_file():  # debugfs says so and ends with 0
            raise EngineStartFailed(f"The micro-VM's disk holds no {name}.")
        (target / name).chmod(0o755)


def make_file_system(file: Path, size_bytes: int, content: Path | None = None) -> None:
    """An ext4 file system in a new file that takes no room where nothing is written; without a journal, since it is
    either written once or thrown away after each run.

    Raises:
        EngineStartFailed: e2fsprogs is not on this machine, or the disk is full.
    """
    with file.open("wb") as disk:
        disk.truncate(size_bytes)
    options = ["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", *(["-d", content] if content else [])]
    e2fsprogs("mke2fs", *options, file)


def copy_larger(source: Path, file: Path, size_bytes: int) -> None:
    """A copy of a file system that has more room, which it takes only where something is written.

    Raises:
        EngineStartFailed: e2fsprogs is not on this machine, or the disk is full.
    """
    try:
        shutil.copyfile(source, file)
        with file.open("r+b") as disk:
            disk.truncate(size_bytes)
    except OSError as error:
        raise EngineStartFailed(
            f"The micro-VM's disk could not be made in {file.parent}: {error.strerror}.",
            advice="It needs about 1 GB of disk there. TMPDIR names another place.",
        ) from error
    e2fsprogs("resize2fs", file)


def e2fsprogs(program: str, *arguments: object) -> None:
    """Run one of the programs for ext4 file systems.

    Raises:
        EngineStartFailed: it is not on this machine, or ended badly; with its last lines.
    """
    path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin{os.pathsep}/sbin"
    found = shutil.which(program, path=path)
    if found is None:
        raise EngineStartFailed(
            f"The micro-VM's disk cannot be made: there is no {program} on this machine.",
            advice="On Debian it is in the package e2fsprogs.",
        )
    # e2fsck says with 1 that it has mended what was to be mended.
    run([found, *arguments], accepted=1 if program == "e2fsck" else 0)


def run(command: Sequence[object], *, accepted: int = 0) -> None:
    """Run a program that the micro-VM is made with.

    Args:
        command: the program and its arguments.
        accepted: up to which exit code all is well.

    Raises:
        EngineStartFailed: it ended badly; with its last lines.
    """
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if not 0 <= done.returncode <= accepted:
        raise EngineStartFailed(
            f"The micro-VM could not be made: {Path(str(command[0])).name} ended with {done.returncode}.",
            last_lines=(done.stdout + done.stderr).strip().splitlines()[-8:],
        )
