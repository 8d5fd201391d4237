"""The ledger: claims and conditions out of notebooks."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup

from dockerlab.book.ledger import chapter_files, read_ledger
from dockerlab.book.notebooks import read_notebook, write_notebook
from dockerlab.show.claim import Claim
from dockerlab.show.ledger import Chapter, failure_note, ledger_html


def test_chapters_come_in_the_order_of_the_contents(executed: Path) -> None:
    assert [file.stem for file in chapter_files(executed)] == ["06_layer_caching", "02_first"]
    assert [(chapter.name, chapter.title) for chapter in read_ledger(executed)] == [
        ("06_layer_caching", "Caching"),
        ("02_first", "First <b>"),
    ]


def test_claims_and_conditions_are_those_of_the_last_run(executed: Path) -> None:
    caching, first = read_ledger(executed)
    assert caching.claims == (
        Claim("Fast", 25.3, "×", True),
        Claim("Faster", 92.0, "×", True),
        Claim("Small", 3, "MB", True),
    )
    assert first.claims == (Claim("It answers", "200", "", True),)
    assert first.run == {
        "date": "2026-11-23",
        "engine": "Docker Engine 28.5.2",
        "engine_source": "private",
        "store": "overlay2",
        "chapter": "02_first",
    }
    assert first.seconds == 96.2


def test_chapter_that_never_ran_has_no_claims_and_no_conditions(project: Path) -> None:
    (chapter,) = read_ledger(project)
    assert (chapter.claims, chapter.run, chapter.seconds) == ((), {}, 0)


def test_chapter_without_a_heading_is_called_by_its_file(project: Path) -> None:
    file = project / "chapters/01_tiny.ipynb"
    untitled = read_notebook(file)
    untitled.cells[0].source = "Just text, #not a heading"
    write_notebook(untitled, file)
    assert read_ledger(project)[0].title == "01_tiny"


@pytest.mark.parametrize(
    ("run", "failed", "expected"),
    [
        ({"date": "2026-11-23"}, {}, ""),
        (
            {"date": "2026-11-23"}, {"date": "2026-11-26", "cell": 4, "error": "ValueError: no"},
            "This chapter could not be executed here on 26 November 2026: ValueError: no (code cell 4). "
            "The outputs below are those stored on 23 November 2026.",
        ),
        (
            {}, {"date": "2026-11-26", "cell": 1, "error": "NameError: x"},
            "This chapter could not be executed here on 26 November 2026: NameError: x (code cell 1). "
            "It was never executed before, so it has no outputs.",
        ),
        (
            {"date": "2026-11-23"}, {"date": "2026-11-26", "cell": 4, "error": "E: <b>`*_$x$_*`</b>\n\n# Two\n{{ x }}"},
            "This chapter could not be executed here on 26 November 2026: E: <b>`*_$x$_*`</b> # Two {{ x }} "
            "(code cell 4). The outputs below are those stored on 23 November 2026.",
        ),
    ],
    ids=["executed", "failed", "never executed", "an error that looks like markup"],
)  # fmt: skip
def test_a_page_whose_chapter_failed_says_so(run: dict, failed: dict, expected: str) -> None:
    note = BeautifulSoup(failure_note(Chapter("02_first", "First", (), run, 0, failed)), "html.parser")
    said = note.select("div.admonition.warning p:not(.admonition-title)")
    assert " ".join(paragraph.get_text() for paragraph in said) == expected
    assert note.select("b, h1") == []


def test_the_appendix_says_which_chapter_could_not_be_executed(executed: Path) -> None:
    file = executed / "chapters/02_first.ipynb"
    chapter = read_notebook(file)
    chapter.metadata["dockerlab"]["failed"] = {"date": "2026-11-26", "cell": 4, "error": "ValueError: no"}
    write_notebook(chapter, file)
    caching, first = read_ledger(executed)
    assert (dict(caching.failed), first.failed["cell"]) == ({}, 4)
    sections = BeautifulSoup(ledger_html([caching, first]), "html.parser").select("section > p")
    assert ["could not be executed here on 26 November 2026" in p.get_text() for p in sections] == [False, True]
