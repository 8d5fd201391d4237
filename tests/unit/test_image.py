"""What an image consists of, from layers written by hand: no engine."""

from __future__ import annotations

import gzip
import io
import random
import tarfile
from types import SimpleNamespace

import pytest
from tests.layers import layer

from dockerlab.errors import DockerCommandFailed
from dockerlab.image import image as module
from dockerlab.image.image import Image, Layer, compressed_bytes, gzip_size, instruction, layer_table, shared_layers


def image(*layers: Layer, history: list[dict] | None = None) -> Image:
    return Image("demo", {"history": history or []}, layers)


@pytest.mark.parametrize(
    ("layers", "wasted_bytes", "efficiency", "paths"),
    [
        pytest.param([], 0, 1.0, {}, id="no layer"),
        pytest.param([{"d": "/"}], 0, 1.0, {}, id="nothing but folders"),
        pytest.param([{"a": 70}, {"b": 30}], 0, 1.0, {}, id="each path once"),
        pytest.param([{"a": 40}, {"a": 40}], 80, 0.5, {"/a": 2}, id="copied, as by chown"),
        pytest.param([{"a": 30}, {"a": 10}], 40, 0.25, {"/a": 2}, id="replaced by a smaller one"),
        pytest.param([{"a": 40, "b": 60}, {"a": "-"}], 40, 0.6, {"/a": 2}, id="deleted"),
        pytest.param([{"a": 20}, {"a": 20}, {"a": "-"}], 40, 0.0, {"/a": 3}, id="copied, then deleted"),
        pytest.param([{"a": 10}, {"a": "-"}, {"a": 10}], 20, 0.0, {"/a": 3}, id="deleted and made again"),
        pytest.param([{"d": "/", "d__a": 5, "da": 5}, {"d": "-"}], 5, 0.5, {"/d/a": 2}, id="folder deleted"),
        pytest.param([{"d__e__a": 5, "b": 5}, {"d": "!", "d__c": 90}], 5, 0.95, {"/d/e/a": 2}, id="folder emptied"),
        pytest.param([{"d__a": 10}, {"d": "!", "d__a": 10}], 20, 0.0, {"/d/a": 3}, id="emptied and filled alike"),
        pytest.param([{"a": 10}, {"b": "-"}], 0, 1.0, {}, id="whiteout of what is not there"),
        pytest.param([{"a": 10}, {"a": "@"}], 10, 0.0, {"/a": 2}, id="replaced by a link"),
        pytest.param([{"a": "@"}, {"a": "@"}], 0, 1.0, {}, id="links have no size"),
        pytest.param([{"d": "/"}, {"d": "/"}], 0, 1.0, {}, id="folders are in many layers"),
    ],
)
def test_waste_and_efficiency_are_dives(layers, wasted_bytes, efficiency, paths):
    subject = image(*(layer("RUN x", str(number), **sizes) for number, sizes in enumerate(layers)))
    assert subject.wasted_bytes == wasted_bytes
    assert subject.efficiency == pytest.approx(efficiency)
    assert dict(zip(subject.waste["path"], subject.waste["layers"], strict=True)) == paths
    assert subject.waste["size_kB"].sum() * 1000 == wasted_bytes


def test_waste_and_files_show_the_largest_first_and_folders_not_at_all():
    first = layer(b=2000, a=2000, c=3000, d="/", e="@", f="-")
    assert [*first.files.itertuples(index=False, name=None)] == [
        ("/c", "file", 3.0),
        ("/a", "file", 2.0),
        ("/b", "file", 2.0),
        ("/e", "link", 0.0),
        ("/f", "whiteout", 0.0),
    ]
    twice = image(first, layer(a=2000, c=3000))
    assert [*twice.waste["path"]] == ["/c", "/a"]


def test_a_layer_without_files_still_has_the_columns():
    assert [*layer().files.columns] == ["path", "kind", "size_kB"]
    assert [*image(layer()).waste.columns] == ["path", "layers", "size_kB"]


def test_folder_sums_by_child():
    table = layer(lib__x__a=2_000_000, lib__x__b=1_000_000, lib__y=4_000_000, library=9).folder("/lib")
    assert [*table.itertuples(index=False, name=None)] == [("y", 1, 4.0), ("x", 2, 3.0)]


def test_history_gives_layers_to_the_entries_that_have_one():
    history = [
        {"created_by": "COPY / / # buildkit"},
        {"created_by": "ENV A=1", "empty_layer": True},
        {"created_by": "RUN /bin/sh -c make # buildkit"},
        {"created_by": 'CMD ["a"]', "empty_layer": True},
    ]
    table = image(layer(a=5_000_000), layer(b=20_000), history=history).history
    assert [*table.itertuples(index=False, name=None)] == [
        ("COPY / /", True, 5.0),
        ("ENV A=1", False, 0.0),
        ("RUN make", True, 0.02),
        ('CMD ["a"]', False, 0.0),
    ]


