"""Answers about an image and a running container, compared with what both say themselves."""

import re

from dockerlab.exercise.check import NotYet, expect
from dockerlab.exercise.work import Work

IMAGE, NAME = "python:3.11-slim", "look-around"
PYTHON = "import platform; print(platform.python_version())"
DEBIAN = '. /etc/os-release; echo "$VERSION_CODENAME"; echo "$VERSION_ID"'
# Process 1 and its children. What `docker exec` starts has no parent in the container, so it does not count.
COUNT = (
    "number=0; for file in /proc/[0-9]*/stat; do "
    'read -r pid name state parent rest < "$file" || continue; '
    'if [ "$pid" -eq 1 ] || [ "$parent" -eq 1 ]; then number=$((number + 1)); fi; '
    'done 2>/dev/null; echo "$number"'
)


def answer(my: Work, key: str) -> str:
    """What answer.txt has behind a key, in small letters."""
    lines = [line.partition(":") for line in my.file("answer.txt").splitlines()]
    said = [value.strip(" \t`'\"").lower() for name, _, value in lines if name.strip().lower() == key]
    expect(said, found=f"no line in answer.txt begins with `{key}:`", look="The task's table has all four keys.")
    expect(said[-1], found=f"nothing behind `{key}:` in answer.txt", look="Find it out, write it there and save.")
    return said[-1]


def scene(my: Work) -> None:
    """Make sure that start.sh has been run."""
    try:
        my.running(NAME)
    except NotYet as missing:
        raise NotYet(missing.found, "`bash start.sh` starts it (again).") from None


def which_python(my: Work) -> None:
    """`python`: the exact version of Python in the image."""
    said = answer(my, "python")
    truth = my.try_out(IMAGE, "python", "-c", PYTHON).strip().lower()
    look = "Three numbers, and only the Python in there knows them."
    expect(
        said.removeprefix("python").strip(" v=") == truth,
        found=f"you wrote {said}, and Python says otherwise",
        look=look,
    )


def which_debian(my: Work) -> None:
    """`debian`: the code name of the image's Debian."""
    said = answer(my, "debian")
    name, number = my.try_out(IMAGE, "sh", "-c", DEBIAN).lower().split()
    words = set(re.findall(r"[\w.]+", said)) - {"debian", "gnu", "linux", number}
    look = "The system in the image describes itself in a file under `/etc`."
    expect(words == {name}, found=f"you wrote {said}, and that is not its code name", look=look)


def which_user(my: Work) -> None:
    """`user`: who runs the programs in the container `look-around`."""
    said = answer(my, "user")
    scene(my)
    truth = {my.inside(NAME, "id", "-un").strip(), my.inside(NAME, "id", "-u").strip()}
    look = "Which container did you ask: a new one, or the one that is running?"
    expect(said in truth, found=f"you wrote {said}, and it is somebody else", look=look)


def how_many_processes(my: Work) -> None:
    """`processes`: how many run in the container `look-around`."""
    said = answer(my, "processes")
    number = re.fullmatch(r"\D*(\d+)\D*", said)
    expect(number, found=f"you wrote {said}, and not one number", look="Write it in figures.")
    scene(my)
    truth = int(my.inside(NAME, "sh", "-c", COUNT))
    look = "Not every line that you counted may be a process, or you counted what you started to look."
    expect(int(number[1]) == truth, found=f"you wrote {number[1]}, and it is another number", look=look)


CHECKS = (which_python, which_debian, which_user, how_many_processes)
