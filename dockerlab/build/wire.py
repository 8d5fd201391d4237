"""The records of BuildKit's progress stream, and the reader that takes them out of it.

`docker buildx build --progress=rawjson` writes SolveStatus records to stderr as JSON. buildx 0.12 to 0.14 spread a
record over many lines, later releases write one on each line, and an error message in plain text may follow.
`StatusReader` copes with all of these. BuildKit defines the records in client/graph.go.
"""

import codecs
import json
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Self


@dataclass(frozen=True, slots=True)
class Vertex:
    """One node of the build graph."""

    digest: str = ""
    name: str = ""
    started: float | None = None  # seconds since the epoch; None if that has not happened yet
    completed: float | None = None
    cached: bool = False
    error: str = ""
    inputs: tuple[str, ...] = ()  # digests of the vertices that this one needs


@dataclass(frozen=True, slots=True)
class VertexStatus:
    """Progress within a vertex, such as a transfer: `current` of `total` bytes; a total of 0 means unknown."""

    vertex: str = ""
    id: str = ""
    current: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class VertexLog:
    """Output of a vertex."""

    vertex: str = ""
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class VertexWarning:
    """A warning about the Dockerfile, such as FromAsCasing."""

    vertex: str = ""
    short: str = ""


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


# How a field is decoded, if JSON has it in another form. RFC 3339 times are as Go writes them.
_DECODERS = {
    "started": lambda stamp: datetime.fromisoformat(stamp).timestamp(),
    "completed": lambda stamp: datetime.fromisoformat(stamp).timestamp(),
    "inputs": tuple,
    "data": b64decode,
    "short": lambda text: b64decode(text).decode(errors="replace"),
}


def _read(kind: type, item: dict):
    """A record of this kind; its fields have the names that they have in JSON."""
    known = {field.name: item[field.name] for field in fields(kind) if item.get(field.name)}
    return kind(**{name: _DECODERS[name](value) if name in _DECODERS else value for name, value in known.items()})


class StatusReader:
    """Splits the stream into SolveStatus records and lines of plain text.

    Attributes:
        text: the lines that are not JSON, in order: buildx's own messages.
    """

    def __init__(self) -> None:
        self.text: list[str] = []
        self._rest = ""
        self._bytes = codecs.getincrementaldecoder("utf-8")("replace")
        self._json = json.JSONDecoder()

    def feed(self, chunk: bytes) -> Iterator[SolveStatus]:
        """Take the next piece of the stream, of any length, and yield the records that it completes."""
        self._rest = (self._rest + self._bytes.decode(chunk)).lstrip()
        while self._rest:
            if self._rest[0] == "{":
                try:
                    record, end = self._json.raw_decode(self._rest)
                except json.JSONDecodeError:
                    return  # the rest of the record is still to come
                self._rest = self._rest[end:].lstrip()
                yield SolveStatus.from_json(record)
            else:
                line, newline, rest = self._rest.partition("\n")
                if not newline:
                    return
                self.text.append(line.rstrip())
                self._rest = rest.lstrip()

    def close(self) -> None:
        """The stream has ended: whatever is left over is text."""
        self.text += self._rest.split("\n") if self._rest.strip() else []
        self._rest = ""
