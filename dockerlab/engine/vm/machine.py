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
from collections.abc import Callable, Mapping
from pathlib import Path

from dockerlab.engine.probe import answers
from dockerlab.engine.vm.parts import Parts
from dockerlab.errors import EngineStartFailed
from dockerlab.paths import cache_folder, locked

PARTS_FOLDER = Path("/opt/dockerlab-vm")
KEEPER = "dockerlab.engine.vm.keeper"
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
    def keeper_lock(self) -> Path:
        """What a keeper holds locked for as long as it lives, with its process number in it.

        It lies outside the run folder, which the keeper removes while it still lives.
        """
        return self.cache / "vm-keeper.lock"

    @property
    def obituary(self) -> Path:
        """Where the keeper notes how the VM ended."""
        return self.cache / "vm-ended.json"

    def answers(self) -> bool:
        """Whether its engine answers now."""
        return answers(self.socket)

    def is_kept(self) -> bool:
        """Whether a keeper is at work: the VM runs, starts or ends."""
        try:
            with self.keeper_lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared, so that two who ask do not see each other
        except FileNotFoundError:
            return False
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
            EngineStartFailed: with the reason where it is known, and last lines of its network or its console.
        """
        with locked(self.cache / "engine.lock"):
            if self.answers():
                return
            began, said, started = time.monotonic(), 0, False
            while time.monotonic() - began < START_SECONDS:
                answers = self.answers()
                lines = [line for line in lines_of(self.console) if line.startswith("vm: ")]
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
            self._end()
            death = self.death()
            self.obituary.unlink(missing_ok=True)  # told here; the next start has no loss to tell of
            raise EngineStartFailed(
                f"The micro-VM's Docker engine did not come up. {death.get('reason', '')}".strip(),
                last_lines=death.get("last_lines") or [*lines_of(self.console)[-8:], *lines_of(self.log)[-4:]],
                advice=f"Its console is in {self.console}. It needs about 1 GB of memory and 1 GB of disk in "
                f"{tempfile.gettempdir()}; then try `dockerlab engine up` again.",
            )

    def down(self) -> bool:
        """Stop it; whether there was anything to stop."""
        with locked(self.cache / "engine.lock"):
            self.obituary.unlink(missing_ok=True)
            was_there = self.is_kept()
            self._end()
            return was_there

    def _start(self, making: bool) -> None:
        shutil.rmtree(self.run_folder, ignore_errors=True)
        self.run_folder.mkdir(mode=0o700)
        self.obituary.unlink(missing_ok=True)
        self.console.write_bytes(b"")
        command = [sys.executable, "-m", KEEPER, self.parts.folder, self.cache]
        with self.keeper_lock.open("a") as lock, self.log.open("wb") as log:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.truncate(0)
            subprocess.Popen(
                [*command, *(["--making"] if making else [])],
                stdin=lock,  # it goes over to the keeper, so that there is no moment when nobody holds it
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=Path(__file__).parents[3],  # where `-m` finds this package, installed or not
            )

    def _end(self) -> None:
        """Have the keeper end the VM and itself; by force where it does not."""
        deadline, asked = time.monotonic() + STOP_SECONDS, None
        while self.is_kept() and time.monotonic() < deadline:
            if (pid := self._keeper()) and pid != asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                asked = pid
            time.sleep(0.05)
        if pid := self._keeper():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self.run_folder, ignore_errors=True)

    def _keeper(self) -> int | None:
        """The process number of the keeper at work; None where there is none, or it has not noted its number yet."""
        try:
            pid = int(self.keeper_lock.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # By now the number may be another process's; in a copy of a cache it is that of the other cache's keeper.
        is_ours = KEEPER.encode() in command and os.fsencode(self.cache) in command
        return pid if is_ours and self.is_kept() else None


def lines_of(file: Path) -> list[str]:
    """The lines of a log; none where it is not there."""
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
