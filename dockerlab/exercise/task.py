"""A task for the learner: a folder of labs/exercises.

README.md        its title, then the task in plain words
exercise.yml     chapter, kind, minutes, makes, limit, hints
checks.py        CHECKS: a tuple of checks (see `check`); or CRITERIA and SERVICE, for a Dockerfile to be judged
starter/         what the learner starts with, if anything; a script start.sh in it is run by the learner
solution/        solution.sh, stock commands run in the learner's folder, and files that it copies from solution/
wrong/           typical mistakes: scripts like solution.sh, whose first line is `# fails: CHECK`
"""

import re
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Self

import yaml

from dockerlab.errors import ExerciseUnusable
from dockerlab.exercise.check import Check, sentence
from dockerlab.exercise.scoreboard import Criterion
from dockerlab.paths import course_root

KINDS = ("make", "repair", "predict", "find out", "recover")
OBJECTS = ("containers", "images", "volumes", "networks")
PARTS = ("README.md", "exercise.yml", "checks.py", "solution/solution.sh", "wrong")
LIMIT_SECONDS = 120
FEWEST_WRONG = 3
_TITLE = re.compile(r"# (.+)\n+")


@dataclass(frozen=True)
class Hint:
    """A hint: what it says, in Markdown, and the names of the checks that it helps with."""

    text: str
    checks: tuple[str, ...]


