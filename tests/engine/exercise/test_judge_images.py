"""The capstone's judge: the reference solution gets all points, each typical mistake costs its own."""

from contextlib import nullcontext
from dataclasses import replace

import pytest

from dockerlab.build import build
from dockerlab.engine.labels import clean
from dockerlab.exercise import Exercise
from dockerlab.paths import project_root
from dockerlab.show.scoreboard import ScoreboardView

pytestmark = pytest.mark.engine

RUN = "test-judge"
ROOT = project_root()
LAB = ROOT / "labs" / "news-api"
CAPSTONE = ROOT / "labs" / "exercises" / "capstone"
SOLUTION = (CAPSTONE / "solution" / "Dockerfile").read_text(encoding="utf-8")
SECRET = "fake-token-for-practice-only"
# A busy machine takes longer by itself. Only one mistake is found out by waiting that long.
PATIENCE = {"listens on loopback only": 20}

BUILD, ANSWER, SIZE = "builds", "answers like the basic image", "size"
CODE, USER, SECRETS = "a code change installs nothing", "not root", "no secret in the image"
HEALTH, FROZEN, STOP = "health check passes", "health check notices a frozen server", "stops when asked"
ALL = {BUILD, ANSWER, SIZE, CODE, USER, SECRETS, HEALTH, FROZEN, STOP}

CMD = 'CMD ["uvicorn", "main:app", "--host", "0.0.0.0", "--port", "8000"]'
CHECK = SOLUTION[SOLUTION.index("HEALTHCHECK ") : SOLUTION.index("\n\n# The token")]

# mistake -> (what stands in the solution, what takes its place, the criteria that are lost)
MISTAKES = {
    "a typing error": ("WORKDIR /app", "WORKDR /app", ALL),
    "a step that fails": ("requirements-source.txt .", "requirements-sources.txt .", ALL),
    "CMD in the shell form": (CMD, "CMD uvicorn main:app --host 0.0.0.0 --port 8000", {STOP}),
    "listens on loopback only": ("0.0.0.0", "127.0.0.1", {ANSWER}),
    "root": ("USER 1000:1000\n", "", {USER}),
    "a folder that the user cannot write": (" -o apiuser -g apiuser /app", " /app", {ANSWER, HEALTH, FROZEN}),
    "the code before the installation": ("COPY requirements-source.txt .", "COPY . .", {CODE}),
    "the compiler left in": ("libpq5", "libpq5 gcc libc6-dev", {SIZE}),
    "the library left out": (" libpq5 ", " ca-certificates ", {ANSWER}),
    "a module that is not there": ("main:app", "mian:app", {ANSWER, USER, HEALTH, FROZEN, STOP}),
    "a program that is not there": ('"uvicorn"', '"unicorn"', {ANSWER, USER, HEALTH, FROZEN, STOP}),
    "no health check": (CHECK, "", {HEALTH, FROZEN}),
    "a health check without its program": (CHECK, "HEALTHCHECK CMD curl -f localhost:8000/health", {HEALTH, FROZEN}),
    "a health check that asks nobody": (CHECK, "HEALTHCHECK CMD exit 0", {FROZEN}),
    "a secret in a variable": ("EXPOSE 8000", f"ENV REFRESH_TOKEN={SECRET}", {SECRETS}),
    "a secret written and removed": (
        "USER 1000:1000",
        f"ARG TOKEN={SECRET}\nRUN echo $TOKEN > .token\nRUN rm .token\nUSER 1000:1000",
        {SECRETS},
    ),
}


@pytest.fixture(scope="module")
def exercise(engine):
    """The capstone; what its solutions are compared with is measured once, by the first test."""
    clean(engine, RUN)
    yield Exercise.open("capstone", engine=engine, project=ROOT, run=RUN)
    clean(engine, RUN)


@pytest.fixture
def judged(exercise, tmp_path):
    """A function that judges the text of a Dockerfile."""

    def judge_text(text, patience=30):
        file = tmp_path / "Dockerfile"
        file.write_text(text, encoding="utf-8")
        return exercise.judge(file, context=LAB, patience=patience)

    return judge_text


@pytest.fixture(autouse=True)
def nothing_left(engine, exercise):
    """Whatever a test does, no object of the run is left after it."""
    yield
    assert left(engine) == []


def shown(board):
    return str(ScoreboardView(board))


