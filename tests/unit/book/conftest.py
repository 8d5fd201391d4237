"""Two small courses: one to execute, and one that was executed."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_output

from dockerlab.book.notebooks import write_notebook
from dockerlab.engine.engine import Server
from tests.notebooks import notebook

RUN = {"date": "2026-11-23", "engine": "Docker Engine 28.5.2", "engine_source": "private", "store": "overlay2"}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one tiny chapter that was never executed, and an engine that is only a name."""
    root = tmp_path / "course"
    for folder in ("chapters/quizzes", "labs/app", "dockerlab"):
        (root / folder).mkdir(parents=True)
    (root / "labs/app/main.py").write_text("limit = 20\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n- file: chapters/01_tiny\n")
    (root / "intro.md").write_text("# Intro\n")
    write_notebook(notebook("print(1 + 1)", "open('../labs/app/main.py').read()"), root / "chapters/01_tiny.ipynb")
    engine = SimpleNamespace(source="own", server=Server("1.0", "overlay2", "Debian"), buildx="0.29")
    monkeypatch.setattr("dockerlab.book.execute.find", lambda: engine)
    monkeypatch.setattr("dockerlab.book.execute.ensure_base", lambda engine: SimpleNamespace(image_id="sha256:1"))
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def three(project: Path) -> Path:
    """The same course with three chapters. The second was executed once, long ago, and cannot be any more."""
    names = ("01_tiny", "02_broken", "03_last")
    (project / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nchapters:\n" + "".join(f"- file: chapters/{name}\n" for name in names)
    )
    broken = notebook("print('so far so good')", "1 / 0", "print('never')", title="Broken")
    facts = {"dockerlab": {"run": RUN | {"chapter": "02_broken"}}}
    broken.cells[1].outputs = [new_output("display_data", {"text/plain": "stored"}, metadata=facts)]
    write_notebook(broken, project / "chapters/02_broken.ipynb")
    write_notebook(notebook("print('last')", title="Last"), project / "chapters/03_last.ipynb")
    return project


def claim(statement: str, measured: float | str, unit: str = "") -> dict:
    """A claim as it is stored in an output's metadata."""
    return {"claim": {"statement": statement, "measured": measured, "unit": unit, "holds": True}}


@pytest.fixture
def executed(tmp_path: Path) -> Path:
    """A course with two chapters that were executed."""
    (tmp_path / "chapters").mkdir()
    (tmp_path / "labs").mkdir()
    (tmp_path / "_toc.yml").write_text(
        "format: jb-book\nroot: intro\nparts:\n- chapters:\n"
        "  - file: chapters/06_layer_caching\n  - file: chapters/02_first\n- chapters:\n  - file: appendices/measured\n"
    )
    for name, title, *claims in (
        ("02_first", "First <b>", claim("It answers", "200")),
        ("06_layer_caching", "Caching", claim("Fast", 25.3, "×"), claim("Faster", 92.0, "×"), claim("Small", 3, "MB")),
    ):
        chapter = notebook("from dockerlab.lesson import *", title=title)
        chapter.metadata["dockerlab"] = {"seconds": 96.2}
        chapter.cells[1].outputs = [
            new_output("display_data", metadata={"dockerlab": facts})
            for facts in ({"run": RUN | {"chapter": name}}, *claims)
        ]
        write_notebook(chapter, tmp_path / f"chapters/{name}.ipynb")
    return tmp_path
