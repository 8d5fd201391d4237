"""The critical path of a build: the chain of runs that decided when it ended.

It is found backwards. Its last run is the one that ended last or, if a step failed, that of the first that failed.
Before each run comes the one for which it had to wait: of all runs of the same step and of the steps that it needs, the
one that ended last before it began. A step that took no time, such as a cached one, stands for the run for which it had
to wait itself.

BuildKit does not say what its own steps wait for (reading the Dockerfile, exporting the image), nor that all others
wait until it has been read. So before a run of its own for which nothing is found in that way comes whatever ended last
before it began, and before an instruction's, the step of BuildKit's own of which that is true, other than those which
some steps need and others do not (the build context).

Of runs that ended together the longest counts, and then the one whose row comes first. Runs on the path never overlap:
their seconds and those between them make up the whole.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from typing import NamedTuple

Span = tuple[float, float]  # from, to, in seconds from the beginning of the build


class Run(NamedTuple):
    """A time without a break in which a step ran. Of two, the larger is the one that others had to wait for."""

    end: float
    minus_begin: float
    minus_row: int

    @property
    def begin(self) -> float:
        return -self.minus_begin

    @property
    def row(self) -> int:
        return -self.minus_row


class Waits:
    """Which run waited for which.

    Args:
        spans: for each step, when it ran, by time and without overlaps.
        needs: for each step, the rows of those that it needs.
        own: the rows of BuildKit's own steps.
    """

    def __init__(self, spans: Sequence[Sequence[Span]], needs: Sequence[Sequence[int]], own: Collection[int]) -> None:
        self._needs, self._own = needs, own
        self._runs = [[Run(end, -begin, -row) for begin, end in runs if end > begin] for row, runs in enumerate(spans)]
        self._all = sorted(chain(*self._runs))
        needed = set(chain(*needs))
        self._reading = [run for run in self._all if run.row in own and run.row not in needed]
        # For a step that took no time, the run that it waited for. Steps in a circle, which no build has, get none.
        self._stands_for: list[Run | None] = [None] * len(spans)
        graph = TopologicalSorter(dict(enumerate(needs)))
        with suppress(CycleError):
            graph.prepare()
        while ready := graph.get_ready():
            for row in ready:
                self._stands_for[row] = max(filter(None, map(self._last, needs[row])), default=None)
            graph.done(*ready)

    def path(self, failed: Iterable[Run] = ()) -> tuple[Run, ...]:
        """The critical path, by time.

        Args:
            failed: the last runs of the steps that failed.
        """
        run = min(failed, key=lambda run: (run.end, run.row), default=None) or max(self._all, default=None)
        runs = []
        while run:
            runs.append(run)
            run = self._before(run)
        return tuple(reversed(runs))

    def waited(self, run: Run) -> float:
        """Seconds between the run for which this one had to wait and its own beginning."""
        before = self._before(run)
        return run.begin - (before.end if before else 0.0)

    def settled(self, row: int) -> float:
        """When all that a step needs was there; 0 if it needs nothing that took time."""
        stands_for = self._stands_for[row]
        return stands_for.end if stands_for else 0.0

    def _last(self, row: int) -> Run | None:
        return self._runs[row][-1] if self._runs[row] else self._stands_for[row]

    def _before(self, run: Run) -> Run | None:
        """The run for which this one had to wait. It ended before this one began, so no path goes round in a circle."""
        lists = [self._runs[run.row]]
        lists += [self._runs[row] or list(filter(None, [self._stands_for[row]])) for row in self._needs[run.row]]
        found = max(filter(None, (_latest(runs, run.begin) for runs in lists)), default=None)
        return found or _latest(self._all if run.row in self._own else self._reading, run.begin)


def _latest(runs: Sequence[Run], moment: float) -> Run | None:
    """The largest of sorted runs that had ended by then."""
    at = bisect_right(runs, moment, key=lambda run: run.end)
    return runs[at - 1] if at else None
