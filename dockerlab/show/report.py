"""How the report on a task is drawn."""

import html

from dockerlab.errors import visible
from dockerlab.exercise.check import BUSY, DONE, NOT_YET, WAITS, Report, Result
from dockerlab.show.shown import Shown, escape, shows

MARKS = {DONE: "[x]", NOT_YET: "[ ]", WAITS: "[-]", BUSY: "[?]"}
WORDS = {DONE: "done", NOT_YET: "not yet", WAITS: "later on", BUSY: "busy"}
SIGNS = {DONE: "✓", NOT_YET: "○", WAITS: "·", BUSY: "?"}


@shows(Report)
class ReportView(Shown):
    """A line for each check, what was found where one does not hold, and how many do."""

    def __init__(self, report: Report) -> None:
        self._report = report

    def __str__(self) -> str:
        lines = []
        for result in self._report.results:
            later = " (not yet: an earlier one comes first)" if result.state == WAITS else ""
            lines.append(f"{MARKS[result.state]} {_plain(result.sentence)}{later}")
            lines += [f"    {line}" for line in _more(result)]
        return "\n".join([*lines, self._sum()])

    def to_html(self) -> str:
        """A list that needs no style sheet; the state is a word, not only a mark."""
        rows = "".join(
            f'<li class="dl-{result.state.replace(" ", "-")}"><span aria-hidden="true">{SIGNS[result.state]}</span> '
            f"<strong>{WORDS[result.state]}</strong>: "
            f"{code_spans(result.sentence)}{_block(result)}</li>"
            for result in self._report.results
        )
        list_ = f'<ul class="dl-report" style="list-style:none;padding-left:0">{rows}</ul>'
        return f'{list_}<p class="dl-sum">{escape(self._sum())}</p>'

    def _sum(self) -> str:
        done, of = self._report.done, len(self._report.results)
        if self._report.passed:
            return f"{self._report.task}: passed, {of} of {of}."
        busy = any(result.state == BUSY for result in self._report.results)
        return f"{self._report.task}: {done} of {of} so far." + (
            " This machine was too busy to tell the rest: check again when it is quieter." if busy else ""
        )


def code_spans(text: str) -> str:
    """Text with its `code` marked up, for HTML."""
    parts = text.split("`")
    return "".join(f"<code>{html.escape(p)}</code>" if i % 2 else escape(p) for i, p in enumerate(parts))


def _plain(text: str) -> str:
    return visible(text)


def _more(result: Result) -> list[str]:
    if result.state in (DONE, WAITS) or not result.found:
        return []
    lines = [f"Found: {_plain(result.found)}"]
    return [*lines, f"Look at: {_plain(result.look)}"] if result.look else lines


def _block(result: Result) -> str:
    return "".join(f"<br><em>{code_spans(line)}</em>" for line in _more(result))
