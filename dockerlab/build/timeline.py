"""When each step of a build ran, what it waited for, and which chain of steps decided how long the build took.

All times are in seconds from the beginning of the build, which is when its first step began.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from dockerlab.build.critical import Run, Span, Waits
from dockerlab.build.trace import CACHED, CANCELLED, DONE, ERROR, RUNNING, WAITING, BuildTrace, Interval, Step
from dockerlab.build.wire import StatusReader
from dockerlab.errors import FilesUnreadable

PIECE_BYTES = 1 << 20  # of a file, read at a time
HOW_TO_WRITE_ONE = "Write such a file with: docker buildx build --progress=rawjson … 2> build.json"
_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Sent:
    """One thing that a step sent, fetched, unpacked or exported."""

    name: str
    begin: float
    end: float
    size_bytes: int  # 0 if unknown


@dataclass(frozen=True, slots=True)
class Bar:
    """A step as a row of the chart."""

    stage: str  # "" in a file with one stage, and for BuildKit's own steps
    place: str  # for example "builder 3/5"; "" for BuildKit's own steps
    instruction: str
    state: str  # WAITING, RUNNING, CACHED, DONE, ERROR or CANCELLED
    # When it ran, by time and without overlaps. A cached step has none, unless its result had to be fetched: then that.
    runs: tuple[Span, ...]
    at: float | None  # its place in time: where it began or, without a run, was found in the cache; None if never
    needs: tuple[int, ...]  # the rows that it waits for
    waited: float  # between the end of the last run that it waited for and its own beginning
    is_critical: bool  # whether it is on the critical path
    sent: tuple[Sent, ...] = ()

    @property
    def seconds(self) -> float:
        """Time spent in the step."""
        return length(self.runs)

    @property
    def name(self) -> str:
        """The instruction without the digest of its image, by which two builds are compared."""
        return _DIGEST.sub("", self.instruction)


@dataclass(frozen=True)
class Schedule:
    """A build as a chart of its steps over time."""

    bars: tuple[Bar, ...]  # BuildKit's preparations, the instructions by stage and place, then what came after them
    seconds: float  # from the beginning of the first step to the end of the last
    path: tuple[Run, ...]  # the critical path, by time; critical.py defines it
    ending: str  # DONE, ERROR, CANCELLED, or RUNNING if the records stop before the build did
    problem: str = ""  # what buildx said at the end; "" if it said nothing
    is_cut: bool = False  # whether the records stop in the middle of one
    context_bytes: int = 0  # bytes of build context that were sent

    @property
    def path_seconds(self) -> float:
        """How many of the seconds are spent in steps on the critical path."""
        return sum(run.end - run.begin for run in self.path)

    @property
    def waiting_seconds(self) -> float:
        """How many are not: on the critical path nothing ran then."""
        return max(0.0, self.seconds - self.path_seconds)

    @property
    def step_seconds(self) -> float:
        """The times of all steps, added up."""
        return sum(bar.seconds for bar in self.bars)

    @property
    def parallelism(self) -> float:
        """How many steps ran at a time on average: their times added up, over the wall time; 0 for an empty build."""
        return self.step_seconds / self.seconds if self.seconds else 0.0

    @property
    def parallel_seconds(self) -> float:
        """How long at least two steps ran at once."""
        turns = sorted(turn for bar in self.bars for begin, end in bar.runs for turn in ((begin, 1), (end, -1)))
        total, running = 0.0, 0
        for (moment, turn), (following, _) in pairwise(turns):
            running += turn
            total += following - moment if running > 1 else 0.0
        return total

    @property
    def decisive(self) -> Bar | None:
        """The step that spends most time on the critical path; of equal ones, the first."""
        spent: Counter[int] = Counter()
        for run in self.path:
            spent[run.row] += run.end - run.begin
        return self.bars[max(spent, key=lambda row: (spent[row], -row))] if spent else None

    def facts(self) -> dict:
        """Everything as plain lists, numbers and texts, for a script; seconds are rounded to milliseconds."""
        return {
            "seconds": round(self.seconds, 3),
            "ending": self.ending,
            "problem": self.problem,
            "cut": self.is_cut,
            "path_seconds": round(self.path_seconds, 3),
            "waiting_seconds": round(self.waiting_seconds, 3),
            "step_seconds": round(self.step_seconds, 3),
            "parallel_seconds": round(self.parallel_seconds, 3),
            "parallelism": round(self.parallelism, 2),
            "context_bytes": self.context_bytes,
            "path": [{"step": x.row, "begin": round(x.begin, 3), "end": round(x.end, 3)} for x in self.path],
            "steps": [
                {
                    "stage": bar.stage,
                    "place": bar.place,
                    "instruction": bar.instruction,
                    "state": bar.state,
                    "seconds": round(bar.seconds, 3),
                    "runs": [[round(begin, 3), round(end, 3)] for begin, end in bar.runs],
                    "at": None if bar.at is None else round(bar.at, 3),
                    "waited_seconds": round(bar.waited, 3),
                    "needs": list(bar.needs),
                    "critical": bar.is_critical,
                    "bytes": sum(sent.size_bytes for sent in bar.sent),
                }
                for bar in self.bars
            ],
        }


@dataclass(frozen=True, slots=True)
class Change:
    """A step in two builds; one of the two may not have it."""

    before: Bar | None
    after: Bar | None

    @property
    def bar(self) -> Bar:
        """The step as the later build has it, if it does."""
        return self.after or self.before

    @property
    def seconds(self) -> float:
        """How much longer it took in the second build."""
        return (self.after.seconds if self.after else 0.0) - (self.before.seconds if self.before else 0.0)


def compare(first: Schedule, second: Schedule) -> tuple[Change, ...]:
    """The steps of two builds side by side, in the order of the first; then what only the second has.

    Two rows are the same step if stage and instruction are the same. What stands in a stage several times is taken in
    order.
    """
    rows, others = _named(first), _named(second)
    return tuple(Change(rows.get(name), others.get(name)) for name in dict.fromkeys([*rows, *others]))


def _named(schedule: Schedule) -> dict[tuple[str, str, int], Bar]:
    seen: Counter[tuple[str, str]] = Counter()
    found = {}
    for bar in schedule.bars:
        seen[bar.stage, bar.name] += 1
        found[bar.stage, bar.name, seen[bar.stage, bar.name]] = bar
    return found


def read_schedule(path: str | Path) -> Schedule:
    """The schedule of a build whose progress is in a file: `docker buildx build --progress=rawjson … 2> FILE`.

    A build that failed or was cancelled, or a file that stops early, gives what there is; `ending` and `is_cut` say so.

    Raises:
        FilesUnreadable: there is no such file, it cannot be read, or it holds no steps of a build.
    """
    reader, trace = StatusReader(), BuildTrace()
    try:
        with open(path, "rb") as file:
            while piece := file.read(PIECE_BYTES):
                for status in reader.feed(piece):
                    trace.update(status)
            size = file.tell() if file.seekable() else 1
        lines = len(reader.text)
        reader.close()
        found = schedule(trace, reader.text, is_cut="".join(reader.text[lines:]).lstrip().startswith("{"))
    except FileNotFoundError:
        raise _no_progress(path, "there is no such file") from None
    except IsADirectoryError:
        raise _no_progress(path, "it is a folder") from None
    except OSError as error:
        raise FilesUnreadable(str(path), (error.strerror or str(error)).lower()) from None
    except (TypeError, ValueError, AttributeError, KeyError, OverflowError, RecursionError):
        raise _no_progress(path, "it has JSON in it that BuildKit does not write") from None
    if found.bars:
        return found
    if not size:
        raise _no_progress(path, "it is empty")
    if found.is_cut:
        raise _no_progress(path, "it ends in the middle of its first record")
    raise _no_progress(path, "there is no record of BuildKit in it" + (found.problem and f", only {found.problem!r}"))


def _no_progress(path: str | Path, problem: str) -> FilesUnreadable:
    return FilesUnreadable(str(path), problem, done="read as the progress of a build", advice=HOW_TO_WRITE_ONE)


def schedule(trace: BuildTrace, text: Sequence[str] = (), *, is_cut: bool = False) -> Schedule:
    """The schedule of a build, in time that grows with its steps like n log n.

    Args:
        trace: what the build has done.
        text: the lines that buildx printed besides; an error among them says how the build ended.
        is_cut: whether the records stop in the middle of one.
    """
    steps = trace.steps()
    heard = _last_heard(steps)
    spans = [_merged(_intervals(step, heard)) for step in steps]
    zero = min((span[0][0] for span in spans if span), default=0.0)
    spans = [tuple((begin - zero, end - zero) for begin, end in span) for span in spans]
    order = _order(steps, spans)
    steps, spans = [steps[row] for row in order], [spans[row] for row in order]
    rows = {step.digest: row for row, step in enumerate(steps)}
    needs = [tuple(rows[digest] for digest in step.inputs if digest in rows) for step in steps]
    own = {row for row, step in enumerate(steps) if not step.is_instruction}
    waits = Waits(spans, needs, own)
    lasts = {row: Run(span[-1][1], -span[-1][0], -row) for row, span in enumerate(spans) if span}
    path = waits.path(run for row, run in lasts.items() if steps[row].state == ERROR)
    on_path = {run.row for run in path}
    # What has no better place in time was found in the cache when BuildKit began with the instructions.
    working = {row for line in range(len(steps)) if line not in own for row in (line, *needs[line])}
    opened = min((spans[row][0][0] for row in working if spans[row]), default=path[-1].begin if path else 0.0)

    def bar(row: int, step: Step) -> Bar:
        first, was_found = next(iter(spans[row]), None), step.state in (CACHED, DONE)
        return Bar(
            step.stage if step.is_instruction else "",
            f"{step.stage} {step.index}/{step.total}".strip() if step.is_instruction else "",
            step.instruction,
            step.state,
            spans[row],
            at=first[0] if first else max(opened, waits.settled(row)) if was_found else None,
            needs=needs[row],
            waited=waits.waited(Run(first[1], -first[0], -row)) if first else 0.0,
            is_critical=row in on_path,
            sent=_sent(step, zero),
        )

    problem = next((line.strip() for line in reversed(text) if line.startswith("ERROR: ")), "")
    return Schedule(
        tuple(bar(row, step) for row, step in enumerate(steps)),
        seconds=max((run.end for run in lasts.values()), default=0.0),
        path=path,
        ending=_ending(steps, needs, problem),
        problem=problem,
        is_cut=is_cut,
        context_bytes=trace.context_bytes,
    )


def length(spans: Iterable[Span]) -> float:
    """Seconds that spans without overlaps cover."""
    return sum(end - begin for begin, end in spans)


def _last_heard(steps: Sequence[Step]) -> float:
    """The latest moment of which anything is known: a step that was still running then had run until then."""
    moments = chain(
        (moment for step in steps for run in step.timeline.intervals for moment in run),
        (moment for step in steps for t in step.timeline.transfers for moment in (t.timestamp, t.started, t.completed)),
        (piece.timestamp for step in steps for piece in step.timeline.output),
    )
    return max((moment for moment in moments if moment is not None), default=0.0)


def _intervals(step: Step, heard: float) -> list[Span]:
    """When a step ran, or its cached result was fetched, in seconds since the epoch."""
    runs: Iterable[Interval] = step.timeline.intervals
    if step.state == CACHED:
        sent = ((t.started, t.completed or t.timestamp) for t in step.timeline.transfers if t.started is not None)
        runs = [(begin, end) for begin, end in sent if end is not None and end > begin]
    return sorted((begin, max(begin, heard if end is None else end)) for begin, end in runs)


def _merged(runs: Iterable[Span]) -> tuple[Span, ...]:
    """The spans that sorted runs cover, without overlaps."""
    spans: list[Span] = []
    for begin, end in runs:
        if spans and begin <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(spans[-1][1], end))
        else:
            spans.append((begin, end))
    return tuple(spans)


def _order(steps: Sequence[Step], spans: Sequence[tuple[Span, ...]]) -> list[int]:
    """Rows from top to bottom: BuildKit's preparations by time, the instructions, and what came after them all."""
    own = sorted(
        (spans[row][0] if spans[row] else (0.0, 0.0), row) for row in range(len(steps)) if not steps[row].index
    )
    lines = [row for row in range(len(steps)) if steps[row].is_instruction]
    last = max((spans[row][-1][1] for row in lines if spans[row]), default=float("inf"))
    after = [row for (begin, _), row in own if begin >= last or steps[row].name.startswith("exporting ")]
    return [*(row for _, row in own if row not in set(after)), *lines, *after]


def _sent(step: Step, zero: float) -> tuple[Sent, ...]:
    found = []
    for transfer in step.timeline.transfers:
        begin = transfer.started if transfer.started is not None else transfer.timestamp
        if begin is not None:
            begin, end = max(0.0, begin - zero), max(0.0, (transfer.completed or begin) - zero)
            found.append(Sent(transfer.id, begin, max(begin, end), int(transfer.current)))
    return tuple(found)


def _ending(steps: Sequence[Step], needs: Sequence[tuple[int, ...]], problem: str) -> str:
    """How the build ended."""
    states = {step.state for step in steps}
    if ERROR in states:
        return ERROR
    if CANCELLED in states or problem.endswith("context canceled"):
        return CANCELLED
    if problem:
        return ERROR
    # A build from somebody else's cache may end with steps that nobody ran. But the last one of a stage that no other
    # needs is what the build was for.
    needed = {row for rows in needs for row in rows}
    is_open = any(step.state == WAITING and row not in needed for row, step in enumerate(steps))
    return RUNNING if RUNNING in states or is_open else DONE
