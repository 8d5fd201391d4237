"""The site, built from the stored outputs, and a browser to look at it with."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dockerlab.book.execute import copy_sources
from dockerlab.book.site import build_site
from tools.browser import on_loopback

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site's pages, built with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    copy_sources(ROOT, folder / "book")
    return build_site(folder / "book", folder, print)


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The address of the site, served on this machine."""
    with on_loopback(site) as url:
        yield url
