"""A chapter's stock commands as a shell script, for those who prefer a terminal, and for the test that they work there.

A cell is stock if each of its lines works without the course: `%docker …`, `!…`, or a file that is written with
`%%writefile`. Whatever else a cell holds is the course's own, and is left out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

FAILS = "raises-exception"  # the tag of a cell that fails on purpose
END = "END_OF_FILE"
_HEADING = re.compile(r"^#{1,4} (.+)$", re.M)


@dataclass(frozen=True)
class Step:
    """One stock cell."""

    cell: NotebookNode
    text: str  # what to type in a shell
    heading: str  # the heading above it, "" if the cell before it has the same

    @property
    def fails(self) -> bool:
        """Whether it fails on purpose."""
        return FAILS in self.cell.metadata.get("tags", ())


def typed(source: str) -> str | None:
    """What to type in a shell for a code cell; None if it is not stock."""
    source = source.strip("\n")
    if written := re.fullmatch(r"%%writefile (-a )?(\S+)\n(.*)", source, re.S):
        return f"cat {'>>' if written[1] else '>'} {written[2]} <<'{END}'\n{written[3]}\n{END}"
    if bash := re.fullmatch(r"%%(?:bash|sh)\n(.*)", source, re.S):
        return bash[1]
    lines = re.sub(r"\\\n\s*", "", source).splitlines()
    words = [
        re.sub(r"^%docker\b", "docker", line) if line.startswith("%") else line.removeprefix("!") for line in lines
    ]
    stock = [re.match(r"%docker\b|!", line) or not line.strip() for line in lines]
    return "\n".join(words) if lines and all(stock) and any(line.strip() for line in lines) else None


def steps(notebook: NotebookNode) -> list[Step]:
    """The stock cells of a chapter, in order."""
    found, heading = [], ""
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            heading = [heading, *_HEADING.findall(cell.source)][-1]
        elif (text := typed(cell.source)) is not None:
            found.append(Step(cell, text, heading))
            heading = ""
    return found


def script(notebook: NotebookNode, lab: str = "news-api") -> str:
    """A chapter as a script for bash or sh, to be run in a copy of a lab's folder.

    It ends at the first command that fails, unless that one fails on purpose.
    """
    title = _HEADING.search(next(cell.source for cell in notebook.cells if cell.cell_type == "markdown"))[1]
    parts = [
        f"# {title}: the commands of the chapter. Run them in a copy of labs/{lab}:",
        f"#   cp -r labs/{lab} my-{lab} && cd my-{lab} && cp .env.example .env",
        "set -e",
    ]
    for step in steps(notebook):
        if step.heading and step.heading != title:
            parts.append(f"\n# ---- {step.heading}")
        parts.append(f"\n# It fails, on purpose.\n{step.text} && exit 1" if step.fails else f"\n{step.text}")
    return "\n".join(parts) + "\n"
