"""Searches an image for texts, such as a secret. All layers are searched, also for files that a later one deletes.

Files are searched for bytes as they stand; in configs and other documents a text is also found as JSON writes it. A
secret that is compressed or encoded inside a file (a zip archive, a Git pack, base64) is not found.
"""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import IO, TYPE_CHECKING

from dockerlab.engine import Engine
from dockerlab.image.archive import Blob, read_saved
from dockerlab.image.instructions import Made, read_history
from dockerlab.image.reader import path_of
from dockerlab.tables import table

if TYPE_CHECKING:
    import pandas as pd

CHUNK_BYTES = 1 << 20
COLUMNS = ("where", "layer", "instruction", "path", "what")
MARK = "\ue000"  # stands for a needle; a character to which Unicode gives no meaning

_BETWEEN = r"(?:\\[nrt]|[\s\\'\"])*"  # what quoting may put between two letters


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
    documents: list[tuple[str, bytes]] = []

    def search_document(path: str, stream: IO[bytes]) -> None:
        documents.extend((path, needle) for needle in _in_document(stream, wanted))

    saved = read_saved(engine, {image_id: reference}, lambda blob: _search_layer(blob, wanted), pass_by=search_document)
    image = saved[image_id]
    # What is shown is read from a history without the needles: one with a space in it looks like a part of a command.
    shown = read_history(_with_history(image.config, lambda text: _hide(text, wanted)), len(image.layers))
    made_by = {made.layer: made.instruction for made in shown}
    rows = [
        (where, number, made_by.get(number, ""), path, needle)
        for number, (_, _, (matches, _)) in enumerate(image.layers, 1)
        for where, path, needle in matches
    ]
    for needle in wanted:
        rows += [(*row, needle) for row in _search_config(image.config, len(image.layers), needle, shown)]
    rows += [("manifest", 0, "", path, needle) for path, needle in documents if path != image.config_path]
    rows = [(where, layer, by, _hide(path, wanted), first_letters(needle)) for where, layer, by, path, needle in rows]
    found = table(rows, columns=list(COLUMNS))
    files = {diff_id: files for diff_id, _, (_, files) in image.layers}
    found.attrs = {"layers": len(image.layers), "files": sum(files.values())}
    return found


def first_letters(needle: bytes) -> str:
    """The beginning of a needle, at most a third of it, without white space."""
    return "".join(needle[: min(4, len(needle) // 3)].decode(errors="replace").split()) + "…"


def _hide(text: str, needles: Iterable[bytes]) -> str:
    """The text with each needle cut down to its beginning, however it is quoted."""
    spans = sorted(
        (*hit.span(1), first_letters(needle)) for needle in needles for hit in _pattern(needle).finditer(text)
    )
    shown, end = "", 0
    for first, last, masked in spans:
        if first >= end:
            shown += text[end:first] + masked
        end = max(end, last)  # those that overlap are hidden as one
    return shown + text[end:]


@lru_cache
def _pattern(needle: bytes) -> re.Pattern:
    """Finds a needle, also with quotes, escapes or other white space in it."""
    text = needle.decode(errors="surrogateescape")
    letters = "".join(re.split(r"[\s\\'\"]+", text)) or text
    exact = (rf"(?:{re.escape(letter)}|\\u(?i:{ord(letter):04x}))" for letter in letters)
    # A look-ahead, for the next find may begin inside this one.
    return re.compile(f"(?=({_BETWEEN.join(exact)}))")


def _as_json(needle: bytes) -> list[bytes]:
    """The needle as it stands, and as programs in Python and in Go write it into a JSON document."""
    text = needle.decode(errors="surrogateescape")
    plain = json.dumps(text, ensure_ascii=False)[1:-1]
    of_go = re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", plain)
    forms = [form.encode(errors="surrogateescape") for form in (plain, json.dumps(text)[1:-1], of_go)]
    return list(dict.fromkeys([needle, *forms]))


def _in_document(stream: IO[bytes], needles: list[bytes]) -> list[bytes]:
    """The needles that occur in a document, as they stand or as JSON writes them."""
    forms = {form: needle for needle in needles for form in _as_json(needle)}
    found = {forms[form] for form in in_stream(stream, [*forms])}
    return [needle for needle in needles if needle in found]


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
    path = path_of(member)
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


def _search_config(
    config: Mapping, layers: int, needle: bytes, shown: list[Made]
) -> Iterator[tuple[str, int, str, str]]:
    """The matches in an image config, each with where, layer, instruction and path."""
    forms = _as_json(needle)

    def mark(text: str) -> str:
        raw = _raw(text)
        for form in forms:
            raw = raw.replace(form, MARK.encode())
        return raw.decode(errors="replace")

    plain, marked = read_history(config, layers), read_history(_with_history(config, mark), layers)
    for path, text in _texts(config):
        if not any(form in _raw(text) for form in forms):
            continue
        if not (entry := re.match(r"history\[(\d+)\]", path)):
            yield "image config", 0, "", path
            continue
        number = int(entry[1])
        names, is_elsewhere = [], True
        if text == config["history"][number].get("created_by"):
            names, is_elsewhere = _in_entry(plain[number], marked[number], mark)
        by = shown[number]
        yield from (("build argument", by.layer, by.instruction, name) for name in names)
        if is_elsewhere:
            yield "history", by.layer, by.instruction, path


def _in_entry(plain: Made, marked: Made, mark: Callable[[str], str]) -> tuple[list[str], bool]:
    """Where a needle is in a history entry: in which build arguments, and whether elsewhere (too)."""
    names, elsewhere = [name for name, value in plain.arguments.items() if MARK in mark(f"{name}={value}")], plain
    if not names:  # with white space in it, the needle may have been taken for a part of the command
        names, elsewhere = [name for name, value in marked.arguments.items() if MARK in value], marked
    is_argument = plain.written.startswith("ARG ")
    return names, not names or (MARK in mark(elsewhere.written) and not is_argument)


def _with_history(config: Mapping, change: Callable[[str], str]) -> dict:
    """A config with nothing but the history, whose instructions are changed."""
    entries = config.get("history") or []
    return {"history": [{**entry, "created_by": change(entry.get("created_by") or "")} for entry in entries]}


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
