"""A headless browser, and a site served on this machine: for the page tests and `make bench`.

Only `open_browser` needs Playwright, which requirements-dev.txt installs.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from dockerlab.book.site import site_server
from dockerlab.errors import DockerLabError

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
# No sandbox, since root has none; and no requests of the browser's own.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserUnavailable(DockerLabError):
    """There is no Chromium or Chrome to look at the site with."""

    def __init__(self) -> None:
        super().__init__(
            "There is no Chromium or Chrome on this machine.",
            advice="To get one: apt-get install chromium, or .venv/bin/playwright install chromium",
        )


@contextmanager
def open_browser() -> Iterator[Browser]:
    """A headless browser: the one that DOCKERLAB_BROWSER names, the machine's, or Playwright's own, in this order.

    Raises:
        BrowserUnavailable: there is none of them.
    """
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        program = find_browser(playwright.chromium.executable_path)
        if program is None:
            raise BrowserUnavailable()
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


def find_browser(of_playwright: str) -> str | None:
    """The program to start; `of_playwright` is the path that Playwright's own would have."""
    named = os.environ.get("DOCKERLAB_BROWSER")
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    return named or found or (of_playwright if Path(of_playwright).exists() else None)


@contextmanager
def on_loopback(site: Path) -> Iterator[str]:
    """Serve a folder of pages on a free port of this machine; yields the address, which ends with a slash."""
    with site_server(site) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()
