"""Start, stop and look after a micro-VM from outside; `keeper` is the process that runs it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from dockerlab.engine.probe import answers
from dockerlab.engine.vm.parts import Parts
from dockerlab.errors import EngineStartFailed
from dockerlab.paths import cache_folder

PARTS_FOLDER = Path("/opt/dockerlab-vm")
START_SECONDS = 120
STOP_SECONDS = 20
# The machine outside, as it is called inside.
OUTSIDE = "192.168.127.254"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")
NEW_DISK = (
    "The micro-VM's disk is new at each start, so what was built before is gone: "
    "run the chapter again from its first cell."
)


class MicroVM:
    """The micro-VM of one cache folder, made of the parts of a folder.

    What it needs while it runs lies in a folder of its own below the temporary folder: sockets, the data disk, its
    memory. Nothing of it is kept.
    """

    def __init__(self, parts: Parts | None = None, cache: Path | None = None) -> None:
        self.parts = parts or Parts(Path(os.environ.get("DOCKERLAB_VM") or PARTS_FOLDER))
        self.cache = (cache or cache_folder()).resolve()
        key = hashlib.sha256(str(self.cache).encode()).hexdigest()[:8]
        # Short: the address of a socket has at most 107 bytes.
        self.run_folder = Path(tempfile.gettempdir(), f"dockerlab-vm-{key}")

    # -- facts --------------------------------------------------------------------------------------------------

    @property
    def socket(self) -> Path:
        """Where its engine's API is."""
        return self.run_folder / "docker.sock"

    @property
    def host(self) -> str:
        """Its DOCKER_HOST."""
        return f"unix://{self.socket}"

    @property
    def console(self) -> Path:
        """What its kernel and its programs have printed since the last start."""
        return self.cache / "vm-console.log"

    @property
    def log(self) -> Path:
        """What the keeper has printed since the last start: nothing, where all is well."""
        return self.cache / "vm-keeper.log"

    @property
    def obituary(self) -> Path:
        """Where the keeper notes how the VM ended."""
        return self.cache / "vm-ended.json"

    def answers(self) -> bool:
        """Whether its engine answers now."""
        return answers(self.socket)

    def is_kept(self) -> bool:
        """Whether a keeper is at work: the VM runs, starts or ends."""
        if not self.run_folder.is_dir():
            return False
        with (self.run_folder / "keeper.lock").open("a") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def death(self) -> dict:
        """How the VM ended that was not asked to: reason (one sentence), last_lines; {} where none has."""
        try:
            return json.loads(self.obituary.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}

    # -- up and down --------------------------------------------------------------------------------------------

    def up(self, progress: Callable[[str], object] = lambda _: None, *, making: bool = False) -> None:
        """Start it where it does not run, and wait until its engine answers.

        Args:
            progress: gets a line about each thing that is going on, with the seconds since the VM began.
            making: with the data disk itself and not a copy; for `disk.make` alone.

        Raises:
            EngineStartFailed: with the last lines of its console.
        """
        with self._lock():
            if self.answers():
                return
            began, said, started = time.monotonic(), 0, False
            while time.monotonic() - began < START_SECONDS:
                answers = self.answers()
                lines = [line for line in _lines(self.console) if line.startswith("vm: ")]
                for line in lines[said:] if started else ():
                    progress(line)
                said = len(lines)
                if answers:
                    progress(f"the micro-VM's engine answers after {time.monotonic() - began:.1f} s")
                    return
                if not self.is_kept():
                    if started:
                        break
                    # Also where one that was there has just gone: what it left is no reason not to start another.
                    if death := self.death():
                        progress(f"{death['reason']} Starting it again. {NEW_DISK}")
                    self._start(making)
                    began, said, started = time.monotonic(), 0, True
                time.sleep(0.05)
            last = [*_lines(self.console)[-8:], *_lines(self.log)[-4:]]
            self._end()
            raise EngineStartFailed(
                "The micro-VM's Docker engine did not come up.",
                last_lines=last,
                advice=f"Its console is in {self.console}. It needs about 1 GB of memory and 1 GB of disk in "
                f"{tempfile.gettempdir()}; then try `dockerlab engine up` again.",
            )

    def down(self) -> bool:
        """Stop it; whether there was anything to stop."""
        with self._lock():
            self.obituary.unlink(missing_ok=True)
            was_there = self.is_kept()
            self._end()
            return was_there

    def _start(self, making: bool) -> None:
        shutil.rmtree(self.run_folder, ignore_errors=True)
        self.run_folder.mkdir(mode=0o700)
        self.obituary.unlink(missing_ok=True)
        self.console.write_bytes(b"")
        command = [sys.executable, "-m", "dockerlab.engine.vm.keeper", self.parts.folder, self.cache]
        with self.log.open("wb") as log:
            keeper = subprocess.Popen(
                [*command, *(["--making"] if making else [])],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=Path(__file__).parents[3],  # where `-m` finds this package, installed or not
            )
        (self.run_folder / "keeper.pid").write_text(str(keeper.pid))
        while not self.is_kept() and keeper.poll() is None:
            time.sleep(0.02)

    def _end(self) -> None:
        """Have the keeper end the VM and itself; by force where it does not."""
        with contextlib.suppress(OSError, ValueError):
            pid = int((self.run_folder / "keeper.pid").read_text())
            if self.is_kept():
                os.kill(pid, signal.SIGTERM)
            deadline = time.monotonic() + STOP_SECONDS
            while _is_keeper(pid) and time.monotonic() < deadline:
                time.sleep(0.05)
            if _is_keeper(pid):
                os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self.run_folder, ignore_errors=True)

    @contextlib.contextmanager
    def _lock(self) -> Iterator[None]:
        self.cache.mkdir(parents=True, exist_ok=True)
        with (self.cache / "engine.lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _is_keeper(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):  # where it is a child of ours, its end has to be taken note of
        os.waitpid(pid, os.WNOHANG)
    try:
        return b"dockerlab.engine.vm.keeper" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text(errors="replace").splitlines()
    except OSError:
        return []


def proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The machine's proxies as the VM sees them: in capitals, with its own name for this machine's loopback."""
    found = {name: environment.get(name) or environment.get(name.lower(), "") for name in PROXIES}
    inside = {
        name: re.sub(r"(?<=://)(localhost|127\.0\.0\.1)(?=[:/]|$)", OUTSIDE, value) for name, value in found.items()
    }
    return {name: value for name, value in inside.items() if value}
