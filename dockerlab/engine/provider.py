"""What the course asks of an engine that it starts by itself, whichever kind it is."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

Progress = Callable[[str], object]


class Naming(Protocol):
    """What the names that are typed are called in the engine, where several sessions use it at once."""

    def name(self, text: str) -> str:
        """The name of a container or an image."""

    def words(self, arguments: Sequence[str]) -> list[str]:
        """A docker command's words."""

    def have(self, kind: str, name: str) -> str:
        """The name of something that is about to be made; from now on the session has it."""

    def lead(self, kind: str, name: str, called: str) -> None:
        """From now on `name` is called so."""


@dataclass(frozen=True)
class CommandLine:
    """A docker command line."""

    command: tuple[str, ...]  # the beginning of an argument list: the program, sometimes with options
    # What it needs in its environment, such as DOCKER_HOST
    variables: dict[str, str] = field(default_factory=dict, repr=False)
    naming: Naming | None = field(default=None, repr=False, compare=False)  # None: everything is called as it is typed


class Provider(Protocol):
    """A kind of engine that the course can start: `private` or `micro-VM`.

    Attributes:
        name: what pages and messages call it; stored in the notebooks as the engine's source.
        plan: what `find` says before it starts one.
        builds_base: whether a stand-in for the base image can be built with it on this machine.
    """

    name: str
    plan: str
    builds_base: bool

    @property
    def host(self) -> str:
        """Its DOCKER_HOST."""

    @property
    def shared_folder(self) -> Path | None:
        """The folder of this machine that its containers may mount from; None if they may from any."""

    def is_possible(self) -> bool:
        """Whether this machine can run it."""

    def answers(self) -> bool:
        """Whether its engine answers now."""

    def up(self, progress: Progress) -> None:
        """Start it unless it runs, and wait until it answers.

        Raises:
            DownloadFailed, EngineStartFailed.
        """

    def down(self) -> bool:
        """Stop it and leave nothing but the cache folder; False if it did not run."""

    def command_line(self) -> CommandLine:
        """The docker command line that belongs to it; it must be up."""

    def programs(self, names: Iterable[str], scratch: Path) -> Path:
        """A folder with programs out of the engine's packages, by their path in it: `usr/sbin/dockerd`.

        Names that the packages do not hold are left out.

        Args:
            scratch: an empty folder, for programs that have to be copied together.
        """

    def why_lost(self) -> tuple[str, str]:
        """After its engine has gone away: the reason if it is known, and what to do now."""
