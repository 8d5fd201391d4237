"""Where the bytes of an image are, from layers written by hand."""

from dataclasses import replace

import pytest

from dockerlab.image.parts import HIDDEN, OTHER, REST, Part, parts
from tests.layers import image_of, layer


def records(made, **lists):
    """A layer with dpkg's lists of these packages in it."""
    return replace(made, records={f"var/lib/dpkg/info/{name}.list": text for name, text in lists.items()})


OWNED = records(
    layer(usr__bin__sh=500, usr__bin__x=300, opt__a__b__c__d__e=100, var__lib__dpkg__info__dash__list=0),
    **{"dash": "/bin/sh"},
)
OWNED = replace(OWNED, entries=(*OWNED.entries, *layer(**{"var__lib__dpkg__info__dash.list": 50}).entries))


@pytest.mark.parametrize(
    ("layers", "found"),
    [
        ([], []),
        ([layer(a="/", b="@")], []),
        ([layer(a=5)], [Part("/", "/", "files", 5)]),
        (
            [OWNED],
            [
                Part("/usr", "dash", "dpkg", 500),
                Part("/usr", "/usr/bin", "files", 300),
                Part("/opt", "/opt/a/b/c", "files", 100),
                Part("/var", "/var/lib/dpkg/info", "files", 50),
            ],
        ),
        (
            [layer(a__x=5, b__x=7), layer(a="-", b__x=3)],
            [Part(HIDDEN, HIDDEN, "hidden", 12), Part("/b", "/b", "files", 3)],
        ),
        ([layer(a__x=10_000, b__x=1)], [Part("/a", "/a", "files", 10_000), Part(OTHER, REST, "rest", 1)]),
    ],
    ids=["no layers", "no bytes", "a file at the top", "by package and folder", "hidden", "too small"],
)
def test_bytes_are_shared_out(layers, found):
    assert parts(image_of(*layers)) == found


@pytest.mark.parametrize("most", [12, 44])
def test_of_many_parts_the_largest_stand_for_themselves(most):
    many = {f"d{group}__e{number}__f": 1000 - 10 * number - group for group in range(12) for number in range(20)}
    found = parts(image_of(layer("x", **many)), most)
    assert len(found) <= most + 8
    assert sum(part.size_bytes for part in found) == sum(many.values())
    assert len({part.group for part in found}) <= 7
    assert found[0].name == "/d0/e0"
