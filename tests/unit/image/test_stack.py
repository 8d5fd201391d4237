"""What layers add, change and remove, and what a container sees, from layers written by hand."""

import pytest

from dockerlab.image.stack import Changes, stack
from tests.layers import layer

BASE = layer("COPY / /", etc="/", etc__a=1, etc__b=2, etc__deep__c=3, bin="@")


@pytest.mark.parametrize(
    ("above", "changes", "left"),
    [
        (layer(), (0, 0, 0), "bin etc/a etc/b etc/deep/c"),
        (layer(new=5, folder="/"), (1, 0, 0), "bin etc/a etc/b etc/deep/c new"),
        (layer(etc__a=9, bin=4), (0, 2, 0), "bin etc/a etc/b etc/deep/c"),
        (layer(etc__a="-"), (0, 0, 1), "bin etc/b etc/deep/c"),
        (layer(etc="-"), (0, 0, 3), "bin"),
        (layer(et="-", etc__dee="-"), (0, 0, 0), "bin etc/a etc/b etc/deep/c"),
        (layer(etc=("!", "/"), etc__a=7), (0, 1, 2), "bin etc/a"),
        (layer(etc=("-", 5)), (1, 0, 3), "bin etc"),
        (layer(etc=5), (1, 0, 3), "bin etc"),
        (layer(bin="/", bin__sh=1), (1, 0, 1), "bin/sh etc/a etc/b etc/deep/c"),
        (layer(**{"": "!"}), (0, 0, 4), ""),
        (layer(nowhere="-"), (0, 0, 0), "bin etc/a etc/b etc/deep/c"),
    ],
    ids=[
        "nothing", "added", "changed", "deleted", "a folder", "a name that others begin with", "an opaque folder",
        "a folder made a file", "a folder made a file without a whiteout", "a link made a folder", "everything",
        "what is not there",
    ],
)  # fmt: skip
def test_a_layer_on_another(above, changes, left):
    found = stack([BASE, above])
    assert found.changes == (Changes(4), Changes(*changes))
    assert sorted(found.files) == left.split()


def test_only_the_last_of_each_path_counts():
    found = stack([layer(a=10, b=1), layer(a=4), layer(b="-"), layer(b=2)])
    assert (found.size_bytes, found.changes[-1]) == (6, Changes(added=1))
    assert stack([]).files == {}
