"""Seeing a docker client to its end."""

from __future__ import annotations

import subprocess

END_SECONDS = 10


def see_to_end(process: subprocess.Popen) -> None:
    """Have a client end that still runs: SIGTERM makes it cancel what it asked for; SIGKILL where it does not.

    Not SIGINT: what a script has started in the background ignores that one, and so do its children.
    """
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        # `docker run` hands the signal on to the container, and waits for it, however long that takes.
        process.kill()
        process.wait()
