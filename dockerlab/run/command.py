"""Run docker commands as a learner types them, with the labels of the course on whatever they make."""

import io
import re
import shlex
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from dockerlab.engine import Engine
from dockerlab.engine.boundary import stop
from dockerlab.engine.engine import typed
from dockerlab.engine.labels import label_options
from dockerlab.errors import DockerLabError, EngineLost, EngineRefused, PortTaken

RUNNERS = (("run",), ("container", "run"))
BUILDERS = (("build",), ("image", "build"), ("builder", "build"), ("buildx", "build"), ("buildx", "b"))
# The commands that make an object, which gets the labels.
MAKERS = (
    *RUNNERS, *BUILDERS, ("create",), ("container", "create"), ("network", "create"), ("volume", "create"),
)  # fmt: skip
_PORT_TAKEN = re.compile(r"port is already allocated|address already in use|failed to bind (?:host )?port", re.I)
_PORT = re.compile(r"(?:\d+\.\d+\.\d+\.\d+|\[::\]|::):(\d+)")


def starts_with(argv: Sequence[str], commands: Sequence[tuple[str, ...]]) -> int:
    """How many words of `argv` are one of these commands; 0 if it begins with none."""
    return next((len(words) for words in commands if tuple(argv[: len(words)]) == words), 0)


def labelled(argv: Sequence[str], run: str) -> list[str]:
    """The command with the course's labels if it makes something, else as it was."""
    place = starts_with(argv, MAKERS)
    options = label_options(run) if place else []
    return [*argv[:place], *options, *argv[place:]]


def noted(argv: Sequence[str], note: Path) -> list[str]:
    """The command with a file for docker to write the container's ID into, if it runs one and names no such file."""
    place = starts_with(argv, RUNNERS)
    option = [f"--cidfile={note}"] if place and not any(word.startswith("--cidfile") for word in argv) else []
    return [*argv[:place], *option, *argv[place:]]


def docker_command(
    arguments: str | Sequence[str],
    *,
    engine: Engine,
    run: str = "",
    cwd: str | Path = ".",
    write: Callable[[str], object] | None = None,
) -> str:
    """Run `docker ARGUMENTS`; give back what it printed, both streams in one.

    Args:
        arguments: what follows `docker`, as typed or as a list.
        run: the run's name for the labels.
        cwd: the folder to run it in.
        write: gets each line as it comes.

    Raises:
        PortTaken: a port to publish on is in use; the container that docker had made for it is removed.
        EngineLost: the engine has gone away.
        DockerCommandFailed: any other exit code than 0.
        EngineUnavailable: the docker program cannot be started.
        KeyboardInterrupt: passed on; a container that `docker run` was waiting for is removed.
    """
    argv = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
    with tempfile.TemporaryDirectory(prefix="dockerlab-run-") as folder:
        note = Path(folder, "id")
        process = engine.popen(*noted(labelled(argv, run), note), cwd=cwd)
        printed = io.TextIOWrapper(process.stdout, encoding="utf-8", errors="replace")
        lines: list[str] = []
        try:
            for line in printed:
                lines.append(line)
                if write:
                    write(line)
            code = process.wait()
        except BaseException:
            stop(process)
            _remove(_made(note), engine)  # nobody waits for it any more, and it would run on
            raise
        finally:
            printed.close()
        made = _made(note)
    if code:
        raise _failure(argv, code, "".join(lines), engine, made)
    return "".join(lines)


def _made(note: Path) -> str:
    return note.read_text() if note.exists() else ""


def _remove(made: str, engine: Engine) -> None:
    """Remove a container by its ID if there is one; with --rm it may have gone by now."""
    if made:
        with suppress(EngineRefused, EngineLost):
            engine.client().containers.get(made).remove(force=True)


def _failure(argv: Sequence[str], code: int, output: str, engine: Engine, made: str) -> DockerLabError:
    # Only the daemon's own words count: a program in the container may print of other ports.
    said = [line for line in output.splitlines() if "Error response from daemon" in line and _PORT_TAKEN.search(line)]
    if said and (port := _PORT.search(said[0])):
        _remove(made, engine)  # `docker run` leaves it behind, created but never started
        return PortTaken(typed(argv), code, output, int(port[1]), removed=bool(made))
    return engine.failure(argv, code, output)
