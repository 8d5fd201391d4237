"""The build context: the files below a folder that .dockerignore leaves, which a build may ask for."""

from __future__ import annotations

from itertools import accumulate
from pathlib import Path

import pandas as pd
from docker.utils.build import exclude_paths

from dockerlab.errors import ContextNotFound


def context_files(folder: str | Path = ".", dockerfile: str = "Dockerfile", *, ignore: bool = True) -> pd.DataFrame:
    """The files of a build context: path, size_bytes, top (the first part of the path); sorted by path.

    Args:
        folder: the context.
        dockerfile: its name in the context; `NAME.dockerignore` comes before `.dockerignore`, as in BuildKit.
        ignore: False counts every file, as if there were no .dockerignore.

    Raises:
        ContextNotFound: the folder is not there.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ContextNotFound(str(folder))
    patterns = ignore_patterns(root, dockerfile) if ignore else []
    # exclude_paths keeps the Dockerfile, as BuildKit reads it whatever the file says; as a file it may be left out.
    kept = exclude_paths(str(root), patterns, dockerfile=dockerfile)
    files = [(path, root / path) for path in sorted(kept) if (root / path).is_file()]
    return pd.DataFrame(
        [{"path": path, "size_bytes": file.stat().st_size, "top": Path(path).parts[0]} for path, file in files],
        columns=["path", "size_bytes", "top"],
    )


def ignore_file(folder: str | Path, dockerfile: str = "Dockerfile") -> Path | None:
    """The file that says what stays out: `NAME.dockerignore` of the Dockerfile, else `.dockerignore`, else None."""
    candidates = (Path(folder, f"{dockerfile}.dockerignore"), Path(folder, ".dockerignore"))
    return next((file for file in candidates if file.exists()), None)


def ignore_patterns(folder: str | Path, dockerfile: str = "Dockerfile") -> list[str]:
    """Its patterns, without comments and empty lines."""
    file = ignore_file(folder, dockerfile)
    lines = file.read_text(encoding="utf-8").splitlines() if file else []
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def ignore_groups(folder: str | Path = ".", dockerfile: str = "Dockerfile") -> pd.DataFrame:
    """What each group of .dockerignore keeps out of a folder: group, files, size_MB, largest (the largest file).

    A group is the patterns below a comment, which names it. A file that two groups match counts for the first.

    Raises:
        ContextNotFound: the folder is not there.
    """
    root = Path(folder)
    if not root.is_dir():
        raise ContextNotFound(str(folder))
    file = ignore_file(root, dockerfile)
    groups: dict[str, list[str]] = {}
    title = ""
    for line in file.read_text(encoding="utf-8").splitlines() if file else []:
        if line.startswith("#"):
            title = line.lstrip("# ").strip()
        elif line.strip():
            groups.setdefault(title, []).append(line.strip())
    rows, before = [], _files(root, [])
    for group, patterns in zip(groups, accumulate(groups.values()), strict=True):
        left = _files(root, patterns)
        out = {path: before[path] for path in before.keys() - left.keys()}
        largest = max(out, key=lambda path: (out[path], path), default="")
        size_MB = round(sum(out.values()) / 1e6, 2)
        rows.append({"group": group, "files": len(out), "size_MB": size_MB, "largest": largest})
        before = left
    return pd.DataFrame(rows, columns=["group", "files", "size_MB", "largest"])


def _files(root: Path, patterns: list[str]) -> dict[str, int]:
    # exclude_paths keeps the Dockerfile and .dockerignore, which a build reads, and adds to the list that it is given.
    # Here they are files like any other, so it is told of a Dockerfile that is not there.
    found = exclude_paths(str(root), list(patterns), dockerfile=".no-such-dockerfile")
    if ".dockerignore" in patterns:
        found.discard(".dockerignore")
    return {path: (root / path).stat().st_size for path in found if (root / path).is_file()}
