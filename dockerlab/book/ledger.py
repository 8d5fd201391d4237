"""What the book measured: the claims and conditions that the executed chapters carry in their outputs' metadata.

Reads notebooks as plain JSON, so that the site, the tests and the command line share one quick reader.
"""

from __future__ import annotations

import html
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dockerlab.text import day, minutes

# The landing page shows the first ratio that this chapter claims.
HEADLINE_CHAPTER = "04_layer_caching"

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
class Entry:
    """A claim as a chapter's last run left it.

    Attributes:
        statement, figure, holds: the sentence, the measured figure with its unit, the verdict.
        measured: the figure as a number or words.
        unit: of the figure.
        anchor: of the claim on its page, "" where it has none.
    """

    statement: str
    figure: str
    holds: bool
    measured: float | str
    unit: str
    anchor: str


@dataclass(frozen=True)
class Chapter:
    """A chapter, its claims and the conditions of its last run.

    Attributes:
        name: of the file, without its ending: 04_layer_caching.
        title: its first heading.
        claims: in the order of the page.
        run: the conditions; empty where the chapter was never executed.
        seconds: how long the last run took; 0 where not known.
    """

    name: str
    title: str
    claims: tuple[Entry, ...]
    run: Mapping[str, str]
    seconds: float


def chapter_files(root: Path) -> list[Path]:
    """The notebooks that _toc.yml names, in the order of the book."""
    import yaml

    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    names = [entry["file"] for part in toc.get("parts", [toc]) for entry in part.get("chapters", [])]
    files = (root / f"{name}.ipynb" for name in names)
    return [file for file in files if file.is_file()]


def read(root: Path) -> list[Chapter]:
    """The ledger of the chapters below `root`."""
    return [read_chapter(file) for file in chapter_files(root)]


def read_chapter(file: Path) -> Chapter:
    """One chapter's part of the ledger."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    run: Mapping[str, str] = {}
    claims = []
    for output, facts in _facts(notebook):
        run = facts.get("run", run)
        if claim := facts.get("claim"):
            anchor = f"claim-{claim['id']}"
            has_anchor = f'id="{anchor}"' in _joined(output.get("data", {}).get("text/html", ""))
            claims.append(
                Entry(
                    statement=claim["statement"],
                    figure=claim.get("figure") or f"{claim['measured']} {claim['unit']}".strip(),
                    holds=claim["holds"],
                    measured=claim["measured"],
                    unit=claim["unit"],
                    anchor=anchor if has_anchor else "",
                )
            )
    seconds = notebook["metadata"].get("dockerlab", {}).get("seconds", 0)
    return Chapter(file.stem, _title(notebook) or file.stem, tuple(claims), run, seconds)


def to_html(chapters: Iterable[Chapter], folder: str = "../chapters/") -> str:
    """The whole ledger: the conditions, then a table of claims a chapter. `folder` leads to the chapters' pages."""
    chapters = [chapter for chapter in chapters if chapter.claims]
    if not chapters:
        return "<p>No chapter has been executed yet.</p>"
    parts = [_conditions(chapters)]
    for chapter in chapters:
        page = f"{folder}{chapter.name}.html"
        took = f" It ran in {minutes(chapter.seconds)}." if chapter.seconds else ""
        rows = "".join(
            f'<tr class="dl-{"holds" if c.holds else "fails"}">'
            f'<td><a href="{page}{"#" * bool(c.anchor)}{c.anchor}">{html.escape(c.statement)}</a></td>'
            f'<td class="dl-number">{html.escape(c.figure)}</td>'
            f'<td class="dl-verdict">{"holds" if c.holds else "fails"}</td></tr>'
            for c in chapter.claims
        )
        parts.append(
            f'<section class="dl-ledger" aria-labelledby="ledger-{chapter.name}">'
            f'<h2 id="ledger-{chapter.name}">{html.escape(chapter.title)}</h2>'
            f'<p>{len(chapter.claims)} claims on <a href="{page}">this page</a>.{took}</p>'
            '<div class="dl-scroll" tabindex="0" role="region" '
            f'aria-label="Claims of {html.escape(chapter.title)}"><table>'
            '<thead><tr><th scope="col">Claim</th><th scope="col">Measured</th>'
            '<th scope="col">Verdict</th></tr></thead>'
            f"<tbody>{rows}</tbody></table></div></section>"
        )
    return "".join(parts)


