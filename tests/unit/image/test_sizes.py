"""The measures of an image's size, on archives made by hand."""

from __future__ import annotations

import gzip
import io
import random
from types import SimpleNamespace

import pytest

from dockerlab.errors import DockerCommandFailed
from dockerlab.image import Image
from dockerlab.image.archive import zstd
from dockerlab.image.sizes import compressed_bytes, gzip_size, size_measures
from tests.archives import archive, engine_with, image, in_parts, tar
from tests.layers import image_of, layer


@pytest.mark.parametrize("size", [0, 1, 4_000, 100_000, 1_000_000])
def test_gzip_size_is_that_of_gzip(size):
    # Random letters compress to about half, as programs do.
    data = bytes(random.Random(1).choices(b"abcdefghijklmnop", k=size))
    expected = len(gzip.compress(data, 6))
    assert gzip_size(io.BytesIO(data), chunk_bytes=200_000) == pytest.approx(expected, rel=0.01, abs=20)


PLAIN = tar({"a": bytes(1_000_000)})
PACKED = gzip.compress(tar({"b": random.Random(2).randbytes(50_000)}))
ZSTD = in_parts(tar({"b": random.Random(2).randbytes(50_000)}), zstd.compress, 10_000)
OTHER = image(tar({"c": random.Random(3).randbytes(9_000)}))


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([PLAIN], len(gzip.compress(PLAIN, 6))),
        ([PACKED], len(PACKED)),
        ([ZSTD], len(ZSTD)),
        ([PLAIN, PACKED, ZSTD], len(gzip.compress(PLAIN, 6)) + len(PACKED) + len(ZSTD)),
        ([PACKED, PACKED], len(PACKED)),
        ([], 0),
    ],
    ids=["plain", "gzip", "zstd", "of each kind", "the same twice", "none"],
)
def test_plain_layers_are_compressed_and_compressed_ones_count_as_they_are(tmp_path, layers, expected):
    one = image(*layers)
    content = archive(OTHER, one, more={"empty": b""})
    measured = compressed_bytes(engine_with(tmp_path, content), Image("demo", one.id, {}, ()))
    assert measured == pytest.approx(expected, abs=20)


def test_dockers_own_words_come_first(tmp_path):
    with pytest.raises(DockerCommandFailed, match="no such image"):
        compressed_bytes(engine_with(tmp_path, b"", "echo no such image >&2; exit 1"), image_of())


def test_each_tools_figure_is_in_MB(tmp_path):
    one = image(PACKED)
    engine = engine_with(tmp_path, archive(one))
    listed = [
        {"Id": "sha256:x", "Size": 1, "SharedSize": 1},
        {"Id": one.id, "Size": 7_000_000, "SharedSize": 5_000_000},
    ]
    images = SimpleNamespace(get=lambda _: SimpleNamespace(attrs={"Size": 6_000_000}))
    vars(engine)["_client"] = SimpleNamespace(images=images, df=lambda: {"Images": listed})
    measures = size_measures(engine, Image("demo", one.id, {}, (layer(a=3_000_000),)))
    assert measures.name == "size_MB"
    assert measures.to_dict() == {
        "files in the layers": 3.0,
        "layers compressed, as a pull transfers them": len(PACKED) / 1e6,
        "docker image inspect": 6.0,
        "docker image ls": 7.0,
        "docker system df: shared with other images": 5.0,
        "docker system df: this image alone": 2.0,
    }
