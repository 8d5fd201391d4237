"""The site, built from the stored outputs, and a browser to look at it with."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dockerlab import book

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# A fresh profile that asks nobody for anything.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
HOW = "apt-get install chromium, or .venv/bin/playwright install chromium"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the site's pages, built with warnings as errors."""
    folder = tmp_path_factory.mktemp("site")
    book.copy_sources(ROOT, folder / "book")
    return book.build_site(folder / "book", folder)


@pytest.fixture(scope="session")
def address(site: Path) -> Iterator[str]:
    """The site on loopback."""
    handler = functools.partial(book.QuietHandler, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser():
    """A browser; where none can be had, the test is skipped, but in continuous integration it fails."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = _find(playwright.chromium.executable_path)
        if program is None and os.environ.get("CI") == "true":
            program = _install()
            if program is None:
                pytest.fail(f"No Chromium or Chrome in continuous integration: {HOW}")
        if program is None:
            pytest.skip(f"no Chromium or Chrome on this machine: {HOW}")
        started = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield started
        started.close()


def _find(of_playwright: str) -> str | None:
    named = os.environ.get("DOCKERLAB_BROWSER")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return named or found or (of_playwright if Path(of_playwright).exists() else None)


def _install() -> str | None:
    """Debian's Chromium, on a machine that is continuous integration's own."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stdin": subprocess.DEVNULL, "check": False}
        subprocess.run(["apt-get", "update", "-q"], **quiet)
        subprocess.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"], **quiet)
    return shutil.which("chromium")
