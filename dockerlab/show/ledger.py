"""The ledger as text and HTML: what the book measured, and under which conditions.

`dockerlab.book.ledger` reads it out of the notebooks. Its record, Chapter, is defined here, next to what draws it,
because `book` may import `show` but not the other way round. Its claims are those that the chapters made.
"""

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from dockerlab.errors import visible
from dockerlab.show.claim import Claim
from dockerlab.text import day, minutes, one_line

# The landing page shows the first ratio that this chapter claims.
HEADLINE_CHAPTER = "06_layer_caching"
CONDITIONS: Mapping[str, str] = {
    "date": "Date",
    "engine": "Engine",
    "engine_source": "Whose engine",
    "store": "Image store",
    "buildx": "Builder client",
    "base": "Base image",
    "machine": "Machine",
}
ENGINE_SOURCES = {
    "own": "the reader's own",
    "private": "started by the course for itself",
    "micro-VM": "started by the course in a micro-VM",
}


@dataclass(frozen=True)
class Chapter:
    """A chapter with its claims."""

    name: str  # of the file, without its ending: 06_layer_caching
    title: str  # its first heading
    claims: tuple[Claim, ...]  # in the order of the page
    run: Mapping[str, str]  # the conditions of the last run; empty if the chapter was never executed
    seconds: float  # how long the last run took; 0 if not known
    # date, cell (from 1) and error of a later run that failed, after which the page shows the outputs of the last one
    failed: Mapping[str, str | int] = field(default_factory=dict)


def ledger_text(chapters: Iterable[Chapter]) -> str:
    """The ledger for a terminal."""
    lines = []
    for chapter in chapters:
        lines.append(f"{chapter.name}  {', '.join(str(v) for k, v in chapter.run.items() if k != 'chapter')}")
        lines += [f"  {'HOLDS' if c.holds else 'FAILS'}  {c.figure:>14}  {c.statement}" for c in chapter.claims]
    return visible("\n".join(lines))


def ledger_html(chapters: Iterable[Chapter]) -> str:
    """The ledger for a page in appendices/: the conditions, then a table of claims for each chapter."""
    chapters = [chapter for chapter in chapters if chapter.claims]
    if not chapters:
        return "<p>No chapter has been executed yet.</p>"
    return _conditions(chapters) + "".join(_section(chapter) for chapter in chapters)


def headline(chapters: Iterable[Chapter]) -> str:
    """The landing page's one figure, with its claim and the conditions it was measured under; "" if there is none."""
    for chapter in chapters:
        for claim in chapter.claims:
            if chapter.name != HEADLINE_CHAPTER or claim.unit != "×" or isinstance(claim.measured, str):
                continue
            run = chapter.run
            tools = ", ".join(run[key] for key in ("engine", "store", "machine") if run.get(key))
            return (
                f'<div class="dl-headline"><p class="dl-headline-figure">{html.escape(f"{claim.measured:.0f}×")}</p>'
                f'<div><p class="dl-headline-claim">{_escape(claim.statement)}</p>'
                f'<p class="dl-headline-source">Measured on {_escape(day(run.get("date", "")))} with {_escape(tools)}. '
                f'<a href="{_address(chapter, claim, "chapters/")}">See the cell that measured it</a></p></div></div>'
            )
    return ""


def failure_note(chapter: Chapter) -> str:
    """For the top of a chapter's page: that it could not be executed here, why, and whose outputs it shows instead.

    "" if it was executed.
    """
    if not chapter.failed:
        return ""
    reason = f"{one_line(str(chapter.failed['error']), 300)} (code cell {chapter.failed['cell']})"
    stored = (
        f"The outputs below are those stored on {_escape(day(chapter.run['date']))}."
        if chapter.run.get("date")
        else "It was never executed before, so it has no outputs."
    )
    return (
        '<div class="admonition warning"><p class="admonition-title">Not executed here</p>'
        f"<p>This chapter {_not_executed(chapter)}: {_escape(reason)}. {stored}</p></div>"
    )


def _not_executed(chapter: Chapter) -> str:
    return f"could not be executed here on {_escape(day(str(chapter.failed['date'])))}"


def claim_link(chapter: Chapter, claim: Claim) -> str:
    """The measured figure, as a link from a page in appendices/ to the cell that measured it."""
    # It stands in the middle of a sentence of Markdown, which would take _ or * for a mark of its own.
    figure = re.sub(r"[!-+:-@\[-`{-~]", lambda mark: f"&#{ord(mark[0])};", visible(claim.figure))
    return f'<a href="{_address(chapter, claim)}">{" ".join(figure.split())}</a>'


def _address(chapter: Chapter, claim: Claim | None = None, folder: str = "../chapters/") -> str:
    anchor = f"#claim-{claim.id}" if claim else ""
    return f"{folder}{quote(chapter.name)}.html{anchor}"


def _escape(text: str) -> str:
    """Text for HTML that stands in a Markdown page: there, an empty line would end the HTML."""
    return html.escape(" ".join(visible(text).split()))


def _conditions(chapters: list[Chapter]) -> str:
    """One table if all chapters ran under the same conditions, otherwise one for each set of conditions."""
    groups: dict[tuple[str, ...], list[Chapter]] = {}
    for chapter in chapters:
        groups.setdefault(tuple(str(chapter.run.get(key, "")) for key in CONDITIONS), []).append(chapter)
    tables = []
    for values, members in groups.items():
        caption = "All chapters" if len(groups) == 1 else ", ".join(chapter.title for chapter in members)
        rows = "".join(
            f'<tr><th scope="row">{CONDITIONS[key]}</th><td>{_escape(_condition(key, value))}</td></tr>'
            for key, value in zip(CONDITIONS, values, strict=True)
            if value
        )
        tables.append(
            f'<table class="dl-conditions"><caption>{_escape(caption)}</caption><tbody>{rows}</tbody></table>'
        )
    return "".join(tables)


def _condition(key: str, value: str) -> str:
    if key == "date":
        return day(value)
    return ENGINE_SOURCES.get(value, value) if key == "engine_source" else value


def _section(chapter: Chapter) -> str:
    title, page, name = _escape(chapter.title), _address(chapter), quote(chapter.name)
    took = f" It ran in {minutes(chapter.seconds)}." if chapter.seconds else ""
    if chapter.failed:
        stored = _escape(day(chapter.run.get("date", "")))
        took = f" It {_not_executed(chapter)}, so these are the ones stored on {stored}."
    rows = "".join(
        f'<tr class="dl-{verdict}"><td><a href="{_address(chapter, claim)}">{_escape(claim.statement)}</a></td>'
        f'<td class="dl-number">{_escape(claim.figure)}</td><td class="dl-verdict">{verdict}</td></tr>'
        for claim in chapter.claims
        for verdict in ["holds" if claim.holds else "fails"]
    )
    return (
        f'<section class="dl-ledger" aria-labelledby="ledger-{name}">'
        f'<h2 id="ledger-{name}">{title}</h2>'
        f'<p>{len(chapter.claims)} claims on <a href="{page}">this page</a>.{took}</p>'
        f'<div class="dl-scroll" tabindex="0" role="region" aria-label="Claims of {title}"><table>'
        '<thead><tr><th scope="col">Claim</th><th scope="col">Measured</th><th scope="col">Verdict</th></tr></thead>'
        f"<tbody>{rows}</tbody></table></div></section>"
    )
