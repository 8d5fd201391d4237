"""`dockerlab engine …` and `dockerlab doctor`."""

from __future__ import annotations

import shutil

import click
from rich.console import Console
from rich.table import Table

from dockerlab.engine.base import BASE, ensure_base, present_base
from dockerlab.engine.find import Engine, find
from dockerlab.engine.loopback import port_is_free
from dockerlab.engine.private import PrivateEngine
from dockerlab.engine.vm.machine import MicroVM
from dockerlab.errors import DockerLabError
from dockerlab.paths import cache_folder

LESSON_PORT = 8000
SOURCES = {
    "own": "your own",
    "private": "private, started by the course",
    "micro-VM": "in a micro-VM, started by the course",
}


@click.group()
def engine() -> None:
    """The Docker engine that the course uses."""


@engine.command()
def status() -> None:
    """Say which engine answers; start nothing."""
    found = find(start=False)
    click.echo(f"Docker Engine {found.version} ({found.source}, {found.store}), buildx {found.buildx}")


@engine.command()
def up() -> None:
    """Find or start an engine and get the base image."""
    found = find()
    base = ensure_base(found)
    click.echo(f"Ready: Docker Engine {found.version} ({found.source}, {found.store}); base image: {base.describe()}")


@engine.command()
def down() -> None:
    """Stop the engine that the course has started; only the cache folder stays."""
    names = {"private engine": PrivateEngine().down(), "micro-VM": MicroVM().down()}
    stopped = [name for name, was_running in names.items() if was_running]
    has_stopped = f"The {' and the '.join(stopped)} has been stopped."
    click.echo(has_stopped if stopped else "No engine of the course was running.")


@click.command()
def doctor() -> None:
    """Say what was found: engine, store, buildx, base image, disk, port."""
    rows: list[tuple[str, str]] = []
    try:
        found = find(start=False)
        rows += _engine_rows(found)
    except DockerLabError as error:
        rows.append(("engine", f"none: {error.summary}"))
        rows.append(("what to do", error.advice))
    free = shutil.disk_usage(cache_folder()).free
    rows.append(("cache folder", f"{cache_folder()} ({free / 1e9:.0f} GB free)"))
    rows.append((f"port {LESSON_PORT}", _port()))
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows:
        table.add_row(name, value)
    Console(highlight=False).print(table)


def _engine_rows(found: Engine) -> list[tuple[str, str]]:
    base = present_base(found)
    return [
        ("engine", f"Docker Engine {found.version} on {found.operating_system}"),
        ("source", SOURCES[found.source]),
        ("store", found.store),
        ("buildx", found.buildx),
        ("base image", base.describe() if base else f"{BASE} is not here yet: `dockerlab engine up` gets it"),
    ]


def _port() -> str:
    return "free" if port_is_free(LESSON_PORT) else "in use: lessons publish on another port and say so"
