"""Several images side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dockerlab.image.diff import ImageDiff
from dockerlab.image.image import Image
from dockerlab.image.layer import MB
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class Images:
    """Images to compare."""

    by_name: Mapping[str, Image]  # name -> image, in the order of the tables
    base: Image | None = field(default=None, repr=False)  # the base image, whose layers the tables mark

    @property
    def layers(self) -> pd.DataFrame:
        """One row for each layer: image, layer (from 1), instruction, size_MB, base (is it the base image's?)."""
        of_base = {layer.diff_id for layer in self.base.layers} if self.base else set()
        rows = [
            (name, number, layer.created_by, round(layer.size_bytes / MB, 2), layer.diff_id in of_base)
            for name, image in self.by_name.items()
            for number, layer in enumerate(image.layers, 1)
        ]
        return table(rows, columns=["image", "layer", "instruction", "size_MB", "base"])

    @property
    def shared_layers(self) -> pd.DataFrame:
        """One row for each layer that is stored, however many images use it: instruction, size_MB, images."""
        layers = {layer.diff_id: layer for image in self.by_name.values() for layer in image.layers}
        users = {
            diff_id: [name for name, image in self.by_name.items() if diff_id in {x.diff_id for x in image.layers}]
            for diff_id in layers
        }
        rows = [(x.created_by, round(x.size_bytes / MB, 2), ", ".join(users[diff_id])) for diff_id, x in layers.items()]
        return table(rows, columns=["instruction", "size_MB", "images"])

    @property
    def diff(self) -> ImageDiff:
        """How two images differ: layers, files, packages, settings.

        Raises:
            ValueError: these are not two.
        """
        if len(self.by_name) != 2:
            raise ValueError(f"two images can be compared, and here are {len(self.by_name)}")
        return ImageDiff(*self.by_name.values())

    @property
    def sizes_MB(self) -> dict[str, float]:
        """Name -> sum of the files in the image's layers, uncompressed, in MB."""
        return {name: image.size_MB for name, image in self.by_name.items()}
