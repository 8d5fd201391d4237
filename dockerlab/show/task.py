"""How a task is drawn: on a page its text, hints that unfold one by one, and the solution behind one step more."""

import html
import re
from collections.abc import Iterable

from markdown_it import MarkdownIt

from dockerlab.exercise.task import Task, solution_files
from dockerlab.show.shown import NO_FORMULA, Shown, escape, has_formula, shows

# HTML in a task's text is shown as text.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
FENCE = "`" * 12  # longer than any within a task
KIND_WORDS = {
    "make": "Make something", "repair": "Repair something", "predict": "Predict, then look",
    "find out": "Find something out", "recover": "Bring something back",
}  # fmt: skip


@shows(Task)
class TaskView(Shown):
    """The task with everything unfoldable, for a page without a kernel; in a terminal the task alone."""

    def __init__(self, task: Task) -> None:
        self._task = task

    def __str__(self) -> str:
        task = self._task
        return f"{task.title}\n{'=' * len(task.title)}\n{facts(task)}\n\n{task.text.strip()}"

    def to_html(self) -> str:
        """Native details elements: they fold without any script, and from the keyboard."""
        task = self._task
        hints = "".join(
            f"<details><summary>Hint {number}</summary>{markdown(hint.text)}</details>"
            for number, hint in enumerate(task.hints, 1)
        )
        files = "".join(
            f"<p><strong><code>{html.escape(name)}</code></strong></p><pre><code>{html.escape(text)}</code></pre>"
            for name, text in solution_files(task).items()
        )
        solution = (
            "<details><summary>Solution</summary><p>Have you tried the hints?</p>"
            f"<details><summary>Show it anyway</summary>{files}</details></details>"
        )
        return (
            f'<section class="dl-task"><h3>{escape(task.title)}</h3><p class="dl-facts">{escape(facts(task))}</p>'
            f"{markdown(task.text)}{hints}{solution}"
            f"<p>Check your work: <code>check(&quot;{task.name}&quot;)</code> in a notebook, or "
            f"<code>.venv/bin/dockerlab check {task.name}</code> in a terminal, in the course's folder.</p></section>"
        )


def facts(task: Task) -> str:
    """One line about a task: what kind it is, and how long it takes."""
    return f"{KIND_WORDS[task.kind]} · about {task.minutes} min · exercise `{task.name}`".replace("`", "")


def markdown(text: str) -> str:
    """Markdown as HTML; nothing in it is taken for a formula."""
    page = re.sub(r"<(/?)h[12]>", r"<\1h4>", _MARKDOWN.render(text))
    return f'<div class="{NO_FORMULA}">{page}</div>' if has_formula(page) else page


def exercises_page(tasks: Iterable[Task]) -> str:
    """All tasks as Markdown for a page, by chapter."""
    parts, chapter = [], None
    for task in tasks:
        if task.chapter != chapter:
            chapter = task.chapter
            parts.append(f"## For chapter {chapter}")
        parts.append(f"{FENCE}{{raw}} html\n{TaskView(task).to_html()}\n{FENCE}")
    return "\n\n".join(parts)
