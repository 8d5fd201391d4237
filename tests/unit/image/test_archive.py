"""The reader of `docker save` archives, on archives made by hand: what it takes a part for, and what it refuses."""

from __future__ import annotations

import gzip
import json
import tarfile
import time
import tracemalloc

import pytest

from dockerlab.errors import DockerCommandFailed, EngineUnavailable, ImageUnreadable
from dockerlab.image import archive as module
from dockerlab.image.archive import read_saved, zstd
from dockerlab.image.reader import read_layer
from tests.archives import archive, blob, digest, engine_with, image, in_parts, member, sparse, tar, tar_of, zstd_note

BASE = tar({"etc/": b"", "etc/motd": b"hello"})
CODE = tar({"app/main.py": b"print()"})
PACKED, ZSTD = gzip.compress(BASE), zstd.compress(BASE)


def names(layer):
    """What the tests visit layers for: the paths in them."""
    return [member.name for member, _ in layer.members()]


def read(folder, content, *images, visit=names, known=None, script=""):
    """The images that are read from an archive, in the order asked for."""
    engine = engine_with(folder, content, script)
    saved = read_saved(engine, {one.id: "news-api" for one in images}, visit, known)
    return [saved[one.id] for one in images]


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        ([BASE, CODE], [["etc", "etc/motd"], ["app/main.py"]]),
        ([PACKED, CODE], [["etc", "etc/motd"], ["app/main.py"]]),
        ([ZSTD, CODE], [["etc", "etc/motd"], ["app/main.py"]]),
        ([in_parts(BASE, gzip.compress)], [["etc", "etc/motd"]]),
        ([in_parts(BASE, zstd.compress)], [["etc", "etc/motd"]]),
        ([zstd_note(b"x") + in_parts(BASE, lambda part: zstd.compress(part) + zstd_note(b"y"))], [["etc", "etc/motd"]]),
        ([gzip.compress(tar({})), zstd.compress(tar({}))], [[], []]),
        ([tar({}), CODE], [[], ["app/main.py"]]),
        ([BASE, BASE], [["etc", "etc/motd"]] * 2),
        ([tar({"a": bytes(3_000_000), "b": b"x"})], [["a", "b"]]),
        ([tar({"long/" * 60 + "name": b"x"})], [["long/" * 60 + "name"]]),
        ([], []),
    ],
    ids=[
        "plain", "gzip", "zstd", "gzip in parts", "zstd in parts", "zstd in parts with notes", "no files, compressed",
        "no files", "the same twice", "a large file", "a long name", "no layers",
    ],
)  # fmt: skip
@pytest.mark.parametrize("manifest_first", [True, False])
def test_layers_are_told_by_their_content(tmp_path, layers, expected, manifest_first):
    one = image(*layers)
    (found,) = read(tmp_path, archive(one, manifest_first=manifest_first), one)
    assert [
        (diff_id, f"COPY {number} /", paths)
        for number, (diff_id, paths) in enumerate(zip(map(digest, layers), expected, strict=True), 1)
    ] == found.layers


def of_1979(content):
    """An archive as it was before the form had a name: without `ustar` in its headers."""
    header = bytearray(content[:512])
    header[257:265], header[148:156] = bytes(8), b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + content[512:]


@pytest.mark.parametrize(
    ("layer", "path", "kind", "size_bytes"),
    [
        (tar_of(member("a", size=5)), "a", "file", 5),
        (of_1979(tar_of(member("a", size=5), form=tarfile.USTAR_FORMAT)), "a", "file", 5),
        (tar_of(member("x" * 300, size=5), form=tarfile.PAX_FORMAT), "x" * 300, "file", 5),
        (tar_of(member("x" * 300, size=5), form=tarfile.GNU_FORMAT), "x" * 300, "file", 5),
        (tar_of(member("\udcff", size=5), form=tarfile.GNU_FORMAT), "\udcff", "file", 5),
        (tar_of(member("a", size=5, pax_headers={"mtime": "1.5"})), "a", "file", 5),
        (tar_of(member("a", size=5, uid=1 << 40), form=tarfile.GNU_FORMAT), "a", "file", 5),
        (tar_of(member("a", tarfile.LNKTYPE, linkname="b")), "a", "link", 0),
        (tar_of(member("a", tarfile.SYMTYPE, linkname="y" * 300)), "a", "link", 0),
        (tar_of(member("a", tarfile.CHRTYPE)), "a", "other", 0),
        (tar_of(member("a", tarfile.DIRTYPE)), "a", "directory", 0),
        (tar_of(member("/a", size=5)), "a", "file", 5),
        (tar_of(member("./a", size=5)), "a", "file", 5),
        (tar_of(member(".wh.a")), "a", "whiteout", 0),
        (sparse("a", 9_000_000), "a", "file", 9_000_000),
    ],
    ids=[
        "a file", "from before 1988", "a long name", "a long name by GNU", "a name of other bytes", "extra attributes",
        "a large number", "a hard link", "a link to a long name", "a device", "a folder", "an absolute path", "a dot",
        "a whiteout", "a file with holes",
    ],
)  # fmt: skip
@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstd.compress], ids=["plain", "gzip", "zstd"])
def test_a_layer_may_begin_with_anything(tmp_path, layer, compress, path, kind, size_bytes):
    one = image(compress(layer))
    (found,) = read(tmp_path, archive(one), one, visit=read_layer)
    assert [(e.path, e.kind, e.size_bytes) for e in found.layers[0][2].entries] == [(path, kind, size_bytes)]


