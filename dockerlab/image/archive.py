"""Reads what `docker save` writes: a tar archive of layers, which are archives too, and of JSON documents.

The archive comes as a stream and is read once; nothing large is kept. Layers are read for different reasons (to list
their files, to search them, to measure them), so the caller passes a function that gets each layer. What a file of
the archive is shows in its content: names and media types differ between engines, and may be wrong.
"""

import gzip
import json
import os
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Generic, TypeVar

from dockerlab.engine import Engine
from dockerlab.engine.boundary import stop
from dockerlab.errors import ImageUnreadable
from dockerlab.image.instructions import read_history

if sys.platform == "linux":
    import fcntl

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CHUNK_BYTES = 1 << 20
# What tarfile asks for at a time, and what docker may write ahead. Measured: with tarfile's own 10 kB and a pipe of
# 64 kB, an image of 400 MB takes a fifth longer; with larger pieces, tarfile copies more than it saves.
PIECE_BYTES, PIPE_BYTES = 64 << 10, 1 << 20
DOCUMENT_BYTES = 8 << 20  # of a manifest or a config; registries take no manifest of more than 4 MB
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
ZSTD_NOTE = b"\x2a\x4d\x18"  # bytes 2 to 4 of a frame that holds no data; the first is 0x50 to 0x5f

Result = TypeVar("Result")


@dataclass(frozen=True)
class Blob:
    """A layer. It must be read before the next one comes."""

    path: str  # in the archive
    size_bytes: int  # as the archive stores it
    compression: str  # of what the archive stores: "gzip", "zstd", or "" for none
    stream: IO[bytes]  # the layer's own archive, unpacked

    def members(self) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        """The layer's own members, each with the archive to extract it from before the next one is asked for."""
        return _members(self.stream)


@dataclass(frozen=True)
class SavedImage(Generic[Result]):
    """One image of the archive."""

    config: Mapping  # the image config
    config_path: str  # where the archive has it
    # Base first: diff ID, the instruction that made it ("" if unknown), what the caller's function returned
    layers: list[tuple[str, str, Result]]


def read_saved(
    engine: Engine,
    names: Mapping[str, str],
    visit: Callable[[Blob], Result],
    known: dict[str, Result] | None = None,
    pass_by: Callable[[str, IO[bytes]], object] = lambda path, stream: None,
) -> dict[str, SavedImage[Result]]:
    """Read images with `docker save`.

    Args:
        names: image ID -> name; the name is for error messages. Docker is given the ID, because for a name without
            a tag it would save every image of that name.
        visit: gets each layer and returns what to keep of it.
        known: what it returned earlier, by paths in the archive that contain a digest. Those layers are skipped,
            and new ones are added.
        pass_by: gets the path and the content of each file that is no layer: configs, manifests, attestations.

    Returns:
        the images by ID.

    Raises:
        ImageUnreadable: a part of an image is missing, damaged or of an unknown form.
        DockerCommandFailed: docker could not save them.
        EngineLost: the engine has gone away.
    """
    arguments = ("save", *names)
    archive: _Archive[Result] = _Archive(", ".join(names.values()), visit, pass_by, dict(known or {}))
    problem = None
    with engine.popen(*arguments, stderr=subprocess.PIPE) as process:
        try:
            _widen(process.stdout)
            archive.read(process.stdout)
        except ImageUnreadable as error:
            problem = error
            while process.stdout.read(CHUNK_BYTES):  # let docker finish: if it fails too, its own words explain more
                pass
        except BaseException:
            stop(process)
            raise
        said = process.stderr.read().decode(errors="replace")
    if process.returncode:
        raise engine.failure(arguments, process.returncode, said)
    if problem:
        raise problem
    images = {image_id: archive.image(image_id) for image_id in names}
    if known is not None:
        known |= {path: result for path, result in archive.results.items() if path.startswith("blobs/")}
    return images


