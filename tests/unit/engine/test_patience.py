"""How long to wait on a machine that others keep busy."""

import pytest

from dockerlab.engine import patience as module
from dockerlab.engine.patience import Patience, patience


@pytest.fixture(autouse=True)
def machine(monkeypatch, tmp_path):
    """A function that says how busy a machine of two processors is: its load average, and how many run now."""

    def is_busy(load, running):
        file = tmp_path / "loadavg"
        file.write_text(f"{load:.2f} 0.00 0.00 {running}/90 4711\n")
        monkeypatch.setattr(module, "LOAD_FILE", file)
        monkeypatch.setattr(module.os, "getloadavg", lambda: (load, 0.0, 0.0))

    monkeypatch.setattr(module.os, "cpu_count", lambda: 2)
    return is_busy


@pytest.mark.parametrize(("load", "seconds"), [(0.1, 10), (2, 10), (4, 20), (16, 80)])
def test_a_busy_machine_gets_more_time(machine, load, seconds):
    machine(load, 1)
    assert patience(10) == seconds


@pytest.mark.parametrize(
    ("looks", "limit"),
    [
        ([(0, 1)], 10),
        ([(8, 1)], 40),  # it was busy in the last minute
        ([(0, 9)], 40),  # it is busy now, which the load average does not show yet
        ([(0, 1), (0, 9)], 20),  # a moment's crowd counts as much as it lasts
        ([(0, 1), (0, 9), (0, 9), (0, 9)], 30),
    ],
)
def test_a_wait_grows_with_what_runs_meanwhile(machine, looks, limit):
    waiting = Patience(10)
    for load, running in looks:
        machine(load, running)
        seconds = waiting.limit()
    assert seconds == limit


@pytest.mark.parametrize("exactly", [0, 3.5])
def test_a_given_time_stays_as_it_is(machine, exactly):
    machine(99, 99)
    assert Patience(10, exactly).limit() == exactly


@pytest.mark.parametrize("text", [None, "", "0.1 0.1 0.1 many/9 1"])
def test_without_linux_the_load_average_counts(machine, monkeypatch, tmp_path, text):
    machine(4, 1)
    file = tmp_path / "other"
    if text is not None:
        file.write_text(text)
    monkeypatch.setattr(module, "LOAD_FILE", file)
    assert Patience(10).limit() == 20