def test_a_visit_learns_how_a_layer_is_stored(tmp_path):
    one = image(BASE, PACKED, ZSTD)
    (found,) = read(
        tmp_path, archive(one), one, visit=lambda b: (b.path, b.size_bytes, b.compression, b.stream.read(99_999))
    )
    assert [result for *_, result in found.layers] == [
        (blob(BASE), len(BASE), "", BASE),
        (blob(PACKED), len(PACKED), "gzip", BASE),
        (blob(ZSTD), len(ZSTD), "zstd", BASE),
    ]


def passed_by(folder, content, one):
    """What is passed by while an image is read: path -> content."""
    seen = {}

    def keep(path, stream):
        seen[path] = b"".join(iter(lambda: stream.read(400), b""))

    read_saved(engine_with(folder, content), {one.id: "x"}, names, pass_by=keep)
    return seen


@pytest.mark.parametrize("limit", [8 << 20, 1000])
def test_what_is_no_layer_is_passed_by_as_a_whole(tmp_path, monkeypatch, limit):
    monkeypatch.setattr(module, "DOCUMENT_BYTES", limit)
    one, listed = image(BASE), b'{"predicateType": "a list of software", "x": "%s"}' % (b"x" * 2000)
    more = {
        "note": b"?",
        "empty": b"",
        "list": listed,
        "packed": gzip.compress(listed),
        "zpacked": zstd.compress(listed),
    }
    seen = passed_by(tmp_path, archive(one, more=more), one)
    assert sorted(seen) == sorted([*more, one.item["Config"], "manifest.json", "oci-layout"])
    assert {path: seen[path] for path in more} == more | {"packed": listed, "zpacked": listed}


def test_large_attestations_are_not_kept(tmp_path):
    """A list of the software in an image can have some MB, and an archive has one for each platform."""
    one = image(BASE)
    statement = b'{"predicateType": "%s", "x": "' + b"x" * 2_000_000 + b'"}'
    content = archive(one, more={f"list{number}": statement % b"%d" % number for number in range(20)})
    tracemalloc.start()
    assert read(tmp_path, content, one)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 15_000_000


def test_a_layer_that_is_a_link_to_another_is_that_layer(tmp_path):
    """Engines before 25 write a layer as ID/layer.tar, a config as DIGEST.json, and a repeated layer as a link."""
    item = [{"Config": "abc.json", "Layers": ["one/layer.tar", "two/layer.tar"], "RepoTags": ["x:1"]}]
    files = {
        "one/layer.tar": BASE,
        "abc.json": b'{"history": [], "rootfs": {"diff_ids": ["x", "x"]}}',
        "manifest.json": json.dumps(item).encode(),
    }
    content = tar(files, links=[("two/layer.tar", "../one/layer.tar"), ("lost", "../../nowhere")])
    found = read_saved(engine_with(tmp_path, content), {"sha256:abc": "x"}, names)["sha256:abc"]
    assert found.layers == [("x", "", ["etc", "etc/motd"])] * 2


FIRST, SECOND = image(BASE, CODE), image(BASE, tar({"other": b""}))


def test_two_images_in_one_archive_are_told_apart_by_their_ids(tmp_path):
    found = read(tmp_path, archive(SECOND, FIRST), FIRST, SECOND)
    assert [one.layers[1][2] for one in found] == [["app/main.py"], ["other"]]
    assert (tmp_path / "asked").read_text().split() == ["save", FIRST.id, SECOND.id]


def document(**content):
    return json.dumps(content).encode()


