"""An image's files and history, from layers written by hand."""

from __future__ import annotations

import pytest

from tests.layers import image_of, layer


def test_waste_and_files_show_the_largest_first_and_folders_not_at_all():
    first = layer(b=2000, a=2000, c=3000, d="/", e="@", f="-")
    assert [*first.files.itertuples(index=False, name=None)] == [
        ("/c", "file", 3.0),
        ("/a", "file", 2.0),
        ("/b", "file", 2.0),
        ("/e", "link", 0.0),
        ("/f", "whiteout", 0.0),
    ]
    twice = image_of(layer(a=2000, c=3000), layer(a=2000, c=3000))
    assert [*twice.waste["path"]] == ["/c", "/a"]


def test_a_layer_without_files_still_has_the_columns():
    assert [*layer().files.columns] == ["path", "kind", "size_kB"]
    assert [*image_of(layer()).waste.columns] == ["path", "layers", "size_kB"]


def test_folder_sums_by_child():
    table = layer(lib__x__a=2_000_000, lib__x__b=1_000_000, lib__y=4_000_000, library=9).folder("/lib")
    assert [*table.itertuples(index=False, name=None)] == [("y", 1, 4.0), ("x", 2, 3.0)]


@pytest.mark.parametrize("path", ["/", "", "lib", "/lib", "lib/", "/lib/"])
def test_a_folder_may_be_named_with_or_without_slashes(path):
    """The root folder too."""
    subject = layer(a=3_000_000, lib__a=3_000_000)
    assert subject.folder(path).set_index("name")["size_MB"].get("a") == 3.0


def test_history_gives_layers_to_the_entries_that_have_one():
    history = [
        {"created_by": "COPY / / # buildkit"},
        {"created_by": "ENV A=1", "empty_layer": True},
        {"created_by": "RUN /bin/sh -c make # buildkit"},
        {"created_by": 'CMD ["a"]', "empty_layer": True},
    ]
    table = image_of(layer(a=5_000_000), layer(b=20_000), history=history).history
    assert [*table.itertuples(index=False, name=None)] == [
        ("COPY / /", True, 5.0),
        ("ENV A=1", False, 0.0),
        ("RUN make", True, 0.02),
        ('CMD ["a"]', False, 0.0),
    ]


def test_an_image_without_history_still_has_the_columns():
    table = image_of(layer(a=1)).history
    assert table.empty
    assert [*table.columns] == ["created_by", "layer", "size_MB"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("RUN rm", "RUN rm -r /x"), ("COPY", "COPY . ."), ("RUN", "2 layers of demo"), ("ADD", "0 layers of demo")],
)
def test_a_layer_is_found_by_its_instruction(text, found):
    subject = image_of(layer("COPY . ."), layer("RUN make"), layer("RUN rm -r /x"))
    if " layers " not in found:
        assert subject.layer(text).created_by == found
    else:
        with pytest.raises(ValueError, match=f"{found} were made by '{text}', not one"):
            subject.layer(text)


def test_the_size_of_an_image_is_that_of_its_files():
    subject = image_of(layer(a=1_000_000, d="/"), layer(a=500_000, b="-"))
    assert (subject.size_bytes, subject.size_MB) == (1_500_000, 1.5)
