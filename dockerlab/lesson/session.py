"""What a chapter imports: one Lesson, the %docker magic, claims and charts.

from dockerlab.lesson.session import *

lesson = Lesson("04-layer-caching")
"""

from __future__ import annotations

import atexit
import difflib
import os
import platform
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

import pandas as pd

from dockerlab.build import builder as builds
from dockerlab.build import context, experiment, retired
from dockerlab.engine import Engine, find, loopback
from dockerlab.engine.base import ensure_base, present_base
from dockerlab.engine.labels import clean
from dockerlab.errors import BuildFailed
from dockerlab.exercise import judge as judging
from dockerlab.exercise import scoreboard
from dockerlab.exercise.quiz import Quiz, read_quiz
from dockerlab.image import image
from dockerlab.image import search as secrets
from dockerlab.lesson import clutter, registry, second_engine
from dockerlab.paths import leave_scratch, make_scratch, project_root
from dockerlab.run import container
from dockerlab.show import charts, display, explorer
from dockerlab.show.claim import claim as make_claim
from dockerlab.text import size_text

__all__ = [
    "Lesson", "charts", "claim", "compare", "edit", "now", "pd", "ratio", "set_line", "show", "size_text", "summary",
]  # fmt: skip

# A cut-off instruction would hide what the table is about.
pd.options.display.max_colwidth = None
pd.options.display.width = 140

ratio = experiment.ratio
summary = experiment.summary


