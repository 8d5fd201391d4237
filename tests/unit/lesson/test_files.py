"""How a lesson changes a file."""

import os

import pytest

from dockerlab.lesson.files import change_line, change_text


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "main.py"
    path.write_text("limit = 20\nname = 'x'  # limit\nend\n")
    os.utime(path, (1, 1))
    return path


def test_a_text_is_replaced_and_the_time_moves(file):
    former = change_text(file, "limit = 20", "limit = 21")
    assert former.startswith("limit = 20")
    assert file.read_text().startswith("limit = 21\nname")
    assert file.stat().st_mtime > 1


def test_a_line_is_replaced_whole(file):
    former = change_line(file, "name", "name = 'y'")
    assert former.startswith("limit = 20\nname = 'x'")
    assert file.read_text() == "limit = 20\nname = 'y'\nend\n"


@pytest.mark.parametrize(
    ("change", "old", "message"),
    [
        (change_text, "limit", "'limit' occurs 2 times in main.py, not once"),
        (change_text, "absent", "'absent' occurs 0 times in main.py, not once"),
        (change_line, "absent", "0 lines of main.py begin with 'absent', not one"),
    ],
)
def test_an_edit_that_is_not_clear_changes_nothing(file, change, old, message):
    before = file.read_text()
    with pytest.raises(ValueError, match=message):
        change(file, old, "new")
    assert (file.read_text(), file.stat().st_mtime) == (before, 1)
