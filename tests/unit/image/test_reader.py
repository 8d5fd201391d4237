"""Reading images out of an engine that saves archives made by hand: each layer once, each image by its ID."""

from __future__ import annotations

import tarfile
from types import SimpleNamespace

import pytest

from dockerlab.errors import ImageUnreadable, NoSuchImage
from dockerlab.image import Image, ImageReader, Layer, reader
from dockerlab.image.layer import Entry
from dockerlab.image.reader import entry
from tests.archives import archive, engine_with, image, tar

BASE = tar({"etc/": b"", "etc/motd": b"hello"})
FIRST, SECOND = image(BASE, tar({"a": b"1"})), image(BASE, tar({"b": b"22", "b.wh.c": b""}))


@pytest.fixture
def visits(monkeypatch):
    """The paths of the layers that were read, in order."""
    visited = []
    listed = reader.read_layer

    def counted(layer):
        visited.append(layer.path)
        return listed(layer)

    monkeypatch.setattr(reader, "read_layer", counted)
    return visited


def asked(folder):
    """What `docker save` was asked for, each time."""
    return [line.split()[1:] for line in (folder / "asked").read_text().splitlines()]


def test_an_image_has_its_config_and_layers(tmp_path):
    read = ImageReader(engine_with(tmp_path, archive(FIRST), news=FIRST)).read("news")
    first, second = FIRST.item["Layers"]
    assert read == {
        "news": Image(
            "news",
            FIRST.id,
            read["news"].config,
            (
                Layer(
                    first.replace("blobs/sha256/", "sha256:"),
                    "COPY 1 /",
                    (Entry("etc", 0, "directory"), Entry("etc/motd", 5, "file")),
                ),
                Layer(second.replace("blobs/sha256/", "sha256:"), "COPY 2 /", (Entry("a", 1, "file"),)),
            ),
        )
    }
    assert read["news"].config["history"][0] == {"created_by": "COPY 1 /"}


@pytest.mark.parametrize(
    ("references", "saved", "number_of_layers"),
    [
        (["first", "second"], [[FIRST.id, SECOND.id]], 3),
        (["second", "first"], [[SECOND.id, FIRST.id]], 3),
        (["first", "another-tag"], [[FIRST.id]], 3),
        (["first", FIRST.id, "f1"], [[FIRST.id]], 3),
        (["first", "first"], [[FIRST.id]], 3),
        ([], [], 0),
    ],
    ids=["two images", "in another order", "two tags", "name and ID", "twice", "none"],
)
def test_images_are_told_apart_by_their_ids(tmp_path, visits, references, saved, number_of_layers):
    (tmp_path / "asked").touch()
    names = {"first": FIRST, "second": SECOND, "another-tag": FIRST, FIRST.id: FIRST, "f1": FIRST}
    read = ImageReader(engine_with(tmp_path, archive(SECOND, FIRST), **names)).read(*references)
    assert {name: (found.reference, found.id) for name, found in read.items()} == {
        name: (name, names[name].id) for name in references
    }
    assert [found.layers[1].entries[0].path for found in read.values()] == [
        "b" if name == "second" else "a" for name in dict.fromkeys(references)
    ]
    assert asked(tmp_path) == saved
    assert len(visits) == len(set(visits)) == number_of_layers


def test_nothing_is_read_twice(tmp_path, visits):
    engine = engine_with(tmp_path, archive(FIRST), first=FIRST, tag=FIRST, second=SECOND)
    images = ImageReader(engine)
    first = images.read("first")["first"]
    assert images.read("first")["first"] is first
    assert images.read("tag")["tag"].layers is first.layers
    assert (len(visits), len(asked(tmp_path))) == (2, 1)
    (tmp_path / "saved.tar").write_bytes(archive(SECOND))
    second = images.read("first", "second")["second"]
    assert (len(visits), asked(tmp_path)) == (3, [[FIRST.id], [SECOND.id]])
    assert second.layers[0].entries is first.layers[0].entries


def test_a_layer_is_kept_by_its_diff_id(tmp_path):
    """Also if the archive has it under another name, as with engines before 25."""
    engine = engine_with(tmp_path, archive(FIRST), first=FIRST, second=SECOND)
    images = ImageReader(engine)
    first = images.read("first")["first"]
    path = SECOND.item["Layers"][0]
    renamed = SECOND._replace(
        item=SECOND.item | {"Layers": ["one/layer.tar", SECOND.item["Layers"][1]]},
        files={("one/layer.tar" if name == path else name): content for name, content in SECOND.files.items()},
    )
    (tmp_path / "saved.tar").write_bytes(archive(renamed))
    assert images.read("second")["second"].layers[0].entries is first.layers[0].entries


def test_a_tag_that_has_moved_gives_the_new_image(tmp_path):
    tags = {"news": FIRST.id}
    engine = engine_with(tmp_path, archive(FIRST, SECOND), **tags)
    engine.client().images.get = lambda reference: SimpleNamespace(id=tags[reference])
    images = ImageReader(engine)
    assert images.read("news")["news"].id == FIRST.id
    tags["news"] = SECOND.id
    assert images.read("news")["news"].id == SECOND.id


def test_an_image_that_is_not_there_is_named_and_nothing_is_saved(tmp_path):
    with pytest.raises(NoSuchImage) as caught:
        ImageReader(engine_with(tmp_path, archive(FIRST), first=FIRST)).read("first", "nowhere")
    assert caught.value.image == "nowhere"
    assert not (tmp_path / "asked").exists()


def test_after_an_unreadable_image_the_next_is_read_afresh(tmp_path):
    images = ImageReader(engine_with(tmp_path, archive(FIRST)[:1400], first=FIRST, second=SECOND))
    with pytest.raises(ImageUnreadable, match="first, second cannot be read"):
        images.read("first", "second")
    (tmp_path / "saved.tar").write_bytes(archive(FIRST))
    assert images.read("first")["first"].size_bytes == 6


@pytest.mark.parametrize(
    ("name", "kind", "path"),
    [
        ("usr/bin/python", "file", "usr/bin/python"),
        ("./usr/bin/python", "file", "usr/bin/python"),
        ("/usr/bin/python", "file", "usr/bin/python"),
        ("//usr/./bin//python", "file", "usr/bin/python"),
        ("usr/lib/../bin/python", "file", "usr/bin/python"),
        ("./", "file", ""),
        ("./app/.wh.main.py", "whiteout", "app/main.py"),
        (".wh..wh.aufs", "file", ".wh..wh.aufs"),  # a storage driver's note deletes nothing
        ("app/.wh.main.py", "whiteout", "app/main.py"),
        (".wh.data.bin", "whiteout", "data.bin"),
        ("app/.wh..wh..opq", "opaque", "app"),
        (".wh..wh..opq", "opaque", ""),
    ],
)
def test_archive_members_become_entries(name, kind, path):
    member = tarfile.TarInfo(name)
    member.size = 7
    assert entry(member) == Entry(path, 7 if kind == "file" else 0, kind)


@pytest.mark.parametrize(
    ("type_of", "kind"),
    [
        (tarfile.DIRTYPE, "directory"),
        (tarfile.SYMTYPE, "link"),
        (tarfile.LNKTYPE, "link"),
        (tarfile.CHRTYPE, "other"),
        (tarfile.FIFOTYPE, "other"),
    ],
)
def test_only_files_have_a_size(type_of, kind):
    member = tarfile.TarInfo("dev/x")
    member.type, member.size = type_of, 7
    assert entry(member) == Entry("dev/x", 0, kind)
