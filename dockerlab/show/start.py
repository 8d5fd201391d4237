"""The start page of a notebook server: the chapters, the exercises with a tick where you have passed, the engine."""

import html
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import quote

from dockerlab.exercise.task import Task
from dockerlab.show.shown import Shown, escape

TERMINAL = "terminal:create-new"  # JupyterLab's command; its outputs may start one


class StartPage(Shown):
    """What `start_page()` shows.

    Args:
        engine: a sentence on the engine.
        chapters: title -> file, from the server's folder.
        passed: the names of the exercises that were passed.
    """

    def __init__(
        self, engine: str, chapters: Mapping[str, str], tasks: Sequence[Task], passed: Collection[str]
    ) -> None:
        self._engine, self._chapters, self._tasks, self._passed = engine, chapters, tasks, passed

    def __str__(self) -> str:
        lines = [self._engine, "", *self._chapters, "", self._count()]
        for task in self._tasks:
            mark = "[x]" if task.name in self._passed else "[ ]"
            lines.append(f"{mark} {task.chapter:>2}  {task.name:<22} {task.title}")
        return "\n".join(lines)

    def to_html(self) -> str:
        """Links open in JupyterLab beside this page, and the button opens a terminal."""
        links = "".join(
            f'<li><a href="{quote(file)}">{html.escape(title)}</a></li>' for title, file in self._chapters.items()
        )
        rows = "".join(self._row(task) for task in self._tasks)
        return (
            f'<div class="dl-start"><p class="dl-run">{escape(self._engine)}</p>'
            f'<p><button type="button" data-commandlinker-command="{TERMINAL}" data-commandlinker-args="{{}}">'
            "Open a terminal</button></p>"
            f"<h3>Chapters</h3><ul>{links}</ul><h3>Your turn</h3><p>{escape(self._count())}</p>"
            '<table><thead><tr><th scope="col">Passed</th><th scope="col">Chapter</th>'
            '<th scope="col">Exercise</th><th scope="col">Name</th><th scope="col">Minutes</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div>"
        )

    def _count(self) -> str:
        done = sum(task.name in self._passed for task in self._tasks)
        return f"{done} of {len(self._tasks)} exercises passed."

    def _row(self, task: Task) -> str:
        state = '<strong class="dl-yes">✓ passed</strong>' if task.name in self._passed else "not yet"
        return (
            f"<tr><td>{state}</td><td>{task.chapter}</td><td>{escape(task.title)}</td>"
            f"<td><code>{html.escape(task.name)}</code></td><td>{task.minutes}</td></tr>"
        )
