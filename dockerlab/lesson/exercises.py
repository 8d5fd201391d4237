"""What a notebook uses of the exercises: `exercise(NAME)` shows one, `check(NAME)` looks at what you have made."""

from functools import cache

from dockerlab.engine import Engine, find
from dockerlab.exercise.attempt import Attempt
from dockerlab.exercise.check import Report
from dockerlab.exercise.task import Task, open_task
from dockerlab.show.notebook import bring_look, has_front_end, progress_line
from dockerlab.show.shown import register

_panels: dict = {}


@cache
def _engine() -> Engine:
    return find()


def exercise(name: str) -> object:
    """An exercise: its task, and in a notebook that somebody looks at, a panel with ticks, hints and buttons.

    Raises:
        ExerciseUnusable: there is none of this name.
    """
    register()
    task: Task = open_task(name)
    if not has_front_end():
        return task
    bring_look()
    from dockerlab.show.panel import Panel  # ipywidgets takes a second, and only a front end needs it

    if name in _panels:
        _panels[name].stop()
    _panels[name] = Panel(Attempt.at(task, display=progress_line), _engine()).start()
    return _panels[name]


def check(name: str) -> Report:
    """Look at what you have made for an exercise: what holds, and what does not yet.

    Raises:
        ExerciseUnusable: there is none of this name.
    """
    register()
    return Attempt.at(open_task(name), display=progress_line).check(_engine())
