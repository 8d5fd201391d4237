"""Notebooks as the course stores them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from dockerlab.book.notebooks import (
    KERNEL,
    LANGUAGE,
    code_cells,
    fingerprint,
    normalise,
    read_notebook,
    take_outputs,
    write_notebook,
)
from tests.notebooks import notebook


def test_stored_notebook_has_nothing_that_differs_between_runs() -> None:
    raw = notebook("x")
    raw.metadata["widgets"] = {"state": {}}
    raw.metadata["dockerlab"] = {"seconds": 3, "fingerprint": "abc"}
    raw.metadata["language_info"] = {"version": "3.11.7", "name": "python"}
    raw.cells[1].metadata = nbformat.from_dict(
        {"tags": ["hide-input"], "execution": {"iopub.execute_input": "2026-11-23"}, "scrolled": True}
    )
    data = {"text/plain": "w", "application/vnd.jupyter.widget-view+json": {"model_id": "1"}}
    raw.cells[1].outputs = [nbformat.v4.new_output("display_data", data=data, metadata={"dockerlab": {"claim": {}}})]
    ids = [cell.id for cell in raw.cells]
    done = normalise(raw, "01_tiny")
    assert done.metadata == {"kernelspec": KERNEL, "language_info": LANGUAGE, "dockerlab": {"seconds": 3}}
    assert done.cells[1].metadata == {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert done.cells[1].outputs[0].data == {"text/plain": "w"}
    assert done.cells[1].outputs[0].metadata == {"dockerlab": {"claim": {}}}
    assert [cell.id for cell in done.cells] == ids
    nbformat.validate(done)


def test_cell_without_an_id_gets_one_from_the_chapter(tmp_path: Path) -> None:
    old = notebook("x")
    old.nbformat_minor = 4
    for cell in old.cells:
        del cell["id"]
    done = normalise(old, "05_images_worth_shipping")
    assert [cell.id for cell in done.cells] == ["05-images-worth-ship-001", "05-images-worth-ship-002"]
    write_notebook(done, tmp_path / "stored.ipynb")
    assert [cell.id for cell in read_notebook(tmp_path / "stored.ipynb").cells] == [cell.id for cell in done.cells]


@pytest.mark.parametrize(
    ("tag", "hidden"),
    [
        ("hide-input", {"source_hidden": True}),
        ("hide-output", {"outputs_hidden": True}),
        ("hide-cell", {"source_hidden": True, "outputs_hidden": True}),
        ("nbval-ignore-output", None),
    ],
)
def test_what_the_site_folds_jupyterlab_folds_too(tag: str, hidden: dict | None) -> None:
    raw = notebook("x", tags={1: [tag]})
    assert normalise(raw, "01_tiny").cells[1].metadata.get("jupyter") == hidden


@pytest.mark.parametrize(
    ("change", "conditions", "same"),
    [
        (lambda other: None, ["engine 1"], True),
        (lambda other: other.cells[0].update(source="# Better"), ["engine 1"], True),
        (lambda other: other.cells[1].update(source="y"), ["engine 1"], False),
        (lambda other: other.cells[1].metadata.update(tags=["raises-exception"]), ["engine 1"], False),
        (lambda other: other.cells.pop(), ["engine 1"], False),
        (lambda other: None, ["engine 2"], False),
    ],
    ids=["nothing", "prose", "source", "tag", "one cell less", "engine"],
)
def test_fingerprint_tells_what_changed(change: Callable[[NotebookNode], object], conditions, same: bool) -> None:
    one, other = notebook("x", "1 + 1"), notebook("x", "1 + 1")
    change(other)
    assert (fingerprint(one, ["engine 1"]) == fingerprint(other, conditions)) is same


def test_outputs_of_an_earlier_run_are_taken_over() -> None:
    former, new = notebook("1 + 1"), notebook("1 + 1", title="Better")
    former.cells[1].outputs, former.cells[1].execution_count = [nbformat.v4.new_output("stream", text="2\n")], 1
    former.metadata["dockerlab"] = {"seconds": 3, "fingerprint": "abc"}
    take_outputs(former, new)
    (cell,) = code_cells(new)
    assert (cell.outputs[0].text, cell.execution_count) == ("2\n", 1)
    assert new.cells[0].source == "# Better"
    assert new.metadata["dockerlab"] == former.metadata["dockerlab"]


def test_a_notebook_that_cannot_be_written_to_its_end_keeps_its_former_content(tmp_path: Path, monkeypatch) -> None:
    file = tmp_path / "01_tiny.ipynb"
    write_notebook(notebook("mine"), file)
    file.chmod(0o664)

    def half(new: NotebookNode, to: Path) -> None:
        Path(to).write_text("{")
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(nbformat, "write", half)
        with pytest.raises(KeyboardInterrupt):
            write_notebook(notebook("new"), file)
    assert read_notebook(file).cells[1].source == "mine"
    write_notebook(notebook("new"), file)
    assert (read_notebook(file).cells[1].source, file.stat().st_mode & 0o777) == ("new", 0o664)
    assert [path.name for path in tmp_path.iterdir()] == ["01_tiny.ipynb"]


def test_a_notebook_that_is_a_link_is_written_where_it_leads(tmp_path: Path) -> None:
    write_notebook(notebook("old"), tmp_path / "real.ipynb")
    (tmp_path / "link.ipynb").symlink_to("real.ipynb")
    write_notebook(notebook("new"), tmp_path / "link.ipynb")
    assert (tmp_path / "link.ipynb").is_symlink()
    assert read_notebook(tmp_path / "real.ipynb").cells[1].source == "new"
