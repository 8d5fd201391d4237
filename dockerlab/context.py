"""The build context: the files below a folder that .dockerignore leaves, which a build may ask for."""

from __future__ import annotations

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
    own, general = root / f"{dockerfile}.dockerignore", root / ".dockerignore"
    chosen = own if own.exists() else general
    lines = chosen.read_text(encoding="utf-8").splitlines() if ignore and chosen.exists() else []
    patterns = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    # exclude_paths keeps the Dockerfile, as BuildKit reads it whatever the file says; as a file it may be left out.
    kept = exclude_paths(str(root), patterns, dockerfile=dockerfile)
    files = [(path, root / path) for path in sorted(kept) if (root / path).is_file()]
    return pd.DataFrame(
        [{"path": path, "size_bytes": file.stat().st_size, "top": Path(path).parts[0]} for path, file in files],
        columns=["path", "size_bytes", "top"],
    )
