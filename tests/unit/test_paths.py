"""Where things are, and that nothing of a reader's is removed; no engine."""

import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path

import pytest

from dockerlab import paths
from dockerlab.errors import FilesUnreadable
from dockerlab.paths import leave_scratch, locked, make_scratch, own_folder, remove_build, replaced, scratch_folders


def test_a_second_lesson_in_a_kernel_starts_where_the_first_did(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    (tmp_path / "course").mkdir()
    monkeypatch.chdir(tmp_path / "course")
    leave_scratch()
    assert Path.cwd() == tmp_path / "course"
    scratch = make_scratch("07-x", "machine:1:2")
    (scratch / "news-api").mkdir()
    monkeypatch.chdir(scratch / "news-api")
    leave_scratch()
    assert Path.cwd() == tmp_path / "course"
    assert scratch_folders() == {scratch: "machine:1:2"}


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


def of_a_reader(folder: Path) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("three years of work")


def link_to_a_reader(folder: Path) -> None:
    of_a_reader(folder.with_name("elsewhere"))
    folder.symlink_to("elsewhere")


@pytest.mark.parametrize(
    ("make", "becomes_ours"),
    [
        (lambda folder: None, True),
        (lambda folder: folder.mkdir(), True),
        (own_folder, True),
        (of_a_reader, False),
        (link_to_a_reader, False),
        (lambda folder: folder.write_text("a file"), False),
        (lambda folder: folder.symlink_to("nowhere"), False),
    ],
    ids=["new", "empty", "marked before", "a reader's", "a link to a reader's", "a file", "a link to nothing"],
)
def test_a_folder_with_something_of_a_reader_s_never_becomes_the_course_s(tmp_path: Path, make, becomes_ours) -> None:
    folder = tmp_path / "_build"
    make(folder)
    before = sorted(tmp_path.rglob("*"))
    if becomes_ours:
        assert own_folder(folder) == folder
        assert (folder / "CACHEDIR.TAG").read_text().endswith("belongs to the course docker-fundamentals-measured.\n")
    else:
        with pytest.raises(FileExistsError, match=f"^{folder} stays as it is: .* CACHEDIR.TAG"):
            own_folder(folder)
        assert sorted(tmp_path.rglob("*")) == before


def fill(new: Path) -> None:
    new.mkdir()
    (new / "page.html").write_text("new")


def test_a_folder_is_replaced_as_a_whole(tmp_path: Path) -> None:
    site = tmp_path / "_build/html"
    for left_over in ("index.html", "old.html"):
        with replaced(site) as new:
            fill(new)
            (new / left_over).write_text("new")
    assert sorted(file.name for file in site.iterdir()) == ["old.html", "page.html"]
    assert sorted(file.name for file in site.parent.iterdir()) == ["CACHEDIR.TAG", "html"]


@pytest.mark.parametrize("moment", ["filled half", "moved away the former"])
def test_an_interruption_while_a_folder_is_replaced_leaves_the_former_whole(
    tmp_path: Path, monkeypatch, moment: str
) -> None:
    site = tmp_path / "_build/html"
    with replaced(site) as new:
        fill(new)

    def interrupted(self: Path, target: Path) -> Path:
        if target == site and self.name == "new":
            raise KeyboardInterrupt
        return rename(self, target)

    rename = Path.rename
    monkeypatch.setattr(Path, "rename", interrupted)

    def replace() -> None:
        with replaced(site) as new:
            new.mkdir()
            if moment == "filled half":
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace()
    assert (site / "page.html").read_text() == "new"
    assert sorted(file.name for file in site.parent.iterdir()) == ["CACHEDIR.TAG", "html"]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda site: of_a_reader(site.parent), "_build stays as it is"),
        (lambda site: (own_folder(site.parent), link_to_a_reader(site)), "html stays as it is"),
        (lambda site: (own_folder(site.parent), site.write_text("mine")), "html stays as it is"),
    ],
    ids=["in a reader's folder", "a link to a reader's", "a reader's file"],
)
def test_what_is_a_reader_s_is_not_replaced(tmp_path: Path, make, said: str) -> None:
    site = tmp_path / "_build/html"
    make(site)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(FileExistsError, match=said), replaced(site) as new:
        fill(new)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("there", "left"),
    [
        ([], []),
        (["html/index.html", "book/x", "executed/01.ipynb", "screenshots/x", ".new-1/new/x"], []),
        (["html/index.html", "notes.txt"], ["CACHEDIR.TAG", "notes.txt"]),
        (["html/index.html", "my-site/x"], ["CACHEDIR.TAG", "my-site"]),
    ],
    ids=["nothing", "the course's", "and a reader's file", "and a reader's folder"],
)
def test_of_the_build_folder_only_the_course_s_part_is_removed(tmp_path: Path, there, left) -> None:
    folder = own_folder(tmp_path / "_build")
    for name in there:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")
    for _ in range(2):  # nothing to remove is no error
        remove_build(tmp_path)
        assert sorted(path.name for path in folder.glob("*")) == left
        assert folder.exists() == bool(left)


