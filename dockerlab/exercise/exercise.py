"""An exercise whose Dockerfile is judged, opened by its name.

Its `checks.py` says what is asked for: CRITERIA is the table of what a solution has to keep, a tuple of Criterion, and
SERVICE, a Service: what to package, and how to try the image.
"""

from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Self

from dockerlab.build.experiment import Display, silent
from dockerlab.engine import Engine
from dockerlab.errors import ExerciseUnusable
from dockerlab.exercise.bench import Bench
from dockerlab.exercise.judge import Reference, Service, machine_is_busy, measure, measure_reference
from dockerlab.exercise.scoreboard import Scoreboard, score
from dockerlab.exercise.task import open_task


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
        task = open_task(name, project)
        return cls(task.folder, task.module, engine, run, display)

    def __repr__(self) -> str:
        return f"Exercise({self.home.name!r})"

    @property
    def _service(self) -> Service:
        service = getattr(self.checks, "SERVICE", None)
        if not isinstance(service, Service):
            raise ExerciseUnusable(self.home.name, "its checks.py has no SERVICE, so there is no Dockerfile to judge")
        return service

    @property
    def lab(self) -> Path:
        """The folder of the service that a Dockerfile packages."""
        return self.home.parents[1] / self._service.lab

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
        service, lab = self._service, self.lab
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