@pytest.mark.parametrize("of_manifest", [True, False], ids=["manifest", "index"])
def test_the_containerd_store_names_an_image_by_its_manifest_or_its_index(tmp_path, of_manifest):
    more, ids = {}, {}
    for one in (FIRST, SECOND):
        manifest = document(config={"digest": one.id}, layers=[{"digest": "sha256:a"}], subject=one.id)
        attestation = document(config={"digest": "sha256:not-there"}, layers=[])
        index = document(manifests=[{"digest": digest(attestation)}, {"digest": digest(manifest)}, {"digest": "gone"}])
        more |= {blob(content): content for content in (manifest, attestation, index)}
        ids[digest(manifest if of_manifest else index)] = one
    found = read_saved(engine_with(tmp_path, archive(SECOND, FIRST, more=more)), dict.fromkeys(ids, "x"), names)
    assert {image_id: one.config for image_id, one in found.items()} == {
        image_id: json.loads(one.files[one.item["Config"]]) for image_id, one in ids.items()
    }


def test_an_index_that_fits_two_images_is_not_guessed_at(tmp_path):
    index = document(manifests=[{"digest": FIRST.id}, {"digest": SECOND.id}])
    content = archive(SECOND, FIRST, more={blob(index): index})
    with pytest.raises(ImageUnreadable, match=f"no '{digest(index)}'"):
        read_saved(engine_with(tmp_path, content), {digest(index): "x"}, names)


def test_layers_that_are_known_are_not_visited_again(tmp_path):
    visited, known = [], {}

    def visit(layer):
        visited.append(layer.path)
        return names(layer)

    read(tmp_path, archive(FIRST), FIRST, visit=visit, known=known)
    assert visited == [blob(BASE), blob(CODE)] == [*known]
    (found,) = read(tmp_path, archive(SECOND), SECOND, visit=visit, known=known)
    assert [paths for *_, paths in found.layers] == [["etc", "etc/motd"], ["other"]]
    assert len(visited) == len(known) == 3


@pytest.mark.parametrize(
    ("history", "created_by"),
    [
        (None, ["", ""]),
        ([], ["", ""]),
        ([{"created_by": "a"}], ["", "a"]),
        ([{"created_by": "a"}, {"created_by": "b"}, {"created_by": "c"}], ["b", "c"]),
        ([{}, {"created_by": None}], ["", ""]),
    ],
    ids=["null", "empty", "too short", "too long", "without instructions"],
)
def test_a_history_need_not_fit_the_layers(tmp_path, history, created_by):
    one = image(BASE, CODE, history=history)
    (found,) = read(tmp_path, archive(one), one)
    assert [layer[1:] for layer in found.layers] == [
        *zip(created_by, [["etc", "etc/motd"], ["app/main.py"]], strict=True)
    ]


