"""The records of a build, folded into steps."""

import base64
import time

import pytest

from dockerlab.build import trace as trace_module
from dockerlab.build.trace import merged_seconds
from dockerlab.build.wire import SolveStatus
from tests.traces import CONTEXT, STAMP, trace_of, transfer, vertex


@pytest.mark.parametrize(
    ("runs", "now", "seconds"),
    [
        ([], None, 0),
        ([(1, 3)], None, 2),
        ([(1, 3), (5, 6)], None, 3),
        ([(1, 4), (2, 3)], None, 3),
        ([(1, 3), (2, 6)], None, 5),
        ([(5, 6), (1, 3)], None, 3),
        ([(1, None)], None, 0),
        ([(1, None)], 4, 3),
        ([(1, 2), (2, None)], 4, 3),
    ],
)
def test_intervals_merge(runs, now, seconds):
    assert merged_seconds(runs, now) == seconds


@pytest.mark.parametrize(
    ("fields", "state", "seconds"),
    [
        ({}, "WAITING", 0),
        ({"start": 1}, "RUNNING", 0),
        ({"start": 1, "end": 3.5}, "DONE", 2.5),
        ({"start": 1, "end": 1, "cached": True}, "CACHED", 0),
        ({"start": 1, "end": 3, "cached": True}, "CACHED", 0),
        ({"start": 1, "end": 3, "error": "process did not complete"}, "ERROR", 2),
        ({"start": 1, "end": 3, "error": "context canceled"}, "CANCELLED", 2),
        ({"start": 1, "end": 3, "error": "rpc error: context canceled"}, "CANCELLED", 2),
    ],
)
def test_states(fields, state, seconds):
    (step,) = trace_of({"vertexes": [vertex("[1/1] RUN x", **fields)]}).steps()
    assert (step.state, step.seconds) == (state, pytest.approx(seconds))


@pytest.mark.parametrize(
    ("name", "stage", "index", "total", "instruction"),
    [
        ("[2/5] WORKDIR /app", "", 2, 5, "WORKDIR /app"),
        ("[ 2/10] WORKDIR /app", "", 2, 10, "WORKDIR /app"),
        ("[builder 3/4] RUN pip install x", "builder", 3, 4, "RUN pip install x"),
        ("[builder  3/10] RUN pip install x", "builder", 3, 10, "RUN pip install x"),
        ("[linux/arm64 builder 1/4] FROM a", "linux/arm64 builder", 1, 4, "FROM a"),
        ("[2/2] RUN echo [1/2] x", "", 2, 2, "RUN echo [1/2] x"),
        ("[2/2] RUN <<EOF\na\nb\nEOF", "", 2, 2, "RUN <<EOF\na\nb\nEOF"),
        ("[internal] load build context", "", 0, 0, "[internal] load build context"),
        ("exporting to image", "", 0, 0, "exporting to image"),
    ],
)
def test_names(name, stage, index, total, instruction):
    (step,) = trace_of({"vertexes": [vertex(name)]}).steps()
    assert (step.stage, step.index, step.total, step.instruction) == (stage, index, total, instruction)
    assert step.is_instruction == (index > 0)


def test_a_vertex_that_comes_again_counts_once_and_the_last_report_holds():
    name = "[2/2] RUN x"
    trace = trace_of(
        {"vertexes": [vertex(name)]},
        {"vertexes": [vertex(name, 1)]},
        {"vertexes": [vertex(name, 1, 2)]},
        {"vertexes": [vertex(name, 4)]},
        {"vertexes": [vertex(name, 4, 7)]},
    )
    (step,) = trace.steps()
    assert (step.state, step.seconds) == ("DONE", pytest.approx(4))


def test_a_cached_step_whose_result_is_fetched_from_elsewhere_stays_cached_and_in_its_stage():
    name = "[builder 2/2] RUN x"
    trace = trace_of(
        {"vertexes": [vertex("[builder 1/2] FROM y", 1, 2, digest="base")]},
        {"vertexes": [vertex(name, 2, 2, inputs=["base"], cached=True)]},
        {"vertexes": [vertex(name, 3)]},  # what BuildKit reports of the transfer has neither inputs nor cached
        {"vertexes": [vertex(name, 3, 5)]},
        {"vertexes": [vertex("[stage-1 1/1] COPY --from=builder /a /b", 5, 6, inputs=[f"sha256:{name}"])]},
    )
    assert [(s.stage, s.state, s.seconds) for s in trace.instructions()] == [
        ("builder", "DONE", 1),
        ("builder", "CACHED", 0),
        ("stage-1", "DONE", 1),
    ]


