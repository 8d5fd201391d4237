"""How much of a chapter's run time is spent in docker."""

from __future__ import annotations

from pathlib import Path

from nbformat.v4 import new_code_cell

from dockerlab.book.execute import run_notebook
from dockerlab.book.notebooks import read_notebook

PROJECT = Path(__file__).resolve().parents[1]
# Run in the chapter's kernel, before its first cell and after its last one.
BEFORE = f"import sys; sys.path.insert(0, {str(PROJECT)!r}); from benchmarks import docker_time; docker_time.start()"
AFTER = "print(docker_time.seconds())"


def docker_share(file: Path) -> float:
    """Run time of a chapter over its time in docker, both wall time of one run."""
    notebook = read_notebook(file)
    notebook.cells = [new_code_cell(BEFORE), *notebook.cells, new_code_cell(AFTER)]
    whole = run_notebook(notebook, file.parent, file.stem, lambda text: None)
    return whole / float(notebook.cells[-1].outputs[0].text)
