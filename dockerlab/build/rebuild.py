"""The rebuild bench: make one change, say which steps will run, build, and compare.

It works on a copy of a context, so the reader's own files stay as they are.
"""

import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from dockerlab.build.builder import Build, Watcher, build
from dockerlab.build.dockerfile import read_dockerfile
from dockerlab.build.inputs import Inputs
from dockerlab.build.predict import Prediction, predict
from dockerlab.build.trace import DONE
from dockerlab.engine import Engine

CODE, REQUIREMENTS, README = "main.py", "requirements.txt", "README.md"
ADDED = "six==1.17.0"  # a small package that nothing else needs


Snapshot = Mapping[Path, tuple[bytes, os.stat_result]]


class ChangeImpossible(ValueError):
    """A change cannot be made to this context."""


@dataclass(frozen=True)
class Change:
    """Something that people do between two builds."""

    name: str  # what a learner chooses it by
    # Changes a file of the context; the number differs each time, so that no build has had this content before.
    files: Callable[[Path, int], object] = lambda folder, number: None
    dockerfile: Callable[[str, int], str] = lambda text, number: text  # the same for the Dockerfile's text
    options: tuple[str, ...] = ()  # for `docker build`


@dataclass(frozen=True)
class Place:
    """Where a step stands: what a learner marks, and a build is compared by."""

    stage: str  # "" in a file with one stage
    number: int  # its place in the stage, from 1, FROM included
    instruction: str


@dataclass(frozen=True)
class Round:
    """One change and the build after it."""

    change: str
    dockerfile: str  # its name
    guess: frozenset[Place]  # the steps that were expected to run
    forecast: Prediction  # what the course's rules say of the same steps
    build: Build = field(repr=False)

    @property
    def marks(self) -> list[tuple[Place, bool, bool]]:
        """For each step: whether it was expected to run, and whether it ran."""
        ran = {(step.stage, step.index) for step in self.build.trace.instructions() if step.state == DONE}
        return [(place, place in self.guess, (place.stage, place.number) in ran) for place in places(self.forecast)]

    @property
    def right(self) -> int:
        """How many steps were guessed right."""
        return sum(expected == ran for _, expected, ran in self.marks)


def places(forecast: Prediction) -> list[Place]:
    """The steps that a forecast is about."""
    return [Place(step.stage, step.number, step.instruction) for step in forecast]


class RebuildBench:
    """A copy of a context in which changes are made and built, one after another.

    Args:
        folder: the copy. It is changed, and whoever made it removes it.
        dockerfiles: names of Dockerfiles in it.
        engine: where to build; None if nothing is to be built.
        run: the name of the run for the labels, usually the chapter's.

    Attributes:
        rounds: what was built, oldest first.

    Raises:
        DockerfileInvalid, FilesUnreadable: one of the Dockerfiles.
    """

    def __init__(self, folder: Path, dockerfiles: Sequence[str], engine: Engine | None, run: str = "") -> None:
        self._folder, self._engine, self._run = folder, engine, run
        self.dockerfiles = tuple(dockerfiles)
        self.rounds: list[Round] = []
        self._built: list[Inputs] = []
        self._number = time.time_ns()  # of the last change; other benches begin with other numbers
        self._make_new()
        for dockerfile in self.dockerfiles:
            read_dockerfile(Inputs.read(folder, dockerfile).dockerfile)

    def changes(self, dockerfile: str) -> list[str]:
        """The names of the changes that can be made to a context with this Dockerfile."""
        found = []
        for name in CHANGES:
            with suppress(ChangeImpossible), self._for_a_moment(dockerfile, name):
                found.append(name)
        return found

    def plan(self, dockerfile: str, change: str) -> Prediction:
        """What the course's rules say of each step after a change. Nothing is built, and nothing stays changed.

        Raises:
            ChangeImpossible, DockerfileInvalid, FilesUnreadable.
        """
        before = Inputs.read(self._folder, dockerfile)
        with self._for_a_moment(dockerfile, change):
            after = Inputs.read(self._folder, dockerfile)
        return _forecast([*self._built, before], after, CHANGES[change])

    def rebuild(
        self,
        dockerfile: str,
        change: str,
        guess: frozenset[Place] = frozenset(),
        watcher: Watcher | None = None,
        cancel: threading.Event | None = None,
    ) -> Round:
        """Build, so that every step is in the cache; make the change; build again and compare.

        A change whose build fails or is cancelled is taken back.

        Args:
            guess: the steps that are expected to run.
            watcher: shows the second build.
            cancel: see `build`.

        Raises:
            ChangeImpossible, and what `build` raises.
        """
        chosen = CHANGES[change]
        self._build(dockerfile, (), None, cancel)
        self._built.append(Inputs.read(self._folder, dockerfile))
        self._number += 1
        kept = self._snapshot(dockerfile)
        self._make(change, dockerfile, self._number)
        after = Inputs.read(self._folder, dockerfile)
        said = _forecast(self._built, after, chosen)
        try:
            done = self._build(dockerfile, chosen.options, watcher, cancel)
        except BaseException:
            _restore(kept)
            self._make_new()  # the steps that had finished are in the cache
            raise
        self._built.append(after)
        self.rounds.append(Round(change, dockerfile, guess, said, done))
        return self.rounds[-1]

    def _make_new(self) -> None:
        """Change the code, so that nothing that is built from now on was ever built before."""
        self._number += 1
        with suppress(FileNotFoundError):
            _append(CODE, "# bench {}\n")(self._folder, self._number)

    @contextmanager
    def _for_a_moment(self, dockerfile: str, change: str) -> Iterator[None]:
        """Make a change, and take it back at the end."""
        kept = self._snapshot(dockerfile)
        try:
            self._make(change, dockerfile, self._number + 1)
            yield
        finally:
            _restore(kept)

    def _snapshot(self, dockerfile: str) -> Snapshot:
        """The files that changes touch, as they are."""
        files = [self._folder / name for name in (CODE, REQUIREMENTS, README, dockerfile)]
        return {file: (file.read_bytes(), file.stat()) for file in files if file.exists()}

    def _make(self, change: str, dockerfile: str, number: int) -> None:
        file, chosen = self._folder / dockerfile, CHANGES[change]
        try:
            text = chosen.dockerfile(file.read_text(encoding="utf-8"), number)
            chosen.files(self._folder, number)
        except FileNotFoundError:
            raise ChangeImpossible(f"{change}: the file is not there") from None
        file.write_text(text, encoding="utf-8")

    def _build(
        self, dockerfile: str, options: Sequence[str], watcher: Watcher | None, cancel: threading.Event | None
    ) -> Build:
        words = ["-f", dockerfile, *options, "."]
        return build(words, engine=self._engine, cwd=self._folder, run=self._run, watcher=watcher, cancel=cancel)