@dataclass
class _Archive(Generic[Result]):
    """What is kept of an archive: the results of visits and the documents that may be of use, by path."""

    name: str  # for messages
    visit: Callable[[Blob], Result]
    pass_by: Callable[[str, IO[bytes]], object]
    results: dict[str, Result]
    documents: dict[str, bytes] = field(default_factory=dict)

    def read(self, stream: IO[bytes]) -> None:
        links = {}
        try:
            for member, archive in _members(stream):
                if member.issym():  # engines before 25 store a repeated layer as a link to the first
                    links[member.name] = os.path.normpath(os.path.join(os.path.dirname(member.name), member.linkname))
                elif member.isfile() and member.name not in self.results:
                    self._read_file(member, archive.extractfile(member))
        except (tarfile.TarError, EOFError, OSError, zlib.error, zstd.ZstdError) as error:
            raise ImageUnreadable(self.name, f"its archive is damaged ({error})") from error
        self.results |= {path: self.results[target] for path, target in links.items() if target in self.results}

    def _read_file(self, member: tarfile.TarInfo, stored: IO[bytes]) -> None:
        compression, unpacked = _unpack(stored)
        head = unpacked.read(tarfile.BLOCKSIZE)
        if _is_tar(head):
            self.results[member.name] = self.visit(Blob(member.name, member.size, compression, _Begun(head, unpacked)))
            return
        head += unpacked.read(DOCUMENT_BYTES)
        # An attestation, such as a list of the software in the image, may have some MB and is never asked for.
        if len(head) <= DOCUMENT_BYTES and b'"predicateType"' not in head:
            self.documents[member.name] = head
        self.pass_by(member.name, _Begun(head, unpacked))

    def image(self, image_id: str) -> SavedImage[Result]:
        try:
            manifest = json.loads(self.documents["manifest.json"])
            # Docker has its own order. A config is blobs/sha256/DIGEST, or DIGEST.json from engines before 25.
            items = {"sha256:" + os.path.basename(i["Config"]).removesuffix(".json"): i for i in manifest}
            if len(items) == 1:
                item = manifest[0]
            else:
                found = self._configs(image_id) & items.keys()
                item = items[found.pop() if len(found) == 1 else image_id]
            config, paths = json.loads(self.documents[item["Config"]]), item["Layers"] or []
            created_by = {made.layer: made.instruction for made in read_history(config, len(paths))}
            layers = [
                (diff_id, created_by.get(number, ""), self.results[path])
                for number, (diff_id, path) in enumerate(zip(config["rootfs"]["diff_ids"] or [], paths, strict=True), 1)
            ]
        except KeyError as error:
            raise ImageUnreadable(self.name, f"its archive has no {error} that the course can read") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise ImageUnreadable(self.name, f"its manifest or its config is damaged ({error})") from error
        return SavedImage(config, item["Config"], layers)

    def _configs(self, digest: str) -> set[str]:
        """Digests among which is that of the image's config.

        An image ID usually is the config's digest. In the containerd store it is that of a manifest, which names the
        config, or of an index, which names a manifest for each platform.
        """
        document = json.loads(self.documents.get(f"blobs/{digest.replace(':', '/')}", "{}"))
        below = [manifest["digest"] for manifest in document.get("manifests") or []]
        below += [document["config"]["digest"]] if "layers" in document else []
        return {digest}.union(*map(self._configs, below))


def _unpack(stored: IO[bytes]) -> tuple[str, IO[bytes]]:
    """The compression of a stream ("gzip", "zstd" or "") and the stream without it, all its parts in a row."""
    head = stored.peek(4)
    if head.startswith(GZIP):
        return "gzip", gzip.GzipFile(fileobj=stored)
    if head.startswith(ZSTD) or (head[1:4] == ZSTD_NOTE and 0x50 <= head[0] <= 0x5F):
        return "zstd", zstd.ZstdFile(stored)
    return "", stored


def _is_tar(head: bytes) -> bool:
    """Whether an archive begins so: with a header whose checksum is right, or with zeros, if there are no files."""
    try:
        tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        return len(head) == tarfile.BLOCKSIZE and not any(head)
    return True


def _widen(pipe: IO[bytes]) -> None:
    """Let a pipe hold more, where the system can: its two ends then wait less for each other."""
    if sys.platform == "linux":
        with suppress(OSError):  # more than this user may have
            fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, PIPE_BYTES)


class _Begun:
    """A stream, with its beginning again, which has been read already."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int) -> bytes:
        piece, self._head = self._head[:size], self._head[size:]
        return piece + self._rest.read(size - len(piece)) if len(piece) < size else piece


def _members(stream: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    with tarfile.open(fileobj=stream, mode="r|", bufsize=PIECE_BYTES) as archive:
        for member in archive:
            archive.members = []  # tarfile keeps every header, and there may be very many
            yield member, archive
        # A header that it cannot read is the end to tarfile. After the true end there are only zeros.
        while rest := archive.fileobj.read(CHUNK_BYTES):
            if rest.strip(b"\0"):
                raise tarfile.ReadError("after the last file comes something that is not a file")
