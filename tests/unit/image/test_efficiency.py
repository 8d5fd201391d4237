"""Waste and efficiency as dive counts them, on layers written by hand; the figures are derived from dive's source."""

from __future__ import annotations

import pytest

from tests.layers import image_of, layer

FOLDER = {"d": "/", "d__a": 5}
E = {"e": "/", "e__n": "/"}


@pytest.mark.parametrize(
    ("layers", "wasted_bytes", "efficiency", "paths"),
    [
        pytest.param([], 0, 1.0, {}, id="no layer"),
        pytest.param([{"d": "/"}], 0, 1.0, {}, id="nothing but folders"),
        pytest.param([{"a": 70}, {"b": 30}], 0, 1.0, {}, id="each path once"),
        pytest.param([{"a": 40}, {"a": 40}], 80, 40 / 80, {"/a": 2}, id="copied, as by chown"),
        pytest.param([{"a": 30}, {"a": 10}], 40, 10 / 40, {"/a": 2}, id="replaced by a smaller one"),
        # A deleted file is an occurrence of size 0, and so the smallest.
        pytest.param([{"a": 40, "b": 60}, {"a": "-"}], 40, 60 / 100, {"/a": 2}, id="deleted"),
        pytest.param([{"a": 20}, {"a": 20}, {"a": "-"}], 40, 0.0, {"/a": 3}, id="copied, then deleted"),
        pytest.param([{"a": 10}, {"a": "-"}, {"a": 10}], 20, 0.0, {"/a": 3}, id="deleted and made again"),
        # Links, hard ones too, have no size, and paths without a size are not listed.
        pytest.param([{"a": 10}, {"a": "@"}], 10, 0.0, {"/a": 2}, id="replaced by a link"),
        pytest.param([{"a": "@"}, {"a": "@"}], 0, 1.0, {}, id="links have no size"),
        pytest.param([{"a": 10, "b": "@"}, {"b": "@"}], 0, 1.0, {}, id="a hard link to a file is not the file"),
        # A folder is a leaf, and so a path that counts, only if nothing is in it.
        pytest.param([{"d": "/"}, {"d": "/"}], 0, 1.0, {}, id="folders are in many layers"),
        pytest.param([{"a": 10}, {"a": "/"}], 10, 0.0, {"/a": 2}, id="replaced by an empty folder"),
        pytest.param([{"a": 10}, {"a": "/", "a__b": 5}], 0, 1.0, {}, id="replaced by a folder with a file"),
        # A deleted folder is one occurrence, as large as what was in it: here the first, so nothing occurs twice.
        # d/a 5, da 5, d 5
        pytest.param([FOLDER | {"da": 5}, {"d": "-"}], 0, 1.0, {}, id="folder deleted"),
        # b twice 5, d/a 5, d 5
        pytest.param([FOLDER | {"b": 5}, {"b": 5, "d": "-"}], 10, 15 / 20, {"/b": 2}, id="folder deleted, file copied"),
        # b twice 5, d/a 5, d 0: a folder without an entry of its own is none to dive
        pytest.param(
            [{"d__a": 5, "b": 5}, {"b": 5, "d": "-"}], 10, 10 / 15, {"/b": 2}, id="folder without an entry deleted"
        ),
        # d 0 as an empty folder, then 5 as a deleted one; d/a 5
        pytest.param([{"d": "/"}, FOLDER, {"d": "-"}], 5, 5 / 10, {"/d": 2}, id="folder made empty, filled, deleted"),
        # d/a 5 and 0; d/b 6; d 6, for a was gone
        pytest.param(
            [FOLDER | {"d__b": 6}, {"d": "/", "d__a": "-"}, {"d": "-"}], 5, 12 / 17, {"/d/a": 2},
            id="file deleted, then its folder",
        ),
        # A layer that names no folder takes the folder's entry away: d/a 5 and 6, d 0
        pytest.param([FOLDER, {"d__a": 6}, {"d": "-"}], 11, 5 / 11, {"/d/a": 2}, id="folder whose entry is lost"),
        # d/a 5, d 5, d/a 5
        pytest.param([FOLDER, {"d": "-"}, FOLDER], 10, 10 / 15, {"/d/a": 2}, id="folder deleted and made again"),
        # Whiteout and new content in one layer: d/a 5, d 5 (the deletion) and 7
        pytest.param([FOLDER, {"d": ("-", 7)}], 12, 10 / 17, {"/d": 2}, id="folder replaced by a file"),
        # Without the whiteout d/a stays in dive's stack, but d is no folder any more: d/a 5, d 7 and 0
        pytest.param([FOLDER, {"d": 7}, {"d": "-"}], 7, 5 / 12, {"/d": 2}, id="file over a folder, deleted"),
        # The marker of an emptied folder counts for nothing.
        pytest.param([FOLDER | {"b": 5}, {"d": "!", "d__c": 90}], 0, 1.0, {}, id="folder emptied"),
        pytest.param([FOLDER, {"d": ("/", "!")}], 0, 1.0, {}, id="folder emptied, nothing put in"),
        pytest.param([FOLDER, {"d": ("/", "!"), "d__a": 5}], 10, 5 / 10, {"/d/a": 2}, id="emptied and filled alike"),
        # d/a 5; d 0, then 5, for the marker took nothing from it
        pytest.param([FOLDER, {"d": ("/", "!")}, {"d": "-"}], 5, 5 / 10, {"/d": 2}, id="folder emptied, then deleted"),
        # At a whiteout of nothing dive leaves the layer, and what comes later by name is not counted.
        pytest.param([{"a": 10}, {"b": "-"}], 0, 1.0, {}, id="whiteout of what is not there"),
        pytest.param([{"a": 10}, {"b": "-", "a": 10, "c": 5}], 0, 1.0, {}, id="what comes after such a whiteout"),
        pytest.param(
            [{".a": 10}, {"b": "-", ".a": 10, "c": 5}], 20, 10 / 20, {"/.a": 2}, id="what comes before such a whiteout"
        ),
        pytest.param([{"a": 10}, {"b": "-"}, {"a": 10}], 20, 10 / 20, {"/a": 2}, id="the layer after such a whiteout"),
        # In the first layer, what the layer itself has is there: a 10 and 0
        pytest.param([{"a": ("-", 10)}], 10, 0.0, {"/a": 2}, id="whiteout in the first layer"),
        # A storage driver's notes are no paths, nor whiteouts of anything.
        pytest.param([{"a": 10}, {".wh..wh.plnk": "?", "a": 10}], 20, 10 / 20, {"/a": 2}, id="a driver's notes"),
        pytest.param([{"a": (5, 9)}, {"a": 1}], 10, 1 / 10, {"/a": 2}, id="twice in one layer: the last counts"),
        # The case that dive tests itself, with and without entries of folders; e/n is the deletion:
        # e/n/c 2000 and 5000, e/n/p 3000, e/x 10000, e/n 8000 or 0
        pytest.param(
            [E | {"e__n__c": 2000, "e__n__p": 3000}, E | {"e__n__c": 5000, "e__x": 10_000}, {"e": "/", "e__n": "-"}],
            7000, 23_000 / 28_000, {"/e/n/c": 2}, id="several at once",
        ),
        pytest.param(
            [{"e__n__c": 2000, "e__n__p": 3000}, {"e__n__c": 5000, "e__x": 10_000}, {"e__n": "-"}],
            7000, 15_000 / 20_000, {"/e/n/c": 2}, id="several at once, without folders",
        ),
    ],
)  # fmt: skip
def test_waste_and_efficiency_are_dives(layers, wasted_bytes, efficiency, paths):
    subject = image_of(*(layer("RUN x", str(number), **sizes) for number, sizes in enumerate(layers)))
    assert subject.wasted_bytes == wasted_bytes
    assert subject.efficiency == pytest.approx(efficiency)
    assert dict(zip(subject.waste["path"], subject.waste["layers"], strict=True)) == paths
    assert subject.waste["size_kB"].sum() * 1000 == pytest.approx(wasted_bytes)


def test_a_layer_of_many_files_and_deletions_is_counted_in_one_go():
    """Each deletion looked up among all files would take minutes."""
    names = [f"d{number % 100}__f{number}" for number in range(20_000)]
    folders = {f"d{number}": "/" for number in range(100)}
    subject = image_of(layer(**folders, **dict.fromkeys(names, 1)), layer("RUN rm", "y", **dict.fromkeys(names, "-")))
    assert (subject.wasted_bytes, subject.efficiency) == (20_000, 0.0)
