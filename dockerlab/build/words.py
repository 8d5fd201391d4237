"""Variables in a Dockerfile, replaced as BuildKit's front end replaces them.

A variable may come from the base image, and then nobody knows its value without asking an engine. It stands as a mark
for itself: the same mark in two builds on one base image is the same value.
"""

import re
from collections.abc import Callable, Mapping
from fnmatch import translate

Lookup = Callable[[str], str | None]
MARK = "\0"  # around what is not known


class BadWord(ValueError):
    """A word that BuildKit refuses; says why."""


def expand(text: str, lookup: Lookup, escape: str = "\\", *, quotes: bool = True) -> str:
    """A word with its variables replaced, and without its quotes.

    Args:
        lookup: gives the value of a variable; None if it is not set.
        escape: the character that takes a meaning away.
        quotes: False leaves quotes and escapes of quotes as they are, as in a here-document.

    Raises:
        BadWord.
    """
    return _Reader(text, lookup, escape, quotes).until("")


def pairs(text: str, escape: str = "\\") -> list[tuple[str, str | None]]:
    """The settings of ENV, ARG or LABEL: names and values, still with their quotes. ARG may name no value.

    `ENV NAME the rest`, without an equals sign, is one setting.
    """
    words = split(text, escape)
    if words and "=" not in words[0] and len(words) > 1:
        name, _, rest = re.sub(r"\s", " ", text, count=1).partition(" ")
        return [(name, rest.strip())]
    return [(name, value if equals else None) for name, equals, value in (word.partition("=") for word in words)]


def split(text: str, escape: str = "\\") -> list[str]:
    """The words of a line, with their quotes."""
    mark = re.escape(escape)
    return re.findall(rf"""(?:[^\s"'{mark}]|{mark}.|"(?:[^"\\]|\\.)*"|'[^']*'|["'])+""", text, re.S)


class _Reader:
    def __init__(self, text: str, lookup: Lookup, escape: str, quotes: bool) -> None:
        self._text, self._place = text, 0
        self._lookup, self._escape, self._quotes = lookup, escape, quotes

    def until(self, end: str, *, keeps_escapes: bool = False) -> str:
        """What comes before a character, or before the end of the text."""
        found = ""
        while self._place < len(self._text):
            character = self._next()
            if character == end:
                return found
            if character == "$":
                found += self._variable()
            elif character == self._escape:
                following = self._next()
                keeps = keeps_escapes or (not self._quotes and following not in f"${self._escape}")
                found += (character if keeps else "") + following
            elif self._quotes and character == "'":
                found += self._single()
            elif self._quotes and character == '"':
                found += self._double()
            else:
                found += character
        if end:
            raise BadWord(f"a {end} is missing")
        return found

    def _next(self) -> str:
        self._place += 1
        return self._text[self._place - 1 : self._place]

    def _single(self) -> str:
        end = self._text.find("'", self._place)
        if end < 0:
            raise BadWord("a quotation mark is not closed")
        self._place, found = end + 1, self._text[self._place : end]
        return found

    def _double(self) -> str:
        found = ""
        while character := self._next():
            if character == '"':
                return found
            if character == "$":
                found += self._variable()
            elif character == self._escape:
                following = self._next()
                found += following if following in f'"${self._escape}' else character + following
            else:
                found += character
        raise BadWord("a quotation mark is not closed")

    def _variable(self) -> str:
        if self._text[self._place : self._place + 1] != "{":
            name = self._name()
            return "$" if not name else self._lookup(name) or ""
        self._next()
        name = self._name()
        sign = self._next()
        if not name or not sign:
            raise BadWord("a } is missing, or a name")
        if sign == "}":
            return self._lookup(name) or ""
        empty_counts = sign != ":"
        if sign == ":":
            sign = self._next()
        value = self._lookup(name)
        if sign in "-+?":
            word = self.until("}")
            if value is not None and MARK in value:
                return f"{MARK}{name}{sign}{word}{value}{MARK}"
            is_set = value is not None and (empty_counts or value != "")
            if sign == "?" and not is_set:
                raise BadWord(f"{name}: {word or 'is not set'}")
            return word if is_set == (sign == "+") else ("" if sign == "+" else value or "")
        if sign in "#%/" and empty_counts:
            return self._pattern(sign, name, value or "")
        raise BadWord(f"${{{name}{sign}…}} is not known")

    def _pattern(self, sign: str, name: str, value: str) -> str:
        every = self._text[self._place : self._place + 1] == sign
        self._place += every
        pattern = self.until("/" if sign == "/" else "}", keeps_escapes=True)
        by = self.until("}", keeps_escapes=True) if sign == "/" else ""
        if MARK in value or "\\" in pattern or "[" in pattern:
            return f"{MARK}{name}{sign}{every}{pattern}{by}{value}{MARK}"
        expression = translate(pattern).removesuffix(r"\Z").removesuffix(r"\z")
        if sign == "/":
            return re.sub(expression, lambda _: by, value, count=0 if every else 1)
        ends = range(len(value) + 1)
        places = [end for end in ends if re.fullmatch(expression, value[:end] if sign == "#" else value[end:])]
        if not places:
            return value
        place = max(places) if every == (sign == "#") else min(places)
        return value[place:] if sign == "#" else value[:place]

    def _name(self) -> str:
        found = re.compile(r"[A-Za-z_]\w*|\d|[@*#?\-$!]", re.A).match(self._text, self._place)
        if not found:
            return ""
        self._place = found.end()
        return found[0]


def known(values: Mapping[str, str], base: str) -> Lookup:
    """A lookup in these variables; what is not among them may come from the base image, "" for none."""
    return lambda name: values.get(name, f"{MARK}{name}{MARK}" if base else None)


def not_set(text: str) -> str:
    """What cannot be known about a text with a variable that only the base image may set; "" if it has none."""
    return f"it depends on {variable(text)}, which has no value here" if MARK in text else ""


def variable(text: str) -> str:
    """The first variable in a text that stands there as a mark for what is not known; "" if there is none."""
    found = re.search(f"{MARK}+([A-Za-z_][A-Za-z0-9_]*)", text)
    return found[1] if found else ""
