"""Where things are: the project, the cache folder, what is built, scratch folders. And a lock for who shares one.

Nothing of a reader's is ever removed or replaced: only what lies in a folder that carries the course's mark.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

from dockerlab.errors import CacheUnavailable, FilesUnreadable

CACHE_NAME = "docker-fundamentals-measured"
# The field's own mark of a folder whose content can be made again (bford.info/cachedir); a line says whose it is.
CACHE_MARK = "CACHEDIR.TAG"
CACHE_SIGNATURE = f"Signature: 8a477f597d28d172789f06886806bc55\n# This folder belongs to the course {CACHE_NAME}.\n"
BUILD = "_build"  # in the project: what is built, which the course may remove
# What it puts there: sources and notebooks as executed, chapters that were executed, the site, what the tests saw.
BUILD_PARTS = ("book", "executed", "html", "screenshots")
WORK = "work"  # in the project: the learner's own files; the course adds to it, and never removes any
SCRATCH = ".scratch"  # in the folder `work`, for scratch folders that lie there
NEW_PREFIX = ".new-"
# A file in each scratch folder, so that a reader's folder with a similar name is never taken for one. Its first line is
# the token of the session that works there, the rest the path of the folder that was current before.
SCRATCH_MARK = ".dockerlab-scratch"


def project_root(start: Path | None = None) -> Path:
    """The course's folder: `start` (default: the current folder) or the nearest one above it.

    Raises:
        FileNotFoundError: none of these holds both `_toc.yml` and `labs/`.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "_toc.yml").is_file() and (folder / "labs").is_dir():
            return folder
    raise FileNotFoundError(f"{here} is not inside the course: no folder above it holds _toc.yml and labs/")


def course_root() -> Path:
    """The course's folder: the one that the current folder is in, else the one that this library is in.

    Raises:
        FileNotFoundError: neither is in the course.
    """
    try:
        return project_root()
    except FileNotFoundError:
        return project_root(Path(__file__).parent)


def own_folder(folder: Path) -> Path:
    """Make sure that a folder is the course's own: it is made if missing, and marked if it is new or empty.

    Raises:
        FileExistsError: something of a reader's is there: a folder without the course's mark, a link, a file.
    """
    if not os.path.lexists(folder):
        folder.mkdir(parents=True)
    elif folder.is_symlink() or not folder.is_dir() or (any(folder.iterdir()) and not _is_own(folder)):
        raise FileExistsError(
            f"{folder} stays as it is: it is not a folder with the course's mark {CACHE_MARK}. "
            "Move it away, and try again."
        )
    if not _is_own(folder):
        (folder / CACHE_MARK).write_text(CACHE_SIGNATURE, encoding="utf-8")
    return folder


def _is_own(folder: Path) -> bool:
    mark = folder / CACHE_MARK
    return mark.is_file() and mark.read_text(encoding="utf-8", errors="replace") == CACHE_SIGNATURE


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """The path of a new folder to make, which then takes the place of `folder`. If the block fails, the old one stays.

    Raises:
        FileExistsError: the folder around it is not the course's own, or a link or a file has its name.
    """
    own_folder(folder.parent)
    if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
        raise FileExistsError(f"{folder} stays as it is: a folder belongs there. Move it away, and try again.")
    with tempfile.TemporaryDirectory(prefix=NEW_PREFIX, dir=folder.parent) as scratch:
        new, old = Path(scratch, "new"), Path(scratch, "old")
        yield new
        try:
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        finally:  # also if it is interrupted in between
            if old.exists() and not folder.exists():
                old.rename(folder)


def remove_build(root: Path) -> None:
    """Remove what the course has built in the project at `root`; what else a reader keeps in that folder stays.

    Raises:
        FileExistsError: the folder does not carry the course's mark.
    """
    if not os.path.lexists(root / BUILD):
        return
    folder = own_folder(root / BUILD)
    for part in [*(folder / name for name in BUILD_PARTS), *folder.glob(f"{NEW_PREFIX}*")]:
        if not part.is_symlink():
            shutil.rmtree(part, ignore_errors=True)
    if {path.name for path in folder.iterdir()} == {CACHE_MARK}:
        shutil.rmtree(folder)


def work_folder(project: Path | None = None) -> Path:
    """Where the learner's own files are: `work` in the course's folder; DOCKERLAB_WORK names another. Not made yet."""
    return Path(os.environ.get("DOCKERLAB_WORK") or (project or course_root()) / WORK).expanduser()


