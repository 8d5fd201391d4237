"""The command line: `dockerlab …` or `python -m dockerlab …`."""

import shutil
import sys

import click

from dockerlab.engine import find, labels
from dockerlab.engine.commands import doctor, engine
from dockerlab.errors import DockerLabError, EngineUnavailable
from dockerlab.paths import CACHE_MARK, cache_folder, remove_cache, scratch_folders


@click.group()
def main() -> None:
    """Docker Fundamentals, Measured: engine, builds and the book."""


@main.command()
@click.option("--cache", is_flag=True, help="Remove the cache folder instead, with the engine's data in it.")
def clean(cache: bool) -> None:
    """Remove what the course made: what carries its label in the engine, and scratch folders."""
    if cache:
        if (removed := remove_cache()) is None:
            raise click.ClickException(f"{cache_folder()} stays: it does not carry the course's mark {CACHE_MARK}.")
        click.echo(f"Removed {removed}.")
        return
    try:
        removed = labels.clean(find(start=False))
    except EngineUnavailable:
        click.echo("No engine is running, so there is nothing in one to remove.")
    else:
        what = ", ".join(f"{n} {kind[:-1] if n == 1 else kind}" for kind, n in removed.items())
        click.echo(f"Removed {what}." if what else "The engine held nothing of the course.")
    for folder in scratch_folders():
        shutil.rmtree(folder, ignore_errors=True)


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def build(arguments: tuple[str, ...]) -> None:
    """Build as `docker build ARGUMENTS` does, with the course's table of steps and its labels."""
    from dockerlab.build import builder
    from dockerlab.show.terminal import TerminalWatcher

    watcher = TerminalWatcher()
    watcher.show(builder.build(list(arguments), engine=find(), watcher=watcher))


def run() -> None:
    """Run the command line; a DockerLabError becomes its message on stderr and exit code 1."""
    from dockerlab.book.commands import book

    for command in (engine, doctor, book):
        main.add_command(command)
    try:
        main()
    except DockerLabError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)