def test_instructions_are_sorted_by_place_and_internal_steps_left_out():
    trace = trace_of(
        {
            "vertexes": [
                vertex("[internal] load build definition"),
                vertex("[b 2/2] RUN y"),
                vertex("[stage-1 2/2] COPY --from=b / /"),
                vertex("[b 1/2] FROM x"),
                vertex("[stage-1 1/2] FROM x"),
            ]
        }
    )
    assert [(s.stage, s.index) for s in trace.instructions()] == [("b", 1), ("b", 2), ("stage-1", 1), ("stage-1", 2)]
    assert [s.is_from for s in trace.instructions()] == [True, False, True, False]


@pytest.mark.parametrize(
    ("names", "places"),
    [
        # Builds at the same moment share FROM, and the first one has named it.
        (["[builder 1/4] FROM x", "[2/3] WORKDIR /a", "[3/3] COPY . ."], ["1/3", "2/3", "3/3"]),
        (["[builder 1/4] FROM x", "[stage-0 2/2] RUN --mount y"], ["1/2", "2/2"]),
        (["[stage-0 1/2] FROM x", "[stage-0 2/2] RUN --mount y"], ["1/2", "2/2"]),
        (["[base 1/1] FROM x", "[2/2] COPY . ."], ["1/2", "2/2"]),
        # A stage of one line is a stage.
        (["[base 1/1] FROM x", "[stage-1 1/1] RUN y"], ["base 1/1", "stage-1 1/1"]),
        (["[a 1/3] FROM x", "[a 2/3] RUN y"], ["a 1/3", "a 2/3"]),
        # From ten steps on, BuildKit pads the numbers.
        (["[a  1/10] FROM x", "[a  2/10] RUN y", "[a 10/10] RUN z"], ["a 1/10", "a 2/10", "a 10/10"]),
    ],
)
def test_the_place_is_that_in_the_readers_own_dockerfile(names, places):
    chain = zip(names, [[], *([f"sha256:{name}"] for name in names)], strict=False)
    steps = trace_of({"vertexes": [vertex(name, inputs=inputs) for name, inputs in chain]}).instructions()
    assert [f"{s.stage} {s.index}/{s.total}".strip() for s in steps] == places


def test_context_bytes_logs_warnings_and_transfers():
    run = "[2/2] RUN x"

    def log(text):
        return {"vertex": f"sha256:{run}", "data": base64.b64encode(text.encode()).decode()}

    trace = trace_of(
        {"vertexes": [vertex(CONTEXT, 1), vertex(run, 1)]},
        {"statuses": [transfer("transferring context:", 10)], "logs": [log("one\n")]},
        {"statuses": [transfer("transferring context:", 2048), transfer("extracting", 3, 12, run)]},
        {"logs": [log("two")], "warnings": [{"vertex": "v", "short": base64.b64encode(b"FromAsCasing: x").decode()}]},
        {"warnings": [{"vertex": "v", "short": base64.b64encode(b"FromAsCasing: x").decode()}]},
        {"statuses": None, "logs": None, "warnings": None, "vertexes": None},
    )
    assert trace.context_bytes == 2048
    assert trace.steps()[-1].log == "one\ntwo"
    assert trace.bytes_moved() == (3, 12)
    assert [warning.short for warning in trace.warnings] == ["FromAsCasing: x"]


def test_a_step_shared_with_another_dockerfile_is_counted_among_this_ones_steps():
    shared, own = vertex("[1/4] FROM x"), vertex("[5/5] COPY . .")
    trace = trace_of({"vertexes": [shared, vertex("[2/4] WORKDIR /app"), own]})
    assert [(s.index, s.total) for s in trace.instructions()] == [(1, 5), (2, 5), (5, 5)]


