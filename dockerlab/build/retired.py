"""The builder that Docker had before BuildKit. `docker build` no longer uses it; the engine's API still offers it.

It takes the build context as one archive, before it has read the Dockerfile.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import docker.errors
from docker.utils.build import tar

from dockerlab.build.context import ignore_patterns
from dockerlab.engine import Engine
from dockerlab.engine.labels import labels
from dockerlab.errors import BuildFailed, ContextNotFound

CHUNK_BYTES = 1 << 20


def context_bytes(
    dockerfile: str = "Dockerfile", *, engine: Engine, folder: str | Path = ".", run: str = "", tag: str | None = None
) -> int:
    """Build with the retired builder; give back how many bytes of build context it was sent.

    Raises:
        ContextNotFound: the folder is not there.
        BuildFailed: a step failed, or the engine no longer offers this builder.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ContextNotFound(str(folder))
    sent = 0

    def chunks() -> Iterator[bytes]:
        nonlocal sent
        with tar(str(root.resolve()), exclude=ignore_patterns(root, dockerfile), dockerfile=(dockerfile, None)) as file:
            while data := file.read(CHUNK_BYTES):
                sent += len(data)
                yield data

    try:
        answers = list(
            engine.client().api.build(
                fileobj=chunks(),
                custom_context=True,
                dockerfile=dockerfile,
                tag=tag,
                labels=labels(run),
                rm=True,
                forcerm=True,
                decode=True,
            )
        )
    except docker.errors.APIError as error:
        raise BuildFailed("The retired builder did not build.", last_lines=[str(error.explanation)]) from error
    if problem := next((answer["error"] for answer in answers if "error" in answer), ""):
        raise BuildFailed("The retired builder stopped.", last_lines=[problem.strip()])
    return sent
