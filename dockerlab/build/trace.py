"""What a build has done so far: BuildKit's records, folded into the steps of a Dockerfile.

`BuildTrace` gathers the records by vertex and can be read at any moment of the build.
"""

import re
from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from graphlib import TopologicalSorter

from dockerlab.build.wire import SolveStatus, Vertex, VertexLog, VertexStatus, VertexWarning

# BuildKit pads the numbers to the width of the total: "[builder  2/10] RUN make".
STEP_NAME = re.compile(r"^\[(?:([^\]]*?) +)?(\d+)/(\d+)\] (.+)$", re.S)  # stage, index, total, instruction
UNNAMED_STAGE = re.compile(r"stage-\d+$")
CONTEXT_VERTEX = "[internal] load build context"
CONTEXT_STATUS = "transferring context:"
# What is kept of a step's output: the newest, this much. By default BuildKit passes on at most 2 MiB of a step.
LOG_BYTES = 4 << 20
PIECE_BYTES = 100  # counted for each piece of it besides its text

WAITING, RUNNING, CACHED, DONE, ERROR, CANCELLED = "WAITING", "RUNNING", "CACHED", "DONE", "ERROR", "CANCELLED"

Interval = tuple[float, float | None]  # start and end in seconds since the epoch; no end if it still goes on


@dataclass(frozen=True, slots=True)
class Timeline:
    """What happened in a step, and when."""

    intervals: tuple[Interval, ...] = ()  # when it ran, by start; empty for a cached step
    output: tuple[VertexLog, ...] = ()  # what it printed, in the pieces in which it came
    transfers: tuple[VertexStatus, ...] = ()  # what it sent, fetched, unpacked or exported, the latest report of each


@dataclass(frozen=True, slots=True)
class Step:
    """A vertex, or several that are one to people, described in the words of a Dockerfile."""

    digest: str
    name: str  # BuildKit's own, for example "[2/5] WORKDIR /app"
    stage: str  # the build stage; "" in a file with one stage
    index: int  # the place in the stage, from 1; 0 if the step is not an instruction
    total: int  # how many steps the stage has
    instruction: str  # the Dockerfile instruction; for other vertices, the name
    state: str  # WAITING, RUNNING, CACHED, DONE, ERROR or CANCELLED
    seconds: float  # time spent in the step, runs that overlap counted once; 0 for a cached step
    log: str = ""  # what it printed; of more than LOG_BYTES, the newest, after a line that says so
    error: str = ""  # BuildKit's message; "" if there was no error
    inputs: tuple[str, ...] = ()  # digests of the steps that it needs and so waits for
    timeline: Timeline = Timeline()

    @property
    def is_instruction(self) -> bool:
        """Whether the step stands for a line of the Dockerfile."""
        return self.index > 0

    @property
    def is_from(self) -> bool:
        """Whether this is the FROM of a stage. Its state says nothing about the build cache."""
        return self.is_instruction and self.instruction.startswith("FROM ")


@dataclass
class _Output:
    """What a vertex has printed: the newest pieces, up to LOG_BYTES."""

    pieces: deque[VertexLog] = field(default_factory=deque)
    count: int = 0  # of the pieces that came
    size: int = 0
    lost: int = 0  # bytes that were left out
    _read: tuple[int, str] = (0, "")  # the text, and how many pieces had come when it was read

    def add(self, piece: VertexLog) -> None:
        self.pieces.append(piece)
        self.count += 1
        self.size += len(piece.data) + PIECE_BYTES
        while self.size > LOG_BYTES and len(self.pieces) > 1:
            oldest = self.pieces.popleft()
            self.size -= len(oldest.data) + PIECE_BYTES
            self.lost += len(oldest.data)

    @property
    def text(self) -> str:
        # A watcher may read this in another thread, so what has changed meanwhile is read again.
        if self._read[0] != (count := self.count):
            note = f"[the first {self.lost:,} bytes are left out]\n" if self.lost else ""
            text = b"".join(piece.data for piece in tuple(self.pieces)).decode(errors="replace")
            self._read = (count, note + text)
        return self._read[1]


