"""What a class is to be: its learners, what each of them gets, where its page is. Nothing here needs an engine."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dockerlab.errors import DockerLabError

# As JupyterHub stores it, and as a part of a container's name.
LEARNER = re.compile(r"[a-z0-9](?:[a-z0-9_.-]{0,30}[a-z0-9])?")
DEFAULT_LEARNERS = tuple(f"learner-{number}" for number in range(1, 9))
PORT = 8000
GIB = 2**30


class ClassRefused(DockerLabError):
    """A class can't be started as it was asked for."""


@dataclass(frozen=True)
class Share:
    """What each learner's server gets."""

    memory_bytes: int = 2 * GIB
    cpus: float = 1.0  # at most; fewer where all of them are busy
    processes: int = 1024
    # GiB for what the learner keeps, for their home with the course in it, and for what is temporary: the micro-VM's
    # memory and its disk, which holds images and the build cache.
    work_gib: float = 1
    home_gib: float = 0.5
    tmp_gib: float = 6

    @property
    def disks(self) -> dict[str, float]:
        """Each kind of disk -> its size in GiB. They take up room only as they are filled."""
        return {"work": self.work_gib, "home": self.home_gib, "tmp": self.tmp_gib}

    @property
    def vm_disk_gib(self) -> float:
        """How large the micro-VM's disk may become: its memory lies beside it, and is at most 2 GB."""
        return self.tmp_gib - 2

    @property
    def disk_gib(self) -> float:
        """All of it."""
        return sum(self.disks.values())


@dataclass(frozen=True)
class Plan:
    """A class to start.

    Attributes:
        name: what everything that is made for it begins with.
        learners: their names.
        address: the address of this machine where the page is.
        port: its port; None for 8000 if that is free, else another one.
    """

    name: str = "course-class"
    learners: tuple[str, ...] = DEFAULT_LEARNERS
    address: str = "127.0.0.1"
    port: int | None = None
    share: Share = Share()

    @classmethod
    def of(cls, learners: str = "", **more) -> Self:
        """The plan for learners as they were typed, see `read_learners`.

        Raises:
            ClassRefused: what was typed can't be used.
        """
        return cls(learners=read_learners(learners) if learners else DEFAULT_LEARNERS, **more)

    def __post_init__(self) -> None:
        try:
            ipaddress.ip_address(self.address)
        except ValueError:
            raise ClassRefused(
                f"{self.address!r} is not an address.",
                advice="Write one of this machine's addresses, such as 192.168.1.20, or 0.0.0.0 for all of them.",
            ) from None

    @property
    def is_public(self) -> bool:
        """Whether the page can be reached from other machines."""
        return not ipaddress.ip_address(self.address).is_loopback


def read_learners(typed: str) -> tuple[str, ...]:
    """The learners that are named: separated by commas or blanks, or a file with one on each line (`@class.txt`).

    Capitals become small letters, as the page does with the name that a learner types.

    Raises:
        ClassRefused: a name can't be one, is there twice, or there is none; or the file can't be read.
    """
    if typed.startswith("@"):
        try:
            typed = "\n".join(
                line.partition("#")[0] for line in Path(typed[1:]).read_text(encoding="utf-8").splitlines()
            )
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not text"
            raise ClassRefused(
                f"The list of learners {typed[1:]} can't be read: {reason}.",
                advice="Write one name on each line of a text file, and try again.",
            ) from None
    names = [name.lower() for name in re.split(r"[\s,]+", typed) if name]
    if not names:
        raise ClassRefused("There is no learner's name.", advice="Write them with commas: --learners ada,grace")
    for name in names:
        if not LEARNER.fullmatch(name):
            raise ClassRefused(
                f"{name!r} can't be a learner's name.",
                advice="A name has up to 32 of the letters a to z without accents, digits, and . _ - inside.",
            )
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ClassRefused(
            f"Two learners are called {twice!r}.", advice=f"Give each a name of their own, such as {twice}-2."
        )
    return tuple(names)


def container_name(plan: str, learner: str) -> str:
    """The name that DockerSpawner gives to the container of a learner's server in a class.

    What is neither letter nor digit is written as `-` and its number, so no learner can have something else's name.
    """
    return f"{plan}-" + re.sub("[^a-z0-9]", lambda sign: f"-{ord(sign[0]):02x}", learner)


def learner_of(plan: str, container: str) -> str:
    """The learner whose server a container is: `container_name` the other way round."""
    return re.sub("-([0-9a-f]{2})", lambda sign: chr(int(sign[1], 16)), container.removeprefix(f"{plan}-"))


def passwords_table(names: Iterable[str], new: Mapping[str, str]) -> list[str]:
    """A line for each learner: the new password, or that the one they have still holds."""
    width = max(map(len, names))
    return [f"  {name:<{width}}  {new.get(name, '(as before)')}" for name in names]
