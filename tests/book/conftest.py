"""The site, built from the stored outputs, and a browser to look at it with."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dockerlab import book
from dockerlab.browser import on_loopback, open_browser
from dockerlab.errors import BrowserUnavailable

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site's pages, built with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    book.copy_sources(ROOT, folder / "book")
    return book.build_site(folder / "book", folder)


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The site on loopback."""
    with on_loopback(site) as url:
        yield url


@pytest.fixture(scope="module")
def browser():
    """A browser; where none can be had, the test is skipped, but in continuous integration it fails."""
    with ExitStack() as stack:
        try:
            started = stack.enter_context(open_browser())
        except BrowserUnavailable as error:
            if os.environ.get("CI") != "true":
                pytest.skip(str(error))
            _install()
            started = stack.enter_context(open_browser())
        yield started


def _install() -> None:
    """Debian's Chromium, on a machine that is continuous integration's own."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"], **quiet)
