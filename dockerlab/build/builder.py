"""Run `docker buildx build`, follow its progress, and return what was built."""

from __future__ import annotations

import json
import shlex
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Protocol

from dockerlab.build.failures import explain, option
from dockerlab.build.trace import CACHED, DONE, BuildTrace
from dockerlab.build.wire import StatusReader
from dockerlab.engine import Engine
from dockerlab.engine.boundary import PLAIN_BUILD, stop
from dockerlab.engine.labels import label_options
from dockerlab.errors import BuildCancelled, BuildTooLong
from dockerlab.run.shell import split_words
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd

OUTPUT_FLAGS = ("--load", "--push", "--output", "-o")
WATCH_SECONDS = 0.1


class Watcher(Protocol):
    """Something that shows a build while it runs; the room `show` has some."""

    def update(self, trace: BuildTrace) -> None:
        """Show the build as it is now; called several times a second, also while nothing new is known."""

    def close(self) -> None:
        """The build is over, successful or not."""


@dataclass(frozen=True)
class Build:
    """A finished build."""

    command: str  # as you would type it
    # As `docker image ls` gives it: the digest of the image's config, or of its manifest if containerd stores the
    # images; "" for an engine that runs in a container. If the image went to a file, no engine knows this ID.
    image_id: str
    trace: BuildTrace = field(repr=False)  # what each step did
    seconds: float  # wall time of the command

    @property
    def steps(self) -> pd.DataFrame:
        """The Dockerfile's instructions: stage, step, instruction, state, seconds."""
        steps = self.trace.instructions()
        rows = [(s.stage, f"{s.index}/{s.total}", s.instruction, s.state, round(s.seconds, 2)) for s in steps]
        return table(rows, columns=["stage", "step", "instruction", "state", "seconds"])

    @property
    def ran(self) -> list[str]:
        """The instructions that ran, without FROM."""
        return self._instructions(DONE)

    @property
    def cached(self) -> list[str]:
        """The instructions taken from the cache, without FROM."""
        return self._instructions(CACHED)

    @property
    def context_bytes(self) -> int:
        """Bytes of build context that this build sent."""
        return self.trace.context_bytes

    @property
    def warnings(self) -> list[str]:
        """What BuildKit says about the Dockerfile, for example FromAsCasing, by file and line."""
        return [warning.short for warning in self.trace.warnings]

    def log(self, instruction: str = "") -> str:
        """Output of the steps whose instruction contains the given text; of a very long one, the newest 4 MiB."""
        return "".join(step.log for step in self.trace.steps() if instruction in step.instruction)

    def _instructions(self, state: str) -> list[str]:
        return [s.instruction for s in self.trace.instructions() if s.state == state and not s.is_from]


def build(
    arguments: str | Sequence[str] = ".",
    *,
    engine: Engine,
    cwd: str | Path = ".",
    run: str = "",
    watcher: Watcher | None = None,
    limit: float | None = None,
    cancel: threading.Event | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> Build:
    """Build an image as `docker build ARGUMENTS` does, and label it as the course's.

    If it fails or is interrupted, nothing is tagged.

    Args:
        arguments: what follows `docker build`, as typed or as a list. Docker alone reads them.
        engine: where to build.
        cwd: the folder in which the command runs.
        run: the name of the run for the label, usually the chapter's.
        watcher: shows the progress.
        limit: seconds after which it is stopped.
        cancel: set it from another thread, and the build is interrupted.
        clock: tells the time, in seconds.

    Raises:
        CommandUnreadable, ContextNotFound, DockerfileInvalid, BuildFailed, BuildCancelled, BuildTooLong, EngineLost,
        EngineUnavailable
    """
    argv = split_words(arguments)
    with tempfile.TemporaryDirectory(prefix="dockerlab-build-") as scratch:
        metadata = Path(cwd, option(argv, "--metadata-file") or Path(scratch, "metadata.json"))
        options = label_options(run)
        if engine.sees_files:
            options.append(f"--metadata-file={metadata}")  # of two, docker takes the last, which is the reader's
        if not any(word == flag or word.startswith(f"{flag}=") for word in argv for flag in OUTPUT_FLAGS):
            options.append("--load")  # the engine's own builder always does; others would drop the image
        begin = clock()
        process = engine.popen(
            *("buildx", "build", "--progress=rawjson", *options, *argv),
            cwd=cwd,
            variables=PLAIN_BUILD,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        trace, text = _follow(process, engine, watcher, limit, cancel)
        seconds = clock() - begin
        if process.returncode:
            raise explain(text, trace, argv, engine)
        facts = json.loads(metadata.read_text()) if metadata.exists() else {}
    digests = [facts.get("containerimage.config.digest"), facts.get("containerimage.digest")]
    image_id = next(filter(None, reversed(digests) if engine.server.has_containerd_store else digests), "")
    return Build(shlex.join(["docker", "build", *argv]), image_id, trace, seconds)


def _follow(
    process: subprocess.Popen,
    engine: Engine,
    watcher: Watcher | None,
    limit: float | None,
    cancel: threading.Event | None,
) -> tuple[BuildTrace, list[str]]:
    """Read a build's progress to its end: the trace, and the lines that are plain text.

    Whatever interrupts this, such as an exception in the watcher, also stops the build in the engine.

    Raises:
        BuildCancelled: for a KeyboardInterrupt, or by `cancel`.
        BuildTooLong: it went on after the limit, in seconds.
    """
    trace, reader, shown = BuildTrace(), StatusReader(), float("-inf")
    chunks: SimpleQueue[bytes] = SimpleQueue()  # b"" is the end

    def read() -> None:
        with process.stderr:
            while chunk := process.stderr.read1(65536):
                chunks.put(chunk)
        chunks.put(b"")

    # A thread waits for the output, since a step that prints nothing for an hour must not keep this one from looking
    # at the clock and from showing what runs.
    reading = threading.Thread(target=read, daemon=True)
    reading.start()
    deadline = time.monotonic() + (limit or float("inf"))
    reason: BuildCancelled | None = None
    try:
        while True:
            with suppress(Empty):
                if not (chunk := chunks.get(timeout=WATCH_SECONDS)):
                    break
                for status in reader.feed(chunk):
                    trace.update(status)
            if watcher and time.monotonic() - shown > WATCH_SECONDS:
                watcher.update(trace)
                shown = time.monotonic()
            if not reason and cancel and cancel.is_set():
                reason = BuildCancelled(trace)
            if not reason and time.monotonic() > deadline:
                reason = BuildTooLong(limit, trace)
            if reason:
                stop(process)
        process.wait()
    except KeyboardInterrupt:
        raise BuildCancelled(trace) from None
    finally:
        if process.poll() is None or reason:
            stop(process)
            engine.stop_builds()
        if watcher:
            watcher.close()
    reader.close()
    if reason:
        raise reason
    return trace, reader.text
