"""A map of an image: an area for each part of its bytes, in the areas of the top folders.

It is an inline drawing whose areas are parts of its width, while its letters keep their size: a phone shows the same
map with fewer names in it. Each name is there to hover over, to reach with the Tab key, and to be read out.
"""

import html
from collections.abc import Sequence
from itertools import groupby

from dockerlab.errors import visible
from dockerlab.image import Image
from dockerlab.image.parts import HIDDEN, Part, parts
from dockerlab.show.shown import NO_FORMULA, Shown, escape, has_formula
from dockerlab.text import one_line, size_text

HEIGHT, WIDTH, PHONE = 420, 640, 290  # in pixels: of the map, and its width on a page and on a phone
HEAD = 17  # height of the line that names a folder
LETTER = 6  # width of a letter, on the safe side
NAME_WIDTH = 48  # in characters
# Kind of part -> what the legend calls it, and its colour where the style sheet is missing.
KINDS = {
    "pip": ("Python package", "#bcd8ea"),
    "dpkg": ("Debian package", "#bfe0d0"),
    "files": ("files of no package", "#d9dfe5"),
    "hidden": (HIDDEN, "#f2c7ba"),
    "rest": ("many small ones", "#f4f6f8"),
}

Area = tuple[float, float, float, float]  # left, top, width, height


class Treemap(Shown):
    """Where the bytes of an image are."""

    def __init__(self, image: Image) -> None:
        self._parts, self._whole = parts(image), image.size_bytes
        self._title = f"Where the {size_text(self._whole)} of {visible(image.reference)} are"

    def __str__(self) -> str:
        lines = [self._title]
        for group, inside in groupby(self._parts, lambda part: part.group):
            found = list(inside)
            lines.append(f"{self._share(sum(part.size_bytes for part in found))}  {one_line(group, NAME_WIDTH)}")
            if group != HIDDEN:
                lines += [f"{self._share(part.size_bytes)}    {one_line(part.name, NAME_WIDTH)}" for part in found]
        return "\n".join(lines)

    def _share(self, size_bytes: int) -> str:
        return f"{size_text(size_bytes):>8}  {size_bytes / self._whole:>4.0%}"

    def to_html(self) -> str:
        """A <figure>: the finding, the map, and what the colours mean."""
        groups = [(group, list(inside)) for group, inside in groupby(self._parts, lambda part: part.group)]
        areas = squarify([sum(p.size_bytes for p in inside) for _, inside in groups], (0, 0, WIDTH, HEIGHT))
        drawn = "".join(self._group(*group, area) for group, area in zip(groups, areas, strict=True))
        used = {part.kind for part in self._parts}
        legend = "".join(
            f'<span class="dl-{kind}" style="background:{colour};color:#1c2733">{words}</span> '
            for kind, (words, colour) in KINDS.items()
            if kind in used
        )
        mark = f" {NO_FORMULA}" if has_formula(drawn) else ""
        return (
            f'<figure class="dl-treemap{mark}"><figcaption><strong>{escape(self._title)}</strong></figcaption>'
            f'<svg width="100%" height="{HEIGHT + 24}" font-size="11" role="group" '
            f'aria-label="{html.escape(self._title)}">{drawn}</svg><p>{legend}</p></figure>'
        )

    def _group(self, name: str, inside: list[Part], area: Area) -> str:
        left, top, width, height = area
        said = f"{one_line(name, NAME_WIDTH)} {size_text(sum(part.size_bytes for part in inside))}"
        head = ""
        # A group of one part needs no line of its own, and a small one has no room for it.
        if len(inside) > 1 and height > 3 * HEAD and (fits := _fits(said, width)) is not None:
            place = f'x="{_part(left, WIDTH)}" y="{top + 12:.0f}" dx="3"'
            head = f'<text {place} font-weight="650" fill="currentColor"{fits}>{html.escape(said)}</text>'
            top, height = top + HEAD, height - HEAD
        cells = squarify([part.size_bytes for part in inside], (left, top, width, height))
        return head + "".join(self._cell(part, cell) for part, cell in zip(inside, cells, strict=True))

    def _cell(self, part: Part, area: Area) -> str:
        left, top, width, height = area
        name = one_line(part.name, NAME_WIDTH)
        words = f"{name} in {one_line(part.group, NAME_WIDTH)}" if part.kind == "rest" else name
        said = html.escape(f"{words}: {size_text(part.size_bytes)}, {part.size_bytes / self._whole:.1%}")
        # A version, and the folders further out, are for those who look closer.
        short = name.partition(" ")[0] if part.kind in ("pip", "dpkg") else "/".join(name.split("/")[-2:])
        label = ""
        if height > 14 and (fits := _fits(short, width)) is not None:
            label = f'<text x="3" y="12"{fits}>{html.escape(short)}</text>'
        return (
            f'<svg class="dl-{part.kind}" x="{_part(left, WIDTH)}" y="{top:.0f}" width="{_part(width, WIDTH)}" '
            f'height="{height:.0f}" tabindex="0" role="img"><title>{said}</title><rect width="100%" height="100%" '
            f'fill="{KINDS[part.kind][1]}" stroke="#fff"/>{label}</svg>'
            f'<text y="{HEIGHT + 17}" visibility="hidden">{said}</text>'
        )


def squarify(sizes: Sequence[float], area: Area) -> list[Area]:
    """Areas in proportion to sizes, as near to squares as may be (Bruls, Huizing and van Wijk, 2000).

    Args:
        sizes: above 0; the largest first gives the best shapes.
        area: what is shared out.
    """
    left, top, width, height = area
    scale = width * height / sum(sizes) if sizes else 0
    found: list[Area] = []
    rest = [size * scale for size in sizes]
    while rest:
        side, count = min(width, height), 1
        while count < len(rest) and _worst(rest[: count + 1], side) <= _worst(rest[:count], side):
            count += 1
        row, rest = rest[:count], rest[count:]
        depth, offset = sum(row) / side if side else 0, 0.0
        for size in row:
            length = size / depth if depth else 0
            place = (left, top + offset, depth, length) if width >= height else (left + offset, top, length, depth)
            found.append(place)
            offset += length
        if width >= height:
            left, width = left + depth, max(width - depth, 0)
        else:
            top, height = top + depth, max(height - depth, 0)
    return found


def _worst(row: Sequence[float], side: float) -> float:
    """The ratio of the sides of the least square area of a row that lies along a side."""
    total = sum(row)
    if not side or not total:
        return float("inf")
    return max(max(side**2 * size / total**2, total**2 / (side**2 * size)) for size in row)


def _part(length: float, whole: float) -> str:
    return f"{100 * length / whole:.4g}%"


def _fits(text: str, width: float) -> str | None:
    """The attribute of a text of that width on a page: none, or a class if a phone has no room; None if no page has."""
    needed = LETTER * len(text) + 6
    if needed > width:
        return None
    return "" if needed <= width * PHONE / WIDTH else ' class="dl-wide"'
