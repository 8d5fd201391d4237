"""Where the bytes of an image are: by top folder, and in that by package, or by folder where no package owns a file."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from dockerlab.image.image import Image
from dockerlab.image.packages import packages

DEPTH = 4  # folders by which files without a package are grouped: /usr/local/lib/python3.11
MOST, MOST_GROUPS = 44, 6  # parts and groups that stand for themselves, the sums of the rest included
LEAST_SHARE = 0.002  # of the whole; what is smaller is added to the rest
HIDDEN, OTHER, REST = "hidden by later layers", "other folders", "the rest"


@dataclass(frozen=True, slots=True)
class Part:
    """Some of an image's bytes."""

    group: str  # the top folder, OTHER or HIDDEN
    name: str  # a package with its version, a folder, or REST
    kind: str  # "pip", "dpkg", "files" (of no package), "hidden" or "rest"
    size_bytes: int


def parts(image: Image, most: int = MOST) -> list[Part]:
    """All bytes of an image in a few parts: groups the largest first, and so the parts of a group, the rest last."""
    sizes: Counter[Part] = Counter()
    owner = {path: package for package in packages(image) for path in package.paths}
    for path, entry in image.stack.files.items():
        top, *folders = path.split("/")[:-1][:DEPTH] or [""]
        group = f"/{top}"
        if package := owner.get(path):
            sizes[Part(group, str(package), package.manager, 0)] += entry.size_bytes
        else:
            sizes[Part(group, "/".join([group, *folders]), "files", 0)] += entry.size_bytes
    if hidden := image.size_bytes - image.stack.size_bytes:
        sizes[Part(HIDDEN, HIDDEN, "hidden", 0)] = hidden
    return _in_groups([Part(p.group, p.name, p.kind, size) for p, size in sizes.items() if size], most)


def _in_groups(all_parts: Iterable[Part], most: int) -> list[Part]:
    ranked = sorted(all_parts, key=lambda part: (-part.size_bytes, part.name))
    totals: Counter[str] = Counter()
    for part in ranked:
        totals[part.group] += part.size_bytes
    whole = totals.total()
    groups = [group for group, size in totals.most_common(MOST_GROUPS) if size >= LEAST_SHARE * whole]
    rests: Counter[str] = Counter()
    kept: list[Part] = []
    for part in ranked:
        group = part.group if part.group in groups else OTHER
        if group != OTHER and len(kept) < most - len(groups) - 1 and part.size_bytes >= LEAST_SHARE * whole:
            kept.append(part)
        else:
            rests[group] += part.size_bytes
    kept += [Part(group, REST, "rest", size) for group, size in rests.items()]
    order = {group: number for number, group in enumerate([*groups, OTHER])}
    return sorted(kept, key=lambda part: (order[part.group], part.kind == "rest", -part.size_bytes, part.name))
