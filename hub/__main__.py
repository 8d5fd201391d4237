"""`python -m hub up|status|password|down`: a class on one machine."""

import sys
from pathlib import Path

import click

from dockerlab.engine import find
from dockerlab.errors import DockerLabError
from hub.hub import Hub
from hub.plan import Plan, Share, passwords_table
from hub.server import places

name_option = click.option("--name", default=Plan.name, help="The class's name, if there is more than one.")


@click.group()
def main() -> None:
    """A class on one machine: each learner logs in and has a server of their own."""


@main.command()
@click.option("--learners", default="", help="Their names, as ada,grace, or @FILE with one on each line.")
@click.option("--address", default=Plan.address, help="This machine's address for the page; by default its loopback.")
@click.option("--port", type=click.IntRange(1, 65535), help="The page's port; by default 8000, or else a free one.")
@click.option("--disk", type=click.FloatRange(3), default=Share.tmp_gib, help="GiB for each micro-VM and its memory.")
@name_option
def up(learners: str, address: str, port: int | None, disk: float, name: str) -> None:
    """Start the class. Done again, it starts the hub anew and leaves learners' servers alone."""
    plan = Plan.of(learners, name=name, address=address, port=port, share=Share(tmp_gib=disk))
    hub = Hub(name, find(), say=lambda text: click.echo(text, err=True))
    if running := hub.servers():
        click.echo(
            f"Servers that run go on ({len(running)}). Their pages lose the connection for some seconds, no more.",
            err=True,
        )
    new = hub.up(plan)
    more = places.how_many(Path("/proc/meminfo").read_text(), plan.share.memory_bytes, [*hub.servers().values()])
    click.echo(f"The class is at {hub.address()}.")
    if plan.is_public:
        click.echo(
            "Passwords cross the network unencrypted. Put a proxy with TLS before it, or use this in a network "
            "that you trust."
        )
    click.echo("\n".join(passwords_table(plan.learners, new)))
    if new:
        click.echo("Passwords are shown once. `python -m hub password NAME` makes a new one.")
    click.echo(
        f"Each server may use {plan.share.memory_bytes / 1e9:.1f} GB of memory: {more} more fit this machine now. "
        "`make clean` removes everything, learners' work too; `python -m hub down` keeps that."
    )


@main.command()
@name_option
def status(name: str) -> None:
    """Say where the class is, and whose servers run."""
    hub = Hub(name, find(start=False))
    address = hub.address()
    click.echo(f"The class is at {address}." if address else "No hub runs. `make hub` starts it.")
    for learner, stats in sorted(hub.servers().items()):
        click.echo(f"  {learner}: {places.used_bytes(stats) / 1e9:.2f} GB of memory")


@main.command()
@click.argument("learner")
@name_option
def password(learner: str, name: str) -> None:
    """Make up a new password for a learner who has lost theirs."""
    click.echo(Hub(name, find(start=False)).new_password(learner))


@main.command()
@click.option("--all", "everything", is_flag=True, help="Remove passwords and learners' work, too.")
@name_option
def down(everything: bool, name: str) -> None:
    """End the class. Passwords and learners' work stay for the next time."""
    hub = Hub(name, find(start=False))
    hub.down(keep=not everything)
    click.echo("The class has ended." if everything else f"The class has ended. Its work stays in {hub.disks_volume}.")


def run() -> None:
    """Run the command line; an error that is raised on purpose becomes its message and exit code 1."""
    try:
        main()
    except DockerLabError as error:
        click.echo(f"{type(error).__name__}: {error}", err=True)
        sys.exit(1)


if __name__ == "__main__":
    run()