@dataclass(frozen=True)
class Task:
    """A task, as its folder has it."""

    folder: Path = field(repr=False)
    title: str
    text: str = field(repr=False)  # the task, in Markdown
    chapter: int  # of the course
    kind: str  # "make", "repair", "predict", "find out" or "recover"
    minutes: int  # how long it takes about
    makes: dict[str, tuple[str, ...]] = field(repr=False)  # the names of what it asks for: containers, images …
    limit: float = field(repr=False)  # seconds that a build may take in a check
    hints: tuple[Hint, ...] = field(repr=False)
    module: ModuleType = field(repr=False)  # its checks.py

    @classmethod
    def read(cls, folder: Path) -> Self:
        """The task of a folder.

        Raises:
            ExerciseUnusable: a part is missing or cannot be read.
        """
        name = folder.name
        for part in PARTS:
            if not (folder / part).exists():
                raise ExerciseUnusable(
                    name, f"it has no {part}", advice="labs/exercises/README.md says what belongs in."
                )
        title = _TITLE.match(text := (folder / "README.md").read_text(encoding="utf-8"))
        if not title:
            raise ExerciseUnusable(name, "its README.md does not begin with a title: `# …`")
        try:
            facts = yaml.safe_load((folder / "exercise.yml").read_text(encoding="utf-8"))
            makes = {kind: tuple(names) for kind, names in (facts.get("makes") or {}).items()}
            hints = tuple(Hint(hint["say"], tuple(hint.get("for", ()))) for hint in facts["hints"])
            chapter, kind, minutes = int(facts["chapter"]), facts["kind"], int(facts["minutes"])
            limit = float(facts.get("limit", LIMIT_SECONDS))
        except (yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise ExerciseUnusable(
                name, "its exercise.yml cannot be read", last_lines=[f"{type(error).__name__}: {error}"]
            ) from error
        if kind not in KINDS:
            raise ExerciseUnusable(name, f"its kind {kind!r} is none of {', '.join(KINDS)}")
        if unknown := makes.keys() - set(OBJECTS):
            raise ExerciseUnusable(name, f"it makes {', '.join(unknown)}, and not {', '.join(OBJECTS)}")
        module = load_checks(folder)
        task = cls(folder, title[1], text[title.end() :], chapter, kind, minutes, makes, limit, hints, module)
        if unknown := {check for hint in hints for check in hint.checks} - set(task.check_names):
            raise ExerciseUnusable(name, f"a hint is for {', '.join(sorted(unknown))}, which it does not check")
        return task

    @property
    def name(self) -> str:
        """What it is called in commands: the folder's name."""
        return self.folder.name

    @property
    def checks(self) -> tuple[Check, ...]:
        """Its checks, in order; none if a Dockerfile is judged."""
        return getattr(self.module, "CHECKS", ())

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """What its Dockerfile is judged by; empty for a task with checks."""
        return getattr(self.module, "CRITERIA", ())

    @property
    def check_names(self) -> list[str]:
        """How hints and reports call what it checks."""
        return [check.__name__ for check in self.checks] or [criterion.name for criterion in self.criteria]


def images_needed(task: Task) -> tuple[str, ...]:
    """The images that a learner has to have for it, besides the base image."""
    return getattr(task.module, "NEEDS", ())


def solution_files(task: Task) -> dict[str, str]:
    """The text of a solution's files by their path, the script first."""
    home = task.folder / "solution"
    files = sorted(path for path in home.rglob("*") if path.is_file())
    files.sort(key=lambda path: path.name != "solution.sh")
    return {path.relative_to(home).as_posix(): path.read_text(encoding="utf-8", errors="replace") for path in files}


def typical_mistakes(task: Task) -> dict[Path, str]:
    """Scripts of typical mistakes, each with the name of the check that it has to fail.

    Raises:
        ExerciseUnusable: a script does not say so, or there are fewer than three.
    """
    found = {}
    for script in sorted((task.folder / "wrong").glob("*.sh")):
        line = script.read_text(encoding="utf-8").partition("\n")[0]
        if not line.startswith("# fails: ") or line.removeprefix("# fails: ") not in task.check_names:
            raise ExerciseUnusable(task.name, f"wrong/{script.name} does not begin with `# fails: CHECK`")
        found[script] = line.removeprefix("# fails: ")
    if len(found) < FEWEST_WRONG:
        raise ExerciseUnusable(task.name, f"it has fewer than {FEWEST_WRONG} typical mistakes in wrong/")
    return found


def next_hint(hints: Sequence[Hint], seen: Sequence[int], failing: Sequence[str] = ()) -> int | None:
    """The number of the hint to give next: for a check that fails if there is one, else in order; None for no more.

    Args:
        seen: the numbers of hints that were given.
        failing: the names of checks that fail now.
    """
    left = [number for number in range(len(hints)) if number not in seen]
    fitting = [number for number in left if set(hints[number].checks) & set(failing)]
    return next(iter(fitting or left), None)


def exercises_folder(project: Path | None = None) -> Path:
    """Where the exercises are."""
    return (project or course_root()) / "labs" / "exercises"


def task_names(project: Path | None = None) -> list[str]:
    """The names of all exercises."""
    return sorted(file.parent.name for file in exercises_folder(project).glob("*/exercise.yml"))


def open_task(name: str, project: Path | None = None) -> Task:
    """The task of this name.

    Raises:
        ExerciseUnusable: there is none, or a part of it is broken.
    """
    there = task_names(project)
    if name not in there:
        raise ExerciseUnusable(name, "it is not in labs/exercises", advice=f"There are: {', '.join(there)}.")
    return Task.read(exercises_folder(project) / name)


def all_tasks(project: Path | None = None) -> list[Task]:
    """All tasks, in the course's order."""
    found = [Task.read(exercises_folder(project) / name) for name in task_names(project)]
    return sorted(found, key=lambda task: (task.chapter, task.minutes, task.name))


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
    checks, criteria = getattr(module, "CHECKS", None), getattr(module, "CRITERIA", None)
    if _is_table(criteria, lambda row: isinstance(row, Criterion)):
        return module
    if not _is_table(checks, callable):
        raise ExerciseUnusable(folder.name, "its checks.py has no table CHECKS of checks, nor CRITERIA of Criterion")
    if silent := [check.__name__ for check in checks if not sentence(check)]:
        raise ExerciseUnusable(folder.name, f"its check {silent[0]} has no sentence: a docstring")
    return module


def _is_table(table: object, fits) -> bool:
    return isinstance(table, tuple) and bool(table) and all(fits(row) for row in table)
