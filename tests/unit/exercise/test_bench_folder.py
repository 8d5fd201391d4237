"""The folder of a judge's bench: a copy of the build context, whatever is in it."""

import os
import socket
from contextlib import chdir
from pathlib import Path

import pytest

from dockerlab.errors import ContextNotFound
from dockerlab.exercise import bench
from dockerlab.exercise.bench import Bench


@pytest.fixture(autouse=True)
def no_engine(monkeypatch):
    monkeypatch.setattr(bench, "clean", lambda *arguments, **options: None)


def test_a_context_with_dead_links_and_pipes_can_be_judged(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM scratch")
    (tmp_path / "nowhere").symlink_to("there/is/nothing")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "up").symlink_to("..")
    os.mkfifo(tmp_path / "pipe")
    with chdir(tmp_path), socket.socket(socket.AF_UNIX) as listening:  # the path of a socket must be short
        listening.bind("socket")
    with Bench.opened(None, tmp_path, "test") as opened:
        assert sorted(os.listdir(opened.folder)) == ["Dockerfile", "loop", "nowhere", "up"]
        assert (opened.folder / "up").is_symlink()


def test_a_context_that_is_a_loop_is_named(tmp_path: Path) -> None:
    (tmp_path / "x").symlink_to("x")
    with pytest.raises(ContextNotFound), Bench.opened(None, tmp_path / "x", "test"):
        pass
