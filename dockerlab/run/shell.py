"""A docker command as somebody types it: its words, as a shell splits them, and docker's own options among them."""

import re
import shlex
from collections.abc import Callable, Sequence
from typing import NamedTuple

from dockerlab.errors import CommandUnreadable

# What a shell reads as one piece: '…', "…", a character after a backslash, a comment, and $NAME or ${NAME}.
_PIECE = re.compile(
    r"""'[^']*'|"(?:\\.|[^"\\])*"|\\.|(?<!\S)\#[^\n]*|\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})""", re.S
)
_IN_DOUBLE_QUOTES = re.compile(r"\\.|\$(?:(?P<name>[A-Za-z_]\w*)|\{(?P<braced>[A-Za-z_]\w*)\})", re.S)
_WRONG = {
    "No closing quotation": (
        "a quotation mark is opened and never closed",
        r"Close it, or type a backslash before a mark that belongs to the text: \"",
    ),
    "No escaped character": (
        "it ends with a backslash, and nothing comes after it",
        "Leave the backslash out, or go on in the same line.",
    ),
}
# The options of `docker run`, `create` and `exec` that stand alone. All others take a value.
SWITCHES = {
    "-d", "-i", "-t", "-P", "-q", "--detach", "--disable-content-trust", "--help", "--init", "--interactive",
    "--no-healthcheck", "--oom-kill-disable", "--privileged", "--publish-all", "--quiet", "--read-only", "--rm",
    "--sig-proxy", "--tty", "--use-api-socket",
}  # fmt: skip


def split_words(typed: str | Sequence[str]) -> list[str]:
    """The words of a command. Quotes, backslashes, comments and continued lines count as in a shell.

    Args:
        typed: a text, or the words themselves.

    Raises:
        CommandUnreadable: a quotation mark is not closed, or nothing follows a backslash.
    """
    if not isinstance(typed, str):
        return list(typed)
    try:
        # shlex knows no continued lines, and takes the # in the address of a build context for a comment.
        return shlex.split(_PIECE.sub(_plainer, typed))
    except ValueError as error:
        raise CommandUnreadable(typed, *_WRONG.get(str(error), (str(error), ""))) from None


def _plainer(piece: re.Match) -> str:
    """A piece in a form that shlex reads as a shell does."""
    text = piece[0]
    if text == "\\\n" or text.startswith("#"):
        return ""
    return _IN_DOUBLE_QUOTES.sub(_unescaped, text) if text.startswith('"') else text


def _unescaped(found: re.Match) -> str:
    return {r"\$": "$", r"\`": "`", "\\\n": ""}.get(found[0], found[0])


def with_variables(line: str, value: Callable[[str], object | None]) -> str:
    """The line with $NAME and ${NAME} replaced, as a shell does it: not in single quotes, nor after a backslash.

    A value is only ever text: quotation marks and the like in it mean nothing. Outside quotes, spaces split it.

    Args:
        value: of a name; None for a name that is to stay as it stands.
    """

    def in_quotes(found: re.Match) -> str:
        known = _value_of(found, value)
        return found[0] if known is None else re.sub(r'(["\\])', r"\\\1", known)

    def replaced(piece: re.Match) -> str:
        if piece[0].startswith('"'):
            return _IN_DOUBLE_QUOTES.sub(in_quotes, piece[0])
        known = _value_of(piece, value)
        return piece[0] if known is None else " ".join(map(shlex.quote, known.split()))

    return _PIECE.sub(replaced, line)


def _value_of(found: re.Match, value: Callable[[str], object | None]) -> str | None:
    name = found["name"] or found["braced"]
    known = value(name) if name else None
    return None if known is None else str(known)


class Option(NamedTuple):
    """One of docker's own options in a command."""

    name: str  # "-p" or "--publish"
    value: str | None  # None for one that stands alone
    place: int  # of the word that holds the value
    before: str  # what stands before the value in that word: "--publish=", "-dp", or nothing


def read_options(words: Sequence[str], place: int) -> tuple[list[Option], int]:
    """The options that docker reads in `docker run`, `create` or `exec`, and the place of the first word after them.

    They end before the image or the container. What follows belongs to the program in the container.

    Args:
        words: the whole command.
        place: where its options begin.
    """
    found: list[Option] = []
    while place < len(words) and words[place].startswith("-") and words[place] != "-":
        word = words[place]
        if word == "--":
            return found, place + 1
        if word.startswith("--"):
            name = word.partition("=")[0]
            before = name
        else:  # -d, -p VALUE, -pVALUE, and several in one word: -dp VALUE
            end = 1
            while end < len(word) - 1 and f"-{word[end]}" in SWITCHES and word[end + 1] != "=":
                found.append(Option(f"-{word[end]}", None, place, ""))
                end += 1
            name, before = f"-{word[end]}", word[: end + 1]
        if word[len(before) :].startswith("="):
            before += "="
        if before.endswith("=") or len(before) < len(word):
            found.append(Option(name, word[len(before) :], place, before))
        elif name in SWITCHES:
            found.append(Option(name, None, place, ""))
        elif place + 1 < len(words):
            place += 1
            found.append(Option(name, words[place], place, ""))
        place += 1
    return found, place
