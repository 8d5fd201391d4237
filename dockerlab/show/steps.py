"""A build as a table of its steps: text, HTML, and rich's for a terminal."""

import html
from dataclasses import dataclass, field
from functools import cached_property

from rich.console import Group
from rich.table import Table
from rich.text import Text

from dockerlab.build import Build
from dockerlab.build.trace import CACHED, DONE, RUNNING, WAITING, BuildTrace, Step
from dockerlab.build.wire import VertexWarning
from dockerlab.show.shown import Shown, escape, shows
from dockerlab.text import one_line, seconds_text, size_text

COLOURS = {CACHED: "cyan", "ERROR": "red", RUNNING: "yellow"}


@dataclass(frozen=True)
class StepTable(Shown):
    """A build as a table: one row per instruction of the Dockerfile, with its state, its time and a bar."""

    trace: BuildTrace = field(repr=False)  # what the build has done so far
    seconds: float  # wall time of the whole build so far
    # The present, in seconds since the epoch, while the build runs, which adds a progress bar; None afterwards
    now: float | None = None

    @cached_property
    def _steps(self) -> list[Step]:
        return self.trace.instructions(self.now)

    def summary(self) -> str:
        """One line: how many steps ran and were cached, the time, and the bytes of context sent and layers fetched."""
        steps = [s for s in self._steps if not s.is_from]
        cached = sum(s.state == CACHED for s in steps)
        ran = sum(s.state not in (CACHED, WAITING) for s in steps)
        words = [f"{ran} ran", f"{cached} cached", seconds_text(self.seconds)]
        if sent := self.trace.context_bytes:
            words.append(f"{size_text(sent)} of context sent")
        moved, total = self.trace.bytes_moved()
        if total and self.now is not None:
            words.append(f"{size_text(moved)} of {size_text(total)} fetched")
        return ", ".join(words)

    def _progress(self) -> tuple[int, int]:
        """(finished, known) steps; at least 1 is known."""
        done = sum(s.state not in (RUNNING, WAITING) for s in self._steps)
        return done, max(len(self._steps), 1)

    def __str__(self) -> str:
        rows = [_cells(step, 60) for step in self._steps]
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
        lines = [
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d:>{widths[3]}}".rstrip() for a, b, c, d in rows
        ]
        return "\n".join([*lines, self.summary(), *map(_warning_text, self.trace.warnings)])

    def to_html(self) -> str:
        """A table that works without a style sheet; the course's own makes it nicer."""
        longest = max((step.seconds for step in self._steps), default=0) or 1
        rows = ""
        for step in self._steps:
            place, instruction, state, seconds = _cells(step, 100)
            rows += (
                f'<tr class="dl-{state.lower()}"><td>{html.escape(place)}</td>'
                f"<td><code>{html.escape(instruction)}</code></td>"
                f"<td>{state}</td><td>{seconds}</td>"
                f"<td>{bar(step.seconds / longest)}</td></tr>"
            )
        done, planned = self._progress()
        progress = "" if self.now is None else f'<progress value="{done}" max="{planned}"></progress> '
        return (
            '<table class="dl-steps"><thead><tr><th scope="col">step</th><th scope="col">instruction</th>'
            '<th scope="col">state</th><th scope="col">time</th><td style="width:8em"></td></tr></thead>'
            f"<tbody>{rows}</tbody></table><p>{progress}{self.summary()}</p>{self._warnings_html()}"
        )

    def _warnings_html(self) -> str:
        items = "".join(map(_warning_html, self.trace.warnings))
        return f'<ul class="dl-warnings">{items}</ul>' if items else ""

    def __rich__(self) -> Group:
        table = Table(box=None, pad_edge=False, caption_justify="left")
        for column in ("step", "instruction", "state", "time"):
            table.add_column(column, no_wrap=True, justify="right" if column == "time" else "left")
        for step in self._steps:
            place, instruction, state, seconds = _cells(step, 60)
            table.add_row(Text(place), Text(instruction), state, seconds, style=COLOURS.get(step.state, ""))
        done, planned = self._progress()
        bar = "" if self.now is None else "█" * (20 * done // planned) + "░" * (20 - 20 * done // planned) + " "
        table.caption = bar + self.summary()
        return Group(table, *(Text(_warning_text(warning), "yellow") for warning in self.trace.warnings))


def bar(part: float) -> str:
    """A bar in HTML, of this part of the room, 0 to 1. Its style is for outputs without the course's style sheet."""
    style = f"display:inline-block;height:.7em;background:currentColor;opacity:.45;width:{100 * part:.1f}%"
    return f'<span class="dl-bar" style="{style}"></span>'


@shows(Build)
def finished(build: Build) -> StepTable:
    """The table of a build that has ended."""
    return StepTable(build.trace, build.seconds)


def _cells(step: Step, width: int) -> tuple[str, str, str, str]:
    """Place, instruction cut to a width, state and time, as shown.

    A FROM is shown as BASE: DONE or CACHED would only tell whether this engine has unpacked the base image before.
    """
    state = "BASE" if step.is_from and step.state in (CACHED, DONE) else step.state
    seconds = "" if state in (CACHED, WAITING, "BASE") else seconds_text(step.seconds)
    return f"{step.stage} {step.index}/{step.total}".strip(), one_line(step.instruction, width), state, seconds


def _warning_text(warning: VertexWarning) -> str:
    """What is wrong; then, on a line of its own, where, and the page about the rule."""
    where = ", ".join(filter(None, [warning.place, warning.url]))
    return f"Warning: {_short(warning)}" + (f"\n         {one_line(where, 300)}" if where else "")


def _warning_html(warning: VertexWarning) -> str:
    place = f"<br><code>{html.escape(warning.place)}</code>" if warning.place else ""
    page = html.escape(warning.url)
    # A Dockerfile can name a front end of its own, which then writes the warnings: only a web page becomes a link.
    if warning.url.startswith("https://"):
        page = f'<a href="{page}">{page}</a>'
    return f"<li>Warning: {escape(_short(warning))}{place} {page}</li>"


def _short(warning: VertexWarning) -> str:
    return one_line(warning.short, 300)
