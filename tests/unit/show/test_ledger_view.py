"""The ledger as text and HTML."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dockerlab.show.claim import Claim
from dockerlab.show.ledger import Chapter, claim_link, headline, ledger_html, ledger_text

RUN = {
    "chapter": "x",
    "date": "2026-11-23",
    "engine": "Docker Engine 28.5.2",
    "engine_source": "private",
    "store": "overlay2",
}
CACHING = Chapter(
    name="06_layer_caching",
    title="Caching",
    claims=(
        Claim("Fast", 25.3, "×", True),
        Claim("Faster", 92.0, "×", True),
        Claim("Small & cut", 3, "MB", True),
    ),
    run=RUN,
    seconds=96.2,
)
FIRST = Chapter("02_first", "First <b>", (Claim("It answers", "200", "", True),), RUN, 0)


def test_html_has_each_claim_with_link_figure_and_verdict() -> None:
    page = ledger_html([CACHING, FIRST])
    assert '<a href="../chapters/06_layer_caching.html#claim-fast">Fast</a>' in page
    assert '<td class="dl-number">25.3×</td>' in page
    assert page.count('<td class="dl-verdict">holds</td>') == 4
    assert "<p>3 claims on" in page
    assert page.count("It ran in") == 1, "only of a chapter whose time is known"
    assert "It ran in 1 min 36 s." in page


@pytest.mark.parametrize("text", ["Small &amp; cut", "First &lt;b&gt;", 'aria-label="Claims of First &lt;b&gt;"'])
def test_html_is_escaped(text: str) -> None:
    assert text in ledger_html([CACHING, FIRST])


def test_claim_that_fails_says_so() -> None:
    failed = replace(FIRST, claims=(Claim("It answers", "500", "", False),))
    assert '<tr class="dl-fails">' in ledger_html([failed])
    assert '<td class="dl-verdict">fails</td>' in ledger_html([failed])
    assert "  FAILS             500  It answers" in ledger_text([failed])


@pytest.mark.parametrize(
    ("key", "text"), [("date", "23 November 2026"), ("engine_source", "started by the course for itself")]
)
def test_conditions_are_in_words(key: str, text: str) -> None:
    assert f"<td>{text}</td>" in ledger_html([CACHING])
    assert text not in ledger_html([replace(CACHING, run=RUN | {key: ""})])


@pytest.mark.parametrize(
    ("store", "captions"), [("overlay2", ["All chapters"]), ("overlayfs (containerd)", ["Caching", "First &lt;b&gt;"])]
)
def test_chapters_that_ran_under_other_conditions_get_their_own_table(store: str, captions: list[str]) -> None:
    page = ledger_html([CACHING, replace(FIRST, run=RUN | {"store": store})])
    assert page.count("dl-conditions") == len(captions)
    assert [caption for caption in captions if f"<caption>{caption}</caption>" not in page] == []


def test_headline_is_the_first_ratio_of_its_chapter() -> None:
    shown = headline([FIRST, replace(CACHING, claims=CACHING.claims[::-1][:1] + CACHING.claims)])
    assert '<p class="dl-headline-figure">25×</p>' in shown
    assert 'href="chapters/06_layer_caching.html#claim-fast"' in shown
    assert "Measured on 23 November 2026 with Docker Engine 28.5.2, overlay2" in shown


@pytest.mark.parametrize(
    "chapters",
    [
        [],
        [FIRST],
        [replace(CACHING, name="05_other")],
        [replace(CACHING, claims=(Claim("Fast", "as ever", "×", True),))],
    ],
    ids=["no chapter", "no ratio", "another chapter", "no number"],
)
def test_without_a_ratio_there_is_no_headline(chapters: list[Chapter]) -> None:
    assert headline(chapters) == ""


@pytest.mark.parametrize("chapters", [[], [replace(CACHING, claims=())]])
def test_book_that_never_ran_says_so(chapters: list[Chapter]) -> None:
    assert ledger_html(chapters) == "<p>No chapter has been executed yet.</p>"


def test_figure_links_to_the_cell_that_measured_it() -> None:
    link = claim_link(CACHING, CACHING.claims[0])
    assert link == '<a href="../chapters/06_layer_caching.html#claim-fast">25.3×</a>'


def test_text_for_the_terminal() -> None:
    assert ledger_text([CACHING, FIRST]).splitlines() == [
        "06_layer_caching  2026-11-23, Docker Engine 28.5.2, private, overlay2",
        "  HOLDS           25.3×  Fast",
        "  HOLDS             92×  Faster",
        "  HOLDS            3 MB  Small & cut",
        "02_first  2026-11-23, Docker Engine 28.5.2, private, overlay2",
        "  HOLDS             200  It answers",
    ]
