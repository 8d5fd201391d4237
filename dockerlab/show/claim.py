"""A stated fact, its measured value, and whether it holds."""

import math
import re
from dataclasses import asdict, dataclass

from dockerlab.errors import ClaimFailed, visible
from dockerlab.show.shown import Shown, escape


@dataclass(frozen=True)
class Claim(Shown):
    """A sentence that a page relies on, with the figure behind it."""

    statement: str  # the sentence, which should be true on any machine
    measured: float | str  # what this run measured: a number, or words
    unit: str  # of the number, such as "×", "MB" or "s"
    holds: bool  # the verdict

    @property
    def id(self) -> str:
        """A name for links, made from the statement."""
        return re.sub(r"[^a-z0-9]+", "-", self.statement.lower()).strip("-")[:60].strip("-")

    @property
    def figure(self) -> str:
        """The measured value, rounded, with its unit."""
        if isinstance(self.measured, str):
            return f"{self.measured} {self.unit}".strip()
        if not math.isfinite(self.measured):
            return f"{self.measured}{self.unit}" if self.unit == "×" else f"{self.measured} {self.unit}".strip()
        size = abs(self.measured)
        decimals = 0 if size >= 100 or size == round(size) else 1 if size >= 10 else 2
        number = f"{round(self.measured, decimals) + 0.0:,.{decimals}f}"  # + 0.0 turns -0.0 into 0.0
        return f"{number}×" if self.unit == "×" else f"{number} {self.unit}".strip()

    def __str__(self) -> str:
        return f"{'HOLDS' if self.holds else 'FAILS'}  {self.statement}\n       measured: {self.figure}"

    def to_html(self) -> str:
        """A box that works without a style sheet."""
        verdict = "holds" if self.holds else "fails"
        return (
            f'<div class="dl-claim dl-{verdict}" id="claim-{self.id}"><p><strong>Claim {verdict}.</strong> '
            f"{escape(self.statement)}<br>Measured: <strong>{escape(self.figure)}</strong></p></div>"
        )

    def record(self) -> dict:
        """The claim as plain data; the ledger reads it from the output's metadata."""
        return {"claim": asdict(self) | {"id": self.id, "figure": self.figure}}


def claim(statement: str, measured: float | str, holds: bool, unit: str = "") -> None:
    """State a fact with its measured value and show both; stop the page if the fact does not hold.

    Raises:
        ClaimFailed: it does not hold on this run, or what was measured is no number, such as 1 / 0.
    """
    from IPython.display import display  # takes 0.1 s, and the ledger imports this module too

    value = visible(measured) if isinstance(measured, str) else float(measured)
    made = Claim(visible(statement), value, unit, bool(holds))
    if not made.holds or (isinstance(value, float) and not math.isfinite(value)):
        raise ClaimFailed(statement, made.figure)
    display(made)
