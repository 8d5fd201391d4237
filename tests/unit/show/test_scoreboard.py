"""How a scoreboard is drawn; the boards that a chapter has stored are the measure."""

import json
import re

import pytest

from dockerlab.exercise.scoreboard import Scoreboard, Verdict
from dockerlab.paths import project_root
from dockerlab.show.scoreboard import ScoreboardView
from dockerlab.show.shown import view

BUSY = Verdict("stops", 10, "too busy", None, "Judge it again.")
KEPT, LOST = Verdict("builds", 10, "7 <steps>", True), Verdict("not root", 5, "user ID 0", False, "Name it with USER.")


def stored_boards():
    """The text and the HTML of every scoreboard of the chapters."""
    for file in sorted((project_root() / "chapters").glob("*.ipynb")):
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]:
            for output in cell.get("outputs", ()):
                text, page = ("".join(output.get("data", {}).get(form, "")) for form in ("text/plain", "text/html"))
                if "dl-board" in page:
                    yield text, page


def parse(text):
    """The board of which this is the text."""
    verdicts = []
    for line in text.splitlines()[:-1]:
        if match := re.fullmatch(r"(kept|lost) +\d+ of +(\d+)  (\S.*?) {2,}(.*)", line):
            verdicts.append(Verdict(match[3], int(match[2]), match[4], match[1] == "kept"))
        else:
            last = verdicts.pop()
            verdicts.append(Verdict(last.name, last.points, last.measured, last.holds, line.strip()))
    return Scoreboard(tuple(verdicts))


BOARDS = list(stored_boards())


def test_the_chapters_store_boards():
    assert BOARDS


@pytest.mark.parametrize(("text", "page"), BOARDS, ids=lambda form: form.splitlines()[-1][-20:])
def test_a_board_looks_as_the_chapter_has_stored_it(text, page):
    board = view(parse(text))
    assert str(board) == text
    assert board.to_html() == page


@pytest.mark.parametrize(
    ("board", "text", "parts"),
    [
        (Scoreboard(()), "0 of 0 points", ["<tbody></tbody>", "<p><strong>0 of 0 points</strong></p>"]),
        (
            Scoreboard((KEPT, LOST)),
            "kept  10 of 10  builds    7 <steps>\n"
            "lost   0 of  5  not root  user ID 0\n"
            "                Name it with USER.\n"
            "10 of 15 points",
            ['<tr class="dl-lost"><td>lost</td><td>0 of 5</td>', "7 &lt;steps&gt;", "<br><em>Name it with USER.</em>"],
        ),
        (
            Scoreboard((KEPT, BUSY)),
            "kept  10 of 10  builds  7 <steps>\n"
            "busy   – of 10  stops   too busy\n"
            "                Judge it again.\n"
            "10 of 10 points; 10 more are left out, because this machine was too busy to tell",
            [
                '<tr class="dl-busy"><td>busy</td><td>– of 10</td>',
                "<strong>10 of 10 points; 10 more are left out, because this machine was too busy to tell</strong>",
            ],
        ),
        (
            Scoreboard((), "The build stopped at step [2/3].\nno such <file>"),
            "  | The build stopped at step [2/3].\n  | no such <file>\n0 of 0 points",
            ["<pre>The build stopped at step [2/3].\nno such &lt;file&gt;</pre>"],
        ),
    ],
)
def test_both_forms_of_a_board(board, text, parts):
    drawn = view(board)
    assert isinstance(drawn, ScoreboardView)
    assert str(drawn) == text
    page = drawn.to_html()
    assert all(part in page for part in parts)
    assert page.count("<em>") == len(board.lost) + len(board.left_out)


def test_a_notebook_gets_both():
    data, metadata = view(Scoreboard((LOST,)))._repr_mimebundle_()
    assert data["text/plain"].endswith("0 of 5 points")
    assert "<strong>0 of 5 points</strong>" in data["text/html"]
    assert metadata == {}
