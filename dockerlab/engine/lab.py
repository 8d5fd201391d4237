"""The `dockerlab lab` command."""

import os
import sys
from pathlib import Path

import click

from dockerlab.engine.base import ensure_base
from dockerlab.engine.find import find
from dockerlab.paths import course_root

SETTINGS = "jupyter"  # in the course's folder


@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def lab(arguments: tuple[str, ...]) -> None:
    """Open the course in JupyterLab: a start page, the chapters, and terminals in which `docker` works.

    ARGUMENTS go to `jupyter lab`, for example --no-browser.
    """
    found = find()
    ensure_base(found)
    root = course_root()
    environment = lab_environment(found.environment(), Path(found.line.command[0]), root)
    os.chdir(root)
    # In place of this process, so that what ends it ends the server.
    os.execve(sys.executable, [sys.executable, "-m", "jupyterlab", *arguments], environment)


def lab_environment(environment: dict[str, str], docker: Path, root: Path) -> dict[str, str]:
    """The server's environment: the course's settings before the learner's own, `docker` and `dockerlab` on the path.

    Args:
        environment: in which docker talks to the engine.
        docker: the program; a bare name if it is on the path anyway.
        root: the course's folder.
    """
    programs = [str(Path(sys.executable).parent), *([str(docker.parent)] if docker.is_absolute() else [])]
    settings = [str(root / SETTINGS), environment.get("JUPYTER_CONFIG_PATH", "")]
    return environment | {
        "PATH": os.pathsep.join([*programs, environment.get("PATH", os.defpath)]),
        "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, settings)),
    }
