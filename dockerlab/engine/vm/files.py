"""The files that a micro-VM's keeper shares with those who start, use and stop the VM."""

import fcntl
import hashlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dockerlab.errors import EngineStartFailed

KEEPER = "dockerlab.engine.vm.keeper"
LAST_LINES = 8
UNWRITABLE = frozenset(' ,"\t\n')  # in a path on the kernel's command line


class Files:
    """The files of the micro-VM of one cache folder.

    Attributes:
        cache: the cache folder.
        lock: held while the VM is started or stopped.
        keeper_lock: held by the keeper for as long as it lives, with its process number inside. It is not in the run
            folder, because the keeper removes that one before it ends.
        keeper_log: what the keeper has printed since the last start; empty if all is well.
        console: what the VM's kernel and programs have printed since the last start.
        exit_note: how the VM ended, if nobody asked it to.
        run_folder: sockets, the data disk and the VM's memory; below the temporary folder, removed at the end.
        socket: the engine's API.
        shared_note: which folder of this machine the VM shares.
    """

    def __init__(self, cache: Path) -> None:
        self.cache = cache.resolve()
        self.lock = self.cache / "engine.lock"
        self.keeper_lock = self.cache / "vm-keeper.lock"
        self.keeper_log = self.cache / "vm-keeper.log"
        self.console = self.cache / "vm-console.log"
        self.exit_note = self.cache / "vm-ended.json"
        key = hashlib.sha256(str(self.cache).encode()).hexdigest()[:8]
        # A short name: the path of a socket has at most 107 bytes.
        self.run_folder = Path(tempfile.gettempdir(), f"dockerlab-vm-{key}")
        self.socket = self.run_folder / "docker.sock"
        self.shared_note = self.run_folder / "shared"

    def share(self, folder: Path) -> Path | None:
        """Note for everybody that the VM shares a folder of this machine, which is made if missing.

        Returns:
            its path; None if the kernel's command line has no way to write it, so that nothing is shared.

        Raises:
            EngineStartFailed: it cannot be made.
        """
        folder = folder.resolve()
        if set(str(folder)) & UNWRITABLE:
            return None
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise EngineStartFailed(f"The folder {folder} cannot be made: {error.strerror}.") from error
        self.shared_note.write_text(str(folder), encoding="utf-8")
        return folder

    def shared(self) -> Path | None:
        """The folder of this machine that the running VM shares; None if there is none."""
        try:
            return Path(self.shared_note.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None

    def has_keeper(self) -> bool:
        """Whether a keeper lives: the VM starts, runs or ends."""
        try:
            with self.keeper_lock.open() as file:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)  # shared: two who ask do not block each other
        except FileNotFoundError:
            return False
        except BlockingIOError:
            return True
        return False

    def keeper(self) -> int | None:
        """The process number of the keeper; None if none lives, or it has not written its number yet."""
        try:
            pid = int(self.keeper_lock.read_text())
            command = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            return None
        # The number may have gone to another process since, or come with a copy of another cache folder.
        is_ours = KEEPER.encode() in command and os.fsencode(self.cache) in command
        return pid if is_ours and self.has_keeper() else None

    def note_exit(self, reason: str, lines: Sequence[str]) -> None:
        """Note why the VM ended: one sentence, and the last of some lines."""
        note = {"reason": reason, "last_lines": list(lines[-LAST_LINES:])}
        self.exit_note.write_text(json.dumps(note), encoding="utf-8")

    def last_exit(self) -> dict:
        """What `note_exit` noted since the last start: reason, last_lines; {} if nothing."""
        try:
            return json.loads(self.exit_note.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}


def lines_of(file: Path) -> list[str]:
    """The lines of a log; none if it is not there."""
    try:
        return file.read_text(errors="replace").splitlines()
    except OSError:
        return []
