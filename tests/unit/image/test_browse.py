"""Folders of an image, filtered and sorted, without a widget."""

import time

import pytest

from dockerlab.image.browse import ALL, Browser
from tests.layers import image_of, layer

IMAGE = image_of(
    layer("COPY / /", usr="/", usr__bin__sh=50, usr__bin__Bash=70, usr__lib__a=10, etc__motd=5, link="@"),
    layer("RUN x", usr__bin__sh=60, etc="!", etc__new=1, usr__lib="-"),
)


def names(**asked):
    return [f"{row.name}/" if row.is_folder else row.name for row in Browser(IMAGE).children(**asked)]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, ["usr/", "etc/", "link"]),
        ({"by": "name"}, ["etc/", "link", "usr/"]),
        ({"folder": "usr"}, ["bin/"]),
        ({"folder": "/usr/bin/"}, ["Bash", "sh"]),
        ({"folder": "usr/bin", "text": "SH"}, ["Bash", "sh"]),
        ({"folder": "usr/bin", "text": "bas"}, ["Bash"]),
        ({"text": "bash"}, ["usr/"]),
        ({"text": "nowhere"}, []),
        ({"folder": "nowhere"}, []),
        ({"folder": "usr/bin/sh"}, []),
        ({"layer": 1, "folder": "usr"}, ["bin/", "lib/"]),
        ({"layer": 2}, ["usr/", "etc/"]),
        ({"layer": 2, "folder": "usr"}, ["bin/", "lib"]),
        ({"layer": 2, "folder": "etc"}, ["new", "*"]),
    ],
)
def test_what_is_in_a_folder(asked, found):
    assert names(**asked) == found


def test_a_row_says_what_the_layer_did():
    rows = {row.path: row for row in Browser(IMAGE).children("usr", 2) + Browser(IMAGE).children("usr/bin", 2)}
    assert (rows["usr/bin"].size_bytes, rows["usr/bin"].files, rows["usr/bin"].change) == (60, 1, "")
    assert (rows["usr/bin/sh"].change, rows["usr/lib"].change, rows["usr/lib"].deleted) == ("changed", "removed", 1)
    assert Browser(IMAGE).children("usr/bin", 1)[0].change == "added"
    assert Browser(IMAGE).children("usr/bin", ALL)[0].change == ""


@pytest.mark.parametrize(
    ("asked", "error"), [({"layer": 3}, IndexError), ({"layer": -1}, IndexError), ({"by": "colour"}, ValueError)]
)
def test_what_there_is_not_is_refused(asked, error):
    with pytest.raises(error):
        Browser(IMAGE).children(**asked)
    assert Browser(image_of()).children() == []


def test_a_folder_is_opened_in_milliseconds():
    many = Browser(image_of(layer("x", **{f"usr__d{n % 300}__e{n % 7}__f{n}": n for n in range(40_000)})))
    many.children()
    took = []
    for number in range(20):
        begin = time.perf_counter()
        assert many.children(f"usr/d{number}")
        took.append(time.perf_counter() - begin)
    assert min(took) < 0.005
