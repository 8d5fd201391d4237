"""Charts: their text alternative, their labels, and what they need to stand in a page."""

import pandas as pd
import pytest

from dockerlab.build import Build, summary
from dockerlab.show import charts
from tests.traces import trace_of, vertex

LAYERS = pd.DataFrame(
    [
        ("v1", "FROM x", 120.0, True),
        ("v1", "RUN apt-get install gcc", 60.4, False),
        ("v1", "COPY . .", 0.2, False),
        ("v2", "FROM x", 120.0, True),
        ("v2", "RUN pip install y", 20.0, False),
    ],
    columns=["image", "instruction", "size_MB", "base"],
)


def test_a_chart_has_a_finding_a_description_and_no_colour_of_its_own_for_text():
    vertexes = [
        vertex("[1/4] FROM docker.io/library/python:3.11-slim", 0, 0),
        vertex("[2/4] COPY <a> [b]", 0, 0, cached=True),
        vertex("[3/4] RUN pip install", 0, 10),
        vertex("[4/4] COPY . .", 10, 11),
    ]
    steps = Build("docker build .", "", trace_of({"vertexes": vertexes}), 11.5).steps
    chart = charts.step_times(steps, "Installing takes nearly all the time")
    assert chart.alt == "Seconds a step: COPY . .: 1.00 s; RUN pip install: 10.00 s; COPY <a> [b]: 0.00 s."
    page = chart.to_html()
    assert "<strong>Installing takes nearly all the time</strong>" in page
    assert 'role="img" aria-label="Seconds a step: COPY . .' in page
    assert "currentColor" in chart.svg
    assert "<script" not in page
    other = charts.step_times(steps, "Another title")
    identifiers = [{part.split('"')[0] for part in c.svg.split(' id="')[1:]} for c in (chart, other)]
    assert identifiers[0]
    assert not identifiers[0] & identifiers[1]


def test_a_chart_shows_itself_as_text_and_html():
    chart = charts.bars({"x": 1.0}, "One bar", "MB", "size")
    assert chart._repr_mimebundle_() == (
        {"text/plain": "Figure: One bar\nsize. x: 1 MB.", "text/html": chart.to_html()},
        {},
    )


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
    assert part in charts.PART_COLOURS


def test_layers_are_added_up_by_part_and_what_is_too_thin_to_see_is_left_out():
    chart = charts.layer_sizes(LAYERS, "Layers", 130.4, "the lean image")
    assert chart.alt == (
        "Uncompressed size of layers. v1: 181 MB, of which base image 120, system packages 60. "
        "v2: 140 MB, of which base image 120, Python packages 20."
    )
    for label in ("181 MB<", "140 MB<", "the lean image: 130 MB<", "system packages<", "Python packages<"):
        assert label in chart.svg
    assert "application<" not in chart.svg


@pytest.mark.parametrize("value", [0.498, 0.0338, 0.000815, 221.7])
def test_a_label_in_the_drawing_states_the_figure_of_its_description(value):
    chart = charts.bars({"x": value}, "One bar", "MB", "size")
    assert f"x: {value:.3g} MB" in chart.alt
    assert f"{value:.3g} MB<" in chart.svg


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        ([9.295], "no cache: {median:.2f} s, one build."),
        ([9.295, 8.0, 10.0], "no cache: median {median:.2f} s of 3 builds, from 8.00 to 10.00 s."),
    ],
)
def test_a_chart_of_builds_rounds_as_the_table_of_them_does(seconds, said):
    table = pd.DataFrame({"variant": "no cache", "seconds": seconds, "ran": 3, "cached": 1})
    chart = charts.times(table, "Builds")
    median = summary(table)["median_seconds"].item()
    assert chart.alt == "Seconds a build. " + said.format(median=median)
    assert f"{median:.2f} s<" in chart.svg
