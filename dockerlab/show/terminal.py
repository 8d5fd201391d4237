"""A build in a terminal."""

import time
from collections.abc import Callable

from rich.console import Console
from rich.live import Live

from dockerlab.build import Build
from dockerlab.build.trace import BuildTrace
from dockerlab.show.steps import StepTable, finished


class TerminalWatcher:
    """A table that moves while the build runs and stays when it has ended; into a file, only the final one is written.

    Args:
        console: where to print; standard error by default.
        clock: seconds since the epoch.
    """

    def __init__(self, console: Console | None = None, clock: Callable[[], float] = time.time) -> None:
        self._console = console or Console(stderr=True)
        self._clock, self._begin = clock, clock()
        self._trace = BuildTrace()
        self._live = Live(get_renderable=self._table, console=self._console, refresh_per_second=8, transient=True)

    def _table(self) -> StepTable:
        now = self._clock()
        return StepTable(self._trace, now - self._begin, now)

    def update(self, trace: BuildTrace) -> None:
        """Show the build as it is now."""
        self._trace = trace
        if self._console.is_terminal:
            self._live.start()

    def close(self) -> None:
        """Take the moving table away."""
        self._live.stop()

    def show(self, build: Build) -> None:
        """Print the final table."""
        self._console.print(finished(build))
