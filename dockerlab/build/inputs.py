"""What a build is made from: the Dockerfile, the files of the context, the build arguments and the target."""

import fnmatch
import hashlib
import os
import posixpath
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from dockerlab.build.context import context_entries, context_folder
from dockerlab.errors import FilesUnreadable

WILDCARDS = re.compile(r"[*?\[]")


@dataclass(frozen=True)
class Inputs:
    """A snapshot of what a build is made from; it stays when the files change."""

    dockerfile: str  # its text
    # What COPY can find, by path in the context: kind, mode and content of each file, folder and link as one text, and
    # without the time of change, which no step's key holds.
    files: Mapping[str, str] = field(default_factory=dict)
    arguments: Mapping[str, str] = field(default_factory=dict)  # as given by --build-arg
    target: str = ""  # as given by --target

    @classmethod
    def read(
        cls,
        folder: str | Path = ".",
        dockerfile: str = "Dockerfile",
        arguments: Mapping = {},
        target: str = "",
    ) -> Self:
        """Read a context as it is now.

        Args:
            dockerfile: its path in the folder.

        Raises:
            ContextNotFound: there is no such folder.
            FilesUnreadable: the Dockerfile, or a file that no rule leaves out, may not be read.
            IgnorePatternInvalid: Docker would refuse a pattern of the ignore file.
        """
        root = context_folder(folder)
        try:
            text = (root / dockerfile).read_text(encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise FilesUnreadable(str(root / dockerfile), error.strerror) from None
        files: dict[str, str] = {}
        for path, entry in context_entries(root, dockerfile):
            files[path] = _fingerprint(entry)
            while (path := posixpath.dirname(path)) and path not in files:  # a folder comes with what is in it
                files[path] = f"folder {(root / path).stat().st_mode & 0o7777:o}"
        return cls(text, files, dict(arguments), target)

    def found(self, source: str) -> dict[str, str] | None:
        """What COPY finds under a path: names as they count, with their fingerprints; None if nothing is there."""
        path = posixpath.normpath("/" + source).lstrip("/")
        if not WILDCARDS.search(path):
            return self._below(path)
        parts = [fnmatch.translate(part) for part in path.split("/")]
        found: dict[str, str] = {}
        for name in self.files:
            words = name.split("/")
            if len(words) == len(parts) and all(map(re.match, parts, words)):
                found |= {posixpath.join(words[-1], rest): what for rest, what in (self._below(name) or {}).items()}
        return found

    def _below(self, path: str) -> dict[str, str] | None:
        start = f"{path}/" if path else ""
        found = {name[len(start) :]: what for name, what in self.files.items() if name.startswith(start)}
        if path in self.files:
            found[""] = self.files[path]
        return found if found or not path else None


def _fingerprint(entry: os.DirEntry) -> str:
    try:
        mode = entry.stat(follow_symlinks=False).st_mode & 0o7777
        if entry.is_symlink():
            return f"link {os.readlink(entry.path)}"
        if entry.is_dir():
            return f"folder {mode:o}"
        if not entry.is_file():
            return f"special {mode:o}"
        with open(entry.path, "rb") as file:
            return f"file {mode:o} {hashlib.file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise FilesUnreadable(entry.path, error.strerror) from None
