"""A class of eight on this machine, with all servers started."""

from __future__ import annotations

import pytest

from dockerlab.engine.labels import CLASS, clean
from hub.hub import Hub
from hub.plan import Plan, Share
from tools.learner import Learner, at_once

NAMES = ("ada", "alan", "barbara", "edsger", "grace", "john", "katherine", "niklaus")
# Less disk than a class has by default, because test machines have other things on theirs.
SHARE = Share(work_gib=0.125, home_gib=0.125, tmp_gib=3)


@pytest.fixture(scope="module")
def plan() -> Plan:
    return Plan(name="test-class", learners=NAMES, share=SHARE)


@pytest.fixture(scope="module")
def hub(engine, plan):
    """The hub of the class, and nothing left of one before."""
    clean(engine, everyone=True, **{CLASS: plan.name})
    found = Hub(plan.name, engine)
    found.passwords = found.up(plan)
    yield found
    clean(engine, everyone=True, **{CLASS: plan.name})


@pytest.fixture(scope="module")
def learners(hub) -> dict[str, Learner]:
    """Each of the eight, logged in; their servers are ready."""
    found = {name: Learner(hub.address(), name) for name in NAMES}
    for name, learner in found.items():
        assert learner.log_in(hub.passwords[name]) == ""
    at_once(Learner.start, list(found.values()))
    return found
