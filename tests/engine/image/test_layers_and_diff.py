"""Two images that a real engine built: what their layers do, whose their bytes are, and how they differ."""

import pytest

from dockerlab.build import build
from dockerlab.image import ImageReader
from dockerlab.image.diff import ImageDiff
from dockerlab.image.packages import packages
from dockerlab.image.stack import Changes

pytestmark = pytest.mark.engine

BASE = "python:3.11-slim"
SITE = "/usr/local/lib/python3.11/site-packages"


@pytest.fixture
def built(engine, run, tmp_path):
    """A function that builds an image on the base image, of instructions, and gives its name."""

    def make(number, *instructions):
        for version in (1, 2):
            info = tmp_path / f"toy-{version}.dist-info"
            info.mkdir(exist_ok=True)
            (info / "RECORD").write_text(f"toy.py,sha256=x,9\ntoy-{version}.dist-info/RECORD,,\n")
        (tmp_path / "toy.py").write_text("print(1)\n")
        (tmp_path / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *instructions]))
        name = f"dockerlab-layers:{run}-{number}"
        build(f"-t {name} .", engine=engine, cwd=tmp_path, run=run)
        return name

    return make


def test_layers_packages_and_differences_are_told(engine, built):
    one = built(1, f"COPY toy.py {SITE}/", f"COPY toy-1.dist-info {SITE}/toy-1.dist-info", f"RUN rm {SITE}/toy.py")
    two = built(2, f"COPY --chown=7 toy.py {SITE}/", f"COPY toy-2.dist-info {SITE}/toy-2.dist-info", "USER 7")
    read = ImageReader(engine).read(one, two)
    a, b = read[one], read[two]
    assert a.stack.changes[-3:] == (Changes(added=1), Changes(added=1), Changes(removed=1))
    found = {(package.manager, package.name): package for package in packages(b)}
    assert found["pip", "toy"].paths == (f"{SITE}/toy.py".strip("/"), f"{SITE}/toy-2.dist-info/RECORD".strip("/"))
    assert found["dpkg", "libc6"].version
    assert found["dpkg", "libc6"].size_bytes > 5_000_000
    diff = ImageDiff(a, b)
    assert len(diff.shared_layers) == len(a.layers) - 3
    assert [(c.name, c.version_a, c.version_b) for c in diff.packages] == [("toy", "1", "2")]
    assert [(c.setting, c.value_a, c.value_b) for c in diff.config] == [("User", None, "7")]
    (owner,) = {entry.uid for entry in diff.only_in_b if entry.path.endswith("toy.py")}
    assert owner == 7
