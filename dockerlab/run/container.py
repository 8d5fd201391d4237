"""Running containers: docker commands as typed, waiting for answers, health and stopping."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import requests
from docker.errors import APIError, NotFound
from docker.models.containers import Container

from dockerlab.engine import Engine
from dockerlab.engine.labels import labels
from dockerlab.engine.process import see_to_end
from dockerlab.errors import DockerCommandFailed, EngineLost, NoSuchContainer, NotAnswering, PortTaken

# The commands that make an object, and so get the labels.
MAKERS = (
    ("build",),
    ("buildx", "build"),
    ("run",),
    ("create",),
    ("container", "run"),
    ("container", "create"),
    ("network", "create"),
    ("volume", "create"),
)
RUNNERS = (("run",), ("container", "run"))
_PORT_TAKEN = re.compile(r"(?:port is already allocated|address already in use|failed to bind (?:host )?port)", re.I)
_PORT = re.compile(r"(?:\d+\.\d+\.\d+\.\d+|\[::\]|::):(\d+)")
_LOST = re.compile(r"cannot connect to the docker daemon|error during connect|connection refused", re.I)


def labelled(argv: list[str], run: str) -> list[str]:
    """The command with the course's labels, where it makes something; else as it was."""
    for words in MAKERS:
        if tuple(argv[: len(words)]) == words:
            options = [f"--label={key}={value}" for key, value in labels(run).items()]
            return [*argv[: len(words)], *options, *argv[len(words) :]]
    return argv


