"""What .dockerignore leaves out of a build context, by the rules of Docker's own matcher.

Docker turns each pattern into a regular expression of Go. Some of its habits come from that, and hold here too: `[!b]`
is a class of two characters, `a[^b]c` matches `a/c`, and in a class `*` and `?` stand for several characters.

Two things are refused here that Docker takes: a malformed part after a `*`, which Docker does not always look at
(`a*[b-]`), and escapes of Go's that no file name needs (`\\x41`, `\\101`, `\\pL`, `\\Q`).
"""

import os
import posixpath
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Self

from dockerlab.errors import FilesUnreadable, IgnorePatternInvalid

NAME = ".dockerignore"
# What Go takes for white space. Python's strip() would also take the separators \x1c to \x1f.
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
# Characters, escaped ones, and classes whose members are characters or ranges. `?+` takes a ^ for good: it negates.
_ONE = r"(?:[^]\\-]|\\.)"
_WELL_FORMED = re.compile(rf"(?:[^[\\]|\\.|\[\^?+(?:{_ONE}(?:-{_ONE})?)+\])*", re.S)
_NO_WILDCARD = re.compile(r"[^]*?[\\]*", re.S)
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t-\r ",
    "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
# What a letter after a \ stands for in Go: a set of characters, a place, a control character.
_SETS = {
    "d": "[0-9]", "D": "[^0-9]", "s": r"[\t\n\f\r ]", "S": r"[^\t\n\f\r ]", "w": "[0-9A-Za-z_]", "W": "[^0-9A-Za-z_]",
}  # fmt: skip
_PLACES = {"A": r"\A", "b": r"\b", "B": r"\B", "z": r"\Z"}
_CONTROLS = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}


class _Invalid(Exception):
    """A pattern that Docker refuses; says why."""


@dataclass(frozen=True)
class Rule:
    """One pattern of an ignore file."""

    file: str  # the name of the ignore file
    line: int  # where it stands there, from 1
    group: str  # the nearest comment above it, "" before the first
    text: str  # as it is written there, without white space around it
    pattern: str  # as Docker compares it with paths: cleaned, without the "!"
    brings_back: bool  # it began with "!"

    def matches(self, path: str) -> bool:
        """Whether the pattern matches exactly this path, whatever becomes of the folder that it is in.

        Raises:
            IgnorePatternInvalid: Docker would refuse the pattern, but only now.
        """
        return self._expression.fullmatch(path) is not None

    @cached_property
    def _expression(self) -> re.Pattern:
        try:
            return re.compile(_expression(self.pattern), re.ASCII)
        except (_Invalid, re.error) as error:
            raise IgnorePatternInvalid(self.file, self.line, self.text, str(error)) from None


@dataclass(frozen=True)
class IgnoreFile:
    """The rules that count for a build, in order. Without a file there are none."""

    path: Path | None = None
    rules: tuple[Rule, ...] = ()
    # By folder, which rules match it: what is in it inherits that.
    _folders: dict[str, list[bool]] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, context: Path, dockerfile: str = "") -> Self:
        """The ignore file that counts: the Dockerfile's own, NAME.dockerignore beside it, else the context's.

        A link that leads out of its folder does not count, for Docker cannot follow it.

        Args:
            dockerfile: its path, seen from the context; "" for .dockerignore in any case.

        Raises:
            FilesUnreadable: the file is there, but may not be read.
            IgnorePatternInvalid: Docker would refuse a pattern.
        """
        own = [context / f"{dockerfile}{NAME}"] if dockerfile else []
        for path in (*own, context / NAME):
            if os.path.isfile(path) and path.resolve().is_relative_to(path.parent.resolve()):
                try:
                    text = path.read_bytes().decode(errors="surrogateescape")
                except OSError as error:
                    raise FilesUnreadable(str(path), error.strerror) from None
                return cls(path, tuple(_rules(path.name, text)))
        return cls()

    def without(self, lines: Collection[int]) -> Self:
        """The same rules, as if these lines of the file were empty.

        Raises:
            ValueError: there is no rule on one of these lines.
        """
        for line in sorted(set(lines) - {rule.line for rule in self.rules}):
            raise ValueError(f"there is no rule on line {line} of {self.path.name if self.path else NAME}")
        return type(self)(self.path, tuple(rule for rule in self.rules if rule.line not in lines))

    def decides(self, path: str) -> Rule | None:
        """The rule that leaves a path out or, if it brings back, keeps it in; None if no rule touches it.

        If several say the same, it is the first of them since another said the opposite.

        Args:
            path: seen from the context, with "/", as "docs/manual.pdf"; a file or folder.

        Raises:
            IgnorePatternInvalid: Docker would refuse a pattern when it compares it with this path.
        """
        return self._decide(path)[1]

    def _decide(self, path: str) -> tuple[list[bool], Rule | None]:
        """Which rules match a path, and the one that decides.

        What matches a folder, matches what is in it. A rule that would change nothing is not tried, as in Docker, and
        so is not inherited: after `a`, `!a/b` and `a` again, a/b stays in the context.
        """
        above = posixpath.dirname(path)
        if above and above not in self._folders:
            self._folders[above] = self._decide(above)[0]
        inherited = self._folders[above] if above else [False] * len(self.rules)
        matching, decided, is_out = [], None, False
        for rule, is_inherited in zip(self.rules, inherited, strict=True):
            matching.append(is_inherited or (rule.brings_back == is_out and rule.matches(path)))
            if matching[-1] and rule.brings_back == is_out:
                decided, is_out = rule, not is_out
        return matching, decided


