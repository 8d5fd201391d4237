"""The course's Sphinx extension: lets the pages quote what the chapters measured, and finishes their HTML.

A Markdown page may write `{{ headline }}`, `{{ ledger }}`, `{{ claim_count }}`, `{{ claims["claim-…"] }}`,
`{{ repository }}`, `{{ clone }}` or `{{ binder }}`. The figures are read from the notebooks that are being built, so
a page cannot state one that no chapter measured.
"""

import itertools
import re
from pathlib import Path

from dockerlab.book.ledger import read_ledger
from dockerlab.show.ledger import claim_link, headline, ledger_html


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("config-inited", _add_figures)
    app.connect("html-page-context", _finish_page)
    # Jupyter Book sets this for sphinx_comments, which this site does not load.
    app.add_config_value("comments_config", {}, "html")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_figures(app, config) -> None:
    options = config.html_theme_options
    repository = options["repository_url"]
    owner_and_name = repository.removeprefix("https://github.com/")
    hub, branch = options["launch_buttons"]["binderhub_url"], options["repository_branch"]
    config.myst_substitutions |= substitutions(Path(app.srcdir)) | {
        "repository": f"[{repository.removeprefix('https://')}]({repository})",
        "clone": f"```bash\ngit clone {repository}\ncd {Path(owner_and_name).name}\nmake book\n```",
        "binder": f"[Open the book on Binder]({hub}/v2/gh/{owner_and_name}/{branch}?urlpath=lab/tree/chapters)",
    }


_TABLE = re.compile(r'<table border="1" class="dataframe">.*?</table>', re.S)
_ROW = re.compile(r"<tr.*?</tr>", re.S)
_CELL = re.compile(r"<(t[dh])(?P<attributes>[^>]*)>(?P<text>.*?)</\1>", re.S)
_NUMBER = re.compile(r"\s*(?:[-+−]?[\d.,]+(?:e[-+]?\d+)?\s*[%×]?|NaN|)\s*")


def _finish_page(app, page, template, context, doctree) -> None:
    """Put a chapter's number above its title, and mark the columns of pandas tables that hold text."""
    body = context.get("body", "")
    if number := re.match(r"chapters/(\d+)_", page):
        body = body.replace("<h1>", f'<p class="dl-eyebrow">Chapter {int(number[1])}</p>\n<h1>', 1)
    if body:
        context["body"] = _TABLE.sub(lambda table: mark_text_columns(table[0]), body)


def mark_text_columns(table: str) -> str:
    """Give each cell the class dl-text whose column holds anything but numbers; the style sheet aligns by it."""
    rows = [list(_CELL.finditer(row)) for row in _ROW.findall(table)]
    body = [cells for cells in rows if any(cell[1] == "td" for cell in cells)]
    text = {i for cells in body for i, cell in enumerate(cells) if not _NUMBER.fullmatch(cell["text"])}

    def mark_row(row: re.Match) -> str:
        column = itertools.count()

        def mark(cell: re.Match) -> str:
            extra = ' class="dl-text"' if next(column) in text else ""
            kind = cell[1] if cell["text"] else "td"  # the corner above the index heads nothing
            return f"<{kind}{extra}{cell['attributes']}>{cell['text']}</{kind}>"

        return _CELL.sub(mark, row[0])

    return _ROW.sub(mark_row, table)


def substitutions(root: Path) -> dict[str, str | dict[str, str]]:
    """What the pages may quote. `claims` holds each claim's figure, linked to its cell, by the claim's anchor."""
    chapters = read_ledger(root)
    return {
        "claims": {f"claim-{c.id}": claim_link(chapter, c) for chapter in chapters for c in chapter.claims},
        "headline": headline(chapters),
        "ledger": ledger_html(chapters),
        "claim_count": str(sum(len(chapter.claims) for chapter in chapters)),
    }
