"""The explorer: what an image holds, as a tree that folds open: layers, their folders, the largest files.

It is made of <details> elements, so it works from the keyboard, without a kernel and without JavaScript.
"""

from collections.abc import Iterator

from dockerlab.image import Image
from dockerlab.image.tree import Node, largest, tree
from dockerlab.show.shown import Shown, escape, shows
from dockerlab.text import one_line, size_text

HTML_WIDTH = 80  # of an instruction, in characters
TEXT_ROWS, TEXT_LEVELS, TEXT_WIDTH = 3, 2, 56  # the plain-text form cannot be folded, so it shows less


@shows(Image)
class Explorer(Shown):
    """An image to look through, the newest layer at the bottom, as in the course's tables."""

    def __init__(self, image: Image) -> None:
        self._layers = [tree(layer) for layer in image.layers]
        self._size_bytes = image.size_bytes
        self._title = f"{image.reference}: {len(image.layers)} layers, {size_text(image.size_bytes)}"

    def __str__(self) -> str:
        lines = [line for layer in self._layers for line in _lines(largest(layer, TEXT_ROWS), TEXT_LEVELS)]
        return "\n".join([self._title, *lines])

    def to_html(self) -> str:
        """Lists in <details> elements; the course's style sheet draws sizes as bars."""
        layers = "".join(_item(largest(layer), self._size_bytes) for layer in self._layers)
        return f'<div class="dl-explorer"><p>{escape(self._title)}</p><ul>{layers}</ul></div>'


def words(node: Node) -> list[str]:
    """What stands beside a name: size, number of files, number of deletions; without those that are 0."""
    parts = [size_text(node.size_bytes)] if node.files else []
    parts += [f"{node.files:,} files"] if node.files > 1 else []
    if node.deletions:
        is_whiteout = node.deletions == 1 and not parts and not node.children
        parts.append("deleted" if is_whiteout else f"{node.deletions:,} deleted")
    return parts or ["no files"]


def _lines(node: Node, levels: int, indent: str = "") -> Iterator[str]:
    width = TEXT_WIDTH - len(indent)
    yield f"{indent}{one_line(node.name, width):<{width}}  {', '.join(words(node))}"
    for child in node.children if levels else ():
        yield from _lines(child, levels - 1, indent + "  ")


def _item(node: Node, whole_bytes: int) -> str:
    share = 100 * node.size_bytes / whole_bytes if whole_bytes else 0
    # A line may break between these words on a narrow screen, but not within one.
    label = ", ".join(f"<span>{word}</span>" for word in words(node))
    cells = (
        f'<span class="dl-name">{escape(one_line(node.name, HTML_WIDTH))}</span> '
        f'<span class="dl-size">{label}</span><span class="dl-share" style="width:{share:.1f}%"></span>'
    )
    if not node.children:
        return f'<li><div class="dl-row">{cells}</div></li>'
    rows = "".join(_item(child, node.size_bytes) for child in node.children)
    return f'<li><details class="dl-fold"><summary class="dl-row">{cells}</summary><ul>{rows}</ul></details></li>'
