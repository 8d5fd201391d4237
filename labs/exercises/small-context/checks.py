"""A .dockerignore that keeps 30 MB and two private files out, but lets one file of an ignored folder in."""

import random
import string

from dockerlab.exercise.check import NotYet, after, expect
from dockerlab.exercise.work import Work

IMAGE = "bike-stations:1"
IGNORE = ".dockerignore"
MOST_BYTES = 100_000
CLUTTER = (
    *(f"data/raw/counts-{year}.bin" for year in (2022, 2023, 2024)),
    *("reports/all-stations.pdf", ".history/objects.pack", "app.log", "tools/import/import.log", ".env", "notes.txt"),
)
PRIVATE = (".env", "notes.txt")
# Takes everything that the build may have, whatever the learner's Dockerfile copies.
PROBE = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\n"
LIST = ("find", "/app", "-type", "f", "-printf", "%s %p\\n")


def files_in(printed: str) -> dict[str, int]:
    """What LIST has printed: the size of each file, by its path in /app."""
    rows = [line.partition(" ") for line in printed.splitlines()]
    return {path.removeprefix("/app/"): int(size) for size, _, path in rows}


def there_is_an_ignore_file(my: Work) -> None:
    """Beside the Dockerfile is a file `.dockerignore`, and something is in it."""
    text = my.file(IGNORE)
    expect(text.strip(), found="an empty .dockerignore", look="`ls`: what in here does the image not need?")


@after(there_is_an_ignore_file)
def nothing_was_deleted(my: Work) -> None:
    """The raw data, logs, reports and notes are still in your folder."""
    gone = [path for path in CLUTTER if not (my.folder / path).is_file()]
    expect(not gone, found=f"no {', '.join(gone[:3])}", look="Has `start.sh` run? It makes them, and makes them again.")


@after(nothing_was_deleted)
def the_build_sends_little(my: Work) -> None:
    """A build of a fresh copy of your folder sends at most 100 kB."""
    with my.bench(copied=True) as bench:
        (bench.folder / "Dockerfile").write_text(PROBE, encoding="utf-8")
        sent = bench.build("Dockerfile", "-t", bench.tag("probe")).context_bytes
        inside = files_in(bench.run_once(bench.tag("probe"), LIST, (), 20)) if sent > MOST_BYTES else {}
    largest = max(inside, key=inside.get, default="")
    expect(
        sent <= MOST_BYTES,
        found=f"{sent / 1000:,.0f} kB were sent; the largest file is {largest}",
        look=f"`{IGNORE}`: which line is meant for that file? Does it fit where the file lies?",
    )


@after(there_is_an_ignore_file)
def the_program_has_its_data(my: Work) -> None:
    """Built from this folder, the image prints the stations in `data/stations.csv`."""
    name, number = "".join(random.choices(string.ascii_uppercase, k=8)), str(random.randint(5000, 9999))
    my.file("data/stations.csv")
    with my.bench(copied=True) as bench:
        with (bench.folder / "data" / "stations.csv").open("a", encoding="utf-8") as file:
            file.write(f"{name},{number}\n")
        bench.build("Dockerfile", "-t", bench.tag("one"))
        try:
            printed = bench.run_once(bench.tag("one"), (), (), 20)
        except NotYet as missing:
            words = missing.found.partition(": ")[2] or "it ends with an error"
            look = f"`docker build -t {IMAGE} .`, then `docker run --rm {IMAGE}`: which file does it look for?"
            raise NotYet(f"the program fails: {words}", look) from None
    expect(
        printed.split()[:2] == [name, number],
        found=f"for one more station, the busiest of all, it printed {printed.strip() or 'nothing'}",
        look="Are `Dockerfile` and `stations.py` as they were?",
    )


@after(there_is_an_ignore_file)
def nothing_private_goes_along(my: Work) -> None:
    """`.env` and `notes.txt` do not come into the image."""
    with my.bench(copied=True) as bench:
        (bench.folder / "Dockerfile").write_text(PROBE, encoding="utf-8")
        for name in PRIVATE:  # also if the learner has none
            (bench.folder / name).write_text("for my eyes only\n", encoding="utf-8")
        bench.build("Dockerfile", "-t", bench.tag("private"))
        inside = files_in(bench.run_once(bench.tag("private"), LIST, (), 20))
    found = [name for name in PRIVATE if name in inside]
    expect(
        not found,
        found=f"{' and '.join(found)} came along",
        look=f"`{IGNORE}`: is each of these names in it, with the dot?",
    )


@after(the_build_sends_little, the_program_has_its_data, nothing_private_goes_along)
def your_image_is_built_anew(my: Work) -> None:
    """The image `bike-stations:1` was built with this `.dockerignore`: the program is in it, and no clutter."""
    inside = files_in(my.try_out(IMAGE, *LIST))
    look = f"When did you build it, and when did you change `{IGNORE}`?"
    expect("data/stations.csv" in inside and "stations.py" in inside, found="an image without the program", look=look)
    clutter = [name for name in inside if name in CLUTTER]
    total = sum(inside.values())
    expect(not clutter, found=f"an image with {', '.join(sorted(clutter)[:3])} in it", look=look)
    expect(total <= MOST_BYTES, found=f"{total / 1000:,.0f} kB in its folder /app", look=look)


CHECKS = (
    there_is_an_ignore_file,
    nothing_was_deleted,
    the_build_sends_little,
    the_program_has_its_data,
    nothing_private_goes_along,
    your_image_is_built_anew,
)