@pytest.mark.parametrize(
    ("created_by", "shown"),
    [
        ("RUN /bin/sh -c pip install x # buildkit", "RUN pip install x"),
        ("RUN |1 VERSION=1 /bin/sh -c true # buildkit", "RUN true"),
        ("RUN |2 A=1 B=two words /bin/sh -c make   all # buildkit", "RUN make all"),
        ("RUN sh -c /bin/sh -c # buildkit", "RUN sh -c /bin/sh -c"),
        ("/bin/sh -c apt-get update", "RUN apt-get update"),
        ('/bin/sh -c #(nop)  CMD ["bash"]', 'CMD ["bash"]'),
        ("COPY . . # buildkit", "COPY . ."),
        ("EXPOSE map[8000/tcp:{}]", "EXPOSE [8000/tcp]"),
        ("EXPOSE map[80/tcp:{} 443/tcp:{}]", "EXPOSE [80/tcp 443/tcp]"),
        ("EXPOSE [8000/tcp]", "EXPOSE [8000/tcp]"),
        ("", ""),
    ],
)
def test_instruction_reads_as_in_a_dockerfile(created_by, shown):
    assert instruction(created_by) == shown


BASE = layer("COPY / /", "base", os=100_000_000)
PACKAGES = layer("RUN pip", "packages", lib=50_000_000)


@pytest.mark.parametrize(
    ("images", "stored"),
    [
        ({}, []),
        ({"a": [BASE]}, [("COPY / /", 100.0, "a")]),
        ({"a": [BASE], "b": [BASE]}, [("COPY / /", 100.0, "a, b")]),
        ({"a": [BASE, PACKAGES], "b": [BASE]}, [("COPY / /", 100.0, "a, b"), ("RUN pip", 50.0, "a")]),
        ({"a": [PACKAGES, PACKAGES]}, [("RUN pip", 50.0, "a")]),
    ],
)
def test_a_shared_layer_is_stored_once(images, stored):
    table = shared_layers({name: image(*layers) for name, layers in images.items()})
    assert [*table.itertuples(index=False, name=None)] == stored


def test_layer_table_tells_the_base_images_layers():
    table = layer_table({"a": image(BASE, PACKAGES)}, image(BASE))
    assert [*table.itertuples(index=False, name=None)] == [
        ("a", 1, "COPY / /", 100.0, True),
        ("a", 2, "RUN pip", 50.0, False),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "path"),
    [
        ("usr/bin/python", "file", "usr/bin/python"),
        ("./usr/bin/python", "file", "usr/bin/python"),
        ("app/.wh.main.py", "whiteout", "app/main.py"),
        (".wh.data.bin", "whiteout", "data.bin"),
        ("app/.wh..wh..opq", "opaque", "app"),
        (".wh..wh..opq", "opaque", ""),
    ],
)
def test_archive_members_become_entries(name, kind, path):
    member = tarfile.TarInfo(name)
    member.size = 7
    entry = module._entry(member)
    assert (entry.path, entry.kind, entry.size_bytes) == (path, kind, 7 if kind == "file" else 0)


@pytest.mark.parametrize("size", [0, 1, 4_000, 100_000, 1_000_000])
def test_gzip_size_is_that_of_gzip(size):
    # Letters by chance, which compress to about half, as programs do.
    data = bytes(random.Random(1).choices(b"abcdefghijklmnop", k=size))
    expected = len(gzip.compress(data, 6))
    assert gzip_size(io.BytesIO(data), chunk_bytes=200_000) == pytest.approx(expected, rel=0.01, abs=20)


def archive(**files: bytes) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return out.getvalue()


def test_compressed_bytes_compresses_plain_layers_and_takes_compressed_ones_as_they_are(tmp_path):
    plain = archive(a=bytes(1_000_000))
    packed = gzip.compress(archive(b=random.Random(2).randbytes(50_000)))
    saved = tmp_path / "saved.tar"
    saved.write_bytes(archive(one=plain, two=packed, **{"manifest.json": b"[]", "oci-layout": b"{}", "empty": b""}))
    engine = SimpleNamespace(docker=["sh", "-c", f"cat {saved}"], environment=dict)
    assert compressed_bytes(engine, "demo") == pytest.approx(len(packed) + len(gzip.compress(plain, 6)), abs=20)


def test_an_image_that_is_not_there_is_told_in_dockers_words():
    engine = SimpleNamespace(docker=["sh", "-c", "echo no such image >&2; exit 1"], environment=dict)
    with pytest.raises(DockerCommandFailed, match="no such image"):
        compressed_bytes(engine, "nowhere")
    with pytest.raises(DockerCommandFailed, match="no such image"):
        module.read_images(engine, ["nowhere"])
