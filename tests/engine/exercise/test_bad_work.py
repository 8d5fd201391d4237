"""Whatever a learner has made, a check answers with one clear sentence in time, and leaves nothing behind."""

from __future__ import annotations

import time

import pytest

from dockerlab.engine.labels import clean
from dockerlab.engine.patience import patience
from dockerlab.errors import EngineLost
from dockerlab.exercise.check import NotYet
from dockerlab.exercise.work import Work

pytestmark = pytest.mark.engine

RUN = "exercise-test-bad-work"
NAME = "dockerlab-test-bad-work"
BASE = "python:3.11-slim"
SLOW_SERVER = """\
import http.server, time
class Slow(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        if self.path == "/slow":
            time.sleep(600)
        self.send_response(200)
        self.end_headers()
        while self.path == "/endless":
            self.wfile.write(b"x")
            time.sleep(0.1)
http.server.ThreadingHTTPServer(("", 8000), Slow).serve_forever()
"""


@pytest.fixture
def my(engine, tmp_path):
    """A learner's work, in an empty folder."""
    clean(engine, RUN)
    yield Work(engine, tmp_path, RUN, patience(4))
    wanted = {"label": f"dockerlab.run={RUN}"}
    client = engine.client()
    assert client.containers.list(all=True, filters=wanted) == []
    assert client.images.list(all=True, filters=wanted) == []


@pytest.fixture
def learners(engine):
    """A function that starts a container of the learner's, gone at the end."""

    def start(*words):
        engine.run("run", "-d", "--name", NAME, *words)

    yield start
    engine.run("rm", "-f", NAME)


def said(look, *arguments, **options):
    """What the learner is told, and after how many seconds."""
    begin = time.monotonic()
    with pytest.raises(NotYet) as caught:
        look(*arguments, **options)
    return caught.value.found, time.monotonic() - begin


DOCKERFILES = {
    "missing": (None, "no file Dockerfile"),
    "empty": ("", "a build that fails"),
    "broken": ("FROM python:3.11-slim\nRUNN true\n", "unknown instruction"),
    "without a base": ("RUN true\n", "a build that fails"),
    "a step that fails": ("FROM python:3.11-slim\nRUN exit 7\n", "exit code 7"),
    "a file that is not there": ("FROM python:3.11-slim\nCOPY nothing /\n", "nothing"),
    "never ends": ("FROM python:3.11-slim\nRUN sleep 999983\n", "still running after"),
}


@pytest.mark.parametrize("kind", DOCKERFILES)
def test_a_dockerfile_that_gives_no_image(my, kind):
    text, words = DOCKERFILES[kind]
    if text is not None:
        (my.folder / "Dockerfile").write_text(text)

    def look():
        with my.bench(copied=True) as bench:
            bench.build("Dockerfile", "-t", bench.tag("one"))

    found, seconds = said(look)
    assert words in found
    assert "\n" not in found
    assert seconds < patience(60)


def test_a_container_that_has_ended_says_its_last_words(my, learners):
    learners(BASE, "sh", "-c", "echo The cellar is flooded; exit 3")
    found, _ = said(lambda: time.sleep(0.1) or (my.engine.run("wait", NAME) and my.running(NAME)))
    assert found == f"{NAME} is exited, exit code 3; its last words: The cellar is flooded"


@pytest.mark.parametrize(
    ("look", "words"),
    [
        (lambda my: my.container("dockerlab-nobody"), "no container called dockerlab-nobody"),
        (lambda my: my.image("dockerlab-nobody:1"), "no image called dockerlab-nobody:1"),
        (lambda my: my.volume("dockerlab-nobody"), "no volume called dockerlab-nobody"),
        (lambda my: my.network("dockerlab-nobody"), "no network called dockerlab-nobody"),
        (lambda my: my.file("answer.txt"), "no file answer.txt"),
        (lambda my: my.try_out(BASE, "false"), "false ends with exit code 1"),
        (lambda my: my.try_out(BASE, "no-such-program"), "does not start"),
        (lambda my: my.try_out(BASE, "true", options=("--nonsense",)), "does not start"),
    ],
)
def test_what_is_not_there_is_said_in_a_few_words(my, look, words):
    found, _ = said(look, my)
    assert words in found
    assert "\n" not in found


@pytest.mark.parametrize("path", ["/slow", "/endless"])
def test_an_answer_that_does_not_end(my, learners, path):
    learners("-p", "127.0.0.1::8000", BASE, "python", "-c", SLOW_SERVER)
    assert my.ask(NAME, "/", seconds=30).status == 200
    found, seconds = said(my.ask, NAME, path, seconds=2)
    assert found.startswith(f"no answer from {NAME} on {path}")
    assert seconds < patience(20)


def test_a_container_that_publishes_nothing(my, learners):
    learners(BASE, "sleep", "600")
    assert said(my.ask, NAME, "/")[0] == f"{NAME} publishes no port"


def test_an_engine_that_stops_between_two_checks_is_no_fault_of_the_learner(second_engine, tmp_path):
    private, engine = second_engine
    my = Work(engine, tmp_path, RUN, 10)
    with pytest.raises(NotYet):
        my.container("nobody")
    private.down()
    with pytest.raises(EngineLost):
        my.container("nobody")
