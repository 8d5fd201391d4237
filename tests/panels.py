"""The instruments' panels, each worked by keyboard alone from start to result, in whatever JupyterLab has them."""

from __future__ import annotations

import nbformat

RUN = "test-panels"
WAIT = 300_000  # ms, for an answer or a short build
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
NOTEBOOKS = {"bench": BENCH, "explorer": EXPLORER, "xray": XRAY}
# The context that the bench builds and the X-ray looks through, beside the notebooks.
CONTEXT = {
    "bench/main.py": "print()\n",
    "bench/requirements.txt": "one\n",
    "bench/Dockerfile": DOCKERFILE,
    "bench/notes.md": "private\n",
    "bench/.dockerignore": "*.log\n*.md\n",
}


def files() -> dict[str, str]:
    """A notebook for each panel, and the context: path -> text."""
    found = dict(CONTEXT)
    for name, cell in NOTEBOOKS.items():
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
        book.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        found[f"{name}.ipynb"] = nbformat.writes(book)
    return found


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


def guess_and_build(page):
    """Guess what two changes make run, and build both."""
    choose(page, "edit the code")
    press(page, "COPY . /app")
    press(page, "Build")
    page.locator(".dl-panel").get_by_text("You: 3 of 3 right; the course's rules: 3 of 3.").wait_for(timeout=WAIT)
    choose(page, "touch")
    press(page, "COPY . /app")
    press(page, "Build")
    page.locator(".dl-panel").get_by_text("You: 2 of 3 right").wait_for(timeout=WAIT)
    assert page.locator(".dl-rounds tbody tr").count() == 2


def look_through(page):
    """Open a folder of an image, and filter its paths."""
    press(page, "▸ usr/")
    page.get_by_role("button", name="▸ lib/").wait_for(timeout=WAIT)
    go_to(page, "Filter")
    page.keyboard.type("os-release")
    page.keyboard.press("Enter")
    page.locator(".dl-panel").get_by_text("Paths that fit the filter: ").wait_for(timeout=WAIT)
    page.locator(".dl-panel").get_by_text("os-release", exact=False).last.wait_for(timeout=WAIT)


def switch_a_line_off(page):
    """See what a build would send without one line of the ignore file."""
    before = page.locator(".dl-panel [role=status]").inner_text()
    press(page, "2: *.md")
    page.locator(".dl-panel").get_by_text("Without line 2 of .dockerignore, 8 B in 1 file").wait_for(timeout=WAIT)
    assert page.locator(".dl-panel [role=status]").inner_text() != before


WORK = {"bench": guess_and_build, "explorer": look_through, "xray": switch_a_line_off}
