"""A prediction as a table: which steps come from the cache, which run, and why."""

import html

from dockerlab.build.predict import CACHED, UNKNOWN, Prediction
from dockerlab.show.shown import Shown, escape, shows
from dockerlab.text import one_line

WORDS = {CACHED: "CACHED", UNKNOWN: "not known"}


@shows(Prediction)
class PredictionView(Shown):
    """One row for each step."""

    def __init__(self, prediction: Prediction) -> None:
        self._steps = prediction.steps

    def _rows(self, width: int) -> list[tuple[str, str, str, str]]:
        return [
            (
                f"{step.stage} {step.number}".strip(),
                one_line(step.instruction, width),
                WORDS.get(step.verdict, step.verdict),
                step.why,
            )
            for step in self._steps
        ]

    def summary(self) -> str:
        """One line: how many steps there are of each kind."""
        verdicts = [step.verdict for step in self._steps]
        ran = len(verdicts) - verdicts.count(CACHED) - verdicts.count(UNKNOWN)
        words = [f"{ran} would run", f"{verdicts.count(CACHED)} cached"]
        return ", ".join([*words, f"{verdicts.count(UNKNOWN)} not known"] if UNKNOWN in verdicts else words)

    def __str__(self) -> str:
        rows = self._rows(50)
        widths = [max((len(row[place]) for row in rows), default=0) for place in range(3)]
        lines = ["  ".join([*map(str.ljust, row[:3], widths), row[3]]).rstrip() for row in rows]
        return "\n".join([*lines, self.summary()])

    def to_html(self) -> str:
        """A table in the look of a build's own, and the summary."""
        return f"{self.table_html()}<p>{self.summary()}</p>"

    def table_html(self) -> str:
        """The table alone."""
        rows = "".join(
            f'<tr class="dl-{step.verdict}"><td>{html.escape(place)}</td>'
            f"<td><code>{html.escape(instruction)}</code></td><td>{html.escape(verdict)}</td><td>{escape(why)}</td></tr>"
            for step, (place, instruction, verdict, why) in zip(self._steps, self._rows(100), strict=True)
        )
        return (
            '<table class="dl-steps dl-forecast"><thead><tr><th scope="col">step</th><th scope="col">instruction</th>'
            f'<th scope="col">forecast</th><th scope="col">why</th></tr></thead><tbody>{rows}</tbody></table>'
        )
