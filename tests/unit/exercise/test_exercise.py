"""Opening an exercise; judging needs an engine."""

import pytest

from dockerlab.errors import ExerciseUnusable
from dockerlab.exercise import Exercise

GOOD = """
from dataclasses import dataclass
from dockerlab.exercise.scoreboard import Criterion

@dataclass
class Facts:
    size: "int"

CRITERIA = (Criterion("is", 1, (), measured=str, holds=bool, advice="Be."),)
"""


@pytest.fixture
def project(tmp_path):
    """A project with one exercise, whose checks.py can be written anew."""
    home = tmp_path / "labs/exercises/first"
    home.mkdir(parents=True)
    (home / "README.md").write_text("# First\n")
    (home / "exercise.yml").write_text("{chapter: 1, kind: make, minutes: 5, hints: []}")
    (home / "checks.py").write_text(GOOD)
    (home / "solution").mkdir()
    (home / "solution/solution.sh").write_text("true\n")
    (home / "wrong").mkdir()
    return tmp_path


def opened(project, name="first"):
    return Exercise.open(name, engine=None, project=project)


def test_an_exercise_is_opened_by_its_name(project):
    exercise = opened(project)
    assert repr(exercise) == "Exercise('first')"
    assert [criterion.name for criterion in exercise.checks.CRITERIA] == ["is"]


@pytest.mark.parametrize("name", ["second", "", ".", "../exercises/first"])
def test_a_name_that_there_is_not_is_answered_with_those_that_there_are(project, name):
    with pytest.raises(ExerciseUnusable) as caught:
        opened(project, name)
    assert str(caught.value) == (
        f"The exercise {name!r} cannot be used: it is not in labs/exercises.\nThere are: first."
    )
    assert caught.value.exercise == name


@pytest.mark.parametrize(
    ("text", "problem", "said"),
    [
        (None, "it has no checks.py", ""),
        ("x = 1\ny = z\n", "its checks.py fails on line 2", "NameError: name 'z' is not defined"),
        ("x = (\n", "its checks.py fails", "SyntaxError: '(' was never closed"),
        ("import no_such_module\n", "its checks.py fails on line 1", "ModuleNotFoundError"),
        ("", "its checks.py has no table CHECKS of checks, nor CRITERIA of Criterion", ""),
        ("CRITERIA = ()", "its checks.py has no table CHECKS of checks, nor CRITERIA of Criterion", ""),
        ("CRITERIA = ('builds',)", "its checks.py has no table CHECKS of checks, nor CRITERIA of Criterion", ""),
        ("CRITERIA = 3", "its checks.py has no table CHECKS of checks, nor CRITERIA of Criterion", ""),
    ],
)
def test_broken_checks_are_named_in_one_sentence(project, text, problem, said):
    file = project / "labs/exercises/first/checks.py"
    file.unlink()
    if text is not None:
        file.write_text(text)
    with pytest.raises(ExerciseUnusable) as caught:
        opened(project)
    assert caught.value.problem == problem
    assert str(caught.value).startswith(f"The exercise 'first' cannot be used: {problem}.")
    assert said in "\n".join(caught.value.last_lines)


def test_without_a_service_there_is_no_dockerfile_to_judge(project):
    with pytest.raises(ExerciseUnusable, match="no SERVICE"):
        opened(project).judge("Dockerfile")
