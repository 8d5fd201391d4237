"""A stated fact, its measured value, and whether it holds."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from dockerlab.errors import ClaimFailed


@dataclass(frozen=True)
class Claim:
    """A sentence that a page rests on.

    Attributes:
        statement: the sentence, true or false whatever machine it is read on.
        measured: the figure of this run; a number, or words.
        unit: of the figure, such as "×", "MB" or "s".
        holds: the verdict.
    """

    statement: str
    measured: float | str
    unit: str
    holds: bool

    @property
    def id(self) -> str:
        """A name for links, made from the statement."""
        return re.sub(r"[^a-z0-9]+", "-", self.statement.lower()).strip("-")[:60].strip("-")

    @property
    def figure(self) -> str:
        """The measured value with its unit."""
        if isinstance(self.measured, str):
            return f"{self.measured} {self.unit}".strip()
        size = abs(self.measured)
        decimals = 0 if size >= 100 or size == round(size) else 1 if size >= 10 else 2
        number = f"{round(self.measured, decimals) + 0.0:,.{decimals}f}"  # + 0.0: no "-0.00"
        return f"{number}×" if self.unit == "×" else f"{number} {self.unit}".strip()

    def __str__(self) -> str:
        return f"{'HOLDS' if self.holds else 'FAILS'}  {self.statement}\n       measured: {self.figure}"

    def to_html(self) -> str:
        """A box that needs no style sheet."""
        verdict = "holds" if self.holds else "fails"
        return (
            f'<div class="dl-claim dl-{verdict}" id="claim-{self.id}"><p><strong>Claim {verdict}.</strong> '
            f"{html.escape(self.statement)}<br>Measured: <strong>{html.escape(self.figure)}</strong></p></div>"
        )

    def record(self) -> dict:
        """The claim as plain data, kept in the output's metadata, from which the ledger is made."""
        return {
            "id": self.id,
            "statement": self.statement,
            "measured": self.measured,
            "figure": self.figure,
            "unit": self.unit,
            "holds": self.holds,
        }

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return {"text/plain": str(self), "text/html": self.to_html()}, {"dockerlab": {"claim": self.record()}}


def claim(statement: str, measured: float | str, holds: bool, unit: str = "") -> Claim:
    """State a fact with its measured value, show it, and insist on it.

    Raises:
        ClaimFailed: it does not hold on this run.
    """
    measured = measured if isinstance(measured, str) else float(measured)
    made = Claim(statement, measured, unit, bool(holds))
    if not made.holds:
        raise ClaimFailed(statement, made.figure)
    return made
