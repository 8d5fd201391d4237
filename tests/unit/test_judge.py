"""Scoring what was measured, with no engine."""

from dataclasses import replace

import pytest

from dockerlab.build.buildkit import CACHED, DONE, RUNNING, WAITING, Step
from dockerlab.exercise.judge import AWAY, PATHS, measure
from dockerlab.exercise.scoreboard import Facts, Reference, Scoreboard, is_installation, reran, score, size_share
from dockerlab.run.container import Answer

ANSWERS = {
    path: Answer("http://127.0.0.1:8000" + path, status, {"path": path}, 1)
    for path, status in [*PATHS.items(), (AWAY, 503)]
}
REFERENCE = Reference(ANSWERS, basic_bytes=220_000_000, lean_bytes=150_000_000)
SOUND = Facts(
    steps=8,
    answers=ANSWERS,
    size_bytes=200_000_000,
    reruns=("COPY --chown=1000:1000 . .",),
    uid=1000,
    has_check=True,
    healthy=True,
    notices=True,
    secrets=(),
    stop=(0.4, 0),
)


def test_a_sound_solution_loses_nothing():
    board = score(SOUND, REFERENCE)
    assert (board.total, board.maximum, board.lost) == (100, 100, {})
    assert not any(criterion.advice for criterion in board.criteria)


ANSWER, SIZE = "answers like the basic image", "size"
CODE, USER, SECRET = "a code change installs nothing", "not root", "no secret in the image"
HEALTH, FROZEN, STOP = "health check passes", "health check notices a frozen server", "stops when asked"


@pytest.mark.parametrize(
    ("change", "lost", "words"),
    [
        ({"answers": {}, "silence": "ImportError: libpq.so.5"}, {ANSWER: 20}, "last words: ImportError: libpq.so.5"),
        ({"answers": {}}, {ANSWER: 20}, "no answer"),
        (
            {"answers": ANSWERS | {"/health": replace(ANSWERS["/health"], status=503)}},
            {ANSWER: 20},
            "4 of 5 answers are the same, not /health (503)",
        ),
        (
            {"answers": {path: answer for path, answer in ANSWERS.items() if path != AWAY}},
            {ANSWER: 20},
            "4 of 5 answers are the same, not /health with PostgreSQL away (no answer)",
        ),
        ({"size_bytes": 430_000_000}, {SIZE: 15}, "4.00 on a scale"),
        ({"size_bytes": None}, {SIZE: 15}, "not measured"),
        ({"reruns": ("COPY . .", "RUN pip install x")}, {CODE: 15}, "ran again: RUN pip install x"),
        ({"reruns": ()}, {CODE: 15}, "did not get into the image"),
        ({"reruns": None}, {CODE: 15}, "not measured"),
        ({"uid": 0}, {USER: 10}, "process 1 has user ID 0"),
        ({"uid": None}, {USER: 10}, "not measured"),
        ({"has_check": False, "healthy": None, "notices": None}, {HEALTH: 5, FROZEN: 5}, "there is no health check"),
        (
            {"healthy": False, "notices": None, "check_said": "curl: not found"},
            {HEALTH: 5, FROZEN: 5},
            "never healthy; the check said: curl: not found",
        ),
        ({"notices": False}, {FROZEN: 5}, "still healthy"),
        (
            {"secrets": ("file content app/.env in layer 6", "x")},
            {SECRET: 10},
            "2 places, first: file content app/.env",
        ),
        ({"stop": (10.2, 137)}, {STOP: 10}, "10.2 s, exit code 137"),
        ({"stop": (0.3, 1)}, {STOP: 10}, "exit code 1"),
        ({"stop": (8.0, 0)}, {STOP: 10}, "8.0 s"),
    ],
)
def test_each_fact_costs_its_own_points_and_earns_one_sentence_of_advice(change, lost, words):
    board = score(replace(SOUND, **change), REFERENCE)
    assert board.lost == lost
    assert board.total == 100 - sum(lost.values())
    assert any(words in criterion.measured for criterion in board.criteria if not criterion.holds)
    for criterion in board.criteria:
        assert bool(criterion.advice) != criterion.holds
        assert not criterion.advice or (criterion.advice[0].isupper() and criterion.advice.endswith("."))


def test_what_does_not_build_earns_nothing_and_says_why():
    board = score(Facts(problem="The build stopped at step [2/3].\nno such <file>"), REFERENCE)
    assert (board.total, len(board.lost)) == (0, len(board.criteria))
    assert board.criteria[0].measured == "it does not build"
    assert {criterion.measured for criterion in board.criteria[1:]} == {"not measured"}
    assert "  | no such <file>\n0 of 100 points" in str(board)
    assert "no such &lt;file&gt;" in board.to_html()


def test_a_server_that_ends_at_once_loses_what_needs_it_and_nothing_else():
    facts = replace(SOUND, answers={}, uid=None, healthy=None, notices=None, stop=None)
    assert set(score(facts, REFERENCE).lost) == {ANSWER, USER, HEALTH, FROZEN, STOP}


def test_an_end_by_the_signal_itself_counts_as_clean():
    assert score(replace(SOUND, stop=(0.4, 143)), REFERENCE).total == 100


def test_the_base_image_cancels_out_of_the_scale_of_sizes():
    larger = Reference(ANSWERS, REFERENCE.basic_bytes + 5000, REFERENCE.lean_bytes + 5000)
    assert size_share(200_000_000, REFERENCE) == size_share(200_005_000, larger) == pytest.approx(5 / 7)
    assert size_share(REFERENCE.lean_bytes, REFERENCE) == 0
    assert size_share(REFERENCE.basic_bytes, REFERENCE) == 1


def test_the_basic_image_with_a_user_and_a_check_is_small_enough():
    assert score(replace(SOUND, size_bytes=REFERENCE.basic_bytes + 10_000), REFERENCE).total == 100


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("RUN pip install --no-cache-dir -r requirements.txt", True),
        ("RUN python -m pip install x", True),
        ("RUN pip3.11 install x", True),
        ("RUN --mount=type=cache,target=/root/.cache/pip pip install x", True),
        ("RUN apt-get update     && apt-get install -y gcc", True),
        ("RUN uv sync --frozen", True),
        ("RUN uv pip install x", True),
        ("RUN apk add gcc", True),
        ("RUN apt-get update", False),
        ("RUN pip --version && install -d /app", False),
        ("RUN useradd apiuser && install -d -o apiuser /app", False),
        ("RUN chown -R apiuser /app", False),
        ("COPY pip install", False),
    ],
)
def test_what_counts_as_an_installation(instruction, expected):
    assert is_installation(instruction) is expected


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
    facts = measure(tmp_path / "Dockerfile.mine", engine=None)
    assert facts.problem == "There is no file Dockerfile.mine."


def test_a_board_shows_itself_as_text_and_as_a_page():
    data = score(replace(SOUND, uid=0), REFERENCE)._repr_mimebundle_()
    assert data["text/plain"].endswith("90 of 100 points")
    assert "lost   0 of 10  not root" in data["text/plain"]
    assert "<strong>90 of 100 points</strong>" in data["text/html"]
    assert data["text/html"].count("<em>") == 1


def test_a_board_is_a_table_too():
    table = score(SOUND, REFERENCE).table
    assert list(table.columns) == ["criterion", "points", "of", "measured", "advice"]
    assert table["points"].sum() == table["of"].sum() == 100


def test_an_empty_board_can_be_shown():
    assert str(Scoreboard(())) == "0 of 0 points"
