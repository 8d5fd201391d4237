"""Recorded streams of real builds, by buildx of two releases: what a reader is shown of each.

tools/record_streams.py makes the recordings, and has the Dockerfiles in its table of scenes.
"""

import gzip
import re
from pathlib import Path

import pytest

from dockerlab.build.failures import explain
from dockerlab.build.trace import CACHED, DONE, BuildTrace
from dockerlab.build.wire import StatusReader
from dockerlab.errors import BuildFailed, DockerfileInvalid
from tests.engines import engine_of
from tools.record_streams import CONTAINERD_SCENES, SCENES

STREAMS = Path(__file__).parent / "streams"
RECORDINGS = sorted(f"{file.parent.name}/{file.stem}" for file in STREAMS.glob("*/*.gz"))
BASE = "FROM docker.io/library/python:3.11-slim"


def read(recording, size=65536):
    """(trace, lines of text) of a recording that arrives in pieces of this many bytes."""
    stream = gzip.decompress((STREAMS / f"{recording}.gz").read_bytes())
    reader, trace = StatusReader(), BuildTrace()
    for start in range(0, len(stream), size):
        for status in reader.feed(stream[start : start + size]):
            trace.update(status)
    reader.close()
    return trace, reader.text


def shown(trace):
    """The instructions as (place, instruction, state), without what differs between two recordings.

    A FROM is CACHED or DONE by whether this engine has unpacked the image before: BASE.
    """
    return [
        (
            f"{step.stage} {step.index}/{step.total}".strip(),
            re.sub(r"@sha256:\w+|(?<=127.0.0.1):\d+", "", step.instruction),
            "BASE" if step.is_from and step.state in (CACHED, DONE) else step.state,
        )
        for step in trace.instructions()
    ]


