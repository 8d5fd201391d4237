"""Whether a change of the code installs packages again: read from the files that a build writes, not from what it says.

A package manager writes a record of each package that it installs. The record's time is that of the installation:
copying it from a stage or giving it to another user leaves the time as it was. So a record that is younger than the
beginning of a build was written by an installation in this build, however the Dockerfile has put it. Not seen are
packages without a record, such as a program compiled from its source; and `cp` without `-p` makes a record look new.
"""

import math
import re
import tempfile
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from fnmatch import translate
from pathlib import Path

from dockerlab.build.trace import DONE, UNNAMED_STAGE
from dockerlab.engine import Engine
from dockerlab.errors import BuildFailed
from dockerlab.exercise.bench import Bench
from dockerlab.image.archive import Blob, read_saved

RECORDS = (
    "*.dist-info/RECORD",  # pip, uv, Poetry and PDM, in whatever folder
    "*.whl",  # pip wheel, pip download
    "*conda-meta/*.json",
    "*var/lib/dpkg/info/*.list",  # apt, dpkg
    "*lib/apk/db/installed",
    "*var/lib/rpm/*",  # dnf
    "*lib/sysimage/rpm/*",
    "*node_modules/.package-lock.json",  # npm
    "*specifications/*.gemspec",
)
_RECORD = re.compile("|".join(map(translate, RECORDS)))
# These steps run no program. What is in their layers was installed by another step, if at all.
RUN_NO_PROGRAM = ("COPY ", "ADD ", "WORKDIR ")


@dataclass(frozen=True)
class Rebuild:
    """What a build did after a change of the code: instructions, in the order of the stages."""

    ran: tuple[str, ...]  # those that ran again, without FROM
    installed: tuple[str, ...]  # those that installed packages, also in a stage of which nothing gets into the image


def rebuild(bench: Bench, dockerfile: str, code: str) -> Rebuild | None:
    """Add a line to a file of the bench, and build again; None if it does not build with that line.

    Where that installs something, it is done once more, and the second time counts: an engine that does much else at
    the same time may have let go of a step, and a Dockerfile that is at fault installs every time.

    Args:
        dockerfile: has been built before, so that its steps are in the cache.
        code: the file to change.
    """
    found = _rebuild(bench, dockerfile, code)
    return _rebuild(bench, dockerfile, code) if found and found.installed else found


def _rebuild(bench: Bench, dockerfile: str, code: str) -> Rebuild | None:
    with (bench.folder / code).open("a", encoding="utf-8") as file:
        file.write(f"\n# A line that no build has seen: {uuid.uuid4().hex}\n")
    began = next_second(bench.engine)
    try:
        steps = bench.build(dockerfile, "--output=type=cacheonly").trace.instructions()
        ran = [step for step in steps if step.state == DONE and not step.is_from]
        programs: dict[str, list[str]] = {}  # by stage
        for step in ran:
            if not step.instruction.startswith(RUN_NO_PROGRAM):
                programs.setdefault(step.stage, []).append(step.instruction)
        found = []
        for stage, instructions in programs.items():
            is_last = stage == steps[-1].stage
            found += _installed(bench, dockerfile, stage, instructions, is_last=is_last, since=began)
    except BuildFailed:
        return None
    return Rebuild(tuple(step.instruction for step in ran), tuple(dict.fromkeys(found)))


def next_second(engine: Engine) -> int:
    """Wait for the engine's clock to begin a second, and give it in seconds since the epoch.

    Some engines keep the times of files in whole seconds. The engine may run in a virtual machine with its own clock.
    """
    now = datetime.fromisoformat(engine.client().info()["SystemTime"]).timestamp()
    time.sleep(math.ceil(now) - now)
    return math.ceil(now)


def _installed(
    bench: Bench, dockerfile: str, stage: str, programs: list[str], *, is_last: bool, since: int
) -> list[str]:
    """The instructions of one stage that have installed packages; `programs` are those that ran a program.

    An image of the stage, taken from the build cache, tells.
    """
    tag, unnamed = bench.tag("stage"), UNNAMED_STAGE.match(stage)
    if is_last or not unnamed:
        options = [] if is_last else [f"--target={stage}"]
        bench.build(dockerfile, *options, "-t", tag)
        found = installed_since(bench.engine, tag, since)
        return [made_by for made_by in found if not made_by.startswith(RUN_NO_PROGRAM)]
    # A build ends only at a stage with a name, so the files of this one are copied into an image.
    text = (bench.folder / dockerfile).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="dockerlab-judge-") as folder:
        file = Path(folder, "Dockerfile")
        file.write_text(f"{text}\nFROM scratch\nCOPY --from={stage.removeprefix('stage-')} / /\n", encoding="utf-8")
        bench.build(str(file), "-t", tag)
    return ["; ".join(programs)] if installed_since(bench.engine, tag, since) else []


def installed_since(engine: Engine, tag: str, since: int) -> list[str]:
    """The instructions of an image whose layers hold records of packages that were written after a moment.

    Args:
        since: as `next_second` gives it.

    Raises:
        NoSuchImage, ImageUnreadable, DockerCommandFailed, EngineLost.
    """

    def installs(layer: Blob) -> bool:
        new = [is_record(m.name) for m, _ in layer.members() if m.isfile() and m.mtime >= since]
        return any(new)

    image_id = engine.client().images.get(tag).id
    layers = read_saved(engine, {image_id: tag}, installs)[image_id].layers
    return [made_by for _, made_by, found in layers if found]


def is_record(path: str) -> bool:
    """Whether a path in a layer is the record of a package."""
    return _RECORD.match(path) is not None
