"""An image: its config, its history, its layers and the files in them.

Sizes here are the sum of the regular files in a layer, uncompressed. What `docker image ls` prints depends on the
engine's store (overlay2 adds up uncompressed layers, the containerd store counts compressed and unpacked data), so
it cannot be compared between machines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import pandas as pd

from dockerlab.image.instructions import read_history

MB, KB = 1e6, 1e3


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in a layer."""

    path: str  # without a leading slash. A whiteout has the path that it hides, an opaque entry that of its folder.
    size_bytes: int  # of a regular file, else 0
    # "file", "directory", "link", "whiteout" (deletes this path), "opaque" (deletes what the layers below have in this
    # folder) or "other"
    kind: str


@dataclass(frozen=True)
class Layer:
    """One layer of an image: the paths that it adds, changes or deletes."""

    diff_id: str  # digest of the uncompressed layer, which identifies its content
    created_by: str  # the instruction that made it, as in a Dockerfile
    entries: tuple[Entry, ...] = field(repr=False)  # its paths, in the archive's order

    @property
    def size_bytes(self) -> int:
        """Sum of the sizes of its files."""
        return sum(entry.size_bytes for entry in self.entries)

    @property
    def files(self) -> pd.DataFrame:
        """All its paths but folders, the largest first: path, kind, size_kB."""
        rows = [(f"/{e.path}", e.kind, round(e.size_bytes / KB, 3)) for e in self.entries if e.kind != "directory"]
        return _largest_first(pd.DataFrame(rows, columns=["path", "kind", "size_kB"]))

    def folder(self, path: str) -> pd.DataFrame:
        """What the layer has in a folder, one row for each child, the largest first: name, files, size_MB."""
        prefix = path.strip("/") + "/"
        found = [
            (entry.path.removeprefix(prefix).partition("/")[0], entry.size_bytes / MB)
            for entry in self.entries
            if entry.kind == "file" and entry.path.startswith(prefix)
        ]
        groups = pd.DataFrame(found, columns=["name", "size_MB"]).groupby("name")["size_MB"]
        return _largest_first(groups.agg(files="size", size_MB="sum").round(2).reset_index())


@dataclass(frozen=True)
class Image:
    """An image, read from an engine."""

    reference: str  # the name it was asked for by
    id: str  # the engine's name for its content. The same image has different IDs in different stores.
    config: Mapping = field(repr=False)  # the image config of the OCI image specification
    layers: tuple[Layer, ...] = field(repr=False)  # base first

    @property
    def size_bytes(self) -> int:
        """Sum of the sizes of its layers."""
        return sum(layer.size_bytes for layer in self.layers)

    @property
    def size_MB(self) -> float:
        """The same in MB."""
        return self.size_bytes / MB

    def layer(self, instruction_text: str) -> Layer:
        """The layer whose instruction contains a text.

        Raises:
            ValueError: no layer's instruction contains it, or more than one.
        """
        found = [layer for layer in self.layers if instruction_text in layer.created_by]
        if len(found) != 1:
            raise ValueError(f"{len(found)} layers of {self.reference} were made by {instruction_text!r}, not one")
        return found[0]

    @property
    def history(self) -> pd.DataFrame:
        """One row for each history entry, oldest first: created_by, layer (whether it made one), size_MB."""
        rows = [
            (instruction, number > 0, round(self.layers[number - 1].size_bytes / MB, 2) if number else 0.0)
            for instruction, number in read_history(self.config, len(self.layers))
        ]
        return pd.DataFrame(rows, columns=["created_by", "layer", "size_MB"])

    @cached_property
    def _sizes_seen(self) -> dict[str, list[int]]:
        """For each path but folders, its size in every layer that has it; 0 for a layer that deletes it."""
        seen: dict[str, list[int]] = {}
        present: set[str] = set()
        for layer in self.layers:
            whiteouts = {entry.path for entry in layer.entries if entry.kind == "whiteout"}
            opaque = {entry.path for entry in layer.entries if entry.kind == "opaque"}
            if whiteouts or opaque:
                gone = {path for path in present if _is_hidden(path, whiteouts, opaque)}
                for path in gone:
                    seen[path].append(0)
                present -= gone
            for entry in layer.entries:
                if entry.kind in ("file", "link", "other"):
                    seen.setdefault(entry.path, []).append(entry.size_bytes)
                    present.add(entry.path)
        return seen

    @property
    def waste(self) -> pd.DataFrame:
        """Paths that occur in several layers, the largest first: path, layers, size_kB (of all occurrences).

        This is dive's list, and its sum is what dive calls wasted bytes. A deletion is an occurrence of size 0. For
        a deleted folder, each of the files that were in it is listed.
        """
        rows = [
            (f"/{path}", len(sizes), round(sum(sizes) / KB, 3))
            for path, sizes in self._sizes_seen.items()
            if len(sizes) > 1 and any(sizes)
        ]
        return _largest_first(pd.DataFrame(rows, columns=["path", "layers", "size_kB"]))

    @property
    def wasted_bytes(self) -> int:
        """Sum of all sizes of the paths that occur in several layers, as dive counts."""
        return sum(sum(sizes) for sizes in self._sizes_seen.values() if len(sizes) > 1)

    @property
    def efficiency(self) -> float:
        """Dive's measure, 0 to 1: the smallest size of each path, summed, over the sum of all sizes; 1 if empty."""
        total = sum(map(sum, self._sizes_seen.values()))
        return sum(map(min, self._sizes_seen.values())) / total if total else 1.0


def _is_hidden(path: str, whiteouts: set[str], opaque: set[str]) -> bool:
    """Whether a layer with these whiteouts and opaque folders hides a path of the layers below it."""
    folders = [path[:end] for end, letter in enumerate(path) if letter == "/"]
    return "" in opaque or path in whiteouts or any(folder in whiteouts or folder in opaque for folder in folders)


def _largest_first(table: pd.DataFrame) -> pd.DataFrame:
    """Sorted by the last column, a size; rows of one size by the first, a name."""
    return table.sort_values([table.columns[-1], table.columns[0]], ascending=[False, True], ignore_index=True)
