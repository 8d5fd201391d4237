"""How much of an image is stored more than once, by the rules of dive (wagoodman/dive, filetree/efficiency.go).

The figures are exactly dive's, also where its rules surprise:

- Only leaves count: files, links and folders with nothing in them. Links and folders have no size.
- A deleted file counts as an occurrence of size 0. A deleted folder counts as one occurrence, as large as the files
  that were in it; these are not listed. If the folder was never a leaf before, that is its only occurrence.
- A marker that empties a folder is not looked at.
- At a whiteout of a path that no layer below has, dive stops counting that layer, in the order of names.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dockerlab.image.layer import OPAQUE, WHITEOUT, WHITEOUT_META, Entry, Layer


@dataclass(slots=True)
class _Node:
    """A path in a tree. A folder that has no entry of its own counts as no folder."""

    size_bytes: int = 0
    is_folder: bool = False
    children: "dict[str, _Node] | None" = None  # most nodes are files, and there may be very many


def sizes_seen(layers: Sequence[Layer]) -> dict[str, list[int]]:
    """For each path that dive counts, its size in bytes at each occurrence, from the base up."""
    seen: dict[str, list[int]] = {}
    below = _tree(layers[0].entries) if layers else _Node()  # dive begins with the first layer itself
    for layer in layers:
        tree = _tree(layer.entries)
        for names, node in _walk(tree):
            if node.children:
                continue
            size_bytes, target = node.size_bytes, _hidden(names)
            if target:
                deleted = _find(below, target)
                if deleted is None:
                    break
                size_bytes = sum(n.size_bytes for _, n in _walk(deleted)) if deleted.is_folder else 0
            seen.setdefault("/".join(target or names), []).append(size_bytes)
        _stack(below, tree)
    return seen


def _tree(entries: Iterable[Entry]) -> _Node:
    root = _Node()
    for entry in entries:
        *folders, name = entry.path.split("/")
        if entry.kind == "whiteout":
            name = WHITEOUT + name
        names = [*folders, name, OPAQUE] if entry.kind == "opaque" else [*folders, name]
        _add(root, filter(None, names), entry.size_bytes, entry.kind == "directory")
    return root


def _add(root: _Node, names: Iterable[str], size_bytes: int, is_folder: bool) -> None:
    """Add a path, or replace what it was; a folder keeps what is in it, whatever it becomes."""
    node = root
    for name in names:
        if name.startswith(WHITEOUT_META):
            return
        if node.children is None:
            node.children = {}
        node = node.children.setdefault(name, _Node())
    if node is not root:
        node.size_bytes, node.is_folder = size_bytes, is_folder


def _stack(below: _Node, tree: _Node) -> None:
    """Put a layer on those below it."""
    for names, node in _walk(tree):
        if not (target := _hidden(names)):
            _add(below, names, node.size_bytes, node.is_folder)
        elif (parent := _find(below, target[:-1])) and parent.children:
            parent.children.pop(target[-1], None)


def _hidden(names: tuple[str, ...]) -> tuple[str, ...]:
    """The path that a whiteout deletes; empty if it is no whiteout."""
    return (*names[:-1], names[-1].removeprefix(WHITEOUT)) if names[-1].startswith(WHITEOUT) else ()


def _find(root: _Node, names: Iterable[str]) -> _Node | None:
    node: _Node | None = root
    for name in names:
        node = node.children.get(name) if node and node.children else None
    return node


def _walk(root: _Node) -> Iterator[tuple[tuple[str, ...], _Node]]:
    """Everything below a node in dive's order: by name, and what is in a folder before the folder."""
    pending = [((), root, False)]
    while pending:
        names, node, is_done = pending.pop()
        if node.children and not is_done:
            pending.append((names, node, True))
            children = sorted(node.children.items(), reverse=True)
            pending.extend(((*names, name), child, False) for name, child in children)
        elif names:
            yield names, node
