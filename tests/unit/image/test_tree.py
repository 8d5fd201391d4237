"""The files of a layer as a tree, from layers written by hand."""

from __future__ import annotations

import pytest

from dockerlab.image.tree import Node, largest, tree
from tests.layers import layer


def rows(node: Node, level: int = 0) -> list[str]:
    """Each row below a node, indented: its name and size, with more than one file their number, and deletions."""
    found = []
    for child in node.children:
        files = f" {child.files}f" if child.files > 1 else ""
        size = f" {child.size_bytes}" if child.files else ""
        deletions = f" {child.deletions}d" if child.deletions else ""
        found += [f"{level * ' '}{child.name}{size}{files}{deletions}", *rows(child, level + 1)]
    return found


@pytest.mark.parametrize(
    ("paths", "shown"),
    [
        pytest.param({}, [], id="no layer"),
        pytest.param({"app": "/"}, [], id="a folder alone"),
        pytest.param({"a": "@", "app__b": "@"}, [], id="links alone"),
        pytest.param({"a": 10, "b": 30}, ["/b 30", "/a 10"], id="largest first"),
        pytest.param({"b": 10, "a": 10}, ["/a 10", "/b 10"], id="equal ones by name"),
        pytest.param({"e": 0}, ["/e 0"], id="an empty file"),
        pytest.param({"usr__lib__a": 2, "usr__lib__b": 1}, ["/usr/lib/ 3 2f", " a 2", " b 1"], id="chain"),
        pytest.param({"app__main": 7}, ["/app/main 7"], id="a folder with one file"),
        pytest.param(
            {"d__a": 5, "d__e__b": 1, "d__e__c": 1, "x": 6},
            ["/d/ 7 3f", " a 5", " e/ 2 2f", "  b 1", "  c 1", "/x 6"],
            id="folders in folders",
        ),
        pytest.param({"data": "-"}, ["/data 1d"], id="deleted"),
        pytest.param({"d__a": "-", "d__b": "-"}, ["/d/ 2d", " a 1d", " b 1d"], id="several deleted"),
        pytest.param({"d__a": 9, "d__b": "-"}, ["/d/ 9 1d", " a 9", " b 1d"], id="both"),
        pytest.param({"d": "!", "d__a": 9}, ["/d/ 9 1d", " a 9", " * 1d"], id="emptied"),
        pytest.param({"d": "-", "d__a": 9}, ["/d/a 9", "/d 1d"], id="a file made into a folder"),
    ],
)
def test_tree_of_a_layer(paths, shown):
    assert rows(tree(layer(**paths))) == shown


def test_a_layer_is_the_sum_of_what_is_in_it():
    node = tree(layer("COPY . .", a=1_000_000, d__b=500_000, d__c="-"))
    assert (node.name, node.size_bytes, node.files, node.deletions) == ("COPY . .", 1_500_000, 2, 1)


def test_the_largest_have_rows_and_the_rest_is_added_up():
    node = largest(tree(layer(**{f"f{number}": 100 - number for number in range(10)})), rows=3)
    assert rows(node) == ["/f0 100", "/f1 99", "/f2 98", "the rest 658 7f"]
    assert sum(child.size_bytes for child in node.children) == node.size_bytes
    assert sum(child.files for child in node.children) == node.files


def test_a_rest_of_one_keeps_its_name():
    assert rows(largest(tree(layer(a=4, b=3, c=2)), rows=2)) == ["/a 4", "/b 3", "/c 2"]


def test_a_small_folder_says_how_much_it_holds_and_stays_shut():
    node = largest(tree(layer(large=1000, d__a=6, d__b=4)))
    assert rows(node) == ["/large 1000", "/d/ 10 2f"]
