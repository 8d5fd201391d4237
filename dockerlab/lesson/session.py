"""The session of a chapter: an engine, the base image, a scratch copy of a lab, and the nouns to work with."""

import atexit
import os
import platform
import shlex
import shutil
import sys
import tempfile
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from IPython.display import display

from dockerlab.build import Build, Experiment, build
from dockerlab.build.rebuild import RebuildBench
from dockerlab.build.supplies import supply
from dockerlab.engine import Engine, find, sessions
from dockerlab.engine.base import ensure_base, present_base
from dockerlab.engine.labels import clean, make_free
from dockerlab.engine.loopback import port_is_free
from dockerlab.engine.second import SecondEngine
from dockerlab.exercise import Exercise, Quiz, read_quiz
from dockerlab.image import Image, ImageReader, Images
from dockerlab.image.search import find_in_image
from dockerlab.lesson import magic
from dockerlab.lesson.ports import Ports
from dockerlab.paths import copy_tree, leave_scratch, make_scratch, project_root
from dockerlab.run import Container, docker_command
from dockerlab.run.names import Names
from dockerlab.show.notebook import Markdown, NotebookWatcher, bring_look, has_front_end, progress_line
from dockerlab.show.panels import bring_panels
from dockerlab.show.sentences import RunLine
from dockerlab.show.shown import register

