"""A build over time, or two on one scale: a Gantt chart as text and as HTML.

The HTML is made of <details> elements: the bars can be read at a glance, and each opens to its exact figures.
"""

import html
import math
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, groupby

from dockerlab.build import Build
from dockerlab.build.timeline import Bar, Change, Schedule, compare, schedule
from dockerlab.build.trace import CACHED, DONE, WAITING
from dockerlab.show.build_words import (
    HTML_WIDTH,
    SMALL,
    details,
    exact,
    finding,
    is_from,
    label,
    notes,
    state_and_time,
    step_name,
)  # fmt: skip
from dockerlab.show.shown import Shown, escape, shows
from dockerlab.text import one_line, seconds_text

COLUMNS, LABEL_WIDTH = 100, 48  # of the text, and of a row's label in it
MOST_TICKS, MOST_CHANGES = 6, 12
MARKS = {"█": "on the critical path (*)", "▒": "beside it", "·": "waiting", "|": "from the cache"}

LEGEND = "* and filled: on the critical path. Outlined: beside it. Dotted: waiting. A thin line: from the cache."


def gantt(build: Build | Schedule, other: Build | Schedule | None = None, names: tuple[str, str] = ("", "")) -> Shown:
    """A build's steps over time; two builds one above the other, and what has changed from the first to the second.

    Args:
        names: what to call the two.
    """
    first, second = (thing if isinstance(thing, Schedule | None) else schedule(thing.trace) for thing in (build, other))
    return Gantt(first) if second is None else Comparison(first, second, names)


@shows(Schedule)
@dataclass(frozen=True)
class Gantt(Shown):
    """One build."""

    schedule: Schedule
    beside: Schedule | None = None  # the build with which it is compared: both charts have one scale

    @property
    def _scale(self) -> float:
        """Seconds that the width of the chart stands for."""
        return max(self.schedule.seconds, self.beside.seconds if self.beside else 0.0) or 1.0

    def __str__(self) -> str:
        return "\n".join([*_wrapped(finding(self.schedule)), *self.chart(), *_wrapped(*notes(self.schedule))])

    def chart(self) -> Iterator[str]:
        """The lines of the chart alone, within COLUMNS columns."""
        every = [(bar, of) for of in (self.schedule, self.beside) if of for bar in of.bars]
        labels = max((len(one_line(label(bar), LABEL_WIDTH)) for bar, _ in every), default=0)
        width = COLUMNS - labels - 5 - max((len(state_and_time(bar, of)) for bar, of in every), default=0)
        yield " " * (labels + 4) + _axis(self._scale, width)
        used = ""
        for heading, rows in _groups(self.schedule):
            yield one_line(heading, COLUMNS)
            for bar in rows:
                blocks, name = _blocks(bar, self._scale, width), one_line(label(bar), LABEL_WIDTH)
                mark = "*" if bar.is_critical else " "
                yield f"{mark} {name:<{labels}}  {blocks} {state_and_time(bar, self.schedule)}".rstrip()
                used += blocks
        if legend := [f"{mark} {meaning}" for mark, meaning in MARKS.items() if mark in used]:
            yield "  " + "   ".join(legend)

    def to_html(self) -> str:
        """Lists of rows that open; the course's style sheet makes a chart of them."""
        return (
            f'<figure class="dl-gantt"><figcaption><strong>{escape(finding(self.schedule))}</strong></figcaption>'
            f"{self.chart_html()}{_paragraphs(notes(self.schedule))}</figure>"
        )

    def chart_html(self) -> str:
        """The chart alone."""
        scale = self._scale
        alt = html.escape(f"Gantt chart of {len(self.schedule.bars)} steps over {seconds_text(scale)}")
        step = _tick(scale)
        ticks = "".join(
            f'<span style="position:absolute;left:{100 * at / scale:.2f}%">{at:g}{unit}</span>'
            for at, unit in _ticks(scale)
        )
        groups = "".join(
            f"<p>{escape(heading)}</p><ul>{''.join(self._row(bar) for bar in rows)}</ul>"
            for heading, rows in _groups(self.schedule)
        )
        return (
            f'<div class="dl-chart" role="group" aria-label="{alt}" style="--dl-tick:{100 * step / scale:.3f}%">'
            f'<div class="dl-row dl-axis" aria-hidden="true"><span class="dl-track" '
            f'style="display:block;position:relative;height:1.3em">{ticks}</span></div>{groups}'
            f"<p>{LEGEND}</p></div>"
        )

    def _row(self, bar: Bar) -> str:
        scale, figures = self._scale, html.escape(exact(bar))
        waited = seconds_text(bar.waited)
        pieces = [("dl-wait", max(0.0, bar.at - bar.waited), bar.at)] if bar.runs and bar.waited > 0 else []
        pieces += [("dl-span", begin, end) for begin, end in bar.runs]
        if not bar.runs and bar.at is not None:
            pieces.append(("dl-point", bar.at, bar.at))
        styles = {
            "dl-wait": f'" title="it waited for {waited}" style="',
            "dl-span": '" style="background:currentColor;min-width:2px;',
            "dl-point": '" style="background:currentColor;min-width:2px;',
        }
        spans = "".join(
            f'<span class="{kind}{styles[kind]}position:absolute;height:100%;left:{100 * begin / scale:.2f}%;'
            f'width:{100 * (end - begin) / scale:.2f}%"></span>'
            for kind, begin, end in pieces
        )
        star = '<abbr title="on the critical path">*</abbr>' if bar.is_critical else ""
        kind = "dl-critical " * bar.is_critical + f"dl-{bar.state.lower()}"
        return (
            f'<li class="{kind}"><details class="dl-fold"><summary class="dl-row" title="{figures}">'
            f'<span class="dl-name">{star}<code>{html.escape(one_line(label(bar), HTML_WIDTH))}</code></span> '
            f'<span class="dl-size">{state_and_time(bar, self.schedule)}</span>'
            f'<span class="dl-track" aria-hidden="true" style="display:block;position:relative;height:.8em">'
            f"{spans}</span></summary><p>{'<br>'.join(map(escape, details(bar, self.schedule)))}</p></details></li>"
        )


