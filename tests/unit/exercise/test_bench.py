"""What the bench reads of a container's process 1."""

import pytest

from dockerlab.exercise.bench import ProcessOne, read_status


def status(caught, blocked=0):
    return f"Uid:\t0\t1000\t0\t0\nSigBlk:\t{blocked:016x}\nSigIgn:\t0000000001001000\nSigCgt:\t{caught:016x}\n"


TERM, INT, QUIT, CHILD = (1 << number - 1 for number in (15, 2, 3, 17))


@pytest.mark.parametrize(
    ("caught", "blocked", "stop_signal", "is_deaf"),
    [
        (INT | TERM, 0, "SIGTERM", False),  # uvicorn
        (INT | CHILD, 0, "SIGTERM", True),  # sh, with the server as its child
        (0, TERM | INT, "SIGTERM", False),  # an init, which waits for signals
        (INT | TERM, 0, "SIGQUIT", True),
        (INT | TERM, 0, "INT", False),
        (INT | TERM, 0, "15", False),
        (INT | TERM, 0, "SIGRTMIN+3", None),
    ],
)
def test_who_neither_handles_nor_awaits_the_stop_signal_never_gets_it(caught, blocked, stop_signal, is_deaf):
    assert read_status(status(caught, blocked), stop_signal) == ProcessOne(1000, is_deaf)
