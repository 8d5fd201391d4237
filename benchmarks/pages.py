"""What a chapter's page costs a browser, next to a page of a stock Jupyter Book with one widget; how long the site
takes to build.

Bytes are those of the response bodies, unpacked; every visit begins with an empty cache.
"""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from nbformat import NotebookNode, v4

from benchmarks.measure import Figure, seconds
from dockerlab.book.commands import build_site, copy_sources, write_notebook
from dockerlab.book.ledger import chapter_files
from tools.browser import on_loopback, open_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

BUILDS = 3
VISITS = 5
VIEWPORT = {"width": 1440, "height": 900}
NPM_TIMEOUT_SECONDS = 120
# The time of the last candidate, in milliseconds since the navigation began.
LARGEST_PAINT = """() => new Promise(resolve => {
  new PerformanceObserver(list => resolve(list.getEntries().at(-1).startTime))
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => resolve(null), 2000);
})"""


# ---- what a visit cost ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answer:
    """An answer to one request. Attributes: url; size_bytes of its body, None where there was no answer."""

    url: str
    size_bytes: int | None


@dataclass(frozen=True)
class Traffic:
    """What went over the wire. Attributes: requests, answered or not; size_bytes of the answers' bodies."""

    requests: int = 0
    size_bytes: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.requests + other.requests, self.size_bytes + other.size_bytes)


@dataclass(frozen=True)
class Visit:
    """One visit of a page.

    Attributes:
        origin: of the page: scheme, host and port.
        answers: to every request over HTTP that the page led to.
        largest_paint_ms: largest contentful paint since the navigation began; nan where the browser reported none.
    """

    origin: str
    answers: tuple[Answer, ...]
    largest_paint_ms: float

    @property
    def own(self) -> Traffic:
        """With the page's own origin."""
        return traffic_by_origin(self.answers).get(self.origin, Traffic())

    @property
    def whole(self) -> Traffic:
        """With all origins."""
        return self.own + self.third_party

    @property
    def third_party(self) -> Traffic:
        """With all other origins."""
        return sum(traffic_by_origin(self.third_party_answers).values(), Traffic())

    @property
    def third_party_answers(self) -> list[Answer]:
        """From all other origins."""
        return [answer for answer in self.answers if origin_of(answer.url) != self.origin]


def origin_of(url: str) -> str:
    """Scheme, host and port of an address: http://127.0.0.1:8000."""
    return "/".join(url.split("/", 3)[:3])


def traffic_by_origin(answers: Iterable[Answer]) -> dict[str, Traffic]:
    """The requests and bytes of each origin. A request without an answer counts with no bytes."""
    traffic: dict[str, Traffic] = {}
    for answer in answers:
        origin = origin_of(answer.url)
        traffic[origin] = traffic.get(origin, Traffic()) + Traffic(1, answer.size_bytes or 0)
    return traffic


def visit(browser: Browser, url: str, answer: Callable[[Route], None] | None = None) -> Visit:
    """Open a page with an empty cache and wait until it asks for nothing more.

    `answer` is given each request to another origin. That slows the browser, so the paint then says little.
    """
    for _ in range(3):
        found = _visit_once(browser, url, answer)
        # An engine elsewhere on this machine that adds or removes an interface makes Chromium drop its requests.
        if all(a.size_bytes is not None for a in found.answers if origin_of(a.url) == found.origin):
            break
    return found


def _visit_once(browser: Browser, url: str, answer: Callable[[Route], None] | None) -> Visit:
    origin = origin_of(url)
    finished, failed = [], []
    with closing(browser.new_context(viewport=VIEWPORT)) as context:
        page = context.new_page()
        page.on("requestfinished", lambda request: finished.append(request))
        page.on("requestfailed", lambda request: failed.append(request))
        if answer:
            page.route(lambda asked: origin_of(asked) != origin, answer)
        page.goto(url, wait_until="networkidle")
        paint = page.evaluate(LARGEST_PAINT)
        answers = [Answer(request.url, len(request.response().body())) for request in finished]
    answers += [Answer(request.url, None) for request in failed]
    over_http = tuple(answer for answer in answers if answer.url.startswith("http"))
    return Visit(origin, over_http, math.nan if paint is None else paint)


# ---- the stock page ------------------------------------------------------------------------------------------------


def stock_notebook() -> NotebookNode:
    """A notebook with some words, one code cell and its output, an ipywidgets slider.

    Its state is what nbclient stores when it executes the cell with ipywidgets 8, less the traits that keep their
    defaults. It is written here because ipywidgets, where installed, changes how the chapters show their progress.
    """
    view = {"version_major": 2, "version_minor": 0}
    slider = {"application/vnd.jupyter.widget-view+json": view | {"model_id": "slider"}, "text/plain": "IntSlider()"}
    cell = v4.new_code_cell(
        "import ipywidgets\n\nipywidgets.IntSlider(value=3, max=10)",
        execution_count=1,
        outputs=[v4.new_output("execute_result", data=slider, execution_count=1)],
    )
    models = {
        "slider": _widget_model("controls", "IntSlider", value=3, layout="IPY_MODEL_layout", style="IPY_MODEL_style"),
        "style": _widget_model("controls", "SliderStyle", view=("base", "StyleView")),
        "layout": _widget_model("base", "Layout"),
    }
    return v4.new_notebook(
        cells=[v4.new_markdown_cell("# A stock page\n\nSome words above a slider."), cell],
        metadata={
            "kernelspec": {"name": "python3", "language": "python", "display_name": "Python 3"},
            "widgets": {"application/vnd.jupyter.widget-state+json": view | {"state": models}},
        },
    )


