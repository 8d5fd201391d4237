"""The command line: `dockerlab …` or `python -m dockerlab …`."""

import shutil
import sys

import click

from dockerlab.engine import find, labels, sessions
from dockerlab.engine.commands import class_at_work, doctor, engine, force_option, in_use, lab
from dockerlab.engine.find import every_provider
from dockerlab.errors import DockerLabError, EngineUnavailable
from dockerlab.paths import CACHE_MARK, cache_folder, remove_cache, scratch_folders


@click.group()
def main() -> None:
    """Docker Fundamentals, Measured: engine, builds and the book."""


@main.command()
@click.option("--cache", is_flag=True, help="Remove the cache folder instead, with the engine's data in it.")
@force_option
def clean(cache: bool, force: bool) -> None:
    """Remove what the course made: what carries its label in the engine, and scratch folders.

    What a session uses that still runs stays, and so does a class with learners at work.
    """
    if cache:
        if running := [provider.name for provider in every_provider() if provider.answers()]:
            raise click.ClickException(
                f"{cache_folder()} stays: the course's engine ({', '.join(running)}) runs on it. "
                "`dockerlab engine down` stops it."
            )
        if (removed := remove_cache()) is None:
            raise click.ClickException(f"{cache_folder()} stays: it does not carry the course's mark {CACHE_MARK}.")
        click.echo(f"Removed {removed}.")
        return
    try:
        found = find(start=False)
        at_work = {} if force else labels.classes(found)
        removed = labels.clean(found, everyone=force, idle_classes=True)
    except EngineUnavailable:
        click.echo("No engine is running, so there is nothing in one to remove.")
    else:
        for name, servers in at_work.items():
            click.echo(class_at_work(name, servers, "It stays, with all its files"))
        what = ", ".join(f"{n} {kind[:-1] if n == 1 else kind}" for kind, n in removed.items())
        click.echo(f"Removed {what}." if what else "The engine held nothing of the course.")
    for folder, session in scratch_folders().items():
        if force or sessions.is_over(session):
            shutil.rmtree(folder, ignore_errors=True)
    if not force and (running := sessions.others()):
        click.echo(in_use("What they made stays", running))


@main.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def build(arguments: tuple[str, ...]) -> None:
    """Build as `docker build ARGUMENTS` does, with the course's table of steps and its labels."""
    from dockerlab.build import builder
    from dockerlab.show.terminal import TerminalWatcher

    watcher = TerminalWatcher()
    watcher.show(builder.build(list(arguments), engine=find(), watcher=watcher))


def run() -> None:
    """Run the command line; an error that is raised on purpose becomes its message on stderr and exit code 1."""
    from dockerlab.book.commands import book, transcript
    from dockerlab.show import image_commands
    from dockerlab.show.commands import COMMANDS
    from dockerlab.show.context_command import context
    from dockerlab.show.predict_command import predict_command
    from dockerlab.show.timeline import timeline

    own = (engine, doctor, book, transcript, lab, context, predict_command, timeline)
    for command in (*own, *COMMANDS, *image_commands.COMMANDS):
        main.add_command(command)
    try:
        main()
    except DockerLabError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)
    except (FileNotFoundError, FileExistsError) as error:  # not in the course's folder, or something is in the way
        click.echo(f"Error: {error}", err=True)
        sys.exit(1)
