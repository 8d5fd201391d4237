import os

import pandas as pd
import pytest

from dockerlab.build import experiment

TIMES = pd.DataFrame(
    {
        "variant": ["slow", "fast", "slow", "fast", "slow", "fast"],
        "repeat": [1, 1, 2, 2, 3, 3],
        "seconds": [10.0, 0.5, 12.0, 0.4, 90.0, 0.6],
        "ran": [2, 1, 2, 1, 2, 0],
        "cached": [1, 2, 1, 2, 1, 3],
    }
)


def test_summary_has_median_and_spread_in_order_of_appearance():
    table = experiment.summary(TIMES)
    assert list(table.index) == ["slow", "fast"]
    assert table.loc["slow"].to_dict() == {
        "builds": 3,
        "median_seconds": 12.0,
        "lowest_seconds": 10.0,
        "highest_seconds": 90.0,
        "ran": 2,
        "cached": 1,
    }


def test_the_ratio_is_that_of_the_medians():
    assert experiment.ratio(TIMES, "slow", "fast") == pytest.approx(24)


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "main.py"
    path.write_text("limit = 20\nname = 'x'  # limit\nend\n")
    os.utime(path, (1, 1))
    return path


def test_a_text_is_replaced_and_the_time_moves(file):
    former = experiment.change_text(file, "limit = 20", "limit = 21")
    assert former.startswith("limit = 20")
    assert file.read_text().startswith("limit = 21\nname")
    assert file.stat().st_mtime > 1


def test_a_line_is_replaced_whole(file):
    experiment.change_line(file, "name", "name = 'y'")
    assert file.read_text() == "limit = 20\nname = 'y'\nend\n"


@pytest.mark.parametrize(
    ("change", "old", "message"),
    [
        (experiment.change_text, "limit", "'limit' occurs 2 times in main.py, not once"),
        (experiment.change_text, "absent", "'absent' occurs 0 times in main.py, not once"),
        (experiment.change_line, "absent", "0 lines of main.py begin with 'absent', not one"),
    ],
)
def test_an_edit_that_is_not_clear_changes_nothing(file, change, old, message):
    before = file.read_text()
    with pytest.raises(ValueError, match=message):
        change(file, old, "new")
    assert (file.read_text(), file.stat().st_mtime) == (before, 1)
