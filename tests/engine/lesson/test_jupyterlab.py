"""The course in a real JupyterLab: its start page, and how what the library shows looks there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import nbformat
import pytest
import requests
from websocket import create_connection  # of jupyter_server

from dockerlab.exercise.task import task_names
from dockerlab.paths import project_root
from tools.lab import START_SECONDS, end_kernels, open_lab, run_all

pytestmark = [pytest.mark.engine, pytest.mark.browser]

ROOT = project_root(Path(__file__).parent)
THEMES = "@jupyterlab/apputils-extension:themes"
WAIT = START_SECONDS * 1000
CELLS = (
    "from dockerlab.lesson import *\nfrom dockerlab.show.notebook import bring_look, code\nbring_look()",
    'claim("Two and two are four", "4", 2 + 2 == 4)',
    'code("--- a\\n+++ b\\n-old\\n+new", "diff")',
    'print("the answer")\nclaim("It stays folded", "yes", True)',
)


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The course's JupyterLab, with the start page and one notebook that was run before; its address."""
    home = tmp_path_factory.mktemp("lab")
    shutil.copy(ROOT / "start.ipynb", home)
    shutil.copytree(ROOT / "jupyter", home / "jupyter")
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
    book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folded = book.cells[-1]
    folded.metadata = {"jupyter": {"outputs_hidden": True}}
    page = '<table class="dl-steps"><tr><td>the answer</td></tr></table>'
    folded.outputs = [nbformat.v4.new_output("display_data", {"text/html": page, "text/plain": "the answer"})]
    nbformat.write(book, home / "chapter.ipynb")
    with open_lab(home, ROOT) as address:
        yield address


@pytest.fixture
def page(lab, browser):
    page = browser.new_page(viewport={"width": 1300, "height": 1100})
    yield page
    page.close()
    end_kernels(lab)


def style(page, selector, name):
    return page.locator(selector).first.evaluate(f"element => getComputedStyle(element)['{name}']")


def test_it_opens_on_the_start_page_without_a_pop_up(lab, page):
    page.goto(lab)
    run_all(page, ".dl-panel button")
    assert page.url.endswith("/lab/tree/start.ipynb")
    shown = page.locator("div.dl-start")
    assert f"0 of {len(task_names(ROOT))} exercises passed." in shown.inner_text()
    assert "Docker Engine" in shown.inner_text()
    assert shown.locator("a", has_text="Layer caching").count() == 1
    assert page.locator(".Toastify__toast").count() == 0  # news, or updates
    names = page.locator(".jp-DirListing-itemName").all_inner_texts()
    assert "chapter.ipynb" in names
    assert "jupyter" not in names
    page.get_by_role("button", name="Open a terminal").click()
    page.locator(".jp-Terminal .xterm-screen").wait_for(timeout=WAIT)


def test_docker_and_dockerlab_work_in_its_terminals(lab):
    name = requests.post(f"{lab}/api/terminals", timeout=30).json()["name"]
    line = create_connection(f"{lab.replace('http', 'ws')}/terminals/websocket/{name}", timeout=START_SECONDS)
    line.send('["stdin", "docker version --format OK-{{.Server.Os}} && command -v dockerlab\\r"]')
    said = ""
    while not ("OK-linux" in said and "/dockerlab" in said):
        said += line.recv()
    line.close()
    requests.delete(f"{lab}/api/terminals/{name}", timeout=30)


def test_a_folded_answer_shows_nothing_of_itself(lab, page):
    page.goto(f"{lab}/lab/tree/chapter.ipynb?reset")
    placeholder = page.locator(".jp-OutputPlaceholder")
    placeholder.wait_for(timeout=WAIT)
    assert "answer" not in placeholder.inner_text()  # JupyterLab unfolds it when the cell is run
    assert "<" not in placeholder.inner_text()


def test_what_the_library_shows_looks_like_the_course_in_light_and_dark(lab, page):
    seen = {}
    for theme in ("light", "dark"):
        wanted = {"raw": f'{{"theme": "JupyterLab {theme.title()}"}}'}
        requests.put(f"{lab}/lab/api/settings/{THEMES}", json=wanted, timeout=30).raise_for_status()
        page.goto(f"{lab}/lab/tree/chapter.ipynb?reset")
        run_all(page, ".dl-diff ins")
        assert page.locator("body").get_attribute("data-jp-theme-light") == str(theme == "light").lower()
        if shots := os.environ.get("DOCKERLAB_SHOTS"):
            page.screenshot(path=Path(shots) / f"jupyterlab-{theme}.png")
        assert style(page, ".dl-claim", "borderLeftWidth") == "4px"
        selectors = (".dl-claim strong", ".dl-diff ins", ".dl-diff del")
        seen[theme] = [style(page, selector, "color") for selector in selectors]
    assert len({*seen["light"], *seen["dark"]}) == 4  # added is green as a claim that holds, removed is red; per theme
