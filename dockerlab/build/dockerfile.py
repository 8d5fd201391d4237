"""Read a Dockerfile: its stages and their instructions, by the rules of BuildKit's own front end."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from dockerlab.errors import DockerfileInvalid

WORDS = {
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD",
    "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}  # fmt: skip
WITH_DOCUMENTS = ("ADD", "COPY", "RUN")  # these may be followed by here-documents
SPACE = re.compile(r"[\t\v\f\r ]+")
_DIRECTIVE = re.compile(r"#\s*([A-Za-z][A-Za-z0-9]*)\s*=\s*(.+?)\s*$")
_DOCUMENT = re.compile(r"(?:(?<=\s)|^)\d*<<(-?)(?!<)(?:\"([^\"<\s]+)\"|'([^'<\s]+)'|([^\"'<\s]+))(?=\s|$)")
_FLAG = re.compile(r"""--(?:[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')*(?=\s|$)""", re.S)
_FROM = re.compile(r"(\S+)(?:\s+as\s+(\S+))?$", re.I)


@dataclass(frozen=True)
class Document:
    """A here-document."""

    name: str
    text: str
    is_raw: bool  # its name stood in quotes, so no variable in it is replaced


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines in one."""

    word: str  # in capitals
    flags: tuple[str, ...]  # such as "--from=build", without quotes
    rest: str  # what follows
    line: int  # where it begins, from 1
    documents: tuple[Document, ...] = ()

    def flag(self, name: str) -> str | None:
        """The last value of a flag; "" if it has none, None if it is not there."""
        found = [flag.partition("=")[2] for flag in self.flags if flag.partition("=")[0] == f"--{name}"]
        return found[-1] if found else None

    def __str__(self) -> str:
        return " ".join([self.word, *self.flags, self.rest])


@dataclass(frozen=True)
class Stage:
    """What begins with one FROM."""

    number: int  # from 0
    name: str  # in small letters; "" if it has none
    begin: Instruction
    base: str  # as it is written, before variables are replaced
    instructions: tuple[Instruction, ...]


@dataclass(frozen=True)
class Dockerfile:
    """A Dockerfile as it stands there: no variable is replaced."""

    stages: tuple[Stage, ...]
    arguments: tuple[Instruction, ...] = ()  # the ARGs before the first FROM
    directives: dict[str, str] = field(default_factory=dict)  # syntax, escape, check

    @property
    def escape(self) -> str:
        """The character that continues a line and takes a meaning away."""
        return self.directives.get("escape", "\\")


@lru_cache(maxsize=64)
def read_dockerfile(text: str) -> Dockerfile:
    """Read the text of a Dockerfile.

    Raises:
        DockerfileInvalid: it is not one.
    """
    lines = text.removeprefix("\ufeff").split("\n")
    directives = _directives(lines)
    escape = directives.get("escape", "\\")
    if escape not in ("\\", "`"):
        raise DockerfileInvalid(f"the escape character is {escape!r}, and has to be \\ or `", line=1)
    stages: list[Stage] = []
    arguments: list[Instruction] = []
    inside: list[Instruction] = []
    for instruction in _instructions(lines, escape):
        if instruction.word == "FROM":
            found = _FROM.fullmatch(instruction.rest)
            if not found:
                raise DockerfileInvalid("FROM needs an image, or an image AS a name", line=instruction.line)
            inside = []
            name = (found[2] or "").lower()
            stages.append(Stage(len(stages), name, instruction, found[1], inside))
        elif stages:
            inside.append(instruction)
        elif instruction.word == "ARG":
            arguments.append(instruction)
        else:
            raise DockerfileInvalid(f"{instruction.word} stands before the first FROM", line=instruction.line)
    if not stages:
        raise DockerfileInvalid("it has no FROM", line=len(lines))
    whole = (Stage(s.number, s.name, s.begin, s.base, tuple(s.instructions)) for s in stages)
    return Dockerfile(tuple(whole), tuple(arguments), directives)


def triggered(instruction: Instruction) -> Instruction:
    """The instruction that an ONBUILD puts off.

    Raises:
        DockerfileInvalid: it is none.
    """
    return _instruction(instruction.rest, instruction.line, instruction.documents)


def _directives(lines: list[str]) -> dict[str, str]:
    """The comments at the top that say how to read the rest."""
    found: dict[str, str] = {}
    for line in lines:
        match = _DIRECTIVE.match(line.strip())
        if not match or match[1].lower() in found or match[1].lower() not in ("syntax", "escape", "check"):
            break
        found[match[1].lower()] = match[2]
    return found


def _instructions(lines: list[str], escape: str) -> list[Instruction]:
    goes_on = re.compile(rf"(^|[^{re.escape(escape)}]){re.escape(escape)}[ \t]*$")
    found, place = [], 0
    while place < len(lines):
        start, text, open_end = place, "", True
        while open_end and place < len(lines):
            line = lines[place].rstrip("\r")
            line = line.lstrip() if place == start else line
            place += 1
            is_comment = line.lstrip().startswith("#")
            if is_comment or (place - 1 > start and not line.strip()):
                open_end = place - 1 > start  # inside an instruction, both are passed over
                continue
            open_end = bool(goes_on.search(line))
            text += goes_on.sub(r"\1", line)
        if not text.strip():
            continue
        word = text.split(maxsplit=1)[0].upper()
        body = text.split(maxsplit=2)[1:2] if word == "ONBUILD" else []
        documents = []
        if word in WITH_DOCUMENTS or (body and body[0].upper() in WITH_DOCUMENTS):
            for chomps, double, single, plain in _DOCUMENT.findall(text):
                document, place = _document(lines, place, plain or double or single, bool(chomps), start)
                documents.append(Document(plain or double or single, document, not plain))
        found.append(_instruction(text, start + 1, tuple(documents)))
    return found


def _document(lines: list[str], place: int, name: str, chomps: bool, start: int) -> tuple[str, int]:
    """The text of a here-document that begins at a line, and the place of the line after it."""
    text = ""
    for number in range(place, len(lines)):
        line = lines[number].rstrip("\r")
        if (line.lstrip("\t") if chomps else line) == name:
            return text, number + 1
        text += (line.lstrip("\t") if chomps else lines[number]) + "\n"
    raise DockerfileInvalid(f"the here-document {name} has no end", line=start + 1)


def _instruction(text: str, line: int, documents: tuple[Document, ...]) -> Instruction:
    word, *rest = SPACE.split(text.strip(), maxsplit=1)
    if word.upper() not in WORDS:
        raise DockerfileInvalid(f"there is no instruction {word}", line=line)
    flags, left = [], rest[0].strip() if rest else ""
    while found := _FLAG.match(left):
        left = left[found.end() :].lstrip()
        if found[0] == "--":
            break
        flags.append(re.sub(r"""\\(.)|["']""", r"\1", found[0]))
    if not left and word.upper() not in ("CMD", "ENTRYPOINT"):
        raise DockerfileInvalid(f"{word.upper()} needs something after it", line=line)
    return Instruction(word.upper(), tuple(flags), left, line, documents)
