"""The files of learners' disks: what is kept, what is made anew, and whether they could all be filled."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from hub.server import disks

MIB = 2**20
needs_mkfs = pytest.mark.skipif(not shutil.which("mkfs.ext4"), reason="e2fsprogs is not installed")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(disks, "FOLDER", tmp_path)
    return tmp_path


def mark(file, text):
    """Put a file into a disk, as a learner does."""
    note = file.with_name("note")
    note.write_text(text)
    subprocess.run(["debugfs", "-w", "-R", f"write {note} note", file], check=True, capture_output=True)


def marked(file):
    shown = subprocess.run(["debugfs", "-R", "cat note", file], check=True, capture_output=True, text=True)
    return shown.stdout


@needs_mkfs
@pytest.mark.parametrize(
    ("kind", "next_start", "next_image"),
    [("work", "mine", "mine"), ("home", "mine", ""), ("tmp", "", "")],
)
def test_work_stays_the_home_goes_with_the_image_and_what_is_temporary_with_the_start(kind, next_start, next_image):
    file = disks.ready("ada", kind, 16 * MIB, 1000, "image 1")
    mark(file, "mine")
    assert marked(disks.ready("ada", kind, 16 * MIB, 1000, "image 1")) == next_start
    mark(file, "mine") if not next_start else None
    assert marked(disks.ready("ada", kind, 16 * MIB, 1000, "image 2")) == next_image


@needs_mkfs
def test_a_new_disk_is_empty_and_the_learner_s_and_takes_up_little():
    file = disks.ready("ada", "home", 64 * MIB, 1000, "image")
    listed = subprocess.run(["debugfs", "-R", "ls -p /", file], check=True, capture_output=True, text=True).stdout
    assert [line.split("/")[5] for line in listed.split()] == [".", ".."]
    assert listed.split("/")[3:5] == ["1000", "1000"]
    assert file.stat().st_size == 64 * MIB
    assert disks.used_bytes(file) < 16 * MIB


@needs_mkfs
def test_a_disk_that_is_damaged_is_not_mounted():
    file = disks.ready("ada", "work", 16 * MIB, 1000, "image")
    with file.open("r+b") as damaged:
        damaged.seek(1024)
        damaged.write(b"\xff" * 4 * MIB)
    with pytest.raises(OSError, match=r"the disk ada-work\.ext4 is damaged"):
        disks.ready("ada", "work", 16 * MIB, 1000, "image")


def test_a_disk_counts_with_what_may_still_be_written(folder):
    file = folder / "ada-work.ext4"
    file.write_bytes(bytes(MIB))
    with file.open("r+b") as longer:
        longer.truncate(10 * MIB)
    assert disks.used_bytes(file) == pytest.approx(MIB, abs=64 * 1024)
    promised = disks.promised_bytes({file: 10 * MIB, folder / "new.ext4": 5 * MIB})
    assert promised == pytest.approx(14 * MIB, abs=64 * 1024)


def test_the_disks_that_are_there_count_too(folder):
    free = shutil.disk_usage(folder).free
    with (folder / "grace-tmp.ext4").open("wb") as file:
        file.truncate(free // 2)
    disks.check_room(folder, {folder / "ada-tmp.ext4": free // 4})
    with pytest.raises(disks.NoRoom, match=r"may come to need \d+ GB more, and this machine's disk has \d+ GB left"):
        disks.check_room(folder, {folder / "ada-tmp.ext4": free * 3 // 4})
