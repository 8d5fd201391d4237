"""The book notices: a lab that no longer does what a page says makes the page's own check fail, by the claim's name."""

import shutil
import subprocess
import sys

import nbformat
import pytest

from dockerlab.paths import project_root

pytestmark = pytest.mark.engine

CHAPTER = "chapters/06_layer_caching.ipynb"
CLAIM = "Good order: the change runs the last COPY and nothing else"


@pytest.mark.nightly
def test_poor_order_in_place_of_good_fails_the_chapter_and_names_the_claim(engine, tmp_path):
    root, copy = project_root(), tmp_path / "course"
    for name in ("labs", "tests/book"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("_toc.yml", "conftest.py", "pyproject.toml"):
        shutil.copy(root / name, copy / name)
    chapter = nbformat.read(root / CHAPTER, as_version=4)
    last = next(i for i, cell in enumerate(chapter.cells) if CLAIM in cell.source)
    # The rest of the chapter would take minutes and tell nothing more.
    chapter.cells = chapter.cells[: last + 1]
    (copy / "chapters").mkdir()
    nbformat.write(chapter, copy / CHAPTER)
    lab = copy / "labs/news-api"

    def check() -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", "chapters"]
        return subprocess.run(command, cwd=copy, capture_output=True, text=True)

    as_it_is = check()
    assert as_it_is.returncode == 0, as_it_is.stdout[-3000:]
    shutil.copy(lab / "Dockerfile.poor-order", lab / "Dockerfile")
    mutated = check()
    assert mutated.returncode == 1
    assert f"Claim does not hold: {CLAIM}" in mutated.stdout
