"""A release is taken back: tags are moved, the bad image is kept under another name, and the container replaced."""

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

NAME = "wrong-latest"
GOOD, BAD, LATEST, KEPT = (f"{NAME}:{tag}" for tag in ("2.0", "2.1", "latest", "broken"))
PLACE = "127.0.0.1:18200"
LIST = f"`docker image ls {NAME}`: which names have one ID?"


def page(my: Work, image: str) -> str:
    """The page in an image."""
    return my.try_out(image, "cat", "/site/index.html")


def latest_is_the_good_one(my: Work) -> None:
    """`wrong-latest:latest` is the very image that is called `wrong-latest:2.0`, and it has the good page."""
    latest, good = my.image(LATEST)["Id"], my.image(GOOD)["Id"]
    expect(latest == good, found=f"{LATEST} and {GOOD} are two images", look=LIST)
    found = f"{GOOD} has another page than release 2.0 had"
    expect("Release 2.0" in page(my, GOOD), found=found, look=f"`docker run --rm {GOOD} cat /site/index.html`.")


@after(latest_is_the_good_one)
def the_number_is_withdrawn(my: Work) -> None:
    """There is no `wrong-latest:2.1` any more."""
    try:
        my.image(BAD)
    except NotYet:
        return
    raise NotYet(f"an image called {BAD}", LIST)


@after(latest_is_the_good_one)
def the_bad_one_is_kept(my: Work) -> None:
    """The bad release is still there, as `wrong-latest:broken`."""
    found = f"{KEPT} is not the bad release"
    expect("Release 2.1" in page(my, KEPT), found=found, look=f"`docker run --rm {KEPT} cat /site/index.html`.")


@after(latest_is_the_good_one)
def the_container_runs_the_good_one(my: Work) -> None:
    """The container `wrong-latest` runs the good release."""
    made_from = my.running(NAME)["Image"]
    found = "a container that was made from another image"
    expect(made_from == my.image(GOOD)["Id"], found=found, look="http://localhost:18200: which release is it?")


@after(the_container_runs_the_good_one)
def the_shop_is_open(my: Work) -> None:
    """It shows its page on port 18200 of your machine, on `127.0.0.1` only."""
    places = my.published(NAME, 8000)
    found = f"it is published on {', '.join(places) or 'no port'}"
    expect(places == [PLACE], found=found, look="`docker ps`: the column PORTS.")
    answer = my.ask(NAME)
    found = f"an answer without it (status {answer.status})"
    expect("Release 2.0" in str(answer.body), found=found, look=f"`docker logs {NAME}`.")


CHECKS = (
    latest_is_the_good_one,
    the_number_is_withdrawn,
    the_bad_one_is_kept,
    the_container_runs_the_good_one,
    the_shop_is_open,
)
