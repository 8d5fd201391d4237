"""What was measured of a Dockerfile for the news API, and the points that it brings. No engine is needed here."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pandas as pd

from dockerlab.build.buildkit import DONE, RUNNING, Step
from dockerlab.run import container
from dockerlab.text import one_line, size_text

SIZE_LIMIT = 1.02  # 0 is the lean image, 1 the basic one
STOP_SECONDS = 7.0  # of the 10 of the grace period; a busy machine needs a few
# 137, a kill, is the one to avoid. 143 is an end by SIGTERM under an init such as tini.
STOP_CODES = (0, 143)
INSTALLS = re.compile(
    r"\b(?:pip[\d.]*|uv|apt|apt-get|aptitude|apk|dnf|conda|mamba|poetry|pdm|pipenv)\b[^;&|]*\b(?:install|add|sync)\b"
)
NOT_MEASURED = "not measured"


# -- what is known ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reference:
    """What a solution is compared with.

    Attributes:
        answers: the basic image's, by path.
        basic_bytes, lean_bytes: the sizes of the basic image and of the smallest one known.
    """

    answers: Mapping[str, container.Answer]
    basic_bytes: int
    lean_bytes: int


@dataclass(frozen=True)
class Facts:
    """What was measured of one Dockerfile; None stands for what could not be.

    Attributes:
        problem: why it does not build, "" where it does; in the engine's words and several lines.
        steps: how many instructions the build had, without FROM.
        answers: by path, as far as there were any.
        silence: the server's last words where it did not answer.
        size_bytes: sum of the layers.
        reruns: the instructions that a change of the code alone runs again; the first installation ends the list.
        uid: of process 1.
        has_check: whether the image has a health check.
        healthy: whether the container became healthy.
        check_said: the last line of a check that failed.
        notices: whether it became unhealthy when the server was frozen.
        secrets: the places in which a secret was found.
        stop: seconds until the container had stopped, and its exit code.
    """

    problem: str = ""
    steps: int = 0
    answers: Mapping[str, container.Answer] = field(default_factory=dict)
    silence: str = ""
    size_bytes: int | None = None
    reruns: tuple[str, ...] | None = None
    uid: int | None = None
    has_check: bool | None = None
    healthy: bool | None = None
    check_said: str = ""
    notices: bool | None = None
    secrets: tuple[str, ...] | None = None
    stop: tuple[float, int] | None = None


@dataclass(frozen=True)
class Criterion:
    """One line of a scoreboard.

    Attributes:
        name: what is asked.
        points: what it is worth; all or nothing.
        measured: the figure or the words of this run.
        holds: the verdict.
        advice: one sentence; "" where it holds.
    """

    name: str
    points: int
    measured: str
    holds: bool
    advice: str = ""

    @property
    def earned(self) -> int:
        """The points that it brings."""
        return self.points if self.holds else 0


@dataclass(frozen=True)
class Scoreboard:
    """How a Dockerfile did.

    Attributes:
        criteria: in the order in which they are shown.
        reason: why it does not build, "" where it does.
    """

    criteria: tuple[Criterion, ...]
    reason: str = ""

    @property
    def total(self) -> int:
        """The points reached."""
        return sum(criterion.earned for criterion in self.criteria)

    @property
    def maximum(self) -> int:
        """The points that could be reached."""
        return sum(criterion.points for criterion in self.criteria)

    @property
    def lost(self) -> dict[str, int]:
        """The criteria that do not hold, with the points that they would have brought."""
        return {criterion.name: criterion.points for criterion in self.criteria if not criterion.holds}

    @property
    def table(self) -> pd.DataFrame:
        """One row a criterion: criterion, points, of, measured, advice."""
        return pd.DataFrame(
            [
                {"criterion": c.name, "points": c.earned, "of": c.points, "measured": c.measured, "advice": c.advice}
                for c in self.criteria
            ]
        )

    def __str__(self) -> str:
        width = max((len(criterion.name) for criterion in self.criteria), default=0)
        lines = []
        for c in self.criteria:
            lines.append(f"{_verdict(c):<4}  {c.earned:>2} of {c.points:>2}  {c.name:<{width}}  {c.measured}".rstrip())
            lines += [f"{'':16}{c.advice}"] if c.advice else []
        reason = [f"  | {line}" for line in self.reason.splitlines()]
        return "\n".join([*lines, *reason, f"{self.total} of {self.maximum} points"])

    def to_html(self) -> str:
        """A table that needs no style sheet; the verdict is a word, not a colour."""
        rows = "".join(
            f'<tr class="dl-{_verdict(c)}"><td>{_verdict(c)}</td><td>{c.earned} of {c.points}</td>'
            f'<th scope="row" style="text-align:left">{html.escape(c.name)}</th><td style="text-align:left">'
            f"{html.escape(c.measured)}{f'<br><em>{html.escape(c.advice)}</em>' if c.advice else ''}</td></tr>"
            for c in self.criteria
        )
        reason = f"<pre>{html.escape(self.reason)}</pre>" if self.reason else ""
        return (
            '<table class="dl-board"><thead><tr><th scope="col">verdict</th><th scope="col">points</th>'
            '<th scope="col">criterion</th><th scope="col">measured</th></tr></thead>'
            f"<tbody>{rows}</tbody></table>{reason}<p><strong>{self.total} of {self.maximum} points</strong></p>"
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


def _verdict(criterion: Criterion) -> str:
    return "kept" if criterion.holds else "lost"


# -- the scoring, which needs no engine -------------------------------------------------------------------------


def score(facts: Facts, reference: Reference) -> Scoreboard:
    """Points for what was measured."""
    scorers = (
        _score_build,
        _score_answers,
        _score_size,
        _score_rebuild,
        _score_user,
        _score_health,
        _score_frozen,
        _score_secrets,
        _score_stop,
    )
    return Scoreboard(tuple(scorer(facts, reference) for scorer in scorers), facts.problem)


def _criterion(name: str, points: int, measured: str, holds: bool, advice: str) -> Criterion:
    return Criterion(name, points, measured, holds, "" if holds else advice)


def _unknown(name: str, points: int, facts: Facts) -> Criterion:
    first = "the image builds" if facts.problem else "the server answers"
    return Criterion(name, points, NOT_MEASURED, False, f"See to it first that {first}.")


def _score_build(facts: Facts, reference: Reference) -> Criterion:
    measured = "it does not build" if facts.problem else f"{facts.steps} steps"
    return _criterion("builds", 10, measured, not facts.problem, "The engine's reason is below the table.")


def _score_answers(facts: Facts, reference: Reference) -> Criterion:
    name, points = "answers like the basic image", 20
    if facts.problem:
        return _unknown(name, points, facts)
    if not facts.answers:
        measured = f"no answer; its last words: {facts.silence}" if facts.silence else "no answer"
        return _criterion(name, points, measured, False, "Read docker logs; the server must listen on 0.0.0.0:8000.")
    others = [path for path, answer in reference.answers.items() if facts.answers.get(path) != answer]
    statuses = [f"{path} ({_status(facts.answers.get(path))})" for path in others]
    same = f"{len(reference.answers) - len(others)} of {len(reference.answers)} answers are the same"
    measured = ", not ".join([same, *statuses])
    return _criterion(
        name, points, measured, not others, "Ask for these paths, and read docker logs for what is wrong."
    )


def _status(answer: container.Answer | None) -> str:
    return str(answer.status) if answer else "no answer"


def _score_size(facts: Facts, reference: Reference) -> Criterion:
    name, points = "size", 15
    if facts.size_bytes is None:
        return _unknown(name, points, facts)
    share = size_share(facts.size_bytes, reference)
    lean, basic = size_text(reference.lean_bytes), size_text(reference.basic_bytes)
    measured = f"{size_text(facts.size_bytes)}: {share:.2f} on a scale from lean (0, {lean}) to basic (1, {basic})"
    advice = "Look for the largest layers with docker history: a compiler, package lists and pip's cache need not stay."
    return _criterion(name, points, measured, share <= SIZE_LIMIT, advice)


def size_share(size_bytes: int, reference: Reference) -> float:
    """A size on the scale on which the lean image is 0 and the basic one 1; the base image cancels out."""
    return (size_bytes - reference.lean_bytes) / max(1, reference.basic_bytes - reference.lean_bytes)


def _score_rebuild(facts: Facts, reference: Reference) -> Criterion:
    name, points = "a code change installs nothing", 15
    if facts.reruns is None:
        return _unknown(name, points, facts)
    if not facts.reruns:
        advice = "Copy the code from the build context, so that what you change gets into the image."
        return _criterion(name, points, "the change did not get into the image", False, advice)
    again = [step for step in facts.reruns if is_installation(step)]
    measured = (
        f"ran again: {one_line(again[0], 60)}"
        if again
        else f"{_count(len(facts.reruns), 'step')} ran again, no installation"
    )
    advice = "Copy the list of packages alone, install, and copy the code after that."
    return _criterion(name, points, measured, not again, advice)


def _score_user(facts: Facts, reference: Reference) -> Criterion:
    name, points = "not root", 10
    if facts.uid is None:
        return _unknown(name, points, facts)
    advice = "Make a user, give it /app, and name it with USER before CMD."
    return _criterion(name, points, f"process 1 has user ID {facts.uid}", facts.uid != 0, advice)


def _score_health(facts: Facts, reference: Reference) -> Criterion:
    name, points = "health check passes", 5
    if facts.has_check is False:
        advice = "Add a HEALTHCHECK that asks /health; python is there to do it."
        return _criterion(name, points, "there is no health check", False, advice)
    if facts.healthy is None:
        return _unknown(name, points, facts)
    said = f"; the check said: {facts.check_said}" if facts.check_said else ""
    measured = "healthy" if facts.healthy else f"never healthy{said}"
    advice = "Run the check's command with docker exec: its program must be in the image, and its exit code 0."
    return _criterion(name, points, measured, facts.healthy, advice)


def _score_frozen(facts: Facts, reference: Reference) -> Criterion:
    name, points = "health check notices a frozen server", 5
    if facts.has_check is False:
        return _criterion(name, points, "there is no health check", False, "A health check comes first.")
    if facts.healthy is False:
        return _criterion(name, points, NOT_MEASURED, False, "The check has to pass first.")
    if facts.notices is None:
        return _unknown(name, points, facts)
    advice = "Let the check ask the server itself, and fail where no answer comes."
    return _criterion(name, points, "unhealthy" if facts.notices else "still healthy", facts.notices, advice)


def _score_secrets(facts: Facts, reference: Reference) -> Criterion:
    name, points = "no secret in the image", 10
    if facts.secrets is None:
        return _unknown(name, points, facts)
    count = len(facts.secrets)
    measured = f"found in {_count(count, 'place')}, first: {facts.secrets[0]}" if count else "not found"
    advice = "Leave the secret out of every step, for what is in a layer stays; give it to docker run."
    return _criterion(name, points, measured, not count, advice)


def _score_stop(facts: Facts, reference: Reference) -> Criterion:
    name, points = "stops when asked", 10
    if facts.stop is None:
        return _unknown(name, points, facts)
    seconds, code = facts.stop
    advice = "Write CMD as a list, so that the server is process 1 and gets the signal."
    holds = seconds < STOP_SECONDS and code in STOP_CODES
    return _criterion(name, points, f"{seconds:.1f} s, exit code {code}", holds, advice)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def is_installation(instruction: str) -> bool:
    """Whether a step installs packages.

    >>> is_installation("RUN pip install -r requirements.txt"), is_installation("COPY . .")
    (True, False)
    """
    return instruction.startswith("RUN ") and INSTALLS.search(" ".join(instruction.split())) is not None


def reran(steps: Sequence[Step]) -> tuple[str, ...]:
    """The instructions without FROM that ran, or are running and have printed something; none from the cache."""
    ran = [step for step in steps if step.state == DONE or (step.state == RUNNING and step.log)]
    return tuple(step.instruction for step in ran if not step.is_from)
