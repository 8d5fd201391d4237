"""A build over time: rows, runs, the critical path, and files that hold a build's progress."""

import gzip
import time
from pathlib import Path

import pytest

from dockerlab.build.timeline import HOW_TO_WRITE_ONE, compare, read_schedule, schedule
from dockerlab.errors import FilesUnreadable
from tests.traces import CONTEXT, trace_of, transfer, vertex

STREAMS = Path(__file__).parent / "streams"
RECORDINGS = sorted(f"{file.parent.name}/{file.stem}" for file in STREAMS.glob("*/*.gz"))
LOAD = "[internal] load build definition from Dockerfile"
FROM = "[1/3] FROM x"


def needs(*names):
    return {"inputs": [f"sha256:{name}" for name in names]}


def planned(*vertexes, **more):
    return schedule(trace_of({"vertexes": list(vertexes), **more}))


def path_of(found):
    """The critical path as (instruction, begin, end)."""
    return [(found.bars[run.row].instruction, round(run.begin, 3), round(run.end, 3)) for run in found.path]


LEFT, RIGHT, JOIN = "[left 1/1] RUN left", "[right 1/1] RUN right", "[last 1/2] COPY --from=left"
DIAMOND = (
    vertex("[base 1/1] RUN base", 0, 1),
    vertex(LEFT, 1, 3, **needs("[base 1/1] RUN base")),
    vertex(RIGHT, 1, 4.5, **needs("[base 1/1] RUN base")),
    vertex(JOIN, 5, 6, **needs(LEFT, RIGHT)),
)

# Name of the case -> vertexes; the path; seconds in all, on the path, and in parallel.
PATHS = {
    "a diamond": (DIAMOND, [("RUN base", 0, 1), ("RUN right", 1, 4.5), ("COPY --from=left", 5, 6)], (6, 5.5, 2)),
    "two parallel stages of which only one is needed": (
        [
            vertex(LEFT, 0, 2),
            vertex(RIGHT, 0, 3),
            vertex(JOIN, 3, 4, **needs(LEFT)),
        ],
        [("RUN left", 0, 2), ("COPY --from=left", 3, 4)],
        (4, 3, 2),
    ),
    "a cached prefix": (
        [
            vertex(CONTEXT, 0, 1),
            vertex(FROM, 1, 1, cached=True),
            vertex("[2/3] COPY . .", 1, 1, cached=True, **needs(FROM, CONTEXT)),
            vertex("[3/3] RUN x", 1.5, 3, **needs("[2/3] COPY . .")),
        ],
        [(CONTEXT, 0, 1), ("RUN x", 1.5, 3)],
        (3, 2.5, 0),
    ),
    "a step with two runs waits for its own first one": (
        [
            vertex(FROM, 0, 1),
            vertex("[2/3] WORKDIR /app", 1, 1.8, **needs(FROM)),
            vertex("[3/3] COPY --link a", 0.5, 2, "one", progressGroup={"id": "g", "name": "[3/3] COPY --link a"}),
            vertex(
                *("[3/3] COPY --link a", 3, 4, "two"),
                progressGroup={"id": "g", "name": "[3/3] COPY --link a"},
                inputs=["one", "sha256:[2/3] WORKDIR /app"],
            ),
        ],
        [("COPY --link a", 0.5, 2), ("COPY --link a", 3, 4)],
        (4, 2.5, 1.3),
    ),
    "an input that was still running was not waited for": (
        [
            vertex(FROM, 0, 1),
            vertex("[2/3] WORKDIR /app", 0, 2.5),
            vertex("[3/3] COPY a", 2, 3, **needs(FROM, "[2/3] WORKDIR /app")),
        ],
        [("FROM x", 0, 1), ("COPY a", 2, 3)],
        (3, 2, 1.5),
    ),
    "BuildKit's own steps come before and after": (
        [
            vertex(LOAD, 0, 1),
            vertex(CONTEXT, 1, 3),
            vertex("[1/1] RUN x", 2, 4),
            vertex("exporting to image", 4.5, 5),
        ],
        [(LOAD, 0, 1), (CONTEXT, 1, 3), ("RUN x", 2, 4), ("exporting to image", 4.5, 5)],
        None,
    ),
    "nothing but the cache": (
        [
            vertex(LOAD, 0, 1),
            vertex(FROM, 1, 1, cached=True),
            vertex("[2/3] RUN x", 1, 1, cached=True, **needs(FROM)),
            vertex("exporting to image", 2, 3),
        ],
        [(LOAD, 0, 1), ("exporting to image", 2, 3)],
        (3, 2, 0),
    ),
    "a failed step decides, not the one that was stopped because of it": (
        [
            vertex(LEFT, 0, 2, error="exit code: 3"),
            vertex(RIGHT, 0, 2.5, error="context canceled"),
            vertex(JOIN, **needs(LEFT, RIGHT)),
        ],
        [("RUN left", 0, 2)],
        (2.5, 2, 2),
    ),
    "cancelled": ([vertex(LEFT, 0, 2, error="context canceled")], [("RUN left", 0, 2)], (2, 2, 0)),
    "of runs that ended together, the longest": (
        [vertex(LEFT, 1, 3), vertex(RIGHT, 0, 3), vertex(JOIN, 3, 4, **needs(LEFT, RIGHT))],
        [("RUN right", 0, 3), ("COPY --from=left", 3, 4)],
        (4, 4, 2),
    ),
    "of equal ones, the first row": (
        [vertex(RIGHT, 0, 3), vertex(LEFT, 0, 3), vertex(JOIN, 3, 4, **needs(RIGHT, LEFT))],
        [("RUN left", 0, 3), ("COPY --from=left", 3, 4)],
        (4, 4, 3),
    ),
    "steps without times": ([vertex(LEFT), vertex(JOIN, **needs(LEFT))], [], (0, 0, 0)),
    "an end before the beginning": ([vertex(LEFT, 3, 1), vertex(RIGHT, 0, 1)], [("RUN right", 0, 1)], (3, 1, 0)),
    "nothing at all": ([], [], (0, 0, 0)),
}
# BuildKit says that the context is needed, so a RUN that does not name it did not wait for it.
_VERTEXES, _PATH, _ = PATHS["BuildKit's own steps come before and after"]
PATHS["BuildKit's own steps come before and after"] = (
    [*_VERTEXES, vertex("[other 1/1] COPY . .", 3, 3.5, **needs(CONTEXT))],
    [_PATH[0], *_PATH[2:]],
    (5, 3.5, 1.5),
)


