"""BuildKit's stream, cut into records and text."""

import base64
import json

import pytest

from dockerlab.build.wire import SolveStatus, StatusReader
from tests.traces import vertex

RECORDS = [{"vertexes": [vertex("[1/2] FROM x", 1, 2)]}, {"vertexes": [vertex("[2/2] RUN {ä}", 2, 5)]}]
LINES = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in RECORDS)
FORMS = {
    "one a line": LINES,
    "indented": "".join(json.dumps(record, indent=2) + "\n" for record in RECORDS),
    "nothing between": "".join(map(json.dumps, RECORDS)),
    "text after": LINES + "ERROR: failed to solve: x\n",
    "text without newline": LINES + "ERROR: failed to solve: x",
    "text between": json.dumps(RECORDS[0]) + "\nWARN: something\n" + json.dumps(RECORDS[1]),
}


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
@pytest.mark.parametrize("form", FORMS)
def test_reader_finds_records_and_text_in_every_form(form, size):
    reader, found, stream = StatusReader(), [], FORMS[form].encode()
    for start in range(0, len(stream), size):
        found += reader.feed(stream[start : start + size])
    reader.close()
    assert found == [SolveStatus.from_json(record) for record in RECORDS]
    assert len(reader.text) == form.startswith("text")


@pytest.mark.parametrize(
    ("stream", "text"), [(b'{"vertexes": [', '{"vertexes": ['), (b"ERROR: \xff", "ERROR: \N{REPLACEMENT CHARACTER}")]
)
def test_what_is_left_over_at_the_end_is_text(stream, text):
    reader = StatusReader()
    assert list(reader.feed(stream)) == []
    reader.close()
    assert reader.text == [text]


@pytest.mark.parametrize(
    ("stamp", "seconds"),
    [
        ("2026-11-23T10:00:00.123456789+01:00", 1795424400.123456),
        ("2026-11-23T10:00:00.5Z", 1795428000.5),
        ("2026-11-23T10:00:00Z", 1795428000),
        ("", None),
    ],
)
def test_times(stamp, seconds):
    record = {"vertexes": [{"digest": "d", "name": "n", "started": stamp}]}
    assert SolveStatus.from_json(record).vertexes[0].started == pytest.approx(seconds, abs=1e-6)


@pytest.mark.parametrize("record", [{}, {"statuses": None, "logs": None, "warnings": None, "vertexes": None}])
def test_what_is_empty_may_be_left_out(record):
    assert SolveStatus.from_json(record) == SolveStatus()


def test_a_warning_need_not_be_utf_8():
    record = {"warnings": [{"vertex": "v", "short": base64.b64encode(b"odd \xff").decode()}]}
    assert SolveStatus.from_json(record).warnings[0].short == "odd \N{REPLACEMENT CHARACTER}"