def to_text(chapters: Iterable[Chapter]) -> str:
    """The ledger for a terminal."""
    lines = []
    for chapter in chapters:
        lines.append(f"{chapter.name}  {', '.join(str(v) for k, v in chapter.run.items() if k != 'chapter')}")
        lines += [f"  {'HOLDS' if c.holds else 'FAILS'}  {c.figure:>14}  {c.statement}" for c in chapter.claims]
    return "\n".join(lines)


def headline(chapters: Iterable[Chapter], folder: str = "chapters/") -> str:
    """The landing page's one figure, with what it says and the conditions it was measured under; "" without one."""
    found = [(c, chapter) for chapter in chapters if chapter.name == HEADLINE_CHAPTER for c in chapter.claims]
    ratios = [(c, chapter) for c, chapter in found if c.unit == "×" and not isinstance(c.measured, str)]
    if not ratios:
        return ""
    claim, chapter = ratios[0]
    page = f"{folder}{chapter.name}.html{'#' * bool(claim.anchor)}{claim.anchor}"
    run = chapter.run
    where = ", ".join(run[key] for key in ("engine", "store", "machine") if run.get(key))
    return (
        f'<div class="dl-headline"><p class="dl-headline-figure">{html.escape(f"{claim.measured:.0f}×")}</p>'
        f'<div><p class="dl-headline-claim">{html.escape(claim.statement)}</p>'
        f'<p class="dl-headline-source">Measured on {day(run.get("date", ""))} with {html.escape(where)}. '
        f'<a href="{page}">See the cell that measured it</a></p></div></div>'
    )


def link(claim: Entry, chapter: Chapter, folder: str = "../chapters/") -> str:
    """The measured figure, as a link to the cell that measured it."""
    return f'<a href="{folder}{chapter.name}.html#{claim.anchor}">{html.escape(claim.figure)}</a>'


def _facts(notebook: dict) -> Iterator[tuple[dict, dict]]:
    for cell in notebook["cells"]:
        for output in cell.get("outputs", ()):
            if facts := output.get("metadata", {}).get("dockerlab"):
                yield output, facts


def _title(notebook: dict) -> str:
    for cell in notebook["cells"]:
        for line in _joined(cell["source"]).splitlines() if cell["cell_type"] == "markdown" else ():
            if line.startswith("# "):
                return line[2:].strip()
    return ""


def _joined(text: str | list[str]) -> str:
    return text if isinstance(text, str) else "".join(text)


def _conditions(chapters: list[Chapter]) -> str:
    """One table where all chapters ran under the same conditions, else one for each set of them."""
    groups: dict[tuple[str, ...], list[Chapter]] = {}
    for chapter in chapters:
        groups.setdefault(tuple(str(chapter.run.get(key, "")) for key in CONDITIONS), []).append(chapter)
    tables = []
    for values, members in groups.items():
        caption = "All chapters" if len(groups) == 1 else ", ".join(chapter.title for chapter in members)
        rows = "".join(
            f'<tr><th scope="row">{label}</th><td>{html.escape(_condition(key, value))}</td></tr>'
            for (key, label), value in zip(CONDITIONS.items(), values, strict=True)
            if value
        )
        tables.append(
            f'<table class="dl-conditions"><caption>{html.escape(caption)}</caption><tbody>{rows}</tbody></table>'
        )
    return "".join(tables)


def _condition(key: str, value: str) -> str:
    if key == "date":
        return day(value)
    return ENGINE_SOURCES.get(value, value) if key == "engine_source" else value
