"""Every exercise on a real engine: its beginning, its solution in plain bash, and its typical mistakes.

The capstone's Dockerfiles are judged in test_judge_images.py, since each takes half a minute.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from dockerlab.build.supplies import supply
from dockerlab.engine.base import present_base
from dockerlab.exercise.attempt import Attempt
from dockerlab.exercise.check import DONE, NOT_YET, WAITS
from dockerlab.exercise.progress import Progress
from dockerlab.exercise.task import images_needed, open_task, task_names, typical_mistakes
from dockerlab.paths import make_scratch, project_root

pytestmark = pytest.mark.engine

ROOT = project_root(Path(__file__).parent)
NAMES = [name for name in task_names(ROOT) if name != "capstone"]
EVERY_TIME = 1  # mistakes of each exercise that are tried every time; the others are tried at night
MISTAKES = [
    pytest.param(name, script.stem, marks=() if number < EVERY_TIME else pytest.mark.nightly)
    for name in NAMES
    for number, script in enumerate(sorted((ROOT / "labs/exercises" / name / "wrong").glob("*.sh")))
]
SENTINEL = f"dockerlab-test-sentinel-{os.getpid()}"


@pytest.fixture
def home(engine, tmp_path):
    """A folder of the test's own that the engine sees: a micro-VM sees no files but those in the learner's folder."""
    shared = engine.provider.shared_folder if engine.provider else None
    folder = make_scratch("test-exercises", shared=shared) if shared else tmp_path
    yield folder
    if shared:
        shutil.rmtree(folder)


@pytest.fixture
def attempt_at(engine, home):
    """A function that opens an attempt at a task, in a folder of the test's own; its objects go at the end."""
    opened = []

    def open_attempt(name):
        attempt = Attempt(open_task(name, ROOT), home / name, Progress(home))
        # Where no registry answers, the course makes what a learner would pull.
        for image in images_needed(attempt.task):
            supply(image, engine, present_base(engine))
        # A learner's own, or what a test that was killed has left: not ours to remove unasked.
        assert attempt.made(engine) == {}, f"`dockerlab exercise reset {name}` removes these, if they may go"
        opened.append(attempt)
        attempt.start()
        return attempt

    yield open_attempt
    for attempt in opened:
        attempt.reset(engine)
        assert attempt.made(engine) == {}


@pytest.fixture
def run_script(engine):
    """A function that runs a script in bash in the learner's folder, with nothing of the course on the path."""
    program = Path(engine.line.command[0]).parent
    environment = engine.environment() | {"PATH": f"{program}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

    def run(attempt, script):
        command = ["bash", "-e", str(script)]
        done = subprocess.run(command, cwd=attempt.folder, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    return run


@pytest.fixture(scope="module", autouse=True)
def sentinels(engine):
    """What the learner has besides; nobody touches it."""
    engine.run("network", "create", SENTINEL)
    engine.run("volume", "create", SENTINEL)
    engine.run("tag", "python:3.11-slim", f"{SENTINEL}:1")
    engine.run(
        "run",
        "-d",
        "--name",
        SENTINEL,
        "--network",
        SENTINEL,
        "-v",
        f"{SENTINEL}:/data",
        f"{SENTINEL}:1",
        "sleep",
        "86400",
    )
    before = engine.run("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", SENTINEL)
    yield
    assert engine.run("inspect", "--format", "{{.Id}} {{.State.StartedAt}}", SENTINEL) == before
    engine.run("rm", "-f", SENTINEL)
    engine.run("rmi", f"{SENTINEL}:1")
    engine.run("volume", "rm", SENTINEL)
    engine.run("network", "rm", SENTINEL)


def states(report):
    return {result.name: (result.state, result.found) for result in report.results}


def begin(attempt, run_script):
    if (attempt.folder / "start.sh").exists():
        code, said = run_script(attempt, "start.sh")
        assert code == 0, said


def solve(attempt, run_script):
    begin(attempt, run_script)
    attempt.show_solution()
    code, said = run_script(attempt, "solution/solution.sh")
    assert code == 0, said


@pytest.mark.parametrize("name", NAMES)
def test_nothing_holds_before_the_learner_has_done_something(engine, attempt_at, run_script, name):
    attempt = attempt_at(name)
    untouched = attempt.check(engine)
    begin(attempt, run_script)
    begun = attempt.check(engine)
    for report in (untouched, begun):
        assert not any(result.is_done for result in report.results), states(report)
        assert report.results[0].state == NOT_YET
        assert report.results[0].found
        assert report.results[0].look


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_and_passes_again_from_the_beginning(engine, attempt_at, run_script, name):
    attempt = attempt_at(name)
    for looks in (2, 1):
        attempt.reset(engine)
        solve(attempt, run_script)
        before = attempt.made(engine)
        for _ in range(looks):
            report = attempt.check(engine)
            assert report.passed, states(report)
        assert attempt.made(engine) == before  # a check changes nothing


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_a_typical_mistake_fails_its_own_check_and_has_a_hint(engine, attempt_at, run_script, name, mistake):
    attempt = attempt_at(name)
    script, expected = next((s, check) for s, check in typical_mistakes(attempt.task).items() if s.stem == mistake)
    begin(attempt, run_script)
    attempt.show_solution()  # mistakes may start from it
    code, said = run_script(attempt, script)
    assert code == 0, said
    report = attempt.check(engine)
    assert report.failing == [expected], states(report)
    assert {result.state for result in report.results} <= {DONE, NOT_YET, WAITS}
    assert any(expected in hint.checks for hint in attempt.task.hints)
