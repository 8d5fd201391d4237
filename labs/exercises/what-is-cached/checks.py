"""Which steps of a rebuild come from the cache, after three edits: the learner's marks against real builds."""

import os
import re
import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

from dockerlab.build.trace import CACHED
from dockerlab.exercise.check import expect
from dockerlab.exercise.work import Work

STARTER = Path(__file__).parent / "starter"
FILES = ("Dockerfile", "app.py", "requirements.txt")
STEPS = range(2, 8)  # FROM, the first, is left out
WORDS = {"cached": True, "cache": True, "runs": False, "run": False, "ran": False}


def add_line(file: Path) -> None:
    """A line that no build has seen before, or its steps might come from the cache of an earlier check."""
    with file.open("a", encoding="utf-8") as opened:
        opened.write(f"# {uuid.uuid4().hex}\n")


def set_time(file: Path) -> None:
    changed = file.stat().st_mtime + 3600
    os.utime(file, (changed, changed))


def marks(my: Work, edit: int) -> dict[int, bool]:
    """The learner's marks for an edit: by step, whether it is cached."""
    text = my.file("prediction.txt")
    part = re.search(rf"^\W*edit\s*{edit}\b(.*?)(?=^\W*edit\s*\d|\Z)", text, re.IGNORECASE | re.MULTILINE | re.DOTALL)
    lines = re.findall(r"^\s*(\d+)\b.*?(\S+)\s*$", part[1] if part else "", re.MULTILINE)
    written = {int(step): mark.lower().strip("[]().,;:`\"'") for step, mark in lines}
    missing = [str(step) for step in STEPS if written.get(step) not in WORDS]
    expect(
        not missing,
        found=f"no `cached` or `runs` at step {', '.join(missing)} of edit {edit}",
        look="prediction.txt: the last word of each line is your mark.",
    )
    return {step: WORDS[written[step]] for step in STEPS}


def what_happens(my: Work, name: str, edit: Callable[[Path], None]) -> dict[int, bool]:
    """What a rebuild does after an edit of a file: by step, whether it is cached."""
    with my.bench() as bench:
        for file in FILES:  # the starter's, for the learner may have tried things out on theirs
            shutil.copy2(STARTER / file, bench.folder)
        bench.build()
        edit(bench.folder / name)
        steps = bench.build().trace.instructions()
    return {step.index: step.state == CACHED for step in steps if step.index in STEPS}


def compare(my: Work, number: int, name: str, edit: Callable[[Path], None]) -> None:
    marked = marks(my, number)
    really = what_happens(my, name, edit)
    right = sum(marked[step] == really[step] for step in STEPS)
    expect(
        right == len(STEPS),
        found=f"{right} of {len(STEPS)} marks as in the build",
        look="Build, make this edit, and build again. `CACHED` stands at each step that did not run.",
    )


def app_gets_a_line(my: Work) -> None:
    """Edit 1, one more line in `app.py`: your marks are what the build does."""
    compare(my, 1, "app.py", add_line)


def app_gets_a_new_time(my: Work) -> None:
    """Edit 2, a new time of `app.py`: your marks are what the build does."""
    compare(my, 2, "app.py", set_time)


def requirements_get_a_line(my: Work) -> None:
    """Edit 3, one more line in `requirements.txt`: your marks are what the build does."""
    compare(my, 3, "requirements.txt", add_line)


CHECKS = (app_gets_a_line, app_gets_a_new_time, requirements_get_a_line)