def _rules(file: str, text: str) -> Iterator[Rule]:
    """The rules of an ignore file's text; a line that begins with # is a comment."""
    group = ""
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), 1):
        written = line.strip(_SPACE)
        if line.startswith("#"):
            group = written.lstrip("# ").strip()
        elif written:
            # Docker cleans twice, when it reads the file and when it makes the matcher. So `/!a` is an exception.
            first = _clean(written.removeprefix("!").strip(_SPACE))
            first = first[1:] if len(first) > 1 and first.startswith("/") else first
            if written.startswith("!"):
                first = f"!{first}"
            pattern = _clean(first.strip(_SPACE))
            rule = Rule(file, number, group, written, pattern.removeprefix("!"), pattern.startswith("!"))
            if not rule.pattern:
                raise IgnorePatternInvalid(file, number, written, "there is nothing after the !")
            if not _WELL_FORMED.fullmatch(rule.pattern):
                problem = "a [ is not closed, a class is empty, or nothing follows a \\"
                raise IgnorePatternInvalid(file, number, written, problem)
            yield rule


def _clean(path: str) -> str:
    """The shortest form of a path: without ".", "..", "//" and a slash at the end. "" stays."""
    return re.sub("^//", "/", posixpath.normpath(path)) if path else ""


def _expression(pattern: str) -> str:
    """A pattern as a regular expression of Python, for the whole of a path."""
    # `**` at one end of a pattern without other wildcards is plain text for Docker: a suffix or a prefix.
    if pattern.startswith("**") and _NO_WILDCARD.fullmatch(rest := pattern[2:]):
        return f"(?s:.*/)?{re.escape(rest[1:])}" if rest.startswith("/") else f"(?s:.*){re.escape(rest)}"
    if pattern.endswith("**") and _NO_WILDCARD.fullmatch(rest := pattern[:-2]):
        return f"{re.escape(rest)}(?s:.*)"
    if _NO_WILDCARD.fullmatch(pattern):
        return re.escape(pattern)
    return _to_python(_to_go(pattern))


def _to_go(pattern: str) -> str:
    """A pattern as the regular expression that Docker makes of it. It does so without regard to classes."""

    def piece(found: re.Match) -> str:
        text = found[0]
        if text.startswith("**"):
            return "(.*/)?" if found.end() < len(pattern) else ".*"
        if text == "*":
            return "[^/]*"
        if text == "?":
            return "[^/]"
        return f"\\{text}" if text in ".+()|{}$" else text

    return re.sub(r"\*\*/?|\\.|.", piece, pattern, flags=re.S)


def _to_python(expression: str) -> str:
    """A regular expression of Go in Python's writing. They differ in escapes and in classes.

    Raises:
        _Invalid: Go does not accept it.
    """
    made, at = [], 0
    while at < len(expression):
        if expression[at] == "[":
            text, at = _class(expression, at + 1)
        elif expression[at] == "\\":
            letter, at = expression[at + 1], at + 2
            text = _SETS.get(letter) or _PLACES.get(letter) or re.escape(_escaped(letter))
        else:
            text, at = expression[at], at + 1
        made.append(text)
    return "".join(made)


def _class(expression: str, at: int) -> tuple[str, int]:
    """The class whose [ stands before `at`, in Python's writing, and where it ends."""
    negated = expression.startswith("^", at)
    first = at = at + negated
    members = []
    while not expression.startswith("]", at) or at == first:
        if expression.startswith("[:", at) and (end := expression.find(":]", at + 2)) > 0:
            members.append(_posix(expression[at + 2 : end]))
            at = end + 2
        elif (letter := expression[at + 1 : at + 2]) in _SETS and expression.startswith("\\", at):
            members.append(_SETS[letter])
            at += 2
        else:
            low, at = _member(expression, at)
            high = low
            if expression.startswith("-", at) and not expression.startswith("]", at + 1):
                high, at = _member(expression, at + 1)
            if high < low:
                raise _Invalid(f"the range {low}-{high} runs backwards")
            members.append(f"[{re.escape(low)}-{re.escape(high)}]")
    any_of_them = f"(?:{'|'.join(members)})"
    return (f"(?:(?!{any_of_them})(?s:.))" if negated else any_of_them), at + 1


def _member(expression: str, at: int) -> tuple[str, int]:
    """The character at this place of a class, and where the next one begins."""
    if at >= len(expression):
        raise _Invalid("a [ is not closed")
    if expression[at] == "\\":
        return _escaped(expression[at + 1]), at + 2
    return expression[at], at + 1


def _posix(name: str) -> str:
    """A named set of characters, such as digit or ^digit."""
    negated, known = name.startswith("^"), _POSIX.get(name.removeprefix("^"))
    if known is None:
        raise _Invalid(f"there is no class [:{name}:]")
    return f"[{'^' * negated}{known}]"


def _escaped(character: str) -> str:
    """What a character stands for after a \\."""
    if character.isascii() and not character.isalnum():
        return character
    if character not in _CONTROLS:
        raise _Invalid(f"\\{character} has no meaning")
    return _CONTROLS[character]
