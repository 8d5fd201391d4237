"""What the start page gathers."""

import pytest

from dockerlab.book.ledger import chapter_files
from dockerlab.errors import EngineUnavailable
from dockerlab.lesson import start_page
from dockerlab.lesson.start import NO_ENGINE
from dockerlab.paths import course_root


@pytest.fixture(autouse=True)
def no_engine(monkeypatch, tmp_path):
    def find(**options):
        assert options == {"start": False}  # looking at the page starts nothing
        raise EngineUnavailable("None.", advice="Install one.")

    monkeypatch.setattr("dockerlab.lesson.start.find", find)
    monkeypatch.setenv("DOCKERLAB_WORK", str(tmp_path))


def test_without_an_engine_it_says_who_will_start_one():
    assert NO_ENGINE in str(start_page())


def test_it_links_to_every_chapter():
    page = start_page().to_html()
    assert [file.name for file in chapter_files(course_root()) if f'href="chapters/{file.name}"' not in page] == []
