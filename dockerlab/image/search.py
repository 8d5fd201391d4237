"""Searches an image for texts, such as a secret. All layers are searched, also for files that a later one deletes.

The search is for bytes as they stand. A secret that is compressed or encoded inside a file (a zip archive, a Git
pack, base64) is not found.
"""

import re
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from typing import IO

import pandas as pd

from dockerlab.engine import Engine
from dockerlab.image.archive import Blob, read_saved
from dockerlab.image.instructions import read_history

CHUNK_BYTES = 1 << 20
COLUMNS = ("where", "layer", "instruction", "path", "what")

# What both builders put before a RUN's command: the number of build arguments, then the arguments.
_ARGUMENTS = re.compile(r"^(?:RUN )?\|\d+ ")
_ARGUMENT_NAME = re.compile(r"(?:^|\s)(\w+)=")


def find_in_image(engine: Engine, reference: str, *needles: str | bytes) -> pd.DataFrame:
    """Search the layers, the config and the history of an image. Files are read in pieces, never whole.

    Args:
        needles: what to look for; text is looked for in UTF-8.

    Returns:
        one row for each find: where ("file content", "file name", "link target", "file attribute", "image config",
        "history", "build argument" or "manifest"), layer (from 1, base first; 0 if it is in none), instruction
        (that made the layer or the history entry), path (of the file, or the place in the config), what (only the
        needle's beginning, so that the report can be passed on). `attrs` has the numbers of layers and files that
        were searched.

    Raises:
        ValueError: there is no needle, or an empty one.
        NoSuchImage: the engine does not have the image.
        ImageUnreadable: a part of the image could not be searched, so nothing can be said about it.
        DockerCommandFailed, EngineLost: docker could not save the image.
    """
    wanted = list(dict.fromkeys(n.encode() if isinstance(n, str) else bytes(n) for n in needles))
    if not wanted or not all(wanted):
        raise ValueError("a search needs at least one needle, and none of them empty")
    image_id = engine.client().images.get(reference).id
    image = read_saved(engine, {image_id: reference}, lambda blob: _search_layer(blob, wanted))[image_id]
    rows = [
        (where, number, made_by, path, needle)
        for number, (_, made_by, (matches, _)) in enumerate(image.layers, 1)
        for where, path, needle in matches
    ]
    rows += _search_config(image.config, len(image.layers), wanted)
    rows += [("manifest", 0, "", path, n) for path, text in image.others.items() for n in wanted if n in text]
    # Instructions and paths may quote a needle too.
    rows = [(where, layer, _hide(by, wanted), _hide(path, wanted), _masked(n)) for where, layer, by, path, n in rows]
    found = pd.DataFrame(rows, columns=list(COLUMNS))
    files = {diff_id: files for diff_id, _, (_, files) in image.layers}
    found.attrs = {"layers": len(image.layers), "files": sum(files.values())}
    return found


def _masked(needle: bytes) -> str:
    """The beginning of a needle, at most a third of it."""
    return needle[: min(4, len(needle) // 3)].decode(errors="replace") + "…"


def _hide(text: str, needles: Iterable[bytes]) -> str:
    """The text with each needle cut down to its beginning."""
    for needle in needles:
        text = text.replace(needle.decode(errors="replace"), _masked(needle))
    return text


def _search_layer(blob: Blob, needles: list[bytes]) -> tuple[list[tuple[str, str, bytes]], int]:
    """The matches in a layer, each with where, path and needle; and the number of files in it."""
    matches, files = [], 0
    for member, layer in blob.members():
        files += member.isfile()
        matches += _search_member(member, layer, needles)
    return matches, files


def _search_member(
    member: tarfile.TarInfo, layer: tarfile.TarFile, needles: list[bytes]
) -> Iterator[tuple[str, str, bytes]]:
    path = member.name.removeprefix("./").strip("/")
    attributes = {key: value for key, value in member.pax_headers.items() if key not in ("path", "linkpath")}
    texts = {
        "file name": path,
        "link target": member.linkname,
        "file attribute": "\n".join([member.uname, member.gname, *(f"{k}={v}" for k, v in attributes.items())]),
    }
    for where, text in texts.items():
        raw = text.encode(errors="surrogateescape")
        yield from ((where, path, needle) for needle in needles if needle in raw)
    if member.isfile() and member.size:
        yield from (("file content", path, needle) for needle in in_stream(layer.extractfile(member), needles))


def in_stream(stream: IO[bytes], needles: list[bytes]) -> list[bytes]:
    """The needles that occur in a stream. Stops reading when it has found them all."""
    left, overlap, tail = list(needles), max(map(len, needles)) - 1, b""
    while left and (chunk := stream.read(CHUNK_BYTES)):
        piece = tail + chunk  # a needle may lie across the border
        left = [needle for needle in left if needle not in piece]
        tail = piece[-overlap:] if overlap else b""
    return [needle for needle in needles if needle not in left]


def _search_config(config: Mapping, layers: int, needles: list[bytes]) -> Iterator[tuple[str, int, str, str, bytes]]:
    """The matches in an image config, each with where, layer, instruction, path and needle."""
    made = read_history(config, layers)
    for path, text in _texts(config):
        entry = re.match(r"history\[(\d+)\]", path)
        for needle in needles:
            if needle not in _raw(text):
                continue
            if entry:
                where, name = _build_argument(text, needle) or ("history", path)
                made_by, number = made[int(entry[1])]
                yield where, number, made_by, name, needle
            else:
                yield "image config", 0, "", path, needle


def _build_argument(created_by: str, needle: bytes) -> tuple[str, str] | None:
    """("build argument", its name) if the needle is in an ARG, or among the arguments before a RUN's command."""
    if created_by.startswith("ARG "):
        return "build argument", created_by.removeprefix("ARG ").partition("=")[0]
    head, shell, _ = created_by.partition("/bin/sh -c ")
    if not (shell and _ARGUMENTS.match(head)) or needle not in _raw(head):
        return None
    names = _ARGUMENT_NAME.findall(_raw(head).partition(needle)[0].decode(errors="replace"))
    return "build argument", names[-1] if names else ""


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


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
