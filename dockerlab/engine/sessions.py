"""Sessions of the course that run at the same time: which there are, and which of them has a name in the engine.

A session is a process that works with an engine, usually a notebook's kernel. What it makes carries its token, and
nobody else removes that while the process lives. The register is a file in the cache folder, `sessions.json`:
token -> what the session is about, its engine, and the names that it has there.
"""

import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import psutil

from dockerlab.paths import cache_folder, locked

# By how much the start of a process may seem to differ between two looks, because the clock was set in between.
CLOCK_SECONDS = 60


@cache
def token_of(pid: int) -> str:
    """A process, told from all others: "machine:process ID:start in seconds since the epoch"."""
    return f"{platform.node()}:{pid}:{psutil.Process(pid).create_time():.0f}"


def token() -> str:
    """The token of this process."""
    return token_of(os.getpid())


def is_over(session: str) -> bool:
    """Whether the process of a token has ended. Of another machine's that cannot be known, so the answer is no.

    What carries no token was made outside of any session.
    """
    machine, pid, started = session.rsplit(":", 2) if session.count(":") >= 2 else ("", "", "")
    if not (pid.isdigit() and started.isdigit()):
        return True
    if machine != platform.node():
        return False
    try:
        process = psutil.Process(int(pid))
        is_gone = process.status() == psutil.STATUS_ZOMBIE
        return is_gone or abs(process.create_time() - int(started)) > CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return True
    except psutil.AccessDenied:  # it is somebody else's, so it is there
        return False


@dataclass(frozen=True)
class Session:
    """A session in the register."""

    token: str
    about: str  # the chapter, for people
    host: str  # its engine, as a DOCKER_HOST value

    def __str__(self) -> str:
        return f"{self.about} (process {self.token.rsplit(':', 2)[1]})"


def enter(about: str, host: str) -> None:
    """Put this process into the register, without any names; what it had there before is forgotten."""
    with _register() as sessions:
        sessions[token()] = {"about": about, "host": host, "names": []}


def leave() -> None:
    """Take this process out of the register."""
    with _register() as sessions:
        sessions.pop(token(), None)


def claim(name: str) -> bool:
    """Have a name in the engine of this session; False if another session there has it already.

    Args:
        name: with its kind, such as "container news".
    """
    with _register() as sessions:
        mine = sessions.get(token())
        if mine is None:  # nothing is shared outside of a session
            return True
        rivals = (one for key, one in sessions.items() if key != token() and one["host"] == mine["host"])
        if any(name in rival["names"] for rival in rivals):
            return False
        if name not in mine["names"]:
            mine["names"].append(name)
        return True


def others(host: str = "") -> list[Session]:
    """The other sessions that run now, in one engine or in any."""
    with _register() as sessions:
        found = [Session(key, s["about"], s["host"]) for key, s in sessions.items()]
    return [session for session in found if session.token != token() and (not host or session.host == host)]


@contextmanager
def _register() -> Iterator[dict]:
    """The register, locked, without the sessions that are over; what the block changes is kept."""
    file = cache_folder() / "sessions.json"
    with locked(file.with_suffix(".lock")):
        try:
            sessions = json.loads(file.read_text(encoding="utf-8"))
            sessions = {key: session for key, session in sessions.items() if not is_over(key)}
        except (OSError, ValueError, AttributeError):  # there is none yet, or it was cut off
            sessions = {}
        before = json.dumps(sessions)
        yield sessions
        if (after := json.dumps(sessions)) != before:
            new = file.with_suffix(".new")
            new.write_text(after, encoding="utf-8")
            new.replace(file)
