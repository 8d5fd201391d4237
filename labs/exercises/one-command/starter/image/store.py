"""Keeps the entries, one a line. Like a database, it takes a moment to get ready."""

import json
import time
from datetime import UTC, datetime
from pathlib import Path

from lines import serve

ENTRIES = Path("/data/entries.jsonl")


def read() -> str:
    """All entries: when each was written, and what it says."""
    lines = ENTRIES.read_text(encoding="utf-8").splitlines() if ENTRIES.exists() else []
    return "".join(f"{entry['at']} {entry['text']}\n" for entry in map(json.loads, lines))


def add(text: str) -> None:
    """Add an entry."""
    with ENTRIES.open("a", encoding="utf-8") as file:
        file.write(json.dumps({"at": datetime.now(UTC).isoformat(), "text": text}) + "\n")


ENTRIES.parent.mkdir(exist_ok=True)
time.sleep(4)
serve(7000, read, add)
