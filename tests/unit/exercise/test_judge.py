"""What the judge makes of a build, with no engine."""

from dockerlab.build.trace import CACHED, DONE, RUNNING, WAITING, Step
from dockerlab.exercise.judge import Reference, measure, reran


def test_what_ran_again_is_neither_cached_nor_merely_announced():
    def step(instruction, state, log=""):
        return Step(instruction, instruction, "", 1, 4, instruction, state, 1.0, log)

    steps = [
        step("FROM python:3.11-slim", DONE),
        step("WORKDIR /app", CACHED),
        step("COPY . .", DONE),
        step("RUN a", RUNNING),
        step("RUN b", RUNNING, "Collecting x"),
        step("RUN c", WAITING),
    ]
    assert reran(steps) == ("COPY . .", "RUN b")


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path):
    facts = measure(None, tmp_path / "Dockerfile.mine", None, Reference({}, {}), patience=1, tell=print)
    assert facts.problem == "There is no file Dockerfile.mine."
