"""A class, out of the progress files that its learners have exported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dockerlab.exercise.progress import parse
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd

PASSED, TRIED, NOTHING = "passed", "tried", ""


@dataclass(frozen=True)
class Class:
    """How far a class is. `table`: one row for each learner: learner, then a column for each exercise, passed."""

    table: pd.DataFrame
    exercises: tuple[str, ...]

    @property
    def stuck(self) -> pd.Series:
        """How many learners have tried an exercise and not passed it, for each exercise; the most first."""
        tried = (self.table[list(self.exercises)] == TRIED).sum()
        return tried[tried > 0].sort_values(ascending=False, kind="stable")

    @property
    def summary(self) -> str:
        """Two sentences: how many exercises are passed, and where the class is stuck."""
        cells = self.table[list(self.exercises)]
        text = f"{(cells == PASSED).to_numpy().sum()} exercises passed by {len(self.table)} learners."
        if self.stuck.empty:
            return text
        return f"{text} Most are stuck at {self.stuck.index[0]}: {self.stuck.iloc[0]} of {len(self.table)}."


def read_class(files: Sequence[Path], exercises: Sequence[str], say: Callable[[str], object]) -> Class:
    """The class of these files; a learner is called as their file.

    Args:
        exercises: the columns, in order.
        say: is told of a file that cannot be read; it is left out.
    """
    rows = []
    for file in files:
        try:
            recorded = parse(file.read_text(encoding="utf-8"))["exercises"]
        except (OSError, ValueError) as problem:
            say(f"{file} is left out: {problem}")
            continue
        states = [_state(recorded.get(name, {})) for name in exercises]
        rows.append((file.stem, *states, states.count(PASSED)))
    return Class(table(rows, columns=["learner", *exercises, "passed"]), tuple(exercises))


def _state(facts: dict) -> str:
    return PASSED if facts.get("passed") else TRIED if facts.get("tries") else NOTHING