@dataclass(frozen=True)
class Comparison(Shown):
    """Two builds on one scale, and how the steps differ."""

    first: Schedule
    second: Schedule
    names: tuple[str, str] = ("", "")

    def _both(self) -> Iterator[tuple[str, Gantt]]:
        charts = (Gantt(self.first, self.second), Gantt(self.second, self.first))
        for name, usual, chart in zip(self.names, ("First", "Second"), charts, strict=True):
            yield f"{one_line(name, 60) or usual}: {finding(chart.schedule)}", chart

    def _changes(self) -> list[Change]:
        """What differs visibly, the largest first."""
        least = SMALL * max(self.first.seconds, self.second.seconds)
        changes = [
            change
            for change in compare(self.first, self.second)
            if abs(change.seconds) > least or _ran(change.before) != _ran(change.after)
        ]
        return sorted(changes, key=lambda change: -abs(change.seconds))

    def finding(self) -> str:
        """One sentence: by how much the second build was quicker or slower, and where that came from."""
        gain = self.second.seconds - self.first.seconds
        most = next(iter(self._changes()), None)
        unfinished = [word for word, of in (("first", self.first), ("second", self.second)) if of.ending != DONE]
        if unfinished:
            said = f"The {' and the '.join(unfinished)} did not get to the end, so only single steps can be compared"
        elif abs(gain) <= SMALL * self.first.seconds:
            said = f"Both took about {seconds_text(self.first.seconds)}"
        else:
            word = "quicker" if gain < 0 else "slower"
            both = f"{seconds_text(self.first.seconds)}, then {seconds_text(self.second.seconds)}"
            said = f"{seconds_text(abs(gain))} {word}: {both}"
        if most and most.seconds:
            said += f"; the largest difference is {_signed(most.seconds)} in {step_name(most.bar)}"
        return said

    def _rows(self, width: int) -> list[tuple[str, str, str, str, str]]:
        return [
            (
                change.bar.place,
                one_line(change.bar.name, width),
                state_and_time(change.before, self.first) if change.before else "not there",
                state_and_time(change.after, self.second) if change.after else "not there",
                _signed(change.seconds),
            )
            for change in self._changes()
        ]

    def __str__(self) -> str:
        lines = _wrapped(self.finding())
        for title, gantt in self._both():
            lines += ["", *_wrapped(title), *gantt.chart(), *_wrapped(*notes(gantt.schedule))]
        rows = self._rows(LABEL_WIDTH)
        lines += ["", "What differs:" if rows else "No step differs by much."]
        widths = [max((len(row[place]) for row in rows), default=0) for place in range(5)]
        for row in rows[:MOST_CHANGES]:
            left, right = map(str.ljust, row[:2], widths), map(str.rjust, row[2:], widths[2:])
            lines.append("  " + "  ".join([*left, *right]))
        if len(rows) > MOST_CHANGES:
            lines.append(f"  … and {len(rows) - MOST_CHANGES} more steps")
        return "\n".join(lines)

    def to_html(self) -> str:
        """Both charts, then a table of the differences."""
        charts = "".join(
            f"<p><strong>{escape(title)}</strong></p>{gantt.chart_html()}{_paragraphs(notes(gantt.schedule))}"
            for title, gantt in self._both()
        )
        rows = "".join(
            f"<tr><td>{html.escape(place)}</td><td><code>{html.escape(instruction)}</code></td>"
            f"<td>{before}</td><td>{after}</td><td>{difference}</td></tr>"
            for place, instruction, before, after, difference in self._rows(HTML_WIDTH)
        )
        heads = "".join(
            f'<th scope="col">{head}</th>' for head in ("step", "instruction", "first", "second", "difference")
        )
        table = f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
        return (
            f'<figure class="dl-gantt"><figcaption><strong>{escape(self.finding())}</strong></figcaption>'
            f"{charts}{table or '<p>No step differs by much.</p>'}</figure>"
        )


