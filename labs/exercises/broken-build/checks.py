"""A Dockerfile that builds again, and an image that does what was asked."""

import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import CheckBench, Work

IMAGE = "word-count:1"
STARTER = Path(__file__).parent / "starter"
GIVEN = ("word_count.py", "letter.txt")
REPORT = "/app/reports/words.txt"
OTHER_LETTER = "tide " * 7 + "gull " * 5 + "quay " * 4 + "rope " * 3 + "moss " * 2 + "fern\n"


def report_on(letter: str) -> list[str]:
    """What the program has to say about a letter, line by line, without the blanks."""
    return tidy(runpy.run_path(str(STARTER / "word_count.py"))["report"](letter))


def tidy(text: str) -> list[str]:
    """The lines of a text, without the blanks at their ends."""
    return [line.strip() for line in text.strip().splitlines()]


@contextmanager
def built_with_another_letter(my: Work) -> Iterator[tuple[CheckBench, str]]:
    """The learner's Dockerfile, built with another letter: the bench and the image's name."""
    with my.bench(copied=True) as bench:
        (bench.folder / "letter.txt").write_text(OTHER_LETTER, encoding="utf-8")
        bench.build("Dockerfile", "-t", bench.tag("other"))
        yield bench, bench.tag("other")


def it_builds(my: Work) -> None:
    """The Dockerfile builds."""
    with my.bench(copied=True) as bench:
        bench.build("Dockerfile", "-t", bench.tag("yours"))


@after(it_builds)
def it_prints_the_report(my: Work) -> None:
    """A container prints how often the five most frequent words occur, for any letter."""
    look = f"`docker run --rm {IMAGE}`, and which step of the build should have made what it prints."
    with built_with_another_letter(my) as (_, image):
        try:
            printed = my.try_out(image)
        except NotYet as failed:
            raise NotYet(failed.found.replace(image, "a new container"), look) from None
    expect(tidy(printed) == report_on(OTHER_LETTER), found="it prints something else than the count", look=look)


@after(it_prints_the_report)
def the_report_is_in_the_image(my: Work) -> None:
    """The counting was done during the build: the image holds `/app/reports/words.txt`."""
    look = f"`docker run --rm {IMAGE} ls -R /app`: is it there before anything has been counted?"
    with built_with_another_letter(my) as (_, image):
        try:
            kept = my.try_out(image, REPORT, options=("--entrypoint", "cat"))
        except NotYet:
            raise NotYet(f"no {REPORT} in the image", look) from None
    expect(tidy(kept) == report_on(OTHER_LETTER), found=f"{REPORT} holds something else", look=look)


@after(it_builds)
def only_the_dockerfile_has_changed(my: Work) -> None:
    """`word_count.py` and `letter.txt` are as they were."""
    for name in GIVEN:
        given = (STARTER / name).read_text(encoding="utf-8")
        expect((my.folder / name).is_file(), found=f"no file {name}", look="`ls`: under which name is it now?")
        expect(
            my.file(name) == given, found=f"{name} has changed", look="The exercise's starter files have it as it was."
        )


@after(it_prints_the_report)
def your_image_prints_it(my: Work) -> None:
    """Your image `word-count:1` prints the words of your letter."""
    printed = my.try_out(IMAGE)
    look = f"`docker run --rm {IMAGE}`. Is the image newer than your last change?"
    expect(tidy(printed) == report_on(my.file("letter.txt")), found="it prints something else", look=look)


CHECKS = (
    it_builds,
    it_prints_the_report,
    the_report_is_in_the_image,
    only_the_dockerfile_has_changed,
    your_image_prints_it,
)
