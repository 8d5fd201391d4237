"""The command line: `dockerlab …` or `python -m dockerlab …`."""

from __future__ import annotations

import sys

import click

from dockerlab.errors import DockerLabError


@click.group()
def main() -> None:
    """Docker Fundamentals, Measured: engine, builds and the book."""


def _add_commands() -> None:
    from dockerlab.book import book
    from dockerlab.engine.commands import doctor, engine

    for command in (engine, doctor, book):
        main.add_command(command)


def run() -> None:
    """Run the command line; a DockerLabError becomes its message on stderr and exit code 1."""
    _add_commands()
    try:
        main()
    except DockerLabError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)
