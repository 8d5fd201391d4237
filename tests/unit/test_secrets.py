"""The search for a secret, on hand-made archives in the form of `docker save`."""

import gzip
import io
import json
import tarfile

import pytest

from dockerlab.errors import ImageUnreadable
from dockerlab.image import search as secrets

NEEDLE = b"made-up-token-1234"
TEXT = NEEDLE.decode()
SHOWN = "made…"


def tar(files, links=(), pax=None):
    """A tar of path -> bytes; a path that ends in a slash is a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.pax_headers = dict(pax or {})
            if path.endswith("/"):
                member.type = tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO(content))
        for path, target in links:
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return out.getvalue()


def saved(*layers, history=None, config=None, more=None, manifest_first=False):
    """An archive as `docker save` writes it, with the given layers, base first."""
    paths = [f"blobs/sha256/{number}" for number in range(len(layers))]
    history = history or [{"created_by": f"COPY {number} /"} for number, _ in enumerate(layers, 1)]
    document = {"config": config or {}, "history": history, "rootfs": {"diff_ids": paths}}
    manifest = {"manifest.json": json.dumps([{"Config": "blobs/sha256/config", "Layers": paths}]).encode()}
    files = dict(zip(paths, layers, strict=True)) | {"blobs/sha256/config": json.dumps(document).encode()}
    files |= more or {}
    return tar(manifest | files if manifest_first else files | manifest)


def rows(archive, *needles):
    found = secrets.find_in_archive(io.BytesIO(archive), *(needles or [NEEDLE]))
    assert tuple(found.columns) == secrets.COLUMNS
    return [tuple(row) for row in found.itertuples(index=False)]


OTHER = tar({"etc/": b"", "etc/motd": b"hello"})
SECRET = tar({"app/.env": b"TOKEN=" + NEEDLE + b"\n"})
DELETED = tar({"app/.wh..env": b""})
RUN = {"created_by": "RUN /bin/sh -c make # buildkit"}
WITH_ARGUMENT = {"created_by": f"RUN |2 MODE=x TOKEN={TEXT} /bin/sh -c make # buildkit"}
LABEL = {"created_by": f"LABEL token={TEXT}", "empty_layer": True}


@pytest.mark.parametrize(
    ("archive", "expected"),
    [
        (saved(OTHER), []),
        (saved(OTHER, SECRET), [("file content", 2, "COPY 2 /", "app/.env", SHOWN)]),
        (saved(OTHER, SECRET, DELETED), [("file content", 2, "COPY 2 /", "app/.env", SHOWN)]),
        (saved(SECRET, OTHER, manifest_first=True), [("file content", 1, "COPY 1 /", "app/.env", SHOWN)]),
        (saved(gzip.compress(SECRET)), [("file content", 1, "COPY 1 /", "app/.env", SHOWN)]),
        (saved(tar({}), SECRET), [("file content", 2, "COPY 2 /", "app/.env", SHOWN)]),
        (saved(tar({f"keys/{TEXT}.pem": b"x"})), [("file name", 1, "COPY 1 /", f"keys/{SHOWN}.pem", SHOWN)]),
        (saved(tar({f"app/.wh.{TEXT}": b""})), [("file name", 1, "COPY 1 /", f"app/.wh.{SHOWN}", SHOWN)]),
        (saved(tar({}, links=[("a", f"/{TEXT}")])), [("link target", 1, "COPY 1 /", "a", SHOWN)]),
        (
            saved(tar({"a": b""}, pax={"SCHILY.xattr.user.note": TEXT})),
            [("file attribute", 1, "COPY 1 /", "a", SHOWN)],
        ),
        (
            saved(OTHER, config={"Env": ["PATH=/bin", f"TOKEN={TEXT}"]}),
            [("image config", 0, "", "config.Env[1]", SHOWN)],
        ),
        (saved(OTHER, config={"Labels": {TEXT: "x"}}), [("image config", 0, "", f"config.Labels.{SHOWN}", SHOWN)]),
        (
            saved(OTHER, history=[LABEL, RUN]),
            [("history", 0, f"LABEL token={SHOWN}", "history[0].created_by", SHOWN)],
        ),
        (
            saved(OTHER, OTHER, history=[RUN, {"created_by": "CMD x", "empty_layer": True}, WITH_ARGUMENT]),
            [("build argument", 2, "RUN make", "TOKEN", SHOWN)],
        ),
        (
            saved(OTHER, history=[{"created_by": f"ARG TOKEN={TEXT}", "empty_layer": True}, RUN]),
            [("build argument", 0, f"ARG TOKEN={SHOWN}", "TOKEN", SHOWN)],
        ),
        (
            saved(OTHER, history=[{"created_by": f"RUN |1 A=b /bin/sh -c echo {TEXT}"}]),
            [("history", 1, f"RUN echo {SHOWN}", "history[0].created_by", SHOWN)],
        ),
        (saved(OTHER, more={"attestation": b'{"x": "%s"}' % NEEDLE}), [("manifest", 0, "", "attestation", SHOWN)]),
    ],
    ids=[
        "not there", "in a layer", "deleted in a later layer", "manifest first", "gzip layer", "a layer without files",
        "file name", "name of a deleted file", "link target", "extended attribute", "environment", "label's name",
        "history", "build argument", "ARG", "in a command", "another document",
    ],
)  # fmt: skip
def test_where_a_needle_is_found(archive, expected):
    assert rows(archive) == expected


@pytest.mark.parametrize("chunk", [1, 7, len(NEEDLE) - 1, len(NEEDLE), len(NEEDLE) + 1, 64])
@pytest.mark.parametrize("before", [0, 1, 60, 64, 100])
def test_a_needle_across_the_border_of_two_chunks_is_found(monkeypatch, chunk, before):
    monkeypatch.setattr(secrets, "CHUNK_BYTES", chunk)
    assert secrets.in_stream(io.BytesIO(b"-" * before + NEEDLE + b"-"), [b"absent", NEEDLE]) == [NEEDLE]
    assert secrets.in_stream(io.BytesIO(b"-" * before + NEEDLE[:-1]), [NEEDLE]) == []


def test_pieces_are_bounded_whatever_the_size_of_the_file(monkeypatch):
    monkeypatch.setattr(secrets, "CHUNK_BYTES", 100)
    assert max(map(len, secrets.pieces(io.BytesIO(bytes(10_000)), 17))) == 117


def test_each_needle_is_a_row_and_the_numbers_searched_are_told():
    archive = saved(OTHER, tar({"a": b"first-one second-one"}))
    assert [row[4] for row in rows(archive, "first-one", b"second-one", "third-one", "first-one")] == ["fir…", "sec…"]
    found = secrets.find_in_archive(io.BytesIO(archive), "absent")
    assert (found.empty, found.attrs) == (True, {"layers": 2, "files": 2})


def test_a_layer_that_is_a_link_to_another_is_searched():
    files = {
        "one/layer.tar": SECRET,
        "c.json": b'{"history": [], "rootfs": {"diff_ids": ["x", "x"]}}',
        "manifest.json": b'[{"Config": "c.json", "Layers": ["one/layer.tar", "two/layer.tar"]}]',
    }
    assert [row[:2] for row in rows(tar(files, links=[("two/layer.tar", "../one/layer.tar")]))] == [
        ("file content", 1),
        ("file content", 2),
    ]


@pytest.mark.parametrize("needles", [(), ("",), ("x", b"")])
def test_an_empty_needle_is_refused(needles):
    with pytest.raises(ValueError, match="needle"):
        secrets.find_in_archive(io.BytesIO(saved(OTHER)), *needles)


TWO = tar({"a": b"x" * 600, "b": b"y" * 600})


@pytest.mark.parametrize(
    ("archive", "said"),
    [
        (b"", "damaged"),
        (saved(OTHER)[:1400], "damaged"),
        (tar({"a.json": b"{}"}), "no manifest"),
        (saved(b"\x28\xb5\x2f\xfd zstd"), "blobs/sha256/0 is in a form"),
        (saved(gzip.compress(SECRET)[:-20]), "damaged"),
        (saved(SECRET[:600]), "damaged"),
        (saved(TWO.replace(b"b\0\0", b"q\0\0", 1)), "is not a file"),
    ],
    ids=["empty", "cut off", "no manifest", "zstd", "gzip cut off", "layer cut off", "damaged header inside a layer"],
)
def test_what_cannot_be_searched_is_an_error_and_never_an_absence(archive, said):
    with pytest.raises(ImageUnreadable, match=said) as caught:
        secrets.find_in_archive(io.BytesIO(archive), NEEDLE, name="news-api")
    assert caught.value.image == "news-api"


@pytest.mark.parametrize("size", [5, 20])
def test_a_large_part_of_unknown_form_is_an_error(monkeypatch, size):
    monkeypatch.setattr(secrets, "DOCUMENT_BYTES", 1000)
    archive = saved(OTHER, more={"blob": b"?" * size * 100})
    if size * 100 <= 1000:
        assert rows(archive) == []
    else:
        with pytest.raises(ImageUnreadable, match="blob is in a form"):
            rows(archive)