def _widget_model(module: str, name: str, *, view: tuple[str, str] | None = None, **traits: object) -> dict:
    model = _named("model", module, f"{name}Model")
    view_traits = _named("view", *(view or (module, f"{name}View")))
    return model | {"state": {f"_{key}": value for key, value in (model | view_traits).items()} | traits}


def _named(kind: str, module: str, name: str) -> dict[str, str]:
    return {f"{kind}_name": name, f"{kind}_module": f"@jupyter-widgets/{module}", f"{kind}_module_version": "2.0.0"}


def build_stock(folder: Path) -> Path:
    """Build a book of that one page with the same Jupyter Book and no option of ours; gives back the site's folder.

    Raises:
        SiteFailed: Jupyter Book gave a warning or an error.
    """
    source = folder / "book"
    source.mkdir(parents=True)
    (source / "_config.yml").write_text("title: Stock\n", encoding="utf-8")
    (source / "_toc.yml").write_text("format: jb-book\nroot: page\n", encoding="utf-8")
    write_notebook(stock_notebook(), source / "page.ipynb")
    return build_site(source, folder)


def npm_file(url: str) -> tuple[str, str] | None:
    """The npm package, with its version, and the file in it that such an address names; None where it names none.

    https://cdn.example/npm/@scope/name@1.0.6/dist/a.js names dist/a.js in @scope/name@1.0.6.
    """
    found = re.search(r"/((?:@[\w.-]+/)?[\w.-]+@\d+\.\d+\.\d+[\w.-]*)/([^?#]+)", url)
    return (found[1], found[2]) if found else None


def npm_package(package: str, folder: Path) -> Path | None:
    """Fetch and unpack a package of npm; gives back its folder, None where npm or the package cannot be had."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    folder.mkdir(parents=True)
    try:
        command = [npm, "pack", "--json", package]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=True, timeout=NPM_TIMEOUT_SECONDS)
        with tarfile.open(folder / json.loads(done.stdout)[0]["filename"]) as archive:
            archive.extractall(folder, filter="data")
    except (OSError, ValueError, LookupError, subprocess.SubprocessError, tarfile.TarError):
        return None
    return folder / "package"


def answer_from_npm(folder: Path) -> Callable[[Route], None]:
    """Answers a third party's request with the same file of the same npm package; lets through what npm has not."""

    @cache
    def unpacked(package: str) -> Path | None:
        return npm_package(package, folder / re.sub(r"\W", "-", package))

    def answer(route: Route) -> None:
        named = npm_file(route.request.url)
        package = named and unpacked(named[0])
        if package and (package / named[1]).is_file():
            route.fulfill(path=package / named[1], headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.continue_()

    return answer


# ---- measuring -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Survey:
    """What the pages cost.

    Attributes:
        browser: its name and version.
        stock: one visit of the stock page.
        chapters: the visits of each chapter's page, by the chapter's name.
    """

    browser: str
    stock: Visit
    chapters: dict[str, Sequence[Visit]]


def build_sites(root: Path, folder: Path) -> tuple[Path, Figure]:
    """Build the site from the stored outputs, each time anew below `folder`; gives back one of them, and the times.

    Raises:
        SiteFailed: Jupyter Book gave a warning or an error.
    """
    times = []
    for number in range(BUILDS):
        out = folder / f"site-{number}"
        copy_sources(root, out / "book")
        times.append(seconds(partial(build_site, out / "book", out)))
    return out / "_build/html", Figure("site built, nothing executed", times, "s", "–")


def survey(root: Path, site: Path, folder: Path) -> Survey:
    """Visit every chapter's page, and a stock page that is built below `folder`.

    Raises:
        BrowserUnavailable: there is no browser on this machine.
        SiteFailed: Jupyter Book gave a warning or an error for the stock page.
    """
    with open_browser() as browser:
        with on_loopback(build_stock(folder / "stock")) as address:
            stock = visit(browser, f"{address}page.html", answer_from_npm(folder / "npm"))
        with on_loopback(site) as address:
            visit(browser, f"{address}intro.html")  # the browser's own first time
            pages = {file.stem: f"{address}chapters/{file.stem}.html" for file in chapter_files(root)}
            chapters = {name: [visit(browser, url) for _ in range(VISITS)] for name, url in pages.items()}
        return Survey(f"{browser.browser_type.name} {browser.version}", stock, chapters)
