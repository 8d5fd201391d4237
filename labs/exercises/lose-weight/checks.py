"""An image without the bytes that nobody needs, which does the same as before."""

import hashlib
import random
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dockerlab.engine.patience import patience
from dockerlab.exercise.check import after, expect
from dockerlab.exercise.work import CheckBench, Work
from dockerlab.image import MB

BASE = "python:3.11-slim"
LIMIT_MB = 30  # the tiles are 20
SURVEY_BYTES, TILES_BYTES = 40_000_000, 20_000_000
TOWN = "the town that the check surveys"  # another than the learner's, so that no line can be learned by heart
RUN_SECONDS = 20
STARTER = Path(__file__).parent / "starter"


@contextmanager
def built(my: Work) -> Iterator[tuple[CheckBench, str]]:
    """A bench on which the learner's Dockerfile has been built, with the programs as they were; and the image."""
    with my.bench(copied=True) as bench:
        for file in STARTER.iterdir():
            if file.name != "Dockerfile":
                shutil.copy(file, bench.folder)
        (bench.folder / "seed.txt").write_text(f"{TOWN}\n", encoding="utf-8")
        bench.build("Dockerfile", "-t", bench.tag("map"))
        yield bench, bench.tag("map")


def expected_line() -> str:
    """What show.py prints of the check's town."""
    tiles = random.Random(TOWN).randbytes(SURVEY_BYTES)[:TILES_BYTES]
    return f"20 tiles, {TILES_BYTES} bytes, map {hashlib.sha256(tiles).hexdigest()[:16]}"


def run(bench: CheckBench, image: str, *command: str, options: tuple[str, ...] = ()) -> str:
    return bench.run_once(image, command, options, patience(RUN_SECONDS)).strip()


def it_is_light(my: Work) -> None:
    """The image adds at most 30 MB to `python:3.11-slim`."""
    base = set(my.image(BASE)["RootFS"]["Layers"])
    with built(my) as (_, image):
        added = [layer for layer in my.layers(image).layers if layer.diff_id not in base]
    size = sum(layer.size_bytes for layer in added) / MB
    heavy = sum(layer.size_bytes > MB for layer in added)
    expect(
        size <= LIMIT_MB,
        found=f"{size:.0f} MB in {len(added)} layers, {heavy} of them larger than 1 MB",
        look="`docker build -t lose-weight:new .`, then `docker history lose-weight:new`: the column SIZE.",
    )


@after(it_is_light)
def it_shows_the_map(my: Work) -> None:
    """It still prints its line, and leaves its note beside the tiles."""
    with built(my) as (bench, image):
        printed = run(bench, image)
    look = "`docker run --rm lose-weight:new`."
    expect(printed == expected_line(), found=f"{printed or 'nothing'}, where the tiles say something else", look=look)


@after(it_is_light)
def it_is_not_root(my: Work) -> None:
    """It runs as the user `walker`."""
    with built(my) as (bench, image):
        user = run(bench, image, "-un", options=("--entrypoint", "id"))
    expect(user == "walker", found=f"the user {user}", look="`docker run --rm lose-weight:new id`.")


CHECKS = (it_is_light, it_shows_the_map, it_is_not_root)
