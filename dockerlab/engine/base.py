"""The base image that every lesson builds on: python:3.11-slim, or a stand-in for it.

It is pulled. If no registry answers, and only in an engine that the course has started, a stand-in is made: see
`stand_in`.
"""

import contextlib
import threading
from dataclasses import dataclass

from dockerlab.engine.boundary import stop
from dockerlab.engine.engine import Engine
from dockerlab.engine.find import say
from dockerlab.engine.labels import STAND_IN
from dockerlab.engine.provider import Progress
from dockerlab.engine.stand_in import KEY_LABEL, Ingredients, make
from dockerlab.errors import BaseImageUnavailable, DockerLabError, EngineRefused, NoSuchImage
from dockerlab.paths import cache_folder, locked

BASE = "python:3.11-slim"
ANSWER_SECONDS = 15  # a registry that has not answered by then will not


@dataclass(frozen=True)
class BaseImage:
    """The base image in an engine."""

    reference: str  # what FROM names
    stand_in: str  # what the stand-in consists of, such as "Debian 12, CPython 3.11.2"; "" for the official image
    image_id: str  # its ID
    size_bytes: int  # what the engine says, which depends on its store
    key: str = ""  # Ingredients.key of the stand-in; "" if it carries none

    def describe(self) -> str:
        """A phrase for pages that state a size."""
        if not self.stand_in:
            return f"the official {self.reference}"
        return f"a stand-in for {self.reference} ({self.stand_in}, {self.size_bytes / 1e6:.0f} MB)"


def present_base(engine: Engine) -> BaseImage | None:
    """The base image, if the engine has it."""
    try:
        image = engine.client().images.get(BASE)
    except NoSuchImage:
        return None
    labels = image.labels or {}
    stand_in, key = (labels.get(name, "") for name in (STAND_IN, KEY_LABEL))
    return BaseImage(BASE, stand_in, image.id, image.attrs.get("Size", 0), key)


def ensure_base(engine: Engine, progress: Progress | None = None) -> BaseImage:
    """Make sure that the engine has the base image: present, pulled, loaded from the cache, or built.

    A stand-in that would be made from something else today is replaced. If that fails, the old one stays.

    Raises:
        BaseImageUnavailable, DownloadFailed: none of these works; with the engine's own words.
    """
    if (base := present_base(engine)) and not _is_outdated(engine, base):
        return base
    progress = progress or say
    with locked(cache_folder() / "base.lock"):
        old = present_base(engine)
        if old and not _is_outdated(engine, old):  # another process was faster
            return old
        if old:
            progress("The course's files or this machine's settings have changed since the stand-in was made.")
        try:
            _get(engine, progress)
        except DockerLabError as error:
            if not old:
                raise
            progress(f"{error.summary} The stand-in that is there stays.")
            return old
        base = present_base(engine)
        if not base:
            raise BaseImageUnavailable(f"The base image {BASE} is not in the engine, although it was just put there.")
        if old and old.image_id != base.image_id:
            _remove_unnamed(engine, old.image_id)
        return base


def _is_outdated(engine: Engine, base: BaseImage) -> bool:
    """Whether it is a stand-in that this machine would make from something else now."""
    if not base.stand_in or engine.provider is None or not engine.provider.builds_base:
        return False
    try:
        return base.key != Ingredients.gather().key
    except DockerLabError:  # there is no Debian mirror
        return False


def _get(engine: Engine, progress: Progress) -> None:
    progress(f"Pulling {BASE} …")
    if not (problem := _pull(engine)):
        return
    if engine.provider is None:
        raise BaseImageUnavailable(
            f"The base image {BASE} could not be pulled.",
            last_lines=problem[-4:],
            advice=f"Check the network and `docker pull {BASE}`. The course puts nothing in its place "
            "in an engine that it has not started.",
        )
    progress(f"{BASE} could not be pulled: {problem[-1]}")
    try:
        ingredients = Ingredients.gather()
    except DockerLabError as error:
        raise BaseImageUnavailable(
            f"{BASE} could not be pulled. {error.summary}", last_lines=problem[-4:], advice=error.advice
        ) from None
    make(BASE, engine, ingredients, progress)


def _remove_unnamed(engine: Engine, image_id: str) -> None:
    """Remove an image that has lost its name to another, unless it has one more or a container uses it."""
    with contextlib.suppress(EngineRefused):
        image = engine.client().images.get(image_id)
        if not image.tags:
            image.remove()


def _pull(engine: Engine) -> list[str]:
    """Pull; what docker said if that failed. Gives up if no registry answers within ANSWER_SECONDS."""
    process = engine.popen("pull", BASE)
    give_up = threading.Timer(ANSWER_SECONDS, process.kill)
    give_up.start()
    lines = []
    try:
        for line in process.stdout:
            if b"Pulling from" in line:
                give_up.cancel()
            if line.strip():
                lines.append(line.decode(errors="replace").rstrip())
        code = process.wait()
    finally:
        give_up.cancel()
        stop(process)
        process.stdout.close()
    if code < 0:  # killed by the timer
        lines.append(f"no registry answered within {ANSWER_SECONDS} s")
    return (lines or [f"docker ended with exit code {code}"]) if code else []
