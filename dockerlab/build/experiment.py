"""Experiments with builds: repeated timings with their median and spread, and what a change makes run again."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dockerlab.build.builder import Build, build
from dockerlab.build.context import context_folder, write_archive
from dockerlab.engine import Engine
from dockerlab.engine.boundary import map_errors
from dockerlab.engine.labels import labels
from dockerlab.engine.provider import Progress
from dockerlab.errors import BuildFailed, EngineRefused
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd

Display = Callable[[], AbstractContextManager[Progress]]  # opens a display, and gives what puts a line of text there


def silent() -> AbstractContextManager[Progress]:
    """A display that shows nothing."""
    return nullcontext(lambda text: None)


@dataclass(frozen=True)
class Experiment:
    """Builds that are repeated and compared."""

    engine: Engine  # where to build
    run: str = ""  # the name of the run for the labels, usually the chapter's
    folder: str | Path = "."  # where the commands run
    display: Display = silent  # shows what is going on

    def time_builds(
        self,
        variants: Mapping[str, str],
        repeats: int = 5,
        edit: Callable[[int], object] | None = None,
        warm_up: bool = True,
    ) -> pd.DataFrame:
        """Build each variant several times, in turn, so that a slow moment of the machine affects all alike.

        Args:
            variants: name -> arguments of `docker build`.
            repeats: how many builds of each are timed.
            edit: called before each round with its number, from 1; 0 is the warm-up.
            warm_up: first build each variant once without timing it, which fills the cache.

        Returns:
            one row per build: variant, repeat (from 1), seconds (wall time of the command), ran and cached (numbers of
            steps without FROM), steps_run (the instructions that ran), context_bytes.
        """
        rows = []
        with self.display() as tell:
            for repeat in range(0 if warm_up else 1, repeats + 1):
                if edit:
                    edit(repeat)
                for variant, arguments in variants.items():
                    tell(f"{variant}: " + (f"{repeat} of {repeats}" if repeat else "warming up"))
                    done = self._build(arguments)
                    counts = (len(done.ran), len(done.cached), "; ".join(done.ran), done.context_bytes)
                    rows += [(variant, repeat, round(done.seconds, 3), *counts)] if repeat else []
        columns = ["variant", "repeat", "seconds", "ran", "cached", "steps_run", "context_bytes"]
        return table(rows, columns=columns)

    def what_runs(self, dockerfile: str, changes: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
        """Which steps a rebuild runs again after each single change of a Dockerfile: change, runs_again.

        Args:
            dockerfile: the text to start from. It is built first, so that all its steps are in the cache.
            changes: name -> (old, new): a text that occurs once, and its replacement.

        Raises:
            ValueError: an old text does not occur exactly once.
        """
        # A new name, so that it takes the place of no file that a reader has.
        handle, name = tempfile.mkstemp(prefix="Dockerfile.", dir=self.folder)
        os.close(handle)
        file, rows = Path(name), []
        try:
            for change, (old, new) in {"": ("", ""), "nothing": ("", ""), **changes}.items():
                if old and dockerfile.count(old) != 1:
                    raise ValueError(f"{old!r} occurs {dockerfile.count(old)} times in the Dockerfile, not once")
                file.write_text(dockerfile.replace(old, new) if old else dockerfile, encoding="utf-8")
                steps = [" ".join(step.split()[:3]) for step in self._build(f"-f {file.name} .").ran]
                if change:
                    rows.append({"change": change, "runs_again": "; ".join(steps) or "nothing"})
        finally:
            file.unlink(missing_ok=True)
        return table(rows)

    def _build(self, arguments: str) -> Build:
        return build(arguments, engine=self.engine, cwd=self.folder, run=self.run)

    def retired_context_bytes(self, dockerfile: str = "Dockerfile") -> int:
        """Build with the builder that Docker had before BuildKit; how many bytes of build context it was sent.

        It gets the whole context as one archive before it has even read the Dockerfile. `docker build` has dropped it;
        the engine's API still offers it.

        Raises:
            ContextNotFound: there is no such folder.
            FilesUnreadable, IgnorePatternInvalid: as in `write_archive`.
            BuildFailed: a step failed, or the engine no longer offers this builder.
            EngineLost: the engine went away.
        """
        root = context_folder(self.folder)
        options = {"custom_context": True, "labels": labels(self.run), "rm": True, "forcerm": True, "decode": True}
        with tempfile.TemporaryFile() as archive:
            write_archive(root, dockerfile, archive)
            archive.seek(0)
            try:
                with map_errors(self.engine.lost):
                    api = self.engine.client().api
                    said = list(api.build(fileobj=archive, dockerfile=dockerfile, **options))
            except EngineRefused as error:
                raise BuildFailed("The retired builder did not build.", last_lines=[error.explanation]) from error
            sent = archive.tell()
        if problem := next((line["error"] for line in said if "error" in line), ""):
            raise BuildFailed("The retired builder stopped.", last_lines=[problem.strip()])
        return sent


def summary(times: pd.DataFrame) -> pd.DataFrame:
    """Median and spread of a table of `time_builds`: one row per variant, in order of appearance.

    Columns: builds, median_seconds, lowest_seconds, highest_seconds, ran and cached (of the last build).
    """
    groups = times.groupby("variant", sort=False)
    return groups.agg(
        builds=("seconds", "size"),
        median_seconds=("seconds", "median"),
        lowest_seconds=("seconds", "min"),
        highest_seconds=("seconds", "max"),
        ran=("ran", "last"),
        cached=("cached", "last"),
    ).round(2)


def ratio(times: pd.DataFrame, slow: str, fast: str) -> float:
    """How many times the median seconds of one variant are those of another."""
    medians = times.groupby("variant")["seconds"].median()
    return float(medians[slow] / medians[fast])
