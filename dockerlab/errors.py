"""Everything that dockerlab raises on purpose.

    DockerLabError
    ├── EngineUnavailable          no Docker engine could be found or started
    ├── EngineStartFailed          an engine of the course did not come up
    ├── EngineLost                 the engine went away during a command
    ├── CacheUnavailable           the cache folder cannot be made or written to
    ├── BaseImageUnavailable       a base image can neither be pulled nor made
    ├── DownloadFailed             a package could not be fetched, or did not verify
    ├── ContextNotFound            the build context is not a folder
    ├── FilesUnreadable            a file or folder cannot be read or copied
    ├── IgnorePatternInvalid       a line of .dockerignore is not a pattern
    ├── DockerfileInvalid          the Dockerfile does not parse
    ├── BuildFailed                a build step ended with an error
    ├── BuildCancelled             the build was interrupted
    │   └── BuildTooLong           it went on after its time limit
    ├── CommandUnreadable          a command as it was typed cannot be split into words
    ├── DockerCommandFailed        another docker command ended with an error
    │   ├── PortTaken              the port to publish on is in use
    │   └── ComposeMissing         this docker has no `docker compose`
    ├── EngineRefused              the engine understood a request and said no
    │   ├── NoSuchContainer        there is no container of that name
    │   └── NoSuchImage            there is no image of that name
    ├── ImageUnreadable            a part of an image cannot be read or searched
    ├── NotAnswering               a container did not answer in time
    ├── ExerciseUnusable           an exercise is not there, or its checks are broken
    ├── ClaimFailed                a stated fact does not hold on this run
    ├── ChapterFailed              a cell of a chapter raised an error that the page does not teach
    └── SiteFailed                 the site could not be built without a warning

Each message is one sentence in the course's words, then the engine's own last lines if there are any, then what to do
next. The facts are attributes too, so a program need not read the message.
"""

import re
from collections.abc import Sequence

LINE_CHARACTERS = 2000  # of one line in a message
MOST_LINES, FIRST_LINES = 60, 20  # how many lines a message quotes; if there are more, how many of the first
# How a program colours its words, moves the cursor or names the window.
_TERMINAL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\))")
# Control characters but for the tab and the line feed, line separators, marks that turn the direction of reading, and
# surrogates, which stand for bytes that are no text.
_INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def visible(text: str) -> str:
    """Text of others, safe to show: what cannot be seen, and could do something, stands there as `\\x1b` or `\\u202e`.

    Tabs and line breaks stay; `\\r\\n` becomes a line break.
    """
    return _INVISIBLE.sub(lambda found: ascii(found[0])[1:-1], text.replace("\r\n", "\n"))


def cut(line: str, width: int) -> str:
    """The first `width` characters of a line, and how many more there are."""
    more = len(line) - width
    return line if more <= 0 else f"{line[:width]} … and {more:,} more characters"


def readable(text: str) -> list[str]:
    """Text of others as lines for a message: without terminal colours, all of it visible, none too long."""
    return [cut(line, LINE_CHARACTERS) for line in visible(_TERMINAL.sub("", text)).split("\n")]


class DockerLabError(Exception):
    """Root of the tree.

    Attributes:
        summary: one sentence: what went wrong.
        last_lines: the engine's own last lines, oldest first; may be empty.
        advice: what to do next; may be empty.
    """

    def __init__(self, summary: str, *, last_lines: Sequence[str] = (), advice: str = "") -> None:
        self.summary, self.last_lines, self.advice = summary, tuple(last_lines), advice
        quoted = [f"  | {line}" for text in self.last_lines for line in readable(text)]
        if (more := len(quoted) - MOST_LINES) > 0:
            quoted[FIRST_LINES : FIRST_LINES + more] = [f"  | … {more:,} more lines …"]
        super().__init__("\n".join([*readable(summary), *quoted, *(readable(advice) if advice else [])]))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message alone. A learner has no use for the library's stack frames."""
        return [f"{type(self).__name__}: {self}"]


class EngineUnavailable(DockerLabError):
    """No Docker engine could be found or started."""


class EngineStartFailed(DockerLabError):
    """An engine that the course starts did not come up."""


class CacheUnavailable(DockerLabError):
    """The course's cache folder cannot be made or written to.

    Attributes:
        folder: its path.
    """

    def __init__(self, folder: str, reason: str) -> None:
        self.folder = folder
        super().__init__(
            f"The course's cache folder {folder} cannot be used: {reason}.",
            advice="Let DOCKERLAB_CACHE name a folder that you can write to: export DOCKERLAB_CACHE=/some/folder",
        )


