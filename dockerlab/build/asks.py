"""What the steps of a build ask of its context. BuildKit's client sends what they ask for, and nothing else.

BuildKit joins the sources of COPY, ADD and RUN --mount=type=bind, in the stages that the target needs, to one list of
patterns. They follow the rules of .dockerignore, so what matches a folder matches what is in it. A link in a source
brings along what it points to.
"""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Self

from dockerlab.build.dockerfile import Instruction
from dockerlab.build.ignore import IgnoreFile, Rule
from dockerlab.build.inputs import Inputs
from dockerlab.build.keys import Evaluation, Step
from dockerlab.build.words import MARK, not_set, variable
from dockerlab.errors import DockerfileInvalid, IgnorePatternInvalid

IMAGE, STAGE, MOUNT = "image", "stage", "mount"
_WILDCARD = re.compile(r"(?<!\\)(?:\\\\)*[*?\[]")


@dataclass(frozen=True)
class Ask:
    """What one instruction asks of the context."""

    line: int  # of the Dockerfile, from 1
    instruction: str
    stage: str  # "" in a file with one stage, "stage-0" for one without a name
    sources: tuple[str, ...]  # paths and patterns, from the context's top, variables replaced
    # Where it goes: to the image, to a stage that only serves others, or nowhere, since a mount is gone after its RUN.
    lands: str
    unknown: str = ""  # why nobody can say what it asks for; "" if one can
    # BuildKit counts a tmpfs as a request for all of the context. It uses nothing of it, so it alone sends nothing.
    is_tmpfs: bool = False
    leaves_out: bool = False  # it has --exclude, so a part of what travels may not land


@dataclass(frozen=True)
class Plan:
    """What a build would ask of its context."""

    asks: tuple[Ask, ...] = ()
    unknown: str = ""  # why there may be more; "" if these are all

    @classmethod
    def of(cls, dockerfile: str, arguments: Mapping[str, str], target: str) -> Self:
        """Read it from the text of a Dockerfile."""
        try:
            found = Evaluation(Inputs(dockerfile, {}, dict(arguments), target), lambda reference: None)
        except DockerfileInvalid as error:
            where = f" on line {error.line}" if error.line else ""
            return cls((), f"the Dockerfile cannot be read{where}: {error.problem}")
        bases = [base for base in found.bases.values() if MARK in base or not base]
        why = ""
        if bases:
            name = variable(bases[0])
            why = f"a FROM depends on {name}, which has no value here" if name else "a FROM names no image"
        asks = (ask for step in found.steps for ask in _asks(step, step.stage_number in found.kept))
        return cls(tuple(asks), why)

    @property
    def sends_all(self) -> bool:
        """Whether the whole context travels, whatever else there is that nobody knows."""
        return self._uses_context and any("" in ask.sources for ask in self.asks)

    @property
    def not_known(self) -> str:
        """Why nobody can say what travels; "" if one can."""
        if self.sends_all:
            return ""
        return self.unknown or next((f"line {ask.line}: {ask.unknown}" for ask in self.asks if ask.unknown), "")

    @property
    def _uses_context(self) -> bool:
        return any(ask.sources for ask in self.asks if not ask.is_tmpfs)


def selected(
    sources: Collection[str], paths: Collection[str], links: Mapping[str, str], *, sent: bool = False
) -> set[str]:
    """Those of these paths that sources ask for.

    Args:
        links: what the links of the context point to, by their paths.
        sent: what is sent for them instead. It is more if a folder in a source is a wildcard that matches a link:
            BuildKit's client cuts the source off there, so `*/a.txt` sends all that `*` matches.

    Raises:
        IgnorePatternInvalid: a source is not a pattern.
    """
    patterns = {pattern for source in sources for pattern in _followed(source, links, sent)}
    if "" in patterns:
        return set(paths)
    rules = tuple(Rule("the Dockerfile", 0, "", pattern, pattern, False) for pattern in sorted(patterns))
    matcher = IgnoreFile(None, rules)
    return {path for path in paths if matcher.decides(path)}


def missing(sources: Collection[str], paths: Collection[str], links: Mapping[str, str]) -> list[str]:
    """The sources without wildcards that name none of these paths: a build stops there."""
    return [
        source for source in sources if source and not _WILDCARD.search(source) and not selected([source], paths, links)
    ]


def _asks(step: Step, is_kept: bool) -> Iterator[Ask]:
    instruction = step.instruction
    is_tmpfs = instruction.word == "RUN" and any(map(_is_tmpfs, instruction.flags))
    if not step.asks and not is_tmpfs:
        return
    lands = MOUNT if instruction.word == "RUN" else IMAGE if is_kept else STAGE
    sources = tuple(map(_cleaned, step.asks))
    if unknown := next(filter(None, map(not_set, step.asks)), ""):
        sources = tuple(_cleaned(source) for source in step.asks if MARK not in source)
    else:
        try:
            for source in sources:
                selected([source], ["x"], {})  # tries the pattern
        except IgnorePatternInvalid as error:
            unknown, sources = f"{error.pattern} is not a pattern: {error.problem}", ()
    if is_tmpfs:
        sources = ("", *sources)
    yield Ask(
        instruction.line,
        _text(instruction),
        step.stage,
        sources,
        lands,
        unknown,
        is_tmpfs and not step.asks,
        instruction.flag("exclude") is not None,
    )


def _is_tmpfs(flag: str) -> bool:
    options = dict(part.partition("=")[::2] for part in flag.removeprefix("--mount=").split(","))
    return flag.startswith("--mount=") and options.get("type") == "tmpfs" and not options.get("from")


def _text(instruction: Instruction) -> str:
    return str(instruction).partition("\n")[0]


def _cleaned(source: str) -> str:
    """A source as a path from the context's top; "" is the top."""
    return posixpath.normpath("/" + source).lstrip("/")


def _followed(source: str, links: Mapping[str, str], sent: bool) -> set[str]:
    """A source, and where the links in it lead; a part with a wildcard stands for each link that it matches."""
    if not links:
        return {source}
    found: set[str] = set()
    to_do, seen = [source], set()
    while to_do:
        path = to_do.pop()
        if path in seen:
            continue
        seen.add(path)
        parts = path.split("/") if path else []
        for number in range(1, len(parts) + 1):
            current, rest = "/".join(parts[:number]), parts[number:]
            is_wild = _WILDCARD.search(parts[number - 1])
            if is_wild:
                names = [link for link in links if posixpath.dirname(link) == posixpath.dirname(current)]
                met = [link for link in names if selected([current], [link], {})]
            else:
                met = [current] if current in links else []
            if met:
                found.add(path if is_wild and not sent else current)
                goals = (posixpath.join("/", posixpath.dirname(link), links[link], *rest) for link in met)
                to_do += [posixpath.normpath(goal).lstrip("/") for goal in goals]
                break
        else:
            found.add(path)
    return found
