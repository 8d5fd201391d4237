"""Files that look as if they held a secret, by their names or by what is in them. A look, and no proof either way.

What was found is never kept: only the path, and which kind of secret it looks like.
"""

import os
import posixpath
import re
import stat
from fnmatch import translate
from functools import lru_cache

MOST_BYTES = 64 * 1024  # of a file are looked at


def _any_of(*patterns: str) -> re.Pattern:
    """An expression for the names that one of these patterns matches."""
    return re.compile("|".join(map(translate, patterns)))


_NAMES = {
    "environment file": _any_of(".env", ".env.*", "*.env"),
    "key file": _any_of("*.pem", "*.key", "*.p12", "*.pfx", "*.jks", "*.keystore"),
    "SSH key": _any_of("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519"),
    "login": _any_of(".npmrc", ".pypirc", ".netrc", "_netrc", ".pgpass", ".git-credentials", ".htpasswd"),
    "credentials": _any_of("credentials", "credentials.json", ".dockerconfigjson"),
}
_EXAMPLES = _any_of("*.example", "*.sample", "*.template", "*.dist", "*example.env", "*sample.env", "*template.env")
_PRIVATE_KEY = re.compile(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----\s*[A-Za-z0-9+/]")
_PUBLIC = re.compile(rb"-----BEGIN (?:TRUSTED )?(?:CERTIFICATE|PUBLIC KEY)-----")
_ACCESS_KEY = re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")
_IN_ADDRESS = re.compile(rb"https?://[^\s/@]+@")
_WORD = rb"(?:password|passwd|token|secret|api[_-]?key)(?:[_-]?(?:access[_-]?)?key)?[\"']?[ \t]{0,8}[:=][ \t]{0,8}"
# In a program, what is set to a text in quotes is a value; without quotes it is another name.
_QUOTED = re.compile(_WORD + rb"(?:\"([^\"\s${<%]{4,200})\"|'([^'\s${<%]{4,200})')")
# A ? or + after the colon is the shell's: ${PASSWORD:?say this if it is missing}.
_BARE = re.compile(_WORD + rb"([^\s\"'${<%(\[/#,;?+][^\s\"'()<]{3,200})")
_SETTINGS = _any_of(
    "*.ini", "*.cfg", "*.conf", "*.toml", "*.yaml", "*.yml", "*.properties", "*.sh", "*.env", "Dockerfile*", ".env*"
)  # fmt: skip
_NO_VALUE = re.compile(rb"(?:none|null|true|false|undefined|x+|\*+|\.+|-+)$")
_WORDS = (b"password", b"passwd", b"token", b"secret", b"apikey", b"api_key", b"api-key")


def kind_of(path: str, file: str, is_looked_into: bool) -> str:
    """The kind of secret that a file looks like, "" for none.

    Args:
        path: in the context.
        file: where it lies.
        is_looked_into: False goes by the name, and looks only into files whose names leave it open.

    Raises:
        OSError: it may not be read.
    """
    name = posixpath.basename(path)
    by_name = _by_name(name)
    is_git = path == ".git/config" or path.endswith("/.git/config")
    if not by_name and not is_git and not is_looked_into:
        return ""
    state = os.stat(file, follow_symlinks=False)
    if not stat.S_ISREG(state.st_mode):  # a named pipe would keep its reader waiting
        return ""
    return _kind(name, file, by_name, is_git, state.st_size, state.st_mtime_ns)


@lru_cache(maxsize=50_000)  # a picture is drawn again for each line that is switched off
def _kind(name: str, file: str, by_name: str, is_git: bool, size_bytes: int, changed: int) -> str:
    with open(file, "rb") as opened:
        text = opened.read(MOST_BYTES)
    if not text or (by_name == "key file" and _PUBLIC.search(text) and not _PRIVATE_KEY.search(text)):
        return ""
    if is_git:
        return "address with a login" if _IN_ADDRESS.search(text) else ""
    return by_name or ("" if b"\0" in text else _by_text(name, text))


def _by_name(name: str) -> str:
    kind = next((kind for kind, names in _NAMES.items() if names.match(name)), "")
    return "" if _EXAMPLES.match(name) else kind


def _by_text(name: str, text: bytes) -> str:
    if b"PRIVATE KEY" in text and _PRIVATE_KEY.search(text):
        return "private key"
    if (b"AKIA" in text or b"ASIA" in text) and _ACCESS_KEY.search(text):
        return "AWS access key"
    small = text.lower()
    if any(word in small for word in _WORDS):
        forms = [_QUOTED, _BARE] if _SETTINGS.match(name) else [_QUOTED]
        for form in forms:
            for found in form.finditer(small):
                value = next(group for group in found.groups() if group is not None)
                if not _NO_VALUE.match(value):
                    return "password or token"
    return ""
