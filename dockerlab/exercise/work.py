"""What a learner has made for a task: files in their folder, and objects in their engine. Checks look at it with this.

It only looks. What a check makes to find something out (an image, a container) is its own, with the course's label,
and gone when the check ends.
"""

import re
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dockerlab.build import Build
from dockerlab.engine import Engine
from dockerlab.engine.patience import patience
from dockerlab.errors import (
    BuildFailed,
    BuildTooLong,
    ContextNotFound,
    DockerCommandFailed,
    DockerfileInvalid,
    EngineRefused,
    NoSuchContainer,
    NotAnswering,
)
from dockerlab.exercise.bench import LABEL, Bench
from dockerlab.exercise.check import NotYet
from dockerlab.image import Image, ImageReader
from dockerlab.run import Answer, Container, docker_command
from dockerlab.text import one_line

ASK_SECONDS = 4  # for an answer of a program that has just been started
RUN_SECONDS = 20  # for a command in a container of the check's own
MOST_CHARACTERS = 90  # of what others print, in a sentence


class Work:
    """Whatever is missing raises NotYet, with what was found instead and where to look.

    Args:
        engine: where it is.
        folder: the learner's, for this task.
        run: the name of the run in the label of what a check makes.
        limit: seconds that a build may take.
    """

    def __init__(self, engine: Engine, folder: Path, run: str, limit: float) -> None:
        self.engine, self.folder = engine, folder
        self._run, self._limit = run, limit

    # -- files ---------------------------------------------------------------------------------------------------

    def file(self, name: str) -> str:
        """The text of a file in the learner's folder."""
        try:
            return (self.folder / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            raise NotYet(f"no file {name} in {self.folder.name}/", "`ls`: are you in the exercise's folder?") from None

    # -- objects, as `docker inspect` shows them -----------------------------------------------------------------

    def container(self, name: str) -> dict:
        """What `docker inspect` says of a container, running or not."""
        try:
            return self.engine.client().api.inspect_container(name)
        except NoSuchContainer:
            raise NotYet(f"no container called {name}", "`docker ps -a` lists all of them.") from None

    def running(self, name: str) -> dict:
        """The same of a container that runs."""
        found = self.container(name)
        state = found["State"]
        if state["Status"] == "running":
            return found
        if state["Status"] == "created":
            raise NotYet(f"{name} was created, but never started", "`docker ps -a`: its STATUS.")
        said = one_line((self.logs(name).strip().splitlines() or [""])[-1], MOST_CHARACTERS)
        last = f"; its last words: {said}" if said else ", and it said nothing"
        raise NotYet(f"{name} is {state['Status']}, exit code {state['ExitCode']}{last}", f"`docker logs {name}`.")

    def logs(self, name: str, lines: int = 50) -> str:
        """The newest lines that a container has written."""
        self.container(name)
        return self.engine.client().api.logs(name, tail=lines).decode(errors="replace")

    def image(self, reference: str) -> dict:
        """What `docker image inspect` says of an image."""
        try:
            return self.engine.client().api.inspect_image(reference)
        except EngineRefused:
            raise NotYet(f"no image called {reference}", "`docker image ls` lists yours.") from None

    def layers(self, reference: str) -> Image:
        """An image with its layers, history and files."""
        self.image(reference)
        return ImageReader(self.engine).read(reference)[reference]

    def volume(self, name: str) -> dict:
        """What `docker volume inspect` says of a volume."""
        try:
            return self.engine.client().api.inspect_volume(name)
        except EngineRefused:
            raise NotYet(f"no volume called {name}", "`docker volume ls` lists all of them.") from None

    def network(self, name: str) -> dict:
        """What `docker network inspect` says of a network."""
        try:
            return self.engine.client().api.inspect_network(name)
        except EngineRefused:
            raise NotYet(f"no network called {name}", "`docker network ls` lists all of them.") from None

    def published(self, name: str, port: int) -> list[str]:
        """Where a running container's TCP port is published: "0.0.0.0:8080", …; empty if it is not."""
        bindings = self.running(name)["NetworkSettings"]["Ports"].get(f"{port}/tcp") or ()
        return [f"{binding['HostIp']}:{binding['HostPort']}" for binding in bindings]

    # -- behaviour -----------------------------------------------------------------------------------------------

    def ask(self, name: str, path: str = "/", seconds: float = ASK_SECONDS) -> Answer:
        """What a running container's published port answers.

        Args:
            seconds: how long it may take on an idle machine.
        """
        self.running(name)
        try:
            return Container(name, self.engine).ask(path, usual=seconds)
        except NotAnswering as silent:
            self.running(name)  # it may have ended meanwhile
            if not silent.seconds:
                raise NotYet(f"{name} publishes no port", "`docker ps`: the column PORTS.") from None
            look = f"`docker ps`: the column PORTS. `docker logs {name}`: what does the program listen on?"
            raise NotYet(f"no answer from {name} on {path} in {silent.seconds:.0f} s", look) from None

    def inside(self, name: str, *command: str) -> str:
        """What a command prints in a running container. It must only read."""
        self.running(name)
        try:
            return self.engine.run("exec", name, *command, timeout=patience(RUN_SECONDS))
        except DockerCommandFailed as failed:
            said = one_line(failed.output.strip(), MOST_CHARACTERS)
            raise NotYet(f"`{' '.join(command)}` fails in {name}: {said}", f"`docker exec -it {name} sh`.") from None

    def try_out(self, image: str, *command: str, options: tuple[str, ...] = ()) -> str:
        """What a command prints in a new container of an image; the container is the check's own.

        Args:
            command: what follows the image's name; none for what the image does by itself.
            options: of `docker run`.
        """
        self.image(image)
        with self.bench() as bench:
            return bench.run_once(image, command, options, patience(RUN_SECONDS))

    @contextmanager
    def bench(self, *, copied: bool = False) -> Iterator["CheckBench"]:
        """A bench for images and containers of the check's own, cleared away at the end.

        Args:
            copied: whether it starts with a copy of the learner's folder.
        """
        with Bench.opened(self.engine, self.folder if copied else None, self._run) as bench:
            yield CheckBench(bench, self._limit)


@dataclass(frozen=True)
class CheckBench:
    """A `Bench` whose failures are the learner's news: NotYet."""

    bench: Bench
    limit: float

    @property
    def folder(self) -> Path:
        """The copy of the learner's folder, free to change."""
        return self.bench.folder

    def build(self, dockerfile: str = "Dockerfile", *options: str) -> Build:
        """Build a Dockerfile of the copy with `docker build OPTIONS -f DOCKERFILE .`."""
        if not (self.folder / dockerfile).is_file():
            raise NotYet(f"no file {dockerfile}", "`ls`: Docker looks for a file called exactly `Dockerfile`.")
        try:
            return self.bench.build(dockerfile, *options, limit=self.limit)
        except BuildTooLong as late:
            raise NotYet(f"a build that was still running after {late.limit:.0f} s", "Which step never ends?") from None
        except (BuildFailed, DockerfileInvalid, ContextNotFound) as failed:
            raise NotYet(
                f"a build that fails: {failed.summary} {reason(failed)}".strip(), "Read its last lines upwards."
            ) from None

    def tag(self, name: str) -> str:
        """How the engine calls an image of this bench: `bench.build("Dockerfile", "-t", bench.tag("one"))`."""
        return self.bench.tag(name)

    def start(self, image: str, name: str, options: tuple[str, ...] = (), command: tuple[str, ...] = ()) -> Container:
        """Start a container of an image in the background; it is the check's own.

        Args:
            image: any image, by its whole name.
        """
        found = self.bench.container(name)
        label = f"--label={LABEL}={self.bench.token}"
        words = ["run", "-d", "--name", found.name, label, *options, image, *command]
        try:
            docker_command(words, engine=self.bench.engine, run=self.bench.run)
            return found
        except DockerCommandFailed as failed:
            name = self._called(image)
            raise NotYet(f"{name} does not start: {reason(failed)}", f"`docker run {name}`.") from None

    def run_once(self, image: str, command: tuple[str, ...], options: tuple[str, ...], seconds: float) -> str:
        """What a new container prints until it ends."""
        found = self.start(image, f"once-{uuid.uuid4().hex[:6]}", options, command)
        words, name = " ".join(command) or "its own command", self._called(image)
        deadline = time.monotonic() + seconds
        while (state := found.found().attrs["State"])["Status"] != "exited":
            if time.monotonic() > deadline:
                raise NotYet(f"{words} was still running in {name} after {seconds:.0f} s", f"`docker run {name} …`.")
            time.sleep(0.05)
        output = found.found().logs().decode(errors="replace")
        if state["ExitCode"]:
            last = one_line((output.strip().splitlines() or [""])[-1], MOST_CHARACTERS)
            raise NotYet(f"{words} ends with exit code {state['ExitCode']}: {last}", f"`docker run --rm {name} …`.")
        return output

    def _called(self, image: str) -> str:
        """How to call an image for the learner, who does not know the names on this bench."""
        return "your-image" if self.bench.token in image else image


def reason(error: DockerCommandFailed | BuildFailed | DockerfileInvalid | ContextNotFound) -> str:
    """The line that came with an error and says why: of the engine if there is one, else the last with words in it."""
    lines = [line for line in reversed(error.last_lines) if re.search(r"\w", line)]
    return next((line for line in lines if "rror response from daemon" in line), next(iter(lines), ""))
