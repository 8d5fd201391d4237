"""An image whose build borrows a token. The checks use tokens of their own, so no old layer can pass for a new one."""

import hashlib
import tempfile
import uuid
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work
from dockerlab.image.search import find_in_image

IMAGE, LICENCE = "shop-licence:1", "/app/licence.txt"
PRACTICE = "fake-token-for-practice-only"


@dataclass(frozen=True)
class Trial:
    """A build with two tokens: one is given as the secret, the other lies in token.txt."""

    licence: str  # what is in licence.txt
    of_secret: str  # what belongs there
    of_file: str  # the licence for the token in token.txt
    secret_places: tuple[str, ...]  # where the secret is in the image
    file_places: tuple[str, ...]  # where the token of token.txt is


def licence_for(token: str) -> str:
    """What make_licence.py writes for a token."""
    return f"Licence {hashlib.sha256(f'licence for {token}'.encode()).hexdigest()[:16]}"


def places(my: Work, image: str, *tokens: str) -> dict[str, tuple[str, ...]]:
    """Where each of these tokens is in an image, in a few words; their first four letters have to differ."""
    rows = [*find_in_image(my.engine, image, *tokens).itertuples()]
    return {token: tuple(place(row) for row in rows if row.what[:4] == token[:4]) for token in tokens}


def place(row: Any) -> str:
    """A row of `find_in_image`, for a sentence."""
    return f"{row.where} {row.path}" + (f", layer {row.layer}" if row.layer else "")


@lru_cache(maxsize=1)  # for the checks of one run, which share its build
def trial(my: Work) -> Trial:
    """Build the learner's folder with a secret that nobody has seen before."""
    secret, in_file = (f"{first}-fake-{uuid.uuid4().hex}" for first in ("lent", "file"))
    with my.bench(copied=True) as bench, tempfile.TemporaryDirectory(prefix="dockerlab-secret-") as elsewhere:
        source = Path(elsewhere, "secret.txt")
        source.write_text(f"{secret}\n", encoding="utf-8")
        for path in bench.folder.rglob("*"):  # the practice token may have moved to another file
            if path.is_file() and not path.is_symlink() and PRACTICE.encode() in (content := path.read_bytes()):
                path.write_bytes(content.replace(PRACTICE.encode(), in_file.encode()))
        # Another value of a secret makes no step run again. So nothing is taken from the learner's steps (--no-cache),
        # and the learner's next build takes nothing from here (another make_licence.py).
        for script in bench.folder.glob("make_licence.py"):
            script.write_text(f"{script.read_text(encoding='utf-8')}\n# {uuid.uuid4().hex}\n", encoding="utf-8")
        bench.build("Dockerfile", "--no-cache", "--secret", f"id=shop_token,src={source}", "-t", bench.tag("one"))
        image = bench.tag("one")
        try:
            licence = bench.run_once(image, ("cat", LICENCE), ("--entrypoint", ""), 20).strip()
        except NotYet:
            raise NotYet(f"no {LICENCE} in the image", "Does `make_licence.py` run while the image is built?") from None
        found = places(my, image, secret, in_file)
        return Trial(licence, licence_for(secret), licence_for(in_file), found[secret], found[in_file])


def the_build_uses_the_secret(my: Work) -> None:
    """Built with `--secret id=shop_token,src=…`, the image has the licence for exactly that token."""
    built = trial(my)
    look = "Which file does `make_licence.py` read in your Dockerfile? Where is a build secret, and for how long?"
    expect(built.licence != built.of_file, found="a licence for the token in token.txt, not for the secret", look=look)
    expect(built.licence == built.of_secret, found="a licence for some other token than the secret", look=look)


@after(the_build_uses_the_secret)
def the_secret_is_in_no_layer(my: Work) -> None:
    """The secret that was lent to the build is nowhere in the image."""
    found = trial(my).secret_places
    expect(
        not found,
        found=f"it is there: {'; '.join(found[:1])}",
        look="What does your RUN step write, apart from the licence?",
    )


@after(the_build_uses_the_secret)
def token_txt_stays_out(my: Work) -> None:
    """What is in `token.txt` is nowhere in the image either."""
    found = trial(my).file_places
    expect(
        not found,
        found=f"it is there: {'; '.join(found[:1])}",
        look="Which step brought it? `docker history` shows them all.",
    )


@after(the_secret_is_in_no_layer, token_txt_stays_out)
def your_image_is_clean(my: Work) -> None:
    """Your image `shop-licence:1` has the licence for the token in `token.txt`, and not the token."""
    token = my.file("token.txt").strip()
    expect(token, found="an empty token.txt", look="A reset of the exercise puts it back.")
    printed = my.try_out(IMAGE, "cat", LICENCE, options=("--entrypoint", "")).strip()
    look = "The command that builds it is in the task. When did you run it last?"
    expect(printed == licence_for(token), found=f"a licence for another token: {printed or 'nothing'}", look=look)
    found = places(my, IMAGE, token)[token]
    expect(not found, found=f"the token is there: {'; '.join(found[:1])}", look=look)


CHECKS = (the_build_uses_the_secret, the_secret_is_in_no_layer, token_txt_stays_out, your_image_is_clean)
