"""Judge a Dockerfile for the news API by what its image measurably is and does.

`measure_reference` finds what to compare with, `measure` collects the Facts of one Dockerfile, and the module
scoreboard turns them into points. The Dockerfile's text is never looked at: whatever gets there is right.

Everything made carries the label of the course, of the run and of this one judging, and is removed by the last,
also after a failure or an interrupt. Finished steps stay in the engine's build cache.
"""

from __future__ import annotations

import re
import shlex
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from docker.errors import APIError

from dockerlab.build.builder import Build, build
from dockerlab.build.buildkit import BuildTrace
from dockerlab.engine import Engine
from dockerlab.engine.labels import clean
from dockerlab.errors import (
    BuildFailed,
    ContextNotFound,
    DockerCommandFailed,
    DockerfileInvalid,
    DockerLabError,
    NotAnswering,
)
from dockerlab.exercise.scoreboard import Facts, Reference, Scoreboard, is_installation, reran, score
from dockerlab.image import search as secrets
from dockerlab.image.image import read_images
from dockerlab.paths import project_root
from dockerlab.run import container
from dockerlab.text import one_line

LABEL = "dockerlab.judge"  # its value is the one judging that an object belongs to
SECRET = "fake-token-for-practice-only"  # made up; in the capstone's Dockerfile
PATHS = {"/health": 200, "/articles": 200, "/articles/999999": 404, "/articles?limit=0": 422}
# The same server told to use a PostgreSQL that is not there, for nobody listens on port 1. It says 503, and it takes
# the database's library to find that out.
AWAY, AWAY_STATUS = "/health with PostgreSQL away", 503
AWAY_OPTIONS = "-e DATABASE_URL=postgresql://news@127.0.0.1:1/news"
# Of docker's own values 0s would mean "as in the image", and a start period makes the first check wait.
HEALTH_OPTIONS = "--health-interval=1s --health-timeout=3s --health-start-period=1ms --health-retries=1"
CHECKS = 5  # so many checks in vain, and a state of health is not waited for any longer

Progress = Callable[[str], object]


def judge(
    dockerfile: str | Path,
    *,
    engine: Engine,
    context: str | Path = ".",
    run: str = "",
    reference: Reference | None = None,
    needles: Sequence[str] = (SECRET,),
    patience: float = 30,
    progress: Progress | None = None,
) -> Scoreboard:
    """Build a Dockerfile, run its image, measure both, and remove them.

    Args:
        dockerfile: its path.
        engine: where to build and run.
        context: the build context. It is copied, and never changed.
        run: the run's name for the label, usually the chapter.
        reference: what to compare with; measured where not given, which takes a few seconds.
        needles: the secrets that must not be in the image.
        patience: how long to wait for an answer or a state of health, in seconds.
        progress: gets a line about each part before it begins.

    Returns:
        the scoreboard, also for a Dockerfile that does not build.

    Raises:
        ContextNotFound, EngineLost, BuildCancelled, ImageUnreadable. Nothing is left behind.
    """
    reference = reference or measure_reference(engine=engine, run=run, progress=progress)
    facts = measure(
        dockerfile, engine=engine, context=context, run=run, needles=needles, patience=patience, progress=progress
    )
    return score(facts, reference)


def measure_reference(
    lab: str | Path | None = None, *, engine: Engine, run: str = "", progress: Progress | None = None
) -> Reference:
    """Measure the basic and the lean image of the news API.

    Args:
        lab: its folder; None looks for the course's own from the current folder upwards.
    """
    (progress or _nothing)("measuring the basic and the lean image")
    with _Bench.opened(engine, lab or project_root() / "labs" / "news-api", run) as bench:
        tags = [bench.build(name, "Dockerfile" + suffix) for name, suffix in (("basic", ""), ("lean", ".lean"))]
        sizes = [image.size_bytes for image in read_images(engine, tags).values()]
        server = bench.start("basic")
        away = bench.start("basic", "away", AWAY_OPTIONS)
        answers = {path: container.ask(server, path, engine=engine) for path in PATHS}
        answers[AWAY] = container.ask(away, "/health", engine=engine)
    statuses = PATHS | {AWAY: AWAY_STATUS}
    if wrong := [path for path, answer in answers.items() if not _is_json(answer, statuses[path])]:
        raise DockerLabError(f"The basic image does not answer {wrong[0]} as it should.")
    return Reference(answers, *sizes)


def _is_json(answer: container.Answer, status: int) -> bool:
    return answer.status == status and isinstance(answer.body, dict)


