"""The start page, and a diff in colours."""

from pathlib import Path

import pytest

from dockerlab.exercise.task import all_tasks
from dockerlab.paths import project_root
from dockerlab.show.notebook import coloured
from dockerlab.show.start import StartPage

ROOT = project_root(Path(__file__).parent)
TASKS = list(all_tasks(ROOT))


def page(passed=()):
    return StartPage("An engine.", {"1. A < B": "chapters/01 a.ipynb"}, TASKS, passed)


@pytest.mark.parametrize("passed", [(), ("first-run",), [task.name for task in TASKS]])
def test_it_counts_and_ticks_what_was_passed(passed):
    count = f"{len(passed)} of {len(TASKS)} exercises passed."
    text, html = str(page(passed)), page(passed).to_html()
    assert count in text
    assert count in html
    assert text.count("[x]") == html.count("✓") == len(passed)
    assert all(task.title in text for task in TASKS)


def test_titles_and_files_of_chapters_are_escaped():
    assert '<a href="chapters/01%20a.ipynb">1. A &lt; B</a>' in page().to_html()


@pytest.mark.parametrize(
    ("diff", "html"),
    [
        ("--- a\n+++ b\n same\n-old\n+new", "--- a\n+++ b\n same\n<del>-old</del>\n<ins>+new</ins>"),
        ("+a < b", "<ins>+a &lt; b</ins>"),
        ("", ""),
    ],
)
def test_a_diff_marks_what_was_added_and_removed(diff, html):
    assert coloured(diff).partition(">")[2] == f"{html}</pre>"