def _forecast(before: Sequence[Inputs], after: Inputs, change: Change) -> Prediction:
    return predict(before, after, no_cache="--no-cache" in change.options)


def _restore(kept: Snapshot) -> None:
    for file, (content, status) in kept.items():
        file.write_bytes(content)
        file.chmod(status.st_mode)
        os.utime(file, ns=(status.st_atime_ns, status.st_mtime_ns))


def _append(name: str, line: str) -> Callable[[Path, int], object]:
    """Adds a line to a file that is there; {} stands for the number."""

    def change(folder: Path, number: int) -> None:
        with (folder / name).open("r+", encoding="utf-8") as file:
            file.seek(0, os.SEEK_END)
            file.write(line.format(number))

    return change


def _turn_executable(folder: Path, number: int) -> None:
    (folder / CODE).chmod((folder / CODE).stat().st_mode ^ 0o111)


def _set_variable(text: str, number: int) -> str:
    """With a line ENV at the beginning of the last stage; one from before goes."""
    lines = [line for line in text.splitlines() if not line.startswith(f"ENV {VARIABLE}=")]
    begin = read_dockerfile("\n".join(lines)).stages[-1].begin.line
    return "\n".join([*lines[:begin], f"ENV {VARIABLE}=number-{number}", *lines[begin:]]) + "\n"


def _swap(text: str, number: int) -> str:
    """With the first COPY that comes right after a RUN moved above it."""
    lines = text.splitlines()
    for stage in read_dockerfile(text).stages:
        for first, second in pairwise(stage.instructions):
            if (first.word, second.word) == ("RUN", "COPY"):
                copied = lines.pop(second.line - 1)
                return "\n".join([*lines[: first.line - 1], copied, *lines[first.line - 1 :]]) + "\n"
    raise ChangeImpossible(f"{SWAP}: there is none")


SWAP, VARIABLE = "swap a RUN and the COPY after it", "MODE"
CHANGES = {
    change.name: change
    for change in (
        Change("edit the code", _append(CODE, "# change {}\n")),
        Change("touch the code", lambda folder, number: os.utime(folder / CODE)),
        Change("change the code's permissions", _turn_executable),
        Change("edit the README", _append(README, "change {}\n")),
        Change("add a requirement", _append(REQUIREMENTS, f"{ADDED}  # change {{}}\n")),
        Change("set a variable", dockerfile=_set_variable),
        Change(SWAP, dockerfile=_swap),
        Change("use no cache", options=("--no-cache",)),
    )
}
