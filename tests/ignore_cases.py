"""Ignore files with what Docker does with them: a unit test holds ours against this, an engine test a real build."""

from __future__ import annotations

from pathlib import Path
from random import Random

SUB = {"sub/.env", "sub/a", "sub/c.py", "sub/deep/a", "sub/deep/d.py", "sub/deep/er/e.py"}
TREE = SUB | {
    "Dockerfile", "README", "a", "b.py", "aab", "a*b", "a]", "a^b", "[b]", "^a", "#a", "!a", ".env", "back\\slash",
    "x y", "ü", "a.b/x",
}  # fmt: skip
PYTHON = {"b.py", "sub/c.py", "sub/deep/d.py", "sub/deep/er/e.py"}

# The text of an ignore file -> the files of TREE that it leaves out.
LEFT_OUT: dict[str, set[str]] = {
    # reading: comments, white space, line ends, a byte-order mark
    "": set(),
    "# all of it\n": set(),
    "  # no comment\n": set(),
    "#a": set(),
    "\\#a": {"#a"},
    "README\r\n.env\r\n": {"README", ".env"},
    "\ufeffREADME\na": {"README", "a"},
    " \tREADME \t": {"README"},
    "\u2003README\xa0": {"README"},
    "x y": {"x y"},
    # names
    "readme": set(),
    "README": {"README"},
    "a.b": {"a.b/x"},
    "ü": {"ü"},
    "^a": {"^a"},
    "a]": {"a]"},
    # slashes and dots
    "/a": {"a"},
    "./a": {"a"},
    "//a": {"a"},
    "sub/": SUB,
    "sub/.": SUB,
    "sub/../a": {"a"},
    "../a": set(),
    ".": set(),
    "..": set(),
    "/": set(),
    "/..": set(),
    # * and ?
    "*": TREE,
    "*.py": {"b.py"},
    "*/*.py": {"sub/c.py"},
    "*b": {"aab", "a*b", "a^b", "a.b/x", *SUB},
    "?": {"a", "ü"},
    "??": {"a]", "^a", "#a", "!a"},
    "a?b": {"aab", "a*b", "a^b", "a.b/x"},
    "sub/?": {"sub/a"},
    "^*": TREE,
    # **
    "**": TREE,
    "***": TREE,
    "**/*.py": PYTHON,
    "**.py": PYTHON,
    "**/a": {"a", "sub/a", "sub/deep/a"},
    "**/**/a": {"a", "sub/a", "sub/deep/a"},
    "**a": {"a", "^a", "#a", "!a", "sub/a", "sub/deep/a"},
    "sub/**": SUB,
    "sub**": SUB,
    "sub/**/a": {"sub/a", "sub/deep/a"},
    "sub/**/*.py": PYTHON - {"b.py"},
    "**/deep": {"sub/deep/a", "sub/deep/d.py", "sub/deep/er/e.py"},
    "s**.py": set(),
    "a.b/**": {"a.b/x"},
    # classes
    "[a-c].py": {"b.py"},
    "[^a].py": {"b.py"},
    "[^b].py": set(),
    "[!a].py": set(),
    "[!b].py": {"b.py"},
    "a[^x]b": {"aab", "a*b", "a^b", "a.b/x"},
    "sub[^x]a": {"sub/a"},
    "a[*]b": set(),
    "[[]b]": {"[b]"},
    "[[:alpha:]]": {"a"},
    "[[:^alpha:]]*": {"[b]", "^a", "#a", "!a", ".env", "ü"},
    # escapes
    "a\\*b": {"a*b"},
    "\\[b\\]": {"[b]"},
    "a\\]": {"a]"},
    "\\!a": {"!a"},
    "x\\ y": {"x y"},
    "back\\slash": set(),
    "back\\\\slash": {"back\\slash"},
    "\\w": {"a"},
    "[\\s\\S]": {"a", "ü"},
    # what comes back
    "!a\n": set(),
    "a\n!a": set(),
    "a\n!a\na": {"a"},
    "a\n!./": {"a"},
    "*\n!*": set(),
    "*\n!**/*.py": TREE - PYTHON,
    "*\n!sub": TREE - SUB,
    "*\n!sub/*": TREE - SUB,
    "*\n!sub/deep": TREE - {"sub/deep/a", "sub/deep/d.py", "sub/deep/er/e.py"},
    "*\n!sub/**/*.py": TREE - PYTHON | {"b.py"},
    "**\n!a": TREE - {"a"},
    "sub\n!sub/a": SUB - {"sub/a"},
    "sub/*\n!sub/a": SUB - {"sub/a"},
    "sub\n!sub/a\nsub": SUB - {"sub/a"},
    "sub\n!sub/deep/a\nsub/deep/er": SUB - {"sub/deep/a"},
    "sub/deep\n!sub": {"sub/deep/a", "sub/deep/d.py", "sub/deep/er/e.py"},
    "!sub\nsub": SUB,
    "**/.env\n!.env": {"sub/.env"},
    "*\n!!a": TREE - {"!a"},
    "*\n! a": TREE - {"a"},
    "*\n!/a": TREE - {"a"},
    "*\n/!a": TREE - {"a"},
    "*\n!./sub/../a": TREE - {"a"},
    # what Docker refuses only when it tries it
    "!\\e": set(),
    "*\na\\e": TREE,
}
# Docker does not build with these: the pattern of the second line.
REFUSED = ["[", "a[b", "[]", "[]a]", "[^]", "[a-]", "[-a]", "x\\", "!", "!/", "! ", "[z-a]", "\\e", "[[:x:]]", "\\ü"]

PIECES = [
    "a", "b", "*", "**", "?", "a*", "*b", "a**", "**b", "[a-c]", "[^b]", "[!b]", "\\*", "*.py", "sub/../a", "sub//deep",
    "\\[b\\]", "a?b", "^*", "sub", "sub", "deep", "c.py", "?.py", "[[]b]", "[*]", "[?]", "a[*]b", "a\\^b", "\\!a", "#a",
    "*[.]*", "[\\]a]", "??", "[[:alpha:]]", "\\w", "[\\d]", "[^\\w]", "back*", "*ck*", "a.b", "[\\s\\S]*", "README",
    "[A-Z]*", "[^a]*[^b]", "**.py", "*e*",
]  # fmt: skip


def grow(folder: Path) -> None:
    """Make the files of TREE in a folder."""
    for name in TREE:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("x")


def made_up(seed: int, files: int) -> list[str]:
    """Ignore files of one to five patterns, the same each time for a seed."""
    chance = Random(seed)

    def pattern() -> str:
        path = "/".join(chance.choices(PIECES, k=chance.choice([1, 1, 1, 2, 2, 3])))
        return chance.choice(["", "", "/", "./", "**/", "sub/"]) + path + chance.choice(["", "", "", "/", "/*", " \t"])

    def text() -> str:
        patterns = [pattern() for _ in range(chance.randint(2, 4))]
        if chance.random() < 0.5:
            return "\n".join(["*", *(f"!{each}" for each in patterns[1:]), patterns[0]])
        return "\n".join([patterns[0], *(chance.choice(["", "!"]) + each for each in patterns[1:])])

    return [text() for _ in range(files)]
