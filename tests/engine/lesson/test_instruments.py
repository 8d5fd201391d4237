"""The instruments in a real JupyterLab, by keyboard alone: rebuild bench, explorer, X-ray."""

from __future__ import annotations

import os
import re
from pathlib import Path

import nbformat
import pytest

from dockerlab.engine.labels import clean
from dockerlab.paths import project_root
from tools.lab import end_kernels, open_lab, run_all

pytestmark = [pytest.mark.engine, pytest.mark.browser]

ROOT = project_root(Path(__file__).parent)
RUN = "test-rebuild-panel"
WAIT = 120_000  # ms
DOCKERFILE = """\
FROM python:3.11-slim
COPY requirements.txt /
RUN sleep 3 && cat /requirements.txt
COPY . /app
"""
BENCH = f"""\
from pathlib import Path
from dockerlab.build.rebuild import RebuildBench
from dockerlab.engine import find
from dockerlab.show.notebook import bring_look
from dockerlab.show.rebuild_panel import RebuildPanel
bring_look()
RebuildPanel(RebuildBench(Path("bench"), ["Dockerfile"], find(), {RUN!r}))"""
EXPLORER = """\
from dockerlab.engine import find
from dockerlab.image import ImageReader
from dockerlab.show.notebook import bring_look
from dockerlab.show.panels import bring_panels
bring_look()
bring_panels()
ImageReader(find()).read("python:3.11-slim")["python:3.11-slim"]"""

XRAY = """\
from dockerlab.build import xray
from dockerlab.show.notebook import bring_look
from dockerlab.show.panels import bring_panels
bring_look()
bring_panels()
xray("bench")"""


@pytest.fixture(scope="module")
def lab(engine, tmp_path_factory):
    """The course's JupyterLab with three notebooks and a context beside them; its address, and the folder."""
    home = tmp_path_factory.mktemp("lab")
    for name, cell in {"bench": BENCH, "explorer": EXPLORER, "xray": XRAY}.items():
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, home / f"{name}.ipynb")
    (home / "bench").mkdir()
    files = {"main.py": "print()\n", "requirements.txt": "one\n", "Dockerfile": DOCKERFILE}
    for name, text in (files | {"notes.md": "private\n", ".dockerignore": "*.log\n*.md\n"}).items():
        (home / "bench" / name).write_text(text)
    with open_lab(home, ROOT) as address:
        yield address, home
    clean(engine, RUN)


@pytest.fixture
def opened(lab, browser):
    """A function that opens one of the notebooks and runs it once, in a kernel of its own."""
    address, _ = lab
    page = browser.new_page(viewport={"width": 1200, "height": 1300})

    def open_notebook(name):
        page.goto(f"{address}/lab/tree/{name}.ipynb?reset")
        run_all(page, ".dl-panel button")
        return page

    yield open_notebook
    page.close()
    end_kernels(address)


def go_to(page, what):
    """Go to a control with the Tab key: a button by its words, a box or a list by its label."""
    page.locator(".dl-panel :is(select, button, input)").first.focus()
    # Whatever else has the focus, such as the whole page, has all words in it.
    here = "(e => e.matches('button, input, select') ? [e, ...e.labels].map(x => x.textContent).join('|') : '')"
    for _ in range(30):
        if what in page.evaluate(f"{here}(document.activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never came to {what}")


def press(page, what):
    go_to(page, what)
    page.keyboard.press("Space")


def choose(page, change):
    go_to(page, "What you do:")
    page.keyboard.type(change)


def look_at(page, lab, name):
    """Ask axe, and keep a picture in the folder that DOCKERLAB_SHOTS names."""
    from axe_playwright_python.sync_playwright import Axe

    page.screenshot(path=Path(os.environ.get("DOCKERLAB_SHOTS", lab[1])) / f"{name}.png")
    found = Axe().run(page, context=".dl-panel")
    assert [(rule["id"], len(rule["nodes"])) for rule in found.response["violations"]] == []


def test_a_guess_is_made_built_and_marked_by_keyboard(lab, opened):
    page = opened("bench")
    choose(page, "edit the code")
    press(page, "COPY . /app")
    press(page, "Build")
    page.locator(".dl-panel").get_by_text("You: 3 of 3 right; the course's rules: 3 of 3.").wait_for(timeout=WAIT)
    choose(page, "touch")
    press(page, "COPY . /app")
    press(page, "Build")
    page.locator(".dl-panel").get_by_text("You: 2 of 3 right").wait_for(timeout=WAIT)
    assert page.locator(".dl-rounds tbody tr").count() == 2
    look_at(page, lab, "bench")


def test_a_build_can_be_cancelled_and_a_second_one_has_to_wait(opened):
    page = opened("bench")
    choose(page, "use no cache")
    press(page, "Build")
    page.locator(".dl-panel .dl-running").wait_for(timeout=WAIT)
    press(page, "Build")
    page.locator(".dl-panel").get_by_text("A build is running.").wait_for(timeout=WAIT)
    press(page, "Cancel")
    page.locator(".dl-panel").get_by_text("Cancelled.").wait_for(timeout=WAIT)
    assert page.locator(".dl-rounds").count() == 0


def test_an_image_is_looked_through_by_keyboard(lab, opened):
    page = opened("explorer")
    press(page, "▸ usr/")
    page.get_by_role("button", name="▸ lib/").wait_for(timeout=WAIT)
    go_to(page, "Filter")
    page.keyboard.type("os-release")
    page.keyboard.press("Enter")
    page.locator(".dl-panel").get_by_text("Paths that fit the filter: ").wait_for(timeout=WAIT)
    page.locator(".dl-panel").get_by_text("os-release", exact=False).last.wait_for(timeout=WAIT)
    look_at(page, lab, "explorer")


def test_a_line_of_the_ignore_file_is_switched_off_by_keyboard(lab, opened):
    page = opened("xray")
    before = page.locator(".dl-panel [role=status]").inner_text()
    press(page, "2: *.md")
    page.locator(".dl-panel").get_by_text("Without line 2 of .dockerignore, 8 B in 1 file").wait_for(timeout=WAIT)
    assert page.locator(".dl-panel [role=status]").inner_text() != before
    look_at(page, lab, "xray")


LEFT = {"bench": "edit the code", "explorer": "/usr/", "xray": "The build context"}


@pytest.mark.parametrize("name", LEFT)
def test_when_the_kernel_has_gone_the_form_of_the_page_is_left_to_read(lab, opened, name):
    page = opened(name)
    kept = page.locator(".dl-kept")
    assert kept.count() == 1
    assert not kept.is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Control+s")
    page.get_by_role("menuitem", name="Kernel", exact=True).click()
    page.get_by_role("menuitem", name=re.compile("^Restart Kernel…")).click()
    page.locator(".jp-Dialog .jp-mod-accept").click()
    page.reload()
    kept.wait_for(timeout=WAIT)
    assert "Run the cell again" in kept.inner_text()
    assert LEFT[name] in kept.inner_text()
    page.wait_for_timeout(3000)  # the widgets' own message comes late
    assert not page.get_by_text("Error displaying widget").is_visible()
    page.screenshot(path=Path(os.environ.get("DOCKERLAB_SHOTS", lab[1])) / f"{name}-kept.png")
