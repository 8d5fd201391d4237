"""How two images differ, from images written by hand."""

from dataclasses import replace

import pytest

from dockerlab.image.diff import ConfigChange, ImageDiff, PackageChange, without_secrets
from tests.layers import image_of, layer

BASE = layer("COPY / /", "base", etc__a=1, etc__same=5, etc__mode=6)


def with_config(image, **settings):
    return replace(image, config={"config": settings, "os": "linux"})


def chmod(made, path, **owner):
    return replace(made, entries=tuple(replace(e, **owner) if e.path == path else e for e in made.entries))


A = image_of(BASE, layer("RUN a", "a", big=100, both=10, etc__mode=6, gone=1, kind="@"))
B = image_of(BASE, chmod(layer("RUN b", "b", small=2, both=11, etc__mode=6, etc__a="-", kind=3), "etc/mode", uid=7))


def test_layers_are_told_apart_by_their_diff_ids():
    diff = ImageDiff(A, B)
    assert [x.created_by for x in diff.shared_layers] == ["COPY / /"]
    assert [x.created_by for x in diff.own_layers(A)] == ["RUN a"]
    assert [x.created_by for x in diff.own_layers(B)] == ["RUN b"]


def test_files_are_compared_as_a_container_sees_them():
    diff = ImageDiff(A, B)
    assert [e.path for e in diff.only_in_a] == ["big", "etc/a", "gone"]
    assert [e.path for e in diff.only_in_b] == ["small"]
    assert [(a.path, a.size_bytes, b.size_bytes) for a, b in diff.different] == [("kind", 0, 3), ("both", 10, 11)]
    assert [(a.path, a.uid, b.uid) for a, b in diff.other_owner_or_mode] == [("etc/mode", 0, 7)]


def test_an_image_does_not_differ_from_itself():
    diff = ImageDiff(A, A)
    assert not any(
        [diff.only_in_a, diff.only_in_b, diff.different, diff.other_owner_or_mode, diff.packages, diff.config]
    )
    assert len(diff.shared_layers) == 2
    assert ImageDiff(image_of(), image_of()).only_in_a == []


def installed(*names):
    records = {f"s/{name}.dist-info/RECORD": "x" for name in names}
    made = layer(**{path.replace("/", "__"): 1 for path in records})
    return image_of(replace(made, records=records))


@pytest.mark.parametrize(
    ("a", "b", "changes"),
    [
        (["rich-1"], ["rich-1"], []),
        (["rich-1"], ["rich-2"], [("rich", "1", "2")]),
        (["rich-1"], [], [("rich", "1", None)]),
        ([], ["rich-1"], [("rich", None, "1")]),
        (["Jinja_2-1"], ["jinja.2-1"], []),
        (["b-1", "A-1"], ["b-2", "a-2"], [("a", "1", "2"), ("b", "1", "2")]),
    ],
)
def test_packages_are_compared_by_version(a, b, changes):
    assert ImageDiff(installed(*a), installed(*b)).packages == [PackageChange("pip", *change) for change in changes]


@pytest.mark.parametrize(
    ("a", "b", "change"),
    [
        ({"Env": ["A=1"]}, {"Env": ["A=2"]}, ("Env", "A", "1", "2")),
        ({"Env": ["A=1=2"]}, {}, ("Env", "A", "1=2", None)),
        ({"Env": ["A"]}, {"Env": None}, ("Env", "A", "", None)),
        ({"Env": ["API_TOKEN=abcdefghijklmno"]}, {"Env": ["API_TOKEN=x"]}, ("Env", "API_TOKEN", "abcd…", "…")),
        ({"Env": ["U=http://me:secret@h/"]}, {}, ("Env", "U", "http://me:se…@h/", None)),
        ({"Labels": {"a.authors": "Somebody"}}, {"Labels": {}}, ("Labels", "a.authors", "Somebody", None)),
        ({"ExposedPorts": {"80/tcp": {}}}, {}, ("ExposedPorts", "80/tcp", "yes", None)),
        ({"Cmd": ["a", "b"]}, {"Cmd": None}, ("Cmd", "", '["a", "b"]', None)),
        ({}, {"User": "app"}, ("User", "", None, "app")),
        ({"WorkingDir": ""}, {"WorkingDir": "/app"}, ("WorkingDir", "", None, "/app")),
        ({}, {"Entrypoint": ["a"]}, ("Entrypoint", "", None, '["a"]')),
        ({}, {"Healthcheck": {"Test": ["NONE"]}}, ("Healthcheck", "", None, '{"Test": ["NONE"]}')),
    ],
)
def test_settings_are_compared_one_by_one(a, b, change):
    assert ImageDiff(with_config(A, **a), with_config(A, **b)).config == [ConfigChange(*change)]


def test_the_courses_own_labels_are_no_difference():
    a, b = ({"Labels": {"dockerlab.session": text}} for text in "xy")
    assert ImageDiff(with_config(A, **a), with_config(A, **b)).config == []


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("RUN make install", "RUN make install"),
        ("RUN PREFIX=/usr KEYWORDS=a make", "RUN PREFIX=/usr KEYWORDS=a make"),
        ("RUN API_KEY=abcdefghijkl make", "RUN API_KEY=abcd… make"),
        ("RUN TOKEN='a b c d e f g h' x", "RUN TOKEN=ab… x"),
        ("RUN login --password hunter2hunter2 -u me", "RUN login --password hunt… -u me"),
        (
            "RUN pip install -i https://me:abcdefghijkl@host/simple x",
            "RUN pip install -i https://me:abcd…@host/simple x",
        ),
        ("RUN curl https://host/a@b", "RUN curl https://host/a@b"),
        ('["app", "--api-key", "abcdefghijkl"]', '["app", "--api-key", "abcd…"]'),
        ("COPY --chown=app:app --author x /", "COPY --chown=app:app --author x /"),
    ],
)
def test_what_looks_like_a_secret_is_cut(text, shown):
    assert without_secrets(text) == shown
