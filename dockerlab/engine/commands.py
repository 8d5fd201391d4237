"""`dockerlab engine …`, `dockerlab lab` and `dockerlab doctor`."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

from dockerlab.engine import sessions
from dockerlab.engine.base import BASE, ensure_base, present_base
from dockerlab.engine.engine import Engine
from dockerlab.engine.find import connect, every_provider, find
from dockerlab.engine.labels import classes
from dockerlab.engine.loopback import port_is_free
from dockerlab.errors import DockerLabError
from dockerlab.paths import cache_folder, course_root

LESSON_PORT = 8000
LAB_SETTINGS = "jupyter"  # in the course's folder: what the notebook server is set to
force_option = click.option("--force", is_flag=True, help="Also what sessions of the course use that still run.")


def in_use(what: str, running: Sequence[sessions.Session]) -> str:
    """The sentence for something that stays because sessions use it."""
    names = ", ".join(map(str, running))
    return f"Sessions of the course still run: {names}. {what}: shut down their kernels first, or add --force."


def class_at_work(name: str, servers: int, what: str) -> str:
    """The sentence for something that stays because a class uses it."""
    work = "1 server of the class" if servers == 1 else f"{servers} servers of the class"
    return (
        f"{work} {name} still run{'s' if servers == 1 else ''}. {what}: `python -m hub down` ends it, or add --force."
    )


@click.group()
def engine() -> None:
    """The Docker engine that the course uses."""


@engine.command()
def status() -> None:
    """Say which engine answers; start nothing."""
    found = find(start=False)
    click.echo(f"{found}, buildx {found.buildx}")


@engine.command()
def up() -> None:
    """Find or start an engine and get the base image."""
    found = find()
    base = ensure_base(found)
    click.echo(f"Ready: {found}; base image: {base.describe()}")


@engine.command()
def shell() -> None:
    """Open a shell in which `docker` is that engine's; `exit` ends it, and its exit status is this one's."""
    found = find()
    ensure_base(found)
    environment = shell_environment(found.environment(), Path(found.line.command[0]))
    click.echo(f"In this shell, docker talks to {found}. `exit` ends it.", err=True)
    sys.exit(subprocess.run([os.environ.get("SHELL") or "/bin/sh"], env=environment, check=False).returncode)


def shell_environment(environment: Mapping[str, str], docker: Path, *folders: Path) -> dict[str, str]:
    """An environment for people to type in: `docker` is on the path, and before it what is in these folders.

    Args:
        environment: in which docker talks to the engine.
        docker: the program; a bare name if it is on the path anyway.
    """
    first = [*folders, *([docker.parent] if docker.is_absolute() else [])]
    path = os.pathsep.join([*map(str, first), environment.get("PATH", os.defpath)])
    return dict(environment) | {"PATH": path}


@engine.command()
@force_option
def down(force: bool) -> None:
    """Stop the engine that the course has started; only the cache folder stays."""
    providers = every_provider()
    running = [session for provider in providers for session in sessions.others(provider.host)]
    if running and not force:
        raise click.ClickException(in_use("Their engine goes on", running))
    for provider in providers if not force else ():
        for name, servers in (classes(connect(provider)) if provider.answers() else {}).items():
            raise click.ClickException(class_at_work(name, servers, "Its engine goes on"))
    stopped = [provider.name for provider in providers if provider.down()]
    words = f"Stopped the course's engine ({', '.join(stopped)})."
    click.echo(words if stopped else "No engine of the course was running.")


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def lab(arguments: tuple[str, ...]) -> None:
    """Open the course in JupyterLab: a start page, the chapters, and terminals in which `docker` works.

    ARGUMENTS go to `jupyter lab`, for example --no-browser.
    """
    found = find()
    ensure_base(found)
    root = course_root()
    programs = Path(sys.executable).parent
    environment = shell_environment(found.environment(), Path(found.line.command[0]), programs)
    # The course's settings before the reader's own.
    settings = [str(root / LAB_SETTINGS), environment.get("JUPYTER_CONFIG_PATH", "")]
    environment["JUPYTER_CONFIG_PATH"] = os.pathsep.join(filter(None, settings))
    os.chdir(root)
    # In place of this process, so that what ends it ends the server.
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab", *arguments], environment)


@click.command()
def doctor() -> None:
    """Say what was found: engine, store, buildx, base image, disk, port."""
    rows: list[tuple[str, str]] = []
    try:
        rows += _engine_rows(find(start=False))
    except DockerLabError as error:
        rows.append(("engine", f"none: {error.summary}"))
        rows.append(("what to do", error.advice))
    free = shutil.disk_usage(cache_folder()).free
    rows.append(("cache folder", f"{cache_folder()} ({free / 1e9:.0f} GB free)"))
    is_free = port_is_free(LESSON_PORT)
    rows.append((f"port {LESSON_PORT}", "free" if is_free else "in use: lessons publish on another port and say so"))
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in rows:
        table.add_row(name, value)
    Console(highlight=False, markup=False).print(table)


def _engine_rows(found: Engine) -> list[tuple[str, str]]:
    base = present_base(found)
    whose = f"{found.source}, started by the course" if found.provider else "your own"
    return [
        ("engine", f"Docker Engine {found.server.version} on {found.server.operating_system}"),
        ("source", whose),
        ("store", found.server.store),
        ("buildx", found.buildx),
        ("base image", base.describe() if base else f"{BASE} is not here yet: `dockerlab engine up` gets it"),
    ]
