"""The ledger: claims and conditions out of notebooks."""

import json
from pathlib import Path

import pytest

from dockerlab.book import ledger
from dockerlab.book import sphinx_extension as site
from dockerlab.text import minutes

RUN = {"date": "2026-11-23", "engine": "Docker Engine 28.5.2", "engine_source": "private", "store": "overlay2"}


def output(kind: str, facts: dict, html: str = "") -> dict:
    return {"output_type": "display_data", "data": {"text/html": [html]}, "metadata": {"dockerlab": {kind: facts}}}


def claim(statement: str, measured: float | str, unit: str = "", anchored: bool = True) -> dict:
    name = statement.lower().replace(" ", "-")
    facts = {"id": name, "statement": statement, "measured": measured, "unit": unit, "holds": True}
    return output("claim", facts, f'<div id="claim-{name}">' if anchored else "")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book with two chapters."""

    def write(name: str, title: str, *outputs: dict, run: dict = RUN) -> None:
        cells = [
            {"cell_type": "markdown", "source": [f"# {title}\n", "text"]},
            {"cell_type": "code", "source": "", "outputs": [output("run", run | {"chapter": name}), *outputs]},
        ]
        notebook = {"cells": cells, "metadata": {"dockerlab": {"seconds": 96.2}}, "nbformat": 4, "nbformat_minor": 5}
        (tmp_path / f"chapters/{name}.ipynb").write_text(json.dumps(notebook))

    (tmp_path / "chapters").mkdir()
    (tmp_path / "labs").mkdir()
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nparts:\n- chapters:\n"
        "  - file: chapters/04_layer_caching\n  - file: chapters/02_first\n- chapters:\n  - file: appendices/measured\n"
    )
    write("02_first", "First <b>", claim("It answers", "200"))
    claims = claim("Fast", 25.3, "×"), claim("Faster", 92.0, "×"), claim("Small & cut", 3, "MB")
    write("04_layer_caching", "Caching", *claims)
    return tmp_path


def test_chapters_come_in_the_order_of_the_contents(book: Path) -> None:
    read = ledger.read(book)
    assert [(c.name, c.title, len(c.claims)) for c in read] == [
        ("04_layer_caching", "Caching", 3),
        ("02_first", "First <b>", 1),
    ]
    assert read[0].run["engine"] == "Docker Engine 28.5.2"


def test_html_has_each_claim_with_link_figure_and_verdict(book: Path) -> None:
    page = ledger.to_html(ledger.read(book))
    assert '<a href="../chapters/04_layer_caching.html#claim-fast">Fast</a>' in page
    assert '<td class="dl-number">25.3 ×</td>' in page
    assert page.count('<td class="dl-verdict">holds</td>') == 4
    assert "Small &amp; cut" in page
    assert "First &lt;b&gt;" in page
    assert "<caption>All chapters</caption>" in page
    assert "23 November 2026" in page
    assert "started by the course for itself" in page
    assert "It ran in 1 min 36 s" in page


def test_conditions_that_differ_are_told_apart(book: Path) -> None:
    file = book / "chapters/02_first.ipynb"
    file.write_text(file.read_text().replace("overlay2", "overlayfs (containerd)"))
    page = ledger.to_html(ledger.read(book))
    assert "All chapters" not in page
    assert page.count("dl-conditions") == 2


def test_claim_without_anchor_links_to_its_page(book: Path) -> None:
    file = book / "chapters/02_first.ipynb"
    file.write_text(file.read_text().replace("claim-it-answers", "elsewhere"))
    assert '<a href="../chapters/02_first.html">It answers</a>' in ledger.to_html(ledger.read(book))


def test_headline_is_the_first_ratio_of_its_chapter(book: Path) -> None:
    shown = ledger.headline(ledger.read(book))
    assert '<p class="dl-headline-figure">25×</p>' in shown
    assert "chapters/04_layer_caching.html#claim-fast" in shown
    assert "Measured on 23 November 2026 with Docker Engine 28.5.2, overlay2" in shown


def test_book_that_never_ran_has_no_headline_and_says_so() -> None:
    assert ledger.headline([]) == ""
    assert "No chapter has been executed yet" in ledger.to_html([])


def test_text_for_the_terminal(book: Path) -> None:
    assert "  HOLDS          25.3 ×  Fast" in ledger.to_text(ledger.read(book))


def test_pages_may_quote_these(book: Path) -> None:
    assert set(site.substitutions(book)) == {"claims", "headline", "ledger", "claim_count"}
    assert site.substitutions(book)["claims"]["claim-fast"].startswith('<a href="../chapters/04_layer_caching.html#')
    assert site.substitutions(book)["claim_count"] == "4"


def test_columns_of_text_are_marked() -> None:
    table = (
        '<table border="1" class="dataframe"><thead><tr style="x"><th></th><th>name</th><th>MB</th></tr></thead>'
        "<tbody><tr><th>0</th><td>COPY . .</td><td>1.5</td></tr>"
        "<tr><th>1</th><td>3</td><td>-2</td></tr></tbody></table>"
    )
    marked = site.mark_text_columns(table)
    assert '<th class="dl-text">name</th>' in marked
    assert '<td class="dl-text">COPY . .</td><td>1.5</td>' in marked
    assert "<th>MB</th>" in marked
    assert "<th>0</th>" in marked
    assert '<tr style="x"><td></td>' in marked, "an empty heading confuses screen readers"


@pytest.mark.parametrize(("seconds", "text"), [(45.4, "45 s"), (59.6, "1 min 00 s"), (130, "2 min 10 s")])
def test_minutes(seconds: float, text: str) -> None:
    assert minutes(seconds) == text
