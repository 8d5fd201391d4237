"""Run docker commands as a learner types them, with the labels of the course on whatever they make."""

import codecs
import io
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from dockerlab.engine import Engine
from dockerlab.engine.boundary import stop
from dockerlab.engine.engine import typed
from dockerlab.engine.labels import label_options, labels
from dockerlab.errors import ComposeMissing, DockerLabError, EngineLost, EngineRefused, PortTaken
from dockerlab.run.compose import WORD, is_compose, prepare
from dockerlab.run.excerpt import Excerpt
from dockerlab.run.shell import read_options, split_words

RUNNERS = (("run",), ("container", "run"))
BUILDERS = (("build",), ("image", "build"), ("builder", "build"), ("buildx", "build"), ("buildx", "b"))
CREATORS = (("create",), ("container", "create"))
EXECUTORS = (("exec",), ("container", "exec"))
# The commands that make an object, which gets the labels.
MAKERS = (*RUNNERS, *CREATORS, *BUILDERS, ("network", "create"), ("volume", "create"))
HOW_TO_GET_COMPOSE = (
    "Install it: docker-compose-plugin in Docker's packages, docker-compose in Debian (13 or newer), docker-compose-v2 "
    "in Ubuntu. Docker Desktop brings it along. Then run this cell again."
)
CHUNK_BYTES = 1 << 16
_PORT_TAKEN = re.compile(r"port is already allocated|address already in use|failed to bind (?:host )?port", re.I)
_PORT = re.compile(r"(?:\d{1,3}(?:\.\d{1,3}){3}|\[::1?\]|::):(\d+)")


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
    if not place or any(option.name == "--cidfile" for option in read_options(argv, place)[0]):
        return list(argv)
    return [*argv[:place], f"--cidfile={note}", *argv[place:]]


def new_volumes(argv: Sequence[str]) -> list[str]:
    """The named volumes that a command mounts with docker's usual settings, and would make if they are not there."""
    found = []
    for option in read_options(argv, place)[0] if (place := starts_with(argv, (*RUNNERS, *CREATORS))) else ():
        value = option.value or ""
        if option.name == "--volume-driver":
            return []
        if option.name in ("-v", "--volume"):
            found += re.findall(r"^([^/.~:][^/:]+):", value)
        elif option.name == "--mount":
            settings = dict(part.partition("=")[::2] for part in value.split(","))
            if settings.get("type", "volume") == "volume" and "volume-" not in value:
                found += filter(None, [settings.get("source") or settings.get("src")])
    return found


def docker_command(
    arguments: str | Sequence[str],
    *,
    engine: Engine,
    run: str = "",
    cwd: str | Path = ".",
    write: Callable[[str], object] | None = None,
    publish: Callable[[int], int] = int,
) -> str:
    """Run `docker ARGUMENTS`; give back what it printed, both streams in one.

    Args:
        arguments: what follows `docker`, as typed or as a list. A text may begin with `docker` too.
        run: the run's name for the labels.
        cwd: the folder to run it in.
        write: gets what a page can hold of it, as it comes: see `Excerpt`. What is given back is whole.
        publish: the port to publish on for one that a Compose file names.

    Raises:
        CommandUnreadable: a quotation mark is not closed, or nothing follows a backslash.
        PortTaken: a port to publish on is in use; the container that docker had made for it is removed.
        EngineLost: the engine has gone away.
        ComposeMissing: it is for Compose, which this docker does not have.
        DockerCommandFailed: any other exit code than 0.
        EngineUnavailable: the docker program cannot be started.
        KeyboardInterrupt: passed on; a container that `docker run` was waiting for is removed.
    """
    argv = split_words(arguments)
    if isinstance(arguments, str) and argv[:1] == ["docker"]:
        argv = argv[1:]
    with tempfile.TemporaryDirectory(prefix="dockerlab-run-") as folder:
        note = Path(folder, "id")
        words, said = labelled(argv, run), ""
        if is_compose(argv):
            words, said = prepare(
                argv,
                ask=lambda words: _ask(words, engine, cwd),
                run=run,
                cwd=Path(cwd).absolute(),
                scratch=Path(folder),
                naming=engine.line.naming,
                publish=publish,
            )
        for name in new_volumes(argv):  # docker would make them without labels
            called = engine.line.naming.have("volume", name) if engine.line.naming else name
            with suppress(EngineRefused):  # docker will say so itself
                engine.client().volumes.create(called, labels=labels(run))  # one that is there stays as it is
        process = engine.popen(*noted(words, note), cwd=cwd)
        # It makes no difference where a chunk ends: not within a character, nor between \r and \n.
        decoder = io.IncrementalNewlineDecoder(codecs.getincrementaldecoder("utf-8")("replace"), translate=False)
        printed, excerpt = io.StringIO(newline=""), Excerpt(write) if write else None
        try:
            printed.write(said)
            if excerpt and said:
                excerpt.add(said)
            ended = False
            while not ended:
                chunk = process.stdout.read1(CHUNK_BYTES)
                ended = not chunk
                text = decoder.decode(chunk, final=ended).replace("\r\n", "\n")
                printed.write(text)
                if excerpt:
                    excerpt.add(text)
            code = process.wait()
        except BaseException:
            stop(process)
            _remove(_made(note), engine)  # nobody waits for it any more, and it would run on
            raise
        finally:
            process.stdout.close()
            if excerpt:
                excerpt.close()
        made = _made(note)
    if code:
        raise _failure(argv, code, printed.getvalue(), engine, made)
    return printed.getvalue()


def _ask(words: Sequence[str], engine: Engine, cwd: str | Path) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a short docker command."""
    process = engine.popen(*words, cwd=cwd, stderr=subprocess.PIPE)
    try:
        out, said = process.communicate()
    finally:
        stop(process)
    return process.returncode, out.decode(errors="replace"), said.decode(errors="replace")


def _made(note: Path) -> str:
    return note.read_text() if note.exists() else ""


def _remove(made: str, engine: Engine) -> None:
    """Remove a container by its ID if there is one; with --rm it may have gone by now."""
    if made:
        with suppress(EngineRefused, EngineLost):
            engine.client().containers.get(made).remove(force=True)


def _failure(argv: Sequence[str], code: int, output: str, engine: Engine, made: str) -> DockerLabError:
    # Only the daemon's own words count: a program in the container may print of other ports. What Compose has made
    # stays, and its ports stand in a file.
    lines = [] if is_compose(argv) else output.splitlines()
    said = [line for line in lines if "Error response from daemon" in line and _PORT_TAKEN.search(line)]
    if said and (port := _PORT.search(said[0])):
        _remove(made, engine)  # `docker run` leaves it behind, created but never started
        return PortTaken(typed(argv), code, output, int(port[1]), removed=bool(made))
    failure = engine.failure(argv, code, output)
    if is_compose(argv) and not isinstance(failure, EngineLost) and _ask([WORD, "version"], engine, ".")[0]:
        summary = "Your docker has no Compose: `docker compose` is a plugin, and it is not installed."
        return ComposeMissing(typed(argv), code, output, summary=summary, advice=HOW_TO_GET_COMPOSE)
    return failure
