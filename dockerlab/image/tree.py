"""The files of a layer as a tree of folders, and the part of that tree that matters most."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from dockerlab.image.layer import Layer

ROWS = 6  # of a folder, before the one that adds up the rest
SHARE = 0.02  # a folder's own rows are shown if it holds at least this part of its layer


@dataclass(frozen=True, slots=True)
class Node:
    """A layer, a folder, a file or a deletion."""

    name: str  # of a layer its instruction; else the path below the parent node, for a folder with a slash at the end
    size_bytes: int  # of all files in it
    files: int  # how many these are; 1 for a file
    deletions: int = 0  # how many whiteouts are in it; 1 for a whiteout
    children: "tuple[Node, ...]" = field(default=(), repr=False)  # of a layer or folder, the largest first


def tree(layer: Layer) -> Node:
    """All files and deletions of a layer. Links and folders without any files are left out: they have no size."""
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
    return _sum(layer.created_by, [replace(child, name=f"/{child.name}") for child in _children(root)])


def _children(folder: dict) -> list[Node]:
    """What is in a folder, the largest first. A folder with one thing in it shares a row with that: `usr/local/`."""
    nodes = []
    for name, content in folder.items():
        below = [] if isinstance(content, Node) else _children(content)
        if len(below) == 1:
            nodes.append(replace(below[0], name=name + below[0].name))
        else:
            nodes.append(_sum(name, below) if below else content)
    return sorted(nodes, key=lambda node: (-node.size_bytes, node.name))


def _sum(name: str, children: Iterable[Node]) -> Node:
    totals = [sum(getattr(child, what) for child in children) for what in ("size_bytes", "files", "deletions")]
    return Node(name, *totals, children=tuple(children))


def largest(node: Node, rows: int = ROWS, least_bytes: float | None = None) -> Node:
    """The tree cut down: of each folder the largest children, and one that adds up the rest.

    Args:
        rows: how many children a folder keeps.
        least_bytes: a smaller folder keeps no children; by default `SHARE` of the whole.
    """
    if least_bytes is None:
        least_bytes = SHARE * node.size_bytes
    if len(node.children) > rows + 1:  # if only one were left over, it can be shown as well
        shown, rest = node.children[:rows], [replace(_sum("the rest", node.children[rows:]), children=())]
    else:
        shown, rest = node.children, []
    opened = [
        largest(child, rows, least_bytes) if child.size_bytes >= least_bytes else replace(child, children=())
        for child in shown
    ]
    return replace(node, children=(*opened, *rest))
