"""The records of a build, folded into steps."""

import base64
import time

import pytest

from dockerlab.build.trace import merged_seconds
from tests.traces import CONTEXT, trace_of, transfer, vertex


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
    assert trace.planned == 4
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
    assert trace.warnings == ["FromAsCasing: x"]


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
