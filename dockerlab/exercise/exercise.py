"""An exercise of labs/exercises, opened by its name.

Its `checks.py` says what is asked for: CRITERIA is the table of what a solution has to keep, a tuple of Criterion.
An exercise that judges a Dockerfile also has SERVICE, a Service: what to package, and how to try the image.
"""

import shutil
import sys
import traceback
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Self

from dockerlab.build.experiment import Display, silent
from dockerlab.engine import Engine
from dockerlab.errors import ExerciseUnusable
from dockerlab.exercise.bench import Bench
from dockerlab.exercise.judge import Reference, Service, machine_is_busy, measure, measure_reference
from dockerlab.exercise.scoreboard import Criterion, Scoreboard, score
from dockerlab.paths import project_root


@dataclass
class Exercise:
    """A task for the learner, and the judge of what they make of it."""

    home: Path  # its folder
    checks: ModuleType  # its checks.py
    engine: Engine
    run: str = ""
    display: Display = silent
    reference: Reference | None = None  # what solutions are compared with; measured for the first one

    @classmethod
    def open(
        cls,
        name: str,
        *,
        engine: Engine,
        run: str = "",
        project: Path | None = None,
        display: Display = silent,
    ) -> Self:
        """The exercise of this name.

        Args:
            engine: where to build and run.
            run: the run's name for the label, usually the chapter.
            project: the folder of the course; None looks for it from the current folder upwards.
            display: opens a display, and gives the function that puts a line there.

        Raises:
            ExerciseUnusable: there is none, or its checks.py is broken.
        """
        folder = (project or project_root()) / "labs" / "exercises"
        there = sorted(file.parent.name for file in folder.glob("*/README.md"))
        if name not in there:
            raise ExerciseUnusable(name, "it is not in labs/exercises", advice=f"There are: {', '.join(there)}.")
        return cls(folder / name, load_checks(folder / name), engine, run, display)

    def __repr__(self) -> str:
        return f"Exercise({self.home.name!r})"

    def start(self, folder: str | Path = ".") -> None:
        """Copy its Dockerfiles to a folder, over those of the same name; the solution's become Dockerfile.solution."""
        for file in self.home.glob("Dockerfile*"):
            shutil.copy(file, folder)
        for file in self.home.glob("solution/Dockerfile*"):
            shutil.copy(file, Path(folder, f"{file.name}.solution"))

    def judge(
        self, dockerfile: str | Path = "Dockerfile", *, context: str | Path = ".", patience: float = 30
    ) -> Scoreboard:
        """Build a Dockerfile, run its image, and give the points for what it measurably is and does.

        The first time takes some seconds longer, for the images to compare with.

        Args:
            dockerfile: its path.
            context: the build context. It is copied, never changed.
            patience: how long to wait for an answer or a state of health, in seconds; longer on a slow machine.

        Returns:
            the scoreboard, also of a Dockerfile that does not build. What this machine was too busy to judge is left
            out of it.

        Raises:
            ContextNotFound, EngineLost, BuildCancelled, ImageUnreadable. Nothing is left behind.
        """
        service = getattr(self.checks, "SERVICE", None)
        if not isinstance(service, Service):
            raise ExerciseUnusable(self.home.name, "its checks.py has no SERVICE, so there is no Dockerfile to judge")
        lab = self.home.parents[1] / service.lab
        with self.display() as tell:

            def busy() -> bool:
                tell("finding out whether this machine is too busy")
                with Bench.opened(self.engine, lab, self.run) as beside:
                    return machine_is_busy(beside, service)

            if self.reference is None:
                with Bench.opened(self.engine, lab, self.run) as bench:
                    self.reference = measure_reference(bench, service, tell)
            with Bench.opened(self.engine, context, self.run) as bench:
                facts = measure(
                    bench, Path(dockerfile), service, self.reference, busy=busy, patience=patience, tell=tell
                )
        return score(self.checks.CRITERIA, facts, facts.problem)


def load_checks(folder: Path) -> ModuleType:
    """The module checks.py of an exercise's folder.

    Raises:
        ExerciseUnusable: it is missing, cannot be run, or lacks its table.
    """
    file = folder / "checks.py"
    if not file.is_file():
        raise ExerciseUnusable(folder.name, "it has no checks.py")
    spec = spec_from_file_location(f"checks of {folder.name}", file)
    module = sys.modules[spec.name] = module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
        place = f" on line {lines[-1]}" if lines else ""
        said = "".join(traceback.format_exception_only(error)).splitlines()
        raise ExerciseUnusable(folder.name, f"its checks.py fails{place}", last_lines=said) from error
    table = getattr(module, "CRITERIA", None)
    if not (isinstance(table, tuple) and table and all(isinstance(row, Criterion) for row in table)):
        raise ExerciseUnusable(folder.name, "its checks.py has no table CRITERIA of Criterion")
    return module
