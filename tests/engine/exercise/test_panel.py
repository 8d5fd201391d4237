"""The panel of an exercise in a real JupyterLab: operated by keyboard alone, from the task to the last tick."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest

from dockerlab.exercise.progress import FILE
from dockerlab.paths import project_root
from dockerlab.run import docker_command
from tools.lab import end_kernels, open_lab, run_all

pytestmark = [pytest.mark.engine, pytest.mark.browser]

ROOT = project_root(Path(__file__).parent)
NAME, CONTAINER = "first-run", "hello"
CELL = f"from dockerlab.lesson.exercises import exercise\nexercise({NAME!r})"
WAIT = 120_000  # ms: a kernel starts, on whatever machine


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The course's JupyterLab with one notebook; its address, and the learner's folder."""
    home = tmp_path_factory.mktemp("lab")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(CELL)])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, home / "turn.ipynb")
    with open_lab(home, ROOT) as address:
        yield address, home


@pytest.fixture
def page(lab, browser):
    """The notebook, opened and run once, in a kernel of its own."""
    address, _ = lab
    page = browser.new_page(viewport={"width": 1200, "height": 1100})
    page.goto(f"{address}/lab/tree/turn.ipynb?reset")
    run_all(page, ".dl-panel button")
    yield page
    page.close()
    end_kernels(address)


@pytest.fixture
def clear(engine):
    """Without the learner's container, before and after."""

    def remove():
        if engine.run("ps", "-aq", "--filter", f"name=^{CONTAINER}$").strip():
            engine.run("rm", "-f", CONTAINER)

    remove()
    yield
    remove()


def press(page, words):
    """Go to a button with the Tab key, and press it with the space bar."""
    page.locator(".dl-panel button").first.focus()
    for _ in range(12):
        if page.evaluate("document.activeElement.textContent").strip() == words:
            break
        page.keyboard.press("Tab")
    else:
        raise AssertionError(f"Tab never came to {words}")
    page.keyboard.press("Space")


def answer(page, question, words):
    """Answer what the panel asks; its Yes has the focus then."""
    page.locator(".dl-panel").get_by_text(question).wait_for(timeout=WAIT)
    page.wait_for_function("document.activeElement.textContent.trim() == 'Yes'", timeout=WAIT)
    press(page, words)
    page.locator(".dl-panel").get_by_text(question).wait_for(state="hidden", timeout=WAIT)


def progress(home):
    return json.loads((home / "work" / FILE).read_text())["exercises"][NAME]


def test_an_exercise_is_passed_by_keyboard_and_the_panel_notices_by_itself(lab, page, engine, clear):
    _, home = lab
    report = page.locator(".dl-panel .dl-report")
    assert "not yet: There is a container called hello." in report.inner_text()
    press(page, "Next hint")
    page.locator(".dl-panel").get_by_text("starts a new container from an image").wait_for(timeout=WAIT)
    press(page, "Check")
    page.wait_for_timeout(1000)
    assert progress(home)["hints"] == [0]
    assert progress(home)["tries"] >= 1
    # In another window, the learner types the command.
    docker_command(["run", "--name", CONTAINER, "python:3.11-slim", "echo", "Hello from a container"], engine=engine)
    page.locator(".dl-panel").get_by_text("passed, 4 of 4").wait_for(timeout=WAIT)
    assert progress(home)["passed"]
    shots = Path(os.environ.get("DOCKERLAB_SHOTS", home))
    page.screenshot(path=shots / "panel.png")


def test_reset_and_solution_ask_first(lab, page, engine, clear):
    _, home = lab
    docker_command(["run", "--name", CONTAINER, "python:3.11-slim", "echo", "hi"], engine=engine)
    press(page, "Reset")
    answer(page, "Remove hello?", "No")
    assert engine.run("ps", "-aq", "--filter", f"name=^{CONTAINER}$").strip()
    press(page, "Reset")
    answer(page, "Remove hello?", "Yes")
    page.locator(".dl-panel").get_by_text("not yet: There is a container called hello.").wait_for(timeout=WAIT)
    assert not engine.run("ps", "-aq", "--filter", f"name=^{CONTAINER}$").strip()
    press(page, "Show solution")
    answer(page, "Show the solution?", "Yes")
    page.locator(".dl-panel").get_by_text("docker run --name hello").wait_for(timeout=WAIT)
    assert progress(home)["solution"]


def test_a_kernel_that_restarts_loses_no_progress(lab, page, engine, clear):
    _, home = lab
    press(page, "Next hint")
    page.locator(".dl-panel").get_by_text("starts a new container from an image").wait_for(timeout=WAIT)
    docker_command(["run", "--name", CONTAINER, "python:3.11-slim", "echo", "Hello from a container"], engine=engine)
    page.locator(".dl-panel").get_by_text("passed, 4 of 4").wait_for(timeout=WAIT)
    before = progress(home)
    page.evaluate("document.querySelector('.dl-panel').dataset.former = 'yes'")
    for name in ("Kernel", "Restart Kernel and Run All Cells…"):
        page.get_by_role("menuitem", name=name, exact=True).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    panel = page.locator(".dl-panel:not([data-former])")
    panel.get_by_text("passed, 4 of 4").wait_for(timeout=WAIT)
    assert "starts a new container from an image" in panel.inner_text()
    assert progress(home) == before


def test_the_panel_is_accessible(page, clear):
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, context=".dl-panel")
    assert [(rule["id"], len(rule["nodes"])) for rule in found.response["violations"]] == []
