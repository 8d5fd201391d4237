"""The explorer's tree, from layers written by hand: no engine."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup
from tests.layers import layer

from dockerlab.image.image import Image
from dockerlab.show.explorer import Explorer, Node, largest, tree


def rows(node: Node, level: int = 0) -> list[str]:
    """Name and label of each row below a node, indented."""
    found = []
    for child in node.children:
        found += [f"{level * ' '}{child.name}: {child.label}", *rows(child, level + 1)]
    return found


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        pytest.param({}, [], id="no layer"),
        pytest.param({"app": "/"}, [], id="a folder alone"),
        pytest.param({"a": "@", "app__b": "@"}, [], id="links alone"),
        pytest.param({"a": 10, "b": 30}, ["/b: 30 B", "/a: 10 B"], id="largest first"),
        pytest.param({"b": 10, "a": 10}, ["/a: 10 B", "/b: 10 B"], id="equal ones by name"),
        pytest.param({"e": 0}, ["/e: 0 B"], id="an empty file"),
        pytest.param(
            {"usr__lib__a": 2, "usr__lib__b": 1}, ["/usr/lib/: 3 B, 2 files", " a: 2 B", " b: 1 B"], id="chain"
        ),
        pytest.param({"app__main": 7}, ["/app/main: 7 B"], id="a folder with one file"),
        pytest.param(
            {"d__a": 5, "d__e__b": 1, "d__e__c": 1, "x": 6},
            ["/d/: 7 B, 3 files", " a: 5 B", " e/: 2 B, 2 files", "  b: 1 B", "  c: 1 B", "/x: 6 B"],
            id="folders in folders",
        ),
        pytest.param({"data": "-"}, ["/data: deleted"], id="deleted"),
        pytest.param(
            {"d__a": "-", "d__b": "-"}, ["/d/: 2 deleted", " a: deleted", " b: deleted"], id="several deleted"
        ),
        pytest.param({"d__a": 9, "d__b": "-"}, ["/d/: 9 B, 1 deleted", " a: 9 B", " b: deleted"], id="both"),
        pytest.param({"d": "!", "d__a": 9}, ["/d/: 9 B, 1 deleted", " a: 9 B", " *: deleted"], id="emptied"),
    ],
)
def test_tree_of_a_layer(paths, shown):
    assert rows(tree(layer(**paths))) == shown


def test_a_layer_is_the_sum_of_what_is_in_it():
    node = tree(layer("COPY . .", a=1_000_000, d__b=500_000, d__c="-"))
    assert (node.name, node.size_bytes, node.files, node.deletions) == ("COPY . .", 1_500_000, 2, 1)
    assert node.label == "1.5 MB, 2 files, 1 deleted"
    assert tree(layer("WORKDIR /app", app="/")).label == "no files"
    assert tree(layer("RUN rm /data", data="-")).label == "1 deleted"


def test_the_largest_have_rows_and_the_rest_is_added_up():
    node = largest(tree(layer(**{f"f{number}": 100 - number for number in range(10)})), rows=3)
    assert rows(node) == ["/f0: 100 B", "/f1: 99 B", "/f2: 98 B", "the rest: 658 B, 7 files"]
    assert sum(child.size_bytes for child in node.children) == node.size_bytes
    assert sum(child.files for child in node.children) == node.files


def test_a_rest_of_one_keeps_its_name():
    assert rows(largest(tree(layer(a=4, b=3, c=2)), rows=2)) == ["/a: 4 B", "/b: 3 B", "/c: 2 B"]


def test_a_small_folder_says_how_much_it_holds_and_stays_shut():
    node = largest(tree(layer(large=1000, d__a=6, d__b=4)))
    assert rows(node) == ["/large: 1 kB", "/d/: 10 B, 2 files"]


IMAGE = Image(
    "demo",
    {},
    (
        layer("COPY / /", usr__lib__python__a=60_000_000, usr__lib__python__b=20_000_000, usr__bin__sh=20_000_000),
        layer("WORKDIR /app", app="/"),
        layer("RUN <make> & rm", etc__old="-"),
    ),
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
    assert str(Explorer(Image("none", {}, ()))) == "none: 0 layers, 0 B"


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
