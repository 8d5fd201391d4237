"""Predict, without building, which steps an edit makes run, and why.

A step whose key an earlier build had is taken from the cache. Where an earlier build has the loose key and not the
strict one (see `keys`), the forecast is "unknown", and says what it hangs on.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from dockerlab.build.inputs import Inputs
from dockerlab.build.keys import Evaluation, Step

CACHED, RUNS, UNKNOWN = "cached", "runs", "unknown"
# What `docker build --no-cache` does not look up. A WORKDIR is looked up even then.
NOT_LOOKED_UP = ("RUN", "COPY", "ADD")
PARENT_RUNS = "the step before it runs"
OWN_FRONT_END = re.compile(r"(?:docker\.io/)?docker/dockerfile(?=[:@]|$)")


@dataclass(frozen=True)
class Forecast:
    """What becomes of one step."""

    stage: str  # as BuildKit shows it: "" in a file with one stage, "stage-0" for one without a name
    number: int  # its place in the stage, from 1, FROM included
    instruction: str
    verdict: str  # CACHED, RUNS or UNKNOWN
    why: str  # "" for a cached step


@dataclass(frozen=True)
class Prediction:
    """What becomes of each step that the target needs, in the order of the file, without FROM."""

    steps: tuple[Forecast, ...]

    def __iter__(self) -> Iterator[Forecast]:
        return iter(self.steps)

    def of(self, verdict: str) -> list[str]:
        """The instructions with this verdict."""
        return [step.instruction for step in self.steps if step.verdict == verdict]


def predict(
    before: Inputs | Sequence[Inputs],
    after: Inputs,
    image_id: Callable[[str], str | None] = lambda reference: None,
    *,
    no_cache: bool = False,
) -> Prediction:
    """Say which steps of a build come from the cache.

    Args:
        before: one or more builds that this engine has done, none of whose steps it has forgotten.
        after: the build to come.
        image_id: what identifies an image of the engine; None if it is not known. Without it, another name in FROM
            makes all below it unknown, since two names may mean one image.
        no_cache: whether the build to come has the option --no-cache.

    Raises:
        DockerfileInvalid: one of the Dockerfiles cannot be read.
    """
    earlier = [Evaluation(each, image_id) for each in ([before] if isinstance(before, Inputs) else before)]
    had = [step for evaluation in earlier for step in evaluation.steps]
    strict, loose = {step.key.strict for step in had}, {step.key.loose for step in had}
    found: list[Forecast] = []
    verdicts: dict[str, str] = {}
    now = Evaluation(after, image_id)
    other = _other_front_end(now.front_end, {evaluation.front_end for evaluation in earlier})
    for step in now.steps:
        if other:
            verdict, why = UNKNOWN, other
        elif no_cache and step.instruction.word in NOT_LOOKED_UP:
            verdict, why = RUNS, "nothing is looked up in the cache"
        elif no_cache and verdicts.get(step.parent.strict) == RUNS:
            verdict, why = RUNS, PARENT_RUNS
        elif step.key.strict in strict:
            verdict, why = CACHED, ""
        elif step.key.loose in loose:
            verdict, why = UNKNOWN, step.open or "it hangs on the step before it"
        else:
            verdict, why = RUNS, _reason(step, had, verdicts)
        verdicts[step.key.strict] = verdict
        found.append(Forecast(step.stage, step.number, str(step.instruction), verdict, why))
    return Prediction(tuple(found))


def _other_front_end(now: str, before: set[str]) -> str:
    """Why nothing can be said, if something else than Docker's own front end, or another of it, reads the file."""
    if now and not OWN_FRONT_END.match(now):
        return f"{now} reads this Dockerfile, and may read it in a way of its own"
    return "" if not before or now in before else "another front end reads this Dockerfile than before"


def _reason(step: Step, had: list[Step], verdicts: Mapping[str, str]) -> str:
    if verdicts.get(step.parent.strict) == RUNS:
        return PARENT_RUNS
    same = [each for each in had if each.stage == step.stage and each.instruction.word == step.instruction.word]
    twins = [each for each in same if str(each.instruction) == str(step.instruction)] or [
        each for each in same if each.number == step.number
    ]
    if not twins:
        return "no earlier build had this step"
    twin = twins[0]
    changed = sorted(
        name for name in step.files.keys() | twin.files.keys() if step.files.get(name) != twin.files.get(name)
    )
    if changed:
        names = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
        return f"changed: {names}"
    for fact, value in step.facts.items():
        if twin.facts.get(fact) != value:
            return f"{fact} is another one" + _which(fact, value, twin.facts.get(fact))
    return "what it builds on is another one"


def _which(fact: str, now: str, before: str | None) -> str:
    """The variables that differ, if it is the environment."""
    if fact != "the environment" or before is None:
        return ""
    here, there = dict(json.loads(now)), dict(json.loads(before))
    names = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    return f": {', '.join(names)}" if names else ", in order"
