"""The course's notebook server, and a notebook in a browser: for tests that look at JupyterLab."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import requests

START_SECONDS = 120  # a server or a kernel starts, on whatever machine
STOP_SECONDS = 60
LOST_SECONDS = 5  # a run whose [*] has not appeared after so long is lost
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
    try:
        deadline = time.monotonic() + START_SECONDS
        while not answers(address):
            assert server.poll() is None, "JupyterLab has ended"
            assert time.monotonic() < deadline, "JupyterLab does not start"
            time.sleep(0.3)
        yield address
    finally:
        server.terminate()  # it ends its kernels
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:  # all is done but for a worker thread that AnyIO has left waiting
            server.kill()
            server.wait()


def answers(address: str) -> bool:
    """Whether a server answers there."""
    try:
        return requests.get(f"{address}/api", timeout=5).ok
    except requests.RequestException:
        return False


def run_all(page: object, until: str) -> None:
    """Run all cells of the notebook in front once, and wait for something that they show.

    What is run before JupyterLab is connected to a kernel is lost, or it asks for one. A run that is lost all the same
    leaves [ ] beside the first cell, and is begun again. What is run twice would replace what a test is looking at.

    Args:
        page: of Playwright.
        until: a selector.

    Raises:
        AssertionError: it does not appear.
    """
    prompt = page.locator(f"{NOTEBOOK} .jp-CodeCell .jp-InputPrompt").first
    prompt.wait_for(timeout=START_SECONDS * 1000)
    deadline = time.monotonic() + START_SECONDS
    while not is_connected(page):
        assert time.monotonic() < deadline, "JupyterLab is not connected to a kernel"
        page.wait_for_timeout(300)
    while not page.locator(until).count():
        assert time.monotonic() < deadline, page.locator(".jp-OutputArea, .jp-Dialog").all_inner_texts()
        assert not page.locator(".jp-Dialog").count(), page.locator(".jp-Dialog").all_inner_texts()
        if prompt.inner_text() == "[ ]:":
            page.keyboard.press("Escape")  # a menu that is open would be closed by the next click
            for name in RUN_ALL:
                page.get_by_role("menuitem", name=name, exact=True).click()
            page.wait_for_timeout(LOST_SECONDS * 1000)
        page.wait_for_timeout(300)


def is_connected(page: object) -> bool:
    """Whether a kernel of the page's server is idle, and a page is connected to it."""
    sessions = page.request.get(urljoin(page.url, "/api/sessions")).json()  # with the page's cookies
    kernels = [session["kernel"] for session in sessions]
    return any(kernel["connections"] and kernel["execution_state"] == "idle" for kernel in kernels)


def end_kernels(address: str, token: str = "") -> None:
    """Shut down all kernels of a server."""
    allowed = {"headers": {"Authorization": f"token {token}"} if token else {}, "timeout": 30}
    for session in requests.get(f"{address}/api/sessions", **allowed).json():
        requests.delete(f"{address}/api/sessions/{session['id']}", **allowed).raise_for_status()