class EngineLost(DockerLabError):
    """The engine went away during a command."""


class BaseImageUnavailable(DockerLabError):
    """A base image can neither be pulled nor made."""


class DownloadFailed(DockerLabError):
    """A package could not be fetched, or did not verify."""


class ContextNotFound(DockerLabError):
    """The build context is not a folder. Attribute: path (str)."""

    def __init__(self, path: str) -> None:
        self.path = path
        super().__init__(
            f"There is no build context at {path!r}.",
            advice="The last argument of docker build names a folder: check its spelling, or which folder you are in.",
        )


class FilesUnreadable(DockerLabError):
    """A file or folder cannot be read or copied. Attributes: path (str), problem (str, the system's reason)."""

    def __init__(self, path: str, problem: str, *, done: str = "read", advice: str = "") -> None:
        self.path, self.problem = path, problem
        super().__init__(
            f"{path} cannot be {done}: {problem}.",
            advice=advice or "`ls -l` shows who may read it. Change that, or move it out of here, and try again.",
        )


class IgnorePatternInvalid(DockerLabError):
    """A line of .dockerignore is not a pattern. Attributes: file (str), line (int, from 1), pattern, problem (str)."""

    def __init__(self, file: str, line: int, pattern: str, problem: str) -> None:
        self.file, self.line, self.pattern, self.problem = file, line, pattern, problem
        super().__init__(
            f"{pattern!r} on line {line} of {file} is not a pattern: {problem}.",
            advice="Docker refuses to build with it. Correct that line and try again.",
        )


class DockerfileInvalid(DockerLabError):
    """The Dockerfile cannot be read. Attributes: line (int, from 1; 0 if unknown), problem (str)."""

    def __init__(self, problem: str, *, line: int = 0, last_lines: Sequence[str] = ()) -> None:
        self.problem, self.line = problem, line
        where = f" on line {line}" if line else ""
        super().__init__(
            f"The Dockerfile cannot be read{where}: {problem}.",
            last_lines=last_lines,
            advice="Nothing was built. Correct that line and build again.",
        )


class BuildFailed(DockerLabError):
    """A build ended with an error.

    Attributes: step (BuildKit's name of the step that failed, "" if none did), exit_code (of the step's command; None
    if it was not a command), trace (the BuildTrace up to then).
    """

    def __init__(
        self, summary: str, *, step: str = "", exit_code: int | None = None, trace=None, last_lines=(), advice=""
    ) -> None:
        self.step, self.exit_code, self.trace = step, exit_code, trace
        super().__init__(summary, last_lines=last_lines, advice=advice)


class BuildCancelled(DockerLabError):
    """The build was interrupted. Attribute: trace (the BuildTrace up to then)."""

    def __init__(self, trace=None) -> None:
        self.trace = trace
        super().__init__(
            "The build was interrupted, and the engine has stopped it.",
            advice="Nothing was tagged. Finished steps stay in the cache, so building again picks up from there.",
        )


class BuildTooLong(BuildCancelled):
    """The build went on after its time limit. Attributes: limit (float, seconds), trace (the BuildTrace up to then)."""

    def __init__(self, limit: float, trace=None) -> None:
        self.limit, self.trace = limit, trace
        DockerLabError.__init__(
            self,
            f"The build was still running after {limit:.0f} s, so it was stopped.",
            advice="Finished steps stay in the cache, so trying again goes on from there.",
        )


class CommandUnreadable(DockerLabError):
    """A command as it was typed cannot be split into words. Attributes: command (str), problem (str)."""

    def __init__(self, command: str, problem: str, advice: str) -> None:
        self.command, self.problem = command, problem
        super().__init__(f"This command cannot be read: {problem}.", last_lines=[command], advice=advice)


class DockerCommandFailed(DockerLabError):
    """A docker command ended with an error. Attributes: command (str), exit_code (int), output (str)."""

    def __init__(self, command: str, exit_code: int, output: str = "", *, summary: str = "", advice: str = "") -> None:
        self.command, self.exit_code, self.output = command, exit_code, output
        super().__init__(
            summary or f"`{command}` ended with exit code {exit_code}.",
            last_lines=output.strip().splitlines()[-8:],
            advice=advice,
        )


