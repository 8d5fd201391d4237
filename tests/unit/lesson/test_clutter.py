"""The clutter of a project."""

import pytest

from dockerlab.build import context_files
from dockerlab.lesson import clutter


@pytest.fixture
def small(monkeypatch):
    sizes = {".git/HEAD": 10, "main.pyc": 5, "app.log": 20, "feeds/fetch.log": 30}
    monkeypatch.setattr(clutter, "FILES", sizes)
    return sizes


def test_clutter_is_the_same_each_time_and_spares_what_is_there(small, tmp_path):
    (tmp_path / "app.log").write_text("mine")
    clutter.scatter_clutter(tmp_path)
    first = (tmp_path / ".git/HEAD").read_bytes()
    (tmp_path / ".git/HEAD").unlink()
    clutter.scatter_clutter(tmp_path)
    assert (tmp_path / ".git/HEAD").read_bytes() == first
    assert (tmp_path / "app.log").read_text() == "mine"
    assert context_files(tmp_path)["size_bytes"].sum() == 10 + 5 + 4 + 30


def test_the_whole_clutter_is_about_100_MB():
    assert 90e6 < sum(clutter.FILES.values()) < 110e6
