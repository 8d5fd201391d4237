"""A second Docker engine that runs in a container of the first: another machine, as far as builds and images go.

It listens to nothing but `docker exec`. Everything that it keeps is in an anonymous volume, which goes with the
container.
"""

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import docker

from dockerlab.engine.boundary import PLAIN_BUILD
from dockerlab.engine.engine import Engine, Server
from dockerlab.engine.patience import patience
from dockerlab.engine.provider import CommandLine
from dockerlab.errors import DockerCommandFailed, EngineLost, EngineStartFailed

IMAGE = "docker:dind"
START_SECONDS = 60
PAUSE_SECONDS = 0.1
# The client's own variables do not reach into a container.
_PLAIN = tuple(word for name, value in PLAIN_BUILD.items() for word in ("-e", f"{name}={value}"))


@dataclass(frozen=True)
class SecondEngine(Engine):
    """An engine in a container of another one, reached through `docker exec`."""

    outer: Engine = None  # the engine that runs the container
    container: str = ""  # its name

    @property
    def source(self) -> str:
        """Where it is, in words."""
        return f"in the container {self.container}"

    @property
    def sees_files(self) -> bool:
        """It sees only the files of its container."""
        return False

    def environment(self) -> dict[str, str]:
        """That of the outer engine, whose docker command starts this one's."""
        return self.outer.environment()

    def lost(self, summary: str, said: Sequence[str] = ()) -> EngineLost:
        """The exception for this engine, which lives as long as its container."""
        advice = f"`docker logs {self.container}` has its last words. Run the chapter again from its first cell."
        return EngineLost(summary, last_lines=said, advice=advice)

    def client(self) -> docker.DockerClient:
        """There is none: only `docker exec` leads there.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"The engine in the container {self.container} has no address for the docker SDK.")

    def with_options(self, options: Sequence[str]) -> Self:
        """The same engine, reached through `docker exec OPTIONS …`."""
        command = (*self.outer.line.command, "exec", *options, *_PLAIN, self.container, "docker")
        return replace(self, line=CommandLine(command))

    def stop_builds(self) -> None:
        """Cancel the builds that run there: ending `docker exec` does not end what it has started."""
        with contextlib.suppress(DockerCommandFailed):  # the container has ended, and its builds with it
            self.outer.run("exec", self.container, "sh", "-c", "kill $(pidof docker-buildx) || true")


def wait_for(engine: Engine, container: str, timeout: float | None = None) -> SecondEngine:
    """The engine in a running container, as soon as it answers.

    Args:
        timeout: seconds after which it gives up; default: 60, and on a busy machine more.

    Raises:
        EngineStartFailed: it did not answer in time, or its container has ended; with its last log lines. Also if it
            cannot export a cache, as engines before release 29 cannot unless told to use containerd's store.
        DockerCommandFailed: there is no such container.
    """
    timeout = patience(START_SECONDS) if timeout is None else timeout
    deadline = time.monotonic() + timeout
    while True:
        state, name = engine.run("inspect", "--format", "{{.State.Status}} {{.Name}}", container).split()
        try:
            said = engine.run("exec", container, "docker", "info", "--format", "{{json .}}").splitlines()
            info = json.loads(next((line for line in said if line.startswith("{")), "{}"))
        except DockerCommandFailed:
            info = {}  # not yet
        if info.get("ServerVersion"):
            break
        if state != "running" or time.monotonic() > deadline:
            raise _not_up(engine, container, state, timeout)
        time.sleep(PAUSE_SECONDS)
    buildx = engine.run("exec", container, "docker", "buildx", "version").split()
    found = SecondEngine(
        host="",
        line=CommandLine(()),
        server=Server.from_info(info),
        buildx=buildx[1].removeprefix("v") if len(buildx) > 1 else "",
        outer=engine,
        container=name.strip("/"),
    ).with_options(())
    if not found.server.has_containerd_store:
        raise EngineStartFailed(
            f"The second engine, Docker {found.server.version} with {found.server.store}, can export no cache.",
            advice=f"`docker pull {IMAGE}` gets a newer one, of release 29 or later.",
        )
    return found


def _not_up(engine: Engine, container: str, state: str, timeout: float) -> EngineStartFailed:
    what = f"no answer in {timeout:.0f} s" if state == "running" else f"its container is {state}"
    return EngineStartFailed(
        f"The second engine, in the container {container}, did not come up: {what}.",
        last_lines=engine.run("logs", "--tail", "8", container).splitlines(),
        advice="It has to be run with --privileged, which not every engine allows.",
    )