def docker(
    arguments: str | Sequence[str],
    *,
    engine: Engine,
    run: str = "",
    cwd: str = ".",
    write: Callable[[str], object] | None = None,
) -> str:
    """Run `docker ARGUMENTS`; give back what it printed, both streams in one.

    Args:
        arguments: what follows `docker`, as typed or as a list.
        write: gets each line as it comes.

    Raises:
        PortTaken: a port to publish on is in use; the container that docker had made for it is removed.
        EngineLost: the engine does not answer.
        KeyboardInterrupt: passed on; a container that `docker run` was waiting for is removed.
        DockerCommandFailed: any other exit code than 0.
    """
    argv = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
    typed = shlex.join(["docker", *argv])
    with tempfile.TemporaryDirectory(prefix="dockerlab-run-") as folder:
        note = Path(folder, "id")
        process = subprocess.Popen(
            [*engine.docker, *noted(labelled(argv, run), note)],
            env=os.environ | engine.environment(),
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        lines: list[str] = []
        try:
            for line in process.stdout:
                lines.append(line)
                if write:
                    write(line)
            code = process.wait()
        except BaseException:
            see_to_end(process)
            _remove(_made(note), engine)  # its client has gone, and it would run on
            raise
        finally:
            process.stdout.close()
        made = _made(note)
    output = "".join(lines)
    if code:
        raise _explain(typed, code, output, engine, made)
    return output


def _made(note: Path) -> str:
    return note.read_text() if note.exists() else ""


def _remove(made: str, engine: Engine) -> None:
    """Remove a container by its ID, where there is one; with --rm it may have gone by now."""
    if made:
        with suppress(APIError):
            engine.client().containers.get(made).remove(force=True)


def noted(argv: list[str], note: Path) -> list[str]:
    """The command with a file for docker to write the container's ID into, where it is one that takes this."""
    for words in RUNNERS:
        if tuple(argv[: len(words)]) == words and not any(word.startswith("--cidfile") for word in argv):
            return [*argv[: len(words)], f"--cidfile={note}", *argv[len(words) :]]
    return argv


def _explain(
    typed: str, code: int, output: str, engine: Engine, made: str
) -> DockerCommandFailed | EngineLost | PortTaken:
    if _LOST.search(output) and not engine.answers():
        return engine.lost(f"The Docker engine does not answer `{typed}`.", output.strip().splitlines()[-4:])
    # The daemon's own words: what a program in the container prints of ports is about other ones.
    said = [line for line in output.splitlines() if "Error response from daemon" in line and _PORT_TAKEN.search(line)]
    if said and (port := _PORT.search(said[0])):
        _remove(made, engine)  # `docker run` leaves it behind, created but never started
        return PortTaken(typed, code, output, int(port[1]))
    return DockerCommandFailed(typed, code, output)


def find_container(name: str, *, engine: Engine) -> Container:
    """A container by its name or ID.

    Raises:
        NoSuchContainer: there is none.
    """
    try:
        return engine.client().containers.get(name)
    except NotFound:
        raise NoSuchContainer(name) from None


@dataclass(frozen=True)
class Answer:
    """An HTTP answer of a container. Two are equal that say the same, whoever said it and however soon.

    Attributes:
        url: asked at the port that was published on this machine.
        status: the HTTP status code.
        body: the decoded JSON, or the text where it is none.
        seconds: until the first answer, which includes waiting for the program to start.
    """

    url: str = field(compare=False)
    status: int
    body: object
    seconds: float = field(compare=False)

    def __str__(self) -> str:
        import json

        text = self.body if isinstance(self.body, str) else json.dumps(self.body, indent=2, ensure_ascii=False)
        return f"GET {self.url} -> {self.status}\n{text}"

    def _repr_pretty_(self, printer, cycle) -> None:
        printer.text(str(self))


def ask(container: str, path: str = "/", *, engine: Engine, timeout: float = 30) -> Answer:
    """GET a path from a container's published port, waiting until the program answers.

    Raises:
        NoSuchContainer: there is none of that name.
        NotAnswering: no HTTP answer within `timeout` seconds, or the container has stopped; with its last log lines.
            At once where it publishes no port.
    """
    begin = time.perf_counter()
    found = find_container(container, engine=engine)
    settings = found.attrs["HostConfig"]
    if not settings.get("PortBindings") and not settings.get("PublishAllPorts"):
        raise NotAnswering(container, path, 0, publishes=False)
    while time.perf_counter() - begin < timeout:
        found.reload()
        ports = [b[0]["HostPort"] for b in (found.ports or {}).values() if b]
        if ports and found.status == "running":
            url = f"http://127.0.0.1:{ports[0]}{path}"
            try:
                reply = requests.get(url, timeout=5)
            except requests.RequestException:
                pass
            else:
                is_json = "json" in reply.headers.get("content-type", "")
                body = reply.json() if is_json else reply.text
                return Answer(url, reply.status_code, body, time.perf_counter() - begin)
        elif found.status in ("exited", "dead"):
            break
        time.sleep(0.05)
    last = found.logs(tail=8).decode(errors="replace").splitlines()
    raise NotAnswering(container, path, time.perf_counter() - begin, last)


def watch_health(
    container: str, until: str, *, engine: Engine, timeout: float = 60, checks: int | None = None
) -> pd.DataFrame:
    """The health states of a container as they change, until one is reached: seconds (since the start), health.

    Args:
        timeout: seconds after which it is not waited for any longer.
        checks: so many checks in vain, too; None sets no such limit.

    Raises:
        NoSuchContainer: there is none of that name.
        NotAnswering: the state was not reached, or the container has ended; with the health check's own last output.
    """
    found = find_container(container, engine=engine)
    begin = time.perf_counter()
    rows: list[dict] = []
    outputs: dict[str, str] = {}  # of each check, by its start: docker keeps the last five
    before: set[str] | None = None
    while time.perf_counter() - begin < timeout:
        found.reload()
        health = found.attrs["State"].get("Health", {})
        state = health.get("Status", "none")
        if not rows or rows[-1]["health"] != state:
            rows.append({"seconds": round(time.perf_counter() - begin, 1), "health": state})
        if state == until:
            return pd.DataFrame(rows)
        outputs |= {check["Start"]: check.get("Output", "") for check in health.get("Log") or ()}
        before = set(outputs) if before is None else before
        if found.status in ("exited", "dead") or (checks is not None and len(outputs.keys() - before) >= checks):
            break
        time.sleep(0.1)
    said = outputs[max(outputs)].strip().splitlines() if outputs else []
    raise NotAnswering(container, f"health {until!r}", time.perf_counter() - begin, said[-8:])


def stop_seconds(container: str, *, engine: Engine) -> tuple[float, int]:
    """Stop a container with Docker's default grace period; (seconds until it had stopped, its exit code).

    Raises:
        NoSuchContainer: there is none of that name.
    """
    found = find_container(container, engine=engine)
    begin = time.perf_counter()
    found.stop()
    seconds = time.perf_counter() - begin
    found.reload()
    return seconds, found.attrs["State"]["ExitCode"]