@pytest.mark.parametrize("case", PATHS)
def test_the_critical_path(case):
    vertexes, path, seconds = PATHS[case]
    found = planned(*vertexes)
    assert path_of(found) == path
    assert (found.seconds, found.path_seconds, found.parallel_seconds) == pytest.approx(seconds, abs=1e-3)
    assert found.path_seconds + found.waiting_seconds == pytest.approx(found.seconds)


def test_what_each_row_says():
    found = planned(*DIAMOND, vertex("[last 2/2] RUN never", **needs(JOIN)))
    assert [(bar.place, bar.state, bar.is_critical) for bar in found.bars] == [
        ("base 1/1", "DONE", True),
        ("left 1/1", "DONE", False),
        ("right 1/1", "DONE", True),
        ("last 1/2", "DONE", True),
        ("last 2/2", "WAITING", False),
    ]
    rows = {bar.place: bar for bar in found.bars}
    assert (rows["last 1/2"].waited, rows["last 2/2"].at) == (pytest.approx(0.5), None)
    assert found.decisive is rows["right 1/1"]
    assert found.parallelism == pytest.approx(7.5 / 6)


@pytest.mark.parametrize(
    ("vertexes", "at"),
    [
        ([vertex(LEFT, 0, 2), vertex(JOIN, 1, 1, cached=True, **needs(LEFT))], 2),
        ([vertex(LOAD, 0, 1), vertex(RIGHT, 1.5, 2), vertex(JOIN, 0, 0, cached=True)], 1.5),
        ([vertex(JOIN, 0, 0, cached=True)], 0),
    ],
    ids=["after what it needs", "when the first instruction began", "alone"],
)
def test_a_cached_step_has_no_length_but_a_place(vertexes, at):
    bar = next(bar for bar in planned(*vertexes).bars if bar.state == "CACHED")
    assert (bar.runs, bar.seconds, bar.at) == ((), 0, pytest.approx(at))


