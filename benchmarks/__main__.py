"""`python -m benchmarks [PART …]`: measure the parts named, or all of them, and print a table for each."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from benchmarks.builds import measure_builds
from benchmarks.chapters import docker_share
from benchmarks.classes import measure_class
from benchmarks.images import measure_images
from benchmarks.measure import Measurement
from benchmarks.pages import VISITS, Survey, build_sites, survey
from benchmarks.vm import measure_vm
from dockerlab.book.ledger import chapter_files
from dockerlab.engine import Engine, find
from dockerlab.engine.base import ensure_base
from dockerlab.paths import project_root
from dockerlab.text import size_text
from tools.browser import BrowserUnavailable


def builds(console: Console) -> None:
    """What the library costs on top of docker."""
    engine, conditions = ready_engine()
    console.print("Building once, then measuring builds with nothing changed …")
    console.print(measurements_table(conditions, measure_builds(engine, project_root())))


def images(console: Console) -> None:
    """What it takes to analyse a large image."""
    engine, conditions = ready_engine()
    console.print("Building an image of 400 MB, then reading it …")
    console.print(measurements_table(conditions, measure_images(engine)))


def chapters(console: Console) -> None:
    """Execute every chapter once."""
    _, conditions = ready_engine()
    measurements = []
    for file in chapter_files(project_root()):
        console.print(f"Executing {file.stem} …")
        measurements.append(
            Measurement(f"{file.stem}: run time over its time in docker", [docker_share(file)], "×", "≤ 1.25×")
        )
    console.print(measurements_table(conditions, measurements))


def pages(console: Console) -> None:
    """Build the site and visit its pages; needs no engine."""
    root = project_root()
    with tempfile.TemporaryDirectory(prefix="dockerlab-bench-") as scratch:
        site, measured = build_sites(root, Path(scratch))
        console.print(measurements_table("The site", [measured]))
        console.print("Visiting the pages …")
        try:
            console.print(survey_table(survey(root, site, Path(scratch))))
        except BrowserUnavailable as error:
            console.print(f"No page was visited. {error}")


def vm(console: Console) -> None:
    """The course's image, in a container with Binder's limits."""
    engine, conditions = ready_engine()
    console.print("Building the course's image, then measuring the micro-VM in it …")
    console.print(
        measurements_table(f"Micro-VM with 1 CPU and 2 GB, on {conditions}", measure_vm(engine, project_root()))
    )


def hub(console: Console) -> None:
    """A class of eight on this machine."""
    engine, conditions = ready_engine()
    console.print("Starting a class, and running chapter 2 in it, once alone and then eight times at once …")
    console.print(measurements_table(f"A class of eight, on {conditions}", measure_class(engine)))


PARTS = {part.__name__: part for part in (builds, images, chapters, pages, vm, hub)}


def ready_engine() -> tuple[Engine, str]:
    """An engine with the base image in it, and a description of both.

    Raises:
        EngineUnavailable, EngineStartFailed, DownloadFailed, BaseImageUnavailable: one of them cannot be had.
    """
    engine = find()
    base = ensure_base(engine)
    server = engine.server
    return engine, f"Docker Engine {server.version} ({engine.source}, {server.store}), {base.describe()}"


def measurements_table(title: str, measurements: Iterable[Measurement]) -> Table:
    """One row for each measurement."""
    table = Table("what", "median", "spread", "runs", "goal", title=title)
    for measured in measurements:
        median = f"{statistics.median(measured.values):.2f} {measured.unit}".replace(" ×", "×")
        table.add_row(measured.what, median, spread(measured.values, 2), str(len(measured.values)), measured.goal)
    return table


def survey_table(found: Survey) -> Table:
    """One row for each page; below the table, what the stock page fetched from third parties."""
    stock = found.stock
    table = Table(
        title=f"Chapters beside a stock Jupyter Book page with one widget\n{found.browser} on loopback, empty cache",
        caption="\n".join(
            (
                "Bytes: unpacked response bodies. The stock page asks third parties for",
                *(f"  {a.url}: {body_text(a.size_bytes)}" for a in stock.third_party_responses),
                f"Largest contentful paint: median and spread of {VISITS} visits in ms, load {load()}.",
            )
        ),
        caption_justify="left",
    )
    table.add_column("page", no_wrap=True)
    for heading in ("bytes", "of stock, all", "of stock, own files", "requests", "third party"):
        table.add_column(heading, justify="right")
    table.add_column("largest contentful paint", justify="right", no_wrap=True)
    own, whole = stock.own, stock.whole
    table.add_row("stock, own files", size_text(own.size_bytes), "", "1.00", str(own.requests))
    third_party = str(stock.third_party.requests)
    table.add_row("stock, all", size_text(whole.size_bytes), "1.00", "", str(whole.requests), third_party)
    table.add_section()
    for name, visits in found.chapters.items():
        page = max(visits, key=lambda visit: visit.whole.size_bytes)
        paints = [visit.largest_paint_ms for visit in visits]
        table.add_row(
            name,
            size_text(page.whole.size_bytes),
            f"{page.whole.size_bytes / whole.size_bytes:.2f}",
            f"{page.whole.size_bytes / own.size_bytes:.2f}",
            str(page.whole.requests),
            str(page.third_party.requests),
            f"{statistics.median(paints):.0f} ({spread(paints, 0)})",
        )
    table.add_section()
    table.add_row("goal", "", "≤ 0.5", "", "", "0", "≤ 500")
    return table


def body_text(size_bytes: int | None) -> str:
    """The size of an answer's body for people, or that there was no answer."""
    return "no answer, no bytes counted" if size_bytes is None else size_text(size_bytes)


def load() -> str:
    """How busy the machine is, since a busy one paints later."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors"


def spread(values: list[float], digits: int) -> str:
    """The lowest and the highest value."""
    return f"{min(values):.{digits}f}–{max(values):.{digits}f}"


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
def main(parts: tuple[str, ...]) -> None:
    """Measure the parts named, or all of them, and print a table for each."""
    console = Console(highlight=False, width=None if sys.stdout.isatty() else 120)
    for part in parts or PARTS:
        PARTS[part](console)


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
