"""What only a notebook can do: replace an output by a newer one, and render Markdown.

nbclient and nbval, which execute chapters, do not update outputs. So live output appears only if somebody looks on.
"""

import html
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Self

from IPython.display import HTML, display

from dockerlab.build import Build
from dockerlab.build.trace import BuildTrace
from dockerlab.errors import visible
from dockerlab.paths import course_root
from dockerlab.show.shown import NO_FORMULA, Shown
from dockerlab.show.steps import StepTable, finished

# Jupyter servers and VS Code set these for the kernels that they start; nbclient and nbval do not.
FRONT_END_VARIABLES = ("JPY_SESSION_NAME", "VSCODE_PID", "VSCODE_CWD")
LOOK = "_static/blocks.css"  # in the course's folder


def has_front_end() -> bool:
    """Whether this is the kernel of a notebook that somebody looks at."""
    return any(name in os.environ for name in FRONT_END_VARIABLES) and "ipykernel" in sys.modules


def bring_look() -> None:
    """Give the notebook that somebody looks at the course's style sheet, as an output of the current cell.

    It goes with that output. The site has it anyway, so a chapter that is only executed gets none.
    """
    if has_front_end():
        rules = (course_root() / LOOK).read_text(encoding="utf-8")
        display(HTML(f"<style>\n{rules}</style>"))


class NotebookWatcher:
    """A build in a notebook: one output, kept up to date while somebody looks on, else shown once at the end.

    Args:
        clock: seconds since the epoch.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock, self._begin, self._handle = clock, clock(), None
        self._is_live = has_front_end()

    def update(self, trace: BuildTrace) -> None:
        """Show the build as it is now."""
        if self._is_live:
            now = self._clock()
            self._put(StepTable(trace, now - self._begin, now))

    def close(self) -> None:
        """Nothing to do: after a failure the table stays as it was, and `show` replaces it otherwise."""

    def show(self, build: Build) -> None:
        """Put the final table in the place of the moving one."""
        self._put(finished(build))

    def _put(self, table: StepTable) -> None:
        if self._handle is None:
            self._handle = display(table, display_id=True)
        else:
            self._handle.update(table)


@dataclass(frozen=True)
class Markdown(Shown):
    """Text that a notebook and the site render as Markdown; a terminal prints `plain` instead."""

    text: str
    plain: str
    is_diff: bool = False  # JupyterLab gives a diff no colours, so there it is HTML

    @classmethod
    def said(cls, sentence: str) -> Self:
        """A sentence that reads the same in both: what is a mark in Markdown is only a character here."""
        return cls(re.sub(r"([\\`*_\[\]<>&~|$])", r"\\\1", " ".join(visible(sentence).split())), sentence)

    def __str__(self) -> str:
        return self.plain

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        page = {"text/html": coloured(self.plain)} if self.is_diff and has_front_end() else {}
        return {"text/plain": visible(self.plain), "text/markdown": visible(self.text)} | page, {}


def code(text: str, language: str) -> Markdown:
    """A listing in the given language."""
    text = text.rstrip()
    # Longer than any fence in the text, which would end the listing.
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", text)), default=0))
    return Markdown(f"{fence}{language}\n{text}\n{fence}", text, is_diff=language == "diff")


def coloured(diff: str) -> str:
    """A unified diff as HTML: what was added and removed is marked as such, not only coloured."""
    marks = {"+": "ins", "-": "del"}
    lines = []
    for line in visible(diff).split("\n"):
        mark = "" if line.startswith(("+++", "---")) else marks.get(line[:1], "")
        safe = html.escape(line)
        lines.append(f"<{mark}>{safe}</{mark}>" if mark else safe)
    return f'<pre class="dl-diff {NO_FORMULA}">' + "\n".join(lines) + "</pre>"


@contextmanager
def progress_line() -> Iterator[Callable[[str], object]]:
    """A line about what is going on, shown while somebody looks on and gone afterwards; call it with the text."""
    if not has_front_end():
        yield lambda text: None
        return
    handle = display(HTML(""), display_id=True)
    yield lambda text: handle.update(HTML(f"<p><em>{html.escape(visible(text))}</em></p>"))
    handle.update(HTML(""))
