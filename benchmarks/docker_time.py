"""Adds up the time that a chapter spends in docker; runs in the chapter's own kernel.

What counts is the wall time of docker commands, from start to end; of the docker SDK's requests, which do the same in
another way; and of waiting for something in a container (an answer, a state of health, its end). Commands and requests
all go through `dockerlab.engine`, so `start` puts its stopwatches there.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from functools import wraps
from time import perf_counter

import docker

from dockerlab.build import Experiment
from dockerlab.build.trace import merged_seconds
from dockerlab.engine import Engine
from dockerlab.run import Container

# Begin and end of all that was timed; the end is None until it is known.
_spans: list[list[float | None]] = []


def start() -> None:
    """Time everything from now on. Call it before the chapter imports the library."""
    Engine.popen = _timed_until_it_ends(Engine.popen)
    docker.APIClient.send = _timed(docker.APIClient.send)
    for name in ("ask", "watch_health", "stop"):
        setattr(Container, name, _timed(getattr(Container, name)))
    # The answer to this request comes at once, and the build goes on while it is read.
    Experiment.retired_context_bytes = _timed(Experiment.retired_context_bytes)


def seconds() -> float:
    """Seconds spent in docker since `start`; what overlaps counts once."""
    return merged_seconds((begin, end) for begin, end in _spans)


def _timed(call: Callable) -> Callable:
    @wraps(call)
    def timed(*arguments, **options):
        begin = perf_counter()
        try:
            return call(*arguments, **options)
        finally:
            _spans.append([begin, perf_counter()])

    return timed


def _timed_until_it_ends(popen: Callable[..., subprocess.Popen]) -> Callable[..., subprocess.Popen]:
    """Times a process until somebody sees that it has ended, by its `wait` or `poll`."""

    @wraps(popen)
    def timed(*arguments, **options) -> subprocess.Popen:
        span: list[float | None] = [perf_counter(), None]
        process = popen(*arguments, **options)
        _spans.append(span)

        def watched(look: Callable) -> Callable:
            @wraps(look)
            def watch(*arguments, **options):
                code = look(*arguments, **options)
                if code is not None and span[1] is None:
                    span[1] = perf_counter()
                return code

            return watch

        process.wait, process.poll = watched(process.wait), watched(process.poll)
        return process

    return timed
