"""A second stage that takes one file over and leaves a compiler of 40 MB behind."""

import random
import string
from functools import lru_cache

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import CheckBench, Work
from dockerlab.image import Image
from dockerlab.text import one_line

IMAGE, BASE = "tide-table:1", "python:3.11-slim"
MOST_BYTES = 1_000_000
TOOLCHAIN, NAMES = "opt/toolchain", ("tidec", "tidec.py", "standard.lib")
MINUTES_TO_LOW = 373  # as in the compiler


def table(source: str) -> list[str]:
    """What the program prints that the compiler makes of this source."""
    lines = []
    for place, high in (line.split() for line in source.splitlines() if line.strip()):
        hours, minutes = map(int, high.split(":"))
        low = (60 * hours + minutes + MINUTES_TO_LOW) % (24 * 60)
        lines.append(f"{place}: high {high}, low {low // 60:02d}:{low % 60:02d}")
    return lines


def printed(bench: CheckBench, image: str) -> str:
    """What an image prints."""
    try:
        return bench.run_once(image, (), (), 20).strip()
    except NotYet as missing:
        look = f"`docker run --rm {IMAGE}`, and `docker image inspect {IMAGE}`: what is its Cmd?"
        said = (missing.found.partition(": ")[2] or missing.found).rpartition("container process: ")[2]
        raise NotYet(f"the program fails: {said}", look) from None


@lru_cache(maxsize=1)  # for the checks of one run, which look at the same image
def read(my: Work) -> Image:
    """The learner's image with all its layers."""
    return my.layers(IMAGE)


def there_is_an_image(my: Work) -> None:
    """There is an image called `tide-table:1`."""
    my.image(IMAGE)


@after(there_is_an_image)
def it_prints_the_tides(my: Work) -> None:
    """`docker run --rm tide-table:1` prints the tides of `tides.txt`."""
    try:
        expected = table(my.file("tides.txt"))
    except ValueError:
        raise NotYet(
            "a tides.txt that tidec cannot read", "Each line has a place and a time: `Whitby 03:47`."
        ) from None
    with my.bench() as bench:
        said = printed(bench, IMAGE)
    expect(
        expected and said.splitlines() == expected,
        found=f"it printed {one_line(said, 60) or 'nothing'}",
        look=f"`docker image inspect {IMAGE}`: what is its Cmd? Which stage was that set in?",
    )


@after(there_is_an_image)
def no_toolchain_inside(my: Work) -> None:
    """No layer of it has anything of the compiler."""
    found = [
        (entry.size_bytes, f"/{entry.path} in layer {number}, made by `{one_line(layer.created_by, 40)}`")
        for number, layer in enumerate(read(my).layers, 1)
        for entry in layer.entries
        if entry.kind not in ("whiteout", "opaque")
        and (entry.path.startswith(TOOLCHAIN) or entry.path.rpartition("/")[2] in NAMES)
    ]
    expect(
        not found,
        found=f"{len(found)} of its paths, such as {max(found, default=(0, ''))[1]}",
        look=f"`docker history {IMAGE}`: where does the last stage begin?",
    )


@after(no_toolchain_inside)
def it_is_small(my: Work) -> None:
    """It is at most 1 MB larger than `python:3.11-slim`, on which it is based."""
    image, base = read(my), my.image(BASE)["RootFS"]["Layers"]
    below = [layer.diff_id for layer in image.layers[: len(base)]]
    look = "Which `FROM` does the last stage begin with?"
    expect(below == base, found=f"an image that is not based on {BASE}", look=look)
    own = image.layers[len(base) :]
    more = sum(layer.size_bytes for layer in own)
    files = [entry for layer in own for entry in layer.entries if entry.kind == "file"]
    largest = max(files, key=lambda entry: entry.size_bytes, default=None)
    expect(
        more <= MOST_BYTES,
        found=f"{more / 1e6:.1f} MB more; its largest file is /{largest.path if largest else ''}",
        look="Does the program need that file to run?",
    )


@after(it_prints_the_tides, no_toolchain_inside)
def a_new_table_works_too(my: Work) -> None:
    """After a change of `tides.txt`, a build of your folder prints the new tides."""
    place = "".join(random.choices(string.ascii_uppercase, k=8))
    source = f"{place} {random.randrange(24):02d}:{random.randrange(60):02d}\n"
    with my.bench(copied=True) as bench:
        (bench.folder / "tides.txt").write_text(source, encoding="utf-8")
        bench.build("Dockerfile", "-t", bench.tag("new"))
        said = printed(bench, bench.tag("new"))
    expect(
        said.splitlines() == table(source),
        found=f"for `{source.strip()}` it printed {one_line(said, 60) or 'nothing'}",
        look="Is `tides.txt` compiled while the image is built?",
    )


CHECKS = (there_is_an_image, it_prints_the_tides, no_toolchain_inside, it_is_small, a_new_table_works_too)