def measure(
    dockerfile: str | Path,
    *,
    engine: Engine,
    context: str | Path = ".",
    run: str = "",
    needles: Sequence[str] = (SECRET,),
    patience: float = 30,
    progress: Progress | None = None,
) -> Facts:
    """Everything that is asked of one Dockerfile; see `judge`."""
    tell, file = progress or _nothing, Path(dockerfile)
    if not file.is_file():
        return Facts(problem=f"There is no file {file.name}.")
    with _Bench.opened(engine, context, run) as bench:
        shutil.copy(file, bench.folder / file.name)
        # .dockerignore keeps it out of an image, and a build step has no need of it.
        (bench.folder / ".env").write_text(f"REFRESH_TOKEN={needles[0]}\n" if needles else "", encoding="utf-8")
        tell("building")
        try:
            tag = bench.build("solution", file.name)
        except (BuildFailed, DockerfileInvalid) as error:
            return Facts(problem=_reason(error))
        tell("starting the server and asking it")
        asked = _ask(bench, patience)
        tell("stopping the server")
        asked |= _stop(bench)
        # The image is read while its other container waits; an interrupt lets the reading end first.
        with ThreadPoolExecutor(1) as aside:
            contents = aside.submit(_read, bench, tag, needles)
            tell("waiting for the health check")
            watched = _watch(bench, patience)
            tell("building again with a changed line of code")
            reruns = _reruns(bench, file.name)
            tell("adding up the layers, and searching them for the secret")
            size_bytes, found = contents.result()
        tell("waiting for the health check to notice the frozen server")
        notices = _becomes(bench, "unhealthy", patience)[0] if watched.get("healthy") else None
        measured = {"size_bytes": size_bytes, "secrets": found, "reruns": reruns, "notices": notices}
        return Facts(steps=bench.steps, **asked, **watched, **measured)


def _read(bench: _Bench, tag: str, needles: Sequence[str]) -> tuple[int, tuple[str, ...]]:
    """An image's size, and the places in which it holds a secret."""
    if not bench.engine.client().images.get(tag).attrs["RootFS"].get("Layers"):
        return 0, ()  # docker cannot save an image without a layer, and there is nothing in it
    size_bytes = read_images(bench.engine, [tag])[tag].size_bytes
    return size_bytes, _places(secrets.find_in_image(bench.engine, tag, *needles)) if needles else ()


def _ask(bench: _Bench, patience: float) -> dict:
    """Start the image's containers and ask them: the facts has_check, answers and silence."""
    facts: dict = {"has_check": bench.has_check("solution"), "answers": {}}
    try:
        server = bench.start("solution")
        away = bench.start("solution", "away", AWAY_OPTIONS)
        if facts["has_check"]:
            bench.start("solution", "watched", HEALTH_OPTIONS)
        for path in PATHS:
            facts["answers"][path] = container.ask(server, path, engine=bench.engine, timeout=patience)
        facts["answers"][AWAY] = container.ask(away, "/health", engine=bench.engine, timeout=patience)
    except (DockerCommandFailed, NotAnswering) as error:
        facts["silence"] = error.last_lines[-1] if error.last_lines else ""
    return facts


def _stop(bench: _Bench) -> dict:
    """See who the server is, and stop it: the facts uid and stop, as far as it runs."""
    uid = bench.uid("server")
    return {
        "uid": uid,
        "stop": None if uid is None else container.stop_seconds(bench.name("server"), engine=bench.engine),
    }


def _watch(bench: _Bench, patience: float) -> dict:
    """Wait for the health check: the facts healthy and check_said. A healthy container is left frozen."""
    if bench.uid("watched") is None:
        return {}
    healthy, said = _becomes(bench, "healthy", patience)
    if healthy:
        bench.freeze("watched")
    return {"healthy": healthy, "check_said": said}


def _becomes(bench: _Bench, state: str, patience: float) -> tuple[bool, str]:
    """Whether the watched container reaches a state of health; the last line of its check where not."""
    watched = bench.name("watched")
    try:
        container.watch_health(watched, state, engine=bench.engine, timeout=patience, checks=CHECKS)
    except NotAnswering as error:
        return False, error.last_lines[-1] if error.last_lines else ""
    return True, ""


def _places(found: pd.DataFrame) -> tuple[str, ...]:
    """The rows of a search as phrases."""
    return tuple(
        " ".join(
            [
                f"{row.where} {row.path}".strip(),
                *([f"in layer {row.layer}"] if row.layer else []),
                *([f"({one_line(row.instruction, 60)})"] if row.instruction else []),
            ]
        )
        for row in found.itertuples()
    )


def _reason(error: BuildFailed | DockerfileInvalid) -> str:
    return "\n".join([error.summary, *error.last_lines])


class _Installing(Exception):
    """A rebuild installs: nothing more need be known of it."""

    def __init__(self, reruns: tuple[str, ...]) -> None:
        self.reruns = reruns


