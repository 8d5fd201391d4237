"""The builder that Docker had before BuildKit: `docker build` has dropped it, the engine's API still offers it.

It gets the whole build context as one archive before it has even read the Dockerfile.
"""

from pathlib import Path

from docker.utils.build import tar

from dockerlab.build.context import context_folder, ignore_patterns
from dockerlab.engine import Engine
from dockerlab.engine.boundary import map_errors
from dockerlab.engine.labels import labels
from dockerlab.errors import BuildFailed, EngineRefused


def context_bytes(dockerfile: str = "Dockerfile", *, engine: Engine, folder: str | Path = ".", run: str = "") -> int:
    """Build with the retired builder, and return how many bytes of build context it was sent.

    Raises:
        ContextNotFound: there is no such folder.
        BuildFailed: a step failed, or the engine no longer offers this builder.
        EngineLost: the engine went away.
    """
    root = context_folder(folder)
    patterns = ignore_patterns(root, dockerfile)
    with tar(str(root.resolve()), exclude=patterns, dockerfile=(dockerfile, None)) as archive:
        try:
            with map_errors(engine.lost):
                said = list(
                    engine.client().api.build(
                        fileobj=archive, custom_context=True, dockerfile=dockerfile, labels=labels(run), rm=True,
                        forcerm=True, decode=True,
                    )
                )  # fmt: skip
        except EngineRefused as error:
            raise BuildFailed("The retired builder did not build.", last_lines=[error.explanation]) from error
        sent = archive.tell()
    if problem := next((line["error"] for line in said if "error" in line), ""):
        raise BuildFailed("The retired builder stopped.", last_lines=[problem.strip()])
    return sent
