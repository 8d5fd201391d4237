"""Where things are: the project, the cache folder, scratch folders. And a lock for processes that share one."""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import platformdirs

CACHE_NAME = "docker-fundamentals-measured"
# The field's own mark of a cache folder (bford.info/cachedir), with a line that says whose it is.
CACHE_MARK = "CACHEDIR.TAG"
CACHE_SIGNATURE = f"Signature: 8a477f597d28d172789f06886806bc55\n# This folder belongs to the course {CACHE_NAME}.\n"
# A file in each scratch folder, so that a reader's folder with a similar name is never taken for one. It holds the path
# of the folder that was current when the scratch folder was made.
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


def cache_folder() -> Path:
    """The course's one folder outside the project; DOCKERLAB_CACHE names another. It is made if missing.

    A new folder, an empty one and the default one are marked as the course's. Only such a folder is ever removed.
    """
    default = Path(platformdirs.user_cache_dir(CACHE_NAME))
    folder = Path(os.environ.get("DOCKERLAB_CACHE") or default)
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / CACHE_MARK
    if not mark.exists() and (folder == default or not any(folder.iterdir())):
        mark.write_text(CACHE_SIGNATURE, encoding="utf-8")
    return folder


def remove_cache() -> Path | None:
    """Remove the cache folder; gives its path, or None if it is not the course's own and so stays."""
    folder = cache_folder()
    mark = folder / CACHE_MARK
    if not mark.is_file() or mark.read_text(encoding="utf-8", errors="replace") != CACHE_SIGNATURE:
        return None
    shutil.rmtree(folder)
    return folder


@contextmanager
def locked(file: Path) -> Iterator[None]:
    """Wait until no other process or thread holds this file's lock, then hold it. Taking it twice waits for ever.

    Args:
        file: made if missing, with its folder. It stays there: removing it could let two in at once.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def make_scratch(name: str) -> Path:
    """A new folder for one run to work in, marked as the course's own."""
    folder = Path(tempfile.mkdtemp(prefix=f"dockerlab-{name}-"))
    (folder / SCRATCH_MARK).write_text(str(Path.cwd()), encoding="utf-8")
    return folder


def leave_scratch() -> None:
    """If the current folder is in a scratch folder, go back to where it was made from: a cell may run twice."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / SCRATCH_MARK).is_file():
            os.chdir((folder / SCRATCH_MARK).read_text(encoding="utf-8"))
            return


def scratch_folders() -> list[Path]:
    """The folders of `make_scratch` that are still there, for example because a kernel was killed."""
    return [mark.parent for mark in Path(tempfile.gettempdir()).glob(f"dockerlab-*/{SCRATCH_MARK}")]
