"""Images that a real engine built, read with their layers."""

import json

import pytest

from dockerlab.build import build
from dockerlab.engine.find import connect
from dockerlab.errors import NoSuchImage
from dockerlab.image import ImageReader, Images
from dockerlab.image.archive import read_saved
from dockerlab.image.search import find_in_image
from dockerlab.image.sizes import size_measures

pytestmark = pytest.mark.engine

BASE = "python:3.11-slim"


@pytest.fixture
def tag(engine, run, tmp_path):
    """An image with two layers on the base image."""
    (tmp_path / "data").write_bytes(b"x" * 2_000_000)
    (tmp_path / "Dockerfile").write_text(
        f"FROM {BASE}\nENV A=1\nCOPY data /srv/deep/data\nRUN rm /srv/deep/data && mkdir /empty\n"
    )
    name = f"dockerlab-test:{run}"
    build(f"-t {name} .", engine=engine, cwd=tmp_path, run=run)
    return name


def test_an_image_that_is_not_there_is_named(engine):
    with pytest.raises(NoSuchImage) as caught:
        ImageReader(engine).read(BASE, "no-such-image:1")
    assert caught.value.image == "no-such-image:1"


def test_an_image_is_read_with_layers_history_and_folders(engine, tag):
    read = ImageReader(engine).read(BASE, tag)
    image, base = read[tag], read[BASE]
    copied, removed = image.layers[-2:]
    assert (copied.created_by, copied.size_bytes) == ("COPY data /srv/deep/data", 2_000_000)
    assert copied.folder("/srv").to_dict("records") == [{"name": "deep", "files": 1, "size_MB": 2.0}]
    assert [(e.path, e.kind) for e in removed.entries if e.kind == "whiteout"] == [("srv/deep/data", "whiteout")]
    assert image.layer("COPY data") is copied
    assert list(image.history["layer"].tail(3)) == [False, True, True]
    table = Images({tag: image}, base).layers
    assert list(table["base"]) == [True] * len(base.layers) + [False, False]
    assert image.size_bytes - base.size_bytes == 2_000_000


def test_tag_second_tag_id_and_short_id_are_one_image(engine, run, tag):
    again = f"dockerlab-test:{run}-again"
    engine.run("tag", tag, again)
    image_id = engine.client().images.get(tag).id
    read = ImageReader(engine).read(BASE, again, tag, image_id, image_id[7:19])
    assert {name: image.id for name, image in read.items() if name != BASE} == dict.fromkeys(
        (again, tag, image_id, image_id[7:19]), image_id
    )
    assert read[BASE].id != image_id
    assert all(image.reference == name for name, image in read.items())


def test_an_image_without_a_name_is_read_by_its_id(engine, run, tag):
    image_id = json.loads(engine.run("inspect", tag))[0]["Id"]
    engine.run("tag", BASE, tag)  # takes the name away
    try:
        read = ImageReader(engine).read(image_id, tag)
    finally:
        engine.run("rmi", tag)
    assert read[image_id].layers[-2].created_by == "COPY data /srv/deep/data"
    assert len(read[tag].layers) == len(read[image_id].layers) - 2


def test_the_measures_of_a_size_are_told(engine, tag):
    image = ImageReader(engine).read(tag)[tag]
    measures = size_measures(engine, image)
    assert measures["files in the layers"] == image.size_MB
    assert 0 < measures["layers compressed, as a pull transfers them"] < image.size_MB
    assert 0 <= measures["docker system df: this image alone"] <= measures["docker image ls"]


@pytest.mark.parametrize("compression", ["zstd", "gzip", "uncompressed"])
def test_a_layer_is_read_however_the_containerd_store_keeps_it(second_private, tmp_path, monkeypatch, compression):
    """That store keeps layers as they came, compressed or not, and also what an image's attestations say."""
    monkeypatch.setenv("TEST_INTEGRATION_USE_SNAPSHOTTER", "1")  # dockerd's own switch for tests
    second_private.up()
    engine = connect(second_private)
    assert engine.server.has_containerd_store
    (tmp_path / "Dockerfile").write_text("FROM scratch\nARG TOKEN\nCOPY data /data\n")
    (tmp_path / "data").mkdir()
    for number in range(40):
        (tmp_path / "data" / str(number)).write_bytes(b"made-up" * 20_000)
    output = f"type=image,name=x:1,compression={compression},force-compression=true,oci-mediatypes=true"
    engine.run(
        "buildx",
        "build",
        "--provenance=mode=max",
        "--build-arg",
        "TOKEN=a&b<c>-secret",
        "--output",
        output,
        str(tmp_path),
    )
    image = ImageReader(engine).read("x:1")["x:1"]
    assert [(layer.created_by, layer.size_bytes) for layer in image.layers] == [("COPY data /data", 40 * 140_000)]
    saved = read_saved(engine, {image.id: "x:1"}, lambda blob: (blob.compression, blob.size_bytes))[image.id]
    stored, size_bytes = saved.layers[0][2]
    assert stored == compression.replace("uncompressed", "")
    packed = size_measures(engine, image)["layers compressed, as a pull transfers them"] * 1e6
    assert (packed == pytest.approx(size_bytes)) == bool(stored)
    assert len(find_in_image(engine, "x:1", "made-up")) == 40
    assert {*find_in_image(engine, "x:1", "a&b<c>-secret")["where"]} == {"build argument", "manifest"}