def _ran(bar: Bar | None) -> bool:
    """Whether an instruction ran; for a FROM that would mean nothing."""
    return bool(bar and bar.place) and not is_from(bar) and bar.state not in (CACHED, WAITING)


def _wrapped(*sentences: str) -> list[str]:
    return list(chain(*(textwrap.wrap(sentence, COLUMNS) for sentence in sentences)))


def _groups(of: Schedule) -> list[tuple[str, list[Bar]]]:
    """The rows in groups: (heading, rows)."""
    groups: list[tuple[str, list[Bar]]] = []
    for (stage, is_instruction), rows in groupby(of.bars, key=lambda bar: (bar.stage, bool(bar.place))):
        heading = (f"Stage {stage}" if stage else "Dockerfile") if is_instruction else "BuildKit"
        groups.append((f"{heading}, at the end" if groups and not is_instruction else heading, list(rows)))
    return groups


def _signed(seconds: float) -> str:
    return f"{'−' if seconds < 0 else '+'}{seconds_text(abs(seconds))}"


def _paragraphs(said: Iterable[str]) -> str:
    return "".join(f"<p>{escape(sentence)}</p>" for sentence in said)


def _tick(scale: float) -> float:
    """Seconds between two ticks of the axis."""
    power = 10 ** math.floor(math.log10(scale / MOST_TICKS))
    return next(step * power for step in (1, 2, 5, 10, 20) if scale / (step * power) <= MOST_TICKS)


def _ticks(scale: float) -> list[tuple[float, str]]:
    """(seconds, unit) of each tick; only the last has a unit."""
    step = _tick(scale)
    count = math.floor(scale / step * 1.000001)
    return [(float(f"{number * step:.6g}"), " s" if number == count else "") for number in range(count + 1)]


def _axis(scale: float, width: int) -> str:
    line = ""
    for at, unit in _ticks(scale):
        text, column = f"{at:g}{unit}", min(int(at / scale * width), width - len(f"{at:g}{unit}"))
        if column >= len(line) + (1 if line else 0):
            line = f"{line:<{column}}{text}"
    return line


def _blocks(bar: Bar, scale: float, width: int) -> str:
    """A row's bar in `width` characters."""
    cells = [" "] * width

    def fill(begin: float, end: float, mark: str, least: int) -> None:
        first = min(int(begin / scale * width), width - 1)
        for at in range(first, min(width, max(first + least, round(end / scale * width)))):
            cells[at] = mark

    if bar.at is not None and not bar.runs:
        fill(bar.at, bar.at, "|", 1)
    if bar.runs:
        fill(max(0.0, bar.at - bar.waited), bar.at, "·", 0)
    for begin, end in bar.runs:
        fill(begin, end, "█" if bar.is_critical else "▒", 1)
    return "".join(cells)
