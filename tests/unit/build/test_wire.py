"""BuildKit's stream, cut into records and text."""

import base64
import json
import time

import pytest

from dockerlab.build.wire import ProgressGroup, SolveStatus, StatusReader
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


def test_text_keeps_its_indentation_and_blank_lines_are_left_out():
    excerpt = b"Dockerfile:10\n\n   9 |     FROM x\n  10 | >>> RNU y\n"
    for size in (1, 5, 100):
        reader = StatusReader()
        for start in range(0, len(excerpt), size):
            assert list(reader.feed(excerpt[start : start + size])) == []
        reader.close()
        assert reader.text == ["Dockerfile:10", "   9 |     FROM x", "  10 | >>> RNU y"]


@pytest.mark.parametrize("line", ["{not JSON}", "{{}}", "{ {a} }"])
def test_a_line_with_braces_is_text_and_does_not_hide_what_follows(line):
    reader = StatusReader()
    found = list(reader.feed(f"{line}\n{LINES}ERROR: x\n".encode()))
    assert found == [SolveStatus.from_json(record) for record in RECORDS]
    assert [text for text in reader.text if text] == [line, "ERROR: x"]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_what_looks_like_an_end_within_a_string_is_none(size):
    name = '[1/1] RUN echo "}" \\ {"a": "\\"}"} \\\\'
    stream, reader, found = json.dumps({"vertexes": [{"digest": "d", "name": name}]}).encode(), StatusReader(), []
    for start in range(0, len(stream), size):
        found += reader.feed(stream[start : start + size])
    assert [record.vertexes[0].name for record in found] == [name]


def one_long_log(size):
    return json.dumps({"logs": [{"vertex": "v", "data": base64.b64encode(bytes(size)).decode()}]})


def many_vertexes(size):
    return json.dumps({"vertexes": [vertex(f"[1/2] RUN {n}", 1, 2) for n in range(size // 500)]}, indent=2)


@pytest.mark.parametrize("form", [one_long_log, many_vertexes])
def test_a_record_of_four_times_the_length_takes_about_four_times_as_long(form):
    def seconds(size):
        stream, times = form(size).encode(), []
        for _ in range(5):
            reader, begin = StatusReader(), time.process_time()
            records = [record for at in range(0, len(stream), 2048) for record in reader.feed(stream[at : at + 2048])]
            times.append(time.process_time() - begin)
            assert len(records) == 1
        return min(times)

    assert seconds(2_000_000) <= 10 * seconds(500_000)


def test_everything_that_a_timeline_needs_is_read():
    stamp = "2026-11-23T10:00:00Z"
    group = {"id": "g", "name": "[2/2] COPY --link", "weak": True}
    record = {
        "vertexes": [{"digest": "d", "progressGroup": group}],
        "statuses": [{"vertex": "d", "id": "a", "name": "extract", "timestamp": stamp, "started": stamp, "current": 0}],
        "logs": [{"vertex": "d", "stream": 2, "data": "", "timestamp": stamp}],
        "warnings": [
            {
                "vertex": "d",
                "level": 1,
                "short": base64.b64encode(b"Rule: text").decode(),
                "detail": [base64.b64encode(b"more").decode()],
                "url": "https://example.org/rule",
                "sourceInfo": {"filename": "Dockerfile", "data": base64.b64encode(b"FROM x\n").decode()},
                "range": [{"start": {"line": 3}, "end": {"line": 4}}, {"start": {}, "end": None}],
            }
        ],
    }
    read = SolveStatus.from_json(record)
    assert read.vertexes[0].progress_group == ProgressGroup(**group)
    (status,), (log,), (warning,) = read.statuses, read.logs, read.warnings
    assert (status.name, status.timestamp, status.started, status.completed) == (
        "extract",
        1795428000,
        1795428000,
        None,
    )
    assert (log.stream, log.timestamp) == (2, 1795428000)
    assert (warning.short, warning.detail, warning.url) == ("Rule: text", ("more",), "https://example.org/rule")
    assert (warning.place, warning.range) == ("Dockerfile:3", ((3, 4), (0, 0)))
    assert warning.source_info.data == b"FROM x\n"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({}, ""),
        ({"sourceInfo": {"filename": "Dockerfile"}}, "Dockerfile"),
        ({"range": [{"start": {"line": 3}}]}, "3"),
        ({"sourceInfo": {}, "range": []}, ""),
    ],
)
def test_a_warning_need_not_say_where(fields, place):
    (warning,) = SolveStatus.from_json({"warnings": [{"vertex": "v"} | fields]}).warnings
    assert warning.place == place
