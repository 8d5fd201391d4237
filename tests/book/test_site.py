"""The built site: every page in a browser, and every link."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
WIDTHS = (360, 1440)
MODES = ("light", "dark")
# What axe looks at: contrast, which takes most of its time, once in each mode, the rest once at each width. At night
# all of it in all four.
RULES = {
    ("light", 1440): {},
    ("light", 360): {"rules": {"color-contrast": {"enabled": False}}},
    ("dark", 1440): {"runOnly": {"type": "rule", "values": ["color-contrast"]}},
}

_toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
CHAPTERS = [entry["file"] for part in _toc["parts"] for entry in part["chapters"]]
PAGES = [f"{name}.html" for name in (_toc["root"], *CHAPTERS, "search", "genindex")]
REDIRECTS = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))["sphinx"]["config"]["redirects"]


def soup(file: Path) -> BeautifulSoup:
    return BeautifulSoup(file.read_text(encoding="utf-8"), "html.parser")


# ---- without a browser ---------------------------------------------------------------------------------------------


def test_every_page_of_the_contents_is_there(site: Path) -> None:
    assert [page for page in PAGES if not (site / page).exists()] == []


def test_old_addresses_lead_to_pages_that_are_there(site: Path) -> None:
    assert len(REDIRECTS) >= 6
    for old, new in REDIRECTS.items():
        page = site / f"{old}.html"
        assert new in page.read_text(encoding="utf-8")
        assert (page.parent / new).exists(), old


def test_no_broken_link_or_anchor(site: Path) -> None:
    pages = {file: soup(file) for file in site.rglob("*.html") if "_static" not in file.parts}
    anchors = {file: {tag["id"] for tag in page.find_all(id=True)} for file, page in pages.items()}
    broken = []
    for file, page in pages.items():
        for tag in page.find_all(["a", "link", "script", "img"]):
            target = tag.get("href") or tag.get("src") or ""
            parts = urlsplit(target)
            if parts.scheme or target in ("", "#"):
                continue
            aim = (file.parent / unquote(parts.path)).resolve() if parts.path else file
            fragment = unquote(parts.fragment)
            if not aim.exists() or (fragment and aim in anchors and fragment not in anchors[aim]):
                broken.append(f"{file.relative_to(site)}: {target}")
    assert broken == []


def test_identifiers_of_a_page_differ(site: Path) -> None:
    doubled = {}
    for page in PAGES:
        ids = [tag["id"] for tag in soup(site / page).find_all(id=True)]
        if twice := {name for name in ids if ids.count(name) > 1}:
            doubled[page] = twice
    assert doubled == {}


def test_every_figure_has_a_description(site: Path) -> None:
    for page in PAGES:
        for figure in soup(site / page).select("figure.dl-figure"):
            assert figure.select_one("[role=img]")["aria-label"].strip()
            assert figure.figcaption.get_text(strip=True)
        assert [image["src"] for image in soup(site / page).select("article img") if not image.get("alt")] == []


def test_every_icon_is_drawn(site: Path) -> None:
    drawn = set(re.findall(r"^\.(fa-[\w-]+)", (ROOT / "_static/icons.css").read_text(encoding="utf-8"), re.M))
    used = {
        name
        for page in PAGES
        for icon in soup(site / page).select("[class*=fa-]")
        for name in icon["class"]
        if name.startswith("fa-") and name not in ("fa-solid", "fa-brands", "fa-lg")
    }
    assert used - drawn == set()


@pytest.mark.parametrize("page_name", PAGES)
def test_a_page_is_light(site: Path, page_name: str) -> None:
    page = soup(site / page_name)
    addresses = [link["href"] for link in page.select("link[rel=stylesheet]")]
    addresses += [part["src"] for part in page.select("script[src], img[src]")]
    files = {(site / page_name).parent / address.partition("?")[0] for address in addresses}
    assert len(files) > 10
    assert sum(file.stat().st_size for file in [site / page_name, *files]) < 600_000


def test_landing_page_shows_a_measured_figure(site: Path) -> None:
    page = soup(site / "intro.html")
    assert re.fullmatch(r"\d+×", page.select_one(".dl-headline-figure").get_text(strip=True))
    assert page.select_one(".dl-headline-source a")["href"].startswith("chapters/")
    assert "{{" not in page.article.get_text()


def test_repository_links_come_from_the_configuration(site: Path) -> None:
    config = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
    url = config["repository"]["url"]
    hub = config["launch_buttons"]["binderhub_url"]
    chapter = soup(site / f"{CHAPTERS[0]}.html")
    links = {a["href"] for a in chapter.find_all("a", href=True)}
    assert url in links
    assert any(link.startswith(f"{hub}/v2/gh/") and "urlpath=lab/tree/" in link for link in links)
    assert url in (ROOT / "README.md").read_text(encoding="utf-8")


# ---- in a browser --------------------------------------------------------------------------------------------------


@pytest.fixture
def open_page(browser) -> Iterator:
    """Opens pages: `open_page(url, width=…, mode=…)`; what went wrong on a page is in its `.troubles`."""
    contexts = []

    def opened(url: str, *, width: int = 1440, mode: str = "light", script: bool = True):
        for _ in range(5):
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=mode, java_script_enabled=script
            )
            contexts.append(context)
            page = context.new_page()
            watch(page, url)
            page.goto(url)  # until `load`: on a busy machine the network may be idle while scripts still wait to run
            page.wait_for_load_state("networkidle")
            # Chromium drops its requests when a Docker engine on this machine adds or removes a network interface.
            if "ERR_NETWORK_CHANGED" not in "".join(page.troubles):
                break
        return page

    yield opened
    for context in contexts:
        context.close()


def watch(page, url: str) -> None:
    """Note in `page.troubles` what goes wrong on a page, from now on."""
    origin = "file://" if url.startswith("file:") else "/".join(url.split("/", 3)[:3])
    page.troubles = []
    page.on("console", lambda m: m.type in ("error", "warning") and page.troubles.append(f"console: {m.text}"))
    page.on("pageerror", lambda error: page.troubles.append(f"script: {error}"))
    page.on("requestfailed", lambda r: page.troubles.append(f"failed: {r.url} {r.failure}"))
    page.on("request", lambda r: r.resource_type == "font" and page.troubles.append(f"font: {r.url}"))
    page.on("response", lambda r: r.status >= 400 and page.troubles.append(f"{r.status}: {r.url}"))
    page.on(
        "request",
        lambda r: r.url.startswith((origin, "data:")) or page.troubles.append(f"third party: {r.url}"),
    )


OVERHANGING = """width => [...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > width + 1 && e.checkVisibility())
  .slice(0, 5).map(e => `${e.tagName}.${e.className}`)"""


@pytest.mark.browser
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("page_name", PAGES)
def test_page(open_page, address: str, page_name: str, mode: str, pytestconfig: pytest.Config) -> None:
    """No console error, no request to a third party, no finding by axe, no sideways scrolling.

    Keeps screenshots in the folder that DOCKERLAB_SHOTS names.
    """
    from axe_playwright_python.sync_playwright import Axe

    for width in WIDTHS:
        page = open_page(address + page_name, width=width, mode=mode)
        assert page.troubles == []
        assert page.evaluate("document.documentElement.dataset.theme") == mode
        if shots := os.environ.get("DOCKERLAB_SHOTS"):
            name = page_name.removesuffix(".html").replace("/", "-")
            page.screenshot(path=Path(shots) / f"{name}-{mode}-{width}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth") > width:
            pytest.fail(f"{page_name} scrolls sideways at {width} px: {page.evaluate(OVERHANGING, width)}")
        rules = {} if pytestconfig.getoption("--nightly") else RULES.get((mode, width))
        if rules is None:
            continue
        found = Axe().run(page, options={"resultTypes": ["violations"], **rules}).response["violations"]
        listed = [
            "\n    ".join([f"{v['id']} ({v['impact']}): {v['help']}", *(node["html"][:200] for node in v["nodes"][:4])])
            for v in found
        ]
        assert not listed, f"{page_name}, {mode}, {width} px\n" + "\n".join(listed)


@pytest.mark.browser
@pytest.mark.parametrize("chapter", [name for name in CHAPTERS if name.startswith("chapters/")])
def test_quiz_is_answered_from_the_keyboard_also_without_javascript(open_page, site: Path, chapter: str) -> None:
    page = open_page((site / f"{chapter}.html").as_uri(), script=False)
    questions = page.locator(".dl-quiz fieldset").all()
    assert len(questions) >= 3
    for question in questions:
        reasons = question.locator(".dl-why")
        assert not any(reason.is_visible() for reason in reasons.all())
        question.locator("input").first.focus()
        page.keyboard.press("Space")
        for number in range(reasons.count()):
            assert [reason.is_visible() for reason in reasons.all()] == [n == number for n in range(reasons.count())]
            page.keyboard.press("ArrowDown")


@pytest.mark.browser
def test_explorer_folds_open_from_the_keyboard_without_javascript(open_page, site: Path) -> None:
    page = open_page((site / "chapters/05_inside_the_image.html").as_uri(), width=360, script=False)
    layer = page.locator(".dl-explorer > ul > li > details").first
    folder = layer.locator(":scope > ul > li").first
    assert not folder.is_visible()
    layer.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert folder.is_visible()
    page.emulate_media(media="print")
    for printed in page.locator(".dl-explorer > ul > li > details > ul > li").all():
        assert printed.is_visible(), "print shows the top of each layer's tree"


@pytest.mark.browser
def test_an_old_address_keeps_its_anchor(site: Path, open_page) -> None:
    old, new = next(iter(REDIRECTS.items()))
    page = open_page((site / f"{old}.html").as_uri() + "#checkpoint", width=1440)
    page.wait_for_url(f"**/{new}#checkpoint")


@pytest.mark.browser
@pytest.mark.parametrize("page_name", PAGES[:-2])
def test_page_reads_from_a_folder_without_javascript(open_page, site: Path, page_name: str) -> None:
    page = open_page((site / page_name).as_uri(), script=False)
    assert page.locator("article h1").is_visible()
    assert page.locator(".bd-sidebar-primary a", has_text="What this book measured").is_visible()
    assert page.locator("article").inner_text() == page.locator("article").evaluate("e => e.innerText")
    assert page.troubles == []


@pytest.mark.browser
def test_opened_from_a_folder_nothing_is_missing(open_page, site: Path) -> None:
    assert open_page((site / f"{CHAPTERS[0]}.html").as_uri()).troubles == []


@pytest.mark.browser
def test_search_finds_a_chapter(open_page, address: str) -> None:
    page = open_page(f"{address}{CHAPTERS[0]}.html")
    page.keyboard.press("Control+k")
    page.keyboard.type("Dockerfile")
    page.keyboard.press("Enter")
    page.locator("ul.search li a").first.wait_for()
    assert page.locator("ul.search li a").count() > 0


@pytest.mark.browser
def test_first_tab_stop_skips_to_the_text(open_page, address: str) -> None:
    page = open_page(f"{address}{CHAPTERS[0]}.html")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main-content"


@pytest.mark.browser
def test_paper_shows_the_text_alone(open_page, address: str) -> None:
    page = open_page(f"{address}{CHAPTERS[0]}.html")
    page.emulate_media(media="print")
    assert page.locator("article h2").first.is_visible()
    for part in (".bd-sidebar-primary", ".bd-header-article", ".bd-sidebar-secondary", ".copybtn"):
        assert not page.locator(part).first.is_visible(), part
