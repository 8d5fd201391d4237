"""What the pages may quote, and what is done to their HTML."""

from __future__ import annotations

from pathlib import Path

from dockerlab.book.sphinx_extension import mark_text_columns, substitutions


def test_pages_may_quote_these(executed: Path) -> None:
    quoted = substitutions(executed)
    assert set(quoted) == {"claims", "headline", "ledger", "claim_count"}
    assert set(quoted["claims"]) == {"claim-fast", "claim-faster", "claim-small", "claim-it-answers"}
    assert quoted["claims"]["claim-fast"].startswith('<a href="../chapters/04_layer_caching.html#claim-fast">')
    assert quoted["claim_count"] == "4"
    assert "25×" in quoted["headline"]
    assert "<caption>All chapters</caption>" in quoted["ledger"]


def test_columns_of_text_are_marked() -> None:
    table = (
        '<table border="1" class="dataframe"><thead><tr style="x"><th></th><th>name</th><th>MB</th></tr></thead>'
        "<tbody><tr><th>0</th><td>COPY . .</td><td>1.5</td></tr>"
        "<tr><th>1</th><td>3</td><td>-2</td></tr></tbody></table>"
    )
    marked = mark_text_columns(table)
    assert '<th class="dl-text">name</th>' in marked
    assert '<td class="dl-text">COPY . .</td><td>1.5</td>' in marked
    assert "<th>MB</th>" in marked
    assert "<th>0</th>" in marked
    assert '<tr style="x"><td></td>' in marked, "an empty heading confuses screen readers"
