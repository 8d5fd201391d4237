"""What a micro-VM is started from: a folder that `disk.make_parts` has filled, with file systems in files."""

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from dockerlab.errors import EngineStartFailed

MIB = 1 << 20
GIB = 1 << 30


class Parts:
    """A folder that `disk.make_parts` has filled.

    Attributes:
        kernel: user-mode Linux: a program.
        network: gvproxy: a program that connects the VM's network card to this machine.
        disk: an ext4 file system with the engine. What a VM writes to it goes elsewhere, and is gone at its end.
        data: an ext4 file system with what Docker stores: the base image. Each start works on an enlarged copy.
        client: an unpacked docker command line with buildx, for use outside the VM.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.kernel = folder / "bin/linux"
        self.network = folder / "bin/gvproxy"
        self.disk = folder / "disk.img"
        self.data = folder / "data.img"
        self.client = folder / "client"

    def are_there(self) -> bool:
        """Whether a micro-VM can be started from this folder."""
        return all(part.exists() for part in (self.kernel, self.network, self.disk, self.data))


def extract(disk: Path, name: str, target: Path) -> None:
    """Copy a program out of an ext4 file system without mounting it. If it holds none of that name, nothing is made.

    Raises:
        EngineStartFailed: e2fsprogs is not on this machine.
    """
    run_e2fsprogs("debugfs", "-R", f"dump /{name} {target}", disk)  # ends with 0 even if the file is not there
    if target.is_file():
        target.chmod(0o755)


def make_file_system(file: Path, size_bytes: int, content: Path | None = None) -> None:
    """Make an ext4 file system in a new file, which takes up space only as it is filled.

    It has no journal: it is either never written to or thrown away after use.

    Args:
        content: a folder whose files it gets.

    Raises:
        EngineStartFailed: e2fsprogs is not on this machine, or the disk is full.
    """
    with file.open("wb") as disk:
        disk.truncate(size_bytes)
    options = ["-q", "-t", "ext4", "-O", "^has_journal", "-m", "0", *(["-d", content] if content else [])]
    run_e2fsprogs("mke2fs", *options, file)


def copy_enlarged(source: Path, file: Path, size_bytes: int) -> None:
    """Copy a file system and give the copy more room, which takes up space only as it is filled.

    Raises:
        EngineStartFailed: e2fsprogs is not on this machine, or the disk is full.
    """
    try:
        shutil.copyfile(source, file)
        enlarge(file, size_bytes)
    except OSError as error:
        raise EngineStartFailed(
            f"The micro-VM's disk could not be made in {file.parent}: {error.strerror}.",
            advice="It needs about 1 GB there. Set TMPDIR to put it somewhere else.",
        ) from error


def enlarge(file: Path, size_bytes: int) -> None:
    """Give a file system more room, which takes up space only as it is filled.

    Raises:
        OSError: the file cannot be written.
        EngineStartFailed: e2fsprogs is not on this machine.
    """
    with file.open("r+b") as disk:
        disk.truncate(size_bytes)
    run_e2fsprogs("resize2fs", file)


def run_e2fsprogs(program: str, *arguments: object) -> None:
    """Run one of the programs for ext4 file systems.

    Raises:
        EngineStartFailed: it is not on this machine, or it failed; with its last lines.
    """
    path = f"{os.environ.get('PATH', os.defpath)}{os.pathsep}/usr/sbin{os.pathsep}/sbin"
    found = shutil.which(program, path=path)
    if found is None:
        raise EngineStartFailed(
            f"The micro-VM's disk cannot be made: there is no {program} on this machine.",
            advice="On Debian and Ubuntu it is in the package e2fsprogs.",
        )
    run_tool([found, *arguments], accepted=1 if program == "e2fsck" else 0)  # its 1: errors found and corrected


def run_tool(command: Sequence[object], *, accepted: int = 0) -> None:
    """Run a program that helps to make the micro-VM.

    Args:
        accepted: the highest exit code that means success.

    Raises:
        EngineStartFailed: it failed; with its last lines.
    """
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if not 0 <= done.returncode <= accepted:
        raise EngineStartFailed(
            f"The micro-VM could not be made: {Path(str(command[0])).name} ended with {done.returncode}.",
            last_lines=(done.stdout + done.stderr).strip().splitlines()[-8:],
        )
