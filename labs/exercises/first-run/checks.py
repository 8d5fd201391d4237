"""A container that printed one line and ended."""

from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import Work

IMAGE = "python:3.11-slim"


def the_container_is_there(my: Work) -> None:
    """There is a container called `hello`."""
    my.container("hello")


@after(the_container_is_there)
def it_is_made_from_the_image(my: Work) -> None:
    """It was made from the image `python:3.11-slim`."""
    image = my.container("hello")["Image"]
    expect(image == my.image(IMAGE)["Id"], found="another image", look="`docker ps -a`: the column IMAGE.")


@after(the_container_is_there)
def it_says_hello(my: Work) -> None:
    """It has printed `Hello from a container`."""
    printed = my.logs("hello").strip()
    expect("Hello from a container" in printed, found=f"{printed or 'nothing'}", look="`docker logs hello`.")


@after(it_says_hello)
def it_ended_well(my: Work) -> None:
    """It ended by itself, with exit code 0."""
    state = my.container("hello")["State"]
    found = f"status {state['Status']}, exit code {state['ExitCode']}"
    expect(
        state["Status"] == "exited" and state["ExitCode"] == 0, found=found, look="`docker ps -a`: the column STATUS."
    )


CHECKS = (the_container_is_there, it_is_made_from_the_image, it_says_hello, it_ended_well)
