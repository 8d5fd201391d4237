"""`dockerlab book` with tiny notebooks that need no engine."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from click.testing import CliRunner

from dockerlab.book import commands as book
from dockerlab.errors import ChapterFailed, EngineUnavailable

CODE, TEXT = nbformat.v4.new_code_cell, nbformat.v4.new_markdown_cell


def notebook(*sources: str, tags: dict[int, list[str]] | None = None) -> nbformat.NotebookNode:
    cells = [TEXT("# A tiny chapter")]
    for number, source in enumerate(sources, 1):
        cells.append(CODE(source, metadata={"tags": (tags or {}).get(number, [])}))
    return nbformat.v4.new_notebook(cells=cells)


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course with one tiny chapter, and an engine that is only a name."""
    root = tmp_path / "course"
    for folder in ("chapters", "labs/app", "dockerlab"):
        (root / folder).mkdir(parents=True)
    (root / "labs/app/main.py").write_text("limit = 20\n")
    (root / "_toc.yml").write_text("format: jb-book\nroot: intro\nchapters:\n- file: chapters/01_tiny\n")
    (root / "intro.md").write_text("# Intro\n")
    book.write_notebook(notebook("print(1 + 1)", "open('../labs/app/main.py').read()"), root / "chapters/01_tiny.ipynb")
    engine = SimpleNamespace(source="own", version="1.0", store="overlay2", buildx="0.29")
    monkeypatch.setattr("dockerlab.engine.find", lambda: engine)
    monkeypatch.setattr("dockerlab.engine.base.ensure_base", lambda engine: SimpleNamespace(image_id="sha256:1"))
    monkeypatch.chdir(root)
    return root


def stored(root: Path) -> nbformat.NotebookNode:
    return book.read_notebook(root / "chapters/01_tiny.ipynb")


def test_executes_in_a_copy_and_leaves_the_checkout_alone(project: Path) -> None:
    before = (project / "chapters/01_tiny.ipynb").read_bytes()
    said: list[str] = []
    out = book.execute_book(project, say=said.append)
    executed = book.read_notebook(out / "chapters/01_tiny.ipynb")
    assert executed.cells[1].outputs[0].text == "2\n"
    assert "limit = 20" in executed.cells[2].outputs[0].data["text/plain"]
    assert (project / "chapters/01_tiny.ipynb").read_bytes() == before
    assert {path.name for path in project.iterdir()} == {
        "_build", "_toc.yml", "chapters", "dockerlab", "intro.md", "labs",
    }  # fmt: skip
    assert said[0] == "[1/1] 01_tiny: executing"
    assert "cell  1/2" in said[1]
    assert "print(1 + 1)" in said[1]
    assert said[-1].startswith("1 chapters in")


@pytest.mark.parametrize(
    ("change", "again"),
    [
        (lambda root: None, False),
        (lambda root: _edit_prose(root), False),
        (lambda root: (root / "labs/app/main.py").write_text("limit = 21\n"), True),
        (lambda root: (root / "dockerlab/new.py").write_text(""), True),
        (lambda root: book.write_notebook(notebook("print(3)"), root / "chapters/01_tiny.ipynb"), True),
    ],
    ids=["nothing", "prose", "lab", "library", "cell"],
)
def test_executes_again_only_what_changed(project: Path, monkeypatch: pytest.MonkeyPatch, change, again: bool) -> None:
    runs = []

    def run(notebook, folder, name, say) -> float:
        runs.append(name)
        for cell in notebook.cells[1:]:
            cell.execution_count, cell.outputs = 1, []
        return 1.0

    monkeypatch.setattr(book, "run_notebook", run)
    book.execute_book(project, say=lambda text: None)
    change(project)
    out = book.execute_book(project, say=lambda text: None)
    assert len(runs) == (2 if again else 1)
    shown = book.read_notebook(out / "chapters/01_tiny.ipynb")
    assert [cell.source for cell in shown.cells] == [cell.source for cell in stored(project).cells]
    assert shown.cells[1].execution_count == 1
    book.execute_book(project, fresh=True, say=lambda text: None)
    assert len(runs) == (3 if again else 2)


def _edit_prose(root: Path) -> None:
    edited = stored(root)
    edited.cells[0].source = "# A better title"
    book.write_notebook(edited, root / "chapters/01_tiny.ipynb")


def test_failing_cell_is_named_with_source_and_message(tmp_path: Path) -> None:
    broken = notebook("x = 1", "# divide\nx / 0", "print('never')")
    with pytest.raises(ChapterFailed) as caught:
        book.run_notebook(broken, tmp_path, "01_tiny", lambda text: None)
    error = caught.value
    assert (error.chapter, error.cell) == ("01_tiny", 2)
    assert error.source == "# divide\nx / 0"
    assert error.error == "ZeroDivisionError: division by zero"
    assert "> x / 0" in str(error)
    assert "ZeroDivisionError: division by zero" in str(error)
    assert broken.cells[3].execution_count is None


def test_taught_error_is_no_failure(tmp_path: Path) -> None:
    taught = notebook("1 / 0", "print('goes on')", tags={1: ["raises-exception"]})
    assert book.run_notebook(taught, tmp_path, "01_tiny", lambda text: None) > 0
    assert taught.cells[1].outputs[0].ename == "ZeroDivisionError"
    assert taught.cells[2].outputs[0].text == "goes on\n"


def test_recorded_notebook_has_nothing_that_differs_between_runs() -> None:
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
    done = book.normalise(raw, "01_tiny")
    assert done.metadata == {"kernelspec": book.KERNEL, "language_info": book.LANGUAGE, "dockerlab": {"seconds": 3}}
    assert done.cells[1].metadata == {"tags": ["hide-input"], "jupyter": {"source_hidden": True}}
    assert done.cells[1].outputs[0].data == {"text/plain": "w"}
    assert done.cells[1].outputs[0].metadata == {"dockerlab": {"claim": {}}}
    assert [cell.id for cell in done.cells] == ids
    nbformat.validate(done)


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
    raw = notebook("x")
    raw.cells[1].metadata = nbformat.from_dict({"tags": [tag]})
    assert book.normalise(raw, "01_tiny").cells[1].metadata.get("jupyter") == hidden


def test_record_stores_the_outputs(project: Path) -> None:
    result = CliRunner().invoke(book.book, ["record"], catch_exceptions=False)
    assert result.exit_code == 0
    assert stored(project).cells[1].outputs[0].text == "2\n"
    assert "fingerprint" not in stored(project).metadata["dockerlab"]


def no_engine() -> None:
    raise EngineUnavailable("No Docker engine answers.", advice="Install one.")


def test_without_an_engine_the_stored_outputs_are_built_and_the_last_line_says_so(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dockerlab.engine.find", no_engine)
    monkeypatch.setattr(book, "build_site", lambda source, out: out / "_build/html")
    result = CliRunner().invoke(book.book, ["make"], catch_exceptions=False)
    assert result.exit_code == 0
    assert "No Docker engine answers." in result.output
    last = result.stdout.strip().splitlines()[-1]
    assert last.startswith("The site is at ")
    assert "No Docker engine could be had" in last
    assert (project / "_build/book/chapters/01_tiny.ipynb").exists()


def test_live_insists_on_an_engine(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dockerlab.engine.find", no_engine)
    with pytest.raises(EngineUnavailable):
        CliRunner().invoke(book.book, ["make", "--live"], catch_exceptions=False)


def test_serving_before_building_says_what_to_do(project: Path) -> None:
    result = CliRunner().invoke(book.book, ["serve"])
    assert result.exit_code == 1
    assert "make book" in result.output
