"""A layer and the paths in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd


MB, KB = 1e6, 1e3

# How the name of a path in a layer's archive begins if the layer deletes that path, and what empties a folder. Names
# that begin as WHITEOUT_META does are notes of a storage driver, not files of the image.
WHITEOUT, OPAQUE, WHITEOUT_META = ".wh.", ".wh..wh..opq", ".wh..wh."


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in a layer."""

    path: str  # without a leading slash. A whiteout has the path that it hides, an opaque entry that of its folder.
    size_bytes: int  # of a regular file, else 0
    # "file", "directory", "link", "whiteout" (deletes this path), "opaque" (deletes what the layers below have in this
    # folder) or "other"
    kind: str
    mode: int = 0o644  # permission bits
    uid: int = 0  # of the owner
    gid: int = 0


@dataclass(frozen=True)
class Layer:
    """One layer of an image: the paths that it adds, changes or deletes."""

    diff_id: str  # digest of the uncompressed layer, which identifies its content
    created_by: str  # the instruction that made it, as in a Dockerfile
    entries: tuple[Entry, ...] = field(repr=False)  # its paths, in the archive's order
    # What package managers noted in it: path of a record -> what `records.read_record` kept of that
    records: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def size_bytes(self) -> int:
        """Sum of the sizes of its files."""
        return sum(entry.size_bytes for entry in self.entries)

    @property
    def files(self) -> pd.DataFrame:
        """All its paths but folders, the largest first: path, kind, size_kB."""
        rows = [(f"/{e.path}", e.kind, round(e.size_bytes / KB, 3)) for e in self.entries if e.kind != "directory"]
        return largest_first(table(rows, columns=["path", "kind", "size_kB"]))

    def folder(self, path: str) -> pd.DataFrame:
        """What the layer has in a folder, one row for each child, the largest first: name, files, size_MB."""
        prefix = f"{path.strip('/')}/".lstrip("/")  # none for the root folder
        found = [
            (entry.path.removeprefix(prefix).partition("/")[0], entry.size_bytes / MB)
            for entry in self.entries
            if entry.kind == "file" and entry.path.startswith(prefix)
        ]
        groups = table(found, columns=["name", "size_MB"]).groupby("name")["size_MB"]
        return largest_first(groups.agg(files="size", size_MB="sum").round(2).reset_index())


def largest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Sorted by the last column, a size; rows of one size by the first, a name."""
    return table.sort_values([table.columns[-1], table.columns[0]], ascending=[False, True], ignore_index=True)
