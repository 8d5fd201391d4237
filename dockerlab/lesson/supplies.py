"""The images that lessons need besides the base image: pulled, or made from Debian's packages.

A stand-in either gets its programs from the packages of the course's own engine, or installs a package in its build.
"""

import re
import tempfile
from pathlib import Path

from dockerlab.build import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.engine.labels import COURSE
from dockerlab.errors import BaseImageUnavailable, DockerCommandFailed, NoSuchImage

RECIPES = Path(__file__).parent / "stand_ins"
# Image -> what a lesson calls it, the Dockerfile of its stand-in, and the Debian package that this is made from. The
# stand-in of the base image is Debian 12, so what is installed in it has the versions of that release.
STAND_INS = {
    "registry:2": ("Registry image", "registry.Dockerfile", "docker-registry"),
    "docker:dind": ("Engine image", "dind.Dockerfile", "docker.io {version}"),
    "postgres:17-alpine": ("Database image", "postgres.Dockerfile", "postgresql 15"),
    "redis:7-alpine": ("Cache image", "redis.Dockerfile", "redis 7.0"),
}


def supply(reference: str, engine: Engine, base: BaseImage, run: str = "") -> str:
    """Make sure that the engine has an image of STAND_INS; gives back a sentence that says what it is.

    A stand-in is made only if no registry answers, and only in an engine that the course has started.

    Args:
        base: the base image there. If that is a stand-in, no registry answers.
        run: the run's name for the label.

    Raises:
        BaseImageUnavailable: it can neither be pulled nor made.
    """
    return f"{STAND_INS[reference][0]}: {_get(reference, engine, base, run)}."


def _get(reference: str, engine: Engine, base: BaseImage, run: str) -> str:
    try:
        image = engine.client().images.get(reference)
    except NoSuchImage:
        image = None
    if image is not None and COURSE not in (image.labels or {}):
        return f"the official {reference}"
    if base.stand_in:
        return _make(reference, engine, run)
    try:
        engine.run("pull", "-q", reference)
    except DockerCommandFailed as error:
        raise BaseImageUnavailable(
            f"The image {reference} could not be pulled.",
            last_lines=error.last_lines,
            advice=f"Check the network and `docker pull {reference}`.",
        ) from None
    return f"the official {reference}"


def _make(reference: str, engine: Engine, run: str) -> str:
    _, recipe, package = STAND_INS[reference]
    programs = programs_of(recipe)
    with tempfile.TemporaryDirectory(prefix="dockerlab-supply-") as scratch:
        # The packages are the build context: only what COPY names is sent, and only once.
        packages = Path(scratch)
        if programs and engine.provider:
            packages = engine.provider.programs(programs, packages)
        if missing := [name for name in programs if not (packages / name).exists()]:
            raise BaseImageUnavailable(
                f"No registry answers, and the engine's packages hold no {Path(missing[0]).name} "
                f"to make {reference} from.",
                advice="Give the engine a registry to pull from, for example with --registry-mirror.",
            )
        build(["-t", reference, "-f", str(RECIPES / recipe), str(packages)], engine=engine, run=run)
    return f"a stand-in for {reference} (Debian's {package.format(version=engine.server.version)})"


def programs_of(recipe: str) -> list[str]:
    """What a Dockerfile of the folder stand_ins copies from the engine's packages, by path."""
    return re.findall(r"(?<=\s)usr/\S+", (RECIPES / recipe).read_text(encoding="utf-8"))
