"""What an image's history tells about how the image was made.

Builders write each instruction almost as it stands in the Dockerfile, but a RUN as `RUN |2 A=1 TOKEN=x SHELL COMMAND`:
the number of build arguments that the command could see, the arguments, the words of the shell. Nothing is quoted, so
where the list ends can only be told by what earlier entries say: which arguments there are, and which shell.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

DEFAULT_SHELL = "/bin/sh -c"

_ARGUMENT = re.compile(r"(?:^| )([A-Za-z_][\w.-]*)=")


@dataclass(frozen=True)
class Made:
    """A history entry."""

    written: str  # the instruction as in the Dockerfile, with the white space that the builder noted
    layer: int  # the number of the layer that it made, from 1; 0 for none
    arguments: Mapping[str, str]  # the build arguments that an ARG declares or a RUN could see: name -> value

    @property
    def instruction(self) -> str:
        """The instruction in one line."""
        return " ".join(self.written.split())


def read_history(config: Mapping, layers: int) -> list[Made]:
    """The history in an image config, oldest first.

    Some tools leave entries out or write too many, so entries and layers are both counted from the end: the newest
    entry still belongs to the newest layer.

    Args:
        layers: how many the image has.
    """
    entries, scope, found = config.get("history") or [], _Scope(), []
    number = layers - sum(not entry.get("empty_layer") for entry in entries)
    for entry in entries:
        number += not entry.get("empty_layer")
        written, arguments = scope.read(entry.get("created_by") or "")
        found.append(Made(written, 0 if entry.get("empty_layer") else max(number, 0), arguments))
    return found


@dataclass
class _Scope:
    """What the entries so far say that matters to later ones."""

    shell: str = DEFAULT_SHELL
    declared: list[str] = field(default_factory=list)  # what follows each ARG: `NAME`, `NAME=value` or several
    environment: dict[str, str] = field(default_factory=dict)

    def read(self, created_by: str) -> tuple[str, dict[str, str]]:
        """The next entry's instruction and build arguments."""
        text = created_by.removesuffix(" # buildkit")
        # The builder before BuildKit notes what runs nothing as `SHELL #(nop) INSTRUCTION`; the shell is the new one.
        found = re.fullmatch(r"(?:(.+) #\(nop\) +)?SHELL \[(.*)\]", text)
        if found and found[1] in (None, found[2]):
            self.shell = found[2]
        text = text.removeprefix(f"{self.shell} #(nop) ").lstrip(" ")
        if found := re.match(r"(?:RUN )?\|(\d+) ", text):
            arguments, command = self._split(text[found.end() :], int(found[1]))
            return f"RUN {command}", arguments
        command = text.removeprefix("RUN ")
        if command.startswith(f"{self.shell} "):
            return f"RUN {command.removeprefix(self.shell).lstrip(' ')}", {}
        keyword, _, rest = text.partition(" ")
        if keyword == "ARG":
            self.declared.append(rest)
            return text, _several(rest)
        if keyword == "ENV":
            self.environment |= _several(rest)
        # Some versions of BuildKit print a Go map.
        return re.sub(r"^EXPOSE map\[(.*)\]$", lambda found: f"EXPOSE [{found[1].replace(':{}', '')}]", text), {}

    def _split(self, text: str, count: int) -> tuple[dict[str, str], str]:
        """The build arguments that a text begins with, and the command after them."""
        for head, arguments in self._expected(count):
            if text.startswith(head):
                return arguments, text.removeprefix(head).removeprefix(f"{self.shell} ")
        # Not listed as declared: a value may be missing from the history. Then the shell shows where the list ends.
        end = f" {text}".find(f" {self.shell} ")
        names = {name for declared in self.declared for name in (*_several(declared), *_one(declared))}
        if end >= 0:
            listed, command = text[: max(end - 1, 0)], text[end + len(self.shell) + 1 :]
        else:
            # A command without a shell. Without a better sign, the last value is one word, and so is what has no name.
            starts = [s for s in _ARGUMENT.finditer(text) if s[1] in names] or [*_ARGUMENT.finditer(text)]
            last = max((start.end() for start in starts[:count]), default=0)
            words = text[last:].split(" ", max(count - len(starts), 0) + bool(last))
            command = words[-1]
            listed = text[: len(text) - len(command)].rstrip(" ")
        return _several(listed, names) or _several(listed), command

    def _expected(self, count: int) -> list[tuple[str, dict[str, str]]]:
        """Lists with which a RUN of that many arguments may begin: as text, and by name.

        The arguments are the ones that were declared last. BuildKit keeps the order of their declaration and the last
        value of each, and an environment variable of the same name comes first; the builder before it sorts them.
        """
        found = []
        for read in (_several, _one):
            for first in reversed(range(len(self.declared))):
                last = _merge(read, self.declared[first:])
                if len(last) == count:
                    for values in (last, {name: self.environment.get(name, value) for name, value in last.items()}):
                        pairs = [f"{name}={value} " for name, value in values.items()]
                        found += [("".join(pairs), values), ("".join(sorted(pairs)), values)]
        return found


def _merge(read: Callable[[str], dict[str, str]], declared: list[str]) -> dict[str, str]:
    return {name: value for text in declared for name, value in read(text).items()}


def _one(text: str) -> dict[str, str]:
    """`NAME` or `NAME=value` as one argument, whatever is in its value."""
    name, _, value = text.partition("=")
    return {name: value} if _ARGUMENT.fullmatch(f"{name}=") else {}


def _several(text: str, names: set[str] | None = None) -> dict[str, str]:
    """`A=1 B=2` as two arguments: each value reaches to the next name.

    Args:
        names: which names there may be; by default any.
    """
    starts = [start for start in _ARGUMENT.finditer(text) if names is None or start[1] in names]
    if not starts or starts[0].start():
        return _one(text) if text and names is None else {}
    ends = [start.start() for start in starts[1:]] + [len(text)]
    return {start[1]: text[start.end() : end] for start, end in zip(starts, ends, strict=True)}
