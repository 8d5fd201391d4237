"""The images that lessons need besides the base image: pulled, or made from the packages of the course's own engine."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from dockerlab.build import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.engine.labels import COURSE
from dockerlab.errors import BaseImageUnavailable, DockerCommandFailed, NoSuchImage

RECIPES = Path(__file__).parent / "stand_ins"


@dataclass(frozen=True)
class StandIn:
    """How to make a stand-in for an image.

    Attributes:
        recipe: its Dockerfile, in the folder stand_ins.
        programs: what it takes from the engine's packages, by path.
        package: the Debian package of the main program, in words.
    """

    recipe: str
    programs: tuple[str, ...]
    package: str


STAND_INS = {
    "registry:2": StandIn("registry.Dockerfile", ("usr/bin/docker-registry",), "Debian's docker-registry"),
    "docker:dind": StandIn(
        "dind.Dockerfile",
        (
            "usr/sbin/dockerd",
            "usr/sbin/docker-proxy",
            "usr/bin/containerd",
            "usr/bin/containerd-shim-runc-v2",
            "usr/sbin/runc",
            "usr/bin/docker",
            "usr/bin/tini-static",
            "usr/libexec/docker/cli-plugins/docker-buildx",
        ),
        "Debian's docker.io {version}",
    ),
}


def supply(reference: str, engine: Engine, base: BaseImage, run: str = "") -> str:
    """Make sure that the engine has an image of STAND_INS; gives back what it is, in words.

    A stand-in is made only if no registry answers, and only in an engine that the course has started.

    Args:
        base: the base image there. If that is a stand-in, no registry answers.
        run: the run's name for the label.

    Raises:
        BaseImageUnavailable: it can neither be pulled nor made.
    """
    try:
        image = engine.client().images.get(reference)
    except NoSuchImage:
        image = None
    if image is not None and COURSE not in (image.labels or {}):
        return f"the official {reference}"
    if base.stand_in:
        return _make(reference, STAND_INS[reference], engine, run)
    try:
        engine.run("pull", "-q", reference)
    except DockerCommandFailed as error:
        raise BaseImageUnavailable(
            f"The image {reference} could not be pulled.",
            last_lines=error.last_lines,
            advice=f"Check the network and `docker pull {reference}`.",
        ) from None
    return f"the official {reference}"


def _make(reference: str, stand_in: StandIn, engine: Engine, run: str) -> str:
    with tempfile.TemporaryDirectory(prefix="dockerlab-supply-") as scratch:
        # The packages are the build context: only what COPY names is sent, and only once.
        packages = engine.provider.programs(stand_in.programs, Path(scratch)) if engine.provider else Path(scratch)
        if missing := [name for name in stand_in.programs if not (packages / name).exists()]:
            raise BaseImageUnavailable(
                f"No registry answers, and the engine's packages hold no {Path(missing[0]).name} "
                f"to make {reference} from.",
                advice="Give the engine a registry to pull from, for example with --registry-mirror.",
            )
        recipe = RECIPES / stand_in.recipe
        build(["-t", reference, "-f", str(recipe), str(packages)], engine=engine, run=run)
    return f"a stand-in for {reference} ({stand_in.package.format(version=engine.server.version)})"
