"""The progress file: what is recorded, and that nothing is lost, whatever happens to it."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from dockerlab.errors import FilesUnreadable
from dockerlab.exercise import progress as module
from dockerlab.exercise.check import DONE, NOT_YET, Report, Result
from dockerlab.exercise.progress import FILE, Progress

NOON = datetime(2026, 11, 27, 12)


@pytest.fixture
def said():
    return []


@pytest.fixture
def record(tmp_path, said):
    return Progress(tmp_path / "work", said.append, lambda: NOON)


def report(*states, task="first"):
    return Report(task, tuple(Result(f"c{n}", "C.", state) for n, state in enumerate(states)))


def test_a_try_is_recorded_and_what_was_passed_stays_passed(record):
    assert record.of("first") == {}
    record.note_report(report(DONE, NOT_YET))
    assert record.of("first") == {"tries": 1, "done": 1, "of": 2, "failing": ["c1"]}
    record.note_report(report(DONE, DONE))
    record.note_report(report(NOT_YET, NOT_YET))
    facts = record.of("first")
    assert (facts["tries"], facts["passed"], facts["done"]) == (3, "2026-11-27T12:00:00", 2)
    assert record.passed() == {"first"}


def test_help_is_recorded_once(record):
    for number in (1, 0, 1):
        record.note_hint("first", number)
    record.note_solution("first")
    assert record.of("first") == {"hints": [0, 1], "solution": "2026-11-27T12:00:00"}


@pytest.mark.parametrize(("name", "left"), [("first", {"second"}), ("", set()), ("third", {"first", "second"})])
def test_one_or_all_can_be_forgotten(record, name, left):
    for task in ("first", "second"):
        record.note_report(report(DONE, task=task))
    record.reset(name)
    assert record.passed() == left


DAMAGED = {
    "cut off": b'{"format": 1, "exerc', "empty": b"", "no object": b"[]", "no exercises": b'{"format": 1}',
    "not text": b"\xff\xfe\x00", "exercises of another kind": b'{"exercises": {"first": 3}}',
}  # fmt: skip


@pytest.mark.parametrize("content", DAMAGED.values(), ids=list(DAMAGED))
def test_a_damaged_file_is_kept_aside_and_said_so(record, said, content):
    record.folder.mkdir()
    for number in (1, 2):
        record.file.write_bytes(content)
        record.note_report(report(DONE))
        assert (record.folder / f"progress-damaged-{number}.json").read_bytes() == content
    assert record.passed() == {"first"}
    assert len(said) == 2
    assert "was damaged" in said[0]
    assert "progress-damaged-1.json" in said[0]


def test_what_a_newer_version_has_written_stays(record):
    record.folder.mkdir()
    newer = {"format": 7, "badges": ["owl"], "exercises": {"first": {"passed": "x", "colour": "red"}}}
    record.file.write_text(json.dumps(newer))
    record.note_report(report(DONE, task="second"))
    now = json.loads(record.file.read_text())
    assert (now["format"], now["badges"], now["exercises"]["first"]) == (7, ["owl"], newer["exercises"]["first"])
    assert record.passed() == {"first", "second"}


def test_a_crash_while_writing_leaves_the_old_file(record, monkeypatch):
    record.note_report(report(DONE))
    before = record.file.read_bytes()

    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(module.os, "fsync", crash)
    with pytest.raises(KeyboardInterrupt):
        record.note_report(report(DONE, task="second"))
    assert record.file.read_bytes() == before
    assert {path.name for path in record.folder.iterdir()} == {FILE, ".progress.lock"}


def test_two_at_once_lose_nothing(record):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: record.note_report(report(DONE, task=f"task-{n}")), range(40)))
    assert len(record.passed()) == 40


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_to_is_said(record):
    record.folder.mkdir()
    record.folder.chmod(0o500)
    with pytest.raises(FilesUnreadable):
        record.note_report(report(DONE))


def test_a_file_in_the_place_of_the_folder_is_said(record):
    record.folder.write_text("mine")
    with pytest.raises(FilesUnreadable) as caught:
        record.note_report(report(DONE))
    assert caught.value.path == str(record.file)
    assert record.folder.read_text() == "mine"


def test_it_is_exported_as_json_and_as_csv(record):
    record.note_report(report(DONE))
    record.note_hint("second", 0)
    assert set(json.loads(record.as_json())["exercises"]) == {"first", "second"}
    assert record.as_csv(["first", "second", "third"]).splitlines() == [
        "exercise,passed,tries,checks_done,checks,hints,solution",
        "first,2026-11-27T12:00:00,1,1,1,0,",
        "second,,0,0,0,1,",
        "third,,0,0,0,0,",
    ]


def test_a_process_that_is_killed_leaves_no_lock(record):
    program = (
        "import os, sys; from pathlib import Path; from dockerlab.exercise.progress import Progress\n"
        "with Progress(Path(sys.argv[1]))._written(): os.kill(os.getpid(), 9)"
    )
    subprocess.run([sys.executable, "-c", program, str(record.folder)], check=False)
    record.note_report(report(DONE))
    assert record.passed() == {"first"}