def cache_folder() -> Path:
    """The course's one folder outside the project; DOCKERLAB_CACHE names another. It is made if missing.

    A new folder, an empty one and the default one are marked as the course's. Only such a folder is ever removed.

    Raises:
        CacheUnavailable: it cannot be made or written to.
    """
    default = Path(platformdirs.user_cache_dir(CACHE_NAME))
    folder = Path(os.environ.get("DOCKERLAB_CACHE") or default)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark = folder / CACHE_MARK
        if not mark.exists() and (folder == default or not any(folder.iterdir())):
            mark.write_text(CACHE_SIGNATURE, encoding="utf-8")
    except OSError as error:
        raise CacheUnavailable(str(folder), error.strerror or str(error)) from error
    if not os.access(folder, os.W_OK):
        raise CacheUnavailable(str(folder), "it cannot be written to")
    return folder


def use_scratch_in(folder: Path) -> None:
    """Let scratch folders and passing files of this process lie in a folder, which is made if missing.

    Raises:
        FileExistsError: see `own_folder`.
    """
    tempfile.tempdir = os.environ["TMPDIR"] = str(own_folder(folder))


def remove_cache() -> Path | None:
    """Remove the cache folder; gives its path, or None if it is not the course's own and so stays."""
    folder = cache_folder()
    if not _is_own(folder):
        return None
    shutil.rmtree(folder)
    return folder


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait until no other process or thread holds this file's lock, then hold it. Taking it twice waits for ever.

    Args:
        file: made if missing, with its folder. It stays there: removing it could let two in at once. Or a folder.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    held = os.open(file, os.O_RDONLY if file.is_dir() else os.O_WRONLY | os.O_CREAT, 0o666)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def copy_tree(source: Path, target: Path, ignore: Callable[[str, list[str]], Collection[str]] | None = None) -> None:
    """Copy what is in a folder, with times and permissions, into another one, which is made if missing.

    Links stay links, wherever they lead. What is not a file, folder or link, such as a socket, is left out.

    Args:
        ignore: gets a folder and the names in it, gives those to leave out, as `shutil.ignore_patterns` does.

    Raises:
        FilesUnreadable: something there may not be read, or the target may not be written.
    """
    try:
        target.mkdir(parents=True, exist_ok=True)
        with os.scandir(source) as found:
            entries = list(found)
        left_out = ignore(str(source), [entry.name for entry in entries]) if ignore else ()
        for entry in entries:
            if entry.name in left_out:
                continue
            if entry.is_dir(follow_symlinks=False):
                copy_tree(Path(entry), target / entry.name, ignore)
            elif entry.is_symlink() or entry.is_file(follow_symlinks=False):
                shutil.copy2(entry, target / entry.name, follow_symlinks=False)
        shutil.copystat(source, target)
    except OSError as error:
        raise FilesUnreadable(str(error.filename or source), error.strerror or str(error), done="copied") from None


def make_scratch(name: str, session: str = "", shared: Path | None = None) -> Path:
    """A new folder for one run to work in, marked as the course's own.

    Args:
        session: the token of the session that works there, see `engine.sessions`.
        shared: a folder to make it in, if an engine sees no other files.

    Raises:
        FileExistsError: see `own_folder`.
    """
    folder = Path(tempfile.mkdtemp(prefix=f"dockerlab-{name}-", dir=own_folder(shared / SCRATCH) if shared else None))
    (folder / SCRATCH_MARK).write_text(f"{session}\n{Path.cwd()}", encoding="utf-8")
    return folder


def leave_scratch() -> None:
    """If the current folder is in a scratch folder, go back to where it was made from: a cell may run twice."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SCRATCH_MARK).is_file():
            os.chdir((folder / SCRATCH_MARK).read_text(encoding="utf-8").partition("\n")[2])
            return


def scratch_folders() -> dict[Path, str]:
    """The folders of `make_scratch` that are there, each with the token of its session."""
    places = (Path(tempfile.gettempdir()), work_folder() / SCRATCH)
    marks = [mark for place in places for mark in place.glob(f"dockerlab-*/{SCRATCH_MARK}")]
    return {mark.parent: mark.read_text(encoding="utf-8").partition("\n")[0] for mark in marks}