def test_fetching_a_cached_result_takes_time():
    fetched = {**transfer("pulling sha256:a", 12_000, of=JOIN), "started": "2026-11-23T10:00:01Z"}
    found = planned(
        *(vertex(LEFT, 0, 1), vertex(JOIN, 1, 1, cached=True, **needs(LEFT))),
        statuses=[{**fetched, "completed": "2026-11-23T10:00:03Z"}],
    )
    bar = found.bars[-1]
    assert (bar.state, bar.runs, bar.sent[0].size_bytes, found.seconds) == ("CACHED", ((1, 3),), 12_000, 3)


@pytest.mark.parametrize(
    ("vertexes", "text", "ending"),
    [
        ([vertex(LEFT, 0, 1)], [], "DONE"),
        ([vertex(LEFT, 0, 1, error="x")], [], "ERROR"),
        ([vertex(LEFT, 0, 1)], ["ERROR: failed to solve: dockerfile parse error"], "ERROR"),
        ([vertex(LEFT, 0, 1, error="context canceled")], [], "CANCELLED"),
        ([vertex(LEFT, 0, 1)], ["ERROR: failed to solve: Canceled: context canceled"], "CANCELLED"),
        ([vertex(LEFT, 0)], [], "RUNNING"),
        ([vertex(LEFT, 0, 1), vertex(JOIN, **needs(LEFT))], [], "RUNNING"),
        # The result came from a cache that does not hold the steps before it.
        ([vertex(LEFT), vertex(JOIN, 0, 0, cached=True, **needs(LEFT))], [], "DONE"),
    ],
)
def test_how_a_build_ended(vertexes, text, ending):
    assert schedule(trace_of({"vertexes": vertexes}), text).ending == ending


def test_a_step_that_still_ran_has_run_until_the_last_thing_heard():
    log = {"vertex": f"sha256:{LEFT}", "data": "eA==", "timestamp": "2026-11-23T10:00:04Z"}
    found = planned(vertex(LEFT, 0), vertex(RIGHT, 1, 2), logs=[log])
    assert (found.seconds, found.bars[0].runs) == (4, ((0, 4),))


def test_rows_are_grouped_with_buildkit_s_own_around_them():
    steps = [vertex("exporting to image", 9, 10), vertex(CONTEXT, 1, 2), vertex(LOAD, 0, 1)]
    found = planned(*steps, vertex(LEFT, 3, 4), vertex(RIGHT, 3, 4))
    assert [bar.instruction for bar in found.bars] == [LOAD, CONTEXT, "RUN left", "RUN right", "exporting to image"]


def test_two_builds_are_compared_by_instruction():
    first = planned(
        vertex("[1/3] FROM x@sha256:" + "a" * 64, 0, 1), vertex("[2/3] RUN a", 1, 2), vertex("[3/3] RUN a", 2, 5)
    )
    second = planned(
        vertex("[1/3] FROM x@sha256:" + "b" * 64, 0, 1), vertex("[2/3] RUN a", 1, 4), vertex("[3/3] RUN b", 4, 5)
    )
    assert [(c.bar.name, bool(c.before), bool(c.after), round(c.seconds, 3)) for c in compare(first, second)] == [
        ("FROM x", True, True, 0),
        ("RUN a", True, True, 2),
        ("RUN a", True, False, -3),
        ("RUN b", False, True, 1),
    ]


def test_three_hundred_steps_take_milliseconds():
    chain = [vertex("[1/300] RUN 1", 0, 0.1)]
    for n in range(2, 301):
        cached = n % 3 == 0
        names = [f"[{m}/300] RUN {m}" for m in range(max(1, n - 20), n)]
        chain.append(vertex(f"[{n}/300] RUN {n}", n / 10, n / 10 + (not cached) / 10, cached=cached, **needs(*names)))
    trace = trace_of({"vertexes": [*chain]})
    trace.steps()
    begin = time.process_time()
    found = schedule(trace)
    assert time.process_time() - begin < 1.0  # about 0.03 s; a path that grows like a square takes far longer
    assert len(found.path) == 200


def test_steps_in_a_circle_are_refused_in_words(tmp_path):
    (tmp_path / "x").write_text('{"vertexes": [{"digest": "a", "name": "[1/1] RUN a", "inputs": ["a"]}]}')
    with pytest.raises(FilesUnreadable, match="JSON in it that BuildKit does not write"):
        read_schedule(tmp_path / "x")


