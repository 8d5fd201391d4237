"""The map of an image: its areas, its words, and what it weighs."""

import pytest
from bs4 import BeautifulSoup

from dockerlab.show.treemap import Treemap, squarify
from tests.layers import image_of, layer


@pytest.mark.parametrize(
    "sizes", [[], [1], [6, 6, 4, 3, 2, 2, 1], [1] * 60, [1e9, 1], [1, 1e9], [10**k for k in range(9, 0, -1)]]
)
@pytest.mark.parametrize("area", [(0, 0, 600, 400), (10, 20, 3, 500), (0, 0, 500, 0)])
def test_areas_are_in_proportion_and_fill_the_whole(sizes, area):
    found = squarify(sizes, area)
    left, top, width, height = area
    assert len(found) == len(sizes)
    for size, (x, y, w, h) in zip(sizes, found, strict=True):
        assert w * h == pytest.approx(width * height * size / sum(sizes))
        assert x >= left - 1e-6
        assert y >= top - 1e-6
        assert x + w <= left + width + 1e-6
        assert y + h <= top + height + 1e-6


def test_areas_are_nearly_square():
    for _, _, width, height in squarify([6, 6, 4, 3, 2, 2, 1], (0, 0, 6, 4)):
        assert max(width / height, height / width) < 3


IMAGE = image_of(layer(usr__lib__a=60_000_000, usr__bin__b=20_000_000, etc__c=20_000_000), layer(etc="-"))


def test_plain_text_lists_the_parts():
    assert [" ".join(line.split()) for line in str(Treemap(IMAGE)).splitlines()] == [
        "Where the 100 MB of demo are",
        "80 MB 80% /usr",
        "60 MB 60% /usr/lib",
        "20 MB 20% /usr/bin",
        "20 MB 20% hidden by later layers",
    ]
    assert str(Treemap(image_of())) == "Where the 0 B of demo are"


def test_each_part_can_be_reached_and_has_a_name():
    soup = BeautifulSoup(Treemap(IMAGE).to_html(), "html.parser")
    assert soup.find(["script", "style"]) is None
    cells = soup.select("svg svg")
    assert [cell.title.get_text() for cell in cells] == [
        "/usr/lib: 60 MB, 60.0%", "/usr/bin: 20 MB, 20.0%", "hidden by later layers: 20 MB, 20.0%",
    ]  # fmt: skip
    assert {(cell["tabindex"], cell["role"]) for cell in cells} == {("0", "img")}
    assert "files of no package" in soup.p.get_text()
    assert "Python package" not in soup.p.get_text()


def test_a_large_image_makes_a_small_drawing():
    many = {f"usr__lib__package-with-a-long-name-{n:05}__file": 10_000_000 // (n + 1) for n in range(3000)}
    many |= {f"top{n}__sub{k}__file": 100_000 for n in range(20) for k in range(20)}
    page = Treemap(image_of(layer("RUN x", **many))).to_html()
    assert len(page.encode()) < 15_000
    assert 10 < page.count("<rect") <= 60
    assert "<svg" in Treemap(image_of()).to_html()
