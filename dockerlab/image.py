"""What an image consists of: its config, its history, its layers and the files in them.

Sizes are the course's own measure, the sum of the sizes of the regular files in a layer, uncompressed. What
`docker image ls` prints depends on the engine's store (docker-facts: overlay2 adds up uncompressed layers, the
containerd store counts compressed and unpacked data), so figures of that kind cannot be compared between machines.
"""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from dockerlab.engine import Engine
from dockerlab.errors import DockerCommandFailed

MB = 1e6
WHITEOUT = ".wh."


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in a layer.

    Attributes:
        path: without a leading slash; for a whiteout the path that it hides.
        size_bytes: of a regular file, else 0.
        kind: "file", "directory", "link", "whiteout" or "other".
        mode, uid, gid: as stored.
    """

    path: str
    size_bytes: int
    kind: str
    mode: int
    uid: int
    gid: int


@dataclass(frozen=True)
class Layer:
    """A file-system diff.

    Attributes:
        diff_id: digest of the uncompressed layer, which identifies its content.
        created_by: the instruction, as a Dockerfile would have it.
        entries: its paths, in the order of the archive.
    """

    diff_id: str
    created_by: str
    entries: tuple[Entry, ...] = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Sum of the sizes of its regular files."""
        return sum(entry.size_bytes for entry in self.entries)


@dataclass(frozen=True)
class Image:
    """An image as it was read from the engine.

    Attributes:
        reference: the name it was asked for by.
        config: the image config, as in the OCI image specification.
        layers: base first.
    """

    reference: str
    config: Mapping = field(repr=False)
    layers: tuple[Layer, ...] = field(repr=False)

    @property
    def size_bytes(self) -> int:
        """Sum of the sizes of its layers."""
        return sum(layer.size_bytes for layer in self.layers)

    @property
    def history(self) -> pd.DataFrame:
        """One row a history entry, oldest first: created_by, layer (whether it made one), size_MB."""
        layers = iter(self.layers)
        rows = []
        for entry in self.config.get("history", []):
            layer = None if entry.get("empty_layer") else next(layers, None)
            rows.append(
                {
                    "created_by": instruction(entry.get("created_by", "")),
                    "layer": layer is not None,
                    "size_MB": round(layer.size_bytes / MB, 2) if layer else 0.0,
                }
            )
        return pd.DataFrame(rows)


def read_images(engine: Engine, references: Iterable[str]) -> dict[str, Image]:
    """Read images with all their layers, in one `docker save`, so that a shared layer is read once.

    Raises:
        DockerCommandFailed: an image is not there, or the engine went away.
    """
    references = list(references)
    command = [*engine.docker, "save", *references]
    process = subprocess.Popen(
        command, env=os.environ | engine.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    documents: dict[str, bytes] = {}
    entries: dict[str, tuple[Entry, ...]] = {}
    aliases: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=process.stdout, mode="r|") as archive:
            for member in archive:
                if member.issym():  # engines before 25 link a layer that two images share
                    aliases[member.name] = os.path.normpath(os.path.join(os.path.dirname(member.name), member.linkname))
                elif member.isfile():
                    _read_member(archive.extractfile(member), member, documents, entries)
    except tarfile.ReadError:
        pass  # an empty stream: docker's own words, below, say why
    finally:
        process.stdout.close()
        said = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        code = process.wait()
    if code or "manifest.json" not in documents:
        raise DockerCommandFailed(f"docker save {' '.join(references)}", code, said)
    images = {}
    # `docker save` lists images in an order of its own and by full name, so each is matched by tag or by ID.
    for reference in references:
        item = _find(reference, json.loads(documents["manifest.json"]), engine, len(references))
        config = json.loads(documents[item["Config"]])
        makers = [e.get("created_by", "") for e in config.get("history", []) if not e.get("empty_layer")]
        makers = [""] * (len(item["Layers"]) - len(makers)) + makers
        layers = tuple(
            Layer(diff_id, instruction(made_by), entries[aliases.get(path, path)])
            for diff_id, made_by, path in zip(config["rootfs"]["diff_ids"], makers, item["Layers"], strict=True)
        )
        images[reference] = Image(reference, config, layers)
    return images


def _find(reference: str, manifest: list[dict], engine: Engine, wanted: int) -> dict:
    if wanted == 1:
        return manifest[0]
    image = engine.client().images.get(reference)
    tags = set(image.tags)
    digest = image.id.removeprefix("sha256:")
    return next(m for m in manifest if tags & set(m.get("RepoTags") or ()) or digest in m["Config"])


def _read_member(stream, member: tarfile.TarInfo, documents: dict, entries: dict) -> None:
    head = stream.read(512)
    if member.name.endswith(".json") or head.startswith((b"{", b"[")):
        documents[member.name] = head + stream.read()
        return
    rest = _Joined(head, stream)
    layer = gzip.GzipFile(fileobj=rest) if head.startswith(b"\x1f\x8b") else rest
    try:
        with tarfile.open(fileobj=layer, mode="r|") as archive:
            entries[member.name] = tuple(map(_entry, archive))
    except tarfile.ReadError:
        return  # not a layer: `oci-layout`, `repositories`, `VERSION`


class _Joined:
    """A stream whose first bytes have been read already."""

    def __init__(self, head: bytes, rest) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1) -> bytes:
        if not self._head:
            return self._rest.read(size)
        data, self._head = (self._head, b"") if size < 0 else (self._head[:size], self._head[size:])
        return data + (self._rest.read(size - len(data) if size >= 0 else -1) if size < 0 or len(data) < size else b"")


def _entry(member: tarfile.TarInfo) -> Entry:
    path = member.name.removeprefix("./").strip("/")
    folder, _, name = path.rpartition("/")
    if name.startswith(WHITEOUT):
        path, kind = f"{folder}/{name.removeprefix(WHITEOUT)}".strip("/"), "whiteout"
    elif member.isdir():
        kind = "directory"
    elif member.issym() or member.islnk():
        kind = "link"
    else:
        kind = "file" if member.isfile() else "other"
    return Entry(path, member.size if kind == "file" else 0, kind, member.mode, member.uid, member.gid)


def instruction(created_by: str) -> str:
    """A history entry's `created_by` as a Dockerfile would have it: no shell prefix, no BuildKit mark.

    >>> instruction("RUN /bin/sh -c pip install x # buildkit")
    'RUN pip install x'
    """
    text = created_by.removesuffix(" # buildkit").strip()
    if text.startswith("RUN /bin/sh -c "):
        return "RUN " + text.removeprefix("RUN /bin/sh -c ").strip()
    if text.startswith("/bin/sh -c #(nop) "):  # the retired builder's form
        return text.removeprefix("/bin/sh -c #(nop) ").strip()
    if text.startswith("/bin/sh -c "):
        return "RUN " + text.removeprefix("/bin/sh -c ").strip()
    return text


def layer_table(images: Mapping[str, Image], base: Image | None = None) -> pd.DataFrame:
    """One row a layer: image, layer (from 1), instruction, size_MB, and `base` for those of the base image."""
    shared = {layer.diff_id for layer in base.layers} if base else set()
    return pd.DataFrame(
        [
            {
                "image": name,
                "layer": number,
                "instruction": layer.created_by,
                "size_MB": round(layer.size_bytes / MB, 2),
                "base": layer.diff_id in shared,
            }
            for name, image in images.items()
            for number, layer in enumerate(image.layers, 1)
        ]
    )