TWO = tar({"a": b"x" * 600, "b": b"y" * 600})
ONE = image(BASE)
CONFIG = ONE.item["Config"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", r"its archive is damaged \(empty file\)"),
        (b"not an archive" * 100, "its archive is damaged"),
        (archive(ONE)[:1400], "its archive is damaged"),
        (archive(ONE) + b"more", "its archive is damaged .after the last file comes something"),
        (archive(ONE, more={"manifest.json": None}), "no 'manifest.json'"),
        (archive(ONE, more={"manifest.json": b"[]"}), f"no '{ONE.id}'"),
        (archive(ONE, more={"manifest.json": b"null"}), "its manifest or its config is damaged"),
        (archive(ONE, more={"manifest.json": b"[{}]"}), "no 'Config'"),
        (archive(ONE, more={"manifest.json": b"{"}), "its manifest or its config is damaged"),
        (archive(image(BASE, CODE), image(BASE, TWO)), f"no '{ONE.id}'"),
        (archive(ONE, more={CONFIG: None}), f"no '{CONFIG}'"),
        (archive(ONE, more={CONFIG: b"\xff"}), "its manifest or its config is damaged"),
        (archive(ONE, more={CONFIG: b"[]"}), "its manifest or its config is damaged"),
        (archive(ONE, more={blob(BASE): None}), f"no '{blob(BASE)}'"),
        (archive(ONE, more={blob(BASE): b""}), f"no '{blob(BASE)}'"),
        (archive(ONE, more={blob(BASE): b"a text"}), f"no '{blob(BASE)}'"),
        (archive(ONE, more={blob(BASE): gzip.compress(b"a text")}), f"no '{blob(BASE)}'"),
        (archive(ONE, more={blob(BASE): zstd.compress(b"a text")}), f"no '{blob(BASE)}'"),
        (archive(ONE, more={blob(BASE): zstd_note(BASE)}), f"no '{blob(BASE)}'"),
        (archive(ONE, more={blob(BASE): ZSTD[:-3]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): ZSTD[:5]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): ZSTD + zstd.compress(bytes(512))[:-1]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): ZSTD + zstd_note(b"note")[:-1]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): ZSTD + b"more"}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): ZSTD + zstd.compress(b"more")}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): zstd.compress(BASE[:1100])}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): zstd.compress(TWO[:1024])}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): PACKED + gzip.compress(b"more")}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): PACKED + gzip.compress(bytes(512))[:-9]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): PACKED[:-20]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): PACKED + b"more"}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): PACKED[:40] + b"?" + PACKED[41:]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): BASE[:1100]}), "its archive is damaged"),
        (archive(ONE, more={blob(BASE): BASE + b"more"}), "its archive is damaged .after the last file"),
        (archive(ONE, more={blob(BASE): TWO.replace(b"b\0\0", b"q\0\0", 1)}), "its archive is damaged .after the last"),
    ],
    ids=[
        "nothing", "no archive", "cut off", "garbage after the end", "no manifest", "an empty manifest",
        "a null manifest", "a manifest of nothing", "a manifest cut off", "other images", "no config",
        "a config of bytes", "a config of another form", "no layer", "an empty layer", "a layer of text",
        "a gzip layer of text", "a zstd layer of text", "a zstd layer of a note", "a zstd layer cut off",
        "a zstd layer that only begins", "a second zstd frame cut off", "a zstd note cut off",
        "garbage after a zstd layer", "garbage in a second zstd frame", "a layer cut off, then zstd",
        "a zstd layer without its last part", "garbage in a second gzip member", "a second gzip member cut off",
        "a gzip layer cut off", "garbage after a gzip layer", "a damaged gzip layer", "a layer cut off",
        "garbage after a layer", "a damaged header in a layer",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_told_and_never_left_out(tmp_path, content, said):
    with pytest.raises(ImageUnreadable, match=said) as caught:
        read(tmp_path, content, ONE)
    assert caught.value.image == "news-api"


@pytest.mark.parametrize("diff_ids", [[], ["a"], ["a", "b", "c"], None])
def test_a_config_must_list_as_many_layers_as_there_are(tmp_path, diff_ids):
    one = image(BASE, CODE, rootfs={"diff_ids": diff_ids})
    with pytest.raises(ImageUnreadable, match="its manifest or its config is damaged"):
        read(tmp_path, archive(one), one)


@pytest.mark.parametrize("path", ["manifest.json", CONFIG])
def test_a_document_that_is_too_large_to_be_one_is_not_read(tmp_path, monkeypatch, path):
    monkeypatch.setattr(module, "DOCUMENT_BYTES", 1000)
    content = archive(ONE, more={path: ONE.files.get(path, b"[]").ljust(2000)})
    with pytest.raises(ImageUnreadable, match=f"no '{path}' that the course can read"):
        read(tmp_path, content, ONE)


@pytest.mark.parametrize("content", [b"", archive(ONE)[:1400], archive(ONE)], ids=["nothing", "cut off", "whole"])
def test_dockers_own_words_come_first(tmp_path, content):
    with pytest.raises(DockerCommandFailed, match="no space left") as caught:
        read(tmp_path, content, ONE, script="echo no space left >&2; exit 3")
    assert (caught.value.exit_code, caught.value.command) == (3, f"docker save {ONE.id}")


def test_docker_goes_on_to_its_end_when_the_archive_cannot_be_read(tmp_path):
    """Without that it would end by a broken pipe, and its own words would be about that."""
    with pytest.raises(DockerCommandFailed, match="at the end"):
        read(tmp_path, b"?" * 1_000_000, ONE, script="echo at the end >&2; exit 1")


def test_an_interrupt_ends_docker(tmp_path):
    def visit(layer):
        raise KeyboardInterrupt

    content = archive(ONE, more={"large": bytes(4 * module.PIECE_BYTES)})  # the rest is still to come
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        read(tmp_path, content, ONE, visit=visit, script="exec sleep 30")
    assert time.monotonic() - begin < 10


def test_a_docker_that_cannot_be_started_is_told(tmp_path):
    engine = engine_with(tmp_path, b"")
    (tmp_path / "docker").unlink()
    with pytest.raises(EngineUnavailable):
        read_saved(engine, {"sha256:x": "x"}, names)
