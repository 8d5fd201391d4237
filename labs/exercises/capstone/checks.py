"""What the capstone asks of a Dockerfile for the news API: how its image is tried, and the table of criteria.

The judge measures a solution and hands the facts to each criterion. dockerlab/exercise says what these are: Service
and Facts in judge.py, Criterion and Need in scoreboard.py.
"""

from dockerlab.exercise.judge import KILLED, Facts, Request, Service
from dockerlab.exercise.scoreboard import Criterion, Need
from dockerlab.text import one_line, size_text

SECRET = "fake-token-for-practice-only"  # made up; the Dockerfile to repair writes it into the image
SIZE_LIMIT = 1.02  # on a scale on which the lean image is 0 and the basic one 1
STOP_CODES = (0, 143)  # 143 is an end by SIGTERM under an init such as tini


# -- how an image is tried ------------------------------------------------------------------------------------------

# Nobody listens on port 1. The service answers 503 then, but only if the database's library is there to find out.
AWAY = Request("/health", 503, "-e DATABASE_URL=postgresql://news@127.0.0.1:1/news")
SERVICE = Service(
    lab="news-api",
    compare={"basic": "Dockerfile", "lean": "Dockerfile.lean"},
    requests={
        "/health": Request("/health", 200),
        "/articles": Request("/articles", 200),
        "/articles/999999": Request("/articles/999999", 404),
        "/articles?limit=0": Request("/articles?limit=0", 422),
        "/health with PostgreSQL away": AWAY,
    },
    # The lab's .dockerignore keeps .env out of an image, and no build step needs it.
    files={".env": f"REFRESH_TOKEN={SECRET}\n"},
    port=8000,
    secret=SECRET,
    code="main.py",
)


# -- words and figures ----------------------------------------------------------------------------------------------


def no_answer(facts: Facts) -> str:
    return f"no answer; its last words: {facts.silence}" if facts.silence else "no answer"


def different(facts: Facts) -> list[str]:
    """The requests that are answered in another way than by the basic image."""
    return [path for path, answer in facts.reference.answers.items() if facts.answers.get(path) != answer]


def compared(facts: Facts) -> str:
    others, asked = different(facts), len(facts.reference.answers)
    found = {path: facts.answers[path].status if path in facts.answers else "no answer" for path in others}
    same = f"{asked - len(others)} of {asked} answers are the same"
    return ", not ".join([same, *(f"{path} ({status})" for path, status in found.items())])


def share(facts: Facts) -> float:
    """The size on the scale from lean (0) to basic (1). The base image is in all three, and cancels out."""
    lean, basic = facts.reference.sizes["lean"], facts.reference.sizes["basic"]
    return (facts.size_bytes - lean) / max(1, basic - lean)


def on_scale(facts: Facts) -> str:
    lean, basic = size_text(facts.reference.sizes["lean"]), size_text(facts.reference.sizes["basic"])
    return f"{size_text(facts.size_bytes)}: {share(facts):.2f} on a scale from lean (0, {lean}) to basic (1, {basic})"


def ran_again(facts: Facts) -> str:
    if facts.again.installed:
        # Where a build argument is in the instruction, so may be the secret.
        return f"ran again: {one_line(facts.again.installed[0].replace(SECRET, '…'), 60)}"
    return f"{count(len(facts.again.ran), 'step')} ran again, no installation"


def health(facts: Facts) -> str:
    said = f"; the check said: {facts.check_said}" if facts.check_said else ""
    return "healthy" if facts.healthy else f"never healthy{said}"


def places(facts: Facts) -> str:
    if not facts.secrets:
        return "not found"
    return f"found in {count(len(facts.secrets), 'place')}, first: {facts.secrets[0]}"


def stopped(facts: Facts) -> str:
    return f"{facts.stop[0]:.1f} s, exit code {facts.stop[1]}"


def count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# -- what has to be known first -------------------------------------------------------------------------------------


def known(fact: str, advice: str = "See to it first that the server answers.") -> tuple[Need, ...]:
    """This fact could be measured; if not, the build, a busy machine or, by default, the server is to blame."""
    unknown = "not measured"
    return (
        Need(lambda facts: not facts.problem, unknown, "See to it first that the image builds."),
        Need(
            lambda facts: fact not in facts.too_busy,
            "this machine was too busy to tell",
            "Judge it again when the machine has less to do.",
            fault=False,
        ),
        Need(lambda facts: getattr(facts, fact) is not None, unknown, advice),
    )


def has_check(advice: str) -> Need:
    return Need(lambda facts: facts.has_check is not False, "there is no health check", advice)


# -- the table: name, points, what has to be known first, and then what was measured ---------------------------------

CRITERIA = (
    Criterion(
        "builds", 10, (),
        measured=lambda facts: "it does not build" if facts.problem else f"{facts.steps} steps",
        holds=lambda facts: not facts.problem,
        advice="The engine's reason is below the table.",
    ),
    Criterion(
        "answers like the basic image", 20,
        (
            *known("answers"),
            Need(lambda facts: facts.answers, no_answer, "Read docker logs; the server must listen on 0.0.0.0:8000."),
        ),
        measured=compared,
        holds=lambda facts: not different(facts),
        advice="Ask for these paths, and read docker logs for what is wrong.",
    ),
    Criterion(
        "size", 15, known("size_bytes"),
        measured=on_scale,
        holds=lambda facts: share(facts) <= SIZE_LIMIT,
        advice="Look for the largest layers with docker history: "
        "a compiler, package lists and pip's cache need not stay.",
    ),
    Criterion(
        "a code change installs nothing", 15,
        (
            *known("again", "See to it first that it also builds after a change of main.py."),
            Need(
                lambda facts: facts.again.ran,
                "the change did not get into the image",
                "Copy the code from the build context, so that what you change gets into the image.",
            ),
        ),
        measured=ran_again,
        holds=lambda facts: not facts.again.installed,
        advice="Copy the list of packages alone, install, and copy the code after that.",
    ),
    Criterion(
        "not root", 10, known("uid"),
        measured=lambda facts: f"process 1 has user ID {facts.uid}",
        holds=lambda facts: facts.uid != 0,
        advice="Make a user, give it /app, and name it with USER before CMD.",
    ),
    Criterion(
        "health check passes", 5,
        (has_check("Add a HEALTHCHECK that asks /health; python is there to do it."), *known("healthy")),
        measured=health,
        holds=lambda facts: facts.healthy,
        advice="Run the check's command with docker exec: its program must be in the image, and its exit code 0.",
    ),
    Criterion(
        "health check notices a frozen server", 5,
        (
            has_check("A health check comes first."),
            Need(lambda facts: facts.healthy is not False, "not measured", "The check has to pass first."),
            *known("notices"),
        ),
        measured=lambda facts: "unhealthy" if facts.notices else "still healthy",
        holds=lambda facts: facts.notices,
        advice="Let the check ask the server itself, and fail where no answer comes.",
    ),
    Criterion(
        "no secret in the image", 10, known("secrets"),
        measured=places,
        holds=lambda facts: not facts.secrets,
        advice="Leave the secret out of every step, for what is in a layer stays; give it to docker run.",
    ),
    Criterion(
        "stops when asked", 10,
        (
            *known("stop"),
            Need(
                lambda facts: facts.stop[1] in (*STOP_CODES, KILLED),
                stopped,
                "It got the signal, and ended with an error: docker logs shows which.",
            ),
        ),
        measured=stopped,
        holds=lambda facts: facts.stop[1] in STOP_CODES,
        advice="Write CMD as a list, so that the server is process 1 and gets the signal.",
    ),
)  # fmt: skip
