"""Repeated timings: edit, rebuild, note; medians with their spread."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pandas as pd

from dockerlab.build.builder import Build, build
from dockerlab.engine import Engine


def time_builds(
    variants: Mapping[str, str],
    *,
    engine: Engine,
    cwd: str | Path = ".",
    run: str = "",
    repeats: int = 5,
    edit: Callable[[int], object] | None = None,
    warm_up: bool = True,
    progress: Callable[[str], object] | None = None,
) -> pd.DataFrame:
    """Build each variant several times, in turn, so that a slow moment of the machine strikes all alike.

    Args:
        variants: name -> arguments of `docker build`.
        repeats: how many measured builds of each.
        edit: called before each round with its number, from 1; 0 is the round that warms up.
        warm_up: build each once, unmeasured, so that what can be cached is.
        progress: gets a line about each build before it starts.

    Returns:
        one row a build: variant, repeat (from 1), seconds (wall time of the command), ran and cached (numbers of
        Dockerfile steps without FROM), steps_run (their instructions), context_bytes.
    """
    rows = []
    for repeat in range(0 if warm_up else 1, repeats + 1):
        if edit:
            edit(repeat)
        for variant, arguments in variants.items():
            if progress:
                progress(f"{variant}: " + (f"{repeat} of {repeats}" if repeat else "warming up"))
            done = build(arguments, engine=engine, cwd=cwd, run=run)
            if repeat:
                rows.append({"variant": variant, "repeat": repeat} | _facts(done))
    return pd.DataFrame(rows)


def _facts(done: Build) -> dict:
    return {
        "seconds": round(done.seconds, 3),
        "ran": len(done.ran),
        "cached": len(done.cached),
        "steps_run": "; ".join(done.ran),
        "context_bytes": done.context_bytes,
    }


def what_runs(
    dockerfile: str, changes: Mapping[str, tuple[str, str]], *, engine: Engine, cwd: str | Path = ".", run: str = ""
) -> pd.DataFrame:
    """For each single change of a Dockerfile, the steps that a rebuild runs again: change, runs_again.

    Args:
        dockerfile: the text to start from; built first, so that all its steps are in the cache.
        changes: name -> (old, new), a text that occurs once and what takes its place.

    Raises:
        ValueError: an old text does not occur exactly once.
    """
    file = Path(cwd, "Dockerfile.experiment")
    arguments = f"-f {file.name} ."
    rows = []
    try:
        for name, (old, new) in {"": ("", ""), "nothing": ("", ""), **changes}.items():
            if old and dockerfile.count(old) != 1:
                raise ValueError(f"{old!r} occurs {dockerfile.count(old)} times in the Dockerfile, not once")
            file.write_text(dockerfile.replace(old, new) if old else dockerfile, encoding="utf-8")
            done = build(arguments, engine=engine, cwd=cwd, run=run)
            if name:
                steps = [" ".join(step.split()[:3]) for step in done.ran]
                rows.append({"change": name, "runs_again": "; ".join(steps) or "nothing"})
    finally:
        file.unlink(missing_ok=True)
    return pd.DataFrame(rows)


def summary(times: pd.DataFrame) -> pd.DataFrame:
    """Median and spread of a table of `time_builds`: one row a variant, in order of appearance.

    Columns: builds, median_seconds, lowest_seconds, highest_seconds, ran and cached (of the last build).
    """
    groups = times.groupby("variant", sort=False)
    return pd.DataFrame(
        {
            "builds": groups.size(),
            "median_seconds": groups["seconds"].median().round(2),
            "lowest_seconds": groups["seconds"].min().round(2),
            "highest_seconds": groups["seconds"].max().round(2),
            "ran": groups["ran"].last(),
            "cached": groups["cached"].last(),
        }
    )


def ratio(times: pd.DataFrame, slow: str, fast: str) -> float:
    """Median seconds of one variant over those of another."""
    medians = times.groupby("variant")["seconds"].median()
    return float(medians[slow] / medians[fast])


def change_text(path: str | Path, old: str, new: str) -> str:
    """Replace a text that occurs exactly once in a file; give back the file's former content.

    The file's modification time moves, as an editor's save would make it: BuildKit re-reads a file it has seen
    only where size or time differ.

    Raises:
        ValueError: the text does not occur exactly once.
    """
    file = Path(path)
    former = file.read_text(encoding="utf-8")
    if former.count(old) != 1:
        raise ValueError(f"{old!r} occurs {former.count(old)} times in {file.name}, not once")
    file.write_text(former.replace(old, new), encoding="utf-8")
    return former


def change_line(path: str | Path, start: str, new: str) -> str:
    """Replace the one line of a file that begins with `start`; give back the file's former content.

    Raises:
        ValueError: not exactly one line begins so.
    """
    lines = [line for line in Path(path).read_text(encoding="utf-8").splitlines() if line.startswith(start)]
    if len(lines) != 1:
        raise ValueError(f"{len(lines)} lines of {Path(path).name} begin with {start!r}, not one")
    return change_text(path, f"{lines[0]}\n", f"{new}\n")
