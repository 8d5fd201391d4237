"""How a lesson changes a file."""

import os

import pytest

from dockerlab.lesson.files import change_line, change_text, fresh_copy


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


def test_a_fresh_copy_keeps_links_and_leaves_out_pipes(tmp_path, monkeypatch):
    folder = tmp_path / "news-api"
    folder.mkdir()
    (folder / "main.py").write_text("x")
    (folder / "nowhere").symlink_to("there/is/nothing")
    (folder / "up").symlink_to("..")
    os.mkfifo(folder / "pipe")
    monkeypatch.chdir(folder)
    copies = [fresh_copy(), fresh_copy()]
    assert copies[0] != copies[1]
    for copy in copies:
        assert sorted(os.listdir(copy)) == ["main.py", "nowhere", "up"]
        assert os.readlink(f"{copy}/up") == ".."
