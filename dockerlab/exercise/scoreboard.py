"""Criteria and the scoreboard that they give. An exercise keeps its own table of criteria, in its `checks.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Need:
    """What must be known before a criterion can be judged. Both functions take the facts."""

    met: Callable[[Any], object]  # whether it is known
    instead: str | Callable[[Any], str]  # what to show in place of a measurement if it is not
    advice: str  # what to do then, in one sentence
    fault: bool = True  # whether it is the solution's fault. If not, the criterion is left out of the sum.


@dataclass(frozen=True)
class Verdict:
    """One line of a scoreboard: a criterion, what was measured, whether it holds, and advice if it does not."""

    name: str
    points: int  # what the criterion is worth
    measured: str
    holds: bool | None  # None if this machine was too busy to tell
    advice: str = ""

    @property
    def earned(self) -> int:
        """The points that the solution gets."""
        return self.points if self.holds else 0

    @property
    def counts(self) -> int:
        """The points that it could have got: none where nobody could tell."""
        return 0 if self.holds is None else self.points


@dataclass(frozen=True)
class Criterion:
    """One thing that an exercise asks for. Its functions take the facts that were measured of a solution."""

    name: str  # what is asked
    points: int  # what it is worth; all or nothing
    needs: tuple[Need, ...]  # what must be known first; the first need that is not met decides
    measured: Callable[[Any], str]  # puts the figure of this run into words
    holds: Callable[[Any], bool]  # gives the verdict
    advice: str  # what to do if it does not hold, in one sentence

    def verdict(self, facts: object) -> Verdict:
        """Judge one solution by its facts."""
        for need in self.needs:
            if not need.met(facts):
                words = need.instead(facts) if callable(need.instead) else need.instead
                return Verdict(self.name, self.points, words, False if need.fault else None, need.advice)
        holds = bool(self.holds(facts))
        return Verdict(self.name, self.points, self.measured(facts), holds, "" if holds else self.advice)


@dataclass(frozen=True)
class Scoreboard:
    """How a solution did."""

    verdicts: tuple[Verdict, ...]  # one for each criterion, in the order of the exercise
    reason: str = ""  # why the solution could not be tried, in several lines; "" if it could

    @property
    def total(self) -> int:
        """The points reached."""
        return sum(verdict.earned for verdict in self.verdicts)

    @property
    def maximum(self) -> int:
        """The points that could be reached, without those of criteria that this machine was too busy to judge."""
        return sum(verdict.counts for verdict in self.verdicts)

    @property
    def lost(self) -> dict[str, int]:
        """The criteria that do not hold, with the points they are worth."""
        return {verdict.name: verdict.points for verdict in self.verdicts if verdict.holds is False}

    @property
    def left_out(self) -> dict[str, int]:
        """The criteria that this machine was too busy to judge, with the points they are worth."""
        return {verdict.name: verdict.points for verdict in self.verdicts if verdict.holds is None}

    @property
    def table(self) -> pd.DataFrame:
        """One row for each criterion: criterion, points, of, measured, advice."""
        rows = [(v.name, v.earned, v.counts, v.measured, v.advice) for v in self.verdicts]
        return table(rows, columns=["criterion", "points", "of", "measured", "advice"])


def score(criteria: Iterable[Criterion], facts: object, reason: str = "") -> Scoreboard:
    """Judge one solution by every criterion of an exercise."""
    return Scoreboard(tuple(criterion.verdict(facts) for criterion in criteria), reason)
