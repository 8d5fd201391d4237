"""`docker compose` as typed: what it makes gets the course's labels, and names and ports that nobody else has.

Compose is asked what the learner's files come to, whichever they are. With labels added, that goes into one file, and
the command runs with it in place of theirs. Their files are only read.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from dockerlab.engine.labels import labels
from dockerlab.engine.provider import Naming

WORD = "compose"
# Compose's own options that take a value. All others stand alone.
WITH_VALUE = {
    "-f", "--file", "-p", "--project-name", "--profile", "--env-file", "--project-directory", "--ansi", "--progress",
    "--parallel",
}  # fmt: skip
NEEDS_NO_FILE = ("version", "ls", "help", "config", "convert", "completion")
# What the file that takes the place of the learner's says by itself.
_TOLD = ("-f", "--file", "-p", "--project-name", "--project-directory", "--env-file")
MOST_OF_A_SERVICE = 9  # containers whose names lead to those of this session

# Runs `docker WORDS`; gives its exit code and what it prints to stdout and stderr.
Ask = Callable[[list[str]], tuple[int, str, str]]


class Given(NamedTuple):
    """One of Compose's own options."""

    name: str  # "-f"
    value: str | None  # None for one that stands alone
    words: tuple[str, ...]  # as it was typed


@dataclass(frozen=True)
class Typed:
    """A command after `docker`, taken apart."""

    options: tuple[Given, ...]  # between `compose` and its command
    command: tuple[str, ...]  # such as ("up", "-d")

    def values(self, *names: str) -> list[str]:
        """The values of an option by its names, in order."""
        return [option.value or "" for option in self.options if option.name in names]

    @property
    def needs_files(self) -> bool:
        """Whether it does something with a project."""
        is_asked = not {"-h", "--help", "-v", "--version"}.isdisjoint([o.name for o in self.options])
        return bool(self.command) and self.command[0] not in NEEDS_NO_FILE and not is_asked


def is_compose(words: Sequence[str]) -> bool:
    """Whether `docker WORDS` is for Compose."""
    return list(words[:1]) == [WORD]


def read(words: Sequence[str]) -> Typed:
    """Take a command apart that begins with `compose`."""
    options, place = [], 1
    while place < len(words) and words[place].startswith("-"):
        word = words[place]
        name, has_value, value = word.partition("=") if word.startswith("--") else (word[:2], len(word) > 2, word[2:])
        taken = (word,)
        if name in WITH_VALUE and not has_value:
            taken = tuple(words[place : place + 2])
            value = taken[1] if len(taken) > 1 else ""
        options.append(Given(name, value.removeprefix("=") if name in WITH_VALUE else None, taken))
        place += len(taken)
    return Typed(tuple(options), tuple(words[place:]))


def prepare(
    words: Sequence[str],
    *,
    ask: Ask,
    run: str,
    cwd: Path,
    scratch: Path,
    naming: Naming | None = None,
    publish: Callable[[int], int] = int,
) -> tuple[list[str], str]:
    """The command to run in place of what was typed, and what Compose had to say of the files.

    A command that needs no file stays as it was, and so does one whose files are not right: Compose says it better.

    Args:
        words: what follows `docker`.
        run: the run's name for the labels.
        cwd: the folder in which it was typed.
        scratch: a folder that is there until the command has ended.
        naming: what names are called here; default: as they were typed.
        publish: the port to publish on for one of 127.0.0.1 that a file names.
    """
    typed = read(words)
    if not typed.needs_files:
        return list(words), ""
    options = [word for option in typed.options for word in option.words]
    code, out, said = ask([WORD, *options, "--profile", "*", "config", "--format", "json"])
    if code:
        return list(words), ""
    project = json.loads(out)
    _adapt(project, run, naming, publish)
    file = scratch / "compose.json"
    file.write_text(json.dumps(project), encoding="utf-8")
    kept = [word for option in typed.options if option.name not in _TOLD for word in option.words]
    folder = _folder(typed, cwd)
    told = ["--project-directory", str(folder), "--project-name", project["name"], "--file", str(file)]
    return [WORD, *kept, *told, *typed.command], said


def _folder(typed: Typed, cwd: Path) -> Path:
    """The project's folder: named, else that of the first file, else the one that Compose finds a file in."""
    if named := typed.values("--project-directory"):
        return cwd / named[-1]
    if files := typed.values("-f", "--file"):
        return (cwd / files[0]).parent
    names = ("compose.yaml", "compose.yml", "docker-compose.yml", "docker-compose.yaml")
    above = (folder for folder in (cwd, *cwd.parents) if any((folder / name).is_file() for name in names))
    return next(above, cwd)


def _adapt(project: dict, run: str, naming: Naming | None, publish: Callable[[int], int]) -> None:
    """Give a project the labels of the course, this session's names, and ports that are free."""
    marks, name = labels(run), project["name"]
    called = naming.have("project", name) if naming else name
    project["name"] = called
    services = project.get("services") or {}
    for service in services.values():
        service["labels"] = {**(service.get("labels") or {}), **marks}
        if "build" in service:
            service["build"]["labels"] = {**(service["build"].get("labels") or {}), **marks}
        for port in service.get("ports") or ():
            published = str(port.get("published", ""))
            if port.get("host_ip") == "127.0.0.1" and published.isdigit() and port.get("protocol", "tcp") == "tcp":
                port["published"] = str(publish(int(published)))
        if naming and "container_name" in service:
            service["container_name"] = naming.have("container", service["container_name"])
        if naming and "image" in service:
            image = service["image"]
            service["image"] = naming.have("image", image) if "build" in service else naming.name(image)
    for kind, thing in _things(project):
        thing["labels"] = {**(thing.get("labels") or {}), **marks}
        thing["name"] = _called(kind, thing["name"], name, called, naming)
    if naming and called != name:
        for service in services:
            naming.lead("image", f"{name}-{service}", f"{called}-{service}")
            for number in range(1, MOST_OF_A_SERVICE + 1):
                naming.lead("container", f"{name}-{service}-{number}", f"{called}-{service}-{number}")


def _things(project: dict) -> Iterator[tuple[str, dict]]:
    """The networks and volumes that the project makes; others are somebody else's, and stay as they are."""
    for kind in ("network", "volume"):
        for key, thing in (project.get(f"{kind}s") or {}).items():
            if thing is None:
                thing = project[f"{kind}s"][key] = {}
            if not thing.get("external"):
                thing.setdefault("name", f"{project['name']}_{key}")
                yield kind, thing


def _called(kind: str, typed: str, name: str, called: str, naming: Naming | None) -> str:
    """What a network or a volume is called here: by its project, else by the name that a file gives it."""
    if typed.startswith(f"{name}_"):
        here = f"{called}_{typed.removeprefix(f'{name}_')}"
        if naming and here != typed:
            naming.lead(kind, typed, here)
        return here
    return naming.have(kind, typed) if naming else typed
