"""Does an image hold a given text? Every layer is searched, also for files that a later layer deletes.

The search is for bytes as they stand. A secret that is compressed or encoded inside a file (a zip archive, a Git
pack, base64) is not found.
"""

from __future__ import annotations

import gzip
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO

import pandas as pd

from dockerlab.engine import Engine
from dockerlab.errors import ImageUnreadable
from dockerlab.image.image import instruction, saved

CHUNK_BYTES = 1 << 20
DOCUMENT_BYTES = 64 << 20
COLUMNS = ("where", "layer", "instruction", "path", "what")

# What BuildKit and the retired builder put before a RUN's command: the number of build arguments, then these.
_ARGUMENTS = re.compile(r"^(?:RUN )?\|\d+ ")
_ARGUMENT_NAME = re.compile(r"(?:^|\s)(\w+)=")


@dataclass(frozen=True, slots=True)
class Match:
    """A needle in one place of an archive.

    Attributes:
        where: "file content", "file name", "link target" or "file attribute".
        path: of the file, as the layer names it.
        needle: what was found.
    """

    where: str
    path: str
    needle: bytes


@dataclass
class _Archive:
    """What one pass over a `docker save` stream leaves: small documents, and the matches in each layer."""

    documents: dict[str, bytes] = field(default_factory=dict)
    layers: dict[str, list[Match]] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    files: int = 0


def find_in_image(engine: Engine, reference: str, *needles: str | bytes) -> pd.DataFrame:
    """Search an image of an engine, through `docker save`.

    Args:
        needles: what to look for; text is looked for in UTF-8.

    Returns:
        see `find_in_archive`.

    Raises:
        ValueError: there is no needle, or an empty one.
        DockerCommandFailed: the image is not there, or the engine went away.
        ImageUnreadable: a part of the image could not be searched, so nothing can be said of it.
    """
    wanted = as_bytes(needles)
    with saved(engine, reference) as stream:
        return find_in_archive(stream, *wanted, name=reference)


def find_in_archive(stream: IO[bytes], *needles: str | bytes, name: str = "the image") -> pd.DataFrame:
    """Search one image in the form that `docker save` writes. Files are read in pieces, never whole.

    Returns:
        one row a find: where ("file content", "file name", "link target", "file attribute", "image config",
        "history", "build argument" or "manifest"), layer (from 1, base first; 0 where it is in none), instruction
        (that made the layer or the history entry), path (of the file, or the place in the config), what (the
        beginning of the needle: a report that is passed on must not spread it). `attrs` holds the numbers of
        layers and files that were searched.

    Raises:
        ValueError: there is no needle, or an empty one.
        ImageUnreadable: a part of the image could not be searched.
    """
    wanted = as_bytes(needles)
    archive = _read(stream, wanted, name)
    documents = archive.documents
    try:
        item = json.loads(documents["manifest.json"])[0]
        config = json.loads(documents[item["Config"]])
        paths = [archive.aliases.get(path, path) for path in item["Layers"]]
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ImageUnreadable(name, "it has no manifest or no config that can be read") from error
    if missing := [*(path for path in paths if path not in archive.layers), *archive.unknown]:
        raise ImageUnreadable(name, f"{missing[0]} is in a form that this search does not know")
    history = config.get("history") or []
    makers = [e.get("created_by", "") for e in history if not e.get("empty_layer")]
    makers = [""] * (len(paths) - len(makers)) + makers
    rows = [
        (match.where, number, instruction(made_by), match.path, masked(match.needle))
        for number, (path, made_by) in enumerate(zip(paths, makers, strict=False), 1)
        for match in archive.layers[path]
    ]
    rows += [(*place, masked(needle)) for place, needle in in_config(config, wanted)]
    rest = {path: text for path, text in documents.items() if path not in (item["Config"], *paths)}
    rows += [
        ("manifest", 0, "", path, masked(needle)) for path, text in rest.items() for needle in wanted if needle in text
    ]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    # Instructions and paths may quote the needle too.
    found["instruction"] = [hide(text, wanted) for text in found["instruction"]]
    found["path"] = [hide(text, wanted) for text in found["path"]]
    found.attrs = {"layers": len(paths), "files": archive.files}
    return found


def as_bytes(needles: Iterable[str | bytes]) -> list[bytes]:
    """Needles as bytes, each once."""
    wanted = [needle.encode() if isinstance(needle, str) else bytes(needle) for needle in needles]
    if not wanted or not all(wanted):
        raise ValueError("a search needs at least one needle, and none of them empty")
    return list(dict.fromkeys(wanted))


