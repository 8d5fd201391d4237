"""The course's Sphinx extension: lets the pages quote what the chapters measured, and finishes their HTML.

A Markdown page may write `{{ headline }}`, `{{ ledger }}`, `{{ claim_count }}`, `{{ claims["claim-…"] }}`,
`{{ exercises }}`, `{{ repository }}`, `{{ clone }}` or `{{ binder }}`. The figures are read from the notebooks that
are being built, so a page cannot state one that no chapter measured.
"""

import html
import itertools
import re
from pathlib import Path

from dockerlab.book.ledger import read_ledger
from dockerlab.exercise.task import all_tasks
from dockerlab.show.ledger import claim_link, failure_note, headline, ledger_html
from dockerlab.show.task import exercises_page
from dockerlab.text import day


def setup(app) -> dict:
    """Called by Sphinx."""
    app.connect("config-inited", _add_figures)
    app.connect("html-page-context", finish_page)
    # Jupyter Book sets this for sphinx_comments, which this site does not load.
    app.add_config_value("comments_config", {}, "html")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_figures(app, config) -> None:
    options = config.html_theme_options
    repository = options["repository_url"]
    owner_and_name = repository.removeprefix("https://github.com/")
    hub, branch = options["launch_buttons"]["binderhub_url"], options["repository_branch"]
    chapters = {f"chapters/{chapter.name}": chapter for chapter in read_ledger(Path(app.srcdir))}
    config.html_context["failure_notes"] = {page: failure_note(chapter) for page, chapter in chapters.items()}
    config.html_context["executed_on"] = {page: day(chapter.run.get("date", "")) for page, chapter in chapters.items()}
    config.myst_substitutions |= substitutions(Path(app.srcdir)) | {
        "repository": f"[{repository.removeprefix('https://')}]({repository})",
        "clone": f"```bash\ngit clone {repository}\ncd {Path(owner_and_name).name}\nmake book\n```",
        "binder": f"[Open the book on Binder]({hub}/v2/gh/{owner_and_name}/{branch}?urlpath=lab/tree/start.ipynb)",
    }


_RUN_LINE = re.compile(r'(<p class="dl-run">[^<]*)</p>')
_TABLE = re.compile(r'<table border="1" class="dataframe">.*?</table>', re.S)
_ROW = re.compile(r"<tr.*?</tr>", re.S)
_CELL = re.compile(r"<(t[dh])(?P<attributes>[^>]*)>(?P<text>.*?)</\1>", re.S)
_NUMBER = re.compile(r"\s*(?:[-+−]?[\d.,]+(?:e[-+]?\d+)?\s*[%×]?|NaN|)\s*")


def finish_page(app, page, template, context, doctree) -> None:
    """Finish a page's HTML.

    A chapter's number goes above its title, and below it the note that it could not be executed; the line that says
    with which engine it was executed also says when. In tables of pandas, the columns that hold text are marked.
    """
    body = context.get("body", "")
    if when := context.get("executed_on", {}).get(page):
        body = _RUN_LINE.sub(lambda line: f"{line[1]} Executed on {html.escape(when)}.</p>", body, count=1)
    if note := context.get("failure_notes", {}).get(page):
        body = body.replace("</h1>", f"</h1>\n{note}", 1)
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
        "exercises": exercises_page(all_tasks()),
        "claim_count": str(sum(len(chapter.claims) for chapter in chapters)),
    }
