"""The text, the HTML and the JSON of a comparison of two images."""

import json

from bs4 import BeautifulSoup

from dockerlab.image.diff import ImageDiff
from dockerlab.show.image_diff import DiffView, described_diff
from dockerlab.show.shown import view
from tests.layers import image_of, layer

BASE = layer("COPY / /", "base", etc__a=1000)
A = image_of(BASE, layer("RUN a", "a", **{f"f{number}": 10 + number for number in range(12)}))
B = image_of(BASE, layer("RUN TOKEN=abcdefghijkl b", "b", f0=7, new=5_000_000))


def test_an_image_diff_is_drawn_by_its_view():
    assert isinstance(view(ImageDiff(A, B)), DiffView)


def test_plain_text_says_what_differs_the_largest_first():
    lines = [" ".join(line.split()) for line in str(DiffView(ImageDiff(A, B))).splitlines()]
    assert lines[:2] == ["A demo: 2 layers, 1.19 kB", "B demo: 2 layers, 5 MB (5 MB more)"]
    for line in (
        "1 layer shared, 1 kB", "1 layer only in B, 5 MB", "5 MB RUN TOKEN=abcd… b", "11 files only in A, 176 B",
        "21 B /f11", "1 file only in B, 5 MB", "5 MB /new", "1 file of different size", "10 B 7 B /f0",
        "0 settings of the config differ", "0 packages differ",
    ):  # fmt: skip
        assert line in lines
    assert not any("more" in line for line in lines[2:]), "one more than the list holds is shown as well"


def test_long_lists_are_cut_and_counted():
    many = image_of(layer("RUN a", "a", **{f"f{number}": 1 for number in range(40)}))
    diff = ImageDiff(many, image_of())
    assert "  … and 30 more" in str(DiffView(diff)).splitlines()
    assert "… and 15 more" in DiffView(diff).to_html()
    assert len(described_diff(diff)["only_in_a"]) == 40


def test_html_folds_without_script():
    soup = BeautifulSoup(DiffView(ImageDiff(A, B)).to_html(), "html.parser")
    assert soup.find(["script", "style"]) is None
    assert [fold.summary.get_text() for fold in soup.find_all("details")] == [
        "1 layer only in A, 186 B", "1 layer only in B, 5 MB", "11 files only in A, 176 B", "1 file only in B, 5 MB",
        "1 file of different size",
    ]  # fmt: skip
    assert all(table.find("th", scope="col") for table in soup.find_all("table"))


def test_a_script_gets_all_of_it():
    told = json.loads(json.dumps(described_diff(ImageDiff(A, B))))
    (different,) = told["different"]
    assert (different["path"], different["a"]["size_bytes"]) == ("/f0", 10)
    assert different["b"] == {"kind": "file", "size_bytes": 7, "mode": "644", "uid": 0, "gid": 0}
    assert told["b"]["own_layers"][0]["instruction"] == "RUN TOKEN=abcd… b"
    assert [layer["diff_id"] for layer in told["shared_layers"]] == ["sha256:base"]