@dataclass
class _Gathered:
    """Everything heard about one vertex; `runs` maps the start of each run to its end."""

    vertex: Vertex
    runs: dict[float, float | None] = field(default_factory=dict)
    output: _Output = field(default_factory=_Output)
    statuses: dict[str, VertexStatus] = field(default_factory=dict)

    @property
    def step_name(self) -> str:
        """The name of the step that it belongs to."""
        group = self.vertex.progress_group
        return group.name if group else self.vertex.name

    @property
    def step_key(self) -> str:
        """What the vertices of one step have in common.

        A COPY --link has two vertices in a group. The download of an ADD has the same name as the ADD.
        """
        if self.vertex.progress_group:
            return self.vertex.progress_group.id
        return self.vertex.name if STEP_NAME.match(self.vertex.name) else self.vertex.digest


class BuildTrace:
    """The progress of one build."""

    def __init__(self) -> None:
        self._gathered: dict[str, _Gathered] = {}
        self._warnings: dict[tuple, VertexWarning] = {}

    def update(self, status: SolveStatus) -> None:
        """Add one record. A vertex is reported many times and may run more than once; the latest report counts."""
        for vertex in status.vertexes:
            known = self._gathered.setdefault(vertex.digest, _Gathered(vertex))
            if known.vertex.inputs and not vertex.inputs:
                # Not a run of the step: its cached result is being fetched, for example from a registry.
                vertex = replace(vertex, inputs=known.vertex.inputs, cached=known.vertex.cached or vertex.cached)
            if known.vertex.progress_group and not vertex.progress_group:
                vertex = replace(vertex, progress_group=known.vertex.progress_group)
            known.vertex = vertex
            if vertex.started is not None:
                known.runs[vertex.started] = vertex.completed
        for transfer in status.statuses:
            if known := self._gathered.get(transfer.vertex):
                start, end = transfer.started, transfer.completed
                if start is not None and end is not None and end < start:
                    # A manifest that had been fetched already, before this vertex began.
                    transfer = replace(transfer, started=end)
                known.statuses[transfer.id] = transfer
        for log in status.logs:
            if known := self._gathered.get(log.vertex):
                known.output.add(log)
        for warning in status.warnings:
            self._warnings.setdefault((warning.place, warning.short, warning.range), warning)

    @property
    def warnings(self) -> list[VertexWarning]:
        """What BuildKit says about the Dockerfile, each warning once, by file and line."""
        return sorted(
            self._warnings.values(),
            key=lambda w: (w.source_info.filename if w.source_info else "", w.range, w.short),
        )

    def steps(self, now: float | None = None) -> list[Step]:
        """Every step: first BuildKit's own, then the Dockerfile's instructions by stage and place.

        Args:
            now: seconds since the epoch, to time the steps that still run; without it they count as 0.
        """
        gathered = dict(self._gathered)
        members: defaultdict[str, list[_Gathered]] = defaultdict(list)
        for known in gathered.values():
            members[known.step_key].append(known)
        # The last vertex of a step stands for the step.
        lasts = {known.vertex.digest: _last(group) for group in members.values() for known in group}
        steps = _with_stages({step.digest: step for step in (_step(group, lasts, now) for group in members.values())})
        # A vertex shared with another Dockerfile may carry the other's total. A stage's last step has the right one.
        totals = {step.stage: step.total for step in sorted(steps, key=lambda step: step.index)}
        steps = [replace(step, total=totals[step.stage]) if step.is_instruction else step for step in steps]
        # BuildKit reports stages in no fixed order. A stage that copies from another lies deeper in the graph.
        graph = {digest: lasts.keys() & known.vertex.inputs for digest, known in gathered.items()}
        depth: dict[str, int] = {}
        for digest in TopologicalSorter(graph).static_order():
            depth[digest] = 1 + max((depth[needed] for needed in graph[digest]), default=0)
        depths: dict[str, int] = {}
        for step in steps:
            depths[step.stage] = max(depths.get(step.stage, 0), depth[step.digest])
        return sorted(steps, key=lambda s: (s.is_instruction, s.is_instruction and depths[s.stage], s.stage, s.index))

    def instructions(self, now: float | None = None) -> list[Step]:
        """The steps that stand for lines of the Dockerfile; `now` as in `steps`.

        BuildKit reports them all as soon as it has read the Dockerfile. Stages with the same FROM share it.
        """
        return [step for step in self.steps(now) if step.is_instruction]

    @property
    def context_bytes(self) -> int:
        """Bytes of build context that were sent, including a little overhead of the protocol."""
        return sum(
            known.statuses[CONTEXT_STATUS].current
            for known in self._gathered.values()
            if known.vertex.name.startswith(CONTEXT_VERTEX) and CONTEXT_STATUS in known.statuses
        )

    def bytes_moved(self) -> tuple[int, int]:
        """(current, total) bytes of all transfers whose total is known, such as layers being pulled."""
        sized = [s for known in list(self._gathered.values()) for s in list(known.statuses.values()) if s.total]
        return sum(s.current for s in sized), sum(s.total for s in sized)

    def failed(self) -> Step | None:
        """The step that ended with an error; None if none did."""
        return next((step for step in self.steps() if step.state == ERROR), None)


