"""A class begins and ends: what it says where it can't begin, and what is left of it."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from dockerlab.engine.labels import CLASS, clean
from hub.hub import Hub
from hub.plan import ClassRefused, Plan, Share
from hub.server.places import available_bytes
from tests.hub.conftest import SHARE
from tools.learner import Learner, Notebook, wait_until

pytestmark = pytest.mark.engine

PLAN = Plan(name="test-small", learners=("vera", "walt"), share=SHARE)


@pytest.fixture
def hub(engine):
    """A hub that does not run yet; whatever it starts is removed."""
    clean(engine, everyone=True, **{CLASS: PLAN.name})
    yield Hub(PLAN.name, engine)
    clean(engine, everyone=True, **{CLASS: PLAN.name})


def at_work(hub, passwords, name="vera"):
    """A learner with a server."""
    learner = Learner(hub.address(), name)
    assert learner.log_in(passwords[name]) == ""
    learner.start()
    return learner


def left(engine):
    """What the engine and Linux still have of the class."""
    client, mine = engine.client(), {"label": f"{CLASS}={PLAN.name}"}
    found = [one.name for one in client.containers.list(all=True, filters=mine)]
    found += [one.name for one in client.networks.list(filters=mine)]
    found += [one.name for one in client.volumes.list(filters=mine)]
    backing = [file.read_text() for file in Path("/sys/block").glob("loop*/loop/backing_file")]
    return sorted(found + [text.strip() for text in backing if any(name in text for name in PLAN.learners)])


def test_in_the_end_nothing_is_left(engine, hub):
    passwords = hub.up(PLAN)
    at_work(hub, passwords)
    assert len([one for one in left(engine) if "vera" in one]) == 1 + 3 + 3  # server, volumes, devices
    hub.down(keep=False)
    assert left(engine) == []


def test_what_learners_made_and_their_passwords_stay_for_the_next_time(engine, hub):
    passwords = hub.up(PLAN)
    learner = at_work(hub, passwords)
    Notebook(learner).run("open('work/answer', 'w').write('42')")
    hub.down()
    assert left(engine) == [hub.disks_volume, hub.state_volume]
    assert hub.up(PLAN) == {}
    assert Notebook(at_work(hub, passwords)).run("print(open('work/answer').read())") == "42\n"


def test_learners_may_be_called_like_parts_of_the_class(engine, hub):
    names = ("disks", "hub", "learner-1.a_b")
    passwords = hub.up(replace(PLAN, learners=names))
    for name in names:
        at_work(hub, passwords, name)
    assert sorted(hub.servers()) == sorted(names)
    assert requests.get(f"{hub.address()}/hub/health", timeout=10).ok
    hub.down(keep=False)
    assert left(engine) == []


def test_the_clean_up_spares_a_class_at_work_and_then_removes_everything(engine, hub):
    learner = at_work(hub, hub.up(PLAN))
    before = left(engine)
    clean(engine, idle_classes=True, **{CLASS: PLAN.name})
    assert left(engine) == before
    learner.stop()
    clean(engine, **{CLASS: PLAN.name})  # as tests do when they have ended
    assert hub.state_volume in left(engine)
    clean(engine, idle_classes=True, **{CLASS: PLAN.name})
    assert left(engine) == []


def test_the_clean_up_by_force_removes_a_class_at_work(engine, hub):
    at_work(hub, hub.up(PLAN))
    clean(engine, everyone=True, **{CLASS: PLAN.name})
    wait_until(lambda: left(engine) == [])


def test_one_too_many_is_told_so_and_the_first_goes_on(engine, hub):
    """Each may use 60 % of what the machine has to give, so there is a place for one."""
    memory = int(available_bytes(Path("/proc/meminfo").read_text()) * 0.6)
    passwords = hub.up(replace(PLAN, share=replace(PLAN.share, memory_bytes=memory)))
    vera = at_work(hub, passwords)
    notebook = Notebook(vera)
    walt = Learner(hub.address(), "walt")
    walt.log_in(passwords["walt"])
    walt.get("/hub/spawn")
    wait_until(lambda: "There is no place left on this machine: 1 server runs" in walt.why_not())
    assert "Stop My Server" in walt.why_not()
    assert notebook.run("print(1 + 1)") == "2\n"
    vera.stop()
    walt.start()
    assert [one for one in left(engine) if "vera" in one and "test-small" not in one] == []


def test_a_class_whose_disks_could_not_be_filled_is_refused(engine, hub):
    with pytest.raises(ClassRefused, match=r"The learners' disks may come to need \d+ GB more"):
        hub.up(replace(PLAN, share=Share(tmp_gib=10**6)))
    assert hub.address() == ""


def test_a_port_that_is_taken_is_refused_or_another_one_is_used(engine, hub):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        with pytest.raises(ClassRefused, match=f"Port {taken} of 127.0.0.1 can't be used"):
            hub.up(replace(PLAN, port=taken))
        hub.up(PLAN)
        assert requests.get(f"{hub.address()}/hub/health", timeout=10).ok
        assert not hub.address().endswith(f":{taken}")


def test_who_is_no_longer_in_the_class_can_not_log_in_and_who_is_new_can(hub):
    passwords = hub.up(PLAN)
    assert list(hub.up(replace(PLAN, learners=("walt", "xenia")))) == ["xenia"]
    assert Learner(hub.address(), "vera").log_in(passwords["vera"]) != ""
    assert Learner(hub.address(), "walt").log_in(passwords["walt"]) == ""


def test_a_password_for_nobody_is_refused(hub):
    with pytest.raises(ClassRefused, match="No hub runs"):
        hub.new_password("vera")
    hub.up(PLAN)
    with pytest.raises(ClassRefused, match="The class has no learner 'mallory'"):
        hub.new_password("mallory")
