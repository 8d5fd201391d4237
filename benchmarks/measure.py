"""What all parts of the benchmarks measure with."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass

from dockerlab.engine.boundary import stop

PAIRS = 21


@dataclass(frozen=True)
class Measurement:
    """One row of a table.

    Attributes:
        what: what was measured.
        values: one for each run, all in `unit`.
        unit: × for a ratio, s for seconds, MB.
        goal: the value to aim for; – if there is none.
    """

    what: str
    values: list[float]
    unit: str
    goal: str


def wait_for(process: subprocess.Popen) -> None:
    """Wait until a command ends.

    Raises:
        subprocess.CalledProcessError: with another exit code than 0.
    """
    try:
        if process.wait():
            raise subprocess.CalledProcessError(process.returncode, process.args)
    finally:
        stop(process)


def seconds(work: Callable[[], object]) -> float:
    """Wall time of a call, in seconds."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def paired(one: Callable[[], object], other: Callable[[], object], pairs: int = PAIRS) -> list[float]:
    """Ratios of the wall time of `one` to that of `other`, measured in pairs, in alternating order, after a warm-up."""
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
