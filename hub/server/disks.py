"""Disks of a fixed size for one learner's server: files with a file system in them, attached as loop devices.

It runs in a container with privileges, for as long as the server takes to start. What is on a disk can't outgrow it, so
whoever fills one disturbs nobody. Each device is set to go by itself as soon as nothing has it open: first this process
holds it, then whoever has mounted it. So no device is left, whatever ends when.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

FOLDER = Path("/srv/disks")
HOLD_SECONDS = 600  # a start that takes longer has failed
GIB = 2**30
# What a disk is made for, and when it is made anew: the learner's own files never; their home, which has the course
# in it, when the course's image is another one; what is temporary, at each start.
KINDS = ("work", "home", "tmp")


class NoRoom(Exception):
    """The machine's disk has not enough room left for what the disks may come to hold."""


def promised_bytes(files: Mapping[Path, int]) -> int:
    """How much more may be written to disks: their sizes less what they take up now.

    Args:
        files: each disk's file, which need not be there yet -> its size in bytes.
    """
    return sum(size - used_bytes(file) for file, size in files.items())


def used_bytes(file: Path) -> int:
    """What a file takes up, which is less than its size as long as nothing has been written to parts of it."""
    return file.stat().st_blocks * 512 if file.exists() else 0


def check_room(folder: Path, wanted: Mapping[Path, int]) -> None:
    """Check that all disks in a folder could be filled, with those that are wanted among them.

    Raises:
        NoRoom: they could not.
    """
    there = {file: file.stat().st_size for file in folder.glob("*.ext4")}
    promised = promised_bytes(there | dict(wanted))
    stat = os.statvfs(folder)
    free = stat.f_bavail * stat.f_frsize
    if promised > free:
        raise NoRoom(
            f"The learners' disks may come to need {promised / 1e9:.0f} GB more, "
            f"and this machine's disk has {free / 1e9:.0f} GB left."
        )


def make(file: Path, size: int, owner: int, *, lasting: bool) -> None:
    """Make the file of a disk, of `size` bytes, with an empty file system that belongs to user `owner`.

    Args:
        lasting: whether it is to outlive a power cut, for which it needs a journal.
    """
    new = file.with_suffix(".new")
    new.unlink(missing_ok=True)
    with new.open("wb") as made:
        made.truncate(size)
    journal = () if lasting else ("-O", "^has_journal")
    run("mkfs.ext4", "-q", "-m", "0", *journal, "-E", f"root_owner={owner}:{owner}", str(new))
    # Docker fills a volume with what the image has in its place only if the volume is empty.
    run("debugfs", "-w", "-R", "rmdir lost+found", str(new))
    new.replace(file)


def ready(name: str, kind: str, size: int, owner: int, image: str) -> Path:
    """The file of a learner's disk of one kind, made or made anew if need be."""
    file = FOLDER / f"{name}-{kind}.ext4"
    note = file.with_suffix(".image")
    is_old = kind == "tmp" or (kind == "home" and not (note.exists() and note.read_text() == image))
    if is_old or not file.exists():
        make(file, size, owner, lasting=kind != "tmp")
        note.write_text(image)
    else:
        check(file)
    return file


def check(file: Path) -> None:
    """Repair a file system that was not taken off properly, as after a power cut, as far as that is safe."""
    done = subprocess.run(["e2fsck", "-p", file], capture_output=True, text=True)
    if done.returncode >= 4:
        raise OSError(f"the disk {file.name} is damaged: {(done.stdout + done.stderr).strip()}")


def attach(file: Path) -> tuple[str, int]:
    """A loop device for a file, which goes when nothing has it open: its path, and a descriptor that has it open."""
    device = run("losetup", "--find", "--show", "--nooverlap", str(file)).strip()
    held = os.open(device, os.O_RDWR)
    run("losetup", "--detach", device)  # in use, so Linux does it later
    return device, held


def run(*command: str) -> str:
    """What a command prints on stdout.

    Raises:
        OSError: it failed; with what it printed on stderr.
    """
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise OSError(f"{command[0]}: {(done.stderr or done.stdout).strip()}")
    return done.stdout


def main(wanted: dict) -> None:
    """Attach a learner's disks, print where as JSON, and hold them.

    Args:
        wanted: "name" of the learner, "owner" (user's number), "image" (what tells one from another), "disks": kind ->
            size in GiB. Without a name, it is only checked whether there is room for the disks of all "names".
    """
    sizes = {kind: int(gib * GIB) for kind, gib in wanted["disks"].items()}
    names = wanted.get("names") or [wanted["name"]]
    check_room(FOLDER, {FOLDER / f"{name}-{kind}.ext4": size for name in names for kind, size in sizes.items()})
    devices = {}
    for kind, size in sizes.items() if "name" in wanted else ():
        devices[kind], _ = attach(ready(wanted["name"], kind, size, wanted["owner"], wanted["image"]))
    print(json.dumps({"devices": devices}), flush=True)
    if devices:
        time.sleep(HOLD_SECONDS)


if __name__ == "__main__":
    try:
        main(json.loads(sys.argv[1]))
    except (NoRoom, OSError) as error:
        print(json.dumps({"error": str(error)}), flush=True)
        sys.exit(1)