# Scene -> the rows of its table.
ROWS = {
    "failure": [
        ("1/3", BASE, "BASE"),
        ("2/3", "RUN echo one && sleep 0.3 && echo two >&2 && exit 7", "ERROR"),
        ("3/3", "RUN echo never", "WAITING"),
    ],
    # A FROM that several stages share is reported once.
    "failure-beside-a-running-stage": [
        ("bad 1/2", BASE, "BASE"),
        ("bad 2/2", "RUN sleep 2; echo bad; exit 3", "ERROR"),
        ("slow 2/2", "RUN sleep 60", "CANCELLED"),
        ("stage-2 2/3", "COPY --from=slow /etc/hostname /a", "WAITING"),
        ("stage-2 3/3", "COPY --from=bad /etc/hostname /b", "WAITING"),
    ],
    "missing-file": [("1/2", BASE, "BASE"), ("2/2", "COPY absent /x", "ERROR")],
    "unknown-instruction": [],
    "twelve-steps": [("1/12", BASE, "BASE"), *((f"{n}/12", f"RUN echo step {n}", "DONE") for n in range(2, 13))],
    "one-line-changed": [
        ("1/5", BASE, "BASE"),
        ("2/5", "WORKDIR /app", "CACHED"),
        ("3/5", "COPY data.txt .", "CACHED"),
        ("4/5", "RUN echo two $(date +%N)", "DONE"),
        ("5/5", "RUN echo three", "DONE"),
    ],
    "parallel-stages": [
        ("one 2/2", "RUN sleep 1; echo one > /one", "DONE"),
        ("two 1/2", BASE, "BASE"),
        ("two 2/2", "RUN sleep 1; echo two > /two", "DONE"),
        ("stage-3 2/3", "COPY --from=one /one /", "DONE"),
        ("stage-3 3/3", "COPY --from=two /two /", "DONE"),
    ],
    "copy-from-an-image": [
        ("1/2", "COPY --from=python:3.11-slim /etc/hostname /", "DONE"),
        ("2/2", "COPY data.txt /", "DONE"),
    ],
    "link": [
        ("1/4", BASE, "BASE"),
        ("2/4", "WORKDIR /app", "DONE"),
        ("3/4", "COPY --link data.txt .", "DONE"),
        ("4/4", "COPY --link --chown=1 data.txt /b", "DONE"),
    ],
    "link-cached": [
        ("1/3", BASE, "BASE"),
        ("2/3", "RUN echo $(date +%N) new base", "DONE"),
        ("3/3", "COPY --link data.txt /linked.txt", "DONE"),
    ],
    "add-url": [("1/2", "ADD http://127.0.0.1/more.txt /", "DONE"), ("2/2", "COPY data.txt /", "DONE")],
    "heredoc": [
        ("1/3", BASE, "BASE"),
        ("2/3", "RUN <<EOF (echo one...)", "DONE"),
        ("3/3", "COPY <<EOF /settings", "DONE"),
    ],
    "mounts": [
        ("1/3", BASE, "BASE"),
        ("2/3", "RUN --mount=type=secret,id=token test -s /run/secrets/token", "DONE"),
        (
            "3/3",
            "RUN --mount=type=bind,target=/src --mount=type=cache,target=/cache,uid=1000 wc -c /src/data.txt",
            "DONE",
        ),
    ],
    "no-utf-8": [
        ("1/2", BASE, "BASE"),
        ("2/2", r"RUN printf 'caf\351 \377\n'; printf 'caf\303'; sleep 0.3; printf '\251\n'", "DONE"),
    ],
    "warnings": [
        ("one 1/2", BASE, "BASE"),
        ("one 2/2", "RUN echo one", "DONE"),
        ("two 2/2", "COPY --from=one /etc/hostname /", "DONE"),
    ],
    "interrupted": [
        ("1/3", BASE, "BASE"),
        ("2/3", "RUN echo begin; sleep 60", "CANCELLED"),
        ("3/3", "RUN echo never", "WAITING"),
    ],
    "pull": [("1/2", "FROM 127.0.0.1/recorded/pulled:latest", "BASE"), ("2/2", "COPY data.txt /", "DONE")],
    "missing-image": [],
    "cache-from-a-registry": [
        ("1/4", BASE, "BASE"),
        ("2/4", "RUN head -c 3000000 /dev/urandom > /random", "CACHED"),
        ("3/4", "RUN echo two > /two", "CACHED"),
        ("4/4", "COPY data.txt /", "DONE"),
    ],
    "cache-from-a-folder": [
        ("1/3", BASE, "BASE"),
        ("2/3", "RUN head -c 3000000 /dev/urandom > /random", "CACHED"),
        ("3/3", "RUN echo $(date +%N) new", "DONE"),
    ],
    "onbuild": [
        ("1/4", "FROM docker.io/library/dockerlab-test:onbuild", "BASE"),
        ("2/4", "ONBUILD COPY data.txt /", "DONE"),
        ("3/4", "ONBUILD RUN echo inherited", "DONE"),
        ("4/4", "RUN echo own", "DONE"),
    ],
    # BuildKit counts a WORKDIR / and then has nothing to do for it.
    "from-scratch": [("1/2", "COPY data.txt /", "DONE")],
    "much-output": [("1/2", BASE, "BASE"), ("2/2", "RUN yes a line of output | head -n 200000", "DONE")],
    "two-platforms": [
        ("linux/amd64 one 1/1", "COPY data.txt /amd64/", "DONE"),
        ("linux/arm64 one 1/1", "COPY data.txt /arm64/", "DONE"),
        ("linux/amd64 stage-1 1/1", "COPY --from=one / /", "DONE"),
        ("linux/arm64 stage-1 1/1", "COPY --from=one / /", "DONE"),
    ],
}
# BuildKit takes a WORKDIR from the cache even with --no-cache, and these engines had made an earlier scene's.
CACHED_WORKDIR = {"0.13.1/link", "0.29.1/link"}


def test_each_scene_is_recorded_with_both_releases_in_both_stores():
    plain = [f"{version}/{scene}" for version in ("0.13.1", "0.29.1") for scene in SCENES]
    containerd = [f"{version}-containerd/{scene}" for version in ("0.13.1", "0.29.1") for scene in CONTAINERD_SCENES]
    assert sorted(plain + containerd) == RECORDINGS
    assert ROWS.keys() == SCENES.keys() | CONTAINERD_SCENES.keys()
    assert sum(file.stat().st_size for file in STREAMS.rglob("*.gz")) < 300_000


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_row_for_each_instruction(recording):
    rows = ROWS[recording.partition("/")[2]]
    if recording in CACHED_WORKDIR:
        rows = [(place, name, "CACHED" if name == "WORKDIR /app" else state) for place, name, state in rows]
    assert shown(read(recording)[0]) == rows


