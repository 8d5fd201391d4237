"""Reads images out of an engine, each layer once."""

import posixpath
import tarfile
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from dockerlab.engine import Engine
from dockerlab.image.archive import Blob, read_saved
from dockerlab.image.image import Image
from dockerlab.image.layer import OPAQUE, WHITEOUT, WHITEOUT_META, Entry, Layer
from dockerlab.image.records import is_record, read_record


class Contents(NamedTuple):
    """What is kept of a layer."""

    entries: tuple[Entry, ...]
    records: dict[str, str]  # see `Layer`


class ImageReader:
    """Reads images of one engine and remembers them: what an ID or a digest stands for never changes.

    Args:
        watch: is called before each layer that is read, with the bytes that the archive stores of it.
    """

    def __init__(self, engine: Engine, watch: Callable[[int], object] = lambda size_bytes: None) -> None:
        self._engine, self._watch = engine, watch
        self._images: dict[str, Image] = {}  # by ID
        self._contents: dict[str, Contents] = {}  # of a layer, by its diff ID
        self._blobs: dict[str, Contents] = {}  # the same, by a path in the archive that holds a digest

    def read(self, *references: str) -> dict[str, Image]:
        """Images with all their layers, by the names they were asked for.

        One `docker save` gets those that were not read before.

        Raises:
            NoSuchImage: the engine does not have one of them.
            ImageUnreadable, DockerCommandFailed, EngineLost: see `archive.read_saved`.
        """
        stored = self._engine.client().images
        ids = {reference: stored.get(reference).id for reference in references}
        if names := {image_id: name for name, image_id in ids.items() if image_id not in self._images}:
            for image_id, saved in read_saved(self._engine, names, self._visit, self._blobs).items():
                layers = (
                    Layer(diff_id, created_by, *self._contents.setdefault(diff_id, contents))
                    for diff_id, created_by, contents in saved.layers
                )
                self._images[image_id] = Image(names[image_id], image_id, saved.config, tuple(layers))
        images = {reference: self._images[image_id] for reference, image_id in ids.items()}
        return {name: i if i.reference == name else replace(i, reference=name) for name, i in images.items()}

    def _visit(self, blob: Blob) -> Contents:
        self._watch(blob.size_bytes)
        return read_layer(blob)


def read_layer(blob: Blob) -> Contents:
    """All paths of a layer, and what package managers noted in it."""
    entries, records = [], {}
    for member, archive in blob.members():
        found = entry(member)
        entries.append(found)
        if found.kind == "file" and is_record(found.path):
            records[found.path] = read_record(found.path, archive.extractfile(member))
    return Contents(tuple(entries), records)


def entry(member: tarfile.TarInfo) -> Entry:
    """What a member of a layer's archive says: a path that the layer adds, changes or deletes."""
    path = path_of(member)
    folder, _, name = path.rpartition("/")
    if name == OPAQUE:
        return Entry(folder, 0, "opaque")
    if name.startswith(WHITEOUT) and not name.startswith(WHITEOUT_META):
        return Entry(f"{folder}/{name.removeprefix(WHITEOUT)}".strip("/"), 0, "whiteout")
    about = (member.mode & 0o7777, member.uid, member.gid)
    if member.isfile():
        return Entry(path, member.size, "file", *about)
    kind = "directory" if member.isdir() else "link" if member.issym() or member.islnk() else "other"
    return Entry(path, 0, kind, *about)


def path_of(member: tarfile.TarInfo) -> str:
    """The path of an archive's member, without a slash at its ends; "" for the root folder."""
    return posixpath.normpath(f"/{member.name}").strip("/")
