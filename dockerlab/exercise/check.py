"""Checks: short functions that look at what a learner has made, and the report that they give.

    def page_is_served(my: Work) -> None:
        \"\"\"http://localhost:8080 shows your page.\"\"\"
        answer = my.ask("web", "/")
        expect("Hello" in str(answer.body), found=f"an answer without your words ({answer.status})", look="`ls`: …")

Its docstring is the sentence that the learner reads. It returns where all is well, and otherwise raises NotYet.
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dockerlab.errors import DockerLabError, ExerciseUnusable, NoSuchContainer, NoSuchImage
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd

Check = Callable[[Any], object]
DONE, NOT_YET, WAITS, BUSY = "done", "not yet", "waits", "busy"


class NotYet(Exception):  # not an error: the learner is on the way
    """What a check raises while something is missing.

    Args:
        found: what is there instead, in a few words.
        look: what to look at next, in one sentence; it does not give the answer away.
    """

    def __init__(self, found: str, look: str = "") -> None:
        self.found, self.look = found, look
        super().__init__(found)


def expect(holds: object, *, found: str, look: str = "") -> None:
    """Go on if this holds.

    Raises:
        NotYet: it does not.
    """
    if not holds:
        raise NotYet(found, look)


def after(*earlier: Check) -> Callable[[Check], Check]:
    """Decorator: this check makes sense only once the earlier ones are done, and waits until then."""

    def remember(check: Check) -> Check:
        check.after = earlier
        return check

    return remember


@dataclass(frozen=True)
class Result:
    """What one check found."""

    name: str  # the function's
    sentence: str  # what should be so
    state: str  # "done", "not yet", "waits" (for an earlier check) or "busy" (this machine could not tell)
    found: str = ""  # what is there instead
    look: str = ""  # what to look at next
    seconds: float = 0.0

    @property
    def is_done(self) -> bool:
        """Whether it holds."""
        return self.state == DONE


@dataclass(frozen=True)
class Report:
    """What all checks of a task found."""

    task: str
    results: tuple[Result, ...]

    @property
    def passed(self) -> bool:
        """Whether every check holds."""
        return bool(self.results) and all(result.is_done for result in self.results)

    @property
    def done(self) -> int:
        """How many hold."""
        return sum(result.is_done for result in self.results)

    @property
    def failing(self) -> list[str]:
        """The names of the checks that were tried in vain."""
        return [result.name for result in self.results if result.state == NOT_YET]

    @property
    def table(self) -> pd.DataFrame:
        """One row for each check: check, state, found, look, seconds."""
        rows = [(r.sentence, r.state, r.found, r.look, round(r.seconds, 2)) for r in self.results]
        return table(rows, columns=["check", "state", "found", "look", "seconds"])


def sentence(check: Check) -> str:
    """What a check asks for: the first paragraph of its docstring."""
    return " ".join((inspect.getdoc(check) or "").split("\n\n")[0].split())


def run_checks(task: str, checks: Sequence[Check], work: object) -> Report:
    """Try a task's checks in order.

    Args:
        work: what they look at, see `work.Work`.

    Raises:
        ExerciseUnusable: a check itself is broken.
        DockerLabError: the engine has gone, or a command was interrupted.
    """
    results: dict[Check, Result] = {}
    for check in checks:
        needed = getattr(check, "after", ())
        if any(earlier in results and not results[earlier].is_done for earlier in needed):
            results[check] = Result(check.__name__, sentence(check), WAITS)
            continue
        begin, state, found, look = time.perf_counter(), DONE, "", ""
        try:
            check(work)
        except NotYet as missing:
            state, found, look = NOT_YET, missing.found, missing.look
        except (NoSuchContainer, NoSuchImage) as gone:  # somebody cleans up while the check looks
            what = gone.explanation.removeprefix("No such ").replace(": ", " ", 1)
            state, found, look = NOT_YET, f"it went while the check looked: {what}", "Check once more."
        except DockerLabError:
            raise
        except Exception as error:
            raise ExerciseUnusable(
                task, f"its check {check.__name__} fails", last_lines=[f"{type(error).__name__}: {error}"]
            ) from error
        results[check] = Result(check.__name__, sentence(check), state, found, look, time.perf_counter() - begin)
    return Report(task, tuple(results.values()))
