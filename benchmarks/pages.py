"""What a chapter's page costs a browser, compared with a stock Jupyter Book page with one widget; and how long the
site takes to build.

Bytes are those of the unpacked response bodies. Every visit begins with an empty cache.
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

from benchmarks.measure import Measurement, seconds
from dockerlab.book.execute import copy_sources
from dockerlab.book.ledger import chapter_files
from dockerlab.book.notebooks import write_notebook
from dockerlab.book.site import build_site
from tools.browser import on_loopback, open_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Route

BUILDS = 3
VISITS = 5
VIEWPORT = {"width": 1440, "height": 900}
NPM_TIMEOUT_SECONDS = 120
# When the last candidate was painted, in milliseconds since the navigation began.
LARGEST_PAINT = """() => new Promise(resolve => {
  new PerformanceObserver(list => resolve(list.getEntries().at(-1).startTime))
    .observe({type: "largest-contentful-paint", buffered: true});
  setTimeout(() => resolve(null), 2000);
})"""


# ---- what a visit cost ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Response:
    """The response to one request. Attributes: url; size_bytes of its body, None if the request got no response."""

    url: str
    size_bytes: int | None


@dataclass(frozen=True)
class Traffic:
    """What went over the wire. Attributes: requests, answered or not; size_bytes of the responses' bodies."""

    requests: int = 0
    size_bytes: int = 0

    def __add__(self, other: Traffic) -> Traffic:
        return Traffic(self.requests + other.requests, self.size_bytes + other.size_bytes)


@dataclass(frozen=True)
class Visit:
    """One visit to a page.

    Attributes:
        origin: of the page: scheme, host and port.
        responses: to every HTTP request that the page made.
        largest_paint_ms: largest contentful paint since the navigation began; nan if the browser reported none.
    """

    origin: str
    responses: tuple[Response, ...]
    largest_paint_ms: float

    @property
    def own(self) -> Traffic:
        """With the page's own origin."""
        return traffic_by_origin(self.responses).get(self.origin, Traffic())

    @property
    def whole(self) -> Traffic:
        """With all origins."""
        return self.own + self.third_party

    @property
    def third_party(self) -> Traffic:
        """With all other origins."""
        return sum(traffic_by_origin(self.third_party_responses).values(), Traffic())

    @property
    def third_party_responses(self) -> list[Response]:
        """From all other origins."""
        return [response for response in self.responses if origin_of(response.url) != self.origin]


def origin_of(url: str) -> str:
    """Scheme, host and port of an address: http://127.0.0.1:8000."""
    return "/".join(url.split("/", 3)[:3])


def traffic_by_origin(responses: Iterable[Response]) -> dict[str, Traffic]:
    """The requests and bytes of each origin. A request without a response counts with no bytes."""
    traffic: dict[str, Traffic] = {}
    for response in responses:
        origin = origin_of(response.url)
        traffic[origin] = traffic.get(origin, Traffic()) + Traffic(1, response.size_bytes or 0)
    return traffic


def visit(browser: Browser, url: str, handle: Callable[[Route], None] | None = None) -> Visit:
    """Open a page with an empty cache and wait until its network is idle.

    `handle` gets each request to another origin. That slows the browser, so do not rely on the paint then.
    """
    for _ in range(3):
        found = _visit_once(browser, url, handle)
        # Chromium drops its requests when a Docker engine on this machine adds or removes a network interface.
        if all(r.size_bytes is not None for r in found.responses if origin_of(r.url) == found.origin):
            break
    return found


def _visit_once(browser: Browser, url: str, handle: Callable[[Route], None] | None) -> Visit:
    origin = origin_of(url)
    finished, failed = [], []
    with closing(browser.new_context(viewport=VIEWPORT)) as context:
        page = context.new_page()
        page.on("requestfinished", lambda request: finished.append(request))
        page.on("requestfailed", lambda request: failed.append(request))
        if handle:
            page.route(lambda asked: origin_of(asked) != origin, handle)
        page.goto(url)  # until `load`: on a busy machine the network may be idle while scripts still wait to run
        page.wait_for_load_state("networkidle")
        paint = page.evaluate(LARGEST_PAINT)
        responses = [Response(request.url, len(request.response().body())) for request in finished]
    responses += [Response(request.url, None) for request in failed]
    over_http = tuple(response for response in responses if response.url.startswith("http"))
    return Visit(origin, over_http, math.nan if paint is None else paint)


# ---- the stock page ------------------------------------------------------------------------------------------------


def stock_notebook() -> NotebookNode:
    """A notebook with some words, one code cell and its output, an ipywidgets slider.

    The widget's state is what nbclient stores when it executes the cell with ipywidgets 8, without the traits that
    have their default values. It is written out here because the course does not install ipywidgets.
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
    """Build a book of that one page with the same Jupyter Book and none of our options; returns the site's folder.

    Raises:
        SiteFailed: Jupyter Book gave a warning or an error.
    """
    source = folder / "book"
    source.mkdir(parents=True)
    (source / "_config.yml").write_text("title: Stock\n", encoding="utf-8")
    (source / "_toc.yml").write_text("format: jb-book\nroot: page\n", encoding="utf-8")
    write_notebook(stock_notebook(), source / "page.ipynb")
    return build_site(source, folder, print)


def npm_file(url: str) -> tuple[str, str] | None:
    """The npm package with its version, and the file in it, that an address names; None if it names none.

    For https://cdn.example/npm/@scope/name@1.0.6/dist/a.js: @scope/name@1.0.6 and dist/a.js.
    """
    found = re.search(r"/((?:@[\w.-]+/)?[\w.-]+@\d+\.\d+\.\d+[\w.-]*)/([^?#]+)", url)
    return (found[1], found[2]) if found else None


def npm_package(package: str, folder: Path) -> Path | None:
    """Fetch and unpack an npm package; returns its folder, None if npm is missing or the package cannot be fetched."""
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
    """A handler that answers requests to third parties with the same files from npm, and lets all others through."""

    @cache
    def unpacked(package: str) -> Path | None:
        return npm_package(package, folder / re.sub(r"\W", "-", package))

    def handle(route: Route) -> None:
        named = npm_file(route.request.url)
        package = named and unpacked(named[0])
        if package and (package / named[1]).is_file():
            route.fulfill(path=package / named[1], headers={"Access-Control-Allow-Origin": "*"})
        else:
            route.continue_()

    return handle


# ---- measuring -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Survey:
    """What the pages cost.

    Attributes:
        browser: its name and version.
        stock: one visit to the stock page.
        chapters: the visits to each chapter's page, by the chapter's name.
    """

    browser: str
    stock: Visit
    chapters: dict[str, Sequence[Visit]]


def build_sites(root: Path, folder: Path) -> tuple[Path, Measurement]:
    """Build the site from the stored outputs several times, below `folder`; returns the last site, and the times.

    Raises:
        SiteFailed: Jupyter Book gave a warning or an error.
    """
    times = []
    for number in range(BUILDS):
        out = folder / f"site-{number}"
        copy_sources(root, out / "book")
        times.append(seconds(partial(build_site, out / "book", out, print)))
    return out / "_build/html", Measurement("site built, nothing executed", times, "s", "–")


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
            visit(browser, f"{address}intro.html")  # warms the browser up
            pages = {file.stem: f"{address}chapters/{file.stem}.html" for file in chapter_files(root)}
            chapters = {name: [visit(browser, url) for _ in range(VISITS)] for name, url in pages.items()}
        return Survey(f"{browser.browser_type.name} {browser.version}", stock, chapters)
