"""The explorer's text and HTML, from layers written by hand."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from dockerlab.image.tree import Node, tree
from dockerlab.show.explorer import Explorer, words
from dockerlab.show.shown import view
from tests.layers import image_of, layer


@pytest.mark.parametrize(
    ("node", "said"),
    [
        (tree(layer("COPY . .", a=1_000_000, d__b=500_000, d__c="-")), "1.5 MB, 2 files, 1 deleted"),
        (tree(layer("COPY . .", a=7)), "7 B"),
        (tree(layer("WORKDIR /app", app="/")), "no files"),
        (tree(layer("RUN rm /data", data="-")), "1 deleted"),
        (Node("a", 0, 1), "0 B"),
        (Node("d/", 12_000, 1234), "12 kB, 1,234 files"),
        (Node("data", 0, 0, 1), "deleted"),
        (Node("d/", 0, 0, 1234), "1,234 deleted"),
    ],
)
def test_what_stands_beside_a_name(node, said):
    assert ", ".join(words(node)) == said


def test_an_image_is_drawn_by_the_explorer():
    assert isinstance(view(image_of()), Explorer)


IMAGE = image_of(
    layer("COPY / /", usr__lib__python__a=60_000_000, usr__lib__python__b=20_000_000, usr__bin__sh=20_000_000),
    layer("WORKDIR /app", app="/"),
    layer("RUN <make> & rm", etc__old="-"),
)


def test_plain_text_shows_two_levels_in_columns():
    assert [" ".join(line.split()) for line in str(Explorer(IMAGE)).splitlines()] == [
        "demo: 3 layers, 100 MB",
        "COPY / / 100 MB, 3 files",
        "/usr/ 100 MB, 3 files",
        "lib/python/ 80 MB, 2 files",
        "bin/sh 20 MB",
        "WORKDIR /app no files",
        "RUN <make> & rm 1 deleted",
        "/etc/old deleted",
    ]
    assert {line.index("100 MB, 3") for line in str(Explorer(IMAGE)).splitlines() if "100 MB, 3" in line} == {58}
    assert str(Explorer(image_of())) == "demo: 0 layers, 0 B"


def test_html_folds_without_script_and_escapes():
    page = Explorer(IMAGE).to_html()
    soup = BeautifulSoup(page, "html.parser")
    assert soup.find(["script", "style"]) is None
    layers = soup.select(".dl-explorer > ul > li")
    assert [row.select_one(".dl-name").get_text() for row in layers] == ["COPY / /", "WORKDIR /app", "RUN <make> & rm"]
    assert [row.details is not None for row in layers] == [True, False, True], "what holds nothing does not fold"
    assert all(fold.find(True, recursive=False).name == "summary" for fold in soup.find_all("details"))
    assert not soup.select("details[open]")
    deepest = layers[0].select("details details")[-1]
    assert [row.select_one(".dl-name").get_text() for row in deepest.select("li")] == ["a", "b"]
    assert deepest.ul.select_one(".dl-share")["style"] == "width:75.0%"
