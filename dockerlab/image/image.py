"""An image: its config, its history, its layers and the files in them.

Sizes here are the sum of the regular files in a layer, uncompressed. What `docker image ls` prints depends on the
engine's store (overlay2 adds up uncompressed layers, the containerd store counts compressed and unpacked data), so
it cannot be compared between machines.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from dockerlab.image.efficiency import sizes_seen
from dockerlab.image.instructions import read_history
from dockerlab.image.layer import KB, MB, Layer, largest_first
from dockerlab.image.stack import Stack, stack
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd


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
            (
                made.instruction,
                made.layer > 0,
                round(self.layers[made.layer - 1].size_bytes / MB, 2) if made.layer else 0.0,
            )
            for made in read_history(self.config, len(self.layers))
        ]
        return table(rows, columns=["created_by", "layer", "size_MB"])

    @cached_property
    def _sizes_seen(self) -> dict[str, list[int]]:
        return sizes_seen(self.layers)

    @property
    def waste(self) -> pd.DataFrame:
        """Paths that occur more than once, the largest first: path, layers (how often), size_kB (of all occurrences).

        This is dive's list without the paths that have no size, and its sum is what dive calls wasted bytes. A
        deleted file is an occurrence of size 0. The module `efficiency` has the rules.
        """
        rows = [(path, occurrences, round(size_bytes / KB, 3)) for path, occurrences, size_bytes in self.wasted_paths]
        return largest_first(table(rows, columns=["path", "layers", "size_kB"]))

    @property
    def wasted_paths(self) -> list[tuple[str, int, int]]:
        """The rows of `waste`: path, number of occurrences, size of all of them in bytes."""
        rows = [
            (f"/{path}", len(sizes), sum(sizes))
            for path, sizes in self._sizes_seen.items()
            if len(sizes) > 1 and any(sizes)
        ]
        return sorted(rows, key=lambda row: (-row[2], row[0]))

    @property
    def wasted_bytes(self) -> int:
        """Sum of all sizes of the paths that occur more than once, as dive counts."""
        return sum(sum(sizes) for sizes in self._sizes_seen.values() if len(sizes) > 1)

    @property
    def user_wasted_percent(self) -> float:
        """Dive's measure of that name, a part of 1: wasted bytes over the size of all layers but the lowest."""
        own_bytes = sum(layer.size_bytes for layer in self.layers[1:])
        return self.wasted_bytes / own_bytes if own_bytes else math.inf if self.wasted_bytes else 0.0

    @cached_property
    def stack(self) -> Stack:
        """What each layer adds, changes and removes, and the files that a container sees."""
        return stack(self.layers)

    @property
    def efficiency(self) -> float:
        """Dive's measure, 0 to 1: the smallest size of each path, summed, over the sum of all sizes; 1 if empty."""
        total = sum(map(sum, self._sizes_seen.values()))
        return sum(map(min, self._sizes_seen.values())) / total if total else 1.0
