"""Everything that dockerlab raises on purpose.

    DockerLabError
    ├── EngineUnavailable          no Docker engine could be found or started
    ├── EngineStartFailed          an engine of the course did not come up
    ├── EngineLost                 the engine went away during a command
    ├── BaseImageUnavailable       a base image can neither be pulled nor made
    ├── DownloadFailed             a package could not be fetched, or did not verify
    ├── ContextNotFound            the build context is not a folder
    ├── DockerfileInvalid          the Dockerfile does not parse
    ├── BuildFailed                a build step ended with an error
    ├── BuildCancelled             the build was interrupted
    ├── DockerCommandFailed        another docker command ended with an error
    │   └── PortTaken              the port to publish on is in use
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

from collections.abc import Sequence


class DockerLabError(Exception):
    """Root of the tree.

    Attributes:
        summary: one sentence: what went wrong.
        last_lines: the engine's own last lines, oldest first; may be empty.
        advice: what to do next; may be empty.
    """

    def __init__(self, summary: str, *, last_lines: Sequence[str] = (), advice: str = "") -> None:
        self.summary, self.last_lines, self.advice = summary, tuple(last_lines), advice
        quoted = [f"  | {line}" for line in self.last_lines]
        super().__init__("\n".join([summary, *quoted, *([advice] if advice else [])]))

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows: the message alone. A learner has no use for the library's stack frames."""
        return [f"{type(self).__name__}: {self}"]


class EngineUnavailable(DockerLabError):
    """No Docker engine could be found or started."""


class EngineStartFailed(DockerLabError):
    """An engine that the course starts did not come up."""


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
            summary=f"Port {port} of this machine is in use by another program.",
            advice=f"Stop that program, or publish on another port: -p 127.0.0.1:8001:8000.{gone}",
        )


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
    """There is no container of that name. Attribute: container (str)."""

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
