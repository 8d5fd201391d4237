"""The commands for exercises, tried without an engine: what they print, and their exit status."""

import json

import pytest
from click.testing import CliRunner

from dockerlab.errors import EngineLost
from dockerlab.exercise import author
from dockerlab.exercise.attempt import Attempt
from dockerlab.exercise.check import DONE, NOT_YET, Report, Result
from dockerlab.show import commands
from dockerlab.show.commands import check, classroom, exercise, progress


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A course with one exercise, and the learner in its folder."""
    (tmp_path / "_toc.yml").write_text("")
    author.make(tmp_path / "labs/exercises/first")
    (tmp_path / "labs/exercises/first/starter").mkdir()
    (tmp_path / "labs/exercises/first/starter/page.html").write_text("hello")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DOCKERLAB_WORK", raising=False)
    monkeypatch.setattr(commands, "find", lambda: None)
    return tmp_path


@pytest.fixture
def finds(monkeypatch):
    """A function that says what checks find from now on, one state for each."""

    def set_states(*states):
        results = tuple(Result(f"c{n}", f"Sentence {n}.", state, "nothing", "there") for n, state in enumerate(states))

        def checked(attempt, engine, *, record=True):
            report = Report(attempt.task.name, results)
            attempt.start()
            attempt.progress.note_report(report)
            return report

        monkeypatch.setattr(Attempt, "check", checked)

    return set_states


def run(command, *words, answer=None):
    return CliRunner().invoke(command, words, input=answer)


@pytest.mark.parametrize(("states", "code"), [((DONE, DONE), 0), ((DONE, NOT_YET), 1)])
def test_the_exit_status_says_whether_everything_holds(finds, states, code):
    finds(*states)
    done = run(check, "first")
    assert done.exit_code == code
    assert "[x] Sentence 0." in done.stdout


def test_a_script_gets_json_and_nothing_else(finds):
    finds(DONE, NOT_YET)
    found = json.loads(run(check, "first", "--json").stdout)
    assert (found["exercise"], found["passed"]) == ("first", False)
    assert found["checks"][1] == {
        "check": "c1", "sentence": "Sentence 1.", "state": "not yet", "found": "nothing", "look": "there",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "supplied"),
    [("", []), ('NEEDS = ("postgres:17-alpine",)\n', ["postgres:17-alpine is there"])],
)
def test_starting_gets_the_images_that_are_needed(project, monkeypatch, line, supplied):
    monkeypatch.setattr(commands, "ensure_base", lambda engine: None)
    monkeypatch.setattr(commands, "supply", lambda image, engine, base: f"{image} is there")
    with (project / "labs/exercises/first/checks.py").open("a") as file:
        file.write(line)
    assert run(exercise, "start", "first").stderr.splitlines()[2:] == supplied


def test_starting_puts_the_files_there_and_never_replaces_any(project):
    assert "What the learner achieves" in run(exercise, "start", "first").stdout
    page = project / "work/first/page.html"
    assert page.read_text() == "hello"
    page.write_text("mine")
    run(exercise, "start", "first")
    assert page.read_text() == "mine"


def test_hints_come_one_at_a_time_and_end(finds):
    assert "What to think of first." in run(exercise, "hint", "first").stdout
    assert "No more hints" in run(exercise, "hint", "first").stdout


def test_the_solution_is_asked_for_twice(project):
    refused = run(exercise, "solution", "first", answer="n\n")
    assert (refused.exit_code, "docker run" in refused.stdout) == (1, False)
    assert "There is 1 hint left." in refused.stdout
    shown = run(exercise, "solution", "first", answer="y\n")
    assert "docker run -d --name my-container" in shown.stdout
    assert (project / "work/first/solution/solution.sh").is_file()


def test_the_list_and_the_progress_tick_off_what_is_passed(finds):
    assert "[ ]  1  first" in run(exercise, "list").stdout
    finds(DONE)
    run(check, "first")
    assert "[x]  1  first" in run(exercise, "list").stdout
    assert run(progress).stdout.splitlines()[-1] == "1 of 1 exercises passed."
    assert run(progress, "--csv").stdout.splitlines()[1].startswith("first,20")
    run(progress, "--reset", "first")
    assert run(progress).stdout.splitlines()[-1] == "0 of 1 exercises passed."


@pytest.mark.parametrize(
    "words", [("start", "nope"), ("hint", "nope"), ("solution", "nope", "--yes"), ("reset", "nope")]
)
def test_an_unknown_exercise_is_answered_with_those_that_there_are(words):
    done = run(exercise, *words)
    assert "There are: first." in str(done.exception)


def test_a_new_exercise_is_ready_to_be_filled(project):
    assert "is ready to be filled" in run(exercise, "new", "second").stdout
    assert (project / "labs/exercises/second/checks.py").is_file()


def test_a_class_is_put_into_a_table(project, finds):
    finds(DONE)
    run(check, "first")
    (project / "ada.json").write_text(run(progress, "--json").stdout)
    lines = run(classroom, "ada.json").stdout.splitlines()
    assert lines[0].split() == ["learner", "first", "passed"]
    assert lines[1].split() == ["ada", "passed", "1"]


def test_an_engine_that_goes_away_while_watching_ends_the_watch(finds, monkeypatch):
    finds(NOT_YET)

    class Watch:
        def __init__(self, engine, folder, changed, *, run, lost):
            self.lost = lost

        def start(self):
            self.lost(EngineLost("The Docker engine has stopped."))

        def wait(self):
            pass

    monkeypatch.setattr(commands, "Watch", Watch)
    assert isinstance(run(check, "first", "--watch").exception, EngineLost)
