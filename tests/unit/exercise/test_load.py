"""What comes too late is a fault only on a machine that has time."""

import pytest

from dockerlab.exercise.load import SECOND_LOOK_SECONDS, is_busy, settle


@pytest.mark.parametrize(
    ("seconds", "cpu_seconds", "expected"),
    [
        (2.2, 2.15, False),  # an idle machine
        (2.2, 1.95, False),  # two programs on two CPUs
        (5.7, 2.2, True),  # eight programs on two CPUs
        (15.6, 7.3, True),
        (0.3, 0.4, False),  # two threads at once
        (30.0, 0.0, False),  # the engine does not count CPU time
    ],
)
def test_a_machine_is_busy_if_a_program_gets_too_little_cpu_time(seconds, cpu_seconds, expected):
    assert is_busy(seconds, cpu_seconds) is expected


@pytest.mark.parametrize(
    ("comes_after", "busy", "expected"),
    [
        (5, False, True),
        (5, True, True),
        (31, True, True),  # it only was late: the load has gone
        (31, False, True),
        (99, True, None),
        (99, False, False),
    ],
)
def test_what_does_not_come_is_a_fault_only_if_the_machine_has_time(comes_after, busy, expected):
    clock = [0.0]
    asked = []

    def attempt(seconds):
        came = comes_after <= clock[0] + seconds
        clock[0] = comes_after if came else clock[0] + seconds
        return came

    def is_machine_busy():
        asked.append(clock[0])
        clock[0] += 1
        return busy

    assert settle(attempt, 30, is_machine_busy) is expected
    assert asked == ([] if comes_after <= 30 else [30])
    assert clock[0] <= 31 + SECOND_LOOK_SECONDS


def test_what_is_sure_already_needs_no_second_look():
    def attempt(seconds):
        raise ValueError("it has ended")

    with pytest.raises(ValueError, match="it has ended"):
        settle(attempt, 30, busy=None)
