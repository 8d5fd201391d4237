"""Measure what the image of a Dockerfile is and does. The Dockerfile's text is never read: any way to the goal is good.

The exercise's `checks.py` describes the `Service` to try; `measure` collects the `Facts` of one Dockerfile, which the
exercise's criteria then turn into points.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from dockerlab.build.trace import DONE, RUNNING, BuildTrace, Step
from dockerlab.engine.provider import Progress
from dockerlab.errors import BuildFailed, DockerCommandFailed, DockerfileInvalid, DockerLabError, NotAnswering
from dockerlab.exercise.bench import WATCHED, Bench, last_line
from dockerlab.image import ImageReader
from dockerlab.run import Answer, Container


@dataclass(frozen=True)
class Request:
    """GET `path`; the right answer has this HTTP status and is a JSON object.

    `options` of `docker run` give the request a server of its own.
    """

    path: str
    status: int
    options: str = ""


@dataclass(frozen=True)
class Service:
    """What a Dockerfile has to package, and how to try its image."""

    lab: str  # the folder in labs/ with the program and the Dockerfiles to compare with
    compare: Mapping[str, str]  # these Dockerfiles, by the name of the image; the first one's answers are right
    requests: Mapping[str, Request]  # by the words for the scoreboard; at least one without options
    files: Mapping[str, str]  # more files for the build context, by path
    port: int  # that the service listens on
    secret: str  # must not be in the image
    code: str  # the file that changes before the image is built again
    ends_rebuild: Callable[[str], bool]  # whether that build can stop at an instruction: the rest does not matter


@dataclass(frozen=True)
class Reference:
    """What a solution is compared with: the right answers, and the size of each image in bytes, by name."""

    answers: Mapping[str, Answer]
    sizes: Mapping[str, int]


@dataclass
class Facts:
    """What was measured of one Dockerfile; None stands for what could not be."""

    reference: Reference
    problem: str = ""  # why it does not build, in the engine's words and several lines; "" if it does
    steps: int = 0  # instructions without FROM
    answers: dict[str, Answer] = field(default_factory=dict)  # up to the first request that got none
    silence: str = ""  # the last words of a server that did not answer
    size_bytes: int | None = None  # sum of the files in the layers
    reruns: tuple[str, ...] | None = None  # what a change of the code runs again, up to where the rebuild was ended
    uid: int | None = None  # the user ID of process 1
    has_check: bool | None = None
    healthy: bool | None = None
    check_said: str = ""  # the last line of a health check that failed
    notices: bool | None = None  # whether the check fails when the server is frozen
    secrets: tuple[str, ...] | None = None  # the places in which the secret was found
    stop: tuple[float, int] | None = None  # seconds until the container had stopped, and its exit code


def measure_reference(bench: Bench, service: Service, tell: Progress) -> Reference:
    """Measure the images to compare with.

    Raises:
        DockerLabError: the first one does not answer as it should.
    """
    first, *_ = names = list(service.compare)
    tell(f"measuring the {' and the '.join(names)} image")
    for name, dockerfile in service.compare.items():
        bench.build(dockerfile, "-t", bench.tag(name))
    images = ImageReader(bench.engine).read(*map(bench.tag, names))
    servers = _serve(bench, first, service)
    answers = {words: servers[request.options].ask(request.path) for words, request in service.requests.items()}
    for words, answer in answers.items():
        if answer.status != service.requests[words].status or not isinstance(answer.body, dict):
            raise DockerLabError(f"The {first} image does not answer {words} as it should.")
    return Reference(answers, {name: images[bench.tag(name)].size_bytes for name in names})


def measure(
    bench: Bench, dockerfile: Path, service: Service, reference: Reference, *, patience: float, tell: Progress
) -> Facts:
    """Build a Dockerfile on a bench, run its image, and measure both.

    Args:
        bench: holds a copy of the build context, which is changed.
        patience: how long to wait for an answer or a state of health, in seconds.

    Returns:
        the facts, also of a Dockerfile that does not build.

    Raises:
        EngineLost, BuildCancelled, ImageUnreadable.
    """
    facts = Facts(reference)
    if not dockerfile.is_file():
        facts.problem = f"There is no file {dockerfile.name}."
        return facts
    shutil.copy(dockerfile, bench.folder / dockerfile.name)
    for path, text in service.files.items():
        (bench.folder / path).write_text(text, encoding="utf-8")
    tell("building")
    try:
        done = bench.build(dockerfile.name, "-t", bench.tag("solution"))
    except (BuildFailed, DockerfileInvalid) as error:
        facts.problem = "\n".join([error.summary, *error.last_lines])
        return facts
    facts.steps = sum(not step.is_from for step in done.trace.instructions())
    tell("starting the server and asking it")
    _ask(bench, service, facts, patience)
    tell("stopping the server")
    facts.uid = bench.uid("server")
    if facts.uid is not None:
        facts.stop = bench.container("server").stop()
    # The image is read while we wait for its health check; an interrupt lets the reading end first.
    with ThreadPoolExecutor(1) as aside:
        contents = aside.submit(bench.read, "solution", service.secret)
        tell("waiting for the health check")
        if bench.uid("watched") is not None:
            facts.healthy, facts.check_said = bench.becomes("watched", "healthy", patience)
        if facts.healthy:
            bench.freeze("watched")
        tell("building again with a changed line of code")
        facts.reruns = _reruns(bench, dockerfile.name, service)
        tell("adding up the layers, and searching them for the secret")
        facts.size_bytes, facts.secrets = contents.result()
    if facts.healthy:
        tell("waiting for the health check to notice the frozen server")
        facts.notices, _ = bench.becomes("watched", "unhealthy", patience)
    return facts


def _serve(bench: Bench, image: str, service: Service) -> dict[str, Container]:
    """Start a server for each set of options, and give them by these; the one without options is called "server"."""
    publish = f"-p 127.0.0.1::{service.port}"  # on any free port
    needed = dict.fromkeys(request.options for request in service.requests.values())
    return {
        options: bench.start(image, f"server-{number}" if options else "server", f"{publish} {options}")
        for number, options in enumerate(needed)
    }


def _ask(bench: Bench, service: Service, facts: Facts, patience: float) -> None:
    """Start the image's containers and ask them."""
    facts.has_check = bench.has_check("solution")
    try:
        servers = _serve(bench, "solution", service)
        if facts.has_check:
            bench.start("solution", "watched", WATCHED)
        for words, request in service.requests.items():
            facts.answers[words] = servers[request.options].ask(request.path, timeout=patience)
    except (DockerCommandFailed, NotAnswering) as error:
        facts.silence = last_line(error)


