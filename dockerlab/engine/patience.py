"""How long to wait on this machine now."""

import os


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
