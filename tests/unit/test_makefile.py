"""What `make` installs into and removes: nothing of a reader's. Neither a real virtual environment nor an engine."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"
SOURCES = ("dockerlab", "labs", "tests", "tools", "benchmarks", "hub")
# A python3 that makes a virtual environment of two programs that do nothing.
PYTHON = """#!/bin/sh
[ "$1 $2" != "-m venv" ] || { mkdir -p $3/bin && printf '#!/bin/sh\\n' > $3/bin/pip && chmod +x $3/bin/pip; }
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout in which nothing was made yet, with what `make` looks at."""
    root = tmp_path / "course"
    for name in (*SOURCES, "labs/news-api"):
        (root / name).mkdir(parents=True)
    for name in ("requirements.txt", "requirements-dev.txt", "constraints.txt", "pyproject.toml"):
        (root / name).touch()
    (root / "labs/news-api/requirements.txt").touch()
    (root / "python").write_text(PYTHON)
    (root / "python").chmod(0o755)
    return root


def make(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = ["make", "-f", MAKEFILE, "PYTHON=./python", *arguments]
    # `make test` may be what runs this; the one that it starts is not to know of it.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL)


def of_a_reader(folder: Path) -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin/pip").write_text("#!/bin/sh\ntouch installed\n")
    (folder / "bin/pip").chmod(0o755)
    return folder


def files(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


def test_the_virtual_environment_that_make_made_is_removed_by_distclean(checkout: Path) -> None:
    before = files(checkout)
    assert make(checkout, ".venv/.ready").returncode == 0
    assert (checkout / ".venv/bin/pip").exists()
    assert make(checkout, "distclean").returncode == 0
    assert files(checkout) == before


def test_an_installation_that_was_interrupted_goes_on(checkout: Path) -> None:
    make(checkout, ".venv/.ready")
    (checkout / ".venv/.ready").unlink()
    assert make(checkout, ".venv/.ready").returncode == 0


def test_python_may_keep_its_byte_code_whatever_the_readers_environment_says(checkout: Path, monkeypatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    (checkout / "python").write_text('#!/bin/sh\necho "told not to: ${PYTHONDONTWRITEBYTECODE:-no}"\nexit 1\n')
    assert "told not to: no" in make(checkout, ".venv/.ready").stdout


@pytest.mark.parametrize("target", ["book", "distclean"])
@pytest.mark.parametrize("name", [".venv", "../mine"])
def test_a_virtual_environment_of_the_reader_s_is_neither_installed_into_nor_removed(
    checkout: Path, target: str, name: str
) -> None:
    mine = of_a_reader(checkout / name)
    before = files(checkout.parent)
    done = make(checkout, target, *([] if name == ".venv" else [f"VENV={mine}"]))
    assert done.returncode != 0
    assert "stays as it is: this Makefile has not made it." in done.stdout
    assert files(checkout.parent) == before


def test_byte_code_is_removed_from_the_course_s_folders_alone(checkout: Path) -> None:
    for folder in ("dockerlab/book", "my-project", "my-env/lib"):
        (checkout / folder / "__pycache__").mkdir(parents=True)
    assert make(checkout, "distclean").returncode == 0
    left = [str(path.parent.relative_to(checkout)) for path in files(checkout) if path.name == "__pycache__"]
    assert left == ["my-env/lib", "my-project"]


@pytest.mark.parametrize("target", ["clean", "distclean"])
def test_without_the_course_s_command_the_build_folder_stays_and_is_named(checkout: Path, target: str) -> None:
    (checkout / "_build").mkdir()
    (checkout / "_build/notes.txt").touch()
    done = make(checkout, target)
    assert done.returncode != 0
    assert done.stdout.startswith("_build stays as it is: ")
    assert (checkout / "_build/notes.txt").exists()
