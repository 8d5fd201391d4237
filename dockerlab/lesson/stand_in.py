"""Images that lessons need besides the base image: pulled, or made from the engine's own packages."""

from __future__ import annotations

from collections.abc import Callable

import docker.errors

from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.engine.labels import COURSE
from dockerlab.errors import BaseImageUnavailable, DockerCommandFailed
from dockerlab.run.container import docker as run_docker


def ensure_image(
    reference: str, make: Callable[[Engine, BaseImage, str], str], engine: Engine, base: BaseImage, run: str
) -> str:
    """Have an image in the engine; gives back what it is: official, or what `make` says.

    Where no registry answers, and only in an engine that the course has started, it is made, by `make`.

    Args:
        reference: its name.
        make: builds the stand-in with the labels of a run; gives back what that is.
        engine: where to have it.
        base: the base image there; a stand-in of that says that no registry answers.
        run: the run's name for the label.

    Raises:
        BaseImageUnavailable: it can neither be pulled nor made.
    """
    try:
        image = engine.client().images.get(reference)
    except docker.errors.ImageNotFound:
        image = None
    if image is not None and COURSE not in (image.labels or {}):
        return f"the official {reference}"
    if base.stand_in:  # where the base could not be pulled, this could not either
        return make(engine, base, run)
    try:
        run_docker(f"pull -q {reference}", engine=engine)
    except DockerCommandFailed as error:
        raise BaseImageUnavailable(
            f"The image {reference} could not be pulled.",
            last_lines=error.last_lines,
            advice=f"Check the network and `docker pull {reference}`.",
        ) from None
    return f"the official {reference}"


def not_in_packages(reference: str, program: str) -> BaseImageUnavailable:
    """The exception for packages that lack a program which the stand-in would be made of."""
    return BaseImageUnavailable(
        f"No registry answers, and the engine's packages hold no {program} to make {reference} from.",
        advice="Give the engine a registry to pull from, for example with --registry-mirror.",
    )