class _UntilItInstalls:
    """A view that ends the build at the first installation step, instead of waiting for it to finish."""

    def update(self, trace: BuildTrace) -> None:
        ran = reran(trace.instructions())
        if any(map(is_installation, ran)):
            raise _Installing(ran)

    def close(self) -> None:
        pass


def _reruns(bench: _Bench, dockerfile: str) -> tuple[str, ...] | None:
    """What a build runs again after a new line in main.py; None where it fails."""
    with (bench.folder / "main.py").open("a", encoding="utf-8") as file:
        file.write(f"\n# A line that no build has seen: {bench.token}\n")
    try:
        done = bench.rebuild(dockerfile, _UntilItInstalls())
    except _Installing as seen:
        return seen.reruns
    except BuildFailed:
        return None
    return reran(done.trace.instructions())


@dataclass
class _Bench:
    """A copy of the build context, and the images and containers of one judging."""

    engine: Engine
    folder: Path
    run: str
    token: str
    steps: int = 0

    @classmethod
    @contextmanager
    def opened(cls, engine: Engine, context: str | Path, run: str) -> Iterator[_Bench]:
        """A bench that is cleared away at the end, however that comes."""
        token = uuid.uuid4().hex[:12]
        # The folder's own name is new: an engine may recognise a context by it.
        with tempfile.TemporaryDirectory(prefix=f"dockerlab-judge-{token}-") as folder:
            ignored = shutil.ignore_patterns("__pycache__", "*.db", ".git", ".venv", ".pytest_cache")
            if not Path(context).is_dir():
                raise ContextNotFound(str(context))
            shutil.copytree(context, folder, ignore=ignored, dirs_exist_ok=True)
            bench = cls(engine, Path(folder), run, token)
            try:
                yield bench
            finally:
                bench.clear()

    def name(self, what: str) -> str:
        """The name of a container."""
        return f"dockerlab-judge-{self.token}-{what}"

    def tag(self, image: str) -> str:
        """The name of an image."""
        return f"dockerlab-judge-{self.token}:{image}"

    def build(self, image: str, dockerfile: str) -> str:
        """Build an image; gives its name."""
        done = self._build(dockerfile, "-t", self.tag(image))
        self.steps = sum(not step.is_from for step in done.trace.instructions())
        return self.tag(image)

    def rebuild(self, dockerfile: str, view) -> Build:
        """Build without making an image of it."""
        return self._build(dockerfile, "--output=type=cacheonly", view=view)

    def _build(self, dockerfile: str, *options: str, view=None) -> Build:
        arguments = [f"--label={LABEL}={self.token}", *options, "-f", dockerfile, "."]
        return build(arguments, engine=self.engine, cwd=self.folder, run=self.run, view=view)

    def docker(self, arguments: str) -> str:
        """Run a docker command, whose objects get the labels; gives what it printed."""
        return container.docker(arguments, engine=self.engine, run=self.run)

    def start(self, image: str, what: str = "server", options: str = "") -> str:
        """Start a container, published on a free port of loopback; gives its name."""
        label = f"--label {LABEL}={self.token}"
        self.docker(f"run -d --name {self.name(what)} {label} -p 127.0.0.1::8000 {options} {self.tag(image)}")
        return self.name(what)

    def has_check(self, image: str) -> bool:
        """Whether an image has a health check."""
        config = self.engine.client().images.get(self.tag(image)).attrs["Config"]
        return (config.get("Healthcheck") or {}).get("Test", ["NONE"])[:1] not in (["NONE"], [])

    def uid(self, what: str) -> int | None:
        """The effective user ID of a container's process 1, None where it does not run."""
        try:
            status = self.docker(f"exec {self.name(what)} cat /proc/1/status")
        except DockerCommandFailed:
            # Stopped, or an image without cat. The engine's own view counts users as outside, so it comes second.
            with suppress(APIError):
                seen = self.engine.client().containers.get(self.name(what)).top(ps_args="-o uid,pid")
                return int(seen["Processes"][0][0])
            return None
        return int(re.search(r"^Uid:\s+\d+\s+(\d+)", status, re.M)[1])

    def freeze(self, what: str) -> None:
        """Freeze process 1 and what it has started, but not the health check, which has no parent inside."""
        self.docker(f"kill --signal STOP {self.name(what)}")
        script = (
            'for file in /proc/[0-9]*/stat; do read -r pid name state parent rest < "$file" || continue; '
            '[ "$parent" -gt 0 ] && kill -STOP "$pid"; done; true'
        )
        with suppress(DockerCommandFailed):  # an image without a shell has no process besides
            self.docker(f"exec --user 0 {self.name(what)} sh -c {shlex.quote(script)}")

    def clear(self) -> None:
        """Remove the containers and the images of this judging."""
        clean(self.engine, self.run, **{LABEL: self.token})


def _nothing(text: str) -> None:
    pass
