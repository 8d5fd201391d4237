"""What a learner has done so far: one small file in their folder.

    {"format": 1, "exercises": {"first-page": {"tries": 3, "done": 2, "of": 3, "passed": "2026-11-27T10:12:00",
                                               "hints": [0], "solution": ""}}}

`format` rises when a reader of the old form would go wrong. Whatever else a newer version has written stays in it.
"""

from __future__ import annotations

import csv
import io
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from dockerlab.errors import FilesUnreadable
from dockerlab.exercise.check import Report
from dockerlab.paths import locked
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1
FILE = "progress.json"
COLUMNS = ["exercise", "passed", "tries", "checks_done", "checks", "hints", "solution"]


def _now() -> datetime:
    return datetime.now().astimezone()


@dataclass(frozen=True)
class Progress:
    """The file of a folder; it need not be there."""

    folder: Path
    say: Callable[[str], object] = print  # is told if a damaged file was put aside
    now: Callable[[], datetime] = _now

    @property
    def file(self) -> Path:
        """Its path."""
        return self.folder / FILE

    def of(self, exercise: str) -> dict:
        """What is recorded of one exercise: tries, done, of, passed, hints, solution."""
        return self._read()["exercises"].get(exercise, {})

    def passed(self) -> set[str]:
        """The names of the exercises that were passed."""
        return {name for name, facts in self._read()["exercises"].items() if facts.get("passed")}

    def note_report(self, report: Report) -> None:
        """Record a try. What was passed once stays passed."""
        with self._changed(report.task) as facts:
            facts["tries"] = facts.get("tries", 0) + 1
            if not facts.get("passed"):
                facts["done"], facts["of"] = report.done, len(report.results)
                facts["failing"] = report.failing
            if report.passed and not facts.get("passed"):
                facts["passed"] = self._time()

    def note_hint(self, exercise: str, number: int) -> None:
        """Record that a hint was given."""
        with self._changed(exercise) as facts:
            facts["hints"] = sorted({*facts.get("hints", ()), number})

    def note_solution(self, exercise: str) -> None:
        """Record that the solution was shown."""
        with self._changed(exercise) as facts:
            facts["solution"] = facts.get("solution") or self._time()

    def reset(self, exercise: str = "") -> None:
        """Forget one exercise, or all."""
        with self._written() as state:
            if exercise:
                state["exercises"].pop(exercise, None)
            else:
                state["exercises"] = {}

    def table(self, exercises: list[str]) -> pd.DataFrame:
        """One row for each exercise: exercise, passed, tries, checks_done, checks, hints, solution."""
        recorded = self._read()["exercises"]
        rows = []
        for name in exercises:
            f = recorded.get(name, {})
            counts = (f.get("tries", 0), f.get("done", 0), f.get("of", 0), len(f.get("hints", ())))
            rows.append((name, f.get("passed", ""), *counts, f.get("solution", "")))
        return table(rows, columns=COLUMNS)

    def as_json(self) -> str:
        """The whole record, to hand in."""
        return json.dumps(self._read(), indent=2, ensure_ascii=False)

    def as_csv(self, exercises: list[str]) -> str:
        """The table, to hand in."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(self.table(exercises).itertuples(index=False))
        return text.getvalue()

    def _time(self) -> str:
        return self.now().isoformat(timespec="seconds")

    def _read(self) -> dict:
        """What the file says. A damaged one is put aside, and told of.

        Raises:
            FilesUnreadable: the system does not let it be read.
        """
        try:
            text = self.file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return {"format": FORMAT, "exercises": {}}
        except UnicodeDecodeError:
            text = ""
        except OSError as error:
            raise FilesUnreadable(str(self.file), error.strerror or str(error)) from error
        try:
            return parse(text)
        except ValueError as problem:
            aside = self._put_aside()
            self.say(f"{self.file} was damaged ({problem}). It is kept as {aside.name}, and a new one begins.")
            return {"format": FORMAT, "exercises": {}}

    def _put_aside(self) -> Path:
        number = 1
        while (aside := self.folder / f"progress-damaged-{number}.json").exists():
            number += 1
        return self.file.rename(aside)

    @contextmanager
    def _changed(self, exercise: str) -> Iterator[dict]:
        with self._written() as state:
            yield state["exercises"].setdefault(exercise, {})

    @contextmanager
    def _written(self) -> Iterator[dict]:
        """Change what the file says; it is replaced at once, so a crash leaves the old or the new one.

        Raises:
            FilesUnreadable: the system does not let it be written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with locked(self.folder / ".progress.lock"):
                state = self._read()
                yield state
                handle, name = tempfile.mkstemp(prefix=".progress-", dir=self.folder)
                try:
                    with os.fdopen(handle, "w", encoding="utf-8") as new:
                        json.dump(state, new, indent=1, ensure_ascii=False)
                        new.flush()
                        os.fsync(new.fileno())
                    os.replace(name, self.file)
                except BaseException:
                    Path(name).unlink(missing_ok=True)
                    raise
        except OSError as error:
            raise FilesUnreadable(str(self.file), error.strerror or str(error), done="written") from error


def parse(text: str) -> dict:
    """What a progress file says, whatever newer version has written it.

    Raises:
        ValueError: it is none.
    """
    state = json.loads(text)
    exercises = state.get("exercises") if isinstance(state, dict) else None
    if not isinstance(exercises, dict) or not all(isinstance(facts, dict) for facts in exercises.values()):
        raise ValueError("it does not list exercises")
    return state
