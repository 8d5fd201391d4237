"""An image with the learner's program, and a container of it."""

import hashlib
import math
import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from dockerlab.engine.patience import patience
from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work
from dockerlab.run import Answer, Container

BASE, IMAGE, NAME = "python:3.11-slim", "greeter:1", "greeter"
PROGRAM = "greeter.py"
PLACE = "127.0.0.1:18102"
GRACE_SECONDS = 2  # for a program that has been asked to end, on an idle machine
KILLED = 137  # the exit code of a program that had to be killed


@contextmanager
def new_container(my: Work, greeting: str) -> Iterator[tuple[Container, Answer]]:
    """A container of the image, the check's own, and what it answers."""
    options = ("-p", "127.0.0.1::8000", "-e", f"GREETING={greeting}")
    with my.bench() as bench:
        box = bench.start(IMAGE, NAME, options)
        try:
            answer = my.ask(box.name, "/")
        except NotYet as silent:
            found = silent.found.replace(box.name, f"a new container of {IMAGE}")
            look = f"`docker run --rm {IMAGE}`, with nothing after the name: does the program start?"
            raise NotYet(found, look) from None
        yield box, answer


def the_image_begins_with_python(my: Work) -> None:
    """There is an image `greeter:1`, and it was built on `python:3.11-slim`."""
    below, mine = (my.image(reference)["RootFS"].get("Layers") or [] for reference in (BASE, IMAGE))
    look = f"`docker history {IMAGE}`: what are its lowest lines?"
    expect(mine[: len(below)] == below, found=f"an image that does not begin with {BASE}", look=look)
    look = f"`docker history {IMAGE}`: what did your Dockerfile add?"
    expect(len(mine) > len(below), found=f"nothing in it but {BASE} itself", look=look)


@after(the_image_begins_with_python)
def the_program_is_in_it(my: Work) -> None:
    """It holds `greeter.py`, the same that is in your folder."""
    my.file(PROGRAM)
    mine = hashlib.sha256((my.folder / PROGRAM).read_bytes()).hexdigest()
    search = f"find / -xdev -name {PROGRAM} -type f -exec sha256sum {{}} + 2>/dev/null; true"
    there = my.try_out(IMAGE, "-c", search, options=("--user", "0", "--entrypoint", "sh")).split()[::2]
    expect(there, found=f"no {PROGRAM} in the image", look="Which instruction puts files of yours into an image?")
    look = "Which of the two is newer: your last change, or your last build?"
    expect(mine in there, found=f"another {PROGRAM} than in your folder", look=look)


@after(the_program_is_in_it)
def it_starts_by_itself(my: Work) -> None:
    """A new container of it starts the program by itself, and says whatever its `GREETING` is."""
    word = f"hello-{secrets.token_hex(4)}"
    with new_container(my, word) as (_, answer):
        look = "Start one with a `GREETING` of your own. What does it say?"
        expect(word in str(answer.body), found="a greeting that was not asked for", look=look)


@after(the_program_is_in_it)
def it_holds_no_greeting(my: Work) -> None:
    """The image itself holds no greeting."""
    names = [each.partition("=")[0] for each in my.image(IMAGE)["Config"].get("Env") or ()]
    look = "Who should say what a container's greeting is: the image, or whoever starts the container?"
    expect("GREETING" not in names, found="GREETING is set in the image", look=look)


@after(it_starts_by_itself)
def it_stops_when_asked(my: Work) -> None:
    """A new container of it ends at once when it is asked to stop."""
    with new_container(my, "hello") as (box, _):
        grace = math.ceil(patience(GRACE_SECONDS))
        box.found().stop(timeout=grace)
        code = box.found().attrs["State"]["ExitCode"]
    look = f"`time docker stop {NAME}` (and `docker start {NAME}` afterwards). Which program is process 1?"
    expect(code != KILLED, found=f"still running after {grace} s, and then killed", look=look)


@after(the_program_is_in_it)
def the_container_runs_it(my: Work) -> None:
    """A container called `greeter` runs, made from this very image."""
    made_from = my.running(NAME)["Image"]
    look = "`docker ps`: the column IMAGE, and which is newer, the image or the container."
    expect(made_from == my.image(IMAGE)["Id"], found=f"a container of another image than today's {IMAGE}", look=look)


@after(the_container_runs_it)
def it_answers(my: Work) -> None:
    """It answers on port 18102 of your machine, on `127.0.0.1` only."""
    places = my.published(NAME, 8000)
    found = f"its port 8000 is published on {' and '.join(places) or 'nothing'}"
    expect(places == [PLACE], found=found, look="`docker ps`: the column PORTS, on both sides of the arrow.")
    answer = my.ask(NAME, "/version")
    found = f"status {answer.status} on /version"
    expect(answer.status == 200 and "greeter 1" in str(answer.body), found=found, look=f"`docker logs {NAME}`.")


@after(it_answers)
def it_says_good_morning(my: Work) -> None:
    """It greets with `Good morning`."""
    said = str(my.ask(NAME, "/").body).strip()
    is_right = said.rstrip(".!").lower() == "good morning"
    expect(is_right, found=f"it says: {said[:60]}", look=f"`docker exec {NAME} printenv GREETING`.")


CHECKS = (
    the_image_begins_with_python,
    the_program_is_in_it,
    it_starts_by_itself,
    it_holds_no_greeting,
    it_stops_when_asked,
    the_container_runs_it,
    it_answers,
    it_says_good_morning,
)
