"""The capstone's table of criteria, tried with facts made by hand."""

from dataclasses import replace

import pytest

from dockerlab.exercise.installations import Rebuild
from dockerlab.exercise.judge import Facts, Reference
from dockerlab.exercise.scoreboard import score
from dockerlab.exercise.task import load_checks
from dockerlab.paths import project_root
from dockerlab.run import Answer

CHECKS = load_checks(project_root() / "labs/exercises/capstone")
TOKEN = CHECKS.SECRET
AWAY = "/health with PostgreSQL away"
ANSWERS = {
    path: Answer("http://127.0.0.1:8000" + path, status, {"path": path}, 1)
    for path, status in [
        ("/health", 200),
        ("/articles", 200),
        ("/articles/999999", 404),
        ("/articles?limit=0", 422),
        (AWAY, 503),
    ]
}
REFERENCE = Reference(ANSWERS, {"basic": 220_000_000, "lean": 150_000_000})
SOUND = Facts(
    REFERENCE,
    steps=8,
    answers=ANSWERS,
    size_bytes=200_000_000,
    again=Rebuild(("COPY --chown=1000:1000 . .",), ()),
    uid=1000,
    has_check=True,
    healthy=True,
    notices=True,
    secrets=(),
    stop=(0.4, 0),
)
BUILD, ANSWER, SIZE = "builds", "answers like the basic image", "size"
CODE, USER, SECRET = "a code change installs nothing", "not root", "no secret in the image"
HEALTH, FROZEN, STOP = "health check passes", "health check notices a frozen server", "stops when asked"
UNKNOWN = "See to it first that the server answers."


def judged(**change):
    """The scoreboard of the sound solution with other facts."""
    facts = replace(SOUND, **change)
    return score(CHECKS.CRITERIA, facts, facts.problem)


def test_the_answers_asked_for_are_those_compared():
    assert {words: request.status for words, request in CHECKS.SERVICE.requests.items()} == {
        words: answer.status for words, answer in ANSWERS.items()
    }


def test_a_sound_solution_loses_nothing():
    board = judged()
    assert (board.total, board.maximum, board.lost) == (100, 100, {})
    assert not any(verdict.advice for verdict in board.verdicts)
    assert {verdict.name: verdict.measured for verdict in board.verdicts} == {
        BUILD: "8 steps",
        ANSWER: "5 of 5 answers are the same",
        SIZE: "200 MB: 0.71 on a scale from lean (0, 150 MB) to basic (1, 220 MB)",
        CODE: "1 step ran again, no installation",
        USER: "process 1 has user ID 1000",
        HEALTH: "healthy",
        FROZEN: "unhealthy",
        SECRET: "not found",
        STOP: "0.4 s, exit code 0",
    }


@pytest.mark.parametrize(
    ("change", "lost", "measured", "advice"),
    [
        (
            {"answers": {}, "silence": "ImportError: libpq.so.5"},
            {ANSWER: 20},
            "no answer; its last words: ImportError: libpq.so.5",
            "Read docker logs; the server must listen on 0.0.0.0:8000.",
        ),
        ({"answers": {}}, {ANSWER: 20}, "no answer", "Read docker logs; the server must listen on 0.0.0.0:8000."),
        (
            {"answers": ANSWERS | {"/health": replace(ANSWERS["/health"], status=503)}},
            {ANSWER: 20},
            "4 of 5 answers are the same, not /health (503)",
            "Ask for these paths, and read docker logs for what is wrong.",
        ),
        (
            {"answers": {path: answer for path, answer in ANSWERS.items() if path != AWAY}},
            {ANSWER: 20},
            "4 of 5 answers are the same, not /health with PostgreSQL away (no answer)",
            "Ask for these paths, and read docker logs for what is wrong.",
        ),
        (
            {"size_bytes": 430_000_000},
            {SIZE: 15},
            "430 MB: 4.00 on a scale from lean (0, 150 MB) to basic (1, 220 MB)",
            "Look for the largest layers with docker history: a compiler, package lists and pip's cache need not stay.",
        ),
        ({"size_bytes": None}, {SIZE: 15}, "not measured", UNKNOWN),
        (
            {"again": Rebuild(("COPY . .", f"RUN ./install.sh {TOKEN}"), (f"RUN ./install.sh {TOKEN}",))},
            {CODE: 15},
            "ran again: RUN ./install.sh …",
            "Copy the list of packages alone, install, and copy the code after that.",
        ),
        (
            {"again": Rebuild((), ())},
            {CODE: 15},
            "the change did not get into the image",
            "Copy the code from the build context, so that what you change gets into the image.",
        ),
        (
            {"again": None},
            {CODE: 15},
            "not measured",
            "See to it first that it also builds after a change of main.py.",
        ),
        (
            {"uid": 0},
            {USER: 10},
            "process 1 has user ID 0",
            "Make a user, give it /app, and name it with USER before CMD.",
        ),
        ({"uid": None}, {USER: 10}, "not measured", UNKNOWN),
        (
            {"has_check": False, "healthy": None, "notices": None},
            {HEALTH: 5, FROZEN: 5},
            "there is no health check",
            "Add a HEALTHCHECK that asks /health; python is there to do it.",
        ),
        (
            {"healthy": False, "notices": None, "check_said": "curl: not found"},
            {HEALTH: 5, FROZEN: 5},
            "never healthy; the check said: curl: not found",
            "Run the check's command with docker exec: its program must be in the image, and its exit code 0.",
        ),
        (
            {"healthy": False, "notices": None},
            {HEALTH: 5, FROZEN: 5},
            "never healthy",
            "Run the check's command with docker exec: its program must be in the image, and its exit code 0.",
        ),
        (
            {"notices": False},
            {FROZEN: 5},
            "still healthy",
            "Let the check ask the server itself, and fail where no answer comes.",
        ),
        (
            {"secrets": ("file content app/.env in layer 6", "x")},
            {SECRET: 10},
            "found in 2 places, first: file content app/.env in layer 6",
            "Leave the secret out of every step, for what is in a layer stays; give it to docker run.",
        ),
        (
            {"secrets": ("history history[3].created_by",)},
            {SECRET: 10},
            "found in 1 place, first: history history[3].created_by",
            "Leave the secret out of every step, for what is in a layer stays; give it to docker run.",
        ),
        (
            {"stop": (10.2, 137)},
            {STOP: 10},
            "10.2 s, exit code 137",
            "Write CMD as a list, so that the server is process 1 and gets the signal.",
        ),
        (
            {"stop": (0.3, 1)},
            {STOP: 10},
            "0.3 s, exit code 1",
            "It got the signal, and ended with an error: docker logs shows which.",
        ),
    ],
)
def test_each_fact_costs_its_own_points_and_earns_one_sentence_of_advice(change, lost, measured, advice):
    board = judged(**change)
    assert board.lost == lost
    assert board.total == 100 - sum(lost.values())
    first = next(verdict for verdict in board.verdicts if not verdict.holds)
    assert (first.measured, first.advice) == (measured, advice)
    for verdict in board.verdicts:
        assert bool(verdict.advice) != verdict.holds
        assert not verdict.advice or (verdict.advice[0].isupper() and verdict.advice.endswith("."))


