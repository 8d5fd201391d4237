"""Repeated builds and what their tables say: the docker command is a script."""

import json
import shlex
from contextlib import contextmanager

import pandas as pd
import pytest

from dockerlab.build import Experiment, ratio, summary
from tests.engines import engine_of
from tests.traces import vertex

TIMES = pd.DataFrame(
    {
        "variant": ["slow", "fast", "slow", "fast", "slow", "fast"],
        "repeat": [1, 1, 2, 2, 3, 3],
        "seconds": [10.0, 0.5, 12.0, 0.4, 90.0, 0.6],
        "ran": [2, 1, 2, 1, 2, 0],
        "cached": [1, 2, 1, 2, 1, 3],
    }
)
RECORD = {
    "vertexes": [
        vertex("[1/3] FROM x", 0, 1),
        vertex("[2/3] COPY a /", 1, 1, cached=True),
        vertex("[3/3] RUN make all the things", 1, 2),
    ]
}
SAY = f"echo {shlex.quote(json.dumps(RECORD))} >&2"


def test_summary_has_median_and_spread_in_order_of_appearance():
    table = summary(TIMES)
    assert list(table.index) == ["slow", "fast"]
    assert table.loc["slow"].to_dict() == {
        "builds": 3,
        "median_seconds": 12.0,
        "lowest_seconds": 10.0,
        "highest_seconds": 90.0,
        "ran": 2,
        "cached": 1,
    }


def test_the_ratio_is_that_of_the_medians():
    assert ratio(TIMES, "slow", "fast") == pytest.approx(24)


@pytest.mark.parametrize(
    ("warm_up", "lines", "edits"),
    [
        (True, ["a: warming up", "b: warming up", "a: 1 of 2", "b: 1 of 2", "a: 2 of 2", "b: 2 of 2"], [0, 1, 2]),
        (False, ["a: 1 of 2", "b: 1 of 2", "a: 2 of 2", "b: 2 of 2"], [1, 2]),
    ],
)
def test_builds_are_timed_in_turn(tmp_path, warm_up, lines, edits):
    told, edited = [], []

    @contextmanager
    def progress():
        yield told.append
        told.append("gone")

    experiment = Experiment(engine_of(SAY, tmp_path), "some-run", tmp_path, progress)
    table = experiment.time_builds({"a": "-t a .", "b": "."}, repeats=2, edit=edited.append, warm_up=warm_up)
    assert (told, edited) == ([*lines, "gone"], edits)
    assert list(zip(table["variant"], table["repeat"], strict=True)) == [("a", 1), ("b", 1), ("a", 2), ("b", 2)]
    assert table["seconds"].gt(0).all()
    assert table.drop(columns="seconds").iloc[-1].to_dict() == {
        "variant": "b",
        "repeat": 2,
        "ran": 1,
        "cached": 1,
        "steps_run": "RUN make all the things",
        "context_bytes": 0,
    }


def test_what_runs_again_is_asked_of_one_change_at_a_time(tmp_path):
    built = tmp_path / "built"
    (tmp_path / "Dockerfile.experiment").write_text("a reader's own\n")
    # Of the words, the one after -f.
    script = f'while [ "$1" != -f ]; do shift; done; cat "$2" >> {built}; case $(cat "$2") in *b*) {SAY};; esac'
    experiment = Experiment(engine_of(script, tmp_path), folder=tmp_path)
    table = experiment.what_runs("FROM x\n", {"one": ("x", "b"), "two": ("FROM", "from")})
    assert table.to_dict("records") == [
        {"change": "nothing", "runs_again": "nothing"},
        {"change": "one", "runs_again": "RUN make all"},
        {"change": "two", "runs_again": "nothing"},
    ]
    assert built.read_text() == "FROM x\nFROM x\nFROM b\nfrom x\n"
    assert {file.name for file in tmp_path.glob("Dockerfile*")} == {"Dockerfile.experiment"}
    assert (tmp_path / "Dockerfile.experiment").read_text() == "a reader's own\n"


@pytest.mark.parametrize("dockerfile", ["FROM x\nRUN x\n", "FROM y\n"])
def test_a_change_that_is_not_clear_is_refused(tmp_path, dockerfile):
    experiment = Experiment(engine_of("true", tmp_path), folder=tmp_path)
    with pytest.raises(ValueError, match=r"'x' occurs \d times in the Dockerfile, not once"):
        experiment.what_runs(dockerfile, {"one": ("x", "z")})
    assert not list(tmp_path.glob("Dockerfile*"))
