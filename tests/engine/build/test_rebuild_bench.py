"""The rebuild bench with real builds: what ran, and what the course's rules said of it before."""

from __future__ import annotations

import threading

import pytest

from dockerlab.build.rebuild import CHANGES, SWAP, Place, RebuildBench, places
from dockerlab.build.trace import RUNNING
from dockerlab.errors import BuildCancelled, BuildFailed
from dockerlab.show.rebuild import RoundView, rounds_html

pytestmark = pytest.mark.engine

DOCKERFILE = """\
FROM python:3.11-slim
WORKDIR /work
COPY requirements.txt /
RUN cat /requirements.txt > /installed
COPY . /app
WORKDIR /more
RUN ls /app > /listing
"""
_, FIRST, INSTALL, CODE, MORE, LIST = (
    Place("", number, line) for number, line in enumerate(DOCKERFILE.splitlines()[1:], 2)
)


class CancelsWhatRuns:
    """A watcher that cancels the build as soon as a step runs."""

    def __init__(self, cancel):
        self._cancel = cancel

    def update(self, trace):
        if any(step.state == RUNNING for step in trace.instructions()):
            self._cancel.set()

    def close(self):
        """Nothing to do."""


@pytest.fixture
def bench(engine, run, tmp_path):
    files = {"main.py": "print()\n", "requirements.txt": "one\n", "README.md": "read\n", "Dockerfile": DOCKERFILE}
    files[".dockerignore"] = "*.md\n"
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    return RebuildBench(tmp_path, ["Dockerfile"], engine, run)


def test_each_change_runs_what_the_rules_say(bench):
    expected = {
        "edit the code": {CODE, MORE, LIST},
        "touch the code": set(),
        "change the code's permissions": {CODE, MORE, LIST},
        "edit the README": set(),
        "add a requirement": {FIRST, INSTALL, CODE, MORE, LIST},
        "set a variable": {INSTALL, CODE, MORE, LIST},
        "use no cache": {FIRST, INSTALL, CODE, MORE, LIST},  # a WORKDIR is looked up all the same
    }
    for change, guess in expected.items():
        steps = places(bench.plan("Dockerfile", change))
        # a variable's line stands before the others, and counts as no step
        chosen = frozenset(step for step in steps if step.instruction in {place.instruction for place in guess})
        done = bench.rebuild("Dockerfile", change, chosen)
        assert (change, done.right) == (change, 6), done.marks
        assert [step.verdict == "runs" for step in done.forecast] == [ran for _, _, ran in done.marks]
        assert "You: 6 of 6 right; the course's rules: 6 of 6." in RoundView(done).summary()
    bench.rebuild("Dockerfile", SWAP)
    assert [r.change for r in bench.rounds] == [*expected, SWAP]
    assert bench.changes("Dockerfile") == [*expected]  # there is nothing more to swap
    assert rounds_html(bench.rounds).count("<tr>") == 1 + len(CHANGES)


def test_a_change_that_does_not_build_is_taken_back(bench, tmp_path):
    text = DOCKERFILE.replace("cat /requirements.txt", "test ! -e /app && cat /requirements.txt")
    (tmp_path / "Dockerfile").write_text(text)
    with pytest.raises(BuildFailed):
        bench.rebuild("Dockerfile", SWAP)
    assert (tmp_path / "Dockerfile").read_text() == text
    assert bench.rounds == []
    assert bench.rebuild("Dockerfile", "edit the code", frozenset({CODE, MORE, LIST})).forecast.of("runs") == [
        CODE.instruction, MORE.instruction, LIST.instruction
    ]  # fmt: skip


def test_a_cancelled_build_counts_as_no_round_and_the_next_one_works(bench, tmp_path, left):
    (tmp_path / "Dockerfile").write_text(DOCKERFILE.replace("cat /", "sleep 2; cat /"))
    cancel = threading.Event()
    with pytest.raises(BuildCancelled):
        bench.rebuild("Dockerfile", "use no cache", watcher=CancelsWhatRuns(cancel), cancel=cancel)
    assert bench.rounds == []
    assert "# change" not in (tmp_path / "main.py").read_text()
    assert left()["containers"] == 0
    assert bench.rebuild("Dockerfile", "edit the code", frozenset({CODE, MORE, LIST})).right == 6
