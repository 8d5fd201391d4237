"""Look again whenever the learner has done something: the engine reports an event, or a file of theirs changes."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from dockerlab.engine import Engine
from dockerlab.engine.boundary import map_errors
from dockerlab.engine.labels import RUN
from dockerlab.errors import DockerLabError
from dockerlab.exercise.bench import PREFIX

LOOK_SECONDS = 0.3  # between looks at the files
QUIET_SECONDS = 0.2  # after an event, until the check: commands make several
# What changes nothing; checks themselves look into containers this way.
IGNORED_ACTIONS = ("exec_create", "exec_start", "exec_die", "top", "resize", "attach")


def stamps(folder: Path) -> dict[str, tuple[int, int]]:
    """The files of a folder, with time of change and size."""
    found = {}
    for path in folder.rglob("*"):
        with suppress(OSError):
            state = path.lstat()
            found[str(path)] = (state.st_mtime_ns, state.st_size)
    return found


class Watch:
    """Calls a function after each change, from a thread of its own, until `stop`.

    Args:
        changed: is called without arguments; a call is over before the next one begins.
        run: the name of the run in the label of what checks themselves make; its events do not count.
        lost: is told if the engine has gone away; the watch has ended then.
    """

    def __init__(
        self,
        engine: Engine,
        folder: Path,
        changed: Callable[[], object],
        *,
        run: str,
        lost: Callable[[DockerLabError], object] = lambda error: None,
    ) -> None:
        self._engine, self._folder, self._changed, self._run, self._lost = engine, folder, changed, run, lost
        self._stop, self._event = threading.Event(), threading.Event()
        self._events = None
        self._own: set[str | None] = set()  # the IDs of what checks have made
        self._threads = [threading.Thread(target=target, daemon=True) for target in (self._listen, self._work)]

    def start(self) -> "Watch":
        """Begin; gives the watch itself."""
        for thread in self._threads:
            thread.start()
        return self

    def stop(self) -> None:
        """End, without waiting for a check that runs."""
        self._stop.set()
        self._event.set()
        if self._events is not None:
            with suppress(Exception):  # the connection may have ended by itself
                self._events.close()

    def wait(self) -> None:
        """Wait until it has ended."""
        self._threads[1].join()

    def _listen(self) -> None:
        try:
            with map_errors(self._engine.lost):
                self._events = self._engine.client().events(decode=True)
                for event in self._events:
                    if self._stop.is_set():
                        return
                    if self.counts(event):
                        self._event.set()
                if not self._stop.is_set():
                    raise self._engine.lost("The Docker engine has stopped.")
        except DockerLabError as error:
            if not self._stop.is_set():
                self.stop()
                self._lost(error)
        except Exception:  # closing a stream that is being read raises whatever the socket was doing
            if not self._stop.is_set():
                raise

    def counts(self, event: dict) -> bool:
        """Whether an event, as the engine reports it, may be the learner's doing."""
        action = str(event.get("Action", "")).partition(":")[0]
        actor = event.get("Actor", {})
        attributes = actor.get("Attributes") or {}
        if attributes.get(RUN) == self._run or attributes.get("name", "").startswith(PREFIX):
            self._own.add(actor.get("ID"))
        # Events of networks and volumes have no labels, but say for which container it is.
        is_own = bool(self._own & {actor.get("ID"), attributes.get("container")})
        return not is_own and action not in IGNORED_ACTIONS

    def _work(self) -> None:
        before = stamps(self._folder)
        while not self._stop.is_set():
            hit = self._event.wait(LOOK_SECONDS)
            now = stamps(self._folder)
            if (hit or now != before) and not self._stop.is_set():
                time.sleep(QUIET_SECONDS)
                self._event.clear()
                before = stamps(self._folder)
                try:
                    self._changed()
                except DockerLabError as error:
                    self.stop()
                    self._lost(error)
