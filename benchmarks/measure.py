"""What every part of the bench measures with."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

PAIRS = 21


@dataclass(frozen=True)
class Figure:
    """One row of a table.

    Attributes:
        what: what was measured.
        values: one for each run, all in `unit`.
        unit: × for a ratio, s for seconds.
        goal: what it is hoped to be; – where there is no goal.
    """

    what: str
    values: list[float]
    unit: str
    goal: str


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call, in seconds."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def paired(one: Callable[[], object], other: Callable[[], object], pairs: int = PAIRS) -> list[float]:
    """The ratios of `one` to `other`, each pair measured one right after the other, in alternating order."""
    one(), other()
    ratios = []
    for number in range(pairs):
        if number % 2:
            a = seconds(one)
            b = seconds(other)
        else:
            b = seconds(other)
            a = seconds(one)
        ratios.append(a / b)
    return ratios
