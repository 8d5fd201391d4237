"""Builds in a real engine: what they give back, and what happens when they go wrong."""

import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from dockerlab.build import Experiment, build
from dockerlab.build.trace import CACHED
from dockerlab.engine.patience import patience
from dockerlab.errors import BuildCancelled, BuildFailed, BuildTooLong, ContextNotFound, DockerfileInvalid, EngineLost
from dockerlab.show.steps import finished

pytestmark = pytest.mark.engine

NOTHING = {"containers": 0, "images": 0}


def context(folder, dockerfile, **files):
    (folder / "Dockerfile").write_text(dockerfile)
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder


def test_a_build_gives_steps_times_image_and_context_bytes(engine, run, tmp_path):
    context(tmp_path, f"FROM python:3.11-slim\nRUN echo {time.time_ns()} hello\nCOPY data /data\n", data="x" * 5000)
    done = build(f"-t dockerlab-test:{run} .", engine=engine, cwd=tmp_path, run=run)
    assert list(done.steps["instruction"].str.split().str[0]) == ["FROM", "RUN", "COPY"]
    assert [i.split()[0] for i in done.ran] == ["RUN", "COPY"]
    assert done.context_bytes >= 5000
    assert "hello" in done.log("RUN echo")
    assert 0 < done.trace.instructions()[1].seconds < done.seconds
    image = engine.client().images.get(f"dockerlab-test:{run}")
    assert image.id == done.image_id
    assert image.labels["dockerlab.run"] == run

    again = build(f"-t dockerlab-test:{run} .", engine=engine, cwd=tmp_path, run=run)
    assert [s.state for s in again.trace.instructions()[1:]] == [CACHED, CACHED]
    assert (again.ran, again.image_id) == ([], done.image_id)


@pytest.mark.parametrize(
    ("dockerfile", "expected", "attributes", "said"),
    [
        ("FROM python:3.11-slim\nRNU echo x\n", DockerfileInvalid, {"line": 2}, "unknown instruction: RNU"),
        ("RUN echo x\n", DockerfileInvalid, {"line": 1}, "no build stage in current context"),
        ("", DockerfileInvalid, {"line": 0}, "cannot be empty"),
        (
            "FROM python:3.11-slim\nRUN echo one && echo two && exit 7\n",
            BuildFailed,
            {"exit_code": 7, "step": "[2/2] RUN echo one && echo two && exit 7"},
            "  | one\n  | two",
        ),
        (
            "FROM python:3.11-slim\nCOPY absent /x\n",
            BuildFailed,
            {"exit_code": None, "step": "[2/2] COPY absent /x"},
            '"/absent": not found',
        ),
        ("FROM no-such-image-anywhere:0\n", BuildFailed, {"exit_code": None}, "no-such-image-anywhere:0"),
    ],
    ids=["unknown instruction", "no FROM", "empty", "failing RUN", "missing file", "missing image"],
)
def test_a_bad_dockerfile_is_explained(engine, run, left, tmp_path, dockerfile, expected, attributes, said):
    context(tmp_path, dockerfile)
    with pytest.raises(expected) as caught:
        build(f"-t dockerlab-test:{run} .", engine=engine, cwd=tmp_path, run=run)
    assert type(caught.value) is expected
    assert {name: getattr(caught.value, name) for name in attributes} == attributes
    assert said in str(caught.value)
    assert left() == NOTHING


@pytest.mark.parametrize(
    ("arguments", "expected", "said"),
    [
        ("-t x:y nowhere", ContextNotFound, "no build context at 'nowhere'"),
        ("nowhere -t x:y", ContextNotFound, "no build context at 'nowhere'"),
        ("-t x:y", BuildFailed, "requires 1 argument"),
        ("-f Absent .", DockerfileInvalid, "no file 'Absent'"),
    ],
)
def test_a_wrong_path_is_explained(engine, run, left, tmp_path, arguments, expected, said):
    with pytest.raises(expected, match=said):
        build(arguments, engine=engine, cwd=tmp_path, run=run)
    assert left() == NOTHING


def test_what_a_change_of_the_dockerfile_runs_again(engine, run, tmp_path):
    dockerfile = context(tmp_path, "FROM python:3.11-slim\nRUN echo one\nRUN echo two\n") / "Dockerfile"
    new = f"echo {time.time_ns()}"  # never built before
    changes = {"the last step": ("echo two", new), "a space": ("RUN echo two", "RUN  echo two")}
    table = Experiment(engine, run, tmp_path).what_runs(dockerfile.read_text(), changes)
    assert list(table["runs_again"]) == ["nothing", f"RUN {new}", "nothing"]