def test_a_link_in_the_build_folder_is_not_followed(tmp_path: Path) -> None:
    own_folder(tmp_path / "_build")
    of_a_reader(tmp_path / "published")
    (tmp_path / "_build/html").symlink_to("../published")
    remove_build(tmp_path)
    assert (tmp_path / "published/thesis.txt").exists()
    assert (tmp_path / "_build/html").is_symlink()


def test_a_build_folder_without_the_course_s_mark_stays(tmp_path: Path) -> None:
    of_a_reader(tmp_path / "_build")
    (tmp_path / "_build/html").mkdir()
    with pytest.raises(FileExistsError, match="_build stays as it is"):
        remove_build(tmp_path)
    assert sorted(path.name for path in (tmp_path / "_build").iterdir()) == ["html", "thesis.txt"]


def test_a_file_that_becomes_a_lock_keeps_its_content(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text("a reader's")
    with locked(tmp_path / "lock"):
        assert (tmp_path / "lock").read_text() == "a reader's"


def test_a_copied_folder_has_the_files_their_times_and_the_links_as_links(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "far/target"
    (source / "sub/empty").mkdir(parents=True)
    (source / "sub/run.sh").write_text("echo")
    (source / "sub/run.sh").chmod(0o755)
    (source / "skipped").write_text("x")
    (source / "sub/skipped").mkdir()
    os.utime(source / "sub/run.sh", (1_000_000, 1_000_000))
    links = {"inside": "sub/run.sh", "folder": "sub", "outside": str(tmp_path), "nowhere": "none", "loop": "loop"}
    for name, leads_to in links.items():
        (source / name).symlink_to(leads_to)
    os.mkfifo(source / "sub/pipe")
    with chdir(source), socket.socket(socket.AF_UNIX) as listening:  # the path of a socket must be short
        listening.bind("socket")
    paths.copy_tree(source, target, shutil.ignore_patterns("skipped"))
    copied = {str(path.relative_to(target)) for path in target.rglob("*")}
    assert copied == {*links, "sub", "sub/run.sh", "sub/empty"}
    assert {name: os.readlink(target / name) for name in links} == links
    assert (target / "sub/run.sh").stat().st_mtime == 1_000_000
    assert (target / "sub/run.sh").stat().st_mode & 0o777 == 0o755


@pytest.mark.parametrize("what", ["sub", "sub/key"])
def test_what_may_not_be_read_is_named_when_it_is_copied(tmp_path: Path, monkeypatch, what: str) -> None:
    source = tmp_path / "source"
    (source / "sub").mkdir(parents=True)
    (source / "sub/key").write_text("x")

    def refuse(path, *rest, **options):
        if os.fspath(path) == str(source / what):
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return usual(path, *rest, **options)

    place, name = (os, "scandir") if what == "sub" else (shutil, "copy2")
    usual = getattr(place, name)
    monkeypatch.setattr(place, name, refuse)
    with pytest.raises(FilesUnreadable) as caught:
        paths.copy_tree(source, tmp_path / "target")
    assert str(caught.value).startswith(f"{source / what} cannot be copied: Permission denied.")
