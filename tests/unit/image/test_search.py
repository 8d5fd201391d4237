"""The search of an image for a secret, on archives made by hand."""

from __future__ import annotations

import gzip
import io
import tracemalloc

import pytest

from dockerlab.errors import ImageUnreadable, NoSuchImage
from dockerlab.image import search as module
from dockerlab.image.search import COLUMNS, find_in_image, in_stream
from tests.archives import Saved, archive, blob, engine_with, image, tar

NEEDLE = b"made-up-token-1234"
TEXT = NEEDLE.decode()
SHOWN = "made…"


def of(*layers: bytes, more=None, manifest_first=False, **config) -> tuple[Saved, bytes]:
    """An image, and the archive that holds it."""
    one = image(*layers, **config)
    return one, archive(one, more=more, manifest_first=manifest_first)


def search(folder, saved, *needles):
    """What is found in an image."""
    one, content = saved
    found = find_in_image(engine_with(folder, content, news=one), "news", *needles)
    assert tuple(found.columns) == COLUMNS
    return found


def rows(found):
    return [*found.itertuples(index=False, name=None)]


OTHER = tar({"etc/": b"", "etc/motd": b"hello"})
SECRET = tar({"app/.env": b"TOKEN=" + NEEDLE + b"\n"})
ONE = image(SECRET)
DELETED = tar({"app/.wh..env": b""})
RUN = {"created_by": "RUN /bin/sh -c make # buildkit"}
WITH_ARGUMENT = {"created_by": f"RUN |2 MODE=x TOKEN={TEXT} /bin/sh -c make # buildkit"}
LABEL = {"created_by": f"LABEL token={TEXT}", "empty_layer": True}


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        (of(OTHER), []),
        (of(OTHER, SECRET), [("file content", 2, "COPY 2 /", "app/.env", SHOWN)]),
        (of(OTHER, SECRET, DELETED), [("file content", 2, "COPY 2 /", "app/.env", SHOWN)]),
        (of(SECRET, OTHER, manifest_first=True), [("file content", 1, "COPY 1 /", "app/.env", SHOWN)]),
        (of(gzip.compress(SECRET)), [("file content", 1, "COPY 1 /", "app/.env", SHOWN)]),
        (of(tar({}), SECRET), [("file content", 2, "COPY 2 /", "app/.env", SHOWN)]),
        (of(tar({f"keys/{TEXT}.pem": b"x"})), [("file name", 1, "COPY 1 /", f"keys/{SHOWN}.pem", SHOWN)]),
        (of(tar({f"app/.wh.{TEXT}": b""})), [("file name", 1, "COPY 1 /", f"app/.wh.{SHOWN}", SHOWN)]),
        (of(tar({}, links=[("a", f"/{TEXT}")])), [("link target", 1, "COPY 1 /", "a", SHOWN)]),
        (
            of(tar({"a": b""}, pax={"SCHILY.xattr.user.note": TEXT})),
            [("file attribute", 1, "COPY 1 /", "a", SHOWN)],
        ),
        (
            of(OTHER, config={"Env": ["PATH=/bin", f"TOKEN={TEXT}"]}),
            [("image config", 0, "", "config.Env[1]", SHOWN)],
        ),
        (of(OTHER, config={"Labels": {TEXT: "x"}}), [("image config", 0, "", f"config.Labels.{SHOWN}", SHOWN)]),
        (
            of(OTHER, history=[LABEL, RUN]),
            [("history", 0, f"LABEL token={SHOWN}", "history[0].created_by", SHOWN)],
        ),
        (
            of(OTHER, OTHER, history=[RUN, {"created_by": "CMD x", "empty_layer": True}, WITH_ARGUMENT]),
            [("build argument", 2, "RUN make", "TOKEN", SHOWN)],
        ),
        (
            of(OTHER, history=[{"created_by": f"ARG TOKEN={TEXT}", "empty_layer": True}, RUN]),
            [("build argument", 0, f"ARG TOKEN={SHOWN}", "TOKEN", SHOWN)],
        ),
        (
            of(OTHER, history=[{"created_by": f"RUN |1 A=b /bin/sh -c echo {TEXT}"}]),
            [("history", 1, f"RUN echo {SHOWN}", "history[0].created_by", SHOWN)],
        ),
        (of(OTHER, more={"attestation": b'{"x": "%s"}' % NEEDLE}), [("manifest", 0, "", "attestation", SHOWN)]),
    ],
    ids=[
        "not there", "in a layer", "deleted in a later layer", "manifest first", "gzip layer", "a layer without files",
        "file name", "name of a deleted file", "link target", "extended attribute", "environment", "label's name",
        "history", "build argument", "ARG", "in a command", "another document",
    ],
)  # fmt: skip
def test_where_a_needle_is_found(tmp_path, saved, expected):
    assert rows(search(tmp_path, saved, NEEDLE)) == expected


