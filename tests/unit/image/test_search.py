"""The search of an image for a secret, on archives made by hand."""

from __future__ import annotations

import gzip
import io
import json
import re
import tracemalloc

import pytest

from dockerlab.errors import ImageUnreadable, NoSuchImage
from dockerlab.image import search as module
from dockerlab.image.archive import zstd
from dockerlab.image.search import COLUMNS, find_in_image, in_stream
from tests.archives import Saved, archive, blob, engine_with, image, sparse, tar

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
        (of(zstd.compress(SECRET)), [("file content", 1, "COPY 1 /", "app/.env", SHOWN)]),
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
        (
            of(OTHER, history=[RUN | {"comment": TEXT}]),
            [("history", 1, "RUN make", "history[0].comment", SHOWN)],
        ),
        (of(OTHER, more={"attestation": b'{"x": "%s"}' % NEEDLE}), [("manifest", 0, "", "attestation", SHOWN)]),
        (
            of(OTHER, more={"attestation": gzip.compress(b'{"predicateType": "%s"}' % NEEDLE)}),
            [("manifest", 0, "", "attestation", SHOWN)],
        ),
        (of(OTHER, more={f"blobs/{TEXT}": NEEDLE}), [("manifest", 0, "", f"blobs/{SHOWN}", SHOWN)]),
    ],
    ids=[
        "not there", "in a layer", "deleted in a later layer", "manifest first", "gzip layer",
        "zstd layer", "a layer without files",
        "file name", "name of a deleted file", "link target", "extended attribute", "environment", "label's name",
        "history", "build argument", "ARG", "in a command", "in a comment", "another document", "a packed document",
        "a document of that name",
    ],
)  # fmt: skip
def test_where_a_needle_is_found(tmp_path, saved, expected):
    assert rows(search(tmp_path, saved, NEEDLE)) == expected


# A value that looks like the end of the list, like another argument, and like quoting; with two blanks at a place.
AWKWARD = "made-up 'tok'  \"q\" a=b & <x> $H"
AFTER_BASH = [{"created_by": "SHELL [/bin/bash -o pipefail -c]", "empty_layer": True}]


@pytest.mark.parametrize("needle", [AWKWARD, TEXT, f"TOKEN={TEXT}", "two words", "a", "x=y", "x /bin/sh -c y"])
@pytest.mark.parametrize("is_buildkit", [True, False], ids=["BuildKit", "before BuildKit"])
@pytest.mark.parametrize(
    ("earlier", "command", "shown"),
    [
        ([], "/bin/sh -c make", "RUN make"),
        ([], "sh -c make", "RUN sh -c make"),
        ([], "/usr/bin/make", "RUN /usr/bin/make"),
        (AFTER_BASH, "/bin/bash -o pipefail -c make | true", "RUN make | true"),
    ],
    ids=["shell form", "exec form", "exec form, one word", "SHELL"],
)
def test_a_build_argument_is_named_whatever_the_form_of_the_step(
    tmp_path, needle, is_buildkit, earlier, command, shown
):
    value = needle.removeprefix("TOKEN=")
    if is_buildkit:
        said = [f"ARG MODE=fast TOKEN={value}"], f"RUN |2 MODE=fast TOKEN={value} {command} # buildkit"
    else:
        earlier = [{**entry, "created_by": f"x #(nop)  {entry['created_by']}"} for entry in earlier]
        earlier = [{**entry, "created_by": f"/bin/bash -o pipefail -c{entry['created_by'][1:]}"} for entry in earlier]
        shell = "/bin/bash -o pipefail -c" if earlier else "/bin/sh -c"
        said = [f"{shell} #(nop)  ARG MODE", f"{shell} #(nop)  ARG TOKEN"], f"|2 MODE=fast TOKEN={value} {command}"
    history = [*earlier, *({"created_by": text, "empty_layer": True} for text in said[0]), {"created_by": said[1]}]
    found = search(tmp_path, of(OTHER, history=history), needle)
    steps = found[(found["layer"] == 1) & (found["where"] == "build argument")]
    assert "TOKEN" in [*steps["path"]]
    if len(needle) > 3:  # a shorter one is in other words too, and hidden there
        assert {*found["where"]} == {"build argument"}
        assert {*found["path"]} == {"TOKEN"}
        assert [*steps["instruction"]] == [shown]


def test_a_needle_in_an_argument_and_in_the_command_is_told_twice(tmp_path):
    history = [{"created_by": f"RUN |1 TOKEN={TEXT} /bin/sh -c echo {TEXT} # buildkit"}]
    assert rows(search(tmp_path, of(OTHER, history=history), NEEDLE)) == [
        ("build argument", 1, f"RUN echo {SHOWN}", "TOKEN", SHOWN),
        ("history", 1, f"RUN echo {SHOWN}", "history[0].created_by", SHOWN),
    ]


