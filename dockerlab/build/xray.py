"""What a `docker build` of a folder would send, what stays at home, and which line of the ignore file says so."""

import os
import posixpath
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from dockerlab.build.asks import IMAGE, MOUNT, STAGE, Ask, Plan, missing, selected
from dockerlab.build.context import context_folder, is_file, is_out, walk
from dockerlab.build.ignore import IgnoreFile, Rule
from dockerlab.build.suspects import kind_of
from dockerlab.errors import FilesUnreadable

YES, NO, PERHAPS = "yes", "no", "perhaps"
NOTHING = "matches nothing"


@dataclass(frozen=True)
class File:
    """A file of the folder, a link, or whatever else is no folder."""

    path: str  # from the folder's top, with "/"
    size_bytes: int  # of a link, its own few bytes
    rule: Rule | None  # the line that has the last word on it; None if none names it

    @property
    def is_out(self) -> bool:
        """Whether that line leaves it out of the context. One with a "!" has brought it back."""
        return is_out(self.rule)


@dataclass(frozen=True)
class Sum:
    """How many files, and how many bytes they are."""

    files: int
    size_bytes: int

    @classmethod
    def of(cls, files: Iterable[File]) -> "Sum":
        sizes = [file.size_bytes for file in files]
        return cls(len(sizes), sum(sizes))


@dataclass(frozen=True)
class Top:
    """A folder at the top of the context, or a file there."""

    name: str  # a folder's ends in "/"
    inside: tuple[File, ...]
    out: tuple[File, ...]


@dataclass(frozen=True)
class Line:
    """What a line of the ignore file does."""

    rule: Rule
    is_off: bool  # it was switched off
    files: tuple[File, ...]  # on which it has the last word: left out, or brought back by a "!"
    remark: str  # "" for a line that does something


@dataclass(frozen=True)
class Request:
    """What an instruction asks for, and what it gets."""

    ask: Ask
    files: tuple[File, ...]
    remark: str  # why that is not known, or why the build would stop here; "" for neither


@dataclass(frozen=True)
class Secret:
    """A file that looks like a secret."""

    file: File
    kind: str
    in_image: str  # YES, NO or PERHAPS
    why: str  # what puts it there, or keeps it away


@dataclass(frozen=True)
class Difference:
    """What another choice of lines changes."""

    comes_in: tuple[File, ...]
    goes_out: tuple[File, ...]


