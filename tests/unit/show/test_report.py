"""How a report and a task are drawn: in a terminal, and on a page without a kernel."""

import html

import pytest
from bs4 import BeautifulSoup

from dockerlab.exercise import author
from dockerlab.exercise.check import BUSY, DONE, NOT_YET, WAITS, Report, Result
from dockerlab.exercise.task import Task, all_tasks
from dockerlab.paths import project_root
from dockerlab.show.report import ReportView
from dockerlab.show.task import TaskView

FOUND = Result("b", "`web` answers.", NOT_YET, "no answer from <web>", "`docker logs web`: $A and $B")
ALL = Report("first", (Result("a", "A.", DONE), FOUND, Result("c", "C.", WAITS), Result("d", "D.", BUSY, "too slow")))


def test_a_report_in_a_terminal():
    assert str(ReportView(ALL)).splitlines() == [
        "[x] A.",
        "[ ] `web` answers.",
        "    Found: no answer from <web>",
        "    Look at: `docker logs web`: $A and $B",
        "[-] C. (not yet: an earlier one comes first)",
        "[?] D.",
        "    Found: too slow",
        "first: 1 of 4 so far. This machine was too busy to tell the rest: check again when it is quieter.",
    ]


def test_a_report_on_a_page_says_states_in_words_and_shows_text_as_text():
    page = BeautifulSoup(ReportView(ALL).to_html(), "html.parser")
    lines = page.find_all("li")
    assert [line.strong.text for line in lines] == ["done", "not yet", "later on", "busy"]
    assert [code.text for code in lines[1].find_all("code")] == ["web", "docker logs web"]
    assert "no answer from <web>" in lines[1].text
    assert "mathjax_ignore" in str(lines[1])


def test_a_passed_report_says_so():
    report = Report("first", (Result("a", "A.", DONE),))
    assert str(ReportView(report)).splitlines()[-1] == "first: passed, 1 of 1."


@pytest.mark.parametrize("text", ["\x1b[31mred", "\u202edrow", "a\x00b"])
def test_what_a_container_says_cannot_do_anything(text):
    report = Report("first", (Result("a", "A.", NOT_YET, text, text),))
    bundle, _ = ReportView(report)._repr_mimebundle_()
    assert all(sign not in page for page in bundle.values() for sign in "\x1b\u202e\x00")


@pytest.fixture
def task(tmp_path):
    home = author.make(tmp_path / "first")
    (home / "README.md").write_text("# Run <it>\n\nCall it `web`, <b>now</b>:\n\n# A heading\n\n$A or $B\n")
    (home / "solution/solution.sh").write_text("docker run <img> # $X $Y\n")
    return Task.read(home)


def test_a_task_in_a_terminal_gives_nothing_away(task):
    text = str(TaskView(task))
    assert text.startswith("Run <it>\n========\nMake something · about 10 min · exercise first\n\nCall it `web`")
    assert "docker run" not in text


def test_a_task_on_a_page_keeps_hints_and_solution_folded(task):
    page = BeautifulSoup(TaskView(task).to_html(), "html.parser")
    assert [s.text for s in page.find_all("summary")] == ["Hint 1", "Solution", "Show it anyway"]
    assert not any(fold.has_attr("open") for fold in page.find_all("details"))
    solution = page.find_all("summary")[-1].parent
    assert solution.parent.name == "details"  # one step more
    assert "docker run <img>" in solution.pre.text
    assert page.b is None  # HTML in a task is text
    assert page.h4.text == "A heading"
    assert page.script is None


@pytest.mark.parametrize("task", all_tasks(project_root()), ids=lambda task: task.name)
def test_every_task_of_the_course_can_be_drawn(task):
    page = BeautifulSoup(TaskView(task).to_html(), "html.parser")
    assert page.h3.text == task.title
    assert page.find(string=lambda text: html.unescape(f'check("{task.name}")') in text)