if TYPE_CHECKING:
    import pandas as pd

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Lesson:
    """One run of a chapter.

    Making one starts from a clean slate: it removes what an earlier run of the chapter left, copies the lab to a
    scratch folder and makes that the current folder, so that `.` is the build context as on the page. What another
    session has that still runs stays; a name that it has is called otherwise here, see `run.names`.

    Attributes:
        engine: where the chapter builds and runs.
        last_build: the last build made with %docker, None before.
    """

    def __init__(self, chapter: str, lab: str = "news-api") -> None:
        leave_scratch()  # of an earlier lesson in this kernel
        self._chapter = chapter
        self._project = project_root()  # the current folder is about to change
        found = find(progress=self._tell)
        sessions.enter(chapter, found.host)
        self._names = Names(self._tell, lambda name: self._may_have_name(found, name))
        self.engine: Engine = replace(found, line=replace(found.line, naming=self._names))
        # Whether a stand-in is out of date takes a second to find out, so `engine up` and `make` do that.
        self._base = present_base(self.engine) or ensure_base(self.engine, self._tell)
        self.last_build: Build | None = None
        self._second: dict[str, SecondEngine] = {}
        clean(self.engine, chapter)
        provider = self.engine.provider
        self._scratch = make_scratch(chapter, sessions.token(), provider.shared_folder if provider else None)
        self._came_from = Path.cwd()
        folder = self._scratch / lab
        ignored = shutil.ignore_patterns("__pycache__", "*.db", ".pytest_cache")
        copy_tree(self._project / "labs" / lab, folder, ignored)
        shutil.copy(folder / ".env.example", folder / ".env")
        _go_to(folder)
        self._lead_shell_to_engine()
        atexit.register(self._remove_scratch)
        register()
        bring_panels()
        self._ports = Ports(print, self._may_have_port)
        magic.register(self._docker, self._shell_line)
        bring_look()
        display(self)

    def output(self, line: str) -> str:
        """What `docker LINE` prints, as text; nothing is shown."""
        return docker_command(line, engine=self.engine, run=self._chapter)

    def build(self, arguments: str) -> Build:
        """Build as `docker build ARGUMENTS` does, without showing the steps."""
        return build(arguments, engine=self.engine, run=self._chapter)

    def supply(self, reference: str) -> Markdown:
        """Make sure that an image which a lesson needs is in the engine, and say what it is.

        Args:
            reference: one of `supplies.STAND_INS`, such as "registry:2".
        """
        return Markdown.said(supply(reference, self.engine, self._base))

    def container(self, name: str) -> Container:
        """A container: ask it, watch its health, stop it."""
        return Container(name, self.engine)

    def image(self, reference: str) -> Image:
        """An image with its layers, history and files."""
        return self._reader.read(reference)[reference]

    def images(self, *references: str) -> Images:
        """Several images side by side: their layers, what they share, their sizes."""
        read = self._reader.read(self._base.reference, *references)
        return Images({reference: read[reference] for reference in references}, base=read[self._base.reference])

    def find_in_image(self, reference: str, *needles: str | bytes) -> "pd.DataFrame":
        """Where in all that an image hands out a text is found, see `image.search`."""
        return find_in_image(self.engine, reference, *needles)

    @cached_property
    def experiment(self) -> Experiment:
        """Builds that are repeated and compared."""
        return Experiment(self.engine, self._chapter, display=progress_line)

    def rebuild_bench(self, *dockerfiles: str) -> object:
        """A copy of this folder in which changes are made and built: what would run after each.

        In a notebook that somebody looks at, a panel in which to guess, build and compare.
        """
        folder = Path(tempfile.mkdtemp(prefix="bench-", dir=self._scratch)) / "context"
        copy_tree(Path.cwd(), folder, shutil.ignore_patterns("__pycache__"))
        bench = RebuildBench(folder, dockerfiles, self.engine, self._chapter)
        if not has_front_end():
            return bench
        from dockerlab.show.rebuild_panel import RebuildPanel  # ipywidgets takes a second

        return RebuildPanel(bench)

    def exercise(self, name: str) -> Exercise:
        """An exercise of the folder labs/exercises whose Dockerfile is judged."""
        return Exercise.open(name, project=self._project, engine=self.engine, run=self._chapter, display=progress_line)

    def quiz(self) -> Quiz:
        """The questions at the end of the chapter."""
        return read_quiz(self._project / "chapters/quizzes" / f"{self._chapter.replace('-', '_')}.yml")

    def clean_up(self) -> None:
        """Remove what this chapter made, by its label, and the scratch copy."""
        removed = clean(self.engine, self._chapter)
        self._remove_scratch()
        sessions.leave()
        kinds = [kind for kind in ("containers", "networks", "volumes", "images") if removed[kind]]
        print("Removed this chapter's " + (", ".join(kinds) if kinds else "scratch copy") + ".")

    def _remove_scratch(self) -> None:
        if self._scratch.exists():
            _go_to(self._came_from)
            shutil.rmtree(self._scratch, ignore_errors=True)

    @cached_property
    def _reader(self) -> ImageReader:
        return ImageReader(self.engine)

    def _lead_shell_to_engine(self) -> None:
        """Let the reader's own `!docker …` lines talk to the same engine, in the same environment."""
        wanted = self.engine.environment()
        for name in os.environ.keys() - wanted.keys():
            del os.environ[name]
        os.environ.update(wanted)
        # curl and the like would send even what is meant for this machine to a proxy.
        for name in ("no_proxy", "NO_PROXY"):
            others = [place for place in os.environ.get(name, "").split(",") if place and place not in LOOPBACK]
            os.environ[name] = ",".join([*LOOPBACK, *others])

    def _docker(self, line: str) -> None:
        """What %docker calls: run `docker LINE` as typed, and show what it does.

        A build shows its steps, also one in a second engine: `docker exec other docker build …`. A port that
        another program or session has is replaced by a free one, and the reader is told.
        """
        words = shlex.split(line)
        engine: Engine = self.engine
        arguments = magic.build_arguments(words)
        if inner := magic.inner_command(words):
            options, name, rest = inner
            if (arguments := magic.build_arguments(rest)) is not None:
                engine = self._second_engine(name).with_options(options)
        if arguments is not None:
            self._show_build(arguments, engine)
            return
        ports, write = self._ports, sys.stdout.write
        docker_command(ports.words(words), engine=self.engine, run=self._chapter, write=write, publish=ports.port)

    def _shell_line(self, line: str) -> str:
        """What is typed after !, with this session's ports and, in a docker command, its names."""
        line = self._ports.line(line)
        return self._names.text(line) if "docker" in line else line

    def _may_have_name(self, engine: Engine, name: str) -> bool:
        """Whether nobody else has something: its kind and its name, such as "volume news-data"."""
        kind, _, called = name.partition(" ")
        return make_free(engine, kind, called) and sessions.claim(name)

    def _may_have_port(self, port: int) -> bool:
        """Whether a port is free, and no other session is about to use it."""
        return port_is_free(port) and sessions.claim(f"port {port}")

    def _tell(self, sentence: str) -> None:
        """Say something about this run alone, so only to somebody who looks on."""
        if has_front_end():
            print(sentence)

    def _second_engine(self, name: str) -> SecondEngine:
        container = self.container(name)
        key = container.found().id  # another container may get the same name
        if key not in self._second:
            self._second[key] = container.second_engine()
        return self._second[key]

    def _show_build(self, arguments: list[str], engine: Engine) -> None:
        watcher = NotebookWatcher()
        self.last_build = build(arguments, engine=engine, run=self._chapter, watcher=watcher)
        watcher.show(self.last_build)

    def _conditions(self) -> dict[str, str]:
        """The conditions of this run; the ledger of claims quotes them."""
        server = self.engine.server
        return {
            "chapter": self._chapter,
            "date": date.today().isoformat(),
            "engine": f"Docker Engine {server.version}",
            "engine_source": self.engine.source,
            "store": server.store,
            "buildx": self.engine.buildx,
            "base": self._base.describe(),
            "machine": f"{os.cpu_count()} CPUs, {platform.system()} {platform.machine()}",
        }

    def __str__(self) -> str:
        return str(RunLine(self._conditions()))

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        return RunLine(self._conditions())._repr_mimebundle_()


def _go_to(folder: Path) -> None:
    """Change the current folder, as `cd` does: commands may name it as $PWD."""
    os.chdir(folder)
    os.environ["PWD"] = str(folder)