def test_a_stage_comes_after_those_it_copies_from():
    base = vertex("[builder 1/2] FROM x")
    compiled = vertex("[builder 2/2] RUN make") | {"inputs": [base["digest"]]}
    installed = vertex("[runtime 2/3] RUN apt-get") | {"inputs": [base["digest"]]}
    copied = vertex("[runtime 3/3] COPY --from=builder / /") | {"inputs": [installed["digest"], compiled["digest"]]}
    trace = trace_of({"vertexes": [installed, copied, base, compiled]})
    assert [s.stage for s in trace.instructions()] == ["builder", "builder", "runtime", "runtime"]


def test_a_build_with_many_stages_is_sorted_at_once():
    """Each stage takes from the one before twice, so the number of ways through the graph doubles with every stage."""
    vertexes = [vertex("[s00 1/1] FROM x")]
    for number in range(1, 40):
        before = vertexes[-1]["digest"]
        left = vertex(f"[s{number:02} 1/2] COPY --from=s{number - 1:02} /a /", inputs=[before])
        vertexes += [left, vertex(f"[s{number:02} 2/2] RUN x", inputs=[before, left["digest"]])]
    trace = trace_of({"vertexes": vertexes[::-1]})
    begin = time.perf_counter()
    stages = [step.stage for step in trace.instructions()]
    assert time.perf_counter() - begin < 1
    assert stages == sorted(stages)


GROUP = {"id": "g", "name": "[2/2] COPY --link a /"}


@pytest.mark.parametrize(
    ("copy", "link", "state", "seconds"),
    [
        ({}, {}, "WAITING", 0),
        ({"start": 1}, {}, "RUNNING", 0),
        ({"start": 1, "end": 3}, {}, "RUNNING", 2),  # copied, and still to be put on top of the stage
        ({"start": 1, "end": 3}, {"start": 4, "end": 5}, "DONE", 3),
        ({"start": 1, "end": 1, "cached": True}, {"start": 4, "end": 5}, "DONE", 1),
        ({"start": 1, "end": 1, "cached": True}, {"start": 4, "end": 4, "cached": True}, "CACHED", 0),
        ({"start": 1, "end": 3, "error": "no space left"}, {}, "ERROR", 2),
        ({"start": 1, "end": 3, "error": "context canceled"}, {}, "CANCELLED", 2),
    ],
)
def test_a_linked_copy_is_one_row_though_buildkit_has_two_vertices(copy, link, state, seconds):
    copied = vertex("[2/2] COPY --link a /", **copy, progressGroup=GROUP | {"weak": True})
    linked = vertex("[2/2] LINK COPY --link a /", **link, progressGroup=GROUP, inputs=["base", copied["digest"]])
    base = vertex("[1/2] FROM x", 0, 0, digest="base")
    for order in ([base, copied, linked], [linked, copied, base]):
        steps = trace_of({"vertexes": order}).instructions()
        assert [(s.instruction, s.state) for s in steps[1:]] == [("COPY --link a /", state)]
        assert steps[1].seconds == pytest.approx(seconds)
        assert steps[1].inputs == ("base",)
        assert steps[1].digest == linked["digest"]


def test_an_add_from_an_address_is_one_row_with_its_download():
    name = "[2/2] ADD http://x/y /"
    download = vertex(name, 1, 3, digest="download")
    added = vertex(name, 4, 5, digest="added", inputs=["base", "download"])
    trace = trace_of({"vertexes": [vertex("[1/2] FROM x", 0, 0, digest="base"), download, added]})
    (_, step) = trace.instructions()
    assert (step.state, step.seconds, step.inputs) == ("DONE", pytest.approx(3), ("base",))
    assert len(step.timeline.intervals) == 2


def test_instructions_of_the_same_name_in_a_shared_cache_do_not_break_the_order():
    """Another Dockerfile has named the first of two equal RUNs as this one names its second."""
    first = vertex("[3/3] RUN x", 1, 2, digest="first")
    between = vertex("[2/3] RUN y", 2, 3, digest="between", inputs=["first"])
    second = vertex("[3/3] RUN x", 3, 4, digest="second", inputs=["between"])
    steps = trace_of({"vertexes": [first, between, second]}).instructions()
    assert {s.instruction for s in steps} == {"RUN x", "RUN y"}