@dataclass(frozen=True)
class Xray:
    """A picture of a build context; see `xray`. The folder may change afterwards, the picture does not."""

    folder: str  # as it was given
    dockerfile: str
    ignore: IgnoreFile  # with the lines that are switched off
    off: frozenset[int]  # those lines
    files: tuple[File, ...]  # all of them, by path
    plan: Plan
    _target: str = field(repr=False)
    _arguments: Mapping[str, str] = field(repr=False)
    _links: Mapping[str, str] = field(repr=False)  # what they point to
    _folders: frozenset[str] = field(repr=False)
    _in_folders: frozenset[str] = field(repr=False)  # those that no rule leaves out, or that hold something

    @cached_property
    def inside(self) -> tuple[File, ...]:
        """The build context: what COPY . would find."""
        return tuple(file for file in self.files if not file.is_out)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """What each instruction that the target needs asks of the context."""
        paths = {file.path: file for file in self.inside}
        found = []
        for ask in self.plan.asks:
            taken = selected(ask.sources, paths, self._links)
            remark = ask.unknown
            if gone := missing(ask.sources, {*paths, *self._in_folders}, self._links):
                remark = remark or self._says_missing(gone[0])
            found.append(Request(ask, tuple(file for path, file in paths.items() if path in taken), remark))
        return tuple(found)

    @cached_property
    def travels(self) -> tuple[File, ...] | None:
        """What the first build would send. A later one sends what has changed since. None if nobody can say."""
        if self.plan.not_known:
            return None
        if self.plan.sends_all:
            return self.inside
        sources = {source for ask in self.plan.asks if not ask.is_tmpfs for source in ask.sources}
        paths = selected(sources, [file.path for file in self.inside], self._links, sent=True)
        return tuple(file for file in self.inside if file.path in paths)

    @cached_property
    def tops(self) -> list[Top]:
        """The folders and files at the top, the largest first."""
        groups: dict[str, tuple[list, list]] = {}
        for file in self.files:
            name, slash, _ = file.path.partition("/")
            groups.setdefault(name + slash, ([], []))[file.is_out].append(file)
        tops = [Top(name, tuple(inside), tuple(out)) for name, (inside, out) in groups.items()]
        return sorted(tops, key=lambda top: (-Sum.of(top.inside + top.out).size_bytes, top.name))

    @cached_property
    def lines(self) -> list[Line]:
        """The lines of the ignore file with what each does, in order."""
        active = self.ignore.without(self.off)
        said: dict[int, list[File]] = {rule.line: [] for rule in self.ignore.rules}
        for file in self.files:
            if file.rule:
                said[file.rule.line].append(file)
        found = []
        for rule in self.ignore.rules:
            files, is_off = said[rule.line], rule.line in self.off
            remark = "switched off" if is_off else "" if files else self._says_idle(rule, active)
            found.append(Line(rule, is_off, tuple(files), remark))
        return found

    @cached_property
    def secrets(self) -> list[Secret]:
        """The files that look like secrets, those in the context first.

        Names are looked at everywhere, the first 64 kB of files in the context only.

        Raises:
            FilesUnreadable: a file that no rule leaves out may not be read.
        """
        found = []
        for file in self.files:
            place = os.path.join(self.folder, file.path)
            try:
                kind = kind_of(file.path, place, not file.is_out)
            except OSError as error:
                if file.is_out or isinstance(error, FileNotFoundError):  # it has gone meanwhile
                    continue
                raise FilesUnreadable(place, error.strerror) from None
            if kind:
                found.append(Secret(file, kind, *self._in_image(file)))
        return sorted(found, key=lambda secret: secret.file.is_out)

    def largest(self, most: int = 10) -> list[File]:
        """The largest files of the context."""
        return sorted(self.inside, key=lambda file: (-file.size_bytes, file.path))[:most]

    def without(self, lines: Collection[int]) -> "Xray":
        """The picture of the folder as it is now, as if these lines, and no others, were not in the ignore file.

        Raises:
            As `xray`.
        """
        return xray(self.folder, self.dockerfile, target=self._target, arguments=self._arguments, without=lines)

    def difference(self, before: "Xray") -> Difference:
        """What is in this context and was not in that one, and the other way round."""
        here, there = ({file.path for file in each.inside} for each in (self, before))
        return Difference(
            tuple(file for file in self.inside if file.path not in there),
            tuple(file for file in before.inside if file.path not in here),
        )

    def _says_idle(self, rule: Rule, active: IgnoreFile) -> str:
        named = [path for path in (*self._folders, *(file.path for file in self.files)) if rule.matches(path)]
        if not named:
            return NOTHING
        if any(active.decides(path) == rule for path in named):
            return "matches only folders without files"
        earlier = active.decides(named[0])
        by = f", as line {earlier.line} decides" if earlier else ""
        return f"brings nothing back{by}" if rule.brings_back else f"changes nothing{by}"

    def _says_missing(self, source: str) -> str:
        place = Path(self.folder, source)
        if not os.path.lexists(place):
            return f"the build would stop here: there is no {source}"
        rule = self.ignore.without(self.off).decides(source)
        by = f", left out by line {rule.line} of {rule.file}" if is_out(rule) else ""
        return f"the build would stop here: {source} is not in the context{by}"

    def _in_image(self, file: File) -> tuple[str, str]:
        if file.is_out:
            return NO, f"left out by line {file.rule.line} of {file.rule.file}"
        asked = [request.ask for request in self.requests if file.path in self._paths[request.ask]]
        copies = {lands: [ask for ask in asked if ask.lands == lands] for lands in (IMAGE, STAGE, MOUNT)}
        for ask in copies[IMAGE]:
            if not ask.leaves_out:
                return YES, f"line {ask.line} copies it"
        if why := self.plan.unknown or next((f"{ask.unknown}" for ask in self.plan.asks if ask.unknown), ""):
            return PERHAPS, why
        if copies[IMAGE]:
            return PERHAPS, f"line {copies[IMAGE][0].line} copies it, unless --exclude leaves it out"
        if copies[STAGE]:
            ask = copies[STAGE][0]
            return PERHAPS, f"line {ask.line} copies it into {ask.stage}; COPY --from may take it from there"
        return NO, f"line {copies[MOUNT][0].line} only mounts it" if copies[MOUNT] else "no instruction asks for it"

    @cached_property
    def _paths(self) -> dict[Ask, set[str]]:
        return {request.ask: {file.path for file in request.files} for request in self.requests}


def xray(
    folder: str | Path = ".",
    dockerfile: str = "Dockerfile",
    *,
    target: str = "",
    arguments: Mapping[str, str] = {},
    without: Collection[int] = (),
) -> Xray:
    """Look through a folder as a build would, without building.

    Args:
        folder: the build context. No link in it is followed.
        dockerfile: its path, seen from the context. If NAME.dockerignore is beside it, that counts as the ignore file.
            If the Dockerfile cannot be read, the picture says so and shows the context alone.
        target: the stage to build; "" for the last.
        arguments: what --build-arg would give.
        without: lines of the ignore file, from 1, that are to be passed over.

    Raises:
        ContextNotFound: there is no such folder.
        FilesUnreadable: the ignore file, or a folder that no rule leaves out, may not be read.
        IgnorePatternInvalid: Docker would refuse a pattern.
        ValueError: there is no rule on a line of `without`.
    """
    root = context_folder(folder)
    ignore = IgnoreFile.of(root, dockerfile)
    files, links, folders, in_folders = [], {}, set(), set()
    for path, entry, rule in walk(root, ignore.without(without)):
        if is_file(entry):
            files.append(File(path, entry.stat(follow_symlinks=False).st_size, rule))
            if entry.is_symlink():
                links[path] = os.readlink(entry.path)
        else:
            folders.add(path)
        path = path if not is_file(entry) else posixpath.dirname(path)
        while path and not is_out(rule) and path not in in_folders:
            in_folders.add(path)
            path = posixpath.dirname(path)
    files.sort(key=lambda file: file.path)
    plan = _plan(root, dockerfile, arguments, target)
    return Xray(
        str(folder), dockerfile, ignore, frozenset(without), tuple(files), plan, target, dict(arguments), links,
        frozenset(folders), frozenset(in_folders),
    )  # fmt: skip


def _plan(root: Path, dockerfile: str, arguments: Mapping[str, str], target: str) -> Plan:
    try:
        text = (root / dockerfile).read_text(encoding="utf-8", errors="surrogateescape")
    except FileNotFoundError:
        return Plan((), f"there is no {dockerfile}")
    except OSError as error:
        return Plan((), f"{dockerfile} cannot be read: {error.strerror}")
    return Plan.of(text, arguments, target)
