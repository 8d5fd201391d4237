"""The images that lessons need besides the base image: pulled, or made from Debian's packages.

A stand-in either gets its programs from the packages of the course's own engine, or installs a package in its build.
"""

import hashlib
import re
import tempfile
from pathlib import Path

from dockerlab.build.builder import build
from dockerlab.engine import Engine
from dockerlab.engine.base import BaseImage
from dockerlab.engine.labels import COURSE, COURSE_VALUE, SESSION
from dockerlab.errors import BaseImageUnavailable, DockerCommandFailed, NoSuchImage

RECIPES = Path(__file__).parent / "stand_ins"
LABEL = "dockerlab.supply"  # of a stand-in; its value says what it was made of
# Image -> what a lesson calls it, the Dockerfile of its stand-in, and the Debian package that this is made from. The
# stand-in of the base image is Debian 12, so what is installed in it has the versions of that release.
STAND_INS = {
    "registry:2": ("Registry image", "registry.Dockerfile", "docker-registry"),
    "docker:dind": ("Engine image", "dind.Dockerfile", "docker.io {version}"),
    "postgres:17-alpine": ("Database image", "postgres.Dockerfile", "postgresql 15"),
    "redis:7-alpine": ("Cache image", "redis.Dockerfile", "redis 7.0"),
}


def supply(reference: str, engine: Engine, base: BaseImage) -> str:
    """Make sure that the engine has an image of STAND_INS; gives back a sentence that says what it is.

    A stand-in is made only if no registry answers, and only in an engine that the course has started. Like an image
    that was pulled, it belongs to no run and stays: another session may be using it.

    Args:
        base: the base image there. If that is a stand-in, no registry answers.

    Raises:
        BaseImageUnavailable: it can neither be pulled nor made.
    """
    return f"{STAND_INS[reference][0]}: {_get(reference, engine, base)}."


def _get(reference: str, engine: Engine, base: BaseImage) -> str:
    try:
        image = engine.client().images.get(reference)
    except NoSuchImage:
        image = None
    marks = (image.labels or {}) if image else {}
    # Stand-ins of an earlier version of the course have no LABEL, but its own.
    if image and LABEL not in marks and marks.get(COURSE) != COURSE_VALUE:
        return f"the official {reference}"
    if base.stand_in:
        _, recipe, package = STAND_INS[reference]
        made_of = _made_of(recipe, engine, base)
        if marks.get(LABEL) != made_of:
            _make(reference, engine, made_of)
        return f"a stand-in for {reference} (Debian's {package.format(version=engine.server.version)})"
    try:
        engine.run("pull", "-q", reference)
    except DockerCommandFailed as error:
        raise BaseImageUnavailable(
            f"The image {reference} could not be pulled.",
            last_lines=error.last_lines,
            advice=f"Check the network and `docker pull {reference}`.",
        ) from None
    return f"the official {reference}"


def _made_of(recipe: str, engine: Engine, base: BaseImage) -> str:
    """A text that changes when the stand-in has to be made again."""
    parts = ((RECIPES / recipe).read_text(encoding="utf-8"), engine.server.version, base.image_id)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def _make(reference: str, engine: Engine, made_of: str) -> None:
    recipe = STAND_INS[reference][1]
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
        # Containers inherit labels: with the course's own, a learner's would be taken for the course's.
        labels = [f"--label={name}=" for name in (COURSE, SESSION)] + [f"--label={LABEL}={made_of}"]
        build([*labels, "-t", reference, "-f", str(RECIPES / recipe), str(packages)], engine=engine)


def programs_of(recipe: str) -> list[str]:
    """What a Dockerfile of the folder stand_ins copies from the engine's packages, by path."""
    return re.findall(r"(?<=\s)usr/\S+", (RECIPES / recipe).read_text(encoding="utf-8"))
