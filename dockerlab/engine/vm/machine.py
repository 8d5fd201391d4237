"""Start and stop a micro-VM from outside. `keeper` is the process that runs it."""

import contextlib
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from dockerlab.engine.boundary import answers
from dockerlab.engine.packages import unpacked_client
from dockerlab.engine.provider import CommandLine, Progress
from dockerlab.engine.vm.files import KEEPER, Files, lines_of
from dockerlab.engine.vm.parts import Parts, extract
from dockerlab.errors import EngineStartFailed
from dockerlab.paths import cache_folder, locked

PARTS_FOLDER = Path("/opt/dockerlab-vm")
START_SECONDS = 120
STOP_SECONDS = 20
NOTE_SECONDS = 8  # more than the keeper may wait for the kernel to end
# The address at which the VM reaches the machine's loopback.
OUTSIDE = "192.168.127.254"
# The machine's variable for a proxy -> its name in the docker client's config.json.
PROXIES = {"HTTP_PROXY": "httpProxy", "HTTPS_PROXY": "httpsProxy", "NO_PROXY": "noProxy"}
# A health check asks its own container.
NEVER_PROXIED = "localhost,127.0.0.1,::1"
NEW_DISK = (
    "The micro-VM's disk is new at each start, so what was built before is gone: "
    "run the chapter again from its first cell."
)


