"""The records of BuildKit's progress stream, and the reader that takes them out of it.

`docker buildx build --progress=rawjson` writes SolveStatus records to stderr as JSON. buildx 0.12 to 0.14 spread a
record over many lines, later releases write one on each line, and an error message in plain text may follow.
`StatusReader` copes with all of these. BuildKit defines the records in client/graph.go.

All times are in seconds since the epoch.
"""

import codecs
import json
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class ProgressGroup:
    """Vertices that are one step to people, such as the two of a COPY --link."""

    id: str = ""
    name: str = ""  # of the step
    weak: bool = False  # whether the vertex alone is not worth showing


@dataclass(frozen=True, slots=True)
class Vertex:
    """One node of the build graph."""

    digest: str = ""
    name: str = ""
    started: float | None = None  # None if that has not happened yet
    completed: float | None = None
    cached: bool = False
    error: str = ""
    inputs: tuple[str, ...] = ()  # digests of the vertices that this one needs
    progress_group: ProgressGroup | None = None


@dataclass(frozen=True, slots=True)
class VertexStatus:
    """Progress within a vertex, such as a transfer: `current` of `total` bytes; a total of 0 means unknown."""

    vertex: str = ""
    id: str = ""  # what is going on, such as "transferring context:" or a layer's digest
    name: str = ""  # what kind of thing that is, such as "transferring" or "extract"; may be empty
    current: int = 0
    total: int = 0
    timestamp: float | None = None  # of this report
    started: float | None = None
    completed: float | None = None  # None while it goes on


@dataclass(frozen=True, slots=True)
class VertexLog:
    """Output of a vertex."""

    vertex: str = ""
    data: bytes = b""
    stream: int = 0  # 1 for standard output, 2 for standard error
    timestamp: float | None = None


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """The file that a warning is about."""

    filename: str = ""
    data: bytes = b""  # the whole file


@dataclass(frozen=True, slots=True)
class VertexWarning:
    """A warning about the Dockerfile, such as FromAsCasing."""

    vertex: str = ""
    level: int = 0
    short: str = ""  # one line: the rule, a colon, what is wrong
    detail: tuple[str, ...] = ()
    url: str = ""
    source_info: SourceInfo | None = None
    range: tuple[tuple[int, int], ...] = ()  # (first, last) lines of the file

    @property
    def place(self) -> str:
        """File and line, such as Dockerfile:3; as much of it as is known."""
        file = self.source_info.filename if self.source_info else ""
        return ":".join([file, *(str(first) for first, _ in self.range[:1])]).strip(":")


@dataclass(frozen=True, slots=True)
class SolveStatus:
    """One record of the stream."""

    vertexes: tuple[Vertex, ...] = ()
    statuses: tuple[VertexStatus, ...] = ()
    logs: tuple[VertexLog, ...] = ()
    warnings: tuple[VertexWarning, ...] = ()

    @classmethod
    def from_json(cls, record: dict) -> Self:
        """Read a decoded JSON object. Go leaves out what is empty, so any list or field may be missing or null."""
        kinds = {"vertexes": Vertex, "statuses": VertexStatus, "logs": VertexLog, "warnings": VertexWarning}
        return cls(*(tuple(_read(kind, item) for item in record.get(name) or ()) for name, kind in kinds.items()))


def _time(stamp: str) -> float:
    """RFC 3339 as Go writes it."""
    return datetime.fromisoformat(stamp).timestamp()


def _text(data: str) -> str:
    return b64decode(data).decode(errors="replace")


def _lines(range_: dict) -> tuple[int, int]:
    first, last = ((range_.get(end) or {}).get("line", 0) for end in ("start", "end"))
    return first, max(first, last)


# How a field is decoded, if JSON has it in another form.
_DECODERS = {
    "started": _time,
    "completed": _time,
    "timestamp": _time,
    "inputs": tuple,
    "data": b64decode,
    "short": _text,
    "detail": lambda lines: tuple(map(_text, lines)),
    "range": lambda ranges: tuple(map(_lines, ranges)),
    "source_info": lambda item: _read(SourceInfo, item),
    "progress_group": lambda item: _read(ProgressGroup, item),
}
_IN_JSON = {"source_info": "sourceInfo", "progress_group": "progressGroup"}  # the others have one name


def _read(kind: type, item: dict):
    """A record of this kind."""
    found = {field.name: item.get(_IN_JSON.get(field.name, field.name)) for field in fields(kind)}
    known = {name: value for name, value in found.items() if value}
    return kind(**{name: _DECODERS[name](value) if name in _DECODERS else value for name, value in known.items()})


_FIRST = re.compile(r"[^\S\n]*(\S)")  # the first character of a line after its indentation
_MARK = re.compile(r'["{}\\]')  # what tells where a record ends


class StatusReader:
    """Splits the stream into SolveStatus records and lines of plain text.

    It looks at each character once, however the stream is cut into pieces.

    Attributes:
        text: the lines that are not JSON, in order and with their indentation: buildx's own messages.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")
        self._begun: list[str] = []  # the pieces of a record or a line whose end is still to come
        self._is_record: bool | None = None  # None while these are white space
        self._depth = 0  # open braces of that record
        self._in_string = False
        self._in_escape = False  # a backslash was the last that came

    def feed(self, chunk: bytes) -> Iterator[SolveStatus]:
        """Take the next piece of the stream, of any length, and yield the records that it completes."""
        text, at = self._bytes.decode(chunk), 0
        while at < len(text):
            if self._is_record is None and (found := _FIRST.match(text, at)):
                self._is_record = found[1] == "{"
            end = self._end_of_record(text, at) if self._is_record else text.find("\n", at) + 1
            self._begun.append(text[at : end or len(text)])
            if not end:
                return
            whole, is_record, at = "".join(self._begun), self._is_record, end
            self._begun, self._is_record = [], None
            try:
                record = json.loads(whole) if is_record else None
            except json.JSONDecodeError:  # text with braces
                record = None
            if record is not None:
                yield SolveStatus.from_json(record)
            elif line := whole.rstrip():
                self.text.append(line)

    def _end_of_record(self, text: str, at: int) -> int:
        """Where the record ends, from `at` on: the place after its last brace; 0 if it does not end in this text."""
        if self._in_escape:
            at, self._in_escape = at + 1, False
        while mark := _MARK.search(text, at):
            at = mark.end()
            if mark[0] == '"':
                self._in_string = not self._in_string
            elif mark[0] == "\\":  # it hides what comes next, perhaps in the next piece
                self._in_escape = at == len(text)
                at += 1
            elif not self._in_string:
                self._depth += 1 if mark[0] == "{" else -1
                if not self._depth:
                    return at
        return 0

    def close(self) -> None:
        """The stream has ended: whatever is left over is text."""
        rest = "".join(self._begun).rstrip()
        self.text += rest.split("\n") if rest else []
        self._begun = []
