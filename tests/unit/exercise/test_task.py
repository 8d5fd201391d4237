"""A task is read from its folder; what is missing or wrong there is said in one sentence."""

import pytest

from dockerlab.errors import ExerciseUnusable
from dockerlab.exercise import author
from dockerlab.exercise.task import (
    KINDS,
    Task,
    all_tasks,
    next_hint,
    open_task,
    solution_files,
    task_names,
    typical_mistakes,
)
from dockerlab.paths import project_root

ROOT = project_root()


@pytest.fixture
def home(tmp_path):
    """The skeleton of a new exercise, as an author gets it."""
    return author.make(tmp_path / "labs/exercises/new-one")


def test_the_skeleton_is_a_task(home, tmp_path):
    task = open_task("new-one", tmp_path)
    assert (task.title, task.kind, task.minutes, task.limit) == ("What the learner achieves", "make", 10, 60)
    assert task.check_names == ["the_container_runs", "it_says_hello"]
    assert task.makes == {"containers": ("my-container",)}
    assert {script.stem: check for script, check in typical_mistakes(task).items()} == {
        "ended": "the_container_runs", "not-started": "the_container_runs", "silent": "it_says_hello",
    }  # fmt: skip
    assert list(solution_files(task)) == ["solution.sh"]


@pytest.mark.parametrize("name", ["Two", "a b", "é", "-a", "a--b", "a.b"])
def test_a_new_exercise_gets_a_name_that_fits_a_command(tmp_path, name):
    with pytest.raises(ExerciseUnusable, match="small letters"):
        author.make(tmp_path / name)


def test_a_new_exercise_never_replaces_another(home):
    with pytest.raises(ExerciseUnusable, match="there already"):
        author.make(home)


@pytest.mark.parametrize("part", ["README.md", "exercise.yml", "checks.py", "solution/solution.sh"])
def test_a_missing_part_is_named(home, part):
    (home / part).unlink()
    with pytest.raises(ExerciseUnusable, match=f"it has no {part}"):
        Task.read(home)


@pytest.mark.parametrize(
    ("file", "text", "problem"),
    [
        ("README.md", "No title\n", "does not begin with a title"),
        ("exercise.yml", "chapter: [", "cannot be read"),
        ("exercise.yml", "", "cannot be read"),
        ("exercise.yml", "{chapter: 1, kind: make, minutes: 5}", "cannot be read"),
        ("exercise.yml", "{chapter: one, kind: make, minutes: 5, hints: []}", "cannot be read"),
        ("exercise.yml", "{chapter: 1, kind: play, minutes: 5, hints: []}", "its kind 'play' is none of"),
        ("exercise.yml", "{chapter: 1, kind: make, minutes: 5, hints: [], makes: {pods: [a]}}", "it makes pods"),
        (
            "exercise.yml",
            "{chapter: 1, kind: make, minutes: 5, hints: [{say: x, for: [nothing]}]}",
            "a hint is for nothing",
        ),
        ("checks.py", "CHECKS = ()", "no table CHECKS"),
        ("checks.py", "def a(my): ...\nCHECKS = (a,)", "its check a has no sentence"),
    ],
)
def test_what_cannot_be_used_is_said(home, file, text, problem):
    (home / file).write_text(text)
    with pytest.raises(ExerciseUnusable) as caught:
        Task.read(home)
    assert problem in caught.value.problem


@pytest.mark.parametrize("text", ["docker ps\n", "# fails: nothing_like_that\n", ""])
def test_a_mistake_says_which_check_it_fails(home, text):
    (home / "wrong/ended.sh").write_text(text)
    with pytest.raises(ExerciseUnusable, match=r"wrong/ended\.sh does not begin"):
        typical_mistakes(Task.read(home))


def test_three_mistakes_are_the_least(home):
    (home / "wrong/ended.sh").unlink()
    with pytest.raises(ExerciseUnusable, match="fewer than 3"):
        typical_mistakes(Task.read(home))


@pytest.mark.parametrize(
    ("seen", "failing", "number"),
    [
        ([], [], 0),
        ([], ["b"], 1),
        ([1], ["b"], 2),
        ([1, 2], ["b"], 0),
        ([0, 1, 2], ["b"], None),
        ([0], ["unknown"], 1),
    ],
)
def test_the_next_hint_fits_what_fails(home, seen, failing, number):
    (home / "exercise.yml").write_text(
        "{chapter: 1, kind: make, minutes: 5, hints: [{say: x, for: [a]}, {say: y, for: [b]}, {say: z, for: [b]}]}"
    )
    (home / "checks.py").write_text("def a(my): 'A.'\ndef b(my): 'B.'\nCHECKS = (a, b)")
    assert next_hint(Task.read(home).hints, seen, failing) == number


def test_the_course_has_two_exercises_or_more_for_every_chapter_of_its_first_two_parts():
    tasks = all_tasks(ROOT)
    assert len(tasks) >= 16
    by_chapter = [task.chapter for task in tasks]
    assert all(by_chapter.count(chapter) >= 2 for chapter in range(1, 9))
    assert {task.kind for task in tasks} == set(KINDS)
    assert tasks[0].minutes <= 2
    assert all(5 <= task.minutes <= 20 for task in tasks[1:] if not task.name.startswith("capstone"))


@pytest.mark.parametrize("name", task_names(ROOT))
def test_an_exercise_is_whole(name):
    task = open_task(name, ROOT)
    hinted = {check for hint in task.hints for check in hint.checks}
    assert set(typical_mistakes(task).values()) <= hinted
    assert task.text.strip()
    assert f"# {task.title}\n" in (task.folder / "README.md").read_text()


def test_exercises_do_not_get_into_each_others_way():
    made = [(kind, name) for task in all_tasks(ROOT) for kind, names in task.makes.items() for name in names]
    assert len(made) == len(set(made))
