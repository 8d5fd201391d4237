"""The rebuild bench in a notebook that somebody looks at: choose, mark, build, compare, with ipywidgets."""

import threading
import time

import ipywidgets as widgets

from dockerlab.build.rebuild import RebuildBench, places
from dockerlab.build.trace import BuildTrace
from dockerlab.errors import BuildCancelled, DockerLabError
from dockerlab.show.control import Control, alert
from dockerlab.show.rebuild import BenchView, RoundView, rounds_html
from dockerlab.show.shown import Shown, escape
from dockerlab.show.steps import StepTable, finished
from dockerlab.text import one_line

WIDE = widgets.Layout(width="auto", max_width="60em")
LABELS = {"description_width": "initial"}


class RebuildPanel(Control):
    """What `lesson.rebuild_bench(…)` shows. Every control is reached by keyboard.

    A build runs in a thread of its own, so that *Cancel* can be pressed meanwhile.
    """

    def __init__(self, bench: RebuildBench) -> None:
        super().__init__()
        self._bench, self._thread, self._cancel = bench, None, threading.Event()
        self.dockerfile = widgets.Dropdown(options=bench.dockerfiles, description="Dockerfile:", style=LABELS)
        self.change = widgets.Dropdown(description="What you do:", style=LABELS, layout=widgets.Layout(width="24em"))
        self.steps = widgets.VBox()
        self.build = self.button("Build", "Make the change, build, and compare", self._press)
        self.cancel = self.button("Cancel", "Stop the build", self._cancel.set)
        self.live, self.result, self.chart, self.news = (widgets.HTML() for _ in range(4))
        self.box.children = [
            widgets.HBox([self.dockerfile, self.change]),
            widgets.HTML("<p>Tick the steps that will run. The others will come from the cache.</p>"),
            self.steps,
            widgets.HBox([self.build, self.cancel]),
            self.news,
            self.live,
            self.result,
            self.chart,
        ]
        self.dockerfile.observe(lambda _: self._choose_dockerfile(), "value")
        self.change.observe(lambda _: self._choose_change(), "value")
        self._choose_dockerfile()

    def _choose_dockerfile(self) -> None:
        before, names = self.change.value, self._bench.changes(self.dockerfile.value)
        self.change.options = names
        self.change.value = before if before in names else names[0]
        self._choose_change()

    def _choose_change(self) -> None:
        """Show a box for each step that the Dockerfile will have; all are empty."""
        if not self.change.value:  # for a moment, while the list is replaced
            return
        self._places = places(self._bench.plan(self.dockerfile.value, self.change.value))
        self.steps.children = [
            widgets.Checkbox(
                description=f"{place.stage} {place.number}  {one_line(place.instruction, 90)}".strip(),
                indent=False,
                layout=WIDE,
            )
            for place in self._places
        ]

    def _press(self) -> None:
        if self._thread and self._thread.is_alive():
            self._say("A build is running. Wait for it, or press Cancel.")
            return
        self._cancel.clear()
        self.result.value = ""
        self._say("Bringing all steps into the cache first …")
        ticked = [box.value for box in self.steps.children]
        guess = frozenset(place for place, is_ticked in zip(self._places, ticked, strict=True) if is_ticked)
        self._thread = threading.Thread(target=self._run, args=(guess,), daemon=True)
        self._thread.start()

    def _run(self, guess: frozenset) -> None:
        try:
            done = self._bench.rebuild(self.dockerfile.value, self.change.value, guess, _Live(self), self._cancel)
        except BuildCancelled:
            self.live.value = ""
            self._say("Cancelled. The change was taken back.")
        except DockerLabError as error:
            self.say_error(error)
        else:
            self._say("")
            self.live.value = finished(done.build).to_html()
            self.result.value = f'<div role="status">{RoundView(done).to_html()}</div>'
            self.chart.value = rounds_html(self._bench.rounds)
            self._choose_dockerfile()
            self.keep()

    def _say(self, sentence: str) -> None:
        self.news.value = f'<p role="status">{escape(sentence)}</p>' if sentence else ""

    def say_error(self, error: Exception) -> None:
        """Show it in the place of the live table."""
        self.live.value, self.news.value = "", alert(error)

    def pages(self) -> tuple[Shown, ...]:
        """What would run after each change, and what was built so far."""
        return (BenchView(self._bench), *map(RoundView, self._bench.rounds))


class _Live:
    """A watcher that draws a build in the panel."""

    def __init__(self, panel: RebuildPanel) -> None:
        self._panel, self._begin = panel, None

    def update(self, trace: BuildTrace) -> None:
        """Show the build as it is now."""
        if self._begin is None:
            self._begin = time.time()
            self._panel.news.value = ""
        now = time.time()
        self._panel.live.value = StepTable(trace, now - self._begin, now).to_html()

    def close(self) -> None:
        """Nothing to do: the panel puts the final table in its place."""
