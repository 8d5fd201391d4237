"""The ports of this machine that a session publishes on."""

import re
from collections.abc import Callable, Sequence

from dockerlab.engine.loopback import free_port, port_is_free
from dockerlab.run.command import CREATORS, RUNNERS, starts_with
from dockerlab.run.shell import read_options

# What publishes TCP ports on loopback: 127.0.0.1:8000:80, and with ranges 127.0.0.1:8000-8001:80-81.
_PUBLISHED = re.compile(r"127\.0\.0\.1:(\d{1,5})(?:-(\d{1,5}))?:((\d{1,5})(?:-(\d{1,5}))?(?:/tcp)?)")
_ADDRESS = re.compile(r"(?<![\w.-])(127\.0\.0\.1|localhost):(\d{1,5})\b")
TRIES = 20  # to find so many free ports in a row


class Ports:
    """Where a session publishes, by the ports that its commands name.

    A port that somebody else has when the session first names it is replaced by a free one, and the learner is told.
    From then on it is the session's own. Docker itself says so if another container of the session has it.

    Args:
        say: gets a sentence when a port is replaced.
        is_free: whether a port may be published on.
    """

    def __init__(self, say: Callable[[str], object], is_free: Callable[[int], bool] = port_is_free) -> None:
        self._say, self._is_free = say, is_free
        self._places: dict[int, int] = {}  # where a port that was named is really published

    def words(self, words: Sequence[str]) -> list[str]:
        """`docker run …` as typed, with the ports that are really published on.

        Only TCP ports of 127.0.0.1 are looked at. Docker itself says what is wrong with any other, and with too few.
        """
        words = list(words)
        place = starts_with(words, (*RUNNERS, *CREATORS))
        for option in read_options(words, place)[0] if place else ():
            published = _PUBLISHED.fullmatch(option.value or "") if option.name in ("-p", "--publish") else None
            if not published:
                continue
            first, last = _range(published[1], published[2])
            inside_first, inside_last = _range(published[4], published[5])
            # With many ports outside for one inside, docker chooses among them.
            if last > 65535 or last - first != inside_last - inside_first:
                continue
            if (new := self._place(first, last)) != first:
                words[option.place] = f"{option.before}127.0.0.1:{_text(new, new + last - first)}:{published[3]}"
        return words

    def port(self, port: int) -> int:
        """The port that is really published on for one that a Compose file names."""
        return self._place(port, port)

    def line(self, text: str) -> str:
        """A line for the shell, with the addresses of this machine at which the session's ports really are."""
        return _ADDRESS.sub(lambda a: f"{a[1]}:{self._places.get(int(a[2]), int(a[2]))}", text)

    def _place(self, first: int, last: int) -> int:
        """The first port to publish on for a range that a command names."""
        ports = range(first, last + 1)
        if known := [port for port in ports if port in self._places]:
            return first + self._places[known[0]] - known[0]
        new = first
        if taken := [port for port in ports if not self._is_free(port)]:
            new = _free_ports(len(ports)) or first
        self._places |= {port: new + number for number, port in enumerate(ports)}
        if new != first:
            outside = _text(new, new + last - first)
            self._say(f"Port {taken[0]} of this machine is in use, so the lesson publishes on {outside} instead.")
        return new


def _range(first: str, last: str | None) -> tuple[int, int]:
    return int(first), int(last or first)


def _text(first: int, last: int) -> str:
    return f"{first}-{last}" if last > first else f"{first}"


def _free_ports(count: int) -> int | None:
    """The first of so many free ports in a row; None if there are none."""
    for _ in range(TRIES):
        first = free_port()
        if first + count <= 65536 and all(port_is_free(first + more) for more in range(1, count)):
            return first
    return None
