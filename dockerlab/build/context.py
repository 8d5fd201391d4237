"""The build context: the files of a folder that a build may ask for, without those that .dockerignore leaves out."""

from __future__ import annotations

import os
import posixpath
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from dockerlab.build.ignore import IgnoreFile, Rule
from dockerlab.errors import ContextNotFound, FilesUnreadable
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd


def context_folder(folder: str | Path, cwd: str | Path = ".") -> Path:
    """The folder of a build context, as seen from `cwd`.

    Raises:
        ContextNotFound: there is no such folder.
    """
    found = Path(cwd, folder)
    if not folder or not os.path.isdir(found):
        raise ContextNotFound(str(folder))
    return found


def context_files(folder: str | Path = ".", dockerfile: str = "Dockerfile", *, ignore: bool = True) -> pd.DataFrame:
    """The files of a build context: path, size_bytes, top (the first part of the path); sorted by path.

    They are what COPY can copy. The Dockerfile and the ignore file that counts are always there, because the build
    reads them; COPY finds them only if no rule leaves them out. A link counts as a link, with its own few bytes. What
    else is not a folder counts as well, for Docker sends it: a named pipe as such, a socket as an empty file.

    Args:
        folder: the context.
        dockerfile: its name in the context. If NAME.dockerignore exists, it counts instead of .dockerignore.
        ignore: False lists every file, as if there were no .dockerignore.

    Raises:
        ContextNotFound: there is no such folder.
        FilesUnreadable: the ignore file, or a folder that no rule leaves out, may not be read.
        IgnorePatternInvalid: Docker would refuse a pattern.
    """
    root = context_folder(folder)
    counts = IgnoreFile.of(root, dockerfile) if ignore else IgnoreFile()
    read = _read_by_the_build(root, counts, dockerfile)
    rows = [
        (path, _size_bytes(entry), path.split("/")[0])
        for path, entry, rule in walk(root, counts)
        if is_file(entry) and (path in read or not is_out(rule))
    ]
    return table(sorted(rows), columns=["path", "size_bytes", "top"])


def context_entries(root: Path, dockerfile: str = "Dockerfile") -> Iterator[tuple[str, os.DirEntry]]:
    """What COPY can find in a context, folders too: path and entry.

    Raises:
        FilesUnreadable, IgnorePatternInvalid: as in `context_files`.
    """
    return ((path, entry) for path, entry, rule in walk(root, IgnoreFile.of(root, dockerfile)) if not is_out(rule))


def ignore_groups(folder: str | Path = ".", dockerfile: str = "Dockerfile") -> pd.DataFrame:
    """What each group of .dockerignore leaves out: group, files, size_MB, largest (the largest file).

    A group is named by a comment and holds the patterns below it. A file counts in the group of the rule that leaves it
    out: if several do, the first. Here the Dockerfile and .dockerignore are files like any other.

    Raises:
        ContextNotFound, FilesUnreadable, IgnorePatternInvalid: as in `context_files`.
    """
    root = context_folder(folder)
    ignore = IgnoreFile.of(root, dockerfile)
    groups: dict[str, list[tuple[int, str]]] = {rule.group: [] for rule in ignore.rules}
    for path, entry, rule in walk(root, ignore):
        if is_file(entry) and is_out(rule):
            groups[rule.group].append((_size_bytes(entry), path))
    rows = [
        (group, len(out), round(sum(size for size, _ in out) / 1e6, 2), max(out, default=(0, ""))[1])
        for group, out in groups.items()
    ]
    return table(rows, columns=["group", "files", "size_MB", "largest"])


def write_archive(root: Path, dockerfile: str, into: BinaryIO) -> None:
    """Write a context as the archive that the builder before BuildKit was sent. It knew no NAME.dockerignore.

    Raises:
        FilesUnreadable: something that no rule leaves out may not be read.
        IgnorePatternInvalid: Docker would refuse a pattern.
    """
    ignore = IgnoreFile.of(root)
    read = _read_by_the_build(root, ignore, dockerfile)
    with tarfile.open(fileobj=into, mode="w") as archive:
        for path, entry, rule in walk(root, ignore):
            if path in read or not is_out(rule):
                try:
                    archive.add(entry.path, arcname=path, recursive=False)
                except OSError as error:
                    raise FilesUnreadable(entry.path, error.strerror) from None


def walk(root: Path, ignore: IgnoreFile) -> Iterator[tuple[str, os.DirEntry, Rule | None]]:
    """Everything below a folder, also what is left out: path, entry, and the rule that decides. Follows no link.

    Raises:
        FilesUnreadable: a folder may not be read. Docker lets that pass if the folder is left out, and so does this.
        IgnorePatternInvalid: Docker would refuse a pattern.
    """
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            with os.scandir(root / folder) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as error:
            if folder and is_out(ignore.decides(folder)):
                continue
            raise FilesUnreadable(str(root / folder), error.strerror) from None
        for entry in entries:
            path = posixpath.join(folder, entry.name)
            yield path, entry, ignore.decides(path)
            if not is_file(entry):
                folders.append(path)


def _read_by_the_build(root: Path, ignore: IgnoreFile, dockerfile: str) -> set[str]:
    """The paths in the context of what a build itself reads."""
    return {posixpath.normpath(dockerfile), os.path.relpath(ignore.path, root) if ignore.path else ""}


def is_out(rule: Rule | None) -> bool:
    return rule is not None and not rule.brings_back


def is_file(entry: os.DirEntry) -> bool:
    return not entry.is_dir(follow_symlinks=False)


def _size_bytes(entry: os.DirEntry) -> int:
    return entry.stat(follow_symlinks=False).st_size
