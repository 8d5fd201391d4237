import io

import pandas as pd
import pytest
from rich.console import Console

from dockerlab.build.builder import Build
from dockerlab.build.buildkit import BuildTrace, SolveStatus
from dockerlab.build.experiment import summary
from dockerlab.show import charts, display
from dockerlab.text import seconds_text, size_text

STAMP = "2026-11-24T10:00:{:02d}Z"


def vertex(name, seconds=None, cached=False, error=""):
    fields = {"digest": f"sha256:{name}", "name": name, "cached": cached, "error": error}
    if seconds is not None:
        fields |= {"started": STAMP.format(0), "completed": STAMP.format(seconds)}
    return fields


@pytest.fixture
def trace():
    folded = BuildTrace()
    vertexes = [
        vertex("[internal] load build context", 1),
        vertex("[1/4] FROM docker.io/library/python:3.11-slim", 0),
        vertex("[2/4] COPY <a> [b]", 0, cached=True),
        vertex("[3/4] RUN pip install", 10),
        vertex("[4/4] COPY . .", 1),
    ]
    context = {"vertex": "sha256:[internal] load build context", "id": "transferring context:", "current": 2048}
    folded.update(SolveStatus.from_json({"vertexes": vertexes, "statuses": [context]}))
    return folded


def test_the_final_table_in_plain_text(trace):
    assert str(display.StepTable(trace, 11.5)).splitlines() == [
        "1/4  FROM docker.io/library/python:3.11-slim  BASE",
        "2/4  COPY <a> [b]                             CACHED",
        "3/4  RUN pip install                          DONE    10.0 s",
        "4/4  COPY . .                                 DONE    1.00 s",
        "2 ran, 1 cached, 11.5 s, 2.05 kB of context sent",
    ]


def test_the_table_in_html_escapes_and_draws_bars(trace):
    page = display.StepTable(trace, 11.5).to_html()
    assert "COPY &lt;a&gt; [b]" in page
    assert "width:100.0%" in page
    assert "width:10.0%" in page
    assert "<progress" not in page
    assert '<progress value="4" max="4">' in display.StepTable(trace, 11.5, finished=False).to_html()


def test_while_a_base_is_pulled_the_bytes_are_shown(trace):
    pulled = {"vertex": "sha256:[1/4] FROM docker.io/library/python:3.11-slim", "id": "sha256:a"}
    trace.update(SolveStatus.from_json({"statuses": [pulled | {"current": 12_000_000, "total": 45_000_000}]}))
    assert display.StepTable(trace, 1, finished=False).summary().endswith("context sent, 12 MB of 45 MB fetched")
    assert display.StepTable(trace, 1).summary().endswith("context sent")


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_one_final_table_with_brackets_intact(trace, terminal):
    out = io.StringIO()
    view = display.TerminalView(Console(file=out, force_terminal=terminal, width=100))
    view.update(trace)
    view.close()
    view.show(Build("docker build .", "sha256:1", trace, 11.5))
    final = out.getvalue().rpartition("\x1b[2K")[2]  # what a live table showed before is erased
    assert final.count("COPY <a> [b]") == final.count("RUN pip install") == 1
    assert "2 ran, 1 cached" in final


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (512, "512 B"), (4096, "4.1 kB"), (267_400_000, "267 MB"), (2.5e9, "2.5 GB"), (999_600, "1 MB")],
)
def test_sizes(size, text):
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.256, "0.26 s"), (9.96, "10.0 s"), (59.96, "1 min 00 s"), (125, "2 min 05 s")]
)
def test_durations(seconds, text):
    assert seconds_text(seconds) == text


def test_a_listing_is_markdown_on_a_page_and_itself_in_a_terminal():
    listing = display.code("FROM x\n", "docker")
    assert listing._repr_mimebundle_() == {"text/plain": "FROM x", "text/markdown": "```docker\nFROM x\n```"}


def test_a_figure_has_a_finding_a_description_and_no_colour_of_its_own_for_text(trace):
    steps = Build("docker build .", "", trace, 11.5).steps
    figure = charts.step_times(steps, "Installing takes nearly all the time")
    assert figure.alt == "Seconds a step: COPY . .: 1.00 s; RUN pip install: 10.00 s; COPY <a> [b]: 0.00 s."
    page = figure.to_html()
    assert "<strong>Installing takes nearly all the time</strong>" in page
    assert 'role="img" aria-label="Seconds a step: COPY . .' in page
    assert "currentColor" in figure.svg
    assert "<script" not in page
    other = charts.step_times(steps, "Another title")
    identifiers = [{part.split('"')[0] for part in f.svg.split(' id="')[1:]} for f in (figure, other)]
    assert identifiers[0]
    assert not identifiers[0] & identifiers[1]


@pytest.mark.parametrize(
    ("instruction", "base", "part"),
    [
        ("FROM x", True, "base image"),
        ("RUN apt-get update && apt-get install gcc", False, "system packages"),
        ("RUN pip install -r requirements.txt", False, "Python packages"),
        ("COPY /install /usr/local", False, "Python packages"),
        ("COPY . .", False, "application"),
        ("RUN useradd x && chown -R x /app", False, "ownership (chown)"),
        ("WORKDIR /app", False, "other"),
    ],
)
def test_parts_of_an_image(instruction, base, part):
    assert charts.part_of(instruction, base) == part


@pytest.mark.parametrize("value", [0.498, 0.0338, 0.000815, 221.7])
def test_a_label_in_the_drawing_states_the_figure_of_its_description(value):
    figure = charts.bars({"x": value}, "One bar", "MB", "size")
    assert f"x: {value:.3g} MB" in figure.alt
    assert f"{value:.3g} MB<" in figure.svg


def test_a_chart_of_builds_rounds_as_the_table_of_them_does():
    table = pd.DataFrame({"variant": ["no cache"], "seconds": [9.295], "ran": [3], "cached": [1]})
    figure = charts.times(table, "One build")
    shown = f"{summary(table)['median_seconds'].item():.2f} s"
    assert f"no cache: {shown}, one build" in figure.alt
    assert f"{shown}<" in figure.svg
