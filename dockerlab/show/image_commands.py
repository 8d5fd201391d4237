"""The `dockerlab layers` and `dockerlab diff` commands."""

import json
import math
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict

import click
from rich.console import Console
from rich.text import Text

from dockerlab.engine import find
from dockerlab.errors import visible
from dockerlab.image.diff import ImageDiff, without_secrets
from dockerlab.image.image import Image
from dockerlab.image.packages import Package, packages
from dockerlab.image.reader import ImageReader
from dockerlab.image.thresholds import HIGHEST_USER_WASTED_PERCENT, LOWEST_EFFICIENCY, Verdict, judge
from dockerlab.show.image_diff import DiffView, described_diff
from dockerlab.show.options import JSON, Size
from dockerlab.text import one_line, size_text

WIDTH = 120  # of a line, where no terminal says otherwise


def read(*names: str) -> dict[str, Image]:
    """Images by name, read with a line on stderr that says how far it is."""
    engine, console = find(), Console(stderr=True)
    what = f"Reading {visible(' and '.join(names))}"
    if not console.is_terminal:
        click.echo(f"{what} …", err=True)
        return ImageReader(engine).read(*names)
    done = [0, 0]  # layers, bytes

    def watch(size_bytes: int) -> None:
        done[0] += 1
        status.update(Text(f"{what}: layer {done[0]}, {size_text(size_bytes)}; {size_text(done[1])} are done"))
        done[1] += size_bytes

    with console.status(Text(what)) as status:  # a name in square brackets is no markup
        return ImageReader(engine, watch).read(*names)


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE")
@JSON
@click.option("--ci", is_flag=True, help="Check the thresholds below, those that are not given at their defaults.")
@click.option("--lowestEfficiency", "lowest", type=click.FloatRange(0, 1), metavar="PART",
              help=f"Fail if efficiency is below this, 0 to 1. Default with --ci: {LOWEST_EFFICIENCY:g}.")  # fmt: skip
@click.option("--highestWastedBytes", "most", type=Size(), metavar="SIZE",
              help="Fail if more is wasted: 10MB, 5KB, 20MiB. No default.")  # fmt: skip
@click.option("--highestUserWastedPercent", "share", type=click.FloatRange(0, 1), metavar="PART",
              help="Fail if wasted bytes are more than this part (0 to 1) of what the layers above the lowest hold. "
              f"Default with --ci: {HIGHEST_USER_WASTED_PERCENT:g}.")  # fmt: skip
@click.option("--rows", type=click.IntRange(0), default=10, show_default=True, help="How long the lists are.")
def layers(
    images: tuple[str, ...],
    as_json: bool,
    ci: bool,
    lowest: float | None,
    most: int | None,
    share: float | None,
    rows: int,
) -> None:
    """Say what each layer of an image does, what the image wastes, and which packages are large.

    The measures and the thresholds are those of dive. A threshold that is given is checked, also without --ci. The
    exit status is 1 if one is exceeded.
    """
    if len(images) > 1:
        raise click.UsageError("`dockerlab layers` takes one image. `dockerlab diff A B` compares two.")
    image = read(*images)[images[0]]
    if ci:
        lowest = LOWEST_EFFICIENCY if lowest is None else lowest
        share = HIGHEST_USER_WASTED_PERCENT if share is None else share
    verdicts = judge(image, lowest, most, share)
    if as_json:
        click.echo(json.dumps(described(image, verdicts), ensure_ascii=True))
    else:
        for line in lines(image, rows):
            click.echo(line)
        for verdict in verdicts:
            mark = click.style("[x]", fg="green") if verdict.holds else click.style("[ ]", fg="red")
            click.echo(f"{mark} {verdict.rule}: {verdict.sentence}")
    if broken := [verdict for verdict in verdicts if not verdict.holds]:
        for verdict in broken:
            click.echo(f"Exceeded: {verdict.rule}. {verdict.sentence}", err=True)
        sys.exit(1)


