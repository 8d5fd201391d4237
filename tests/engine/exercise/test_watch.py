"""Watching: a change in the engine or in the learner's folder is noticed at once, what checks do is not."""

from __future__ import annotations

import time

import pytest

from dockerlab.engine.labels import clean
from dockerlab.engine.patience import patience
from dockerlab.exercise.bench import Bench
from dockerlab.exercise.watch import Watch
from dockerlab.run import docker_command

pytestmark = pytest.mark.engine

NAME = "dockerlab-test-watch"
RUN = "exercise-test-watch"


@pytest.fixture
def seen(engine, tmp_path):
    """The moments at which the watch has noticed something; it runs during the test."""
    moments = []
    watch = Watch(engine, tmp_path, lambda: moments.append(time.monotonic()), run=RUN).start()
    time.sleep(1)  # until the engine sends its events
    moments.clear()
    yield moments
    watch.stop()
    engine.client().api.remove_container(NAME, force=True) if engine.run("ps", "-aq", "-f", f"name={NAME}") else None
    clean(engine, RUN)


def noticed(moments, since, seconds):
    while time.monotonic() < since + seconds and not moments:
        time.sleep(0.02)
    return bool(moments)


@pytest.mark.parametrize("change", ["container", "volume", "file", "changed file", "deleted file"])
def test_what_a_learner_does_is_noticed_within_a_second(engine, seen, tmp_path, change):
    file = tmp_path / "app" / "page.html"
    if "file" in change and change != "file":
        file.parent.mkdir()
        file.write_text("one")
        time.sleep(1)
        seen.clear()
    if change == "container":
        engine.run("create", "--name", NAME, "python:3.11-slim", "true")
    elif change == "volume":
        engine.run("volume", "create", NAME)
        engine.run("volume", "rm", NAME)
    elif change == "deleted file":
        file.unlink()
    else:
        file.parent.mkdir(exist_ok=True)
        file.write_text("two, longer")
    assert noticed(seen, time.monotonic(), patience(1))


def test_what_a_check_does_is_not_taken_for_the_learners(engine, tmp_path):
    """Events of other programs on this engine may come in between: only those of our own objects are looked at."""
    watch = Watch(engine, tmp_path, lambda: None, run=RUN)
    context = tmp_path / "context"
    context.mkdir()
    (context / "Dockerfile").write_text(f"FROM python:3.11-slim\nLABEL a={time.time_ns()}\n")
    begin = time.time()
    docker_command("run --rm -v /data -p 127.0.0.1::80 python:3.11-slim true", engine=engine, run=RUN)
    with Bench.opened(engine, context, RUN) as bench:
        image = bench.build("Dockerfile", "-t", bench.tag("one")).image_id
        bench.start("one", "web", "")
    time.sleep(1)
    ours, counted = {image}, []
    for event in engine.client().events(since=int(begin), until=int(time.time()) + 1, decode=True):
        attributes = event["Actor"]["Attributes"]
        if attributes.get("dockerlab.run") == RUN:
            ours.add(event["Actor"]["ID"])
        is_ours = bool(ours & {event["Actor"]["ID"], attributes.get("container")})
        if watch.counts(event) and is_ours:
            counted.append((event["Type"], event["Action"]))
    assert len(ours) >= 3
    assert counted == []
