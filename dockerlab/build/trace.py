"""What a build has done so far: BuildKit's records, folded into the steps of a Dockerfile.

`BuildTrace` gathers the records by vertex and can be read at any moment of the build.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cache

from dockerlab.build.wire import SolveStatus, Vertex, VertexStatus

# BuildKit pads the numbers to the width of the total: "[builder  2/10] RUN make".
STEP_NAME = re.compile(r"^\[(?:([^\]]*?) +)?(\d+)/(\d+)\] (.+)$", re.S)  # stage, index, total, instruction
UNNAMED_STAGE = re.compile(r"stage-\d+$")
CONTEXT_VERTEX = "[internal] load build context"
CONTEXT_STATUS = "transferring context:"

WAITING, RUNNING, CACHED, DONE, ERROR, CANCELLED = "WAITING", "RUNNING", "CACHED", "DONE", "ERROR", "CANCELLED"


@dataclass(frozen=True, slots=True)
class Step:
    """A vertex, described in the words of a Dockerfile."""

    digest: str
    name: str  # BuildKit's own, for example "[2/5] WORKDIR /app"
    stage: str  # the build stage; "" in a file with one stage
    index: int  # the place in the stage, from 1; 0 if the step is not an instruction
    total: int  # how many steps the stage has
    instruction: str  # the Dockerfile instruction; for other vertices, the name
    state: str  # WAITING, RUNNING, CACHED, DONE, ERROR or CANCELLED
    seconds: float  # time spent in the step, runs that overlap counted once; 0 for a cached step
    log: str = ""  # what it printed
    error: str = ""  # BuildKit's message; "" if there was no error

    @property
    def is_instruction(self) -> bool:
        """Whether the step stands for a line of the Dockerfile."""
        return self.index > 0

    @property
    def is_from(self) -> bool:
        """Whether this is the FROM of a stage. Its state says nothing about the build cache."""
        return self.is_instruction and self.instruction.startswith("FROM ")


@dataclass
class _Gathered:
    """Everything heard about one vertex; `runs` maps the start of each run to its end."""

    vertex: Vertex
    runs: dict[float, float | None] = field(default_factory=dict)
    log: bytearray = field(default_factory=bytearray)
    statuses: dict[str, VertexStatus] = field(default_factory=dict)

    def step(self, now: float | None) -> Step:
        vertex = self.vertex
        match = STEP_NAME.match(vertex.name)
        stage, index, total, instruction = match.groups("") if match else ("", 0, 0, vertex.name)
        seconds = 0.0 if vertex.cached else merged_seconds(list(self.runs.items()), now)
        log = self.log.decode(errors="replace")
        place = (stage, int(index), int(total))
        return Step(vertex.digest, vertex.name, *place, instruction, _state(vertex), seconds, log, vertex.error)


class BuildTrace:
    """The progress of one build.

    Attributes:
        warnings: what BuildKit says about the Dockerfile, each warning once.
    """

    def __init__(self) -> None:
        self.warnings: list[str] = []
        self._gathered: dict[str, _Gathered] = {}

    def update(self, status: SolveStatus) -> None:
        """Add one record. A vertex is reported many times and may run more than once; the latest report counts."""
        for vertex in status.vertexes:
            known = self._gathered.setdefault(vertex.digest, _Gathered(vertex))
            if known.vertex.inputs and not vertex.inputs:
                # Not a run of the step: its cached result is being fetched, for example from a registry.
                vertex = replace(vertex, inputs=known.vertex.inputs, cached=known.vertex.cached or vertex.cached)
            known.vertex = vertex
            if vertex.started is not None:
                known.runs[vertex.started] = vertex.completed
        for transfer in status.statuses:
            if known := self._gathered.get(transfer.vertex):
                known.statuses[transfer.id] = transfer
        for log in status.logs:
            if known := self._gathered.get(log.vertex):
                known.log += log.data
        self.warnings += [w.short for w in status.warnings if w.short not in self.warnings]

    def steps(self, now: float | None = None) -> list[Step]:
        """Every vertex as a step: first BuildKit's own, then the Dockerfile's instructions by stage and place.

        Args:
            now: seconds since the epoch, to time the steps that still run; without it they count as 0.
        """
        steps = self._with_stages({digest: known.step(now) for digest, known in list(self._gathered.items())})
        # A vertex shared with another Dockerfile may carry the other's total. A stage's last step has the right one.
        totals = {step.stage: step.total for step in sorted(steps, key=lambda step: step.index)}
        steps = [replace(step, total=totals[step.stage]) if step.is_instruction else step for step in steps]

        @cache
        def depth(digest: str) -> int:
            known = self._gathered.get(digest)
            return 1 + max(map(depth, known.vertex.inputs), default=0) if known else 0

        # BuildKit reports stages in no fixed order. A stage that copies from another lies deeper in the graph.
        depths: dict[str, int] = {}
        for step in steps:
            depths[step.stage] = max(depths.get(step.stage, 0), depth(step.digest))
        return sorted(steps, key=lambda s: (s.is_instruction, s.is_instruction and depths[s.stage], s.stage, s.index))

    def _with_stages(self, steps: dict[str, Step]) -> list[Step]:
        """The steps, each in its stage of this Dockerfile."""
        users = {needed: digest for digest in steps for needed in self._gathered[digest].vertex.inputs}
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

    def instructions(self, now: float | None = None) -> list[Step]:
        """The steps that stand for lines of the Dockerfile; `now` as in `steps`."""
        return [step for step in self.steps(now) if step.is_instruction]

    @property
    def planned(self) -> int:
        """How many instructions the build has, as far as is known by now."""
        return sum({step.stage: step.total for step in self.instructions()}.values())

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


def merged_seconds(runs: Iterable[tuple[float, float | None]], now: float | None = None) -> float:
    """Seconds covered by (start, end) intervals, overlaps counted once.

    An interval whose end is None lasts until `now`; without a `now` it is left out.
    """
    total, reached = 0.0, float("-inf")
    for start, end in sorted((s, now if e is None else e) for s, e in runs if e is not None or now is not None):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def _state(vertex: Vertex) -> str:
    if vertex.error:
        return CANCELLED if vertex.error.endswith("context canceled") else ERROR
    if vertex.cached:
        return CACHED
    if vertex.completed is not None:
        return DONE
    return RUNNING if vertex.started is not None else WAITING
