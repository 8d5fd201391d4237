"""What the judge makes of what it measures, with a bench that is made up."""

import threading
from dataclasses import dataclass, field
from types import SimpleNamespace

import pytest

from dockerlab.errors import NotAnswering
from dockerlab.exercise import judge
from dockerlab.exercise.bench import ProcessOne
from dockerlab.exercise.judge import Facts, Reference, Request, Service, measure
from dockerlab.run import Answer

SERVICE = Service("lab", {"basic": "Dockerfile"}, {"/": Request("/", 200)}, {}, 8000, "secret", "main.py")
ANSWER = Answer("http://127.0.0.1:8000/", 200, {}, 2.0)
REFERENCE = Reference({"/": ANSWER}, {"basic": 1})
HEARS, DEAF, UNKNOWN = ProcessOne(1000, is_deaf=False), ProcessOne(1000, is_deaf=True), ProcessOne(1000)


@dataclass
class Server:
    """A container that answers after so many seconds, if it does not end before, and stops after a while."""

    answers_after: float = 0
    ends_after: float = 1000
    stops_when: threading.Event = field(default_factory=threading.Event)
    code: int = 0
    waited: float = 0
    last_check: tuple[int, str] | None = None  # exit code and output

    def found(self):
        checks = [dict(zip(("ExitCode", "Output"), self.last_check, strict=True))] if self.last_check else []
        return SimpleNamespace(attrs={"State": {"Health": {"Log": checks}}})

    def ask(self, path, timeout):
        waits = min(timeout, self.answers_after - self.waited, self.ends_after - self.waited)
        self.waited += waits
        if self.waited >= self.answers_after:
            return ANSWER
        raise NotAnswering("silent", container="server", asked=path, seconds=waits, last_lines=["its last words"])

    def stop(self):
        assert self.stops_when.wait(60)
        return 10.2 if self.code == 137 else 0.4, self.code


@dataclass
class FakeBench:
    """A bench with one server, and a health check that says these things in turn."""

    server: Server = field(default_factory=Server)
    process: ProcessOne | None = HEARS
    checks: list = field(default_factory=list)
    check_seconds: float | None = None  # what a health check was given

    def has_check(self, image):
        return True

    def start(self, image, name, options):
        return self.server

    def watch(self, image, name, check_seconds):
        self.check_seconds = check_seconds

    def container(self, name):
        return self.server

    def process_one(self, name):
        return self.process

    def becomes(self, name, state, patience):
        came = self.checks.pop(0)
        return came, "" if came else "timed out"


def busy():
    return True


def idle():
    return False


def never_asked():
    raise AssertionError("nobody needed to know whether the machine is busy")


@pytest.mark.parametrize(
    ("server", "machine", "answers", "too_busy"),
    [
        (Server(answers_after=2), never_asked, 1, set()),
        (Server(answers_after=31), busy, 1, set()),
        (Server(answers_after=500), busy, 0, {"answers"}),
        (Server(answers_after=500), idle, 0, set()),  # it listens somewhere else
        (Server(answers_after=500, ends_after=1), never_asked, 0, set()),
    ],
)
def test_a_server_that_is_slow_on_a_busy_machine_is_not_blamed_and_one_that_has_ended_is(
    server, machine, answers, too_busy
):
    facts = Facts(REFERENCE)
    judge._ask(FakeBench(server), SERVICE, facts, 30, machine)
    assert (len(facts.answers), facts.too_busy) == (answers, too_busy)
    assert answers or facts.silence == "its last words"


@pytest.mark.parametrize(("start_seconds", "check_seconds"), [(2.0, 3.0), (20.0, 10.0)])
def test_a_health_check_gets_more_time_on_a_slow_machine(start_seconds, check_seconds):
    bench = FakeBench()
    slow = Reference({"/": Answer("http://127.0.0.1:8000/", 200, {}, start_seconds)}, {})
    judge._ask(bench, SERVICE, Facts(slow), 30, never_asked)
    assert bench.check_seconds == check_seconds


