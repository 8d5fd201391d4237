"""What an image consists of: its config, its history, its layers and the files in them.

Sizes are the course's own measure, the sum of the sizes of the regular files in a layer, uncompressed. What
`docker image ls` prints depends on the engine's store (docker-facts: overlay2 adds up uncompressed layers, the
containerd store counts compressed and unpacked data), so figures of that kind cannot be compared between machines.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from typing import IO

import pandas as pd

from dockerlab.engine import Engine
from dockerlab.errors import DockerCommandFailed

MB, KB = 1e6, 1e3
WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


@dataclass(frozen=True, slots=True)
class Entry:
    """A path in a layer.

    Attributes:
        path: without a leading slash; for a whiteout the path that it hides, for an opaque folder that folder.
        size_bytes: of a regular file, else 0.
        kind: "file", "directory", "link", "whiteout" (the path is gone), "opaque" (what the layers below have in
            this folder is gone) or "other".
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

    @property
    def files(self) -> pd.DataFrame:
        """What the layer stores besides folders, the largest first: path, kind, size_kB."""
        rows = [(f"/{e.path}", e.kind, round(e.size_bytes / KB, 3)) for e in self.entries if e.kind != "directory"]
        table = pd.DataFrame(rows, columns=["path", "kind", "size_kB"])
        return table.sort_values(["size_kB", "path"], ascending=[False, True], ignore_index=True)

    def folder(self, path: str) -> pd.DataFrame:
        """What the layer holds in a folder, the largest first: one row a child: name, files, size_MB."""
        prefix = path.strip("/") + "/"
        found = [
            (entry.path.removeprefix(prefix).partition("/")[0], entry.size_bytes / MB)
            for entry in self.entries
            if entry.kind == "file" and entry.path.startswith(prefix)
        ]
        groups = pd.DataFrame(found, columns=["name", "size_MB"]).groupby("name")["size_MB"]
        table = groups.agg(files="size", size_MB="sum").round(2).reset_index()
        return table.sort_values(["size_MB", "name"], ascending=[False, True], ignore_index=True)


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

    @cached_property
    def _sizes_seen(self) -> dict[str, list[int]]:
        """For each path that is no folder: its size in each layer it occurs in, 0 where a layer deletes it."""
        seen: dict[str, list[int]] = {}
        present: set[str] = set()
        for layer in self.layers:
            whiteouts = {entry.path for entry in layer.entries if entry.kind == "whiteout"}
            opaque = {entry.path for entry in layer.entries if entry.kind == "opaque"}
            if whiteouts or opaque:
                gone = {path for path in present if _is_hidden(path, whiteouts, opaque)}
                for path in gone:
                    seen[path].append(0)
                present -= gone
            for entry in layer.entries:
                if entry.kind in ("file", "link", "other"):
                    seen.setdefault(entry.path, []).append(entry.size_bytes)
                    present.add(entry.path)
        return seen

    @property
    def waste(self) -> pd.DataFrame:
        """Paths that occur in several layers, the largest first: path, layers, size_kB (of all occurrences).

        This is the list that dive makes, and its sum is what dive calls wasted bytes; a deletion is an occurrence
        of size 0. Where a whole folder is deleted, the files in it are listed here, each by itself.
        """
        rows = [
            (f"/{path}", len(sizes), round(sum(sizes) / KB, 3))
            for path, sizes in self._sizes_seen.items()
            if len(sizes) > 1 and any(sizes)
        ]
        table = pd.DataFrame(rows, columns=["path", "layers", "size_kB"])
        return table.sort_values(["size_kB", "path"], ascending=[False, True], ignore_index=True)

    @property
    def wasted_bytes(self) -> int:
        """Sum of all sizes of the paths that occur in several layers, as dive counts."""
        return sum(sum(sizes) for sizes in self._sizes_seen.values() if len(sizes) > 1)

    @property
    def efficiency(self) -> float:
        """From 0 to 1, as dive defines it: the smallest size seen of each path, against all sizes seen; 1 if empty."""
        total = sum(map(sum, self._sizes_seen.values()))
        return sum(map(min, self._sizes_seen.values())) / total if total else 1.0


def _is_hidden(path: str, whiteouts: set[str], opaque: set[str]) -> bool:
    if path in whiteouts:
        return True
    while path:
        path = path.rpartition("/")[0]
        if path in opaque or (path and path in whiteouts):
            return True
    return False