@pytest.mark.parametrize(
    ("change", "measured", "advice"),
    [
        ({"has_check": False, "healthy": None}, "there is no health check", "A health check comes first."),
        ({"healthy": False}, "not measured", "The check has to pass first."),
        ({"healthy": None}, "not measured", UNKNOWN),
    ],
)
def test_the_check_that_notices_has_to_be_there_and_pass_first(change, measured, advice):
    frozen = {verdict.name: verdict for verdict in judged(notices=None, **change).verdicts}[FROZEN]
    assert (frozen.measured, frozen.advice) == (measured, advice)


def test_what_does_not_build_earns_nothing_and_says_why():
    facts = Facts(REFERENCE, problem="The build stopped at step [2/3].\nno such file")
    board = score(CHECKS.CRITERIA, facts, facts.problem)
    assert (board.total, len(board.lost)) == (0, len(board.verdicts))
    assert (board.verdicts[0].measured, board.verdicts[0].advice) == (
        "it does not build",
        "The engine's reason is below the table.",
    )
    assert {(verdict.measured, verdict.advice) for verdict in board.verdicts[1:]} == {
        ("not measured", "See to it first that the image builds.")
    }


def test_a_server_that_ends_at_once_loses_what_needs_it_and_nothing_else():
    board = judged(answers={}, uid=None, healthy=None, notices=None, stop=None)
    assert set(board.lost) == {ANSWER, USER, HEALTH, FROZEN, STOP}


@pytest.mark.parametrize("stop", [(0.4, 0), (0.4, 143), (8.0, 0), (9.9, 143)])
def test_a_server_that_ends_by_itself_keeps_the_points_however_long_it_took(stop):
    assert judged(stop=stop).total == 100


def test_a_step_that_only_names_an_installation_costs_nothing():
    assert judged(again=Rebuild(("COPY . .", "RUN echo pip install x && pip --version"), ())).total == 100


@pytest.mark.parametrize(
    ("change", "too_busy", "left_out"),
    [
        ({"stop": (10.4, 137)}, {"stop"}, {STOP: 10}),
        ({"answers": {}, "silence": "loading"}, {"answers"}, {ANSWER: 20}),
        ({"answers": {"/health": ANSWERS["/health"]}}, {"answers"}, {ANSWER: 20}),
        (
            {"healthy": None, "notices": None, "check_said": "exceeded timeout (3s)"},
            {"healthy", "notices"},
            {HEALTH: 5, FROZEN: 5},
        ),
        ({"notices": None}, {"notices"}, {FROZEN: 5}),
    ],
)
def test_what_a_busy_machine_could_not_tell_is_left_out_and_never_blamed(change, too_busy, left_out):
    board = judged(too_busy=too_busy, **change)
    assert (board.lost, board.left_out) == ({}, left_out)
    assert board.total == board.maximum == 100 - sum(left_out.values())
    assert {(verdict.measured, verdict.advice) for verdict in board.verdicts if verdict.holds is None} == {
        ("this machine was too busy to tell", "Judge it again when the machine has less to do.")
    }


def test_a_busy_machine_excuses_nothing_else():
    board = judged(too_busy={"stop"}, stop=(10.4, 137), uid=0)
    assert (board.lost, board.left_out) == ({USER: 10}, {STOP: 10})


def test_what_does_not_build_is_lost_on_a_busy_machine_too():
    assert len(judged(too_busy={"stop"}, problem="no such file").lost) == len(CHECKS.CRITERIA)


def test_the_base_image_cancels_out_of_the_scale_of_sizes():
    larger = Reference(ANSWERS, {name: size + 5000 for name, size in REFERENCE.sizes.items()})
    shares = [CHECKS.share(SOUND), CHECKS.share(replace(SOUND, reference=larger, size_bytes=200_005_000))]
    assert shares == [pytest.approx(5 / 7)] * 2
    assert CHECKS.share(replace(SOUND, size_bytes=REFERENCE.sizes["lean"])) == 0
    assert CHECKS.share(replace(SOUND, size_bytes=REFERENCE.sizes["basic"])) == 1


def test_the_basic_image_with_a_user_and_a_check_is_small_enough():
    assert judged(size_bytes=REFERENCE.sizes["basic"] + 10_000).total == 100