@pytest.mark.parametrize("size", [61, 4096])
@pytest.mark.parametrize("recording", RECORDINGS)
def test_it_does_not_matter_in_which_pieces_the_stream_comes(recording, size):
    whole, pieces = read(recording, 10_000_000), read(recording, size)
    assert pieces[0].steps() == whole[0].steps()
    assert pieces[1] == whole[1]


@pytest.mark.parametrize(
    ("scene", "least", "most"),
    [
        ("failure", 0, 0),
        ("from-scratch", 5000, 5100),
        ("copy-from-an-image", 5000, 5100),
        ("one-line-changed", 0, 100),  # the file has been sent before
        ("mounts", 5000, 5500),
        ("onbuild", 5000, 5100),
        ("pull", 5000, 5100),
    ],
)
@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_how_much_context_was_sent(version, scene, least, most):
    trace, _ = read(f"{version}/{scene}")
    assert least <= trace.context_bytes <= most


@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_a_pulled_layer_is_a_transfer_with_its_times_and_bytes(version):
    trace, _ = read(f"{version}/pull")
    pulled = next(step for step in trace.steps() if step.is_from)
    layer = max(pulled.timeline.transfers, key=lambda transfer: transfer.total)
    assert layer.current == layer.total > 3_000_000
    assert pulled.timeline.intervals[0][0] <= layer.started < layer.completed <= pulled.timeline.intervals[-1][1]
    assert trace.bytes_moved()[0] == trace.bytes_moved()[1] >= layer.total
    assert "extract" in {transfer.name for transfer in pulled.timeline.transfers}


@pytest.mark.parametrize(
    ("scene", "instruction", "text"),
    [
        ("failure", "RUN echo one", "one\ntwo\n"),
        ("heredoc", "RUN <<EOF", "one\ntwo [1/2]\n"),
        ("mounts", "RUN --mount=type=bind", "5000 /src/data.txt\n"),
        # A character whose two bytes came 0.3 s apart is whole.
        ("no-utf-8", "RUN printf", "caf\N{REPLACEMENT CHARACTER} \N{REPLACEMENT CHARACTER}\ncafé\n"),
        ("interrupted", "RUN echo begin", "begin\n"),
    ],
)
@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_what_a_step_printed(version, scene, instruction, text):
    trace, _ = read(f"{version}/{scene}")
    step = next(step for step in trace.instructions() if step.instruction.startswith(instruction))
    assert step.log == text
    assert b"".join(piece.data for piece in step.timeline.output).decode(errors="replace") == text


@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_the_end_of_a_step_that_printed_much_is_docker_s_note(version):
    trace, _ = read(f"{version}/much-output")
    assert re.search(r"a line of output\n.*\n\[output clipped, log limit 200KiB/s reached\]\n$", trace.steps()[-1].log)


@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_each_piece_of_output_has_its_time_and_stream(version):
    trace, _ = read(f"{version}/failure")
    first, second = trace.failed().timeline.output
    assert (first.data, first.stream, second.data, second.stream) == (b"one\n", 1, b"two\n", 2)
    (*_, (start, end)) = trace.failed().timeline.intervals
    assert start < first.timestamp < second.timestamp - 0.25 < end


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_timeline_can_be_drawn(recording):
    """Intervals are in order and end, and a step begins when what it needs has ended: only a COPY --link need not."""
    trace, _ = read(recording)
    steps = {step.digest: step for step in trace.steps()}
    for step in steps.values():
        assert all(start <= end for start, end in step.timeline.intervals)
        assert [*step.timeline.intervals] == sorted(step.timeline.intervals)
        assert bool(step.timeline.intervals) == (step.state not in ("CACHED", "WAITING"))
        assert step.digest not in step.inputs
        ends = [steps[needed].timeline.intervals[-1][1] for needed in step.inputs if steps[needed].timeline.intervals]
        if re.match("RUN |COPY (?!--link)", step.instruction) and step.timeline.intervals:
            assert step.timeline.intervals[0][0] >= max(ends, default=0) - 0.001
        assert all(t.started is not None and (t.completed or t.started) >= t.started for t in step.timeline.transfers)


