"""A workbench for the judge: a copy of a build context, and the images and containers of one judging.

Everything made on it carries the label of the course, of the run and of this one bench, and is removed at the end,
also after a failure or an interrupt. Finished steps stay in the engine's build cache.
"""

import shlex
import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dockerlab.build import Build, build
from dockerlab.engine import Engine
from dockerlab.engine.labels import clean
from dockerlab.errors import ContextNotFound, DockerCommandFailed, EngineRefused, NotAnswering
from dockerlab.image import ImageReader
from dockerlab.image.search import find_in_image
from dockerlab.paths import copy_tree
from dockerlab.run import Container, docker_command
from dockerlab.text import one_line

PREFIX = "dockerlab-judge-"  # begins the name of whatever is on a bench
LABEL = "dockerlab.judge"  # its value is the token of the bench that an object belongs to
CHECKS = 5  # after so many health checks in vain, waiting is over
STOP_SIGNALS = {"HUP": 1, "INT": 2, "QUIT": 3, "TERM": 15}  # Linux's numbers, wherever we run
# A health check runs as a process without a parent in the container, so this spares it.
FREEZE = (
    'for file in /proc/[0-9]*/stat; do read -r pid name state parent rest < "$file" || continue; '
    '[ "$parent" -gt 0 ] && kill -STOP "$pid"; done; true'
)


@dataclass(frozen=True)
class ProcessOne:
    """Process 1 of a container."""

    uid: int  # its effective user ID
    # Whether it neither handles its stop signal nor waits for it. Linux then never hands the signal to a process 1.
    # None if it is not known.
    is_deaf: bool | None = None


@dataclass(frozen=True)
class Bench:
    """Use it as `with Bench.opened(engine, context, run) as bench:`."""

    engine: Engine
    folder: Path  # the copy of the build context, free to change
    run: str  # the run's name for the label
    token: str  # tells this bench from all others

    @classmethod
    @contextmanager
    def opened(cls, engine: Engine, context: str | Path | None, run: str) -> Iterator[Self]:
        """A bench with a copy of this build context, cleared away at the end.

        Args:
            context: None for an empty folder.

        Raises:
            ContextNotFound: the context is not a folder.
            FilesUnreadable: something in it may not be read.
        """
        if context is not None and not Path(context).is_dir():
            raise ContextNotFound(str(context))
        token = uuid.uuid4().hex[:12]
        # The folder needs a new name too: an engine may recognise a context by it.
        with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{token}-") as folder:
            ignored = shutil.ignore_patterns("__pycache__", "*.db", ".git", ".venv", ".pytest_cache")
            if context is not None:
                copy_tree(Path(context), Path(folder), ignored)
            try:
                yield cls(engine, Path(folder), run, token)
            finally:
                clean(engine, run, **{LABEL: token})

    def container(self, name: str) -> Container:
        """The container of this name on the bench; it may not be there."""
        return Container(f"{PREFIX}{self.token}-{name}", self.engine)

    def tag(self, image: str) -> str:
        """How the engine knows an image of the bench."""
        return f"{PREFIX}{self.token}:{image}"

    def build(self, dockerfile: str, *options: str, limit: float | None = None) -> Build:
        """Run `docker build OPTIONS -f DOCKERFILE .` in the folder, for at most `limit` seconds."""
        arguments = [f"--label={LABEL}={self.token}", *options, "-f", dockerfile, "."]
        return build(arguments, engine=self.engine, cwd=self.folder, run=self.run, limit=limit)

    def start(self, image: str, name: str, options: str) -> Container:
        """Start a container with these options of `docker run`."""
        found = self.container(name)
        label = f"--label {LABEL}={self.token}"
        self._docker(f"run -d --name {found.name} {label} {options} {self.tag(image)}")
        return found

    def has_check(self, image: str) -> bool:
        """Whether an image has a health check."""
        config = self.engine.client().images.get(self.tag(image)).attrs["Config"]
        return (config.get("Healthcheck") or {}).get("Test", ["NONE"])[:1] not in (["NONE"], [])

    def process_one(self, name: str) -> ProcessOne | None:
        """A container's process 1; None if it does not run."""
        found = self.container(name)
        try:
            status = self._docker(f"exec {found.name} cat /proc/1/status")
        except DockerCommandFailed:
            # It has stopped, or its image has no cat. The engine can tell too, but it gives the ID as the host
            # counts users, which differs under user namespaces; so it is asked second.
            with suppress(EngineRefused):
                return ProcessOne(int(found.found().top(ps_args="-o uid,pid")["Processes"][0][0]))
            return None
        return read_status(status, found.found().attrs["Config"].get("StopSignal") or "SIGTERM")

    def watch(self, image: str, name: str, check_seconds: float) -> None:
        """Start a container that Docker asks for its health every second; a check may take so many seconds."""
        # For docker, an interval of 0s means "as in the image", and a start period delays the first check.
        options = f"--health-interval=1s --health-timeout={check_seconds:.1f}s --health-start-period=1ms"
        self.start(image, name, f"{options} --health-retries=1")

    def becomes(self, name: str, state: str, patience: float) -> tuple[bool | None, str]:
        """Wait for a container's state of health.

        Returns:
            whether it came: True, False after several checks in vain, or None if `patience` seconds were too short
            for so many; and the check's last words unless it came.
        """
        try:
            self.container(name).watch_health(state, timeout=patience, checks=CHECKS)
        except NotAnswering as error:
            return (False if error.seconds < patience else None), last_line(error)
        return True, ""

    def freeze(self, name: str) -> None:
        """Freeze a container's process 1 and what it has started, but not its health check."""
        found = self.container(name)
        with suppress(DockerCommandFailed):  # it has ended, or its image has no shell, and so no other processes
            self._docker(f"kill --signal STOP {found.name}")
            self._docker(f"exec --user 0 {found.name} sh -c {shlex.quote(FREEZE)}")

    def read(self, image: str, secret: str) -> tuple[int, tuple[str, ...]]:
        """The size of an image in bytes, and the places in which it holds a secret, each as a phrase."""
        tag = self.tag(image)
        if not self.engine.client().images.get(tag).attrs["RootFS"].get("Layers"):
            return 0, ()  # docker cannot save an image without layers, and there is nothing in it
        size_bytes = ImageReader(self.engine).read(tag)[tag].size_bytes
        places = []
        for row in find_in_image(self.engine, tag, secret).itertuples():
            layer = f"in layer {row.layer}" if row.layer else ""
            made_by = f"({one_line(row.instruction, 60)})" if row.instruction else ""
            places.append(" ".join(filter(None, [row.where, row.path, layer, made_by])))
        return size_bytes, tuple(places)

    def _docker(self, arguments: str) -> str:
        return docker_command(arguments, engine=self.engine, run=self.run)


def read_status(status: str, stop_signal: str) -> ProcessOne:
    """Process 1 as its /proc/1/status describes it.

    Args:
        stop_signal: as an image names it, such as SIGTERM, TERM or 15.
    """
    fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    name = stop_signal.upper().removeprefix("SIG")
    number = int(name) if name.isdigit() else STOP_SIGNALS.get(name)
    handled = int(fields["SigCgt"], 16) | int(fields["SigBlk"], 16)  # an init such as tini blocks it and waits for it
    is_deaf = None if number is None else not handled >> (number - 1) & 1
    return ProcessOne(int(fields["Uid"].split()[1]), is_deaf)


def last_line(error: DockerCommandFailed | NotAnswering) -> str:
    """The last line that came with an error; "" if there was none."""
    return error.last_lines[-1] if error.last_lines else ""
