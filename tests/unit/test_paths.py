"""Where things are; no engine."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dockerlab import paths
from dockerlab.paths import leave_scratch, locked, make_scratch, scratch_folders


def test_a_second_lesson_in_a_kernel_starts_where_the_first_did(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "course").mkdir()
    monkeypatch.chdir(tmp_path / "course")
    leave_scratch()
    assert Path.cwd() == tmp_path / "course"
    scratch = make_scratch("07-x")
    (scratch / "news-api").mkdir()
    monkeypatch.chdir(scratch / "news-api")
    leave_scratch()
    assert Path.cwd() == tmp_path / "course"
    assert scratch_folders() == [scratch]


def test_a_lock_is_one_s_at_a_time_between_threads(tmp_path: Path) -> None:
    inside, most = [], []

    def work(number: int) -> None:
        with locked(tmp_path / "folder/lock"):
            inside.append(number)
            time.sleep(0.02)
            most.append(len(inside))
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(8)))
    assert most == [1] * 8


def test_a_lock_is_one_s_at_a_time_between_processes_and_ends_with_its_owner(tmp_path: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from dockerlab.paths import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "lock")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as owner, ThreadPoolExecutor(1) as pool:
        assert owner.stdout.readline() == "held\n"

        def wait() -> float:
            with locked(tmp_path / "lock"):
                return time.monotonic()

        waiting = pool.submit(wait)
        time.sleep(0.2)
        assert not waiting.done()
        killed = time.monotonic()
        owner.kill()
        assert waiting.result(timeout=10) >= killed


@pytest.mark.parametrize(
    ("content", "is_removed"),
    [
        (None, True),  # not there yet
        ({}, True),
        ({"thesis.txt": "three years of work"}, False),
        ({"CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# of another program\n"}, False),
    ],
    ids=["new", "empty", "a reader's", "another program's cache"],
)
def test_only_a_cache_folder_with_the_course_s_mark_is_removed(tmp_path, monkeypatch, content, is_removed):
    folder = tmp_path / "cache"
    for name, text in (content or {}).items():
        folder.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    if content == {}:
        folder.mkdir()
    monkeypatch.setenv("DOCKERLAB_CACHE", str(folder))
    assert paths.cache_folder() == folder
    (folder / "packages").mkdir()
    assert paths.remove_cache() == (folder if is_removed else None)
    assert folder.exists() != is_removed
    assert all((folder / name).exists() for name in content or ())


def test_the_default_cache_folder_is_the_course_s_also_from_an_older_version(tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKERLAB_CACHE", raising=False)
    monkeypatch.setattr(paths.platformdirs, "user_cache_dir", lambda name: str(tmp_path / name))
    (tmp_path / paths.CACHE_NAME / "packages").mkdir(parents=True)
    assert paths.remove_cache() == tmp_path / paths.CACHE_NAME
    assert list(tmp_path.iterdir()) == []
