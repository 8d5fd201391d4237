"""Run `docker buildx build`, follow its progress, and give back what was built."""

from __future__ import annotations

import codecs
import json
import os
import re
import shlex
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import pandas as pd

from dockerlab.build.buildkit import BuildTrace, StatusReader
from dockerlab.engine import Engine
from dockerlab.engine.labels import labels as course_labels
from dockerlab.engine.process import see_to_end
from dockerlab.errors import (
    BuildCancelled,
    BuildFailed,
    ContextNotFound,
    DockerfileInvalid,
    DockerLabError,
)

OUTPUT_FLAGS = ("--load", "--push", "--output", "-o")

_LOST = re.compile(
    r"cannot connect to the docker daemon|error reading from server|connection (?:reset|refused)|"
    r"transport is closing|unexpected eof|server closed|broken pipe|code = unavailable",
    re.I,
)
# What a step's last words often mean, where they do not say it themselves.
_HINTS = (
    (
        r"no space left on device|\[Errno 28\]",
        "The engine's disk is full: `docker system df` says with what. A micro-VM gets an empty disk from "
        "`dockerlab engine down`, then `dockerlab engine up`.",
    ),
    (
        r"exit code: 137|\bKilled\b|cannot allocate memory|MemoryError",
        "It was most likely ended because the engine's memory ran out: `docker info` says how much it has.",
    ),
    (
        r"temporary failure in name resolution|temporary failure resolving|could not resolve|name or service not known|"
        r"from versions: none|network is unreachable|failed to establish a new connection|no route to host|"
        r"lookup \S+ on \S+:|i/o timeout",
        "The engine has no way to the network, or not to this address. Steps that are in its cache still work.",
    ),
)
_EXIT_CODE = re.compile(r"did not complete successfully: exit code: (\d+)")


class View(Protocol):
    """Something that shows a build while it goes on."""

    def update(self, trace: BuildTrace) -> None:
        """Show the trace as it is now; called a few times a second."""

    def close(self) -> None:
        """The build is over, well or not."""


class _NoView:
    def update(self, trace: BuildTrace) -> None:
        pass

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Build:
    """A finished build.

    Attributes:
        command: as a reader would type it.
        image_id: digest of the image's config, which is the image ID; the manifest's digest on the containerd store;
            "" of an engine in a container.
        trace: the folded progress.
        seconds: wall time from the start of the command to its end.
    """

    command: str
    image_id: str
    trace: BuildTrace = field(repr=False)
    seconds: float

    @property
    def steps(self) -> pd.DataFrame:
        """The Dockerfile's instructions: stage, step, instruction, state, seconds."""
        return pd.DataFrame(
            [
                {
                    "stage": step.stage,
                    "step": f"{step.index}/{step.total}",
                    "instruction": step.instruction,
                    "state": step.state,
                    "seconds": round(step.seconds, 2),
                }
                for step in self.trace.instructions()
            ],
            columns=["stage", "step", "instruction", "state", "seconds"],
        )

    @property
    def ran(self) -> list[str]:
        """The instructions that ran, without FROM."""
        return [s.instruction for s in self.trace.instructions() if s.state == "DONE" and not s.is_from]

    @property
    def cached(self) -> list[str]:
        """The instructions taken from the cache, without FROM."""
        return [s.instruction for s in self.trace.instructions() if s.state == "CACHED" and not s.is_from]

    @property
    def context_bytes(self) -> int:
        """Bytes of the build context that this build sent."""
        return self.trace.context_bytes

    @property
    def warnings(self) -> list[str]:
        """What the Dockerfile's front end remarks on, for example FromAsCasing."""
        return list(self.trace.warnings)

    def log(self, instruction: str = "") -> str:
        """What the steps printed whose instruction contains the given text."""
        return "".join(step.log for step in self.trace.steps() if instruction in step.instruction)


def build(
    arguments: str | Sequence[str] = ".",
    *,
    engine: Engine,
    cwd: str | Path = ".",
    run: str = "",
    view: View | None = None,
    environment: Mapping[str, str] | None = None,
) -> Build:
    """Build an image as `docker build ARGUMENTS` does, with the labels of the course.

    Args:
        arguments: what follows `docker build`, as typed or as a list. The context is the last argument.
        engine: where to build.
        cwd: the folder in which the command runs.
        run: the run's name for the label, usually the chapter.
        view: shows the progress; None shows nothing.
        environment: more variables for the command.

    Raises:
        ContextNotFound, DockerfileInvalid, BuildFailed, BuildCancelled, EngineLost. Nothing is tagged then.
    """
    argv = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
    typed = shlex.join(["docker", "build", *argv])
    if engine.sees_files:
        check_context(argv, cwd)
    with tempfile.TemporaryDirectory(prefix="dockerlab-build-") as folder:
        metadata = Path(folder, "metadata.json")
        options = [f"--label={key}={value}" for key, value in course_labels(run).items()]
        if not any(a == flag or a.startswith(f"{flag}=") for a in argv for flag in OUTPUT_FLAGS):
            options.append("--load")  # only builders other than the engine's own need it
        command = [
            *engine.docker,
            "buildx",
            "build",
            "--progress=rawjson",
            *([f"--metadata-file={metadata}"] if engine.sees_files else []),
            *options,
            *argv,
        ]
        # An attestation carries the time of the build, which would give each build another digest.
        variables = os.environ | engine.environment() | {"BUILDX_NO_DEFAULT_ATTESTATIONS": "1"} | (environment or {})
        try:
            trace, text, code, seconds = _follow(command, cwd, variables, view or _NoView())
        except BuildCancelled:
            engine.stop_builds()
            raise
        if code:
            raise _explain(text, trace, argv, engine)
        facts = json.loads(metadata.read_text()) if metadata.exists() else {}
    kinds = ["containerimage.digest", "containerimage.config.digest"]
    # The containerd store identifies an image by its manifest, others by its config.
    kinds = kinds if engine.has_containerd_store else kinds[::-1]
    image_id = next((facts[kind] for kind in kinds if kind in facts), "")
    return Build(command=typed, image_id=image_id, trace=trace, seconds=seconds)


