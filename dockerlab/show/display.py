"""How things show themselves: tables, commands and live progress, in a notebook and in a terminal.

The only module that knows notebooks. A live display is only shown under a Jupyter front end. nbclient and nbval
take no updates of an output, so there every display appears once, in its final form.
"""

from __future__ import annotations

import html
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.table import Table

from dockerlab.build.builder import Build
from dockerlab.build.buildkit import CACHED, RUNNING, WAITING, BuildTrace, Step
from dockerlab.text import one_line, seconds_text, size_text

# Set by Jupyter servers and by VS Code for the kernels that they start, and by neither nbclient nor nbval.
FRONT_END_VARIABLES = ("JPY_SESSION_NAME", "VSCODE_PID", "VSCODE_CWD")


def has_front_end() -> bool:
    """Whether this is the kernel of a notebook that somebody looks at."""
    return any(name in os.environ for name in FRONT_END_VARIABLES) and "ipykernel" in sys.modules


@dataclass(frozen=True)
class StepTable:
    """A build as a table: one row a Dockerfile instruction, with state, time and a bar.

    Attributes:
        trace: the folded progress, of a build that runs or has ended.
        seconds: wall time of the whole build.
        finished: whether it has ended; a running one also has a progress bar.
    """

    trace: BuildTrace = field(repr=False)
    seconds: float
    finished: bool = True

    def _steps(self) -> list[Step]:
        return self.trace.instructions(None if self.finished else time.time())

    def summary(self) -> str:
        """One line: how many steps ran, how many came from the cache, time, bytes of context and, so far, of layers."""
        steps = [s for s in self._steps() if not s.is_from]
        cached = sum(s.state == CACHED for s in steps)
        ran = sum(s.state not in (CACHED, WAITING) for s in steps)
        words = [f"{ran} ran", f"{cached} cached", seconds_text(self.seconds)]
        if sent := self.trace.context_bytes:
            words.append(f"{size_text(sent)} of context sent")
        moved, total = self.trace.bytes_moved()
        if total and not self.finished:
            words.append(f"{size_text(moved)} of {size_text(total)} fetched")
        return ", ".join(words)

    def _progress(self) -> tuple[int, int]:
        done = sum(s.state not in (RUNNING, WAITING) for s in self._steps())
        return done, max(self.trace.planned, done, 1)

    def __str__(self) -> str:
        steps = self._steps()
        rows = [(_place(s), one_line(s.instruction, 60), shown_state(s), shown_seconds(s)) for s in steps]
        widths = [max((len(row[i]) for row in rows), default=0) for i in range(4)]
        lines = [
            f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d:>{widths[3]}}".rstrip() for a, b, c, d in rows
        ]
        return "\n".join([*lines, self.summary()])

    def to_html(self) -> str:
        """A table that needs no style sheet; the course's own makes it nicer."""
        steps = self._steps()
        longest = max((s.seconds for s in steps), default=0) or 1
        rows = "".join(
            f'<tr class="dl-{shown_state(s).lower()}"><td>{_place(s)}</td><td><code>{_code(s.instruction)}</code></td>'
            f"<td>{shown_state(s)}</td><td>{shown_seconds(s)}</td>"
            f'<td><span class="dl-bar" style="display:inline-block;height:.7em;background:currentColor;opacity:.45;'
            f'width:{100 * s.seconds / longest:.1f}%"></span></td></tr>'
            for s in steps
        )
        done, planned = self._progress()
        progress = "" if self.finished else f'<progress value="{done}" max="{planned}"></progress> '
        return (
            '<table class="dl-steps"><thead><tr><th scope="col">step</th><th scope="col">instruction</th>'
            '<th scope="col">state</th><th scope="col">time</th><td style="width:8em"></td></tr></thead>'
            f"<tbody>{rows}</tbody></table><p>{progress}{self.summary()}</p>"
        )

    def __rich__(self) -> Table:
        table = Table(box=None, pad_edge=False, caption_justify="left")
        for column in ("step", "instruction", "state", "time"):
            table.add_column(column, no_wrap=True, justify="right" if column == "time" else "left")
        for s in self._steps():
            colour = {"CACHED": "cyan", "ERROR": "red", "RUNNING": "yellow"}.get(s.state, "")
            instruction = one_line(s.instruction, 60).replace("[", r"\[")
            table.add_row(_place(s), instruction, shown_state(s), shown_seconds(s), style=colour)
        done, planned = self._progress()
        bar = "" if self.finished else "█" * (20 * done // planned) + "░" * (20 - 20 * done // planned) + " "
        table.caption = bar + self.summary()
        return table

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


def shown_state(step: Step) -> str:
    """The state as shown. FROM's own says only whether this engine has unpacked the base before: it is named BASE."""
    return "BASE" if step.is_from and step.state in (CACHED, "DONE") else step.state


def shown_seconds(step: Step) -> str:
    """The step's time; nothing for what did not run."""
    return "" if step.state in (CACHED, WAITING) or shown_state(step) == "BASE" else seconds_text(step.seconds)


def _place(step: Step) -> str:
    return f"{step.stage} {step.index}/{step.total}".strip()


def _code(instruction: str) -> str:
    # An image's full reference is noise in a lesson; what the reader wrote in FROM is not.
    return html.escape(one_line(instruction, 100))


class NotebookView:
    """A build in a notebook: one output, kept up to date while somebody looks; gone when the build is over."""

    def __init__(self) -> None:
        self._begin, self._handle = time.perf_counter(), None

    def update(self, trace: BuildTrace) -> None:
        """Draw the table as it is now."""
        from IPython.display import display

        table = StepTable(trace, time.perf_counter() - self._begin, finished=False)
        if self._handle is None:
            self._handle = display(table, display_id=True)
        else:
            self._handle.update(table)

    def close(self) -> None:
        """Leave the output to `show`, which puts the final table into the same place."""

    def show(self, build: Build) -> None:
        """Put the final table in the place of the moving one."""
        from IPython.display import display

        table = StepTable(build.trace, build.seconds)
        if self._handle is None:
            display(table)
        else:
            self._handle.update(table)


class QuietNotebookView(NotebookView):
    """The same where nobody looks: nothing until the end."""

    def update(self, trace: BuildTrace) -> None:
        """Show nothing yet."""


class TerminalView:
    """A build in a terminal: a live table that stays in its final form; only that where output is not a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True)
        self._begin = time.perf_counter()
        self._live = Live(console=self._console, refresh_per_second=8, transient=True)
        self._started = False

    def update(self, trace: BuildTrace) -> None:
        """Draw the table as it is now."""
        if not self._console.is_terminal:
            return
        if not self._started:
            self._live.start()
            self._started = True
        self._live.update(StepTable(trace, time.perf_counter() - self._begin, finished=False))

    def close(self) -> None:
        """Take the moving table away."""
        if self._started:
            self._live.stop()

    def show(self, build: Build) -> None:
        """Print the final table."""
        self._console.print(StepTable(build.trace, build.seconds))


@dataclass(frozen=True)
class Markdown:
    """Text that a notebook and the site render as Markdown, and a terminal prints as it is."""

    text: str
    plain: str

    def __str__(self) -> str:
        return self.plain

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": self.plain, "text/markdown": self.text}


def code(text: str, language: str) -> Markdown:
    """A listing in the given language."""
    text = text.rstrip()
    return Markdown(f"```{language}\n{text}\n```", text)


@contextmanager
def progress_line() -> Iterator[Callable[[str], object]]:
    """A line that says what goes on, while somebody looks; nothing is left of it afterwards."""
    if not has_front_end():
        yield lambda text: None
        return
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    yield lambda text: handle.update(HTML(f"<p><em>{html.escape(text)}</em></p>"))
    handle.update(HTML(""))
