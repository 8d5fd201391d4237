"""Chapters as notebook files: read and write them, tidy them up for the repository, see whether their code changed."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # importing nbformat is slow, and most dockerlab commands never touch a notebook
    from nbformat import NotebookNode

KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}
# The tags with which Jupyter Book folds a part of a cell away, by JupyterLab's name for that part.
HIDING = {"source": {"hide-input", "hide-cell"}, "outputs": {"hide-output", "hide-cell"}}


def read_notebook(file: Path) -> NotebookNode:
    """Read a notebook, converted to format 4 if it is older."""
    import nbformat

    return nbformat.read(file, as_version=4)


def write_notebook(notebook: NotebookNode, file: Path) -> None:
    """Write a notebook in format 4.5 or later, the first in which cells have IDs.

    If that is interrupted, the file keeps its former content.
    """
    import nbformat

    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    file = file.resolve()  # what a link leads to, so that it stays one
    new = file.with_name(f".{file.name}.new")
    try:
        nbformat.write(notebook, new)
        if file.exists():
            shutil.copymode(file, new)
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


def code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    """The code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def fingerprint(notebook: NotebookNode, conditions: Iterable[str]) -> str:
    """A hash of the code cells, their tags and the conditions they run under. Prose does not count."""
    cells = [[cell.source, cell.metadata.get("tags", [])] for cell in code_cells(notebook)]
    return hashlib.sha256(json.dumps([cells, list(conditions)]).encode()).hexdigest()


def take_outputs(former: NotebookNode, notebook: NotebookNode) -> None:
    """Give a notebook the outputs and run time of an earlier run of the same code cells."""
    for old, new in zip(code_cells(former), code_cells(notebook), strict=True):
        new.outputs, new.execution_count = old.outputs, old.execution_count
    notebook.metadata["dockerlab"] = former.metadata["dockerlab"]


def normalise(notebook: NotebookNode, name: str) -> NotebookNode:
    """Strip a notebook of everything that differs between two runs, except what was measured.

    Args:
        name: the chapter's, from which cells without an ID get one.
    """
    for number, cell in enumerate(notebook.cells, 1):
        cell.setdefault("id", f"{name[:20]}-{number:03d}".replace("_", "-"))
        cell.metadata = type(cell.metadata)(_metadata(cell.metadata.get("tags", [])))
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    facts = {key: value for key, value in notebook.metadata.get("dockerlab", {}).items() if key != "fingerprint"}
    metadata = {"kernelspec": KERNEL, "language_info": LANGUAGE} | ({"dockerlab": facts} if facts else {})
    notebook.metadata = type(notebook.metadata)(metadata)
    return notebook


def _metadata(tags: list[str]) -> dict:
    """A cell's metadata: what the site folds, JupyterLab folds too, or a stored answer would spoil a prediction."""
    hidden = {f"{part}_hidden": True for part, hiding in HIDING.items() if hiding & set(tags)}
    return ({"tags": tags} if tags else {}) | ({"jupyter": hidden} if hidden else {})