def merged_seconds(runs: Iterable[Interval], now: float | None = None) -> float:
    """Seconds covered by (start, end) intervals, overlaps counted once.

    An interval whose end is None lasts until `now`; without a `now` it is left out.
    """
    total, reached = 0.0, float("-inf")
    for start, end in sorted((s, now if e is None else e) for s, e in runs if e is not None or now is not None):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _last(members: Sequence[_Gathered]) -> _Gathered:
    """The vertex that no other one of the step needs."""
    needed = {digest for known in members for digest in known.vertex.inputs}
    return next((known for known in reversed(members) if known.vertex.digest not in needed), members[-1])


def _step(members: Sequence[_Gathered], lasts: dict[str, _Gathered], now: float | None) -> Step:
    """The vertices of one step, as this step.

    Args:
        lasts: by digest of a vertex, the last vertex of its step.
    """
    last = _last(members)
    match = STEP_NAME.match(last.step_name)
    stage, index, total, instruction = match.groups("") if match else ("", 0, 0, last.step_name)
    runs = [run for known in members if not known.vertex.cached for run in list(known.runs.items())]
    intervals = () if last.vertex.cached else tuple(sorted(runs, key=lambda run: run[0]))
    needed = [lasts[digest].vertex.digest for known in members for digest in known.vertex.inputs if digest in lasts]
    return Step(
        *(last.vertex.digest, last.step_name, stage, int(index), int(total), instruction),
        state=_state(members),
        seconds=merged_seconds(intervals, now),
        log="".join(known.output.text for known in members),
        error=next((known.vertex.error for known in members if known.vertex.error), ""),
        inputs=tuple(dict.fromkeys(digest for digest in needed if digest != last.vertex.digest)),
        timeline=Timeline(
            intervals,
            output=tuple(piece for known in members for piece in tuple(known.output.pieces)),
            transfers=tuple(status for known in members for status in list(known.statuses.values())),
        ),
    )


def _with_stages(steps: dict[str, Step]) -> list[Step]:
    """The steps, each in its stage of this Dockerfile."""
    users = {needed: digest for digest, step in steps.items() for needed in step.inputs}
    sizes = Counter(step.stage for step in steps.values() if step.is_instruction)
    have_from = {step.stage for step in steps.values() if step.index == 1}
    for digest, step in list(steps.items()):
        user = steps.get(users.get(digest, ""))
        # Builds that run at the same moment share a FROM, which is named after the stage of the first build. It
        # belongs to the stage that uses it, unless that one has its own step 1 (FROM an earlier stage has none).
        if step.is_from and sizes[step.stage] == 1 and user and user.index and user.stage not in have_from:
            steps[digest] = replace(step, stage=user.stage)
    stages = {step.stage for step in steps.values() if step.is_instruction}
    # If a RUN has a mount, BuildKit names even the only stage "stage-0". One stage needs no name.
    nameless = len(stages) == 1 and UNNAMED_STAGE.match(*stages)
    return [replace(step, stage="") if nameless else step for step in steps.values()]


def _state(members: Sequence[_Gathered]) -> str:
    """The state of a step: an error of any of its vertices, else the state of the last one."""
    states = [_vertex_state(known.vertex) for known in members]
    for state in (ERROR, CANCELLED):
        if state in states:
            return state
    state = _vertex_state(_last(members).vertex)
    return RUNNING if state == WAITING and (RUNNING in states or DONE in states) else state


def _vertex_state(vertex: Vertex) -> str:
    if vertex.error:
        return CANCELLED if vertex.error.endswith("context canceled") else ERROR
    if vertex.cached:
        return CACHED
    if vertex.completed is not None:
        return DONE
    return RUNNING if vertex.started is not None else WAITING
