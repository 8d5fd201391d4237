"""`dockerlab book …` with a course of one tiny chapter."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dockerlab.book import commands
from dockerlab.book.notebooks import read_notebook
from dockerlab.errors import EngineUnavailable


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(commands.book, arguments, catch_exceptions=False)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> None:
        raise EngineUnavailable("No Docker engine answers.", advice="Install one.")

    monkeypatch.setattr("dockerlab.book.execute.find", find)


@pytest.fixture
def no_site(monkeypatch: pytest.MonkeyPatch) -> None:
    """The site is not really built."""
    monkeypatch.setattr(commands, "build_site", lambda source, out, progress: out / "_build/html")


def test_record_stores_the_outputs(project: Path) -> None:
    result = invoke("record")
    assert result.exit_code == 0
    assert result.stdout == "Stored the outputs of chapters/01_tiny.ipynb\n"
    stored = read_notebook(project / "chapters/01_tiny.ipynb")
    assert stored.cells[1].outputs[0].text == "2\n"
    assert "fingerprint" not in stored.metadata["dockerlab"]


@pytest.mark.usefixtures("no_site")
def test_make_says_where_the_site_is(project: Path) -> None:
    result = invoke("make")
    assert result.stdout == (
        f"The site is at {project / '_build/html/index.html'} (`make serve` opens it). "
        "Every chapter was executed live.\n"
    )


@pytest.mark.usefixtures("project", "no_engine", "no_site")
def test_without_an_engine_the_stored_outputs_are_built_and_the_last_line_says_so(project: Path) -> None:
    result = invoke("make")
    assert result.exit_code == 0
    assert "No Docker engine answers." in result.output
    last = result.stdout.strip().splitlines()[-1]
    assert last.startswith("The site is at ")
    assert last.endswith("No Docker engine could be had, so the site shows the outputs stored with it.")
    assert (project / "_build/book/chapters/01_tiny.ipynb").exists()


@pytest.mark.usefixtures("no_engine", "no_site")
def test_without_an_engine_the_last_line_says_when_the_outputs_were_stored(executed: Path, monkeypatch) -> None:
    monkeypatch.chdir(executed)
    assert "the outputs stored on 23 November 2026." in invoke("make").stdout


@pytest.mark.usefixtures("project", "no_engine")
def test_live_insists_on_an_engine() -> None:
    with pytest.raises(EngineUnavailable):
        invoke("make", "--live")


@pytest.mark.usefixtures("project", "no_engine", "no_site")
def test_build_executes_nothing(project: Path, tmp_path: Path) -> None:
    assert invoke("build", "--out", str(tmp_path)).stdout == f"The site is at {tmp_path / '_build/html/index.html'}\n"
    assert read_notebook(project / "_build/book/chapters/01_tiny.ipynb").cells[1].outputs == []


def test_appendix_prints_the_ledger(executed: Path, monkeypatch) -> None:
    monkeypatch.chdir(executed)
    assert "  HOLDS           25.3×  Fast\n" in invoke("appendix").stdout


@pytest.mark.usefixtures("project")
def test_serving_before_building_says_what_to_do() -> None:
    result = invoke("serve")
    assert result.exit_code == 1
    assert "make book" in result.output
