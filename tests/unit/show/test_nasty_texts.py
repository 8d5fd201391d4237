"""Text is text: whatever a name, an instruction or a log line holds, each form shows it and does nothing else.

Every text of the table goes through every view: as plain text, as HTML read by a parser, as Markdown, as a drawing, and
through rich, which draws in a terminal.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from rich.console import Console

from dockerlab.build.asks import IMAGE, Ask, Plan
from dockerlab.build.ignore import IgnoreFile, Rule
from dockerlab.build.timeline import schedule
from dockerlab.build.xray import File, Xray
from dockerlab.errors import ClaimFailed, DockerLabError, visible
from dockerlab.exercise.quiz import Choice, Question, Quiz
from dockerlab.exercise.scoreboard import Scoreboard, Verdict
from dockerlab.image import Image, Layer
from dockerlab.image.diff import ImageDiff
from dockerlab.run import Answer
from dockerlab.show import charts
from dockerlab.show.claim import Claim, claim
from dockerlab.show.explorer import Explorer
from dockerlab.show.gantt import Gantt
from dockerlab.show.image_diff import DiffView
from dockerlab.show.ledger import Chapter, claim_link, headline, ledger_html, ledger_text
from dockerlab.show.notebook import Markdown, code
from dockerlab.show.quiz import QuizView
from dockerlab.show.scoreboard import ScoreboardView
from dockerlab.show.sentences import AnswerText, RunLine
from dockerlab.show.shown import NO_FORMULA, has_formula
from dockerlab.show.steps import StepTable
from dockerlab.show.treemap import Treemap
from dockerlab.show.xray import XrayView
from tests.layers import image_of, layer
from tests.traces import trace_of, vertex

NASTY = {
    "plain": "plain",
    "rich tag": "[bold]x[/bold]",
    "rich end tag": r"\[/etc]",
    "rich nothing": "[/]",
    "backslash": "C:\\dir\\",
    "script": "<script>alert(1)</script>",
    "attribute": "\"'><img src=x onerror=y>",
    "entity": "&lt; &amp; &#60;",
    "comment": "--> <!-- ]]>",
    "shell": "RUN echo $A and $B",
    "formula": r"\(x\) \[y\] \begin{z}",
    "format": "{} {0} {name} {{ x }} %s %(x)s 100%d",
    "backquotes": "`a` ```b``` ~~~",
    "emphasis": "a_b_c *d* __e__ 1 * 2 * 3",
    "link": "[a](b) ![c](d) <http://e>",
    "table": "| a | b |",
    "heading": "# x",
    "drawing": '#010203 url(#a) id="b" 1.23456',
    "colour": "\x1b[31mred\x1b[0m",
    "window": "\x1b]0;title\x07",
    "control": "null\x00bell\x07delete\x7fnext\x85line",
    "progress": "50%\r100%",
    "right to left": "\u202egnp.exe\u2066",
    "separator": "a\u2028b",
    "not text": "caf\udce9",
    "other scripts": "日本 🎉 עברית",
}
INVISIBLE = set(map(chr, [*range(9), *range(11, 32), *range(127, 160), 0x2028, 0x202E, 0x2066, 0xDCE9]))
texts = pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)


def plain(text: str) -> str:
    """A text as all forms show it, white space aside."""
    return "".join(visible(" ".join(text.split(" "))).split())


def squeezed(text: str) -> str:
    return "".join(text.split())


def build_of(text: str) -> StepTable:
    steps = [vertex("[1/2] FROM x", 0, 0), vertex(f"[2/2] RUN {text}", 0, 3)]
    return StepTable(trace_of({"vertexes": steps}), 3)


def chapter_of(text: str, unit: str = "×") -> Chapter:
    measured = 2.0 if unit else text
    run = {"date": text, "engine": text, "store": "overlay2", "machine": text}
    return Chapter("06_layer_caching", text, (Claim(text, measured, unit, True),), run, 1)


def quiz_of(text: str) -> Quiz:
    return Quiz((Question(text, "x#y", (Choice(text, True, text),)),), "01_x")


def picture_of(file: str = "a", pattern: str = "b", instruction: str = "COPY", unknown: str = "") -> XrayView:
    rule = Rule(".dockerignore", 1, "", pattern, "c", False)
    plan = Plan((Ask(1, instruction, "", ("",), IMAGE, unknown),))
    files = (File(file, 2, None), File("c", 1, rule))
    ignore = IgnoreFile(Path(".dockerignore"), (rule,))
    picture = Xray(".", "Dockerfile", ignore, frozenset(), files, plan, "", {}, {}, frozenset(), frozenset())
    vars(picture)["secrets"] = []  # it would look at the disk, which takes no such names
    return XrayView(picture)


SHOWN: dict[str, Callable[[str], object]] = {
    "a claim's sentence": lambda text: Claim(text, 1.0, "s", True),
    "a claim's figure": lambda text: Claim("x", text, "", True),
    "a step": build_of,
    "an image's name": lambda text: Explorer(Image(text, "", {}, ())),
    "an instruction over time": lambda text: Gantt(schedule(build_of(text).trace)),
    "an instruction in an image": lambda text: Explorer(image_of(layer(f"RUN {text}", a=1))),
    "a file": lambda text: Explorer(image_of(named(text))),
    "a file in a diff of images": lambda text: DiffView(ImageDiff(image_of(), image_of(named(text)))),
    "an instruction in a diff": lambda text: DiffView(ImageDiff(image_of(layer(f"RUN {text}", a=1)), image_of())),
    "a setting in a diff": lambda text: DiffView(ImageDiff(image_of(), setting(text))),
    "a folder on a map": lambda text: Treemap(image_of(layer("x", **{f"{file_named(text)}__x": 1, "e__x": 1}))),
    "an image's name on a map": lambda text: Treemap(Image(text, "", {}, (layer("x", a__x=1),))),
    "a file of a context": lambda text: picture_of(file=text.replace("/", "|")),
    "a line of an ignore file": lambda text: picture_of(pattern=text),
    "an instruction that asks": lambda text: picture_of(instruction=text),
    "what is not known of it": lambda text: picture_of(unknown=text),
    "a criterion": lambda text: ScoreboardView(Scoreboard((Verdict(text, 5, "x", False, "x"),))),
    "what was measured": lambda text: ScoreboardView(Scoreboard((Verdict("x", 5, text, True),))),
    "advice": lambda text: ScoreboardView(Scoreboard((Verdict("x", 5, "x", False, text),))),
    "why nothing was judged": lambda text: ScoreboardView(Scoreboard((), text)),
    "the conditions": lambda text: RunLine({"engine": text, "engine_source": "own", "store": "x", "base": text}),
    "an answer": lambda text: AnswerText(Answer("http://127.0.0.1:1/", 200, text, 0.1)),
    "a chart's finding": lambda text: charts.bars({"x": 1.0}, text, "MB", "size"),
    "a chart's row": lambda text: charts.bars({text: 1.0}, "x", "MB", "size"),
}


def named(text: str) -> Layer:
    return layer("COPY . .", **{file_named(text): 1, "e": 1})


def setting(text: str) -> Image:
    return Image("demo", "", {"config": {"WorkingDir": text, "Labels": {text: "x"}}}, ())


def said_in(name: str, text: str) -> str:
    """What a view of that name must show of a text."""
    if name == "a file of a context":
        return plain(text.replace("/", "|"))
    return plain(file_named(text) if name.startswith(("a file", "a folder")) else text)


def file_named(text: str) -> str:
    return text.replace("/", "|").replace("__", "--")  # both mark a folder in tests.layers


def shape(page: str) -> list[tuple[str, list[str]]]:
    """The elements of a page with the names of their attributes, without what keeps formulas away."""
    soup = BeautifulSoup(page, "html.parser")
    return [
        (element.name, sorted(element.attrs))
        for element in soup.find_all(True)
        if not (element.name == "span" and NO_FORMULA in " ".join(element.get("class", [])))
        and not element.find_parent("svg")
    ]


@cache
def usual_shape(name: str) -> list[tuple[str, list[str]]]:
    """The elements of a view of a harmless text."""
    return shape(SHOWN[name]("plain")._repr_mimebundle_()[0]["text/html"])


def formulas(page: str) -> list[str]:
    """The texts that JupyterLab would typeset."""
    soup = BeautifulSoup(page, "html.parser")
    hidden = ("code", "pre", "style")
    return [
        str(text)
        for text in soup.find_all(string=has_formula)
        if not any("mathjax_ignore" in up.get("class", []) or up.name in hidden for up in text.parents)
    ]


@pytest.mark.parametrize("name", SHOWN)
@texts
def test_a_notebook_shows_the_text_and_nothing_else(name: str, text: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # matplotlib would warn in the cell
        data, _ = SHOWN[name](text)._repr_mimebundle_()
    assert said_in(name, text) in squeezed(data["text/plain"])
    for form in data.values():
        assert not INVISIBLE & set(form)
        form.encode()
    if page := data.get("text/html"):
        soup = BeautifulSoup(page, "html.parser")
        assert said_in(name, text) in squeezed(soup.get_text())
        assert shape(page) == usual_shape(name)
        assert not formulas(page)


@texts
def test_a_terminal_shows_a_build_of_it(text: str) -> None:
    out = io.StringIO()
    Console(file=out, width=200).print(build_of(text))
    assert plain(f"RUN {text}") in squeezed(out.getvalue())
    assert not INVISIBLE & set(out.getvalue())


ROWS = list(NASTY.values())
LAYERS = pd.DataFrame({"image": ROWS, "instruction": "FROM x", "size_MB": 120.0, "base": True})


@pytest.mark.parametrize(
    "draw",
    [
        lambda: charts.bars(dict.fromkeys(ROWS, 1.0), "x", "MB", "size"),
        lambda: charts.layer_sizes(LAYERS, "x"),
        lambda: charts.times(pd.DataFrame({"variant": ROWS, "seconds": 1.0}), "x"),
        lambda: charts.step_times(pd.DataFrame({"instruction": [f"RUN {text}" for text in ROWS], "seconds": 1.0}), "x"),
    ],
    ids=["bars", "layers", "builds", "steps"],
)
def test_a_drawing_shows_the_words_of_its_rows(draw: Callable) -> None:
    words = squeezed("".join(ElementTree.fromstring(visible(draw().svg)).itertext()))
    assert [text for text in ROWS if plain(text) not in words] == []


@texts
def test_a_drawing_shows_the_name_of_its_line(text: str) -> None:
    chart = charts.layer_sizes(LAYERS[:1], "x", 100, text)
    assert plain(text) in squeezed("".join(ElementTree.fromstring(visible(chart.svg)).itertext()))


@pytest.mark.parametrize("make", [ledger_html, headline], ids=["ledger", "headline"])
@texts
def test_a_page_of_the_site_shows_it(make: Callable, text: str) -> None:
    page = make([chapter_of(text)])
    assert squeezed(page).isprintable()
    assert squeezed(BeautifulSoup(page, "html.parser").get_text()).count(plain(text)) >= 2
    assert shape(page) == shape(make([chapter_of("plain")]))
    assert page in MarkdownIt("commonmark").render(page), "Markdown has changed it"


def test_an_empty_line_in_a_claim_does_not_end_the_table_on_the_page() -> None:
    page = ledger_html([chapter_of("first\n\n    second")])
    assert MarkdownIt("commonmark").render(page) == page


@texts
def test_a_figure_in_a_sentence_of_the_site_is_no_markdown(text: str) -> None:
    chapter = chapter_of(text, "")
    page = MarkdownIt("commonmark").render(f"It took {claim_link(chapter, chapter.claims[0])} here.")
    soup = BeautifulSoup(page, "html.parser")
    assert squeezed(soup.a.get_text()) == plain(text)
    assert [element.name for element in soup.find_all(True)] == ["p", "a"]


@pytest.mark.parametrize("name", ["05 a&b", '05"><script>', "05_ä"])
def test_a_chapter_may_have_any_file_name(name: str) -> None:
    chapter = Chapter(name, "x", (Claim("x", 1, "", True),), {}, 1)
    soup = BeautifulSoup(ledger_html([chapter]), "html.parser")
    assert not soup.find("script")
    assert len({a["href"].partition("#")[0] for a in soup.find_all("a")}) == 1
    assert soup.h2["id"] == soup.section["aria-labelledby"]
    assert " " not in soup.h2["id"]


@texts
def test_a_terminal_gets_the_ledger_as_text(text: str) -> None:
    assert plain(text) in squeezed(ledger_text([chapter_of(text)]))
    assert not INVISIBLE & set(ledger_text([chapter_of(text)]))


@texts
def test_a_sentence_and_a_listing_are_the_same_in_markdown(text: str) -> None:
    for shown in (Markdown.said(f"It is {text}."), code(f"FROM x\n{text}\n", "docker")):
        data, _ = shown._repr_mimebundle_()
        page = BeautifulSoup(MarkdownIt("commonmark").render(data["text/markdown"]), "html.parser")
        assert plain(text) in squeezed(page.get_text())
        assert [element.name for element in page.find_all(True)] in (["p"], ["pre", "code"])
        assert plain(text) in squeezed(data["text/plain"])
        assert not INVISIBLE & set("".join(data.values()))


def test_a_listing_of_a_file_with_listings_in_it_ends_where_the_file_does() -> None:
    file = "# Notes\n```bash\ndocker ps\n```\n````\nx\n````\nLast line."
    page = MarkdownIt("commonmark").render(code(file, "text").text)
    assert BeautifulSoup(page, "html.parser").code.get_text() == f"{file}\n"


def test_a_quiz_shows_its_text_and_links() -> None:
    for text in NASTY.values():
        page = QuizView(quiz_of(text)).to_html()
        assert shape(page.replace("<code>", "").replace("</code>", "")) == shape(QuizView(quiz_of("plain")).to_html())
    hostile = Quiz((Question("x", 'a"><script>#b"', (Choice("x", True, "x"),)),), "01_x")
    assert not BeautifulSoup(QuizView(hostile).to_html(), "html.parser").find("script")


@texts
def test_a_message_shows_it_behind_a_bar(text: str) -> None:
    error = DockerLabError("It broke.", last_lines=[text, f"{text}\n{text}"], advice=f"Look at {text}.")
    assert not INVISIBLE & set(str(error))
    _, *quoted, _ = str(error).split("\n")
    assert len(quoted) == 3
    assert all(line.startswith("  | ") for line in quoted)
    assert len(set(quoted)) == 1


@pytest.mark.parametrize("measured", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("unit", ["", "×", "s"])
def test_a_claim_on_no_number_does_not_hold(measured: float, unit: str) -> None:
    with pytest.raises(ClaimFailed) as caught:
        claim("It is faster", measured, True, unit)
    assert str(measured) in caught.value.measured
