"""The lab's files in a lesson: show one, change one, compare two, copy them all."""

import difflib
import os
import tempfile
from datetime import datetime
from pathlib import Path

from dockerlab.paths import copy_tree
from dockerlab.show.notebook import Markdown, code

LANGUAGES = {".py": "python"}


def show(path: str) -> Markdown:
    """A file of the lab as a listing."""
    file = Path(path)
    language = "docker" if file.name.startswith("Dockerfile") else LANGUAGES.get(file.suffix, "text")
    return code(file.read_text(encoding="utf-8"), language)


def compare(path: str, other: str) -> Markdown:
    """Two Dockerfiles as one diff that shows every instruction, without comments and empty lines."""
    first, second = (
        [line for line in Path(name).read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
        for name in (path, other)
    )
    lines = difflib.unified_diff(first, second, path, other, lineterm="", n=len(first))
    shown = [line for line in lines if not line.startswith("@@")] or [f" {line}" for line in first]
    return code("\n".join(shown), "diff")


def edit(path: str, old: str, new: str) -> Markdown:
    """Replace a text that occurs once in a file of the lab; shows the change as a diff.

    Raises:
        ValueError: the text does not occur exactly once.
    """
    return _difference(path, change_text(path, old, new))


def set_line(path: str, start: str, new: str) -> Markdown:
    """Replace the one line of a file of the lab that begins with `start`; shows the change as a diff.

    Raises:
        ValueError: not exactly one line begins so.
    """
    return _difference(path, change_line(path, start, new))


def change_text(path: str | Path, old: str, new: str) -> str:
    """Replace a text that occurs exactly once in a file; give back the file's former content.

    The modification time moves, as when an editor saves: BuildKit reads a file again only if its size or time differ.

    Raises:
        ValueError: the text does not occur exactly once.
    """
    file = Path(path)
    former = file.read_text(encoding="utf-8")
    if former.count(old) != 1:
        raise ValueError(f"{old!r} occurs {former.count(old)} times in {file.name}, not once")
    file.write_text(former.replace(old, new), encoding="utf-8")
    return former


def change_line(path: str | Path, start: str, new: str) -> str:
    """Replace the one line of a file that begins with `start`; give back the file's former content.

    Raises:
        ValueError: not exactly one line begins so.
    """
    file = Path(path)
    former = file.read_text(encoding="utf-8")
    lines = former.splitlines()
    places = [place for place, line in enumerate(lines) if line.startswith(start)]
    if len(places) != 1:
        raise ValueError(f"{len(places)} lines of {file.name} begin with {start!r}, not one")
    lines[places[0]] = new
    file.write_text("\n".join(lines) + "\n" * former.endswith("\n"), encoding="utf-8")
    return former


def fresh_copy() -> str:
    """Copy the lesson's folder to one that the engine has never seen; gives the path, for `docker build`.

    Raises:
        FilesUnreadable: something in the folder may not be read.
    """
    # A new name each time, because an engine may recognise a build context by its folder's name.
    target = tempfile.mkdtemp(prefix="copy-", dir=Path.cwd().parent)
    copy_tree(Path.cwd(), Path(target))
    return os.path.relpath(target)


def now() -> str:
    """The present moment, never the same twice: an edit that contains it is one that no cache has seen."""
    return datetime.now().isoformat(" ")


def _difference(path: str, former: str) -> Markdown:
    changed = Path(path).read_text(encoding="utf-8").splitlines()
    lines = list(difflib.unified_diff(former.splitlines(), changed, path, path, lineterm="", n=1))
    return code("\n".join(lines), "diff")