class MicroVM:
    """A Provider: the micro-VM of one cache folder. It keeps nothing from one start to the next.

    Args:
        parts: what it is started from; default: those of DOCKERLAB_VM, else of the course's image.
        cache: default: the course's cache folder on this machine.
    """

    name = "micro-VM"
    plan = "Booting the course's own in a micro-VM"
    builds_base = False

    def __init__(self, parts: Parts | None = None, cache: Path | None = None) -> None:
        self.parts = parts or Parts(Path(os.environ.get("DOCKERLAB_VM") or PARTS_FOLDER))
        self.files = Files(cache or cache_folder())
        self.host = f"unix://{self.files.socket}"

    @property
    def shared_folder(self) -> Path | None:
        """The learner's folder. What else is on this machine does not exist for the VM."""
        return self.files.shared()

    def is_possible(self) -> bool:
        """Whether its parts are on this machine."""
        return self.parts.are_there()

    def answers(self) -> bool:
        """Whether its engine answers now."""
        return answers(self.files.socket)

    def command_line(self) -> CommandLine:
        """The docker command line among its parts. Builds and containers get the machine's proxies."""
        settings = {PROXIES[name]: value for name, value in proxies(os.environ).items()}
        config = {"proxies": {"default": settings}} if settings else {}
        return unpacked_client(self.parts.client, self.files.cache, self.host, config)

    def programs(self, names: Iterable[str], scratch: Path) -> Path:
        """`scratch` with the programs in it: the client's are among the parts, the engine's on the VM's disk."""
        for name in names:
            place = scratch / name
            place.parent.mkdir(parents=True, exist_ok=True)
            if (self.parts.client / name).exists():
                shutil.copy(self.parts.client / name, place)
            else:
                extract(self.parts.disk, name, place)
        return scratch

    def why_lost(self) -> tuple[str, str]:
        """The reason that its keeper notes when the VM has ended; that takes a moment."""
        deadline = time.monotonic() + NOTE_SECONDS
        while not self.files.last_exit() and self.files.has_keeper() and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.files.last_exit().get("reason", ""), f"`dockerlab engine up` starts it again. {NEW_DISK}"

    def up(self, progress: Progress = lambda _: None, *, making: bool = False) -> None:
        """Start it unless it runs, and wait until its engine answers.

        Args:
            progress: gets a line about each step, with the seconds since the VM began.
            making: use the data disk itself instead of a copy; for `disk.make_parts` alone.

        Raises:
            EngineStartFailed: with the reason if it is known, and the last lines of its network or its console.
        """
        with locked(self.files.lock):
            # There may be a keeper already: of a start that was interrupted, or of a VM that is just ending.
            if self.answers() or self._comes_up(lambda _: None):
                return
            if not self.files.has_keeper():
                if ended := self.files.last_exit():
                    progress(f"{ended['reason']} Starting it again. {NEW_DISK}")
                self._start(making)
                if self._comes_up(progress):
                    return
            self._end()
            ended = self.files.last_exit()
            self.files.exit_note.unlink(missing_ok=True)  # reported here: nothing is lost at the next start
            log = [*lines_of(self.files.console)[-8:], *lines_of(self.files.keeper_log)[-4:]]
            raise EngineStartFailed(
                f"The micro-VM's Docker engine did not come up. {ended.get('reason', '')}".strip(),
                last_lines=ended.get("last_lines") or log,
                advice=f"Its console is in {self.files.console}. It needs about 1 GB of memory and 1 GB of disk in "
                f"{tempfile.gettempdir()}; then try `dockerlab engine up` again.",
            )

    def down(self) -> bool:
        """Stop it; False if there was nothing to stop."""
        with locked(self.files.lock):
            self.files.exit_note.unlink(missing_ok=True)
            had_keeper = self.files.has_keeper()
            self._end()
            return had_keeper

    def _comes_up(self, progress: Progress) -> bool:
        """Wait until the engine answers, the keeper has ended or START_SECONDS are over; whether it answers."""
        began, reported = time.monotonic(), 0
        while self.files.has_keeper() and time.monotonic() - began < START_SECONDS:
            is_up = self.answers()
            lines = [line for line in lines_of(self.files.console) if line.startswith("vm: ")]
            for line in lines[reported:]:
                progress(line)
            reported = len(lines)
            if is_up:
                progress(f"the micro-VM's engine answers after {time.monotonic() - began:.1f} s")
                return True
            time.sleep(0.05)
        return False

    def _start(self, making: bool) -> None:
        files = self.files
        shutil.rmtree(files.run_folder, ignore_errors=True)
        files.run_folder.mkdir(mode=0o700)
        files.exit_note.unlink(missing_ok=True)
        files.console.write_bytes(b"")
        command = [sys.executable, "-m", KEEPER, self.parts.folder, files.cache, *(["--making"] if making else [])]
        with files.keeper_lock.open("a") as lock, files.keeper_log.open("wb") as log:
            fcntl.flock(lock, fcntl.LOCK_EX)
            lock.truncate(0)
            subprocess.Popen(
                command,
                stdin=lock,  # the keeper inherits the lock, so there is no moment when nobody holds it
                stdout=log,
                stderr=log,
                start_new_session=True,
                cwd=Path(__file__).parents[3],  # `-m` finds this package there, installed or not
            )

    def _end(self) -> None:
        """Ask the keeper to end the VM and itself; kill both if it does not."""
        deadline, asked = time.monotonic() + STOP_SECONDS, None
        while self.files.has_keeper() and time.monotonic() < deadline:
            if (pid := self.files.keeper()) and pid != asked:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGTERM)
                asked = pid
            time.sleep(0.05)
        if pid := self.files.keeper():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        shutil.rmtree(self.files.run_folder, ignore_errors=True)


def proxies(environment: Mapping[str, str]) -> dict[str, str]:
    """The machine's proxies as the VM reaches them: names in capitals, the machine's loopback by its address there.

    The VM's own loopback is never proxied.
    """
    found = {name: environment.get(name) or environment.get(name.lower(), "") for name in PROXIES}
    exceptions = found.pop("NO_PROXY")
    loopback = re.compile(r"(?<=://)((?:[^/@]*@)?)(?:localhost|127(?:\.\d+){3}|\[::1\])(?=[:/]|$)")
    proxies = {name: loopback.sub(rf"\g<1>{OUTSIDE}", value) for name, value in found.items() if value}
    return proxies | {"NO_PROXY": ",".join(filter(None, [exceptions, NEVER_PROXIED]))} if proxies else {}
