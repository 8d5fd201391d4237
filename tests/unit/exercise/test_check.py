"""Checks, the report that they give, and the sentences in it."""

import pytest

from dockerlab.errors import EngineLost, ExerciseUnusable, NoSuchContainer, NoSuchImage
from dockerlab.exercise.check import BUSY, DONE, NOT_YET, WAITS, NotYet, Report, Result, after, expect, run_checks


def one(work):
    """The first thing
    is there.

    More for authors.
    """
    expect(work["one"], found="nothing", look="there")


@after(one)
def two(work):
    """The second is."""
    expect(work["two"], found="half")


@after(two)
def three(work):
    """The third is."""
    raise NotYet("never")


def breaks(work):
    """It breaks."""
    return work["nothing"]


def loses(work):
    """It loses the engine."""
    raise EngineLost("gone")


@pytest.mark.parametrize(
    ("work", "states"),
    [
        ({"one": False, "two": True}, [NOT_YET, WAITS, WAITS]),
        ({"one": True, "two": False}, [DONE, NOT_YET, WAITS]),
        ({"one": True, "two": True}, [DONE, DONE, NOT_YET]),
    ],
)
def test_later_checks_wait_for_earlier_ones(work, states):
    report = run_checks("task", (one, two, three), work)
    assert [result.state for result in report.results] == states
    assert not report.passed
    assert report.failing == [
        f.__name__ for f, state in zip((one, two, three), states, strict=True) if state == NOT_YET
    ]


def test_a_result_says_what_should_be_and_what_is():
    first = run_checks("task", (one,), {"one": False}).results[0]
    assert (first.name, first.sentence, first.found, first.look) == (
        "one",
        "The first thing is there.",
        "nothing",
        "there",
    )
    assert run_checks("task", (one, two), {"one": 1, "two": 1}).passed


@pytest.mark.parametrize("states", [[], [NOT_YET], [DONE, WAITS], [DONE, BUSY]])
def test_only_a_whole_report_is_passed(states):
    assert not Report("task", tuple(Result("x", "X.", state) for state in states)).passed


def test_a_broken_check_is_the_authors_fault_and_says_so():
    with pytest.raises(ExerciseUnusable) as caught:
        run_checks("task", (breaks,), {})
    assert caught.value.problem == "its check breaks fails"
    assert caught.value.last_lines == ("KeyError: 'nothing'",)


def test_a_lost_engine_is_no_fault_of_the_learner():
    with pytest.raises(EngineLost):
        run_checks("task", (one, loses), {"one": True})


@pytest.mark.parametrize(
    ("gone", "what"), [(NoSuchContainer("web"), "container web"), (NoSuchImage("a:b"), "image a:b")]
)
def test_what_is_removed_while_a_check_looks_is_not_there_yet(gone, what):
    def looks(work):
        """It looks."""
        raise gone

    result = run_checks("task", (looks,), {}).results[0]
    assert (result.state, result.found) == (NOT_YET, f"it went while the check looked: {what}")
