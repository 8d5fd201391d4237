"""The benchmarks' arithmetic, their stopwatch for docker, and the page that they compare with."""

from __future__ import annotations

import time
from contextlib import suppress

import docker
import nbformat
import pytest

from benchmarks import docker_time
from benchmarks.pages import Response, Traffic, Visit, npm_file, stock_notebook, traffic_by_origin
from dockerlab.build import Experiment
from dockerlab.engine import Engine
from dockerlab.engine.engine import Server
from dockerlab.engine.provider import CommandLine
from dockerlab.errors import DockerCommandFailed, NotAnswering
from dockerlab.run import Container

HERE = "http://127.0.0.1:8000"
RESPONSES = (
    Response(f"{HERE}/page.html", 100),
    Response(f"{HERE}/_static/a.css?v=1", 20),
    Response("https://cdn.example/npm/a@1.0.0/a.js", 1000),
    Response("https://other.example/b.js", None),
)


def test_traffic_is_summed_by_origin():
    assert traffic_by_origin(RESPONSES) == {
        HERE: Traffic(requests=2, size_bytes=120),
        "https://cdn.example": Traffic(requests=1, size_bytes=1000),
        "https://other.example": Traffic(requests=1, size_bytes=0),
    }


def test_another_port_is_a_third_party():
    visit = Visit(HERE, (*RESPONSES, Response("http://127.0.0.1:80001/x", 5)), 200.0)
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


# ---- time in docker ------------------------------------------------------------------------------------------------

PAUSE = 0.2
SLEEPER = Engine("", CommandLine(("sh", "-c", f"sleep {PAUSE}; exit $1", "docker")), Server("", "", ""), "")


def in_a_container(*arguments: object) -> None:
    time.sleep(PAUSE)
    raise NotAnswering("Silent.", container="web", asked="/")


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stopwatch is running; what it replaced is put back afterwards."""
    for name in ("ask", "watch_health", "stop"):
        monkeypatch.setattr(Container, name, in_a_container)
    monkeypatch.setattr(docker.APIClient, "send", in_a_container)
    monkeypatch.setattr(Experiment, "retired_context_bytes", in_a_container)
    monkeypatch.setattr(Engine, "popen", Engine.popen)
    monkeypatch.setattr(docker_time, "_spans", [])
    docker_time.start()


def run_two_at_once() -> None:
    with SLEEPER.popen("0"), SLEEPER.popen("0"):
        pass


def poll_until_it_ends() -> None:
    process = SLEEPER.popen("0")
    while process.poll() is None:
        time.sleep(0.01)
    process.stdout.close()


@pytest.mark.usefixtures("started")
@pytest.mark.parametrize(
    "work",
    [
        lambda: SLEEPER.run("0"),
        lambda: SLEEPER.run("1"),
        run_two_at_once,
        poll_until_it_ends,
        lambda: docker.APIClient.send(None),
        lambda: Experiment(SLEEPER).retired_context_bytes(),
        *(lambda name=name: getattr(Container("web", SLEEPER), name)() for name in ("ask", "watch_health", "stop")),
    ],
    ids=["run", "failed run", "two at once", "poll", "SDK", "retired builder", "ask", "watch_health", "stop"],
)
def test_time_in_docker_is_counted_once_and_no_other(work, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Engine, "answers", lambda self: True)  # asked after a failed command
    begin = time.perf_counter()
    with suppress(NotAnswering, DockerCommandFailed):
        work()
    whole = time.perf_counter() - begin
    time.sleep(PAUSE)
    assert PAUSE <= docker_time.seconds() <= whole


@pytest.mark.usefixtures("started")
def test_command_that_nobody_waited_for_does_not_count() -> None:
    with SLEEPER.popen("0") as process:
        assert process.poll() is None
        assert docker_time.seconds() == 0
