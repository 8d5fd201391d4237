"""`dockerlab book …` with a course of one tiny chapter, or of three."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dockerlab.book import commands, execute
from dockerlab.book.notebooks import read_notebook, write_notebook
from dockerlab.errors import EngineUnavailable, SiteFailed
from dockerlab.paths import own_folder
from tests.notebooks import notebook


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(commands.book, arguments, catch_exceptions=False)


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> None:
        raise EngineUnavailable("No Docker engine answers.", advice="Install one.")

    monkeypatch.setattr("dockerlab.book.execute.find", find)


@pytest.fixture
def sites(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What each site that was built shows: the first output of each chapter. Nothing is really built."""
    built: list[list[str]] = []

    def build_site(source: Path, out: Path, progress) -> Path:
        chapters = [read_notebook(file) for file in sorted((source / "chapters").glob("*.ipynb"))]
        outputs = [chapter.cells[1].outputs for chapter in chapters]
        built.append([first[0].get("text") or first[0].data.get("text/plain") if first else "" for first in outputs])
        site = out / "_build/html"
        site.mkdir(parents=True, exist_ok=True)
        (site / "index.html").write_text(str(built[-1]))
        return site

    monkeypatch.setattr(commands, "build_site", build_site)
    return built


@pytest.fixture
def interrupted(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C in the second chapter."""

    def run(notebook, folder, name, progress, clock) -> float:
        if name == "02_broken":
            raise KeyboardInterrupt
        return 1.0

    monkeypatch.setattr(execute, "run_notebook", run)


# ---- make ----------------------------------------------------------------------------------------------------------


def test_the_first_look_comes_before_an_engine_is_looked_for(project: Path, sites, monkeypatch) -> None:
    index = project / "_build/html/index.html"

    def find() -> None:
        assert index.exists()
        raise EngineUnavailable("No Docker engine answers.")

    monkeypatch.setattr("dockerlab.book.execute.find", find)
    result = invoke("make")
    assert result.stdout.startswith(f"You can read the book now: {index} (`make serve` opens it). ")
    assert sites == [[""]], "what is right already is not built again"


def test_the_chapters_executed_here_then_take_the_place_of_the_stored_outputs(project: Path, sites) -> None:
    result = invoke("make")
    assert sites == [[""], ["2\n"]]
    assert result.exit_code == 0
    assert result.stdout.splitlines()[-1] == (
        f"The site is at {project / '_build/html/index.html'} (`make serve` opens it). Every chapter was executed live."
    )


def test_the_site_of_the_last_run_stays_until_the_new_one_is_there(project: Path, sites) -> None:
    invoke("make")
    result = invoke("make")
    assert sites == [[""], ["2\n"], ["2\n"]], "stored outputs never take the place of those executed here"
    assert result.stdout.startswith(f"The site of the last run stays at {project / '_build/html/index.html'}")


def test_a_chapter_that_fails_keeps_its_stored_page_and_the_exit_status_tells(three: Path, sites) -> None:
    result = invoke("make")
    assert result.exit_code == 1
    assert sites[-1] == ["2\n", "stored", "last\n"]
    assert result.stdout.splitlines()[-1].endswith("2 of 3 chapters were executed live.")
    assert result.stderr.splitlines()[-1] == (
        "Chapter 02_broken stopped at code cell 2: ZeroDivisionError: division by zero. Its page says so."
    )


@pytest.mark.usefixtures("interrupted")
@pytest.mark.parametrize("before", [False, True], ids=["first run", "later run"])
def test_ctrl_c_keeps_what_was_executed_and_says_where_the_site_is(three: Path, sites, before: bool) -> None:
    index = three / "_build/html/index.html"
    if before:
        (own_folder(three / "_build") / "html").mkdir()
        index.write_text("former")
    result = invoke("make")
    assert result.exit_code == 130
    assert [file.name for file in (three / "_build/executed").iterdir()] == ["01_tiny.ipynb"]
    assert index.read_text() == ("former" if before else str(["", "stored", ""]))
    last = result.stdout.splitlines()[-1]
    assert last == (
        f"Interrupted. The site at {index} is whole. Chapters that had ended are kept: `make book` goes on from there."
    )


@pytest.mark.usefixtures("project")
def test_ctrl_c_before_there_is_a_site_says_so(monkeypatch) -> None:
    def build_site(*arguments) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(commands, "build_site", build_site)
    result = invoke("make")
    assert result.exit_code == 130
    assert result.stdout.startswith("Interrupted. There is no site yet. ")


@pytest.mark.usefixtures("project")
def test_a_page_that_cannot_be_built_is_told_before_the_chapters_are_executed(monkeypatch) -> None:
    def build_site(*arguments) -> None:
        raise SiteFailed(1)

    monkeypatch.setattr(commands, "build_site", build_site)
    monkeypatch.setattr(commands, "execute_book", lambda *arguments, **options: pytest.fail("executed"))
    with pytest.raises(SiteFailed):
        invoke("make")


@pytest.mark.usefixtures("project", "no_engine")
@pytest.mark.parametrize("times", [1, 2], ids=["first run", "later run"])
def test_without_an_engine_the_stored_outputs_are_built_and_the_last_line_says_so(
    project: Path, sites, times: int
) -> None:
    results = [invoke("make") for _ in range(times)]
    assert results[-1].exit_code == 0
    assert len(sites) == times
    assert "No Docker engine answers." in results[-1].output
    last = results[-1].stdout.strip().splitlines()[-1]
    assert last.startswith("The site is at ")
    assert last.endswith("No Docker engine could be had, so the site shows the outputs stored with it.")
    assert (project / "_build/book/chapters/01_tiny.ipynb").exists()


@pytest.mark.usefixtures("no_engine", "sites")
def test_without_an_engine_the_last_line_says_when_the_outputs_were_stored(executed: Path, monkeypatch) -> None:
    monkeypatch.chdir(executed)
    assert "the outputs stored on 23 November 2026." in invoke("make").stdout.splitlines()[-1]


@pytest.mark.usefixtures("project", "no_engine", "sites")
def test_live_insists_on_an_engine() -> None:
    with pytest.raises(EngineUnavailable):
        invoke("make", "--live")


# ---- record --------------------------------------------------------------------------------------------------------


def test_record_stores_the_outputs(project: Path) -> None:
    result = invoke("record")
    assert result.exit_code == 0
    assert result.stdout == "Stored the outputs of chapters/01_tiny.ipynb\n"
    stored = read_notebook(project / "chapters/01_tiny.ipynb")
    assert stored.cells[1].outputs[0].text == "2\n"
    assert "fingerprint" not in stored.metadata["dockerlab"]


def contents(project: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (project / "chapters").glob("*.ipynb")}


def test_record_stores_nothing_if_a_chapter_failed(three: Path) -> None:
    before = contents(three)
    result = invoke("record")
    assert result.exit_code == 1
    assert result.stderr.endswith(
        "Error: Nothing was stored. Chapter 02_broken stopped at code cell 2: ZeroDivisionError: division by zero.\n"
    )
    assert contents(three) == before


def edit(file: Path) -> None:
    write_notebook(notebook("print('edited meanwhile')"), file)


@pytest.mark.parametrize("change", [edit, Path.unlink], ids=["edited", "removed"])
def test_record_does_not_overwrite_what_was_edited_meanwhile(
    project: Path, monkeypatch, change: Callable[[Path], object]
) -> None:
    file = project / "chapters/01_tiny.ipynb"

    def run(notebook, folder, name, progress, clock) -> float:
        change(file)
        return 1.0

    monkeypatch.setattr(execute, "run_notebook", run)
    result = invoke("record")
    assert result.exit_code == 1
    assert result.stderr.splitlines()[-1] == (
        "Error: Nothing was stored, because chapters/01_tiny.ipynb has changed since it was executed. Run this again: "
        "only what has changed is executed."
    )
    assert not file.exists() or read_notebook(file).cells[1].source == "print('edited meanwhile')"


# ---- the others ----------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("project", "no_engine", "sites")
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


@pytest.mark.usefixtures("sites")
def test_clean_removes_what_the_book_commands_made(project: Path) -> None:
    assert invoke("clean").output == "", "nothing to do is no error"
    invoke("make")
    assert invoke("clean").exit_code == 0
    assert not (project / "_build").exists()
    assert (project / "chapters/01_tiny.ipynb").exists()


@pytest.mark.parametrize("command", ["make", "record", "build", "clean"])
def test_a_build_folder_of_the_reader_s_is_left_alone_and_named(project: Path, command: str) -> None:
    """Whatever made it: it does not carry the course's mark."""
    mine = project / "_build/html/index.html"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    result = invoke(command)
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr.startswith(f"Error: {project / '_build'} stays as it is"), "before anything else is done"
    assert [path for path in (project / "_build").rglob("*") if path.is_file()] == [mine]
    assert mine.read_text() == "mine"


def test_a_site_of_the_reader_s_where_out_points_is_left_alone(project: Path, tmp_path: Path) -> None:
    mine = tmp_path / "thesis/_build/html/index.html"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine")
    result = invoke("build", "--out", str(tmp_path / "thesis"))
    assert result.exit_code == 1
    assert "_build stays as it is" in result.stderr
    assert mine.read_text() == "mine"
