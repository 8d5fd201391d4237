"""Sessions that run at the same time: who still runs, and who has a name."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys

import pytest

from dockerlab.engine import sessions

ENGINE = "unix:///run/docker.sock"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture
def other():
    """A process of somebody else's; gone at the end."""
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    yield process
    process.kill()
    process.communicate()


def enter_as(process: subprocess.Popen, monkeypatch, about="02-first-dockerfile", host=ENGINE, names=()) -> None:
    """Put another process into the register, as it would do itself."""
    with monkeypatch.context() as patch:
        patch.setattr(os, "getpid", lambda: process.pid)
        sessions.enter(about, host)
        for name in names:
            assert sessions.claim(name)


def test_this_process_runs():
    assert not sessions.is_over(sessions.token())


def test_a_process_that_has_ended_is_over(other):
    token = sessions.token_of(other.pid)
    assert not sessions.is_over(token)
    other.kill()  # a zombie until somebody waits for it
    while other.poll() is None:
        pass
    assert sessions.is_over(token)


@pytest.mark.parametrize(
    ("token", "over"),
    [
        ("", True),
        ("nonsense", True),
        ("a:b:c", True),
        ("MACHINE:PROCESS:1000000000", True),  # another process had this number once
        ("another-machine:1:1000000000", False),
        (f"MACHINE:{2**31 - 1}:1000000000", True),
    ],
)
def test_of_what_is_not_known_to_have_ended_nothing_is_removed(token, over):
    token = token.replace("MACHINE", platform.node()).replace("PROCESS", str(os.getpid()))
    assert sessions.is_over(token) is over


def test_a_name_belongs_to_the_session_that_has_it_first(other, monkeypatch):
    enter_as(other, monkeypatch, names=["container news"])
    sessions.enter("02-first-dockerfile", ENGINE)
    assert [sessions.claim(name) for name in ("container news", "image news", "container web", "container web")] == [
        False, True, True, True,
    ]  # fmt: skip


def test_in_another_engine_the_same_name_is_free(other, monkeypatch):
    enter_as(other, monkeypatch, host="unix:///run/other.sock", names=["container news"])
    sessions.enter("02-first-dockerfile", ENGINE)
    assert sessions.claim("container news")


def test_the_names_of_a_session_that_is_over_are_free(other, monkeypatch):
    enter_as(other, monkeypatch, names=["container news"])
    sessions.enter("02-first-dockerfile", ENGINE)
    assert [str(one) for one in sessions.others(ENGINE)] == [f"02-first-dockerfile (process {other.pid})"]
    other.kill()
    other.wait()
    assert sessions.claim("container news")
    assert sessions.others() == []


def test_who_leaves_has_no_names_any_more(other, monkeypatch):
    sessions.enter("02-first-dockerfile", ENGINE)
    assert sessions.claim("container news")
    sessions.leave()
    enter_as(other, monkeypatch, names=["container news"])


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"nonsense": 1}'])
def test_a_register_that_was_cut_off_counts_as_empty(cache, text):
    (cache / "sessions.json").write_text(text)
    sessions.enter("02-first-dockerfile", ENGINE)
    assert sessions.claim("container news")
    assert list(json.loads((cache / "sessions.json").read_text())) == [sessions.token()]
