"""Which files are records of packages; tests/engine/exercise has the installations themselves."""

import pytest

from dockerlab.exercise.installations import is_record


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("usr/local/lib/python3.11/site-packages/idna-3.20.dist-info/RECORD", True),
        ("./app/.venv/lib/python3.12/site-packages/idna-3.20.dist-info/RECORD", True),
        ("packages/idna-3.20.dist-info/RECORD", True),
        ("wheels/idna-3.20-py3-none-any.whl", True),
        ("var/lib/dpkg/info/libc6:amd64.list", True),
        ("lib/apk/db/installed", True),
        ("usr/lib/apk/db/installed", True),
        ("var/lib/rpm/rpmdb.sqlite", True),
        ("opt/conda/conda-meta/python-3.11.json", True),
        ("app/node_modules/.package-lock.json", True),
        ("var/lib/apt/lists/deb.debian.org_dists_bookworm_InRelease", False),
        ("var/lib/dpkg/status", False),  # removing a package writes it too
        ("usr/local/lib/python3.11/site-packages/idna/__pycache__/core.cpython-311.pyc", False),
        ("app/main.py", False),
        ("app/RECORD", False),
    ],
)
def test_what_is_the_record_of_a_package(path, expected):
    assert is_record(path) is expected
