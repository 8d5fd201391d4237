"""Words and figures for people: sizes, durations, dates, and text cut to a width."""

from datetime import date

from dockerlab.errors import visible


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


def one_line(instruction: str, width: int) -> str:
    """An instruction without line breaks, cut to a width in characters; what cannot be seen stands as an escape."""
    line = " ".join(visible(instruction).split())
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
