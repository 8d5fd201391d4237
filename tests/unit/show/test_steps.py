"""A build as a table of its steps."""

import base64

import pytest
from rich.console import Console

from dockerlab.build import Build
from dockerlab.build.wire import SolveStatus
from dockerlab.show.shown import view
from dockerlab.show.steps import StepTable
from tests.traces import CONTEXT, trace_of, transfer, vertex

FROM = "[1/4] FROM docker.io/library/python:3.11-slim"
NOW = 1795428020.0  # 20 seconds after the moment that a vertex's times are counted from


@pytest.fixture
def trace():
    steps = [
        vertex(CONTEXT, 0, 1),
        vertex(FROM, 0, 0),
        vertex("[2/4] COPY <a> [b]", 0, 0, cached=True),
        vertex("[3/4] RUN pip install", 0, 10),
        vertex("[4/4] COPY . .", 10, 11),
    ]
    return trace_of({"vertexes": steps, "statuses": [transfer("transferring context:", 2048)]})


def test_the_final_table_in_plain_text(trace):
    assert str(StepTable(trace, 11.5)).splitlines() == [
        "1/4  FROM docker.io/library/python:3.11-slim  BASE",
        "2/4  COPY <a> [b]                             CACHED",
        "3/4  RUN pip install                          DONE    10.0 s",
        "4/4  COPY . .                                 DONE    1.00 s",
        "2 ran, 1 cached, 11.5 s, 2.05 kB of context sent",
    ]


def test_the_table_in_html_escapes_and_draws_bars(trace):
    page = StepTable(trace, 11.5).to_html()
    assert "COPY &lt;a&gt; [b]" in page
    assert "width:100.0%" in page
    assert "width:10.0%" in page
    assert "<progress" not in page
    assert '<progress value="4" max="4">' in StepTable(trace, 11.5, NOW).to_html()


def test_a_build_shows_itself_as_its_table(trace):
    table = view(Build("docker build .", "sha256:1", trace, 11.5))
    assert table._repr_mimebundle_() == StepTable(trace, 11.5)._repr_mimebundle_()
    assert set(table._repr_mimebundle_()[0]) == {"text/plain", "text/html"}


@pytest.mark.parametrize(
    ("step", "now", "shown"),
    [
        (vertex("[2/2] RUN x", 5), NOW, "2/2  RUN x   RUNNING  15.0 s"),
        (vertex("[2/2] RUN x", 5), None, "2/2  RUN x   RUNNING  0.00 s"),
        (vertex("[2/2] RUN x"), NOW, "2/2  RUN x   WAITING"),
        (vertex("[2/2] RUN x", 0, 3, error="bad"), None, "2/2  RUN x   ERROR  3.00 s"),
        (vertex("[2/2] RUN x", 0, 3, error="context canceled"), None, "2/2  RUN x   CANCELLED  3.00 s"),
        (vertex("[2/2] RUN " + "x" * 70, 0, 3), None, f"2/2  RUN {'x' * 55}…  DONE  3.00 s"),
    ],
)
def test_a_step_in_each_state(step, now, shown):
    table = str(StepTable(trace_of({"vertexes": [vertex("[1/2] FROM x", 0, 1), step]}), 20, now))
    assert table.splitlines()[1] == shown


def test_while_a_base_is_pulled_the_bytes_are_shown(trace):
    layer = transfer("sha256:a", 12_000_000, 45_000_000, FROM)
    trace.update(SolveStatus.from_json({"statuses": [layer]}))
    assert StepTable(trace, 1, NOW).summary().endswith("context sent, 12 MB of 45 MB fetched")
    assert StepTable(trace, 1).summary().endswith("context sent")


def warning(short, **more):
    return {"vertex": "v", "short": base64.b64encode(short.encode()).decode(), **more}


def at(line, file="Dockerfile"):
    return {"sourceInfo": {"filename": file}, "range": [{"start": {"line": line}, "end": {"line": line}}]}


URL = "https://docs.docker.com/go/dockerfile/rule/from-as-casing/"
CASING = warning("FromAsCasing: 'as' and 'FROM' <do> not match (line 1)", url=URL, **at(1, "odd.Dockerfile"))


@pytest.mark.parametrize(
    ("warnings", "shown"),
    [
        ([], []),
        (
            [CASING],
            ["Warning: FromAsCasing: 'as' and 'FROM' <do> not match (line 1)", f"         odd.Dockerfile:1, {URL}"],
        ),
        (
            [warning("B: x", **at(10)), warning("A: y", **at(9)), warning("A: y", **at(9))],
            ["Warning: A: y", "         Dockerfile:9", "Warning: B: x", "         Dockerfile:10"],
        ),
        ([warning("no place")], ["Warning: no place"]),
        ([warning("two\nlines\x1b[2J")], ["Warning: two lines\\x1b[2J"]),
    ],
)
def test_warnings_stand_below_the_table(trace, warnings, shown):
    trace.update(SolveStatus.from_json({"warnings": warnings}))
    table = StepTable(trace, 11.5)
    _, summary, below = str(table).partition(table.summary())
    assert summary
    assert below.splitlines()[1:] == shown
    with Console(width=100, force_terminal=False) as console, console.capture() as printed:
        console.print(table)
    for line in shown:
        assert line in printed.get()


def test_warnings_in_html_are_a_list_with_a_link_to_the_rule(trace):
    assert "dl-warnings" not in StepTable(trace, 11.5).to_html()
    trace.update(SolveStatus.from_json({"warnings": [CASING]}))
    text = "FromAsCasing: &#x27;as&#x27; and &#x27;FROM&#x27; &lt;do&gt; not match (line 1)"
    place = f'<code>odd.Dockerfile:1</code> <a href="{URL}">{URL}</a>'
    below = f'<ul class="dl-warnings"><li>Warning: {text}<br>{place}</li></ul>'
    assert StepTable(trace, 11.5).to_html().endswith(f"</p>{below}")


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://x", '"><script>'])
def test_only_a_web_page_becomes_a_link(trace, url):
    trace.update(SolveStatus.from_json({"warnings": [warning("x", url=url, **at(1, "<b>"))]}))
    page = StepTable(trace, 11.5).to_html()
    assert "<a " not in page
    assert "<script" not in page
    assert "<b>" not in page


def test_the_progress_reaches_its_end_though_stages_share_a_from():
    trace = trace_of(
        {
            "vertexes": [
                vertex("[b 1/2] FROM x", 0, 0),
                vertex("[b 2/2] RUN y", 0, 1),
                vertex("[stage-1 2/2] COPY --from=b / /", 1, 2, inputs=["sha256:[b 1/2] FROM x"]),
            ]
        }
    )
    assert '<progress value="3" max="3">' in StepTable(trace, 2, NOW).to_html()