class Lesson:
    """One run of a chapter: an engine, the base image, and a scratch copy of a lab to work in.

    Making one starts from a clean slate: what an earlier run of the chapter left is removed, the lab is copied to
    a scratch folder, and that becomes the current folder, so that `.` is the build context as on the page.

    Attributes:
        engine: where the chapter builds and runs.
        base: the base image python:3.11-slim, or its stand-in.
        folder: the scratch copy.
        last_build: the last build made with %docker, None before.
        last_failure: the last build with %docker that failed, None before.
    """

    def __init__(self, chapter: str, lab: str = "news-api") -> None:
        leave_scratch()  # of an earlier lesson in this kernel
        self.chapter = chapter
        self._project = project_root()  # the current folder will be another one
        source = self._project / "labs" / lab
        self.engine = find()
        # Whether a stand-in is out of date is looked into by `engine up` and `make`, which need not be as quick.
        self.base = present_base(self.engine) or ensure_base(self.engine)
        self._images: dict[str, image.Image] = {}
        self._reference: scoreboard.Reference | None = None
        self._second: dict[str, second_engine.SecondEngine] = {}
        self.last_build: builds.Build | None = None
        self.last_failure: BuildFailed | None = None
        clean(self.engine, chapter)
        self._scratch = make_scratch(chapter)
        self._came_from = Path.cwd()
        self.folder = self._scratch / lab
        shutil.copytree(source, self.folder, ignore=shutil.ignore_patterns("__pycache__", "*.db", ".pytest_cache"))
        shutil.copy(self.folder / ".env.example", self.folder / ".env")
        os.chdir(self.folder)
        # The reader's own `!docker …` lines then talk to the same engine.
        os.environ.update(self.engine.environment())
        atexit.register(self._remove_scratch)
        self._register_magic()
        self._show(self)

    # -- what the chapter runs on -------------------------------------------------------------------------------

    def run(self) -> dict[str, str]:
        """The conditions of this run as plain data; the ledger of claims quotes them."""
        engine = self.engine
        return {
            "chapter": self.chapter,
            "date": date.today().isoformat(),
            "engine": f"Docker Engine {engine.version}",
            "engine_source": engine.source,
            "store": engine.store,
            "buildx": engine.buildx,
            "base": self.base.describe(),
            "machine": f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}",
        }

    def __str__(self) -> str:
        run = self.run()
        return f"{run['engine']} ({run['engine_source']}, {run['store']}). Base image: {run['base']}."

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        page = f'<p class="dl-run">{self}</p>'
        return {"text/plain": str(self), "text/html": page}, {"dockerlab": {"run": self.run()}}

    # -- commands -----------------------------------------------------------------------------------------------

    def docker(self, line: str) -> _Shown | None:
        """Run `docker LINE` as typed and show what it does; what %docker calls.

        `docker build` shows its steps and gives the Build, also in a second engine: `docker exec other docker
        build …`. A port of this machine that is in use is replaced by a free one, with a word about it.
        """
        words = shlex.split(line)
        engine, inner = second_engine.asked(self._second, words) or (self.engine, words)
        is_build = inner[:1] == ["build"] or inner[:2] == ["buildx", "build"]
        if is_build and not any(w.startswith("--progress") for w in inner):
            return self._build(inner[1:] if inner[0] == "build" else inner[2:], engine)
        if words[:1] == ["run"]:
            line = self._with_free_ports(words)
        container.docker(line, engine=self.engine, run=self.chapter, write=sys.stdout.write)
        return None

    def output(self, line: str) -> str:
        """What `docker LINE` prints, as text; nothing is shown."""
        return container.docker(line, engine=self.engine, run=self.chapter)

    def build(self, arguments: str) -> builds.Build:
        """Build without showing the steps."""
        return builds.build(arguments, engine=self.engine, run=self.chapter)

    def _build(self, words: Sequence[str], engine: Engine) -> _Shown:
        view = display.NotebookView() if display.has_front_end() else display.QuietNotebookView()
        try:
            done = builds.build(words, engine=engine, run=self.chapter, view=view)
        except BuildFailed as failure:
            self.last_failure = failure
            raise
        self.last_build = done
        view.show(done)
        return _Shown(done)

    def _with_free_ports(self, words: list[str]) -> str:
        for place, word in enumerate(words[:-1]):
            if word in ("-p", "--publish") and words[place + 1].startswith("127.0.0.1:"):
                _, outside, inside = words[place + 1].split(":")
                if outside and not loopback.port_is_free(int(outside)):
                    free = loopback.free_port()
                    print(f"Port {outside} of this machine is in use, so the lesson publishes on {free} instead.")
                    words[place + 1] = f"127.0.0.1:{free}:{inside}"
        return shlex.join(words)

    # -- looking at things --------------------------------------------------------------------------------------

    def ask(self, name: str, path: str = "/", timeout: float = 30) -> container.Answer:
        """GET a path from a container, waiting until it answers."""
        return container.ask(name, path, engine=self.engine, timeout=timeout)

    def watch_health(self, name: str, until: str, timeout: float = 60) -> pd.DataFrame:
        """Health states as they change, until one is reached."""
        return container.watch_health(name, until, engine=self.engine, timeout=timeout)

    def stop_seconds(self, name: str) -> tuple[float, int]:
        """Stop a container; seconds until it had stopped, and its exit code."""
        return container.stop_seconds(name, engine=self.engine)

    def images(self, *references: str) -> dict[str, image.Image]:
        """Read images with all their layers; each is read once, since what has an ID never changes."""
        client = self.engine.client()
        ids = {reference: client.images.get(reference).id for reference in references}
        if new := [reference for reference in references if ids[reference] not in self._images]:
            read = image.read_images(self.engine, new)
            self._images |= {ids[reference]: read[reference] for reference in new}
        return {reference: self._images[ids[reference]] for reference in references}

    def layers(self, *references: str) -> pd.DataFrame:
        """One row a layer of each image: image, layer, instruction, size_MB, base."""
        images = self.images(self.base.reference, *references)
        return image.layer_table({r: images[r] for r in references}, images[self.base.reference])

    def inside(self, reference: str, instruction: str, path: str) -> pd.DataFrame:
        """What the layer whose instruction contains a text holds in a folder: name, files, size_MB.

        Raises:
            ValueError: not exactly one layer's instruction contains it.
        """
        return self.layer(reference, instruction).folder(path)

    def layer(self, reference: str, instruction: str) -> image.Layer:
        """The layer of an image whose instruction contains a text.

        Raises:
            ValueError: not exactly one layer's instruction contains it.
        """
        layers = [layer for layer in self.images(reference)[reference].layers if instruction in layer.created_by]
        if len(layers) != 1:
            raise ValueError(f"{len(layers)} layers of {reference} were made by {instruction!r}, not one")
        return layers[0]

    def explore(self, reference: str) -> explorer.Explorer:
        """A tree of an image to fold open: layers, their folders, the largest files."""
        return explorer.Explorer(self.images(reference)[reference])

    def shared_layers(self, *references: str) -> pd.DataFrame:
        """One row a layer that is stored for these images: instruction, size_MB, images (those that use it)."""
        return image.shared_layers(self.images(*references))

    def size_measures(self, reference: str) -> pd.Series:
        """What different tools call the size of an image, in MB, by the name of the measure.

        What the engine itself says depends on its store; see the module `image`.
        """
        client = self.engine.client()
        wanted = client.images.get(reference)
        listed = next(entry for entry in client.df()["Images"] if entry["Id"] == wanted.id)
        measures = {
            "files in the layers": self.images(reference)[reference].size_bytes,
            "layers compressed, as a pull transfers them": image.compressed_bytes(self.engine, reference),
            "docker image inspect": wanted.attrs["Size"],
            "docker image ls": listed["Size"],
            "docker system df: shared with other images": listed["SharedSize"],
            "docker system df: this image alone": listed["Size"] - listed["SharedSize"],
        }
        return pd.Series(measures, name="size_MB") / image.MB

    def history(self, reference: str) -> pd.DataFrame:
        """One row a history entry: created_by, layer, size_MB."""
        return self.images(reference)[reference].history

    def sizes_MB(self, *references: str) -> dict[str, float]:
        """The course's measure of an image's size: the sum of the files in its layers, uncompressed, in MB."""
        return {reference: read.size_bytes / image.MB for reference, read in self.images(*references).items()}

    def context_files(self, dockerfile: str = "Dockerfile", *, ignore: bool = True) -> pd.DataFrame:
        """The files of the build context that .dockerignore leaves."""
        return context.context_files(".", dockerfile, ignore=ignore)

    def ignore_groups(self) -> pd.DataFrame:
        """What each group of .dockerignore keeps out: group, files, size_MB, largest."""
        return context.ignore_groups(".")

    def scatter_clutter(self) -> None:
        """Fill the folder with what gathers in a project: history, packages, caches, a database, logs."""
        clutter.scatter(".")

    def fresh_copy(self) -> str:
        """Copy the folder to one that the engine has never seen; gives the path, for `docker build`."""
        # A name of its own: an engine may recognise a context by the name of its folder.
        target = tempfile.mkdtemp(prefix="copy-", dir=self._scratch)
        shutil.copytree(".", target, dirs_exist_ok=True)
        return os.path.relpath(target)

    def retired_context_bytes(self, dockerfile: str = "Dockerfile") -> int:
        """Build with the builder before BuildKit; bytes of build context that it was sent."""
        return retired.context_bytes(dockerfile, engine=self.engine, run=self.chapter)

    def find_secret(self, reference: str, *needles: str | bytes) -> pd.DataFrame:
        """Search every layer, the config and the history of an image: where, layer, instruction, path, what."""
        return secrets.find_in_image(self.engine, reference, *needles)

    def time_builds(
        self,
        variants: Mapping[str, str],
        repeats: int = 5,
        edit: Callable[[int], object] | None = None,
        warm_up: bool = True,
    ) -> pd.DataFrame:
        """Build each variant several times in turn; one row a build."""
        with display.progress_line() as progress:
            return experiment.time_builds(
                variants,
                engine=self.engine,
                run=self.chapter,
                repeats=repeats,
                edit=edit,
                warm_up=warm_up,
                progress=progress,
            )

    def what_runs(self, dockerfile: str, changes: Mapping[str, tuple[str, str]]) -> pd.DataFrame:
        """For each single change of a Dockerfile, the steps that a rebuild runs again."""
        return experiment.what_runs(dockerfile, changes, engine=self.engine, run=self.chapter)

    def registry(self) -> display.Markdown:
        """Have the image `registry:2`, and say which one it is."""
        return _said(f"Registry image: {registry.ensure_registry(self.engine, self.base, self.chapter)}.")

    def dind(self) -> display.Markdown:
        """Have the image `docker:dind`, a Docker engine to run in a container, and say which one it is."""
        return _said(f"Engine image: {second_engine.ensure_dind(self.engine, self.base, self.chapter)}.")

    def second_engine(self, container: str) -> display.Markdown:
        """Wait until the engine in a container answers, and say what it is.

        From then on `%docker exec CONTAINER docker build …` shows the steps.
        """
        engine = self._second[container] = second_engine.wait_for(self.engine, container)
        return _said(f"Second engine: Docker Engine {engine.version} ({engine.source}, {engine.store}).")

    def quiz(self) -> Quiz:
        """The questions at the end of the chapter."""
        return read_quiz(self._project / "chapters/quizzes" / f"{self.chapter.replace('-', '_')}.yml")

    # -- exercises ----------------------------------------------------------------------------------------------

    def exercise(self, name: str) -> None:
        """Put the Dockerfiles of an exercise into the scratch folder, over those of the same name."""
        for file in sorted((self._project / "labs" / "exercises" / name).glob("Dockerfile*")):
            shutil.copy(file, self.folder / file.name)

    def judge(self, dockerfile: str = "Dockerfile") -> scoreboard.Scoreboard:
        """Build a Dockerfile for the news API, run its image, and give the points for what it measurably does."""
        with display.progress_line() as progress:
            if self._reference is None:
                lab = self._project / "labs" / "news-api"
                self._reference = judging.measure_reference(
                    lab, engine=self.engine, run=self.chapter, progress=progress
                )
            return judging.judge(
                dockerfile,
                engine=self.engine,
                context=self.folder,
                run=self.chapter,
                reference=self._reference,
                progress=progress,
            )

    # -- the end ------------------------------------------------------------------------------------------------

    def clean_up(self) -> None:
        """Remove what this chapter made, by its label, and the scratch copy."""
        removed = clean(self.engine, self.chapter)
        self._remove_scratch()
        kinds = [kind for kind in ("containers", "networks", "volumes", "images") if removed[kind]]
        print("Removed this chapter's " + (", ".join(kinds) if kinds else "scratch copy") + ".")

    def _remove_scratch(self) -> None:
        if self._scratch.exists():
            os.chdir(self._came_from)
            shutil.rmtree(self._scratch, ignore_errors=True)

    def _show(self, thing: object) -> None:
        from IPython.display import display as show_output

        show_output(thing)

    def _register_magic(self) -> None:
        from IPython import get_ipython
        from IPython.core.magic import no_var_expand

        # Braces belong to docker's --format here, not to Python.
        @no_var_expand
        def docker(line: str) -> _Shown | None:
            """Run a docker command against the course's engine."""
            return self.docker(line)

        if shell := get_ipython():
            shell.register_magic_function(docker, "line", "docker")


