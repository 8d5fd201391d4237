"""Tell a fault from a busy machine: what comes too late is a fault only if the machine had the time for it.

What can be told without a clock (a container that has ended, an exit code) is told that way; this is for the rest.
"""

from collections.abc import Callable

BUSY = 1.5  # seconds on the clock for a second of CPU time; 1 on an idle machine, 2 to 3 with 4 programs for each CPU
SECOND_LOOK_SECONDS = 2


def is_busy(seconds: float, cpu_seconds: float) -> bool:
    """Whether a machine is too busy to judge by the clock.

    Args:
        seconds: how long a program took that does nothing but work.
        cpu_seconds: how much CPU time it got for that; 0 if the engine does not count it, which proves nothing.
    """
    return cpu_seconds > 0 and seconds / cpu_seconds > BUSY


def settle(attempt: Callable[[float], bool], seconds: float, busy: Callable[[], bool]) -> bool | None:
    """Whether something comes in time; None if this machine is too busy to tell.

    Args:
        attempt: waits for it, at most so many seconds, and says whether it came.
        seconds: how long it may take on a machine that has time.
        busy: measures whether this machine is too busy. Asked only if nothing came.
    """
    if attempt(seconds):
        return True
    was_busy = busy()  # takes a while too, and the load may be over after it
    if attempt(SECOND_LOOK_SECONDS):
        return True
    return None if was_busy else False
