"""BuildKit's records written by hand, for tests that need no engine."""

from __future__ import annotations

from dockerlab.build.trace import BuildTrace
from dockerlab.build.wire import SolveStatus

STAMP = "2026-11-23T10:00:{:06.3f}Z"
CONTEXT = "[internal] load build context"


def vertex(name: str, start: float | None = None, end: float | None = None, digest: str = "", **more) -> dict:
    """A vertex as in the stream; times are seconds after 2026-11-23 10:00, and its digest is its name's by default."""
    return {
        "digest": digest or f"sha256:{name}",
        "name": name,
        **({"started": STAMP.format(start)} if start is not None else {}),
        **({"completed": STAMP.format(end)} if end is not None else {}),
        **more,
    }


def transfer(name: str, current: int, total: int = 0, of: str = CONTEXT) -> dict:
    """The status of a transfer in the vertex named `of`."""
    return {"vertex": f"sha256:{of}", "id": name, "name": "transferring", "current": current, "total": total}


def trace_of(*records: dict) -> BuildTrace:
    """The trace of these records."""
    trace = BuildTrace()
    for record in records:
        trace.update(SolveStatus.from_json(record))
    return trace
