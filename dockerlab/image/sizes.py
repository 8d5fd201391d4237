"""How large an image is, by the measures of different tools."""

from __future__ import annotations

import os
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import IO, TYPE_CHECKING

from dockerlab.engine import Engine
from dockerlab.image.archive import Blob, read_saved
from dockerlab.image.image import Image
from dockerlab.image.layer import MB
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd


def size_measures(engine: Engine, image: Image) -> pd.Series:
    """What different tools call the size of an image, in MB, by the name of the measure.

    What the engine itself says depends on its store, so it cannot be compared between engines.

    Raises:
        NoSuchImage: the engine does not have it any more.
        ImageUnreadable, DockerCommandFailed, EngineLost: see `archive.read_saved`.
    """
    client = engine.client()
    listed = next(entry for entry in client.df()["Images"] if entry["Id"] == image.id)
    measures = {
        "files in the layers": image.size_bytes,
        "layers compressed, as a pull transfers them": compressed_bytes(engine, image),
        "docker image inspect": client.images.get(image.id).attrs["Size"],
        "docker image ls": listed["Size"],
        "docker system df: shared with other images": listed["SharedSize"],
        "docker system df: this image alone": listed["Size"] - listed["SharedSize"],
    }
    return table([measures]).loc[0].rename("size_MB") / MB


def compressed_bytes(engine: Engine, image: Image) -> int:
    """Bytes that a pull of the image transfers: its layers, each once, compressed with gzip.

    Layers that the engine keeps compressed count as they are. Raises: see `archive.read_saved`.
    """

    def measure(blob: Blob) -> int:
        return blob.size_bytes if blob.compression else gzip_size(blob.stream)

    saved = read_saved(engine, {image.id: image.reference}, measure)
    return sum({diff_id: size_bytes for diff_id, _, size_bytes in saved[image.id].layers}.values())


def gzip_size(stream: IO[bytes], chunk_bytes: int = 4_000_000) -> int:
    """Bytes that gzip, at its usual level, makes of a stream.

    The chunks are compressed separately, on all processors, which adds less than a hundredth.
    """
    workers, total = os.cpu_count() or 1, 0
    with ThreadPoolExecutor(workers) as pool:
        # A few chunks at a time, so that a large layer is never in memory as a whole.
        while chunks := [chunk for _ in range(workers) if (chunk := stream.read(chunk_bytes))]:
            total += sum(pool.map(lambda chunk: len(zlib.compress(chunk)), chunks))
    return total
