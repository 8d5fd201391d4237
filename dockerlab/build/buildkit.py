"""BuildKit's progress stream: the wire records, and the one fold that turns them into steps.

`docker buildx build --progress=rawjson` writes SolveStatus records as JSON to stderr. Releases 0.12 to 0.14 of
buildx indent them over many lines, later ones write one a line, and an error message in plain text may follow:
`StatusReader` reads all of these. `BuildTrace` folds the records, keyed by vertex digest, and can be read at any
moment of the build. Source of the record's form: BuildKit's client/graph.go.
"""

from __future__ import annotations

import base64
import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

STEP_NAME = re.compile(r"^\[(?:(?P<stage>[^\]]*?) )?(?P<index>\d+)/(?P<total>\d+)\] (?P<instruction>.+)$", re.S)
UNNAMED_STAGE = re.compile(r"stage-\d+$")
CONTEXT_VERTEX = "[internal] load build context"
CONTEXT_STATUS = "transferring context:"

WAITING, RUNNING, CACHED, DONE, ERROR, CANCELLED = "WAITING", "RUNNING", "CACHED", "DONE", "ERROR", "CANCELLED"


@dataclass(frozen=True, slots=True)
class Vertex:
    """One node of the build graph, whose `inputs` are the digests of those that it needs.

    `started` and `completed` are seconds since the epoch, None where not yet.
    """

    digest: str
    name: str = ""
    started: float | None = None
    completed: float | None = None
    cached: bool = False
    error: str = ""
    inputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class VertexStatus:
    """Progress inside a vertex, such as a transfer: `current` of `total`, in bytes (total 0: not known)."""

    vertex: str
    id: str
    name: str = ""
    current: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class VertexLog:
    """What a vertex printed."""

    vertex: str
    data: bytes


@dataclass(frozen=True, slots=True)
class VertexWarning:
    """A warning of the Dockerfile's front end, for example FromAsCasing."""

    vertex: str
    short: str


@dataclass(frozen=True, slots=True)
class SolveStatus:
    """One record of the stream."""

    vertexes: tuple[Vertex, ...] = ()
    statuses: tuple[VertexStatus, ...] = ()
    logs: tuple[VertexLog, ...] = ()
    warnings: tuple[VertexWarning, ...] = ()

    @classmethod
    def from_json(cls, record: dict) -> SolveStatus:
        """Read a decoded JSON object; absent lists and fields count as empty."""
        return cls(
            vertexes=tuple(
                Vertex(
                    digest=v["digest"],
                    name=v.get("name", ""),
                    started=_seconds(v.get("started")),
                    completed=_seconds(v.get("completed")),
                    cached=v.get("cached", False),
                    error=v.get("error", ""),
                    inputs=tuple(v.get("inputs") or ()),
                )
                for v in record.get("vertexes") or ()
            ),
            statuses=tuple(
                VertexStatus(
                    vertex=s.get("vertex", ""),
                    id=s.get("id", ""),
                    name=s.get("name", ""),
                    current=s.get("current", 0),
                    total=s.get("total", 0),
                )
                for s in record.get("statuses") or ()
            ),
            logs=tuple(
                VertexLog(vertex=entry.get("vertex", ""), data=base64.b64decode(entry.get("data") or ""))
                for entry in record.get("logs") or ()
            ),
            warnings=tuple(
                VertexWarning(vertex=w.get("vertex", ""), short=base64.b64decode(w.get("short") or "").decode())
                for w in record.get("warnings") or ()
            ),
        )


class StatusReader:
    """Split a text stream into SolveStatus records and lines of plain text.

    Attributes:
        text: the lines that were not JSON, in order (buildx's own error message).
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self._rest = ""
        self._decoder = json.JSONDecoder()

    def feed(self, chunk: str) -> Iterator[SolveStatus]:
        """Take the next piece of the stream, of any length; give the records that it completes."""
        self._rest = (self._rest + chunk).lstrip()
        while self._rest:
            if self._rest[0] == "{":
                try:
                    record, end = self._decoder.raw_decode(self._rest)
                except json.JSONDecodeError:
                    return  # not whole yet
                self._rest = self._rest[end:].lstrip()
                yield SolveStatus.from_json(record)
            else:
                line, newline, rest = self._rest.partition("\n")
                if not newline:
                    return
                self.text.append(line.rstrip())
                self._rest = rest.lstrip()

    def close(self) -> None:
        """The stream has ended: what is left over is text."""
        self.text += self._rest.split("\n") if self._rest.strip() else []
        self._rest = ""


@dataclass(frozen=True, slots=True)
class Step:
    """A vertex as a reader thinks of it.

    Attributes:
        name: BuildKit's own, for example "[2/5] WORKDIR /app".
        stage: the build stage; "" in a file with one stage.
        index, total: the place in the stage, from 1; 0 for what is not an instruction.
        instruction: the Dockerfile instruction; for other vertices the name.
        state: WAITING, RUNNING, CACHED, DONE, ERROR or CANCELLED.
        seconds: time in the step; overlapping runs count once. 0 for a cached step.
        log: what it printed.
        error: BuildKit's message, "" where it went well.
    """

    digest: str
    name: str
    stage: str
    index: int
    total: int
    instruction: str
    state: str
    seconds: float
    log: str = ""
    error: str = ""

    @property
    def is_instruction(self) -> bool:
        """Whether the step stands for a line of the Dockerfile."""
        return self.index > 0

    @property
    def is_from(self) -> bool:
        """Whether it is the stage's FROM, whose state says nothing about the cache of the build."""
        return self.is_instruction and self.instruction.startswith("FROM ")


