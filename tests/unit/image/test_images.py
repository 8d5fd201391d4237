"""Tables of several images side by side."""

from __future__ import annotations

import pytest

from dockerlab.image import Images
from tests.layers import image_of, layer

BASE = layer("COPY / /", "base", os=100_000_000)
PACKAGES = layer("RUN pip", "packages", lib=50_000_000)


def rows(table):
    return [*table.itertuples(index=False, name=None)]


@pytest.mark.parametrize(
    ("images", "stored"),
    [
        ({}, []),
        ({"a": [BASE]}, [("COPY / /", 100.0, "a")]),
        ({"a": [BASE], "b": [BASE]}, [("COPY / /", 100.0, "a, b")]),
        ({"a": [BASE, PACKAGES], "b": [BASE]}, [("COPY / /", 100.0, "a, b"), ("RUN pip", 50.0, "a")]),
        ({"a": [PACKAGES, PACKAGES]}, [("RUN pip", 50.0, "a")]),
    ],
)
def test_a_shared_layer_is_stored_once(images, stored):
    table = Images({name: image_of(*layers) for name, layers in images.items()}).shared_layers
    assert rows(table) == stored
    assert [*table.columns] == ["instruction", "size_MB", "images"]


@pytest.mark.parametrize(("base", "marks"), [(image_of(BASE), [True, False]), (None, [False, False])])
def test_layers_of_the_base_image_are_marked(base, marks):
    table = Images({"a": image_of(BASE, PACKAGES)}, base).layers
    assert rows(table[["image", "layer", "instruction", "size_MB"]]) == [
        ("a", 1, "COPY / /", 100.0),
        ("a", 2, "RUN pip", 50.0),
    ]
    assert [*table["base"]] == marks


def test_sizes_are_in_the_order_asked_for():
    sizes = Images({"b": image_of(BASE, PACKAGES), "a": image_of(PACKAGES), "none": image_of()}).sizes_MB
    assert [*sizes.items()] == [("b", 150.0), ("a", 50.0), ("none", 0.0)]


def test_two_images_can_be_compared_and_no_other_number_of_them():
    images = {name: image_of(BASE, *more) for name, more in {"a": (PACKAGES,), "b": (), "c": ()}.items()}
    diff = Images({name: images[name] for name in "ab"}).diff
    assert [entry.path for entry in diff.only_in_a] == ["lib"]
    for names in ("", "a", "abc"):
        with pytest.raises(ValueError, match=f"and here are {len(names)}"):
            Images({name: images[name] for name in names}).diff  # noqa: B018
