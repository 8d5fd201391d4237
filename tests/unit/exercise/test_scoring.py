"""Criteria give verdicts, and verdicts a scoreboard, whatever the facts are."""

import pytest

from dockerlab.exercise.scoreboard import Criterion, Need, Scoreboard, Verdict, score

LARGE = Criterion(
    "is large",
    7,
    (
        Need(lambda facts: facts is not None, "not measured", "Measure it."),
        Need(lambda facts: facts >= 0, lambda facts: f"{facts} is below zero", "Count again."),
        Need(lambda facts: facts < 1000, "too busy to tell", "Try again.", fault=False),
    ),
    measured=lambda facts: f"{facts} bytes",
    holds=lambda facts: facts > 10,
    advice="Make it larger.",
)


@pytest.mark.parametrize(
    ("facts", "measured", "holds", "advice", "earned"),
    [
        (11, "11 bytes", True, "", 7),
        (10, "10 bytes", False, "Make it larger.", 0),
        (-1, "-1 is below zero", False, "Count again.", 0),
        (None, "not measured", False, "Measure it.", 0),
        (1000, "too busy to tell", None, "Try again.", 0),
    ],
)
def test_the_first_need_that_is_not_met_decides_else_the_verdict(facts, measured, holds, advice, earned):
    verdict = LARGE.verdict(facts)
    assert verdict == Verdict("is large", 7, measured, holds, advice)
    assert verdict.earned == earned


def test_a_board_adds_up_and_is_a_table_too():
    board = score([LARGE, LARGE], 11, "why")
    assert (board.total, board.maximum, board.lost, board.reason) == (14, 14, {}, "why")
    assert score([LARGE], 3).lost == {"is large": 7}
    assert list(board.table.columns) == ["criterion", "points", "of", "measured", "advice"]
    assert board.table["points"].sum() == board.table["of"].sum() == 14
    assert board.table.iloc[0].to_list() == ["is large", 7, 7, "11 bytes", ""]


def test_what_could_not_be_told_is_neither_lost_nor_in_the_sum():
    board = Scoreboard((LARGE.verdict(11), LARGE.verdict(3), LARGE.verdict(1000)))
    assert (board.total, board.maximum) == (7, 14)
    assert (board.lost, board.left_out) == ({"is large": 7}, {"is large": 7})
    assert board.table["of"].to_list() == [7, 7, 0]
    assert board.table["points"].to_list() == [7, 0, 0]


def test_an_empty_board_has_the_same_columns():
    assert list(Scoreboard(()).table.columns) == ["criterion", "points", "of", "measured", "advice"]