@pytest.mark.parametrize("chunk", [1, 7, len(NEEDLE) - 1, len(NEEDLE), len(NEEDLE) + 1, 64])
@pytest.mark.parametrize("before", [0, 1, 60, 64, 100])
def test_a_needle_across_the_border_of_two_chunks_is_found(monkeypatch, chunk, before):
    monkeypatch.setattr(module, "CHUNK_BYTES", chunk)
    assert in_stream(io.BytesIO(b"-" * before + NEEDLE + b"-"), [b"absent", NEEDLE]) == [NEEDLE]
    assert in_stream(io.BytesIO(b"-" * before + NEEDLE[:-1]), [NEEDLE]) == []


def test_a_file_is_searched_in_pieces_whatever_its_size(monkeypatch):
    monkeypatch.setattr(module, "CHUNK_BYTES", 100_000)
    file = io.BytesIO(bytes(50_000_000))
    tracemalloc.start()
    assert in_stream(file, [b"x" * 17]) == []
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


def test_the_search_ends_when_all_needles_are_found(monkeypatch):
    monkeypatch.setattr(module, "CHUNK_BYTES", 100)
    file = io.BytesIO(b"-" * 50 + NEEDLE + bytes(10_000))
    assert in_stream(file, [NEEDLE]) == [NEEDLE]
    assert file.tell() == 100


def test_each_needle_is_a_row_and_the_numbers_searched_are_told(tmp_path):
    several = of(OTHER, tar({"a": b"first-one second-one"}))
    found = search(tmp_path, several, "first-one", b"second-one", "third-one", "first-one")
    assert [*found["what"]] == ["fir…", "sec…"]
    found = search(tmp_path, several, "absent")
    assert (found.empty, found.attrs) == (True, {"layers": 2, "files": 2})


def test_a_layer_that_is_in_an_image_twice_is_told_twice_and_counted_once(tmp_path):
    found = search(tmp_path, of(SECRET, SECRET), NEEDLE)
    assert [*found["layer"]] == [1, 2]
    assert found.attrs == {"layers": 2, "files": 1}


def test_only_the_image_that_was_named_is_searched(tmp_path):
    """Not the first of the archive: there may be several images of one name."""
    clean, other = image(OTHER), image(SECRET)
    engine = engine_with(tmp_path, archive(other, clean), clean=clean, leak=other)
    assert find_in_image(engine, "clean", NEEDLE).empty
    assert [*find_in_image(engine, "leak", NEEDLE)["path"]] == ["app/.env"]
    assert (tmp_path / "asked").read_text().split() == ["save", clean.id, "save", other.id]


@pytest.mark.parametrize(
    ("history", "layer"),
    [
        ([WITH_ARGUMENT], 2),
        ([RUN, RUN, WITH_ARGUMENT], 2),
        ([WITH_ARGUMENT, RUN, RUN], 0),
        ([{"created_by": None}, WITH_ARGUMENT], 2),
    ],
    ids=["too short", "too long", "of no layer", "without an instruction"],
)
def test_a_history_that_does_not_fit_the_layers_is_searched_too(tmp_path, history, layer):
    found = search(tmp_path, of(OTHER, OTHER, history=history), NEEDLE)
    assert rows(found) == [("build argument", layer, "RUN make", "TOKEN", SHOWN)]


@pytest.mark.parametrize("needles", [(), ("",), ("x", b"")])
def test_an_empty_needle_is_refused(tmp_path, needles):
    with pytest.raises(ValueError, match="needle"):
        search(tmp_path, of(OTHER), *needles)


def test_an_image_that_is_not_there_is_named(tmp_path):
    with pytest.raises(NoSuchImage) as caught:
        find_in_image(engine_with(tmp_path, b""), "nowhere", NEEDLE)
    assert caught.value.image == "nowhere"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (archive(ONE)[:1400], "damaged"),
        (archive(ONE, more={blob(SECRET): gzip.compress(SECRET)[:-20]}), "damaged"),
        (archive(ONE, more={blob(SECRET): SECRET[:600]}), "damaged"),
        (archive(ONE, more={blob(SECRET): b"\x28\xb5\x2f\xfd zstd"}), "compressed with zstd"),
        (archive(ONE, more={blob(SECRET): None}), "no 'blobs/"),
    ],
    ids=["cut off", "gzip cut off", "layer cut off", "zstd", "missing"],
)
def test_what_cannot_be_searched_is_an_error_and_never_an_absence(tmp_path, content, said):
    """Each case of test_archive.py; these show that the search does not swallow them."""
    with pytest.raises(ImageUnreadable, match=said) as caught:
        find_in_image(engine_with(tmp_path, content, news=ONE), "news", b"absent")
    assert caught.value.image == "news"
