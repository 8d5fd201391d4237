"""Which package files belong to, from records as pip and dpkg write them."""

import io
from dataclasses import replace

import pytest

from dockerlab.image.packages import packages
from dockerlab.image.records import DPKG_STATUS, dpkg_versions, is_record, read_record
from tests.layers import image_of, layer

SITE = "usr/local/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("path", "is_one"),
    [
        (f"{SITE}/rich-15.0.0.dist-info/RECORD", True),
        ("a-1.dist-info/RECORD", True),
        (f"{SITE}/rich.dist-info/RECORD", False),
        (f"{SITE}/rich-15.0.0.dist-info/METADATA", False),
        ("var/lib/dpkg/info/libc6:amd64.list", True),
        ("var/lib/dpkg/info/tzdata.list", True),
        ("etc/apt/sources.list", False),
        (DPKG_STATUS, True),
        ("old/var/lib/dpkg/status", False),
    ],
)
def test_what_is_a_record(path, is_one):
    assert is_record(path) is is_one


@pytest.mark.parametrize(
    ("path", "content", "kept"),
    [
        ("a-1.dist-info/RECORD", b'a.py,sha256=x,3\r\n"b, c.py",,\n../bin/a,x,4\n', "a.py\nb, c.py\n../bin/a"),
        ("a-1.dist-info/RECORD", b"\xff\xfe\x00\x00,", "\udcff\udcfe"),
        ("a-1.dist-info/RECORD", b"x" * 200_000, ""),
        ("var/lib/dpkg/info/a.list", b"/.\n/usr\n/usr/bin/a\n", "/.\n/usr\n/usr/bin/a\n"),
        (DPKG_STATUS, b"Package: a\nDepends: b\nVersion: 1:2-3\n\n", "Package: a\nVersion: 1:2-3"),
    ],
)  # fmt: skip
def test_what_is_kept_of_a_record(path, content, kept):
    assert read_record(path, io.BytesIO(content)) == kept


def test_only_what_is_installed_has_a_version():
    removed = "Package: b\nStatus: deinstall ok config-files\nVersion: 2"
    assert dpkg_versions(f"Package: a\nStatus: install ok installed\nVersion: 1\n{removed}") == {"a": "1"}


def with_records(made, **records):
    """A layer in which these records are too, by paths as in `layer`."""
    texts = {path.replace("__", "/").replace("SITE", SITE): text for path, text in records.items()}
    more = layer(**{path.replace("/", "__"): 10 for path in texts}).entries
    return replace(made, entries=made.entries + more, records=texts)


def sizes(*layers):
    return {f"{p.manager} {p}": p.size_bytes for p in packages(image_of(*layers))}


BASE = with_records(
    layer(usr__bin__ls=100, usr__share__doc="/", lib__x=7, opt__own=50),
    **{"var__lib__dpkg__info__coreutils.list": "/.\n/bin\n/bin/ls\n/usr/share/doc\n/gone",
       "var__lib__dpkg__info__x:amd64.list": "/lib/x\n/usr/bin/ls",
       "var__lib__dpkg__status": "Package: coreutils\nStatus: install ok installed\nVersion: 9.1"},
)  # fmt: skip
LISTED = "rich/a.py\n../../../bin/rich\nrich-15.0.0.dist-info/RECORD\n../../../../../../../x"
PIP = with_records(
    layer(**{f"{SITE}/rich/a.py".replace("/", "__"): 30, "usr__local__bin__rich": 5}),
    **{"SITE__rich-15.0.0.dist-info__RECORD": LISTED},
)  # fmt: skip


def test_bytes_belong_to_whom_the_records_say():
    assert sizes(BASE, PIP) == {"dpkg coreutils 9.1": 100, "pip rich 15.0.0": 45, "dpkg x": 7}


def test_what_a_later_layer_deletes_belongs_to_nobody():
    gone = layer(**{f"{SITE}/rich-15.0.0.dist-info".replace("/", "__"): "-", "usr__bin__ls": "-"})
    assert sizes(BASE, PIP, gone) == {"dpkg coreutils 9.1": 0, "dpkg x": 7}
    assert sizes() == {}