def test_a_transfer_that_had_ended_before_its_step_began_has_no_negative_length():
    early = transfer("sha256:a", 5, 5) | {"started": STAMP.format(3), "completed": STAMP.format(2)}
    trace = trace_of({"vertexes": [vertex(CONTEXT, 3, 4)]}, {"statuses": [early]})
    ((ended,),) = (step.timeline.transfers for step in trace.steps())
    assert ended.started == ended.completed


def log(name, text, second=0.0, stream=1):
    data = base64.b64encode(text.encode()).decode()
    return {"vertex": f"sha256:{name}", "data": data, "stream": stream, "timestamp": STAMP.format(second)}


def test_the_output_of_a_step_is_kept_with_times_and_streams():
    name = "[1/1] RUN x"
    trace = trace_of({"vertexes": [vertex(name, 0)]}, {"logs": [log(name, "a\n", 1), log(name, "b\n", 2, stream=2)]})
    (step,) = trace.steps()
    assert [
        (piece.data, piece.stream, piece.timestamp - step.timeline.intervals[0][0]) for piece in step.timeline.output
    ] == [
        (b"a\n", 1, 1.0),
        (b"b\n", 2, 2.0),
    ]


@pytest.mark.parametrize("size", [1, 1000, 30_000])
def test_of_a_step_that_prints_without_end_the_newest_is_kept_and_the_log_says_so(monkeypatch, size):
    monkeypatch.setattr(trace_module, "LOG_BYTES", 100_000)
    name, trace = "[1/1] RUN x", trace_of({"vertexes": [vertex("[1/1] RUN x", 0)]})
    for number in range(1500):
        text = f"{number:04}" + "x" * size
        trace.update(SolveStatus.from_json({"logs": [log(name, text)]}))
    (step,) = trace.steps()
    kept = sum(len(piece.data) for piece in step.timeline.output)
    assert kept + trace_module.PIECE_BYTES * len(step.timeline.output) <= 100_000
    note, _, rest = step.log.partition("\n")
    assert note == f"[the first {1500 * (size + 4) - kept:,} bytes are left out]"
    assert rest.endswith(text)
    assert len(rest) == kept


def test_a_warning_that_comes_twice_is_one_and_they_are_in_the_order_of_the_file():
    def warning(line, short, of="v"):
        return {
            "vertex": of,
            "short": base64.b64encode(short.encode()).decode(),
            "sourceInfo": {"filename": "Dockerfile"},
            "range": [{"start": {"line": line}, "end": {"line": line}}],
        }

    trace = trace_of(
        {"warnings": [warning(10, "B: x"), warning(9, "A: y")]},
        {"warnings": [warning(9, "A: y", of="another platform's"), warning(2, "C: z")]},
    )
    assert [(w.place, w.short) for w in trace.warnings] == [
        ("Dockerfile:2", "C: z"),
        ("Dockerfile:9", "A: y"),
        ("Dockerfile:10", "B: x"),
    ]


def chain(stages, steps):
    """A build whose stages each take from the one before, reported as BuildKit does: the last vertex first."""
    vertexes = []
    for stage in range(stages):
        for index in range(1, steps + 1):
            inputs = [before["digest"] for before in vertexes[-1:]]
            vertexes.append(vertex(f"[s{stage:03} {index}/{steps}] RUN {stage} {index}", 1, 2, inputs=inputs))
    return trace_of({"vertexes": vertexes[::-1]})


def test_a_build_with_four_times_the_steps_takes_about_four_times_as_long_to_sort():
    def seconds(trace):
        times = []
        for _ in range(5):
            begin = time.process_time()
            trace.steps()
            times.append(time.process_time() - begin)
        return min(times)

    short, long = chain(8, 20), chain(8, 80)
    assert [step.index for step in long.instructions()] == [*range(1, 81)] * 8
    assert seconds(long) <= 8 * seconds(short)


def test_a_chain_of_thousands_of_steps_is_sorted():
    assert len(chain(50, 60).instructions()) == 3000
