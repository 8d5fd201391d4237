"""Running containers: docker commands as typed, waiting for answers, health and stopping."""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd
import requests

from dockerlab.engine import Engine
from dockerlab.errors import DockerCommandFailed, EngineLost, NotAnswering, PortTaken
from dockerlab.labels import labels

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
    arguments: str,
    *,
    engine: Engine,
    run: str = "",
    cwd: str = ".",
    write: Callable[[str], object] | None = None,
) -> str:
    """Run `docker ARGUMENTS`; give back what it printed, both streams in one.

    Args:
        write: gets each line as it comes.

    Raises:
        PortTaken: a port to publish on is in use; the container that docker had made for it is removed.
        EngineLost: the engine does not answer.
        DockerCommandFailed: any other exit code than 0.
    """
    argv = shlex.split(arguments)
    typed = shlex.join(["docker", *argv])
    process = subprocess.Popen(
        [*engine.docker, *labelled(argv, run)],
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
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
        process.stdout.close()
    output = "".join(lines)
    if code:
        raise _explain(typed, argv, code, output, engine)
    return output


def _explain(typed: str, argv: list[str], code: int, output: str, engine: Engine) -> DockerCommandFailed | EngineLost:
    if _LOST.search(output):
        return engine.lost(f"The Docker engine does not answer `{typed}`.", output.strip().splitlines()[-4:])
    if _PORT_TAKEN.search(output):
        # `docker run` leaves the container behind, created but never started.
        if (made := re.match(r"[0-9a-f]{64}$", output, re.M)) or (made := re.search(r"^[0-9a-f]{64}$", output, re.M)):
            engine.client().containers.get(made[0]).remove(force=True)
        elif "--name" in argv:
            for container in engine.client().containers.list(
                all=True, filters={"name": argv[argv.index("--name") + 1]}
            ):
                if container.status == "created":
                    container.remove(force=True)
        port = _PORT.search(output)
        return PortTaken(typed, code, output, int(port[1]) if port else 0)
    return DockerCommandFailed(typed, code, output)


def port_is_free(port: int) -> bool:
    """Whether a program could listen on this port of loopback now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port() -> int:
    """A port of loopback that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


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
        NotAnswering: no HTTP answer within `timeout` seconds, or the container has stopped; with its last log lines.
    """
    begin = time.perf_counter()
    found = engine.client().containers.get(container)
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


def watch_health(container: str, until: str, *, engine: Engine, timeout: float = 60) -> pd.DataFrame:
    """The health states of a container as they change, until one is reached: seconds (since the start), health.

    Raises:
        NotAnswering: the state was not reached in time; with the health check's own last output.
    """
    found = engine.client().containers.get(container)
    begin = time.perf_counter()
    rows: list[dict] = []
    while time.perf_counter() - begin < timeout:
        found.reload()
        state = found.attrs["State"].get("Health", {}).get("Status", "none")
        if not rows or rows[-1]["health"] != state:
            rows.append({"seconds": round(time.perf_counter() - begin, 1), "health": state})
        if state == until:
            return pd.DataFrame(rows)
        time.sleep(0.1)
    checks = found.attrs["State"].get("Health", {}).get("Log") or [{}]
    raise NotAnswering(container, f"health {until!r}", timeout, checks[-1].get("Output", "").splitlines()[-8:])


def stop_seconds(container: str, *, engine: Engine) -> tuple[float, int]:
    """Stop a container with Docker's default grace period; (seconds until it had stopped, its exit code)."""
    found = engine.client().containers.get(container)
    begin = time.perf_counter()
    found.stop()
    seconds = time.perf_counter() - begin
    found.reload()
    return seconds, found.attrs["State"]["ExitCode"]