def check_context(argv: Sequence[str], cwd: str | Path = ".") -> None:
    """Raise ContextNotFound where the last argument names no folder; "-" and URLs are left to docker."""
    context = argv[-1] if argv else ""
    if context == "-" or "://" in context or context.startswith("git@"):
        return
    if not context or context.startswith("-") or not Path(cwd, context).is_dir():
        raise ContextNotFound(context)


def _follow(command, cwd, variables, view: View) -> tuple[BuildTrace, list[str], int, float]:
    """Run the command to its end; on an interrupt, cancel the build and raise BuildCancelled."""
    trace, reader, shown = BuildTrace(), StatusReader(), 0.0
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    begin = time.perf_counter()
    # A session of its own: a notebook's interrupt then reaches us alone, and we pass it on once.
    process = subprocess.Popen(
        command,
        cwd=cwd,
        env=dict(variables),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        while chunk := process.stderr.read1(65536):
            for status in reader.feed(decoder.decode(chunk)):
                trace.update(status)
            if time.perf_counter() - shown > 0.1:
                view.update(trace)
                shown = time.perf_counter()
        code = process.wait()
    except KeyboardInterrupt:
        raise BuildCancelled(trace) from None
    finally:
        see_to_end(process)
        process.stderr.close()
        view.close()
    seconds = time.perf_counter() - begin
    reader.close()
    return trace, reader.text, code, seconds


def _explain(text: Sequence[str], trace: BuildTrace, argv: Sequence[str], engine: Engine) -> DockerLabError:
    """The exception for a build that ended badly, out of buildx's text and the trace."""
    problem = next((line for line in reversed(text) if line.startswith("ERROR: ")), text[-1] if text else "")
    problem = problem.removeprefix("ERROR: ").removeprefix("failed to build: ").removeprefix("failed to solve: ")
    if parse := re.match(r"dockerfile parse error(?: on line (\d+))?: (.+)", problem):
        return DockerfileInvalid(parse[2], line=int(parse[1] or 0), last_lines=_without_error(text))
    if "failed to read dockerfile" in problem:
        return DockerfileInvalid(f"there is no file {named_file(argv)!r} in the build context")
    failed = trace.failed()
    # Where no step has failed, none was begun: the file was read and found wanting.
    place = next((m for line in text if (m := re.match(r"\S*Dockerfile\S*:(\d+)$", line))), None)
    if failed is None and (place or "Dockerfile cannot be empty" in problem):
        return DockerfileInvalid(problem, line=int(place[1]) if place else 0, last_lines=_without_error(text))
    exit_code = _EXIT_CODE.search(problem)
    if exit_code is None and _LOST.search("\n".join(text)) and not engine.answers():
        return engine.lost("The Docker engine went away during the build, and nothing was tagged.", text[-4:])
    said = failed.log.strip().splitlines()[-8:] if failed else []
    hint = _hint("\n".join([failed.log if failed else "", problem]))
    if exit_code and failed:
        return BuildFailed(
            f"The build stopped at step {failed.name}: its command ended with exit code {exit_code[1]}.",
            step=failed.name,
            exit_code=int(exit_code[1]),
            trace=trace,
            last_lines=said,
            advice=f"Nothing was tagged. The lines above are the last that the command printed.{hint}",
        )
    return BuildFailed(
        f"The build stopped{f' at step {failed.name}' if failed else ''}.",
        step=failed.name if failed else "",
        trace=trace,
        last_lines=[*said, problem],
        advice=f"Nothing was tagged. The last line above is the engine's reason.{hint}",
    )


def named_file(argv: Sequence[str]) -> str:
    """The Dockerfile that the arguments of a build name: -f X, -fX, -f=X, --file X or --file=X."""
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if word in ("-f", "--file"):
            return following
        if match := re.match(r"(?:--file=|-f=?)(.+)", word):
            return match[1]
    return "Dockerfile"


def _hint(text: str) -> str:
    return next((f" {hint}" for pattern, hint in _HINTS if re.search(pattern, text, re.I)), "")


def _without_error(text: Sequence[str]) -> list[str]:
    return [line for line in text if line.strip() and not line.startswith("ERROR: ")][-8:]
