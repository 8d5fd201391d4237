"""The bench's arithmetic, and the page that it compares with."""

from __future__ import annotations

import nbformat
import pytest

from benchmarks.pages import Answer, Traffic, Visit, npm_file, stock_notebook, traffic_by_origin

HERE = "http://127.0.0.1:8000"
ANSWERS = (
    Answer(f"{HERE}/page.html", 100),
    Answer(f"{HERE}/_static/a.css?v=1", 20),
    Answer("https://cdn.example/npm/a@1.0.0/a.js", 1000),
    Answer("https://other.example/b.js", None),
)


def test_traffic_is_summed_by_origin():
    assert traffic_by_origin(ANSWERS) == {
        HERE: Traffic(requests=2, size_bytes=120),
        "https://cdn.example": Traffic(requests=1, size_bytes=1000),
        "https://other.example": Traffic(requests=1, size_bytes=0),
    }


def test_another_port_is_a_third_party():
    visit = Visit(HERE, (*ANSWERS, Answer("http://127.0.0.1:80001/x", 5)), 200.0)
    assert (visit.own, visit.third_party, visit.whole) == (Traffic(2, 120), Traffic(3, 1005), Traffic(5, 1125))


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("https://cdn.example/npm/@scope/a.b@1.0.6/dist/c.js?x#y", ("@scope/a.b@1.0.6", "dist/c.js")),
        ("https://cdn.example/thing@0.8.2-rc.1/lib/index.js", ("thing@0.8.2-rc.1", "lib/index.js")),
        ("https://cdn.example/npm/thing@3/es5/c.js", None),
        ("https://cdn.example/ajax/libs/thing/2.3.4/thing.min.js", None),
    ],
)
def test_npm_file_wants_one_exact_version(url, named):
    assert npm_file(url) == named


def test_stock_page_is_a_valid_notebook_whose_widget_has_all_its_models():
    notebook = stock_notebook()
    nbformat.validate(notebook)
    models = notebook.metadata.widgets["application/vnd.jupyter.widget-state+json"]["state"]
    shown = notebook.cells[1].outputs[0].data["application/vnd.jupyter.widget-view+json"]["model_id"]
    wanted = {name.removeprefix("IPY_MODEL_") for name in models[shown]["state"].values() if "IPY_MODEL_" in str(name)}
    assert wanted | {shown} == set(models)
