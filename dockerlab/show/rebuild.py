"""The rebuild bench on a page and in a terminal: what each change would make run, by the rules of the build cache."""

import html
from collections.abc import Sequence

from dockerlab.build.predict import CACHED, UNKNOWN
from dockerlab.build.rebuild import RebuildBench, Round
from dockerlab.show.forecast import WORDS, PredictionView
from dockerlab.show.shown import Shown, escape, shows
from dockerlab.show.steps import bar
from dockerlab.text import one_line, seconds_text

WIDTH = 60  # of an instruction, in characters


@shows(RebuildBench)
class BenchView(Shown):
    """For each Dockerfile and each change: which steps would run. Nothing is built for it."""

    def __init__(self, bench: RebuildBench) -> None:
        self._plans = {
            file: {change: PredictionView(bench.plan(file, change)) for change in bench.changes(file)}
            for file in bench.dockerfiles
        }

    def __str__(self) -> str:
        width = max((len(change) for plans in self._plans.values() for change in plans), default=0)
        lines = []
        for file, plans in self._plans.items():
            lines += [file, *(f"  {change:<{width}}  {plan.summary()}" for change, plan in plans.items())]
        return "\n".join(lines)

    def to_html(self) -> str:
        """A list for each Dockerfile, in which each change opens the table of its steps."""
        parts = []
        for file, plans in self._plans.items():
            parts.append(f"<p><code>{html.escape(file)}</code></p>")
            for change, plan in plans.items():
                head = f"<summary>{escape(change)}: {plan.summary()}</summary>"
                parts.append(f'<details class="dl-fold">{head}{plan.table_html()}</details>')
        return f'<div class="dl-bench">{"".join(parts)}</div>'


class RoundView(Shown):
    """A round: what was expected of each step, what it did, and who was right."""

    def __init__(self, finished: Round) -> None:
        verdicts = [step.verdict for step in finished.forecast]
        self._rows = [
            (f"{at.stage} {at.number}".strip(), at.instruction, _word(expected), _word(ran), verdict, expected == ran)
            for (at, expected, ran), verdict in zip(finished.marks, verdicts, strict=True)
        ]
        self._right, self._seconds = finished.right, finished.build.seconds

    def summary(self) -> str:
        """One line: how many were right, how many the course's rules had, and the time."""
        said = [(verdict == CACHED) == (did == "cached") for *_, did, verdict, _ in self._rows if verdict != UNKNOWN]
        rules = f"the course's rules: {sum(said)} of {len(said)}"
        if open_ones := len(self._rows) - len(said):
            rules += f", and {open_ones} that they leave open"
        return f"You: {self._right} of {len(self._rows)} right; {rules}. The build took {seconds_text(self._seconds)}."

    def __str__(self) -> str:
        rows = [
            (place, one_line(instruction, WIDTH), said, did, "right" if is_right else "wrong")
            for place, instruction, said, did, _, is_right in self._rows
        ]
        widths = [max((len(row[column]) for row in rows), default=0) for column in range(5)]
        return "\n".join([*("  ".join(map(str.ljust, row, widths)).rstrip() for row in rows), self.summary()])

    def to_html(self) -> str:
        """A table."""
        rows = "".join(
            f'<tr class="dl-{"right" if is_right else "wrong"}"><td>{html.escape(place)}</td>'
            f"<td><code>{html.escape(one_line(instruction, 100))}</code></td><td>{said}</td><td>{did}</td>"
            f"<td>{'✓ right' if is_right else '✗ wrong'}</td><td>{WORDS.get(verdict, verdict)}</td></tr>"
            for place, instruction, said, did, verdict, is_right in self._rows
        )
        return (
            '<table class="dl-steps dl-forecast"><thead><tr><th scope="col">step</th><th scope="col">instruction</th>'
            '<th scope="col">you</th><th scope="col">it was</th><th scope="col">you were</th><th scope="col">rules</th>'
            f"</tr></thead><tbody>{rows}</tbody></table><p>{self.summary()}</p>"
        )


def rounds_html(rounds: Sequence[Round]) -> str:
    """The times of all rounds as bars, the oldest first; empty without any."""
    longest = max((each.build.seconds for each in rounds), default=0)
    rows = "".join(
        f"<tr><td>{escape(each.change)}</td><td><code>{html.escape(each.dockerfile)}</code></td>"
        f"<td>{len(each.build.ran)} ran</td><td>{seconds_text(each.build.seconds)}</td>"
        f"<td>{bar(each.build.seconds / longest)}</td></tr>"
        for each in rounds
    )
    head = (
        '<thead><tr><th scope="col">change</th><th scope="col">Dockerfile</th><th scope="col">steps</th>'
        '<th scope="col">time</th><td style="width:16em"></td></tr></thead>'
    )
    return f'<table class="dl-steps dl-rounds">{head}<tbody>{rows}</tbody></table>' if rows else ""


def _word(runs: bool) -> str:
    return "runs" if runs else "cached"
