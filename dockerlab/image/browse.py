"""An image to look through folder by folder: what is in this folder, in that layer, filtered and sorted.

The first question about a layer, or with a new filter, goes through its paths once; those that follow are answered from
what was found then.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from dockerlab.image.image import Image
from dockerlab.image.layer import Entry
from dockerlab.image.stack import stack

ALL = 0  # stands for no layer in particular: what a container sees
SORTS = ("size", "name")


@dataclass(slots=True)
class Row:
    """A child of a folder: a file, or a folder with all that is in it."""

    name: str
    path: str
    is_folder: bool
    size_bytes: int = 0
    files: int = 0  # links and devices count too, deletions do not
    deleted: int = 0  # deletions in it
    # Of a file: "added", "changed" (a layer below has the path too), "removed"; "" where no layer was asked for
    change: str = ""


class Browser:
    """Answers about the folders of an image."""

    def __init__(self, image: Image) -> None:
        self._image = image
        self._tree = lru_cache(maxsize=16)(self._read)

    def children(self, folder: str = "", layer: int = ALL, text: str = "", by: str = "size") -> list[Row]:
        """What is in a folder.

        Args:
            folder: its path without a slash at the ends; "" for the root folder.
            layer: its number from 1, to see what it adds, changes and removes; ALL for what a container sees.
            text: only files with this in their path, in whatever case, and the folders that lead to them.
            by: "size", the largest first, or "name".

        Raises:
            IndexError: there is no layer of this number.
            ValueError: `by` is neither.
        """
        if by not in SORTS:
            raise ValueError(f"{by!r} is no order; there are {' and '.join(SORTS)}")
        if not 0 <= layer <= len(self._image.layers):
            raise IndexError(f"{self._image.reference} has {len(self._image.layers)} layers, and no layer {layer}")
        rows = self._tree(layer, text.strip().casefold()).get(folder.strip("/"), {}).values()
        return sorted(rows, key=lambda row: (-row.size_bytes if by == "size" else 0, row.name))

    def _read(self, layer: int, text: str) -> dict[str, dict[str, Row]]:
        """Folder -> name of a child -> row."""
        tree: dict[str, dict[str, Row]] = {}
        for entry, change in self._entries(layer):
            path = f"{entry.path}/*".strip("/") if entry.kind == "opaque" else entry.path
            if text and text not in path.casefold():
                continue
            folder, _, name = path.rpartition("/")
            is_deletion = change == "removed"
            row = Row(name, path, False, entry.size_bytes, int(not is_deletion), int(is_deletion), change)
            tree.setdefault(folder, {})[name] = row
        # What is directly in a folder is added up once, since there may be very many files and few folders.
        for folder, inside in [(folder, _sum(rows.values())) for folder, rows in tree.items()]:
            _add(tree, folder, inside)
        return tree

    def _entries(self, layer: int) -> Iterable[tuple[Entry, str]]:
        if layer == ALL:
            return [(entry, "") for entry in self._image.stack.files.values()]
        below = stack(self._image.layers[: layer - 1]).files
        return [
            (
                entry,
                "removed" if entry.kind in ("whiteout", "opaque") else "changed" if entry.path in below else "added",
            )
            for entry in self._image.layers[layer - 1].entries
            if entry.kind != "directory"
        ]


def _sum(rows: Iterable[Row]) -> Row:
    """A row without a name that counts what these do."""
    total = Row("", "", True)
    for row in rows:
        total.size_bytes += row.size_bytes
        total.files += row.files
        total.deleted += row.deleted
    return total


def _add(tree: dict[str, dict[str, Row]], folder: str, inside: Row) -> None:
    """Add what is in a folder to its row, and to those of the folders above."""
    while folder:
        above, _, name = folder.rpartition("/")
        rows = tree.setdefault(above, {})
        row = rows.get(name)
        if row is None or not row.is_folder:
            row = rows[name] = Row(name, folder, True)
        row.size_bytes += inside.size_bytes
        row.files += inside.files
        row.deleted += inside.deleted
        folder = above
