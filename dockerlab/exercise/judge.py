"""Measure what the image of a Dockerfile is and does. The Dockerfile's text is never read: any way to the goal is good.

The exercise's `checks.py` describes the `Service` to try; `measure` collects the `Facts` of one Dockerfile, which the
exercise's criteria then turn into points. What comes too late on a machine that is too busy is left open: see load.py.
"""

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dockerlab.engine.provider import Progress
from dockerlab.errors import BuildFailed, DockerCommandFailed, DockerfileInvalid, DockerLabError, NotAnswering
from dockerlab.exercise.bench import Bench, last_line
from dockerlab.exercise.installations import Rebuild, rebuild
from dockerlab.exercise.load import is_busy, settle
from dockerlab.image import ImageReader
from dockerlab.run import Answer, Container

KILLED = 137  # the exit code of a program that was ended by force
STOPS_SECONDS = 3  # a server that needs longer is probably killed after Docker's 10 seconds
CHECK_SECONDS = 3.0  # how long a health check may take, at least
REFERENCE_SECONDS = 180  # how long the first image to compare with may take to answer
START_FACTOR = 6  # a solution may take so many times as long to start as that image. The lean one takes three times.


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

    @property
    def publish(self) -> str:
        """The option of `docker run` that publishes the port on any free one."""
        return f"-p 127.0.0.1::{self.port}"


@dataclass(frozen=True)
class Reference:
    """What a solution is compared with: the right answers, and the size of each image in bytes, by name."""

    answers: Mapping[str, Answer]
    sizes: Mapping[str, int]

    @property
    def start_seconds(self) -> float:
        """How long the first image took to start on this machine."""
        return max((answer.seconds for answer in self.answers.values()), default=0)


@dataclass
class Facts:
    """What was measured of one Dockerfile; None stands for what could not be."""

    reference: Reference
    problem: str = ""  # why it does not build, in the engine's words and several lines; "" if it does
    steps: int = 0  # instructions without FROM
    answers: dict[str, Answer] = field(default_factory=dict)  # up to the first request that got none
    silence: str = ""  # the last words of a server that did not answer
    size_bytes: int | None = None  # sum of the files in the layers
    again: Rebuild | None = None  # what a change of the code runs again
    uid: int | None = None  # the user ID of process 1
    has_check: bool | None = None
    healthy: bool | None = None
    check_said: str = ""  # the last line of a health check that failed
    notices: bool | None = None  # whether the check fails when the server is frozen
    secrets: tuple[str, ...] | None = None  # the places in which the secret was found
    stop: tuple[float, int] | None = None  # seconds until the container had stopped, and its exit code
    too_busy: set[str] = field(default_factory=set)  # the facts about which this machine was too busy to tell


def measure_reference(bench: Bench, service: Service, tell: Progress) -> Reference:
    """Measure the images to compare with.

    Raises:
        NotAnswering: the first one does not answer.
        DockerLabError: it does not answer as it should.
    """
    first, *_ = names = list(service.compare)
    tell(f"measuring the {' and the '.join(names)} image")
    for name, dockerfile in service.compare.items():
        bench.build(dockerfile, "-t", bench.tag(name))
    images = ImageReader(bench.engine).read(*map(bench.tag, names))
    servers = _serve(bench, first, service)
    answers = {
        words: servers[request.options].ask(request.path, timeout=REFERENCE_SECONDS)
        for words, request in service.requests.items()
    }
    for words, answer in answers.items():
        if answer.status != service.requests[words].status or not isinstance(answer.body, dict):
            raise DockerLabError(f"The {first} image does not answer {words} as it should.")
    return Reference(answers, {name: images[bench.tag(name)].size_bytes for name in names})


def machine_is_busy(bench: Bench, service: Service) -> bool:
    """Whether this machine is too busy to judge by the clock: how the first image to compare with starts on it now."""
    image, dockerfile = next(iter(service.compare.items()))
    bench.build(dockerfile, "-t", bench.tag(image))
    request = next(request for request in service.requests.values() if not request.options)
    witness = bench.start(image, "witness", service.publish)
    try:
        answer = witness.ask(request.path, timeout=REFERENCE_SECONDS)
    except NotAnswering:
        return True
    used = witness.found().stats(stream=False, one_shot=True)["cpu_stats"]["cpu_usage"]["total_usage"]
    return is_busy(answer.seconds, used / 1e9)


