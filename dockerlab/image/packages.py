"""Which package the files of an image belong to, by the records that pip and dpkg keep in it.

What was installed by other means (a program compiled from its source, a copied virtual environment without records)
belongs to no package here. Sizes are those of the files that a container sees.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass

from dockerlab.image.image import Image
from dockerlab.image.records import DPKG_LIST, DPKG_STATUS, PIP_RECORD, dpkg_versions


@dataclass(frozen=True, slots=True)
class Package:
    """An installed package."""

    manager: str  # "pip" (or another installer of Python packages) or "dpkg"
    name: str
    version: str  # "" if the image does not tell
    paths: tuple[str, ...]  # of its files that are still there
    size_bytes: int  # of these files

    def __str__(self) -> str:
        return f"{self.name} {self.version}".strip()


def packages(image: Image) -> list[Package]:
    """The packages of an image, the largest first. A file that two packages claim belongs to the first by name."""
    files = image.stack.files
    taken: set[str] = set()
    found = []
    for manager, name, version, listed in sorted(_records(image)):
        paths = tuple(path for path in dict.fromkeys(filter(None, map(_place(files), listed))) if path not in taken)
        taken.update(paths)
        found.append(Package(manager, name, version, paths, sum(files[path].size_bytes for path in paths)))
    return sorted(found, key=lambda package: (-package.size_bytes, package.name, package.manager))


def _records(image: Image) -> Iterator[tuple[str, str, str, list[str]]]:
    """Manager, name, version and listed paths of each record that a container sees."""
    records = {
        path: text for layer in image.layers for path, text in layer.records.items() if path in image.stack.files
    }
    versions = dpkg_versions(records.get(DPKG_STATUS, ""))
    for path, text in records.items():
        if found := PIP_RECORD.fullmatch(path):
            listed = [posixpath.normpath(f"/{found['folder']}{line}") for line in text.split("\n") if line]
            yield "pip", found["name"], found["version"], listed
        elif found := DPKG_LIST.fullmatch(path):
            yield "dpkg", found["name"], versions.get(found["name"], ""), text.split("\n")


def _place(files):
    """A function that finds the file that a record names by its absolute path; "" for a folder or what is not there."""

    def place(listed: str) -> str:
        path = listed.strip("/")
        # Since /bin, /lib and /sbin are links to folders in /usr, dpkg may know a file by its old path.
        return next((candidate for candidate in (path, f"usr/{path}") if candidate in files), "")

    return place
