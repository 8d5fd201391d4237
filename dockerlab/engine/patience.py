"""How long to wait on this machine now."""

import os
from pathlib import Path

LOAD_FILE = Path("/proc/loadavg")  # "0.20 0.18 0.12 1/80 11206": the fourth, how many run now, of all


def patience(seconds: float) -> float:
    """A waiting time in seconds that suits an idle machine, as long as this one needs for the same.

    Where several processes want each processor, everything takes as many times longer. How many they are is the load
    average of the last minute, divided by the processors.
    """
    try:
        load = os.getloadavg()[0] / (os.cpu_count() or 1)
    except OSError:  # not known on this machine
        load = 1.0
    return seconds * max(1.0, load)


class Patience:
    """A waiting time that grows while others keep the machine busy, also if they began after it.

    Args:
        seconds: what suits an idle machine.
        exactly: the waiting time, if it is given whatever the machine.
    """

    def __init__(self, seconds: float, exactly: float | None = None) -> None:
        self._seconds, self._exactly = seconds, exactly
        self._sum, self._looks = 0, 0

    def limit(self) -> float:
        """The seconds from the beginning after which to give up, as it looks now; call it at each look."""
        if self._exactly is not None:
            return self._exactly
        try:
            # One of those that run is this one.
            self._sum += int(LOAD_FILE.read_text().split()[3].partition("/")[0]) - 1
            self._looks += 1
        except (OSError, ValueError, IndexError):  # not Linux
            return patience(self._seconds)
        running = self._sum / self._looks / (os.cpu_count() or 1)
        return max(patience(self._seconds), self._seconds * running)
