"""An image that works like a command: ENTRYPOINT for the program, CMD for its default words, both in the exec form."""

import random
import string

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

IMAGE = "shout:1"
DEFAULT = "SAY SOMETHING"
ODD = ("two  blanks", "*", "$HOME", "it's")  # a shell would make something else of each


def shouted(my: Work, *words: str) -> str:
    """What the image prints when it gets these words."""
    command = " ".join(["docker run --rm", IMAGE, *words])
    try:
        return my.try_out(IMAGE, *words).strip("\r\n")
    except NotYet as missing:
        if "does not start" not in missing.found:
            raise
        raise NotYet(
            f"`{command}` starts nothing", "what Docker says when you run that: which program did it look for?"
        ) from None


def there_is_an_image(my: Work) -> None:
    """There is an image called `shout:1`."""
    my.image(IMAGE)


@after(there_is_an_image)
def it_shouts_your_words(my: Work) -> None:
    """`docker run --rm shout:1 hello there` prints `HELLO THERE`, and so with any other words."""
    words = ["".join(random.choices(string.ascii_lowercase, k=6)) for _ in range(3)]
    heard = shouted(my, *words)
    expect(
        heard == " ".join(words).upper(),
        found=f"for `{' '.join(words)}` it printed {quoted(heard)}",
        look="`docker image inspect shout:1`: its Entrypoint and its Cmd. Your words replace one of them.",
    )


@after(it_shouts_your_words)
def it_has_words_of_its_own(my: Work) -> None:
    """`docker run --rm shout:1` prints `SAY SOMETHING`."""
    heard = shouted(my)
    expect(
        heard == DEFAULT,
        found=f"without words it printed {quoted(heard)}",
        look="`docker image inspect shout:1`: what is in its Cmd?",
    )


@after(it_shouts_your_words)
def words_arrive_as_typed(my: Work) -> None:
    """Blanks, stars and dollar signs in your words arrive as you typed them."""
    heard = shouted(my, *ODD)
    expect(
        heard == " ".join(ODD).upper(),
        found=f"for {' '.join(f'`{word}`' for word in ODD)} it printed {quoted(heard)}",
        look="""`docker run --rm shout:1 "*"`: who would make something else of a star?""",
    )


def quoted(heard: str) -> str:
    """What was printed, for a sentence."""
    return f"`{heard}`" if heard.strip() else "nothing"


CHECKS = (there_is_an_image, it_shouts_your_words, it_has_words_of_its_own, words_arrive_as_typed)
