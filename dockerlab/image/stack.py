"""What becomes of the files when the layers of an image are put on each other.

A layer holds whole files, whatever was changed in them, so "changed" means here: the layer brings a path that a layer
below has already. It may be the same content with another owner. Folders do not count, only what is in them.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from dockerlab.image.layer import Entry, Layer


@dataclass(frozen=True, slots=True)
class Changes:
    """What a layer does to the files of the layers below it."""

    added: int = 0
    changed: int = 0
    removed: int = 0  # all files of a deleted folder count


@dataclass(frozen=True)
class Stack:
    """The layers of an image, one on the other."""

    changes: tuple[Changes, ...]  # of each layer, base first
    files: dict[str, Entry]  # what a container sees: files, links and devices by path; no folders

    @property
    def size_bytes(self) -> int:
        """Sum of the sizes of these files; the rest of the image's bytes is hidden by later layers."""
        return sum(entry.size_bytes for entry in self.files.values())


def stack(layers: Iterable[Layer]) -> Stack:
    """Put layers on each other, the base first."""
    files: dict[str, Entry] = {}
    folders: set[str] = set()
    found = []
    for layer in layers:
        gone = {entry.path for entry in layer.entries if entry.kind == "whiteout"}
        emptied = {entry.path for entry in layer.entries if entry.kind == "opaque"}
        here = {entry.path: entry for entry in layer.entries if entry.kind not in ("whiteout", "opaque")}
        # A file in the place of a folder hides what was in that, and a folder in the place of a file the file.
        emptied |= {path for path, entry in here.items() if entry.kind != "directory" and path in folders}
        gone |= {path for path, entry in here.items() if entry.kind == "directory" and path in files}
        hidden = {path for path in files if _is_hidden(path, gone, emptied)} if gone or emptied else set()
        folders -= {path for path in folders if _is_hidden(path, gone, emptied)} if gone or emptied else set()
        brought = {path: entry for path, entry in here.items() if entry.kind != "directory"}
        folders -= brought.keys()
        folders |= here.keys() - brought.keys()
        changed = brought.keys() & files.keys()
        found.append(Changes(len(brought) - len(changed), len(changed), len(hidden - brought.keys())))
        for path in hidden:
            del files[path]
        files |= brought
    return Stack(tuple(found), files)


def _is_hidden(path: str, gone: Collection[str], emptied: Collection[str]) -> bool:
    """Whether a path of a lower layer is deleted: itself, or with a folder that it is in."""
    if path in gone or ("" in emptied and path):
        return True
    folder = path
    while folder := folder.rpartition("/")[0]:
        if folder in gone or folder in emptied:
            return True
    return False
