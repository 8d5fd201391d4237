"""A learner's attempt at a task: start, check, hint, solution, reset."""

import itertools
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dockerlab.build.experiment import Display, silent
from dockerlab.engine import Engine
from dockerlab.errors import EngineRefused
from dockerlab.exercise.check import BUSY, DONE, NOT_YET, Report, Result, run_checks
from dockerlab.exercise.exercise import Exercise
from dockerlab.exercise.progress import Progress
from dockerlab.exercise.task import OBJECTS, Hint, Task, next_hint, solution_files
from dockerlab.exercise.work import Work
from dockerlab.paths import copy_tree, work_folder

OLD = "before-reset"  # in the name of a folder with files from before a reset


@dataclass
class Attempt:
    """What is done about one task. Nothing of the learner's is changed, but by `reset`."""

    task: Task
    folder: Path  # the learner's, for this task
    progress: Progress
    display: Display = silent  # shows what a long check is doing

    @classmethod
    def at(cls, task: Task, project: Path | None = None, **settings) -> Self:
        """The attempt in the learner's own folder, see `paths.work_folder`."""
        home = work_folder(project)
        return cls(task, home / task.name, Progress(home), **settings)

    def start(self) -> bool:
        """Put the starter files into the learner's folder; False if it was there: then nothing in it changes."""
        if self.folder.exists():
            return False
        self.folder.mkdir(parents=True)
        if (starter := self.task.folder / "starter").is_dir():
            copy_tree(starter, self.folder)
        return True

    def check(self, engine: Engine, *, record: bool = True) -> Report:
        """Look at what there is, and record the try.

        Raises:
            EngineLost, ExerciseUnusable, FilesUnreadable.
        """
        self.start()
        run = f"exercise-{self.task.name}"
        if self.task.criteria:
            report = self._judge(engine, run)
        else:
            work = Work(engine, self.folder, run, self.task.limit)
            report = run_checks(self.task.name, self.task.checks, work)
        if record:
            self.progress.note_report(report)
        return report

    def hint(self, failing: list[str] | None = None) -> Hint | None:
        """The next hint, recorded; None if there is none left.

        Args:
            failing: the names of the checks that fail now; None: those of the last try.
        """
        facts = self.progress.of(self.task.name)
        failing = facts.get("failing", []) if failing is None else failing
        number = next_hint(self.task.hints, facts.get("hints", []), failing)
        if number is None:
            return None
        self.progress.note_hint(self.task.name, number)
        return self.task.hints[number]

    def hints_seen(self) -> list[Hint]:
        """The hints given so far."""
        seen = self.progress.of(self.task.name).get("hints", [])
        return [self.task.hints[number] for number in seen if number < len(self.task.hints)]

    def show_solution(self) -> dict[str, str]:
        """The solution's files, script first; put into solution/ of the learner's folder, and recorded."""
        self.start()
        copy_tree(self.task.folder / "solution", self.folder / "solution")
        self.progress.note_solution(self.task.name)
        return solution_files(self.task)

    def made(self, engine: Engine) -> dict[str, list[str]]:
        """The objects with this task's names that are in the engine now, by kind."""
        client = engine.client()
        look: dict[str, Callable[[str], object]] = {
            "containers": client.api.inspect_container,
            "images": client.api.inspect_image,
            "volumes": client.api.inspect_volume,
            "networks": client.api.inspect_network,
        }

        def is_there(kind: str, name: str) -> bool:
            with suppress(EngineRefused):
                look[kind](name)
                return True
            return False

        found = {kind: [name for name in self.task.makes.get(kind, ()) if is_there(kind, name)] for kind in OBJECTS}
        return {kind: names for kind, names in found.items() if names}

    def reset(self, engine: Engine) -> tuple[dict[str, list[str]], Path | None]:
        """Remove this task's objects from the engine, and put the starter files back.

        Returns:
            what was removed, by kind; and where the learner's own files are kept, None if there were none.

        Raises:
            EngineRefused: something else still uses one of them.
        """
        client = engine.client()
        made = self.made(engine)
        remove: dict[str, Callable[[str], object]] = {
            "containers": lambda name: client.api.remove_container(name, force=True, v=True),
            "networks": client.api.remove_network,
            "images": client.api.remove_image,
            "volumes": client.api.remove_volume,
        }
        for kind, action in remove.items():  # a container uses the others, and takes its nameless volumes along
            for name in made.get(kind, ()):
                try:
                    action(name)
                except EngineRefused as error:
                    if error.status != 404:  # it has gone since
                        raise
        kept = None
        if self.folder.exists():
            numbers = itertools.count(1)
            while (kept := self.folder.with_name(f"{self.task.name}-{OLD}-{next(numbers)}")).exists():
                pass
            self.folder.rename(kept)
        self.start()
        return made, kept

    def _judge(self, engine: Engine, run: str) -> Report:
        """The report on a Dockerfile that is judged by criteria."""
        exercise = Exercise(self.task.folder, self.task.module, engine, run, self.display)
        with tempfile.TemporaryDirectory(prefix="dockerlab-check-") as scratch:
            copy_tree(exercise.lab, Path(scratch))
            copy_tree(self.folder, Path(scratch))
            board = exercise.judge(context=scratch)
        states = {True: DONE, False: NOT_YET, None: BUSY}
        return Report(
            self.task.name,
            tuple(
                Result(v.name, f"{v.name} ({v.points} points)", states[v.holds], v.measured, v.advice)
                for v in board.verdicts
            ),
        )
