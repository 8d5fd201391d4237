"""An exercise in a notebook that somebody looks at: the task, a tick for each check, and buttons, with ipywidgets.

It looks again by itself whenever the engine or the learner's folder changes. The page of the site gets `TaskView`.
"""

import threading
from collections.abc import Callable

import ipywidgets as widgets

from dockerlab.engine import Engine
from dockerlab.errors import DockerLabError
from dockerlab.exercise.attempt import Attempt
from dockerlab.exercise.check import Report
from dockerlab.exercise.task import solution_files
from dockerlab.exercise.watch import Watch
from dockerlab.show.control import Control, alert
from dockerlab.show.report import ReportView, code_spans
from dockerlab.show.shown import Shown, escape
from dockerlab.show.task import TaskView, facts, markdown


class Panel(Control):
    """What `exercise("first-page")` shows. Every control is a button, so the keyboard reaches it.

    Args:
        engine: where the learner works.
    """

    def __init__(self, attempt: Attempt, engine: Engine) -> None:
        super().__init__()
        self._attempt, self._engine, self._lock = attempt, engine, threading.Lock()
        self._failing: list[str] | None = None  # what failed when it was looked at last
        self._last: tuple[ReportView, ...] = ()
        attempt.start()
        task = attempt.task
        self.report = widgets.HTML()
        self.help = widgets.HTML()
        self.news = widgets.HTML()
        self.check = self.button("Check", "Look at what you have made", self.look)
        self.hint = self.button("Next hint", "Show a hint that fits what is missing", self._give_hint)
        self.reset = self.button("Reset", "Remove what you made for this exercise, and begin again", self._ask_reset)
        self.solution = self.button("Show solution", "Show one way to do it", self._ask_solution)
        self.yes = self.button("Yes", "", self._yes)
        self.no = self.button("No", "", self._no)
        self._question, self._then = widgets.HTML(), None
        self.asking = widgets.HBox([self._question, self.yes, self.no], layout=widgets.Layout(display="none"))
        head = f"<h3>{escape(task.title)}</h3><p>{escape(facts(task))}</p>{markdown(task.text)}"
        where = f"<p>Your files are in <code>{escape(str(attempt.folder))}</code>.</p>"
        buttons = widgets.HBox([self.check, self.hint, self.reset, self.solution])
        self.box.children = [widgets.HTML(head + where), self.report, buttons, self.asking, self.help, self.news]
        self._show_help()
        self._watch = Watch(
            engine, attempt.folder, lambda: self.look(record=False), run=f"exercise-{task.name}", lost=self.say_error
        )

    def start(self) -> "Panel":
        """Look once, and again after each change; gives the panel itself."""
        self.look(record=False)
        self._watch.start()
        return self

    def stop(self) -> None:
        """Look no more."""
        self._watch.stop()

    def look(self, *, record: bool = True) -> Report | None:
        """Check, and show what was found; None if the engine has gone."""
        with self._lock:
            try:
                report = self._attempt.check(self._engine, record=record)
            except DockerLabError as error:
                self.say_error(error)
                return None
            # What watching has found counts all the same, once.
            if report.passed and report.task not in self._attempt.progress.passed():
                self._attempt.progress.note_report(report)
        self._last = (ReportView(report),)
        self.report.value = f'<div role="status">{ReportView(report).to_html()}</div>'
        self.news.value = ""
        self._failing = report.failing
        self.keep()
        return report

    def _give_hint(self) -> None:
        if self._attempt.hint(self._failing) is None:
            self.news.value = "<p>There are no more hints.</p>"
        self._show_help()

    def _show_help(self) -> None:
        hints = "".join(f"<li>{markdown(hint.text)}</li>" for hint in self._attempt.hints_seen())
        text = f"<p>Hints:</p><ol>{hints}</ol>" if hints else ""
        if self._attempt.progress.of(self._attempt.task.name).get("solution"):
            text += "<p>One way to do it:</p>" + "".join(
                f"<p><code>{escape(name)}</code></p><pre>{escape(content)}</pre>"
                for name, content in solution_files(self._attempt.task).items()
            )
        self.help.value = text

    def _ask_solution(self) -> None:
        self._ask("Show the solution?", self._show_solution)

    def _show_solution(self) -> None:
        self._attempt.show_solution()
        self._show_help()

    def _ask_reset(self) -> None:
        made = self._attempt.made(self._engine)
        names = ", ".join(f"`{name}`" for kind in made.values() for name in kind)
        self._ask(f"Remove {names}?" if names else "Put the first files back?", self._do_reset)

    def _do_reset(self) -> None:
        with self._lock:
            _, kept = self._attempt.reset(self._engine)
        self.look(record=False)
        self.news.value = f"<p>Your files are kept in <code>{escape(str(kept))}</code>.</p>" if kept else ""

    def _ask(self, question: str, then: Callable[[], object]) -> None:
        self._question.value, self._then = f"<p>{code_spans(question)}</p>", then
        self.asking.layout.display = "flex"
        self.yes.focus()

    def _yes(self) -> None:
        self.asking.layout.display = "none"
        self._then()

    def _no(self) -> None:
        self.asking.layout.display = "none"

    def say_error(self, error: Exception) -> None:
        """Show it below the buttons."""
        self.news.value = alert(error)

    def pages(self) -> tuple[Shown, ...]:
        """The task, and what holds of it, as far as it was looked at."""
        return (TaskView(self._attempt.task), *self._last)
