"""The capstone's judge: the reference solution gets all points, each typical mistake costs its own."""

import pytest

from dockerlab.engine.labels import clean
from dockerlab.exercise.judge import SECRET, judge, measure_reference
from dockerlab.paths import project_root

pytestmark = pytest.mark.engine

RUN = "test-judge"
LAB = project_root() / "labs" / "news-api"
CAPSTONE = project_root() / "labs" / "exercises" / "capstone"
SOLUTION = (CAPSTONE / "Dockerfile.solution").read_text(encoding="utf-8")
# Long enough for a busy machine to start the server. Only one mistake is found out by waiting that long.
PATIENCE = {"listens on loopback only": 10}

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
def reference(engine):
    clean(engine, RUN)
    yield measure_reference(LAB, engine=engine, run=RUN)
    clean(engine, RUN)


@pytest.fixture
def judged(engine, reference, tmp_path):
    """A function that judges the text of a Dockerfile."""

    def judge_text(text, **options):
        file = tmp_path / "Dockerfile"
        file.write_text(text, encoding="utf-8")
        options = {"reference": reference, "run": RUN} | options
        return judge(file, engine=engine, context=LAB, **options)

    return judge_text


@pytest.fixture(autouse=True)
def nothing_left(engine, reference):
    """Whatever a test does, no object of the run is left after it."""
    yield
    assert left(engine) == []


def left(engine):
    wanted, client = {"label": f"dockerlab.run={RUN}"}, engine.client()
    containers = [each.name for each in client.containers.list(all=True, filters=wanted)]
    return [*containers, *(each.id for each in client.images.list(all=True, filters=wanted))]


def test_the_reference_solution_gets_all_points(judged):
    board = judged(SOLUTION)
    assert board.lost == {}, str(board)
    assert board.total == board.maximum == 100


def test_the_basic_image_is_larger_than_the_lean_one(reference):
    assert 1.2 < reference.basic_bytes / reference.lean_bytes < 2
    assert {path: answer.status for path, answer in reference.answers.items()} == {
        "/health": 200,
        "/articles": 200,
        "/articles/999999": 404,
        "/articles?limit=0": 422,
        "/health with PostgreSQL away": 503,
    }


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_costs_its_own_points_and_no_others(judged, mistake):
    old, new, lost = MISTAKES[mistake]
    assert SOLUTION.count(old) == 1
    board = judged(SOLUTION.replace(old, new), patience=PATIENCE.get(mistake, 40))
    assert set(board.lost) == lost, str(board)
    assert SECRET not in str(board)


def test_the_dockerfile_to_mend_has_every_fault_and_still_serves(judged):
    board = judged((CAPSTONE / "Dockerfile").read_text(encoding="utf-8"))
    assert set(board.lost) == ALL - {BUILD, ANSWER}, str(board)
    assert SECRET not in str(board)


@pytest.mark.parametrize("further", ["", " && rm /bin/cat"], ids=["as it is", "and the image has no cat"])
def test_the_wheels_in_one_stage_are_a_solution_too(judged, further):
    text = (LAB / "Dockerfile").read_text(encoding="utf-8")
    user = f"RUN useradd --uid 1000 --no-log-init apiuser && chown apiuser /app{further}\nUSER 1000\n"
    board = judged(text.replace("EXPOSE 8000", f"{user}{CHECK}"))
    assert board.lost == {}, str(board)


def test_an_image_without_a_file_builds_and_does_nothing_more(judged):
    board = judged('FROM scratch\nCMD ["/none"]\n')
    assert BUILD not in board.lost, str(board)
    assert ANSWER in board.lost, str(board)


@pytest.mark.parametrize("part", ["building", "stopping the server"])
def test_an_interrupt_leaves_nothing(judged, engine, part):
    reached = []

    def interrupt(line):
        reached.append(line)
        if line == part:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(SOLUTION, progress=interrupt)
    assert reached[-1] == part
    assert left(engine) == []


def test_the_learners_own_folder_and_objects_stay_as_they_are(judged, engine):
    from dockerlab.build.builder import build

    before = sorted((path, path.stat().st_mtime_ns) for path in LAB.rglob("*"))
    build("-t dockerlab-test-judge:own .", engine=engine, cwd=LAB, run="test-judge-own")
    try:
        judged((LAB / "Dockerfile").read_text(encoding="utf-8"), run="test-judge-own")
        assert engine.client().images.get("dockerlab-test-judge:own")
    finally:
        clean(engine, "test-judge-own")
    assert sorted((path, path.stat().st_mtime_ns) for path in LAB.rglob("*")) == before
