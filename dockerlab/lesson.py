"""What a chapter imports: one Lesson, the %docker magic, claims and charts.

from dockerlab.lesson import *

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
from datetime import date
from pathlib import Path

import pandas as pd

from dockerlab import build as builds
from dockerlab import charts, container, context, display, experiment, image
from dockerlab.claims import claim as make_claim
from dockerlab.display import size_text
from dockerlab.engine import find
from dockerlab.engine.base import ensure_base
from dockerlab.labels import clean
from dockerlab.paths import project_root

__all__ = ["Lesson", "charts", "claim", "edit", "ratio", "show", "size_text", "summary"]

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
    """

    def __init__(self, chapter: str, lab: str = "news-api") -> None:
        self.chapter = chapter
        source = project_root() / "labs" / lab
        self.engine = find()
        self.base = ensure_base(self.engine)
        self.last_build: builds.Build | None = None
        clean(self.engine, chapter)
        self._scratch = Path(tempfile.mkdtemp(prefix=f"dockerlab-{chapter}-"))
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

        `docker build` shows its steps and gives the Build. A port of this machine that is in use is replaced by
        a free one, with a word about it.
        """
        words = shlex.split(line)
        is_build = words[:1] == ["build"] or words[:2] == ["buildx", "build"]
        if is_build and not any(w.startswith("--progress") for w in words):
            return self._build(words[1:] if words[0] == "build" else words[2:])
        if words[:1] == ["run"]:
            line = self._with_free_ports(words)
        container.docker(line, engine=self.engine, run=self.chapter, write=sys.stdout.write)
        return None

    def build(self, arguments: str) -> builds.Build:
        """Build without showing the steps."""
        return builds.build(arguments, engine=self.engine, run=self.chapter)

    def _build(self, words: Sequence[str]) -> _Shown:
        view = display.NotebookView() if display.has_front_end() else display.QuietNotebookView()
        done = builds.build(words, engine=self.engine, run=self.chapter, view=view)
        self.last_build = done
        view.show(done)
        return _Shown(done)

    def _with_free_ports(self, words: list[str]) -> str:
        for place, word in enumerate(words[:-1]):
            if word in ("-p", "--publish") and words[place + 1].startswith("127.0.0.1:"):
                _, outside, inside = words[place + 1].split(":")
                if outside and not container.port_is_free(int(outside)):
                    free = container.free_port()
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
        """Read images with all their layers."""
        return image.read_images(self.engine, references)

    def layers(self, *references: str) -> pd.DataFrame:
        """One row a layer of each image: image, layer, instruction, size_MB, base."""
        images = self.images(self.base.reference, *references)
        return image.layer_table({r: images[r] for r in references}, images[self.base.reference])

    def history(self, reference: str) -> pd.DataFrame:
        """One row a history entry: created_by, layer, size_MB."""
        return self.images(reference)[reference].history

    def size_MB(self, reference: str) -> float:
        """The course's measure of an image's size: the sum of the files in its layers, uncompressed, in MB."""
        return self.images(reference)[reference].size_bytes / image.MB

    def context_files(self, dockerfile: str = "Dockerfile", *, ignore: bool = True) -> pd.DataFrame:
        """The files of the build context that .dockerignore leaves."""
        return context.context_files(".", dockerfile, ignore=ignore)

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

        if shell := get_ipython():
            shell.register_magic_function(self.docker, "line", "docker")


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


LANGUAGES = {"Dockerfile": "docker", ".py": "python", ".txt": "text", ".dockerignore": "text", ".env": "text"}


def show(path: str) -> display.Markdown:
    """A file of the lab as a listing."""
    file = Path(path)
    language = "docker" if file.name.startswith("Dockerfile") else LANGUAGES.get(file.suffix, "text")
    return display.code(file.read_text(encoding="utf-8"), language)


def edit(path: str, old: str, new: str) -> display.Markdown:
    """Replace a text that occurs once in a file of the lab; shows the change as a diff.

    Raises:
        ValueError: the text does not occur exactly once.
    """
    former = experiment.change_line(path, old, new).splitlines()
    changed = Path(path).read_text(encoding="utf-8").splitlines()
    lines = list(difflib.unified_diff(former, changed, path, path, lineterm="", n=1))
    return display.code("\n".join(lines), "diff")
