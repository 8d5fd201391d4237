"""How two images differ: their layers, files, packages and configs.

Files are compared as a container sees them, by kind and size, then by owner and mode. What is in them was not kept, so
two files of one size may still differ, unless they come from a layer that both images have.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from dockerlab.image.image import Image
from dockerlab.image.layer import Entry, Layer
from dockerlab.image.packages import packages
from dockerlab.image.search import first_letters

SINGLE = ("Cmd", "Entrypoint", "User", "WorkingDir", "Healthcheck", "StopSignal", "Shell")
COURSE_LABELS = "dockerlab."  # which session made an image; they say nothing of the image
# In the name of a variable, an option or a label. `authors` and `author` are not meant.
_SECRET_NAME = (
    r"(?:token|secret|passw|passphrase|credential|auth(?!ors?(?![a-z]))|api[-_]?key|private"
    r"|[-_]pwd(?![a-z])|(?:^|[-_.])(?:key|pass)(?![a-z]))"
)
_ASSIGNED = re.compile(r"([A-Za-z_][\w.-]*)(=)(\"[^\"]*\"|'[^']*'|[^\s\"',]+)")
_OPTION = re.compile(rf"(?i)(--?[\w-]*{_SECRET_NAME}[\w-]*[ \"',]+)(?!-)([^\s\"',]+)")
_IN_ADDRESS = re.compile(r"(\w://[^\s/@:]*:)([^\s/@]+)(?=@)")


@dataclass(frozen=True)
class PackageChange:
    """A package that only one image has, or both in different versions."""

    manager: str  # "pip" or "dpkg"
    name: str
    version_a: str | None  # None: image A does not have it
    version_b: str | None


@dataclass(frozen=True)
class ConfigChange:
    """A setting of the image config that differs. What looks like a secret is cut to its first letters."""

    setting: str  # as in the config: Env, Cmd, ExposedPorts …
    name: str  # of the variable, label, port or volume; "" for a setting with one value
    value_a: str | None  # None: image A does not have it
    value_b: str | None


@dataclass(frozen=True)
class ImageDiff:
    """Two images side by side. Layers are the same if their diff IDs are."""

    a: Image
    b: Image

    @cached_property
    def shared_layers(self) -> list[Layer]:
        """The layers that both have, in A's order."""
        of_b = {layer.diff_id for layer in self.b.layers}
        return [layer for layer in self.a.layers if layer.diff_id in of_b]

    def own_layers(self, image: Image) -> list[Layer]:
        """The layers of one of the two images that the other does not have, base first."""
        shared = {layer.diff_id for layer in self.shared_layers}
        return [layer for layer in image.layers if layer.diff_id not in shared]

    @cached_property
    def only_in_a(self) -> list[Entry]:
        """Files that only A has, the largest first; also links and devices, but no folders."""
        return _largest(self._missing(self.a, self.b))

    @cached_property
    def only_in_b(self) -> list[Entry]:
        """Files that only B has, likewise."""
        return _largest(self._missing(self.b, self.a))

    @cached_property
    def different(self) -> list[tuple[Entry, Entry]]:
        """A's and B's file of each path at which they differ in kind or size, the largest difference first."""
        pairs = [(a, b) for a, b in self._both() if (a.kind, a.size_bytes) != (b.kind, b.size_bytes)]
        return sorted(pairs, key=lambda pair: (-abs(pair[0].size_bytes - pair[1].size_bytes), pair[0].path))

    @cached_property
    def other_owner_or_mode(self) -> list[tuple[Entry, Entry]]:
        """The same for files of one kind and size that differ in owner, group or permissions, by path."""
        return [
            (a, b)
            for a, b in self._both()
            if (a.kind, a.size_bytes) == (b.kind, b.size_bytes) and (a.mode, a.uid, a.gid) != (b.mode, b.uid, b.gid)
        ]

    @cached_property
    def packages(self) -> list[PackageChange]:
        """Packages that differ, by name. One that an image has in several versions is listed with all of them."""
        a, b = _versions(self.a), _versions(self.b)
        changes = [
            PackageChange(*key, a.get(key), b.get(key)) for key in a.keys() | b.keys() if a.get(key) != b.get(key)
        ]
        return sorted(changes, key=lambda change: (change.manager, change.name.lower()))

    @cached_property
    def config(self) -> list[ConfigChange]:
        """Settings that differ."""
        a, b = dict(_settings(self.a.config)), dict(_settings(self.b.config))
        return [
            ConfigChange(*key, _shown(*key, a.get(key)), _shown(*key, b.get(key)))
            for key in dict.fromkeys([*a, *b])
            if a.get(key) != b.get(key)
        ]

    def _both(self) -> list[tuple[Entry, Entry]]:
        """Files of both images, without those that come from a layer that both have."""
        files_b = self.b.stack.files
        return [
            (entry, other)
            for path, entry in sorted(self.a.stack.files.items())
            if (other := files_b.get(path)) is not None and other is not entry
        ]

    @staticmethod
    def _missing(here: Image, there: Image) -> list[Entry]:
        return [entry for path, entry in here.stack.files.items() if path not in there.stack.files]


def _largest(entries: list[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda entry: (-entry.size_bytes, entry.path))


def _versions(image: Image) -> dict[tuple[str, str], str]:
    """(manager, name) -> version."""
    found: dict[tuple[str, str], list[str]] = {}
    for package in packages(image):
        # Python packages go by one name, however it is written: Jinja2, jinja2; typing_extensions, typing-extensions.
        name = re.sub(r"[-_.]+", "-", package.name).lower() if package.manager == "pip" else package.name
        found.setdefault((package.manager, name), []).append(package.version)
    return {key: ", ".join(sorted(set(versions))) for key, versions in found.items()}


def _settings(config: Mapping) -> Iterator[tuple[tuple[str, str], str]]:
    """Each setting of an image config: (its name, the name of a part), the value."""
    for name in ("architecture", "os"):
        yield (name, ""), str(config.get(name) or "")
    settings = config.get("config") or {}
    for variable in settings.get("Env") or []:
        name, _, value = variable.partition("=")
        yield ("Env", name), value
    for label, value in (settings.get("Labels") or {}).items():
        if not label.startswith(COURSE_LABELS):
            yield ("Labels", label), str(value)
    for name in ("ExposedPorts", "Volumes"):
        for part in settings.get(name) or {}:
            yield (name, part), "yes"
    for name in SINGLE:
        if value := settings.get(name):
            yield (name, ""), value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(setting: str, name: str, value: str | None) -> str | None:
    if value and setting in ("Env", "Labels") and re.search(_SECRET_NAME, name, re.I):
        return first_letters(value.encode(errors="surrogateescape"))
    return value and without_secrets(value)


def without_secrets(text: str) -> str:
    """A text in which what looks like a secret is cut to its first letters: `API_TOKEN=…`, `https://user:…@host`."""

    def cut(found: re.Match) -> str:
        *before, secret = found.groups()
        return "".join(before) + first_letters(secret.strip("\"'").encode(errors="surrogateescape"))

    def assigned(found: re.Match) -> str:
        return cut(found) if re.search(_SECRET_NAME, found[1], re.I) else found[0]

    return _OPTION.sub(cut, _ASSIGNED.sub(assigned, _IN_ADDRESS.sub(cut, text)))