@dataclass
class _Folded:
    vertex: Vertex
    runs: dict[float, float | None] = field(default_factory=dict)
    log: bytearray = field(default_factory=bytearray)
    statuses: dict[str, VertexStatus] = field(default_factory=dict)


class BuildTrace:
    """All that the stream has said so far, folded once; cheap to read at any moment."""

    def __init__(self) -> None:
        self._folded: dict[str, _Folded] = {}
        self.warnings: list[str] = []

    def update(self, status: SolveStatus) -> None:
        """Fold one record in. A vertex comes many times, and may run more than once: the last word counts."""
        for vertex in status.vertexes:
            folded = self._folded.setdefault(vertex.digest, _Folded(vertex))
            if folded.vertex.inputs and not vertex.inputs:
                # Not a run of the step: its kept result is being fetched, from a cache in a registry for example.
                vertex = replace(vertex, inputs=folded.vertex.inputs, cached=folded.vertex.cached or vertex.cached)
            folded.vertex = vertex
            if vertex.started is not None:
                folded.runs[vertex.started] = vertex.completed
        for entry in status.statuses:
            if folded := self._folded.get(entry.vertex):
                folded.statuses[entry.id] = entry
        for entry in status.logs:
            if folded := self._folded.get(entry.vertex):
                folded.log += entry.data
        self.warnings += [w.short for w in status.warnings if w.short not in self.warnings]

    def steps(self, now: float | None = None) -> list[Step]:
        """Every vertex as a Step: the Dockerfile's instructions by stage and place, the others before them.

        Args:
            now: seconds since the epoch, for the duration of steps that still run; None counts these as 0.
        """
        steps = self._at_home([self._step(folded, now) for folded in self._folded.values()])
        # A vertex that another Dockerfile shares may bear the total of that one; a stage's last step is its own.
        last = {step.stage: step for step in sorted(steps, key=lambda s: s.index)}
        steps = [replace(step, total=last[step.stage].total) if step.is_instruction else step for step in steps]
        # BuildKit announces stages in an order of its own. A stage that copies from another is deeper in the graph.
        deepest: dict[str, int] = {}
        for step in steps:
            deepest[step.stage] = max(deepest.get(step.stage, 0), self._depth(step.digest))
        return sorted(steps, key=lambda s: (s.index > 0, deepest[s.stage] if s.index else 0, s.stage, s.index))

    def _at_home(self, steps: list[Step]) -> list[Step]:
        """The steps, each under a stage of this Dockerfile."""
        of = {step.digest: step for step in steps}
        users = {needed: digest for digest in of for needed in self._folded[digest].vertex.inputs}
        sizes = Counter(step.stage for step in steps if step.is_instruction)
        begun = {step.stage for step in steps if step.index == 1}
        for step in steps:
            user = of.get(users.get(step.digest, ""))
            # A FROM that several builds share at this moment bears the name that it has in the first of them.
            # A stage that begins with an earlier stage has no FROM here, and counts from 1 without it.
            if step.is_from and sizes[step.stage] == 1 and user and user.index and user.stage not in begun:
                of[step.digest] = replace(step, stage=user.stage)
        stages = {step.stage for step in of.values() if step.is_instruction}
        # BuildKit numbers the only stage too where a RUN has a mount. One stage needs no name to be told apart.
        single = len(stages) == 1 and UNNAMED_STAGE.match(*stages)
        return [replace(step, stage="") if single else step for step in of.values()]

    def _depth(self, digest: str) -> int:
        folded = self._folded.get(digest)
        return 1 + max(map(self._depth, folded.vertex.inputs), default=0) if folded else 0

    def instructions(self, now: float | None = None) -> list[Step]:
        """The steps that stand for lines of the Dockerfile."""
        return [step for step in self.steps(now) if step.is_instruction]

    @property
    def planned(self) -> int:
        """How many instructions the build has, as far as is known."""
        totals: dict[str, int] = {}
        for step in self.instructions():
            totals[step.stage] = max(totals.get(step.stage, 0), step.total)
        return sum(totals.values())

    @property
    def context_bytes(self) -> int:
        """Bytes of the build context sent in this build, with the protocol's small overhead; 0 where none."""
        return sum(
            entry.current
            for folded in self._folded.values()
            if folded.vertex.name.startswith(CONTEXT_VERTEX)
            for entry in folded.statuses.values()
            if entry.id == CONTEXT_STATUS
        )

    def bytes_moved(self) -> tuple[int, int]:
        """(current, total) bytes over all transfers that state a total, such as layers being pulled."""
        known = [s for f in self._folded.values() for s in f.statuses.values() if s.total]
        return sum(s.current for s in known), sum(s.total for s in known)

    def failed(self) -> Step | None:
        """The step that ended with an error, None where none did."""
        return next((step for step in self.steps() if step.state == ERROR), None)

    def _step(self, folded: _Folded, now: float | None) -> Step:
        vertex = folded.vertex
        match = STEP_NAME.match(vertex.name)
        return Step(
            digest=vertex.digest,
            name=vertex.name,
            stage=(match["stage"] or "") if match else "",
            index=int(match["index"]) if match else 0,
            total=int(match["total"]) if match else 0,
            instruction=match["instruction"] if match else vertex.name,
            state=_state(vertex),
            seconds=0.0 if vertex.cached else merged_seconds(folded.runs.items(), now),
            log=folded.log.decode(errors="replace"),
            error=vertex.error,
        )


def merged_seconds(runs: Iterable[tuple[float, float | None]], now: float | None = None) -> float:
    """Length in seconds of the union of (start, end) intervals; an open end means `now`, or nothing without one."""
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


def _seconds(stamp: str | None) -> float | None:
    """RFC 3339 with up to nine decimals, as Go writes it; Python reads six at most."""
    if not stamp:
        return None
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", stamp)).timestamp()