def test_a_needle_in_two_arguments_is_told_for_each(tmp_path):
    history = [{"created_by": f"RUN |3 A={TEXT} B=x C=x{TEXT} /bin/sh -c make # buildkit"}]
    found = search(tmp_path, of(OTHER, history=history), NEEDLE)
    assert [*found["path"]] == ["A", "C"]


@pytest.mark.parametrize(
    "needle", ["a&b<c>d-secret", 'a"b\\c-secret', "first\nsecond\tthird", "größe-secret", "x\u2028secret"]
)
@pytest.mark.parametrize(
    "write",
    [
        lambda text: json.dumps(text),
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: re.sub("[<>&\u2028]", lambda m: f"\\u{ord(m[0]):04x}", json.dumps(text, ensure_ascii=False)),
    ],
    ids=["Python", "UTF-8", "Go"],
)
def test_a_needle_is_found_as_json_writes_it(tmp_path, needle, write):
    found = search(tmp_path, of(OTHER, more={"attestation": b'{"x": %s}' % write(needle).encode()}), needle)
    assert [*found["where"]] == ["manifest"]


def letters(text):
    """A text without what quoting adds."""
    return re.sub(r"\\[nrt]|[\s\\'\"]", "", text)


@pytest.mark.parametrize(
    ("needle", "quoted"),
    [
        (AWKWARD, AWKWARD),
        (AWKWARD, json.dumps(AWKWARD)),
        (AWKWARD, f"'{AWKWARD}'"),
        ("it's-a-secret-text", "'it'\\''s-a-secret-text'"),
        ("it's-a-secret-text", "'it'\"'\"'s-a-secret-text'"),
        ("made up secret text", "made\\ up\\ secret\\ text"),
        ("made  up\nsecret text", "made up\\nsecret  text"),
        ("made&up-secret-text", "made\\u0026up-secret-text"),
        ('""', '""'),
    ],
)
@pytest.mark.parametrize(
    "created_by",
    [
        "RUN /bin/sh -c echo {} # buildkit",
        "RUN |1 TOKEN={} sh -c make # buildkit",
        "|1 TOKEN={} sh -c make",
        'CMD ["sh" "-c" "{}"]',
        'HEALTHCHECK &{{["CMD-SHELL" "{}"] "0s"}}',
        "LABEL x={}",
        "ARG {}",
        "ENV {}=x y",
    ],
)
def test_a_report_shows_no_more_than_the_beginning_of_a_needle(tmp_path, needle, quoted, created_by):
    """Not even in the instruction that made the layer in which a file holds the needle."""
    step = {"created_by": created_by.format(quoted)}
    found = search(tmp_path, of(tar({"a": needle.encode(), f"b{needle}": b""}), history=[step]), needle)
    assert {*found["where"]} >= {"file content", "file name"}
    shown = letters(" ".join(found.astype(str).to_numpy().ravel()))
    secret = letters(needle) or needle
    assert [secret[at : at + 6] for at in range(len(secret) - 5) if secret[at : at + 6] in shown] == []


def test_needles_that_overlap_are_hidden_together(tmp_path):
    history = [{"created_by": "RUN /bin/sh -c echo first-middle-last # buildkit"}]
    found = search(tmp_path, of(OTHER, history=history), "first-middle", "middle-last")
    assert {*found["instruction"]} == {"RUN echo firs…"}


def test_a_file_with_a_hole_is_searched(tmp_path):
    found = search(tmp_path, of(sparse("big", 9_000_000, NEEDLE)), NEEDLE)
    assert rows(found) == [("file content", 1, "COPY 1 /", "big", SHOWN)]


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
        (archive(ONE, more={blob(SECRET): zstd.compress(SECRET)[:-3]}), "damaged"),
        (archive(ONE, more={"attestation": gzip.compress(SECRET[:600])[:-3]}), "damaged"),
        (archive(ONE, more={"attestation": zstd.compress(b"x" * 600)[:-3]}), "damaged"),
        (archive(ONE, more={blob(SECRET): None}), "no 'blobs/"),
    ],
    ids=["cut off", "gzip cut off", "layer cut off", "zstd cut off", "packed document", "zstd document", "missing"],
)
def test_what_cannot_be_searched_is_an_error_and_never_an_absence(tmp_path, content, said):
    """Each case of test_archive.py; these show that the search does not swallow them."""
    with pytest.raises(ImageUnreadable, match=said) as caught:
        find_in_image(engine_with(tmp_path, content, news=ONE), "news", b"absent")
    assert caught.value.image == "news"