@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_stages_that_do_not_need_each_other_overlap(version):
    trace, _ = read(f"{version}/parallel-stages")
    one, two = (step for step in trace.instructions() if step.instruction.startswith("RUN sleep"))
    assert (
        max(one.timeline.intervals[0][0], two.timeline.intervals[0][0])
        < min(one.timeline.intervals[-1][1], two.timeline.intervals[-1][1]) - 0.5
    )
    copies = [step for step in trace.instructions() if step.stage == "stage-3"]
    assert [one.digest in step.inputs for step in copies] == [True, False]
    assert [two.digest in step.inputs for step in copies] == [False, True]


DOCS = "https://docs.docker.com/go/dockerfile/rule"


@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_warnings_have_their_line_and_their_page_in_the_order_of_the_file(version):
    trace, _ = read(f"{version}/warnings")
    assert [(w.place, w.short.partition(":")[0], w.url.removeprefix(DOCS).strip("/")) for w in trace.warnings] == [
        ("odd.Dockerfile:1", "ConsistentInstructionCasing", "consistent-instruction-casing"),
        ("odd.Dockerfile:2", "MaintainerDeprecated", "maintainer-deprecated"),
        ("odd.Dockerfile:3", "LegacyKeyValueFormat", "legacy-key-value-format"),
        ("odd.Dockerfile:3", "SecretsUsedInArgOrEnv", "secrets-used-in-arg-or-env"),
        ("odd.Dockerfile:5", "FromAsCasing", "from-as-casing"),
        ("odd.Dockerfile:6", "LegacyKeyValueFormat", "legacy-key-value-format"),
        ("odd.Dockerfile:7", "SecretsUsedInArgOrEnv", "secrets-used-in-arg-or-env"),
        ("odd.Dockerfile:9", "JSONArgsRecommended", "json-args-recommended"),
    ]
    (casing,) = (w for w in trace.warnings if w.short.startswith("FromAsCasing"))
    assert casing.detail == ("The 'as' keyword should match the case of the 'from' keyword",)
    assert casing.source_info.data.splitlines()[4] == b"FROM python:3.11-slim as two"


@pytest.mark.parametrize("recording", [name for name in RECORDINGS if not name.endswith("/warnings")])
def test_the_others_have_no_warnings(recording):
    assert read(recording)[0].warnings == []


@pytest.mark.parametrize(
    ("scene", "expected", "facts", "said"),
    [
        (
            "failure",
            BuildFailed,
            {"exit_code": 7, "step": "[2/3] RUN echo one && sleep 0.3 && echo two >&2 && exit 7"},
            ["one", "two"],
        ),
        (
            "failure-beside-a-running-stage",
            BuildFailed,
            {"exit_code": 3, "step": "[bad 2/2] RUN sleep 2; echo bad; exit 3"},
            ["bad"],
        ),
        ("missing-file", BuildFailed, {"exit_code": None, "step": "[2/2] COPY absent /x"}, None),
        (
            "unknown-instruction",
            DockerfileInvalid,
            {"line": 10, "problem": "unknown instruction: RNU (did you mean RUN?)"},
            # As docker prints it, with the numbers and the code in line.
            [
                "Dockerfile:10",
                "--------------------",
                "   8 |",
                "   9 |     FROM python:3.11-slim",
                "  10 | >>> RNU echo x",
                "  11 |",
                "--------------------",
            ],
        ),
        ("interrupted", BuildFailed, {"exit_code": None, "step": ""}, ["Canceled: context canceled"]),
        ("missing-image", BuildFailed, {"exit_code": None}, None),
    ],
)
@pytest.mark.parametrize("version", ["0.13.1", "0.29.1"])
def test_a_recorded_failure_is_explained(tmp_path, version, scene, expected, facts, said):
    trace, text = read(f"{version}/{scene}")
    error = explain(text, trace, ["."], engine_of("exit 0", tmp_path))
    assert type(error) is expected
    assert {name: getattr(error, name) for name in facts} == facts
    if said:
        assert [*error.last_lines] == said


@pytest.mark.parametrize("recording", RECORDINGS)
def test_a_recording_tells_nothing_of_the_machine(recording):
    stream = gzip.decompress((STREAMS / f"{recording}.gz").read_bytes())
    assert not re.search(rb"/(tmp|root|home|var|work|Users)/", stream)
