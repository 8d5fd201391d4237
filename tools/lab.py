"""The course's notebook server, and a notebook in a browser: for tests that look at JupyterLab."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

START_SECONDS = 120  # a server or a kernel starts, on whatever machine
NOTEBOOK = ".jp-NotebookPanel:not(.lm-mod-hidden)"  # the one in front
RUN_ALL = ("Run", "Run All Cells")  # a menu, and what to choose in it


@contextmanager
def open_lab(home: Path, root: Path) -> Iterator[str]:
    """Start `dockerlab lab` with a folder of its own for notebooks, settings and the learner's files.

    Yields:
        its address.

    Raises:
        AssertionError: it does not start.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    names = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "JUPYTERLAB_WORKSPACES_DIR")
    own = {name: str(home / ".jupyter" / name.lower()) for name in names} | {"DOCKERLAB_WORK": str(home / "work")}
    options = [
        "--no-browser",
        "--allow-root",
        f"--port={port}",
        "--ServerApp.ip=127.0.0.1",
        "--IdentityProvider.token=",
    ]
    options += ["--ServerApp.disable_check_xsrf=True", f"--ServerApp.root_dir={home}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = subprocess.Popen(
        [sys.executable, "-m", "dockerlab", "lab", *options], cwd=root, env=os.environ | own, **quiet
    )
    address = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{address}/api", timeout=5).close()
            break
        except OSError:
            assert server.poll() is None, "JupyterLab has ended"
            assert time.monotonic() < deadline
            time.sleep(0.3)
    try:
        yield address
    finally:
        requests.post(f"{address}/api/shutdown", timeout=30).raise_for_status()
        server.wait(START_SECONDS)


def run_all(page: object, until: str) -> None:
    """Run all cells of the notebook on a page once, and wait for something that they show.

    What is run before the kernel is there is lost: its [*] turns into [ ] again. What is run twice would replace what
    a test is looking at.

    Args:
        page: of Playwright.
        until: a selector.

    Raises:
        AssertionError: it does not appear.
    """
    prompt = page.locator(f"{NOTEBOOK} .jp-CodeCell .jp-InputPrompt").first
    prompt.wait_for(timeout=START_SECONDS * 1000)
    deadline = time.monotonic() + START_SECONDS
    while not page.locator(until).count():
        assert time.monotonic() < deadline, page.locator(".jp-OutputArea").all_inner_texts()
        if prompt.inner_text() == "[ ]:":
            for name in RUN_ALL:
                page.get_by_role("menuitem", name=name, exact=True).click()
        page.wait_for_timeout(500)


def end_kernels(address: str) -> None:
    """Shut down all kernels of a server."""
    for session in requests.get(f"{address}/api/sessions", timeout=30).json():
        requests.delete(f"{address}/api/sessions/{session['id']}", timeout=30).raise_for_status()
