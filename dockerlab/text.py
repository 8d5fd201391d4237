"""Words and figures for people: sizes, durations, dates, and text cut to a width."""

import re
from datetime import date

from dockerlab.errors import visible

UNITS = {"": 1, "B": 1} | {
    f"{letter}{form}": base**power
    for power, letter in enumerate("KMGT", 1)
    for form, base in (("", 1000), ("B", 1000), ("IB", 1024))
}
DIGEST = re.compile("(sha256:[0-9a-f]{12})[0-9a-f]{52}")


def seconds_text(seconds: float) -> str:
    """A duration for people: 0.26 s, 12.3 s, 1 min 05 s."""
    if seconds < 9.95:
        return f"{seconds:.2f} s"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s"


def size_text(size_bytes: float) -> str:
    """A size for people, in powers of 1000 as docker prints them: 512 B, 4.1 kB, 268 MB."""
    for unit in ("B", "kB", "MB"):
        if size_bytes < 999.5:
            return f"{size_bytes:.3g} {unit}"
        size_bytes /= 1000
    return f"{size_bytes:.3g} GB"


def bytes_of(text: str) -> int:
    """A size as people and dive write it: 10MB, 5 KB, 1.5GiB, 700. KB is 1000 bytes, KiB 1024; case does not matter.

    Raises:
        ValueError: it is no size.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*([a-z]*)\s*", text, re.I | re.A)
    if not found or found[2].upper() not in UNITS:
        raise ValueError(f"{text!r} is no size; it is written as 10MB, 5KB or 700B")
    return int(float(found[1]) * UNITS[found[2].upper()])


def one_line(instruction: str, width: int) -> str:
    """An instruction without line breaks, cut to a width in characters; what cannot be seen stands as an escape.

    Of a digest, 12 digits are left, as in Docker's own tables: the containerd store adds one to each FROM.
    """
    line = DIGEST.sub(r"\1…", " ".join(visible(instruction).split()))
    return line if len(line) <= width else line[: width - 1] + "…"


def day(iso: str) -> str:
    """23 November 2026 for 2026-11-23; any other text unchanged."""
    try:
        when = date.fromisoformat(iso)
    except ValueError:
        return iso
    return f"{when.day} {when:%B %Y}"


def minutes(seconds: float) -> str:
    """A duration to plan with: 45 s, 2 min 10 s."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole} min {rest:02d} s" if whole else f"{rest} s"
