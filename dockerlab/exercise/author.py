"""The skeleton of a new exercise, for its author to fill."""

import re
from pathlib import Path

from dockerlab.errors import ExerciseUnusable

FILES = {
    "README.md": "# What the learner achieves\n\nSay in plain words what to make, and why anybody would want it.\n",
    "exercise.yml": """\
chapter: 1
kind: make  # or: repair, predict, find out, recover
minutes: 10
limit: 60  # seconds that a build may take in a check
makes:  # the names that the task gives; a reset removes these
  containers: [my-container]
hints:
  - for: [the_container_runs]
    say: |
      What to think of first.
""",
    "checks.py": '''\
"""What is looked at."""

from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work


def the_container_runs(my: Work) -> None:
    """A container called `my-container` is running."""
    my.running("my-container")


@after(the_container_runs)
def it_says_hello(my: Work) -> None:
    """It has written "hello" to its log."""
    expect("hello" in my.logs("my-container"), found="a log without it", look="`docker logs my-container`.")


CHECKS = (the_container_runs, it_says_hello)
''',
    "solution/solution.sh": """\
docker run -d --name my-container python:3.11-slim sh -c 'echo hello; sleep 600'
""",
    "wrong/not-started.sh": """\
# fails: the_container_runs
docker create --name my-container python:3.11-slim sh -c 'echo hello; sleep 600'
""",
    "wrong/ended.sh": """\
# fails: the_container_runs
docker run --name my-container python:3.11-slim echo hello
""",
    "wrong/silent.sh": """\
# fails: it_says_hello
docker run -d --name my-container python:3.11-slim sleep 600
""",
}


def make(folder: Path) -> Path:
    """Write the skeleton into a new folder, and give its path.

    Raises:
        ExerciseUnusable: the name is not fit for a command, or something is there.
    """
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", folder.name):
        raise ExerciseUnusable(folder.name, "its name has more than small letters, digits and hyphens")
    if folder.exists():
        raise ExerciseUnusable(folder.name, f"{folder} is there already")
    for name, text in FILES.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
