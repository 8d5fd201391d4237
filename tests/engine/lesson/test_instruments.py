"""The instruments in a real JupyterLab, by keyboard alone: rebuild bench, explorer, X-ray."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from dockerlab.engine.labels import clean
from dockerlab.paths import project_root
from tests.panels import RUN, WAIT, WORK, choose, files, press
from tools.lab import end_kernels, open_lab, run_all

pytestmark = [pytest.mark.engine, pytest.mark.browser]

ROOT = project_root(Path(__file__).parent)


@pytest.fixture(scope="module")
def lab(engine, tmp_path_factory):
    """The course's JupyterLab with three notebooks and a context beside them; its address, and the folder."""
    home = tmp_path_factory.mktemp("lab")
    for name, text in files().items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).write_text(text)
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


def look_at(page, lab, name):
    """Ask axe, and keep a picture in the folder that DOCKERLAB_SHOTS names."""
    from axe_playwright_python.sync_playwright import Axe

    page.screenshot(path=Path(os.environ.get("DOCKERLAB_SHOTS", lab[1])) / f"{name}.png")
    found = Axe().run(page, context=".dl-panel")
    assert [(rule["id"], len(rule["nodes"])) for rule in found.response["violations"]] == []


@pytest.mark.parametrize("name", WORK)
def test_a_panel_is_worked_by_keyboard_from_start_to_result(lab, opened, name):
    page = opened(name)
    WORK[name](page)
    look_at(page, lab, name)


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