class _Shown(builds.Build):
    """A Build that has just been shown: as the value of a cell it is not shown again."""

    def __init__(self, done: builds.Build) -> None:
        super().__init__(done.command, done.image_id, done.trace, done.seconds)
        object.__setattr__(self, "_fresh", True)

    def _ipython_display_(self) -> None:
        from IPython.display import display as show_output

        if self._fresh:
            object.__setattr__(self, "_fresh", False)
        else:
            show_output(display.StepTable(self.trace, self.seconds))


def claim(statement: str, measured: float | str, holds: bool, unit: str = "") -> None:
    """State a fact with its measured value, show both with the verdict, and insist on it.

    Raises:
        ClaimFailed: it does not hold on this run.
    """
    from IPython.display import display as show_output

    show_output(make_claim(statement, measured, holds, unit))


def show(path: str) -> display.Markdown:
    """A file of the lab as a listing."""
    file = Path(path)
    language = "docker" if file.name.startswith("Dockerfile") else "python" if file.suffix == ".py" else "text"
    return display.code(file.read_text(encoding="utf-8"), language)


def compare(path: str, other: str) -> display.Markdown:
    """Two Dockerfiles as one diff with every instruction in it; comments and empty lines are left out."""
    first, second = (
        [line for line in Path(name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        for name in (path, other)
    )
    lines = difflib.unified_diff(first, second, path, other, lineterm="", n=len(first))
    return display.code("\n".join(line for line in lines if not line.startswith("@@")), "diff")


def edit(path: str, old: str, new: str) -> display.Markdown:
    """Replace a text that occurs once in a file of the lab; shows the change as a diff.

    Raises:
        ValueError: the text does not occur exactly once.
    """
    return _difference(path, experiment.change_text(path, old, new))


def set_line(path: str, start: str, new: str) -> display.Markdown:
    """Replace the one line of a file of the lab that begins with `start`; shows the change as a diff.

    Raises:
        ValueError: not exactly one line begins so.
    """
    return _difference(path, experiment.change_line(path, start, new))


def now() -> str:
    """The present moment, never the same twice: an edit with it in is one that no cache has seen."""
    return datetime.now().isoformat(" ")


def _said(sentence: str) -> display.Markdown:
    return display.Markdown(sentence, sentence)


def _difference(path: str, former: str) -> display.Markdown:
    changed = Path(path).read_text(encoding="utf-8").splitlines()
    lines = list(difflib.unified_diff(former.splitlines(), changed, path, path, lineterm="", n=1))
    return display.code("\n".join(lines), "diff")