def assert_lost(board, expected):
    """These criteria are lost and no others, but for what this machine was too busy to tell."""
    assert set(board.lost) == expected - set(board.left_out), shown(board)


def left(engine):
    wanted, client = {"label": f"dockerlab.run={RUN}"}, engine.client()
    containers = [each.name for each in client.containers.list(all=True, filters=wanted)]
    return [*containers, *(each.id for each in client.images.list(all=True, filters=wanted))]


@pytest.mark.nightly  # by day, chapter 12 judges both, and its claims say the same
def test_the_reference_solution_gets_all_points(judged):
    board = judged(SOLUTION)
    assert_lost(board, set())
    assert board.total == board.maximum


def test_the_basic_image_is_larger_than_the_lean_one(judged, exercise):
    judged("FROM scratch\n")
    reference = exercise.reference
    assert 1.2 < reference.sizes["basic"] / reference.sizes["lean"] < 2
    assert {path: answer.status for path, answer in reference.answers.items()} == {
        "/health": 200,
        "/articles": 200,
        "/articles/999999": 404,
        "/articles?limit=0": 422,
        "/health with PostgreSQL away": 503,
    }


# One mistake of each kind is enough by day. The rest is tried with facts made by hand in test_capstone.py, and what is
# installed again in test_installations.py.
NIGHTLY = (
    "a step that fails", "listens on loopback only", "root", "the code before the installation", "the library left out",
    "a program that is not there", "no health check", "a health check without its program", "a secret in a variable",
)  # fmt: skip


@pytest.mark.parametrize(
    "mistake", [pytest.param(name, marks=pytest.mark.nightly) if name in NIGHTLY else name for name in MISTAKES]
)
def test_a_mistake_costs_its_own_points_and_no_others(judged, mistake):
    old, new, lost = MISTAKES[mistake]
    assert SOLUTION.count(old) == 1
    board = judged(SOLUTION.replace(old, new), patience=PATIENCE.get(mistake, 40))
    assert_lost(board, lost)
    assert SECRET not in shown(board)


@pytest.mark.nightly
def test_the_dockerfile_to_mend_has_every_fault_and_still_serves(judged):
    board = judged((CAPSTONE / "starter/Dockerfile").read_text(encoding="utf-8"))
    assert_lost(board, ALL - {BUILD, ANSWER})
    assert SECRET not in shown(board)


@pytest.mark.parametrize("further", ["", " && rm /bin/cat"], ids=["as it is", "and the image has no cat"])
def test_the_wheels_in_one_stage_are_a_solution_too(judged, further):
    text = (LAB / "Dockerfile").read_text(encoding="utf-8")
    user = f"RUN useradd --uid 1000 --no-log-init apiuser && chown apiuser /app{further}\nUSER 1000\n"
    assert_lost(judged(text.replace("EXPOSE 8000", f"{user}{CHECK}")), set())


def test_an_image_without_a_file_builds_and_does_nothing_more(judged):
    board = judged('FROM scratch\nCMD ["/none"]\n')
    assert BUILD not in board.lost, shown(board)
    assert ANSWER in board.lost, shown(board)


@pytest.mark.parametrize("part", ["building", "stopping the server"])
def test_an_interrupt_leaves_nothing(exercise, engine, tmp_path, part):
    reached = []

    def interrupt(line):
        reached.append(line)
        if line == part:
            raise KeyboardInterrupt

    (tmp_path / "Dockerfile").write_text(SOLUTION, encoding="utf-8")
    interrupted = replace(exercise, display=lambda: nullcontext(interrupt))
    with pytest.raises(KeyboardInterrupt):
        interrupted.judge(tmp_path / "Dockerfile", context=LAB)
    assert reached[-1] == part
    assert left(engine) == []


def test_the_learners_own_folder_and_objects_stay_as_they_are(exercise, engine):
    before = sorted((path, path.stat().st_mtime_ns) for path in LAB.rglob("*"))
    build("-t dockerlab-test-judge:own .", engine=engine, cwd=LAB, run="test-judge-own")
    try:
        replace(exercise, run="test-judge-own").judge(LAB / "Dockerfile", context=LAB)
        assert engine.client().images.get("dockerlab-test-judge:own")
    finally:
        clean(engine, "test-judge-own")
    assert sorted((path, path.stat().st_mtime_ns) for path in LAB.rglob("*")) == before
