"""Processes and mounts of an engine, recognised by the folders that they name."""

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

STOP_SECONDS = 30
KILL_SECONDS = 5
PROGRAMS = ("dockerd", "containerd", "containerd-shim-runc-v2", "docker-proxy", "runc")


def engine_processes(folder: Path) -> list[int]:
    """The processes of an engine whose command lines name a folder."""
    return [pid for pid, name, words in _processes() if name in PROGRAMS and any(str(folder) in word for word in words)]


def dockerd_runs() -> bool:
    """Whether any dockerd runs on this machine."""
    return any(name == "dockerd" for _, name, _ in _processes())


def _processes() -> Iterator[tuple[int, str, list[str]]]:
    """All processes: number, name of the program, arguments; those of one that has ended are empty."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                program, *words = os.fsdecode((entry / "cmdline").read_bytes()).split("\0")
                yield int(entry.name), Path(program).name, words


def end(pid: int) -> None:
    """Stop a process, by force if it takes more than STOP_SECONDS."""
    for number, patience in ((signal.SIGTERM, STOP_SECONDS), (signal.SIGKILL, KILL_SECONDS)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            with contextlib.suppress(ChildProcessError):  # it is not always our own child
                os.waitpid(pid, os.WNOHANG)
            if not _is_alive(pid):
                return
            time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def mounts_in(*folders: Path) -> list[str]:
    """The mount points that are these folders or lie in them, innermost first."""
    points = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    inside = [point for point in points if any(Path(point).is_relative_to(folder) for folder in folders)]
    return sorted(inside, key=len, reverse=True)
