"""The build context: the files of a folder that a build may ask for, without those that .dockerignore leaves out."""

from itertools import accumulate
from pathlib import Path

import pandas as pd
from docker.utils.build import exclude_paths

from dockerlab.errors import ContextNotFound


def context_folder(folder: str | Path, cwd: str | Path = ".") -> Path:
    """The folder of a build context, as seen from `cwd`.

    Raises:
        ContextNotFound: there is no such folder.
    """
    found = Path(cwd, folder)
    if not folder or not found.is_dir():
        raise ContextNotFound(str(folder))
    return found


def context_files(folder: str | Path = ".", dockerfile: str = "Dockerfile", *, ignore: bool = True) -> pd.DataFrame:
    """The files of a build context: path, size_bytes, top (the first part of the path); sorted by path.

    Args:
        folder: the context.
        dockerfile: its name in the context. If NAME.dockerignore exists, it counts instead of .dockerignore.
        ignore: False lists every file, as if there were no .dockerignore.

    Raises:
        ContextNotFound: there is no such folder.
    """
    root = context_folder(folder)
    found = _files(root, ignore_patterns(root, dockerfile) if ignore else [], dockerfile)
    rows = [(path, size, Path(path).parts[0]) for path, size in sorted(found.items())]
    return pd.DataFrame(rows, columns=["path", "size_bytes", "top"])


def ignore_groups(folder: str | Path = ".", dockerfile: str = "Dockerfile") -> pd.DataFrame:
    """What each group of .dockerignore leaves out: group, files, size_MB, largest (the largest file).

    A group is named by a comment and holds the patterns below it. A file that two groups match counts in the first.
    Here the Dockerfile and .dockerignore are files like any other.

    Raises:
        ContextNotFound: there is no such folder.
    """
    root = context_folder(folder)
    groups: dict[str, list[str]] = {}
    for group, pattern in _rules(root, dockerfile):
        groups.setdefault(group, []).append(pattern)
    rows, before = [], _files(root, [])
    for group, patterns in zip(groups, accumulate(groups.values()), strict=True):
        left = _files(root, patterns)
        out = {path: before[path] for path in before.keys() - left.keys()}
        largest = max(out, key=lambda path: (out[path], path), default="")
        rows.append((group, len(out), round(sum(out.values()) / 1e6, 2), largest))
        before = left
    return pd.DataFrame(rows, columns=["group", "files", "size_MB", "largest"])


def ignore_patterns(root: Path, dockerfile: str) -> list[str]:
    """The patterns that count for this Dockerfile, in order."""
    return [pattern for _, pattern in _rules(root, dockerfile)]


def _rules(root: Path, dockerfile: str) -> list[tuple[str, str]]:
    """(group, pattern) for each pattern; the group is the nearest comment above, "" before the first."""
    candidates = (root / f"{dockerfile}.dockerignore", root / ".dockerignore")
    file = next((file for file in candidates if file.exists()), None)
    group, rules = "", []
    for line in file.read_text(encoding="utf-8").splitlines() if file else []:
        if line.startswith("#"):
            group = line.lstrip("# ").strip()
        elif line.strip():
            rules.append((group, line.strip()))
    return rules


def _files(root: Path, patterns: list[str], dockerfile: str = "") -> dict[str, int]:
    """Sizes by path of the files that the patterns leave; with a Dockerfile, what a build itself reads stays too."""
    # The SDK adds to the list that it is given, and always keeps .dockerignore.
    found = exclude_paths(str(root), list(patterns), dockerfile=dockerfile or ".no-such-dockerfile")
    if not dockerfile and ".dockerignore" in patterns:
        found.discard(".dockerignore")
    return {path: (root / path).stat().st_size for path in found if (root / path).is_file()}