def measure(
    bench: Bench,
    dockerfile: Path,
    service: Service,
    reference: Reference,
    *,
    busy: Callable[[], bool],
    patience: float,
    tell: Progress,
) -> Facts:
    """Build a Dockerfile on a bench, run its image, and measure both.

    Args:
        bench: holds a copy of the build context, which is changed.
        busy: measures whether this machine is too busy to judge by the clock.
        patience: how long to wait for an answer or a state of health, in seconds; longer if the first image to
            compare with was slow.

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
    patience = max(patience, START_FACTOR * reference.start_seconds)
    tell("building")
    try:
        done = bench.build(dockerfile.name, "-t", bench.tag("solution"))
    except (BuildFailed, DockerfileInvalid) as error:
        facts.problem = "\n".join([error.summary, *error.last_lines])
        return facts
    facts.steps = sum(not step.is_from for step in done.trace.instructions())
    tell("starting the server and asking it")
    _ask(bench, service, facts, patience, busy)
    tell("stopping the server")
    _stop(bench, facts, busy)
    tell("waiting for the health check")
    _become_healthy(bench, facts, patience, busy)
    if facts.healthy:
        bench.freeze("watched")
    # An interrupt lets the reading of the image end first.
    with ThreadPoolExecutor(1) as aside:
        contents = aside.submit(bench.read, "solution", service.secret)
        tell("building again with a changed line of code")
        facts.again = rebuild(bench, dockerfile.name, service.code)
        tell("adding up the layers, and searching them for the secret")
        facts.size_bytes, facts.secrets = contents.result()
    if facts.healthy:
        tell("waiting for the health check to notice the frozen server")
        _notice(bench, facts, patience)
    return facts


def _serve(bench: Bench, image: str, service: Service) -> dict[str, Container]:
    """Start a server for each set of options, and give them by these; the one without options is called "server"."""
    needed = dict.fromkeys(request.options for request in service.requests.values())
    return {
        options: bench.start(image, f"server-{number}" if options else "server", f"{service.publish} {options}")
        for number, options in enumerate(needed)
    }


def _ask(bench: Bench, service: Service, facts: Facts, patience: float, busy: Callable[[], bool]) -> None:
    """Start the image's containers and ask them, up to the first request that gets no answer."""
    facts.has_check = bench.has_check("solution")

    def answers(words: str, seconds: float) -> bool:
        request = service.requests[words]
        try:
            facts.answers[words] = servers[request.options].ask(request.path, timeout=seconds)
        except NotAnswering as error:
            facts.silence = last_line(error)
            if error.seconds < seconds:  # no need to wait: it has ended
                raise
            return False
        return True

    try:
        servers = _serve(bench, "solution", service)
        if facts.has_check:
            # A check starts a program and asks it once, which takes a small part of what the server's start takes.
            bench.watch("solution", "watched", max(CHECK_SECONDS, facts.reference.start_seconds / 2))
        for words in service.requests:
            came = settle(partial(answers, words), patience, busy)
            if not came:
                facts.too_busy |= {"answers"} if came is None else set()
                break
    except (DockerCommandFailed, NotAnswering) as error:
        facts.silence = last_line(error)


def _stop(bench: Bench, facts: Facts, busy: Callable[[], bool]) -> None:
    """Stop the server, after a look at its process 1."""
    process = bench.process_one("server")
    if process is None:
        return
    facts.uid = process.uid
    # Before its first answer, it may only not have come to handling signals yet.
    was_busy, is_deaf = False, bool(facts.answers) and process.is_deaf
    with ThreadPoolExecutor(1) as aside:
        stopping = aside.submit(bench.container("server").stop)
        if not is_deaf:  # a deaf one is killed, whether the machine is busy or not
            with suppress(TimeoutError):
                stopping.result(timeout=STOPS_SECONDS)
            was_busy = not stopping.done() and busy()  # measured while it is still stopping
        facts.stop = stopping.result()
    if was_busy and facts.stop[1] == KILLED:
        facts.too_busy.add("stop")


def _become_healthy(bench: Bench, facts: Facts, patience: float, busy: Callable[[], bool]) -> None:
    """Wait for the health check to pass."""
    if bench.process_one("watched") is None:
        return

    def passes(seconds: float) -> bool:
        came, facts.check_said = bench.becomes("watched", "healthy", seconds)
        return came is True

    # A check whose program is not there fails on an idle machine too.
    facts.healthy = settle(passes, patience, lambda: not _cannot_start_check(bench.container("watched")) and busy())
    facts.too_busy |= {"healthy", "notices"} if facts.healthy is None else set()


def _notice(bench: Bench, facts: Facts, patience: float) -> None:
    """Wait for the health check to fail beside the frozen server."""
    # Several checks that passed although nobody can answer are proof, on a busy machine too.
    facts.notices, _ = bench.becomes("watched", "unhealthy", patience)
    facts.too_busy |= {"notices"} if facts.notices is None else set()


def _cannot_start_check(container: Container) -> bool:
    """Whether the last health check failed because its program is not there, or is none."""
    checks = (container.found().attrs["State"].get("Health") or {}).get("Log") or []
    # A shell answers with 126 or 127; without a shell, the engine has words of its own.
    return any(last["ExitCode"] in (126, 127) or "exec failed" in last["Output"] for last in checks[-1:])