def lines(image: Image, rows: int) -> Iterator[str]:
    """The layers, the waste and the packages of an image, for a terminal."""
    width = shutil.get_terminal_size((WIDTH, 24)).columns
    yield f"{visible(image.reference)}: {len(image.layers)} layers, {size_text(image.size_bytes)}"
    yield ""
    yield f"{'':>3}  {'size':>7}  {'added':>7}  {'changed':>7}  {'removed':>7}  instruction"
    for number, (layer, changes) in enumerate(zip(image.layers, image.stack.changes, strict=True), 1):
        counts = "  ".join(f"{count:>7,}" for count in (changes.added, changes.changed, changes.removed))
        instruction = one_line(without_secrets(layer.created_by), max(width - 41, 20))
        yield f"{number:>3}  {size_text(layer.size_bytes):>7}  {counts}  {instruction}"
    yield ""
    share = image.user_wasted_percent
    part = "" if math.isinf(share) else f", {share:.1%} of what the layers above the lowest hold"
    yield f"Efficiency {image.efficiency:.1%}; {size_text(image.wasted_bytes)} wasted{part}."
    if hidden := image.size_bytes - image.stack.size_bytes:
        yield f"No container can see {size_text(hidden)} of it: later layers replaced or deleted those files."
    if worst := image.wasted_paths[:rows]:
        yield "Stored more than once, or deleted later:"
        for path, occurrences, size_bytes in worst:
            yield f"  {size_text(size_bytes):>7}  {occurrences:>2}×  {one_line(path, max(width - 17, 20))}"
    if found := packages(image):
        unowned = image.stack.size_bytes - sum(p.size_bytes for p in found)
        yield f"{len(found)} packages; {size_text(unowned)} of what is visible belong to none:"
        for package in found[:rows]:
            name = one_line(str(package), max(width - 17, 20))
            yield f"  {size_text(package.size_bytes):>7}  {package.manager:<4}  {name}"


def described(image: Image, verdicts: list[Verdict]) -> dict:
    """The same for a script, all of it, sizes in bytes."""
    share = image.user_wasted_percent

    def row(package: Package) -> dict:
        return {"manager": package.manager, "name": package.name, "version": package.version,
                "size_bytes": package.size_bytes, "files": len(package.paths)}  # fmt: skip

    return {
        "image": image.reference,
        "id": image.id,
        "size_bytes": image.size_bytes,
        "visible_bytes": image.stack.size_bytes,
        "layers": [
            {"layer": number, "diff_id": layer.diff_id, "instruction": without_secrets(layer.created_by),
             "size_bytes": layer.size_bytes, "added": changes.added, "changed": changes.changed,
             "removed": changes.removed}
            for number, (layer, changes) in enumerate(zip(image.layers, image.stack.changes, strict=True), 1)
        ],
        "efficiency": image.efficiency,
        "wasted_bytes": image.wasted_bytes,
        # null where the layers above the lowest hold nothing, and yet something is wasted
        "user_wasted_percent": None if math.isinf(share) else share,
        "wasted": [
            {"path": path, "occurrences": occurrences, "size_bytes": size_bytes}
            for path, occurrences, size_bytes in image.wasted_paths
        ],
        "packages": [row(package) for package in packages(image)],
        "thresholds": [
            asdict(verdict) for verdict in verdicts
        ],
    }  # fmt: skip


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="A B")
@JSON
def diff(images: tuple[str, ...], as_json: bool) -> None:
    """Say how two images differ: layers, files, packages, settings.

    Values of settings that look like secrets are cut to their first letters. The exit status is 0, also if they differ.
    """
    if len(images) != 2:
        raise click.UsageError("`dockerlab diff` takes two images: dockerlab diff news-api:basic news-api:optimized")
    a, b = images
    found = read(*dict.fromkeys(images))
    compared = ImageDiff(found[a], found[b])
    if as_json:
        click.echo(json.dumps(described_diff(compared), ensure_ascii=True))
    else:
        click.echo(str(DiffView(compared)))


COMMANDS = (layers, diff)
