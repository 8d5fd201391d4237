"""Archives in the form that `docker save` writes, made by hand, and an engine that saves them."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from dockerlab.engine import Engine
from dockerlab.errors import NoSuchImage
from tests.engines import engine_of


def tar(
    files: Mapping[str, bytes], links: Iterable[tuple[str, str]] = (), pax: Mapping[str, str] | None = None
) -> bytes:
    """An archive of path -> content, then of symbolic links; a path that ends in a slash is a folder."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for path, content in files.items():
            member = tarfile.TarInfo(path)
            member.size = len(content)
            member.pax_headers = dict(pax or {})
            if path.endswith("/"):
                member.type = tarfile.DIRTYPE
            archive.addfile(member, io.BytesIO(content))
        for path, target in links:
            member = tarfile.TarInfo(path)
            member.type, member.linkname = tarfile.SYMTYPE, target
            archive.addfile(member)
    return out.getvalue()


def tar_of(*members: tarfile.TarInfo, form: int = tarfile.PAX_FORMAT) -> bytes:
    """An archive of members; files are filled with zeros."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for member in members:
            archive.addfile(member, io.BytesIO(bytes(member.size)))
    return out.getvalue()


def member(path: str, kind: bytes = tarfile.REGTYPE, size: int = 0, **attributes: object) -> tarfile.TarInfo:
    """A member for `tar_of`."""
    made = tarfile.TarInfo(path)
    made.type, made.size = kind, size
    for name, value in attributes.items():
        setattr(made, name, value)
    return made


def sparse(path: str, size: int, end: bytes = b"data") -> bytes:
    """An archive of one file with a hole, as GNU tar writes it: a map of the data, then the data, its `end`."""
    headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": path}
    about = member("x", pax_headers=headers | {"GNU.sparse.realsize": str(size)})
    data = f"1\n{size - len(end)}\n{len(end)}\n".encode().ljust(512, b"\0") + end
    about.size, out = len(data), io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        archive.addfile(about, io.BytesIO(data))
    return out.getvalue()


def zstd_note(content: bytes) -> bytes:
    """A zstd frame that holds no data (a "skippable frame"), such as the table of contents of a zstd:chunked layer."""
    return b"\x50\x2a\x4d\x18" + len(content).to_bytes(4, "little") + content


def in_parts(content: bytes, compress: Callable[[bytes], bytes], size: int = 300) -> bytes:
    """A content compressed in parts, each by itself: several gzip members or zstd frames in a row."""
    return b"".join(compress(content[begin : begin + size]) for begin in range(0, len(content), size))


def digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()[:12]}"


def blob(content: bytes) -> str:
    """The path of a content in the archive."""
    return f"blobs/{digest(content).replace(':', '/')}"


class Saved(NamedTuple):
    """An image: its ID, its entry in manifest.json, and the files that belong to it."""

    id: str
    item: dict
    files: dict[str, bytes]


def image(*layers: bytes, **config: object) -> Saved:
    """An image of layers, base first; what is given replaces parts of its config."""
    history = [{"created_by": f"COPY {number} /"} for number, _ in enumerate(layers, 1)]
    diff_ids = [digest(layer) for layer in layers]
    document = json.dumps({"config": {}, "history": history, "rootfs": {"diff_ids": diff_ids}} | config).encode()
    item = {"Config": blob(document), "RepoTags": None, "Layers": [blob(layer) for layer in layers]}
    return Saved(digest(document), item, {blob(layer): layer for layer in layers} | {blob(document): document})


def archive(*images: Saved, more: Mapping[str, bytes] | None = None, manifest_first: bool = False) -> bytes:
    """What `docker save` writes for images; a file of `more` replaces one of the same path, None leaves it out."""
    manifest = {"manifest.json": json.dumps([saved.item for saved in images]).encode()}
    files = {path: content for saved in images for path, content in saved.files.items()} | {"oci-layout": b"{}"}
    files = (manifest | files if manifest_first else files | manifest) | dict(more or {})
    return tar({path: content for path, content in files.items() if content is not None})


def engine_with(folder: Path, content: bytes, script: str = "", **images: Saved | str) -> Engine:
    """An engine that has images (reference -> image or ID), and whose `docker save` writes an archive.

    Args:
        folder: an empty one. What docker was asked for is noted in its file `asked`, one line each time.
        script: what docker runs after it has written the archive.
    """
    (folder / "saved.tar").write_bytes(content)
    engine = engine_of(f'[ "$1" = save ] || exit 0; cd {folder}; echo "$@" >> asked; cat saved.tar; {script}', folder)

    def get(reference: str) -> SimpleNamespace:
        if reference not in images:
            raise NoSuchImage(reference)
        found = images[reference]
        return SimpleNamespace(id=found.id if isinstance(found, Saved) else found)

    vars(engine)["_client"] = SimpleNamespace(images=SimpleNamespace(get=get))
    return engine
