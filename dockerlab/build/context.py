"""The build context: the files of a folder that a build may ask for, without those that .dockerignore leaves out."""

from __future__ import annotations

import os
import posixpath
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from dockerlab.build.ignore import IgnoreFile, Rule
from dockerlab.errors import ContextNotFound, FilesUnreadable


def context_folder(folder: str | Path, cwd: str | Path = ".") -> Path:
    """The folder of a build context, as seen from `cwd`.

    Raises:
        ContextNotFound: there is no such folder.
    """
    found = Path(cwd, folder)
    if not folder or not os.path.isdir(found):
        raise ContextNotFound(str(folder))
    return found


def context_entries(root: Path, dockerfile: str = "Dockerfile") -> Iterator[tuple[str, os.DirEntry]]:
    """What COPY can find in a context, folders too: path and entry.

    Raises:
        FilesUnreadable: the ignore file, or a folder that no rule leaves out, may not be read.
        IgnorePatternInvalid: Docker would refuse a pattern.
    """
    return ((path, entry) for path, entry, rule in walk(root, IgnoreFile.of(root, dockerfile)) if not is_out(rule))


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
    """Whether a path on which this rule decides is left out."""
    return rule is not None and not rule.brings_back


def is_file(entry: os.DirEntry) -> bool:
    """Whether this is no folder: a file, a link, or what else there may be."""
    return not entry.is_dir(follow_symlinks=False)
