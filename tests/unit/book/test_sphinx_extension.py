"""What the pages may quote, and what is done to their HTML."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockerlab.book.sphinx_extension import finish_page, mark_text_columns, substitutions


def test_pages_may_quote_these(executed: Path) -> None:
    quoted = substitutions(executed)
    assert set(quoted) == {"claims", "headline", "ledger", "claim_count", "exercises"}
    assert set(quoted["claims"]) == {"claim-fast", "claim-faster", "claim-small", "claim-it-answers"}
    assert quoted["claims"]["claim-fast"].startswith('<a href="../chapters/06_layer_caching.html#claim-fast">')
    assert quoted["claim_count"] == "4"
    assert "25×" in quoted["headline"]
    assert quoted["exercises"].startswith("## For chapter 1\n")
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


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("chapters/02_first", '<p class="dl-eyebrow">Chapter 2</p>\n<h1>First</h1>\n<div>not here</div><p>x</p>'),
        ("chapters/06_layer_caching", '<p class="dl-eyebrow">Chapter 6</p>\n<h1>First</h1><p>x</p>'),
        ("intro", "<h1>First</h1><p>x</p>"),
    ],
)
def test_a_page_whose_chapter_failed_says_so_below_its_title(page: str, expected: str) -> None:
    context = {"body": "<h1>First</h1><p>x</p>", "failure_notes": {"chapters/02_first": "<div>not here</div>"}}
    finish_page(None, page, "page.html", context, None)
    assert context["body"] == expected


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        ("chapters/02_first", "Docker Engine 28. Executed on 23 November 2026."),
        ("chapters/06_layer_caching", "Docker Engine 28."),
    ],
    ids=["executed", "never executed"],
)
def test_a_page_says_on_which_day_its_outputs_came_about(page: str, expected: str) -> None:
    """So that a page with stored outputs is known from one that was executed just now."""
    context = {
        "body": '<h1>x</h1><p class="dl-run">Docker Engine 28.</p><p>y</p>',
        "executed_on": {"chapters/02_first": "23 November 2026", "chapters/06_layer_caching": ""},
    }
    finish_page(None, page, "page.html", context, None)
    assert f'<p class="dl-run">{expected}</p><p>y</p>' in context["body"]