class _RanEnough(Exception):
    """Ends a rebuild: whatever it would still run does not matter."""


class _UntilEnough:
    """Watches a build, notes what ran, and ends the build at an instruction that is enough."""

    def __init__(self, is_enough: Callable[[str], bool]) -> None:
        self._is_enough = is_enough
        self.ran: tuple[str, ...] = ()

    def update(self, trace: BuildTrace) -> None:
        self.ran = reran(trace.instructions())
        if any(map(self._is_enough, self.ran)):
            raise _RanEnough

    def close(self) -> None:
        pass


def _reruns(bench: Bench, dockerfile: str, service: Service) -> tuple[str, ...] | None:
    """What a build runs again after a new line in the code; None if it fails."""
    with (bench.folder / service.code).open("a", encoding="utf-8") as file:
        file.write(f"\n# A line that no build has seen: {bench.token}\n")
    watcher = _UntilEnough(service.ends_rebuild)
    try:
        return reran(bench.build(dockerfile, "--output=type=cacheonly", watcher=watcher).trace.instructions())
    except _RanEnough:
        return watcher.ran
    except BuildFailed:
        return None


def reran(steps: Sequence[Step]) -> tuple[str, ...]:
    """The instructions without FROM that ran, or are running and have printed something; none from the cache."""
    ran = [step for step in steps if step.state == DONE or (step.state == RUNNING and step.log)]
    return tuple(step.instruction for step in ran if not step.is_from)