@pytest.fixture
def interruptible():
    """SIGINT interrupts, even if a script has started the tests in the background."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


def test_an_interrupt_cancels_the_build_in_the_engine(engine, run, left, tmp_path, interruptible):
    marker = f"9{time.time_ns() % 10**8}"
    context(tmp_path, f"FROM python:3.11-slim\nRUN sleep {marker}\n")
    main = threading.get_ident()

    def interrupt_when_it_sleeps():
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and not sleeping(marker):
            time.sleep(0.1)
        signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt_when_it_sleeps)
    thread.start()
    with pytest.raises(BuildCancelled) as caught:
        build(f"-t dockerlab-test:{run} .", engine=engine, cwd=tmp_path, run=run)
    thread.join()
    assert any(s.instruction == f"RUN sleep {marker}" for s in caught.value.trace.instructions())
    deadline = time.monotonic() + 10
    while sleeping(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not sleeping(marker)
    assert left() == NOTHING


@pytest.mark.parametrize("how", ["its limit", "another thread"])
def test_a_build_that_never_ends_is_stopped_by(engine, run, left, tmp_path, how):
    marker = f"9{time.time_ns() % 10**8}"
    context(tmp_path, f"FROM python:3.11-slim\nRUN sleep {marker}\n")
    cancel = threading.Event()

    def cancel_when_it_sleeps():
        deadline = time.monotonic() + patience(20)
        while time.monotonic() < deadline and not sleeping(marker):
            time.sleep(0.1)
        cancel.set()

    options, error = {"limit": patience(4)}, BuildTooLong
    if how == "another thread":
        options, error = {"cancel": cancel}, BuildCancelled
        threading.Thread(target=cancel_when_it_sleeps).start()
    with pytest.raises(BuildCancelled) as caught:
        build(f"-t dockerlab-test:{run} .", engine=engine, cwd=tmp_path, run=run, **options)
    assert type(caught.value) is error
    assert any(s.instruction == f"RUN sleep {marker}" for s in caught.value.trace.instructions())
    deadline = time.monotonic() + 10
    while sleeping(marker) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not sleeping(marker)
    assert left() == NOTHING
    context(tmp_path, "FROM python:3.11-slim\nLABEL a=1\n")
    assert build(".", engine=engine, cwd=tmp_path, run=run, limit=300, cancel=threading.Event()).seconds < 300


def sleeping(marker):
    return subprocess.run(["pgrep", "-f", f"sleep {marker}"], capture_output=True).returncode == 0


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="starts a private engine of its own to kill")
def test_an_engine_that_dies_during_a_build_is_named(second_engine, tmp_path):
    private, engine = second_engine
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    # A file large enough to be still on its way when the engine dies.
    with (tmp_path / "large").open("wb") as file:
        file.truncate(8 << 30)
    pid = int((private.footprint.run_folder / "dockerd.pid").read_text())
    threading.Timer(1.0, os.kill, (pid, signal.SIGKILL)).start()
    with pytest.raises(EngineLost) as caught:
        build("-t dockerlab-test:lost .", engine=engine, cwd=tmp_path, run="test-lost")
    assert "went away during the build" in str(caught.value)
    assert "dockerlab engine up" in caught.value.advice


def test_options_may_follow_the_context(engine, run, tmp_path):
    context(tmp_path, "FROM python:3.11-slim\nLABEL a=1\n")
    build(f". -t dockerlab-test:{run}", engine=engine, cwd=tmp_path, run=run)
    assert engine.client().images.get(f"dockerlab-test:{run}").labels["dockerlab.run"] == run


def test_a_warning_about_the_dockerfile_is_shown_below_the_steps(engine, run, tmp_path):
    context(tmp_path, "FROM python:3.11-slim as one\nRUN echo one\n")
    done = build(f"-t dockerlab-test:{run} .", engine=engine, cwd=tmp_path, run=run)
    (warning,) = done.trace.warnings
    assert (warning.place, warning.short) == ("Dockerfile:1", done.warnings[0])
    *_, said, where = str(finished(done)).splitlines()
    assert said == f"Warning: {warning.short}"
    assert where.strip() == f"Dockerfile:1, {warning.url}"


def test_each_step_says_when_it_ran_and_for_what_it_waited(engine, run, tmp_path):
    dockerfile = f"FROM python:3.11-slim\nRUN echo {time.time_ns()}; sleep 0.2; echo end >&2\nRUN echo last\n"
    context(tmp_path, dockerfile)
    begin = time.time()
    done = build(f"-t dockerlab-test:{run} .", engine=engine, cwd=tmp_path, run=run)
    _, first, second = done.trace.instructions()
    assert first.digest in second.inputs
    (start, end), *_ = first.timeline.intervals
    assert begin - 5 < start < end <= second.timeline.intervals[0][0]
    assert [piece.stream for piece in first.timeline.output] == [1, 2]
    assert start < first.timeline.output[0].timestamp < first.timeline.output[1].timestamp - 0.15 < end
