"""The one door to the outside: how docker commands are started, and what comes back from the engine's API.

Every docker command gets the environment that `cleaned` makes, so a lesson does the same whatever the reader's
settings say. Every error of the docker SDK, of HTTP or of the connection is turned into one of the course's own by
`map_errors`. Most of the library uses both through `Engine`; tests/unit/test_rooms.py lists who may do otherwise.
"""

import re
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote

import docker
import requests
import urllib3
from docker.errors import APIError, DockerException

from dockerlab.errors import DockerLabError, EngineLost, EngineRefused, EngineUnavailable, NoSuchContainer, NoSuchImage

# Settings of Docker's programs. One in a reader's shell (another builder, another platform, no BuildKit …) would
# change what a lesson shows.
SETTINGS = ("DOCKER_", "BUILDX_", "BUILDKIT_", "COMPOSE_")
# Of these, the ones that only say where the reader's engine is and how to reach it.
ADDRESSES = (
    "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_API_VERSION",
    "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH",
)  # fmt: skip
# An attestation holds the time of the build, and so would give each build another image.
PLAIN_BUILD = {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
API_SECONDS = 120
PROBE_SECONDS = 15
END_SECONDS = 10

_CONTAINER = re.compile(r"/containers/([^/?]+)(?:[/?]|$)")
# What the engine says of a container that is on its way out: nothing can be asked of it any more.
_GOING = re.compile(r"marked for removal|being removed|which is dead|removal of .* already in progress", re.IGNORECASE)
_IMAGE = re.compile(r"/images/(.+?)(?:/(?:json|history|get|tag|push))?(?:\?|$)")


def cleaned(environment: Mapping[str, str], *, keep_addresses: bool) -> dict[str, str]:
    """The environment for a docker command: without the settings of Docker's programs.

    Args:
        environment: usually os.environ.
        keep_addresses: whether what leads to the reader's own engine stays.
    """
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith(SETTINGS) or (keep_addresses and name in ADDRESSES)
    }


def popen(
    command: Sequence[str | Path], environment: Mapping[str, str], *, cwd: str | Path = ".", stdout=None, stderr=None
) -> subprocess.Popen:
    """Start a docker command, with no input and in a session of its own.

    In its own session a notebook's interrupt does not reach it: `stop` passes an interrupt on, once.

    Raises:
        EngineUnavailable: the docker program cannot be started.
    """
    try:
        return subprocess.Popen(
            command,
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as error:
        raise EngineUnavailable(
            f"The docker command cannot be started: {error.strerror or error}.",
            last_lines=[str(error.filename or command[0])],
            advice="Check that the file is still there, or run the chapter again from its first cell.",
        ) from error


def probe(command: Sequence[str | Path], environment: Mapping[str, str]) -> tuple[int, str, str]:
    """Run a short docker command; (exit code, stdout, stderr), with code 127 if it cannot start or does not end."""
    try:
        done = subprocess.run(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=PROBE_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return 127, "", str(error)
    return done.returncode, done.stdout, done.stderr


def stop(process: subprocess.Popen) -> None:
    """End a docker command that still runs.

    SIGTERM makes docker cancel what it has asked the engine for. SIGKILL follows if that does not help: `docker run`
    hands the first signal on to the container and waits for it, for as long as it takes. SIGINT would not do, because
    a command that a script has started in the background ignores it.
    """
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


Lost = Callable[[str, Sequence[str]], EngineLost]


@contextmanager
def map_errors(lost: Lost) -> Iterator[None]:
    """Turn whatever the docker SDK, HTTP or the connection raises into the course's own exceptions.

    Args:
        lost: makes the exception for an engine that cannot be reached, from a sentence and its last lines.

    Raises:
        NoSuchContainer, NoSuchImage: the engine does not have it, or is removing it.
        EngineRefused: the engine said no to something else.
        EngineLost: it did not answer, or stopped in the middle of an answer.
    """
    try:
        yield
    except APIError as error:
        raise refused(error) from error
    except (requests.Timeout, urllib3.exceptions.TimeoutError, TimeoutError) as error:
        raise lost("The Docker engine did not answer in time.", [str(error)]) from error
    except DockerException as error:
        if isinstance(ours := error.__cause__, DockerLabError):  # the SDK has wrapped it while it was being set up
            raise ours from None
        raise lost("The Docker engine cannot be reached.", [str(error)]) from error
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise lost("The Docker engine cannot be reached.", [str(error)]) from error


def refused(error: APIError) -> EngineRefused:
    """The course's exception for an error answer of the engine's API."""
    status, explanation = error.status_code or 500, str(error.explanation or error)
    path = unquote(error.response.url) if error.response is not None else ""
    if found := _CONTAINER.search(path):
        if (status == 404 and "No such container" in explanation) or (status == 409 and _GOING.search(explanation)):
            return NoSuchContainer(found[1])
    elif status == 404 and (found := _IMAGE.search(path)) and "No such image" in explanation:
        return NoSuchImage(found[1])
    return EngineRefused(status, explanation)


class _Api(docker.APIClient):
    """The SDK's connection to one engine; its errors are the course's own."""

    # Never through a proxy. The SDK makes its first request while it is being set up, so it cannot be told later.
    trust_env = property(lambda self: False, lambda self, value: None)

    def __init__(self, lost: Lost, name: Callable[[str], str], **options) -> None:
        self._lost, self._name = lost, name
        super().__init__(**options)

    def _url(self, path: str, *parts: str, **options) -> str:
        return super()._url(path, *(self._name(part) if isinstance(part, str) else part for part in parts), **options)

    def containers(self, *arguments, filters: Mapping | None = None, **options) -> list[dict]:
        """The containers; a filter may name an image or a container."""
        filters = {k: self._name(v) if isinstance(v, str) else v for k, v in (filters or {}).items()}
        return super().containers(*arguments, filters=filters, **options)

    def send(self, request, **options):
        """One request and its answer; called by requests for everything the SDK does."""
        with map_errors(self._lost):
            return super().send(request, **options)

    def _raise_for_status(self, response) -> None:
        with map_errors(self._lost):
            super()._raise_for_status(response)


class Client(docker.DockerClient):
    """The docker SDK, connected to one engine.

    Args:
        lost: see `map_errors`.
        name: what a container or an image is called in the engine; default: as it is asked for.
        options: of docker.APIClient, such as base_url and tls.

    Raises:
        EngineLost: the engine does not answer.
    """

    def __init__(self, lost: Lost, name: Callable[[str], str] | None = None, **options) -> None:
        with map_errors(lost):
            self.api = _Api(lost, name or str, timeout=API_SECONDS, **options)


def answers(socket: Path, timeout: float = 10) -> bool:
    """Whether a Docker engine answers at a Unix socket within `timeout` seconds."""
    if not socket.exists():
        return False
    try:
        client = docker.DockerClient(base_url=f"unix://{socket}", timeout=timeout)
        try:
            return client.ping()
        finally:
            client.close()
    except Exception:  # whatever goes wrong, it means the same: no answer
        return False