class PortTaken(DockerCommandFailed):
    """The port to publish on is in use. Attribute: port (int). `removed`: whether a container made for it is gone."""

    def __init__(self, command: str, exit_code: int, output: str, port: int, *, removed: bool = False) -> None:
        self.port = port
        gone = " The container that docker had created for it has been removed." if removed else ""
        super().__init__(
            *(command, exit_code, output),
            summary=f"Port {port} of this machine is in use by another program or container.",
            advice=f"Stop that one, or publish on another port: -p 127.0.0.1:8001:8000.{gone}",
        )


class ComposeMissing(DockerCommandFailed):
    """The docker command line has no Compose."""


class ImageUnreadable(DockerLabError):
    """A part of an image cannot be read. Attributes: image (str), problem (str)."""

    def __init__(self, image: str, problem: str) -> None:
        self.image, self.problem = image, problem
        super().__init__(
            f"{image} cannot be read: {problem}.",
            advice="So nobody can say what is or is not in it. Build or pull the image again.",
        )


class EngineRefused(DockerLabError):
    """The engine understood a request and said no.

    Attributes: status (int, of its HTTP answer: 404 not there, 409 in use, …), explanation (str, its own words).
    """

    def __init__(self, status: int, explanation: str, *, summary: str = "", advice: str = "") -> None:
        self.status, self.explanation = status, explanation
        super().__init__(
            summary or "The Docker engine refused a request.",
            last_lines=() if summary else explanation.splitlines()[-4:],
            advice=advice,
        )


class NoSuchContainer(EngineRefused):
    """There is no container of that name, or it is being removed. Attribute: container (str)."""

    def __init__(self, container: str) -> None:
        self.container = container
        super().__init__(
            *(404, f"No such container: {container}"),
            summary=f"There is no container {container!r}.",
            advice="`docker ps -a` lists the ones there are. Check the spelling, or run the cell that starts it.",
        )


class NoSuchImage(EngineRefused):
    """There is no image of that name. Attribute: image (str)."""

    def __init__(self, image: str) -> None:
        self.image = image
        super().__init__(
            *(404, f"No such image: {image}"),
            summary=f"There is no image {image!r}.",
            advice="`docker image ls` lists the ones there are. Check the spelling, or run the cell that builds it.",
        )


class NotAnswering(DockerLabError):
    """A container did not do what was asked of it. Attributes: container (str), asked (str), seconds (float)."""

    def __init__(
        self, summary: str, *, container: str, asked: str, seconds: float = 0, last_lines: Sequence[str] = (), advice=""
    ) -> None:
        self.container, self.asked, self.seconds = container, asked, seconds
        super().__init__(
            summary,
            last_lines=last_lines,
            advice=advice or f"`docker ps -a` shows whether it still runs, `docker logs {container}` what it said.",
        )


class ExerciseUnusable(DockerLabError):
    """An exercise is not there, or its checks are broken. Attributes: exercise (str, its name), problem (str)."""

    def __init__(self, exercise: str, problem: str, *, last_lines: Sequence[str] = (), advice: str = "") -> None:
        self.exercise, self.problem = exercise, problem
        super().__init__(f"The exercise {exercise!r} cannot be used: {problem}.", last_lines=last_lines, advice=advice)


class ClaimFailed(DockerLabError):
    """A stated fact does not hold on this run. Attributes: statement (str), measured (str), the figure with unit."""

    def __init__(self, statement: str, measured: str) -> None:
        self.statement, self.measured = statement, measured
        super().__init__(
            f"Claim does not hold: {statement}",
            last_lines=[f"measured: {measured}"],
            advice="Either something that this page builds has changed, or the sentence is wrong.",
        )


class ChapterFailed(DockerLabError):
    """A cell of a chapter raised an error that the page does not teach.

    Attributes: chapter (str), cell (int, from 1, counting code cells), source (str), error (str).
    """

    def __init__(self, chapter: str, cell: int, source: str, error: str) -> None:
        self.chapter, self.cell, self.source, self.error = chapter, cell, source, error
        super().__init__(
            f"Chapter {chapter} stopped at code cell {cell}.",
            last_lines=[*(f"> {line}" for line in source.splitlines()), "", *error.splitlines()],
            advice="The lines with > are the cell, the ones below its error. Nothing was built or recorded from it.",
        )


class SiteFailed(DockerLabError):
    """The site could not be built without a warning. Attribute: exit_code (int)."""

    def __init__(self, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(
            f"Jupyter Book ended with exit code {exit_code}.",
            advice="A warning counts as an error. It is printed above, with its file and line.",
        )
