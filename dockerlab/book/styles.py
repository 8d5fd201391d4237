"""Take out of the site's style sheets what no page of it uses: most of Bootstrap, which the theme brings whole."""

import re
from collections.abc import Collection, Iterator
from pathlib import Path

import tinycss2
from tinycss2.ast import AtRule, Node, QualifiedRule

NESTED = ("media", "supports")  # rules that hold rules
_ATTRIBUTE = re.compile(r"""\b(?:class|id)=(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")
_WORD = re.compile(r"[\w-]+")
_COMPOSED = re.compile(r"(?:bs-)?(?:tooltip|popover)")  # Bootstrap's script puts these names together


def prune_styles(site: Path) -> None:
    """Rewrite the style sheets of a site in place, without the rules for classes and ids that do not occur in it.

    What occurs is what the pages name, and every word of the scripts, which may add classes of their own.
    """
    used = {word for page in site.rglob("*.html") for word in named(page.read_text(encoding="utf-8"))}
    used |= {word for script in site.rglob("*.js") for word in _WORD.findall(script.read_text(encoding="utf-8"))}
    for sheet in site.rglob("*.css"):
        sheet.write_text(pruned(sheet.read_text(encoding="utf-8"), used), encoding="utf-8")


def named(page: str) -> Iterator[str]:
    """The classes and ids of a page."""
    for values in _ATTRIBUTE.findall(page):
        yield from " ".join(values).split()


def pruned(css: str, used: Collection[str]) -> str:
    """A style sheet without the rules that no element can match.

    Args:
        used: the classes and ids that there are.
    """
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "".join(_text(rule, used) for rule in rules)


def _text(rule: Node, used: Collection[str]) -> str:
    if isinstance(rule, QualifiedRule):
        kept = [selector for selector in _selectors(rule.prelude) if _matches(selector, used)]
        names = ",".join(tinycss2.serialize(selector).strip() for selector in kept)
        return f"{names}{{{tinycss2.serialize(rule.content).strip()}}}\n" if kept else ""
    if isinstance(rule, AtRule) and rule.lower_at_keyword in NESTED and rule.content is not None:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        content = "".join(_text(each, used) for each in inner)
        return f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{content}}}\n" if content else ""
    return rule.serialize() + "\n"


def _selectors(prelude: list[Node]) -> Iterator[list[Node]]:
    selector: list[Node] = []
    for node in prelude:
        if node == ",":
            yield selector
            selector = []
        else:
            selector.append(node)
    yield selector


def _matches(selector: list[Node], used: Collection[str]) -> bool:
    """Whether all classes and ids of a selector occur; what stands in brackets, as in :not(…), is not looked at."""
    for before, node in zip([None, *selector], selector, strict=False):
        is_name = node.type == "hash" or (node.type == "ident" and before == ".")
        if is_name and node.value not in used and not _COMPOSED.match(node.value):
            return False
    return True
