"""Images that a real engine built, read with their layers."""

import json

import pytest

from dockerlab.build import build
from dockerlab.errors import NoSuchImage
from dockerlab.image import ImageReader, Images
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