def masked(needle: bytes) -> str:
    """The beginning of a needle, at most a third of it."""
    return needle[: min(4, len(needle) // 3)].decode(errors="replace") + "…"


def hide(text: str, needles: Iterable[bytes]) -> str:
    """The text with needles cut down to their beginning."""
    for needle in needles:
        text = text.replace(needle.decode(errors="replace"), masked(needle))
    return text


def pieces(stream: IO[bytes], overlap: int) -> Iterator[bytes]:
    """A stream in pieces of bounded length, each beginning with the last `overlap` bytes before it."""
    tail = b""
    while chunk := stream.read(CHUNK_BYTES):
        piece = tail + chunk
        yield piece
        tail = piece[-overlap:] if overlap else b""


def in_stream(stream: IO[bytes], needles: list[bytes]) -> list[bytes]:
    """The needles that occur in a stream; stops reading when all have."""
    left = list(needles)
    for piece in pieces(stream, max(map(len, needles)) - 1):
        left = [needle for needle in left if needle not in piece]
        if not left:
            break
    return [needle for needle in needles if needle not in left]


def in_config(config: Mapping, needles: list[bytes]) -> Iterator[tuple[tuple[str, int, str, str], bytes]]:
    """Where needles occur in an image config: ((where, layer, instruction, path), needle)."""
    number, layers = 0, {}
    for place, entry in enumerate(config.get("history") or []):
        number += not entry.get("empty_layer")
        layers[place] = 0 if entry.get("empty_layer") else number
    for path, text in _texts(config):
        for needle in needles:
            if needle not in text.encode(errors="surrogatepass"):
                continue
            entry = re.match(r"history\[(\d+)\]", path)
            if not entry:
                yield ("image config", 0, "", path), needle
                continue
            place = int(entry[1])
            created_by = config["history"][place].get("created_by", "")
            where, path = _argument(text, needle) or ("history", path)
            yield (where, layers[place], instruction(created_by), path), needle


def _argument(created_by: str, needle: bytes) -> tuple[str, str] | None:
    """("build argument", its name) where the needle stands in an ARG, or among the arguments before a RUN's command."""
    if created_by.startswith("ARG "):
        return "build argument", created_by.removeprefix("ARG ").partition("=")[0]
    head, shell, _ = created_by.partition("/bin/sh -c ")
    if not (shell and _ARGUMENTS.match(head)) or needle not in head.encode(errors="surrogatepass"):
        return None
    before = head.encode(errors="surrogatepass").partition(needle)[0].decode(errors="replace")
    names = _ARGUMENT_NAME.findall(before)
    return "build argument", names[-1] if names else ""


def _texts(value: object, path: str = "") -> Iterator[tuple[str, str]]:
    """Every string of a JSON document, names as well as values, with its place."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, child in value.items():
            place = f"{path}.{key}" if path else str(key)
            yield place, str(key)
            yield from _texts(child, place)
    elif isinstance(value, list):
        for number, child in enumerate(value):
            yield from _texts(child, f"{path}[{number}]")


def _read(stream: IO[bytes], needles: list[bytes], name: str) -> _Archive:
    archive = _Archive()
    try:
        with tarfile.open(fileobj=stream, mode="r|") as members:
            for member in members:
                if member.issym():  # engines before 25 link a layer that two images share
                    target = os.path.join(os.path.dirname(member.name), member.linkname)
                    archive.aliases[member.name] = os.path.normpath(target)
                elif member.isfile():
                    _read_member(members.extractfile(member), member, needles, archive)
    except (tarfile.TarError, EOFError, OSError, zlib.error) as error:
        raise ImageUnreadable(name, f"its archive is damaged ({error})") from error
    return archive


def _read_member(stream: IO[bytes], member: tarfile.TarInfo, needles: list[bytes], archive: _Archive) -> None:
    head = stream.peek(512)[:512]
    if head.startswith(b"\x1f\x8b"):
        layer: IO[bytes] = gzip.GzipFile(fileobj=stream)
    elif head[257:262] == b"ustar" or (len(head) == 512 and not any(head)):  # zeros alone: a layer without files
        layer = stream
    elif member.size <= DOCUMENT_BYTES:
        archive.documents[member.name] = stream.read()
        return
    else:
        archive.unknown.append(member.name)
        return
    matches = archive.layers[member.name] = []
    with tarfile.open(fileobj=layer, mode="r|") as entries:
        for entry in entries:
            entries.members = []  # tarfile keeps every header; a layer may have very many
            archive.files += entry.isfile()
            matches.extend(_in_entry(entries, entry, needles))
        # tarfile takes a header that it cannot read for the end; after the true end there are zeros alone.
        while rest := entries.fileobj.read(CHUNK_BYTES):
            if rest.strip(b"\0"):
                raise tarfile.ReadError(f"{member.name} holds something that is not a file")


def _in_entry(entries: tarfile.TarFile, entry: tarfile.TarInfo, needles: list[bytes]) -> Iterator[Match]:
    path = entry.name.removeprefix("./").strip("/")
    attributes = {key: value for key, value in entry.pax_headers.items() if key not in ("path", "linkpath")}
    texts = {
        "file name": path,
        "link target": entry.linkname,
        "file attribute": "\n".join([entry.uname, entry.gname, *(f"{k}={v}" for k, v in attributes.items())]),
    }
    for where, text in texts.items():
        raw = text.encode(errors="surrogateescape")
        yield from (Match(where, path, needle) for needle in needles if needle in raw)
    if entry.isfile() and entry.size:
        yield from (Match("file content", path, needle) for needle in in_stream(entries.extractfile(entry), needles))