@pytest.mark.parametrize("recording", RECORDINGS)
def test_every_recorded_build_has_a_path(recording, tmp_path):
    stream = gzip.decompress((STREAMS / f"{recording}.gz").read_bytes())
    (tmp_path / "build.json").write_bytes(stream)
    found = read_schedule(tmp_path / "build.json")
    assert all(before.end <= after.begin for before, after in zip(found.path, found.path[1:], strict=False))
    assert found.path_seconds + found.waiting_seconds == pytest.approx(found.seconds)
    assert 0 <= found.parallel_seconds <= found.seconds
    assert all(bar.at is not None or bar.state == "WAITING" for bar in found.bars)
    endings = {"failure": "ERROR", "missing": "ERROR", "unknown": "ERROR", "interrupted": "CANCELLED"}
    kind = recording.split("/")[1]
    assert found.ending == next((end for word, end in endings.items() if kind.startswith(word)), "DONE")
    if found.ending == "DONE":
        assert found.bars[found.path[-1].row].instruction.startswith("exporting ")


def test_of_two_recorded_stages_the_one_that_was_copied_first_decides(tmp_path):
    for release in ("0.13.1", "0.29.1"):
        (tmp_path / "x").write_bytes(gzip.decompress((STREAMS / release / "parallel-stages.gz").read_bytes()))
        found = read_schedule(tmp_path / "x")
        last = [found.bars[run.row].place for run in found.path][-4:]
        assert last in (
            ["one 2/2", "stage-3 2/3", "stage-3 3/3", ""],
            ["two 2/2", "stage-3 3/3", ""],
        )
        assert "unused" not in {bar.stage for bar in found.bars}  # BuildKit does not even report it
        assert found.parallel_seconds > 1 < found.seconds < found.step_seconds


STREAM = gzip.decompress((STREAMS / "0.29.1/parallel-stages.gz").read_bytes())
OLD_STREAM = gzip.decompress((STREAMS / "0.13.1/parallel-stages.gz").read_bytes())


@pytest.mark.parametrize("stream", [STREAM, OLD_STREAM], ids=["one record a line", "records of many lines"])
def test_a_file_that_stops_in_a_record_gives_what_there_is(stream, tmp_path):
    cut = stream[: stream.rindex(b"exporting to image")]
    (tmp_path / "x").write_bytes(cut)
    found = read_schedule(tmp_path / "x")
    assert (found.is_cut, len(found.bars) > 4) == (True, True)
    (tmp_path / "x").write_bytes(stream)
    assert not read_schedule(tmp_path / "x").is_cut


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "it is empty"),
        (STREAM[:60], "it ends in the middle of its first record"),
        (b'{"name": "x"}', "there is no record of BuildKit in it"),
        (b"#1 [internal] load\n", "there is no record of BuildKit in it"),
        (b"\x00\xff" * 100, "there is no record of BuildKit in it"),
        (b'{"vertexes": "x"}', "it has JSON in it that BuildKit does not write"),
        (b'{"vertexes": [{"digest": [], "name": 5}]}', "it has JSON in it that BuildKit does not write"),
        (b'{"vertexes": [{"digest": "a", "name": "b", "started": "now"}]}', "it has JSON in it that BuildKit"),
        (b'{"logs": [{"vertex": "a", "data": "a"}]}', "it has JSON in it that BuildKit does not write"),
        (b"[" * 100_000, "there is no record of BuildKit in it"),
        (b'{"a":' * 100_000 + b"}" * 100_000, "it has JSON in it that BuildKit does not write"),
    ],
)
def test_what_is_no_progress_is_refused(content, problem, tmp_path):
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(FilesUnreadable) as caught:
        read_schedule(tmp_path / "x")
    assert caught.value.problem.startswith(problem)
    assert f"{tmp_path}/x cannot be read as the progress of a build: " in str(caught.value)
    assert str(caught.value).endswith("\n" + HOW_TO_WRITE_ONE)


def test_a_message_of_buildx_alone_is_quoted(tmp_path):
    (tmp_path / "x").write_text("ERROR: unknown flag: --nonsense\n")
    with pytest.raises(FilesUnreadable, match="unknown flag: --nonsense"):
        read_schedule(tmp_path / "x")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("absent", "as the progress of a build: there is no such file."),
        ("", "as the progress of a build: it is a folder."),
        ("x" * 300, "cannot be read: file name too long."),
    ],
)
def test_what_is_no_file_is_named(name, said, tmp_path):
    with pytest.raises(FilesUnreadable) as caught:
        read_schedule(tmp_path / name)
    assert said in str(caught.value)