@pytest.mark.parametrize(
    ("process", "answered", "is_slow", "code", "machine", "too_busy"),
    [
        (HEARS, True, False, 0, never_asked, set()),
        (HEARS, True, True, 0, busy, set()),  # slow, and yet by itself
        (HEARS, True, True, 143, busy, set()),
        (HEARS, True, True, 137, busy, {"stop"}),
        (HEARS, True, True, 137, idle, set()),
        (DEAF, True, False, 137, never_asked, set()),  # a shell: killed, whether the machine is busy or not
        (DEAF, False, True, 137, busy, {"stop"}),  # it may still have been starting
        (UNKNOWN, True, True, 137, busy, {"stop"}),
        (HEARS, True, False, 137, never_asked, set()),  # killed at once, so not for being slow
    ],
)
def test_a_server_that_is_killed_is_blamed_only_if_it_could_have_stopped(
    monkeypatch, process, answered, is_slow, code, machine, too_busy
):
    """A slow one stops only when the judge, tired of waiting, has asked whether the machine is busy."""
    monkeypatch.setattr(judge, "STOPS_SECONDS", 0.05 if is_slow else 60)
    facts = Facts(REFERENCE, answers={"/": ANSWER} if answered else {})
    server = Server(code=code)
    if not is_slow:
        server.stops_when.set()

    def asked():
        try:
            return machine()
        finally:
            server.stops_when.set()

    judge._stop(FakeBench(server, process), facts, asked)
    assert facts.stop[1] == code
    assert facts.uid == 1000
    assert facts.too_busy == too_busy


def test_a_server_that_has_ended_is_not_stopped():
    facts = Facts(REFERENCE)
    judge._stop(FakeBench(process=None), facts, never_asked)
    assert (facts.stop, facts.uid) == (None, None)


@pytest.mark.parametrize(
    ("checks", "machine", "healthy", "too_busy"),
    [
        ([True], never_asked, True, set()),
        ([None, True], busy, True, set()),
        ([False, False], idle, False, set()),
        ([False, False], busy, None, {"healthy", "notices"}),
        ([None, None], busy, None, {"healthy", "notices"}),
    ],
)
def test_a_check_that_fails_on_a_busy_machine_is_not_blamed(checks, machine, healthy, too_busy):
    facts = Facts(REFERENCE)
    judge._become_healthy(FakeBench(checks=checks), facts, 30, machine)
    assert (facts.healthy, facts.too_busy) == (healthy, too_busy)
    assert bool(facts.check_said) is not bool(healthy)


@pytest.mark.parametrize(
    ("last_check", "machine", "healthy"),
    [
        ((127, "/bin/sh: 1: curl: not found"), never_asked, False),
        ((126, "/bin/sh: 1: /etc/passwd: Permission denied"), never_asked, False),
        ((-1, 'OCI runtime exec failed: exec: "curl": executable file not found in $PATH'), never_asked, False),
        ((-1, "Health check exceeded timeout (3s)"), busy, None),
        ((1, "urllib.error.URLError: timed out"), busy, None),
    ],
)
def test_a_check_whose_program_is_not_there_is_a_fault_at_any_load(last_check, machine, healthy):
    facts = Facts(REFERENCE)
    bench = FakeBench(Server(last_check=last_check), checks=[False, False])
    judge._become_healthy(bench, facts, 30, machine)
    assert facts.healthy is healthy


@pytest.mark.parametrize(
    ("came", "notices", "too_busy"), [(True, True, set()), (False, False, set()), (None, None, {"notices"})]
)
def test_a_check_that_passes_several_times_beside_a_frozen_server_is_a_fault_at_any_load(came, notices, too_busy):
    facts = Facts(REFERENCE)
    judge._notice(FakeBench(checks=[came]), facts, 30)
    assert (facts.notices, facts.too_busy) == (notices, too_busy)


def test_a_file_that_is_not_there_is_named_without_its_folder(tmp_path):
    missing = tmp_path / "Dockerfile.mine"
    facts = measure(None, missing, None, Reference({}, {}), busy=never_asked, patience=1, tell=print)
    assert facts.problem == "There is no file Dockerfile.mine."
