"""The explorer: what an image holds, as a tree that folds open: layers, their folders, the largest files.

It is made of <details> elements, so it works on the static page, from the keyboard, without a kernel and without
JavaScript. Of each folder only the largest entries have rows of their own; a last row adds up the rest.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from dockerlab.image.image import Image, Layer
from dockerlab.text import one_line, size_text

ROWS = 6  # of a folder, before the one that adds up the rest
SHARE = 0.02  # of its layer that a folder must hold for its own rows to be shown
HTML_WIDTH = 80  # of an instruction, in characters
TEXT_ROWS, TEXT_LEVELS, TEXT_WIDTH = 3, 2, 56  # the plain-text form cannot be folded, so it shows less


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, a folder, a file or a deletion.

    Attributes:
        name: the instruction of a layer; else the path below the node above, with a slash at the end of a folder.
        size_bytes: of all files in it.
        files: how many these are: 1 for a file.
        deletions: how many whiteouts are in it: 1 for a whiteout.
        children: of a layer or folder, the largest first.
    """

    name: str
    size_bytes: int
    files: int
    deletions: int = 0
    children: tuple[Node, ...] = field(default=(), repr=False)

    @property
    def label(self) -> str:
        """What stands beside the name."""
        return ", ".join(self.words)

    @property
    def words(self) -> list[str]:
        """The label's parts: size, number of files, number of deletions, as far as there are any."""
        words = [size_text(self.size_bytes)] if self.files else []
        words += [f"{self.files:,} files"] if self.files > 1 else []
        if self.deletions:
            is_whiteout = self.deletions == 1 and not words and not self.children
            words.append("deleted" if is_whiteout else f"{self.deletions:,} deleted")
        return words or ["no files"]


def tree(layer: Layer) -> Node:
    """All files and deletions of a layer. Links have no size and are left out, as are folders with nothing else."""
    root: dict = {}
    for entry in layer.entries:
        if entry.kind not in ("file", "whiteout", "opaque"):
            continue
        path = f"{entry.path}/*".strip("/") if entry.kind == "opaque" else entry.path
        *folders, name = path.split("/")
        place = root
        for folder in folders:
            place = place.setdefault(f"{folder}/", {})
        is_file = entry.kind == "file"
        place[name] = Node(name, entry.size_bytes, files=int(is_file), deletions=int(not is_file))
    top = _folder(layer.created_by, root)
    return replace(top, children=tuple(replace(child, name=f"/{child.name}") for child in top.children))


def _folder(name: str, inside: dict) -> Node:
    children = [_joined(_folder(key, value)) if isinstance(value, dict) else value for key, value in inside.items()]
    children.sort(key=lambda child: (-child.size_bytes, child.name))
    return _sum(name, children)


def _joined(folder: Node) -> Node:
    """A folder that holds one thing shares its row with it: `usr/local/`."""
    if len(folder.children) > 1:
        return folder
    only = folder.children[0]
    return replace(only, name=folder.name + only.name)


def _sum(name: str, children: Iterable[Node]) -> Node:
    totals = [sum(getattr(child, what) for child in children) for what in ("size_bytes", "files", "deletions")]
    return Node(name, *totals, children=tuple(children))


def largest(node: Node, rows: int = ROWS, least_bytes: float | None = None) -> Node:
    """The tree with the largest entries of each folder and the rest of it added up; small folders without rows."""
    if least_bytes is None:
        least_bytes = SHARE * node.size_bytes
    if len(node.children) > rows + 1:  # a rest of one may as well have its name
        shown, rest = node.children[:rows], [replace(_sum("the rest", node.children[rows:]), children=())]
    else:
        shown, rest = node.children, []
    opened = [
        largest(child, rows, least_bytes) if child.size_bytes >= least_bytes else replace(child, children=())
        for child in shown
    ]
    return replace(node, children=(*opened, *rest))


@dataclass(frozen=True)
class Explorer:
    """An image to look through: one row a layer, the newest at the bottom, as in the course's tables.

    Attributes:
        image: as it was read from the engine.
    """

    image: Image

    def _title(self) -> str:
        layers = self.image.layers
        return f"{self.image.reference}: {len(layers)} layers, {size_text(self.image.size_bytes)}"

    def __str__(self) -> str:
        lines = [self._title()]
        for layer in self.image.layers:
            lines += _lines(largest(tree(layer), TEXT_ROWS), TEXT_LEVELS)
        return "\n".join(lines)

    def to_html(self) -> str:
        """Lists in <details> elements; the course's style sheet makes them nicer."""
        total = self.image.size_bytes
        layers = "".join(_item(largest(tree(layer)), total) for layer in self.image.layers)
        return f'<div class="dl-explorer"><p>{html.escape(self._title())}</p><ul>{layers}</ul></div>'

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


def _lines(node: Node, levels: int, indent: str = "") -> Iterator[str]:
    room = TEXT_WIDTH - len(indent)
    yield f"{indent}{one_line(node.name, room):<{room}}  {node.label}"
    for child in node.children if levels else ():
        yield from _lines(child, levels - 1, indent + "  ")


def _item(node: Node, whole_bytes: int) -> str:
    share = 100 * node.size_bytes / whole_bytes if whole_bytes else 0
    # Each part of the label stays in one line; between them a narrow screen may break.
    label = ", ".join(f"<span>{word}</span>" for word in node.words)
    cells = (
        f'<span class="dl-name">{html.escape(one_line(node.name, HTML_WIDTH))}</span> '
        f'<span class="dl-size">{label}</span><span class="dl-share" style="width:{share:.1f}%"></span>'
    )
    if not node.children:
        return f'<li><div class="dl-row">{cells}</div></li>'
    rows = "".join(_item(child, node.size_bytes) for child in node.children)
    return f'<li><details class="dl-fold"><summary class="dl-row">{cells}</summary><ul>{rows}</ul></details></li>'