def read_images(engine: Engine, references: Iterable[str]) -> dict[str, Image]:
    """Read images with all their layers, in one `docker save`, so that a shared layer is read once.

    Raises:
        DockerCommandFailed: an image is not there, or the engine went away.
    """
    references = list(references)
    documents: dict[str, bytes] = {}
    entries: dict[str, tuple[Entry, ...]] = {}
    aliases: dict[str, str] = {}
    for member, stream in _saved(engine, references):
        if member.issym():  # engines before 25 link a layer that two images share
            aliases[member.name] = os.path.normpath(os.path.join(os.path.dirname(member.name), member.linkname))
        elif stream:
            _read_member(stream, member, documents, entries)
    if "manifest.json" not in documents:
        raise DockerCommandFailed(f"docker save {' '.join(references)}", 0, "It gave no manifest.json.")
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


def compressed_bytes(engine: Engine, reference: str) -> int:
    """Bytes of an image's layers as a registry holds them and a pull transfers them: each compressed with gzip.

    Layers that the engine keeps compressed count as they are.

    Raises:
        DockerCommandFailed: the image is not there, or the engine went away.
    """
    total = 0
    for member, stream in _saved(engine, [reference]):
        head = stream.read(512) if stream else b""
        if head.startswith((GZIP, ZSTD)):
            total += member.size
        elif head[257:262] == b"ustar":
            total += gzip_size(_Joined(head, stream))
    return total


def gzip_size(stream: IO[bytes], chunk_bytes: int = 4_000_000) -> int:
    """Bytes that gzip at its usual level makes of a stream.

    The chunks are compressed apart, on all processors; what that adds is less than a hundredth.
    """
    workers = os.cpu_count() or 1
    total = 0
    with ThreadPoolExecutor(workers) as pool:
        # A few chunks at a time, so that a large layer is never in memory as a whole.
        while chunks := [chunk for _ in range(workers) if (chunk := stream.read(chunk_bytes))]:
            total += sum(pool.map(lambda chunk: len(zlib.compress(chunk)), chunks))
    return total


@contextmanager
def saved(engine: Engine, *references: str) -> Iterator[IO[bytes]]:
    """What `docker save` writes, as a stream.

    Raises:
        DockerCommandFailed: an image is not there, or the engine went away; with docker's own words, which come
            before any trouble that the reader of the stream had with it.
    """
    process = subprocess.Popen(
        [*engine.docker, "save", *references],
        env=os.environ | engine.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        yield process.stdout
    finally:
        process.stdout.close()
        said = process.stderr.read().decode(errors="replace")
        process.stderr.close()
        # Where the reader has stopped early, docker ends with an error too, and says nothing of interest.
        if process.wait() and said.strip() and "broken pipe" not in said.lower():
            raise DockerCommandFailed(f"docker save {' '.join(references)}", process.returncode, said) from None


def _saved(engine: Engine, references: list[str]) -> Iterator[tuple[tarfile.TarInfo, IO[bytes] | None]]:
    """The members of a saved archive, each with its content where it is a file, to be read at once."""
    with saved(engine, *references) as stream:
        try:
            with tarfile.open(fileobj=stream, mode="r|") as archive:
                for member in archive:
                    yield member, archive.extractfile(member) if member.isfile() else None
        except tarfile.ReadError as error:  # also where docker wrote nothing; then its own words come first
            raise DockerCommandFailed(f"docker save {' '.join(references)}", 0, str(error)) from None


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
    layer = gzip.GzipFile(fileobj=rest) if head.startswith(GZIP) else rest
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
    if name == OPAQUE:
        path, kind = folder, "opaque"
    elif name.startswith(WHITEOUT):
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
    text = " ".join(created_by.removesuffix(" # buildkit").split())
    text = text.removeprefix("/bin/sh -c #(nop) ").strip()  # the retired builder's form
    # `|1 NAME=value` are the build arguments that a RUN could see.
    text = re.sub(r"^(?:RUN )?(?:\|\d+ .*?)?/bin/sh -c ", "RUN ", text)
    # Some versions of BuildKit write a Go map.
    return re.sub(r"^EXPOSE map\[(.*)\]$", lambda found: f"EXPOSE [{found[1].replace(':{}', '')}]", text)


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


def shared_layers(images: Mapping[str, Image]) -> pd.DataFrame:
    """One row a layer that is stored, however many images use it: instruction, size_MB, images (their names)."""
    layers = {layer.diff_id: layer for image in images.values() for layer in image.layers}
    users = {
        diff_id: [name for name, image in images.items() if any(layer.diff_id == diff_id for layer in image.layers)]
        for diff_id in layers
    }
    return pd.DataFrame(
        [
            {
                "instruction": layer.created_by,
                "size_MB": round(layer.size_bytes / MB, 2),
                "images": ", ".join(users[diff_id]),
            }
            for diff_id, layer in layers.items()
        ]
    )
