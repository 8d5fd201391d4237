"""Six exit codes, each measured here with containers of the check's own and compared."""

import re
import time
from collections.abc import Callable

from dockerlab.engine.patience import patience
from dockerlab.errors import DockerCommandFailed
from dockerlab.exercise.check import NotYet, expect
from dockerlab.exercise.work import Work

IMAGE = "python:3.11-slim"
POLITE = "trap 'exit 0' TERM; echo ready; sleep 600 & wait"
READY_SECONDS, RUN_SECONDS = 10, 20


def a_program_raises(my: Work) -> None:
    """`raises`: the program ends with an exception."""
    compare(my, "raises", lambda: code_of(my, IMAGE, "python", "-c", "raise ValueError"))


def a_program_is_not_found(my: Work) -> None:
    """`not_found`: the image does not have the program."""
    compare(my, "not_found", lambda: code_of(my, IMAGE, "pyton"))


def a_program_is_not_executable(my: Work) -> None:
    """`not_executable`: the file is there and cannot be run."""
    compare(my, "not_executable", lambda: code_of(my, IMAGE, "/etc/passwd"))


def an_option_is_unknown(my: Work) -> None:
    """`unknown_option`: `docker run` does not know an option."""
    compare(my, "unknown_option", lambda: code_of(my, "--nmae", "web", IMAGE, "true"))


def it_is_killed(my: Work) -> None:
    """`killed`: the container was ended by `docker kill`."""
    compare(my, "killed", lambda: code_after(my, "kill", "sleep", "600"))


def it_is_stopped(my: Work) -> None:
    """`stopped`: the container was ended by `docker stop`, and its program was ready for that."""
    compare(my, "stopped", lambda: code_after(my, "stop", "sh", "-c", POLITE, ready="ready"))


def compare(my: Work, key: str, measure: Callable[[], int]) -> None:
    """Whether answer.txt has under this key what is measured."""
    given = answers(my, key)
    expect(given, found=f"no number for {key} in answer.txt", look=f"the line of `{key}`: it should end with a number.")
    expect(
        given == [measure()],
        found=f"{' and '.join(map(str, given))} is not what comes out here",
        look=f"what `{'docker ps -a' if key in ('killed', 'stopped') else 'echo $?'}` says when you try it once more.",
    )


def answers(my: Work, key: str) -> list[int]:
    """The numbers in a key's line of answer.txt."""
    line = re.search(rf"^\W*{key}\W+(.*)$", my.file("answer.txt"), re.IGNORECASE | re.MULTILINE)
    return [int(number) for number in re.findall(r"-?\d+", line[1] if line else "")]


def code_of(my: Work, *arguments: str) -> int:
    """The exit code of `docker run --rm ARGUMENTS`: of the program, or of `docker run` itself if nothing started."""
    try:
        my.engine.run("run", "--rm", *arguments, timeout=patience(RUN_SECONDS))
    except DockerCommandFailed as failed:
        return failed.exit_code
    return 0


def code_after(my: Work, order: str, *program: str, ready: str = "") -> int:
    """The exit code of a container that gets `docker ORDER` as soon as its program has printed that it is ready."""
    with my.bench() as bench:
        name = bench.start(IMAGE, order, command=program).name
        deadline = time.monotonic() + patience(READY_SECONDS)
        while ready not in my.logs(name):
            if time.monotonic() > deadline:
                raise NotYet("a machine that is too busy to try it out", "Check again in a minute.")
            time.sleep(0.05)
        my.engine.run(order, name)
        return int(my.engine.run("wait", name))


CHECKS = (
    a_program_raises,
    a_program_is_not_found,
    a_program_is_not_executable,
    an_option_is_unknown,
    it_is_killed,
    it_is_stopped,
)
