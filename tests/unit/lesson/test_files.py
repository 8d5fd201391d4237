"""How a lesson copies its files."""

import os

from dockerlab.lesson.files import fresh_copy


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
