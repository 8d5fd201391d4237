"""Reads what `docker save` writes: a tar archive of layers, which are archives too, and of JSON documents.

The archive comes as a stream and is read once; nothing large is kept. Layers are read for different reasons (to list
their files, to search them, to measure them), so the caller passes a function that gets each layer.
"""

import gzip
import json
import os
import subprocess
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, Generic, TypeVar

from dockerlab.engine import Engine
from dockerlab.engine.boundary import stop
from dockerlab.errors import ImageUnreadable
from dockerlab.image.instructions import read_history

CHUNK_BYTES = 1 << 20
DOCUMENT_BYTES = 64 << 20  # manifests have a few kB, a list of the software in an image some MB
GZIP, ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"

Result = TypeVar("Result")


@dataclass(frozen=True)
class Blob:
    """A layer as the archive holds it. It must be read before the next one comes.

    Attributes: path (in the archive), size_bytes and stream (as stored), compression ("gzip", "zstd", or "" for none).
    """

    path: str
    size_bytes: int
    stream: IO[bytes]
    compression: str

    def members(self) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
        """The layer's own members, each with the archive to extract it from before the next one is asked for."""
        if self.compression == "zstd":
            raise tarfile.CompressionError(f"{self.path} is compressed with zstd, which the course cannot unpack")
        return _members(gzip.GzipFile(fileobj=self.stream) if self.compression else self.stream)


@dataclass(frozen=True)
class SavedImage(Generic[Result]):
    """One image of the archive."""

    config: Mapping  # the image config
    # Base first: diff ID, the instruction that made it ("" if unknown), what the caller's function returned
    layers: list[tuple[str, str, Result]]
    others: Mapping[str, bytes]  # all documents of the archive but the config, by path


def read_saved(
    engine: Engine, names: Mapping[str, str], visit: Callable[[Blob], Result], known: dict[str, Result] | None = None
) -> dict[str, SavedImage[Result]]:
    """Read images with `docker save`.

    Args:
        names: image ID -> name; the name is for error messages. Docker is given the ID, because for a name without
            a tag it would save every image of that name.
        visit: gets each layer and returns what to keep of it.
        known: what it returned earlier, by paths in the archive that contain a digest. Those layers are skipped,
            and new ones are added.

    Returns:
        the images by ID.

    Raises:
        ImageUnreadable: a part of an image is missing, damaged or of an unknown form.
        DockerCommandFailed: docker could not save them.
        EngineLost: the engine has gone away.
    """
    arguments = ("save", *names)
    archive: _Archive[Result] = _Archive(", ".join(names.values()), dict(known or {}))
    problem = None
    with engine.popen(*arguments, stderr=subprocess.PIPE) as process:
        try:
            archive.read(process.stdout, visit)
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
    """What is kept of an archive: its name for messages, the results of visits and the documents, by path."""

    name: str
    results: dict[str, Result]
    documents: dict[str, bytes] = field(default_factory=dict)

    def read(self, stream: IO[bytes], visit: Callable[[Blob], Result]) -> None:
        links = {}
        try:
            for member, archive in _members(stream):
                if member.issym():  # engines before 25 store a repeated layer as a link to the first
                    links[member.name] = os.path.normpath(os.path.join(os.path.dirname(member.name), member.linkname))
                elif member.isfile() and member.name not in self.results:
                    self._read_file(member, archive.extractfile(member), visit)
        except tarfile.CompressionError as error:
            raise ImageUnreadable(self.name, str(error)) from error
        except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
            raise ImageUnreadable(self.name, f"its archive is damaged ({error})") from error
        self.results |= {path: self.results[target] for path, target in links.items() if target in self.results}

    def _read_file(self, member: tarfile.TarInfo, stream: IO[bytes], visit: Callable[[Blob], Result]) -> None:
        head = stream.peek(512)[:512]
        compression = "gzip" if head.startswith(GZIP) else "zstd" if head.startswith(ZSTD) else ""
        is_tar = head[257:262] == b"ustar" or (len(head) == 512 and not any(head))  # only zeros: no files in it
        if compression or is_tar:
            self.results[member.name] = visit(Blob(member.name, member.size, stream, compression))
        elif member.size <= DOCUMENT_BYTES:
            self.documents[member.name] = stream.read()
        else:
            raise ImageUnreadable(self.name, f"{member.name} is in a form that the course does not know")

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
            created_by = {number: text for text, number in read_history(config, len(paths))}
            layers = [
                (diff_id, created_by.get(number, ""), self.results[path])
                for number, (diff_id, path) in enumerate(zip(config["rootfs"]["diff_ids"] or [], paths, strict=True), 1)
            ]
        except KeyError as error:
            raise ImageUnreadable(self.name, f"its archive has no {error} that the course can read") from error
        except (AttributeError, TypeError, ValueError) as error:
            raise ImageUnreadable(self.name, f"its manifest or its config is damaged ({error})") from error
        return SavedImage(config, layers, {p: text for p, text in self.documents.items() if p != item["Config"]})

    def _configs(self, digest: str) -> set[str]:
        """Digests among which is that of the image's config.

        An image ID usually is the config's digest. In the containerd store it is that of a manifest, which names the
        config, or of an index, which names a manifest for each platform.
        """
        document = json.loads(self.documents.get(f"blobs/{digest.replace(':', '/')}", "{}"))
        below = [manifest["digest"] for manifest in document.get("manifests") or []]
        below += [document["config"]["digest"]] if "layers" in document else []
        return {digest}.union(*map(self._configs, below))


def _members(stream: IO[bytes]) -> Iterator[tuple[tarfile.TarInfo, tarfile.TarFile]]:
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            archive.members = []  # tarfile keeps every header, and there may be very many
            yield member, archive
        # A header that it cannot read is the end to tarfile. After the true end there are only zeros.
        while rest := archive.fileobj.read(CHUNK_BYTES):
            if rest.strip(b"\0"):
                raise tarfile.ReadError("after the last file comes something that is not a file")
