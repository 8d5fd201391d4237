"""What package managers write down about themselves in an image: which files came with which package.

pip, uv and other installers of Python packages write `NAME-VERSION.dist-info/RECORD`, a table of files. dpkg writes
`/var/lib/dpkg/info/NAME.list`, and the versions into `/var/lib/dpkg/status`. Only what is needed of them is kept, for
an image may have thousands of these files.
"""

import csv
import re
from typing import IO

RECORD_BYTES = 16 << 20  # no true record comes near that; what is larger is not read
DPKG_STATUS = "var/lib/dpkg/status"
PIP_RECORD = re.compile(r"(?P<folder>(?:.*/)?)(?P<name>[^/]+?)-(?P<version>[^/-]+)\.dist-info/RECORD")
DPKG_LIST = re.compile(r"var/lib/dpkg/info/(?P<name>[^/:]+)(?::[^/]+)?\.list")


def is_record(path: str) -> bool:
    """Whether a file in a layer is the record of a package, or dpkg's list of versions."""
    return path.endswith((".dist-info/RECORD", ".list", DPKG_STATUS)) and (
        path == DPKG_STATUS or bool(PIP_RECORD.fullmatch(path) or DPKG_LIST.fullmatch(path))
    )


def read_record(path: str, stream: IO[bytes]) -> str:
    """What is kept of a record: a path in each line, or of the list of versions the lines with names and versions."""
    text = stream.read(RECORD_BYTES).decode(errors="surrogateescape")
    if path == DPKG_STATUS:
        return "\n".join(line for line in text.split("\n") if line.startswith(("Package: ", "Version: ", "Status: ")))
    if path.endswith(".list"):
        return text
    lines = text.replace("\0", "").splitlines()
    try:
        return "\n".join(row[0] for row in csv.reader(lines) if row)
    except csv.Error:  # a damaged record, or none of pip's
        return ""


def dpkg_versions(status: str) -> dict[str, str]:
    """Name -> version of what is installed, from what `read_record` kept of dpkg's status."""
    versions, name, installed = {}, "", False
    for line in status.split("\n"):
        key, _, value = line.partition(": ")
        if key == "Package":
            name, installed = value.strip(), True
        elif key == "Status":
            installed = value.strip().endswith(" installed")
        elif name and installed:
            versions[name] = value.strip()
    return versions
