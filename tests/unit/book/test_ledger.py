"""The ledger: claims and conditions out of notebooks."""

from __future__ import annotations

from pathlib import Path

from dockerlab.book.ledger import chapter_files, read_ledger
from dockerlab.book.notebooks import read_notebook, write_notebook
from dockerlab.show.claim import Claim


def test_chapters_come_in_the_order_of_the_contents(executed: Path) -> None:
    assert [file.stem for file in chapter_files(executed)] == ["04_layer_caching", "02_first"]
    assert [(chapter.name, chapter.title) for chapter in read_ledger(executed)] == [
        ("04_layer_caching", "Caching"),
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
