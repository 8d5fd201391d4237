"""A Docker engine that answered, and everything that goes to it or comes back."""

import os
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import docker
from docker.context import ContextAPI

from dockerlab.engine.boundary import Client, cleaned, map_errors, popen, probe, stop
from dockerlab.engine.provider import CommandLine, Provider
from dockerlab.errors import DockerCommandFailed, EngineLost

CONTAINERD = "(containerd)"  # ends the name of a store that containerd keeps


@dataclass(frozen=True)
class Server:
    """What the engine says of itself."""

    version: str  # such as "28.5.2"
    store: str  # where it keeps images, such as "overlay2" or "overlayfs (containerd)"
    operating_system: str  # what it runs on, in its own words

    @classmethod
    def from_info(cls, info: Mapping) -> Self:
        """Out of what `docker info --format '{{json .}}'` prints."""
        driver = info.get("Driver", "")
        # The containerd store is named by its snapshotter's type; overlay2 and its like are graph drivers.
        status = dict(row for row in info.get("DriverStatus") or [] if len(row) == 2)
        store = f"{driver} {CONTAINERD}" if "containerd" in status.get("driver-type", "") else driver
        return cls(info.get("ServerVersion", ""), store, info.get("OperatingSystem", ""))

    @property
    def has_containerd_store(self) -> bool:
        """Whether containerd keeps the images, and not a graph driver such as overlay2."""
        return self.store.endswith(CONTAINERD)


@dataclass(frozen=True)
class Engine:
    """A Docker engine that answered, and the docker command line to use with it."""

    host: str  # where it is, as a DOCKER_HOST value
    line: CommandLine  # the docker command line
    server: Server  # what it says of itself
    buildx: str  # version of the command line's buildx
    provider: Provider | None = None  # what started it; None for the reader's own

    def __str__(self) -> str:
        return f"Docker Engine {self.server.version} ({self.source}, {self.server.store})"

    @property
    def source(self) -> str:
        """Whose it is: "own" (the reader's), "private" or "micro-VM" (started by the course)."""
        return self.provider.name if self.provider else "own"

    @property
    def sees_files(self) -> bool:
        """Whether its docker command sees the files of this machine."""
        return True

    def environment(self) -> dict[str, str]:
        """The whole environment of its docker commands."""
        return cleaned(os.environ, keep_addresses=self.provider is None) | self.line.variables

    def popen(
        self,
        *arguments: str | Path,
        cwd: str | Path = ".",
        variables: Mapping[str, str] | None = None,
        stdout: int | None = subprocess.PIPE,
        stderr: int | None = subprocess.STDOUT,
    ) -> subprocess.Popen:
        """Start `docker ARGUMENTS`; `boundary.stop` ends it.

        Args:
            variables: more for its environment.

        Raises:
            EngineUnavailable: the docker program cannot be started.
        """
        environment = self.environment() | dict(variables or {})
        arguments = self.line.naming.words(arguments) if self.line.naming else arguments
        return popen([*self.line.command, *arguments], environment, cwd=cwd, stdout=stdout, stderr=stderr)

    def run(self, *arguments: str | Path, cwd: str | Path = ".", timeout: float | None = None) -> str:
        """What `docker ARGUMENTS` prints, both streams in one, when it has ended.

        Args:
            timeout: seconds after which it is stopped.

        Raises:
            DockerCommandFailed: it ended with another exit code than 0, or was stopped.
            EngineLost: the engine has gone away.
            EngineUnavailable: the docker program cannot be started.
        """
        process = self.popen(*arguments, cwd=cwd)
        try:
            output, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as late:
            stop(process)
            said = (late.output or b"").decode(errors="replace")
            summary = f"`{typed(arguments)}` took longer than {timeout:.0f} s and was stopped."
            raise DockerCommandFailed(typed(arguments), process.returncode, said, summary=summary) from None
        finally:
            stop(process)
            process.stdout.close()
        said = output.decode(errors="replace")
        if process.returncode:
            raise self.failure(arguments, process.returncode, said)
        return said

    def failure(self, arguments: Sequence[str | Path], code: int, output: str) -> DockerCommandFailed | EngineLost:
        """The exception for a docker command that ended badly: asks whether the engine is still there."""
        if not self.answers():
            said = output.strip().splitlines()[-4:]
            return self.lost(f"The Docker engine does not answer `{typed(arguments)}`.", said)
        return DockerCommandFailed(typed(arguments), code, output)

    def stop_builds(self) -> None:
        """Cancel the builds of a docker command that was ended, for an engine that does not do so by itself."""

    def client(self) -> docker.DockerClient:
        """The docker SDK, connected to this engine; it raises the course's exceptions.

        What is read after a request has returned, such as a stream of events, wants `map_errors` around it.
        """
        return self._client

    def answers(self) -> bool:
        """Whether its docker command reaches it now."""
        command = [*self.line.command, "version", "--format", "{{.Server.Version}}"]
        return probe(command, self.environment())[0] == 0

    def lost(self, summary: str, said: Sequence[str] = ()) -> EngineLost:
        """The exception for an engine that has gone away, with its last lines and, if it is known, the reason."""
        if self.provider is None:
            return EngineLost(summary, last_lines=said, advice="Start Docker again; finished steps stay in its cache.")
        reason, advice = self.provider.why_lost()
        return EngineLost(f"{summary} {reason}".strip(), last_lines=said, advice=advice)

    @cached_property
    def _client(self) -> Client:
        name = self.line.naming.name if self.line.naming else None
        if self.provider is not None:
            return Client(self.lost, name, base_url=self.host)
        # The reader's engine may need certificates, which their settings name.
        with map_errors(self.lost):
            if os.environ.get("DOCKER_HOST"):
                options = docker.utils.kwargs_from_env()
            else:
                context = ContextAPI.get_context(os.environ.get("DOCKER_CONTEXT"))
                options = {"base_url": self.host, "tls": context.TLSConfig if context else None}
        return Client(self.lost, name, **options)


def typed(arguments: Sequence[str | Path]) -> str:
    """`docker ARGUMENTS` as a reader would type it."""
    return shlex.join(["docker", *map(str, arguments)])
