"""Executing the book, with tiny notebooks that need no engine."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_markdown_cell

from dockerlab.book import execute
from dockerlab.book.execute import BUILD_FOLDER, copy_sources, execute_book, run_notebook
from dockerlab.book.notebooks import read_notebook, write_notebook
from dockerlab.errors import ChapterFailed
from dockerlab.paths import own_folder
from tests.notebooks import notebook

DAY = 86400


def ignore(text: str) -> None:
    """For progress that a test does not look at."""


def stored(root: Path) -> nbformat.NotebookNode:
    return read_notebook(root / "chapters/01_tiny.ipynb")


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the chapters that were run, in order; nothing is really executed."""
    names = []

    def run(notebook, folder, name, progress, clock) -> float:
        names.append(name)
        for cell in notebook.cells[1:]:
            cell.execution_count, cell.outputs = 1, []
        return 75.0

    monkeypatch.setattr(execute, "run_notebook", run)
    return names


def test_executes_in_a_copy_and_leaves_the_checkout_alone(project: Path) -> None:
    before = (project / "chapters/01_tiny.ipynb").read_bytes()
    said: list[str] = []
    assert execute_book(project, said.append) == []
    executed = read_notebook(project / BUILD_FOLDER / "chapters/01_tiny.ipynb")
    assert executed.cells[1].outputs[0].text == "2\n"
    assert "limit = 20" in executed.cells[2].outputs[0].data["text/plain"]
    assert executed.metadata["language_info"]["name"] == "python"
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
        (lambda root: edit_prose(root), False),
        (lambda root: (root / "labs/app/__pycache__").mkdir(), False),
        (lambda root: (root / "labs/app/.env").write_text("TOKEN=1"), False),
        (lambda root: (root / "labs/app/main.py").write_text("limit = 21\n"), True),
        (lambda root: (root / "labs/app/main.py").rename(root / "labs/app/app.py"), True),
        (lambda root: (root / "dockerlab/new.py").write_text(""), True),
        (lambda root: (root / "chapters/quizzes/01_tiny.yml").write_text("- question: Why?"), True),
        (lambda root: (root / "constraints.txt").write_text("pandas==3.0.0"), True),
        (lambda root: write_notebook(notebook("print(3)"), root / "chapters/01_tiny.ipynb"), True),
    ],
    ids=["nothing", "prose", "cache", ".env", "lab", "file's name", "library", "quiz", "constraints", "cell"],
)
def test_executes_again_only_what_changed(project: Path, runs: list[str], change, again: bool) -> None:
    execute_book(project, ignore)
    change(project)
    execute_book(project, ignore)
    assert len(runs) == (2 if again else 1)
    shown = read_notebook(project / BUILD_FOLDER / "chapters/01_tiny.ipynb")
    assert [cell.source for cell in shown.cells] == [cell.source for cell in stored(project).cells]
    assert shown.cells[1].execution_count == 1
    execute_book(project, ignore, fresh=True)
    assert len(runs) == (3 if again else 2)


def edit_prose(root: Path) -> None:
    edited = stored(root)
    edited.cells[0].source = "# A better title"
    write_notebook(edited, root / "chapters/01_tiny.ipynb")


@pytest.mark.parametrize(("seconds", "age"), [(20, "0 min"), (95 * 60, "95 min"), (3 * 3600, "3 h"), (4 * DAY, "96 h")])
def test_says_how_long_ago_a_chapter_was_executed(project: Path, runs: list[str], seconds: int, age: str) -> None:
    execute_book(project, ignore)
    os.utime(project / "_build/executed/01_tiny.ipynb", (DAY, DAY))
    said: list[str] = []
    execute_book(project, said.append, clock=lambda: DAY + seconds)
    assert said == [f"[1/1] 01_tiny: not changed since it was executed, {age} ago", "1 chapters in 0 s"]


def test_says_how_long_a_chapter_usually_takes_and_how_long_all_took(project: Path, runs: list[str]) -> None:
    before = stored(project)
    before.metadata["dockerlab"] = {"seconds": 75}
    write_notebook(before, project / "chapters/01_tiny.ipynb")
    said: list[str] = []
    execute_book(project, said.append, clock=itertools.count(1000, 130).__next__)
    assert said == ["[1/1] 01_tiny: executing, usually about 1 min 15 s", "1 chapters in 2 min 10 s"]


def test_copy_is_fresh_and_carries_no_cache_and_nothing_of_the_reader_s(project: Path, tmp_path: Path) -> None:
    for name in (
        "labs/app/__pycache__/main.pyc", "labs/app/.pytest_cache/README.md", "labs/app/.ruff_cache/x",
        "labs/app/.venv/bin/python", "labs/app/.coverage", "labs/app/.env", "labs/app/news.db",
        "labs/app/news.db-journal", "labs/app/solution/__pycache__/checks.pyc", "labs/app/Dockerfile.mine",
        "chapters/.ipynb_checkpoints/01_tiny.ipynb", "README.md",
    ):  # fmt: skip
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("x")
    (project / "labs/app/.env.example").write_text("TOKEN=")
    out = own_folder(tmp_path / "copies") / "book"
    out.mkdir()
    (out / "left-over.md").write_text("x")
    copy_sources(project, out)
    assert sorted(str(file.relative_to(out)) for file in out.rglob("*") if file.is_file()) == [
        "_toc.yml", "chapters/01_tiny.ipynb", "intro.md", "labs/app/.env.example", "labs/app/main.py",
    ]  # fmt: skip


def test_a_strange_folder_of_a_reader_s_is_copied_too(project: Path, tmp_path: Path) -> None:
    (project / "labs/app/nowhere").symlink_to("there/is/nothing")
    (project / "labs/app/loop").symlink_to("loop")
    os.mkfifo(project / "labs/app/pipe")
    out = own_folder(tmp_path / "copies") / "book"
    copy_sources(project, out)
    assert sorted(os.listdir(out / "labs/app")) == ["loop", "main.py", "nowhere"]


def test_each_cell_is_timed_and_alike_cells_keep_their_own_outputs(tmp_path: Path) -> None:
    chapter = notebook("n = 0", "n += 1\nprint(n)", "n += 1\nprint(n)")
    chapter.cells.insert(2, new_markdown_cell("Words between"))
    for cell in chapter.cells:
        del cell["id"]  # with the same source, two cells are equal then
    said: list[str] = []
    seconds = run_notebook(chapter, tmp_path, "01_tiny", said.append, itertools.count(0, 0.5).__next__)
    assert said == [
        "   cell  1/3     0.5 s  n = 0",
        "   cell  2/3     0.5 s  n += 1 print(n)",
        "   cell  3/3     0.5 s  n += 1 print(n)",
    ]
    assert seconds == 3.5
    assert [cell.outputs[0].text for cell in chapter.cells[3:]] == ["1\n", "2\n"]
    assert [cell.get("execution_count") for cell in chapter.cells] == [None, 1, None, 2, 3]


def test_failing_cell_is_named_with_source_and_message(tmp_path: Path) -> None:
    broken = notebook("x = 1", "# divide\nx / 0", "print('never')")
    with pytest.raises(ChapterFailed) as caught:
        run_notebook(broken, tmp_path, "01_tiny", ignore)
    error = caught.value
    assert (error.chapter, error.cell) == ("01_tiny", 2)
    assert error.source == "# divide\nx / 0"
    assert error.error == "ZeroDivisionError: division by zero"
    assert "> x / 0" in str(error)
    assert "ZeroDivisionError: division by zero" in str(error)
    assert broken.cells[3].execution_count is None


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("import os; os._exit(1)", "DeadKernelError: Kernel died"),
        ("import time; time.sleep(60)", "CellTimeoutError: A cell timed out while it was being executed"),
    ],
)
def test_cell_that_never_ends_or_ends_the_kernel_fails(tmp_path: Path, monkeypatch, source: str, problem: str) -> None:
    monkeypatch.setattr(execute, "CELL_TIMEOUT_SECONDS", 3)
    with pytest.raises(ChapterFailed) as caught:
        run_notebook(notebook("x = 1", source), tmp_path, "01_tiny", ignore)
    assert (caught.value.cell, caught.value.source) == (2, source)
    assert caught.value.error.startswith(problem)


def test_taught_error_is_no_failure(tmp_path: Path) -> None:
    taught = notebook("1 / 0", "print('goes on')", tags={1: ["raises-exception"]})
    assert run_notebook(taught, tmp_path, "01_tiny", ignore) > 0
    assert taught.cells[1].outputs[0].ename == "ZeroDivisionError"
    assert taught.cells[2].outputs[0].text == "goes on\n"


# ---- a chapter that fails ------------------------------------------------------------------------------------------


def test_a_chapter_that_fails_keeps_its_stored_page_and_those_after_it_are_executed(three: Path) -> None:
    said: list[str] = []
    (failure,) = execute_book(three, said.append, clock=lambda: 1_795_000_000)
    assert (failure.chapter, failure.cell) == ("02_broken", 2)
    pages = {name: read_notebook(three / BUILD_FOLDER / f"chapters/{name}.ipynb") for name in ("02_broken", "03_last")}
    assert pages["03_last"].cells[1].outputs[0].text == "last\n"
    broken = pages["02_broken"]
    assert [[output.data["text/plain"] for output in cell.outputs] for cell in broken.cells[1:]] == [["stored"], [], []]
    assert broken.metadata["dockerlab"]["failed"] == {
        "date": date.fromtimestamp(1_795_000_000).isoformat(),
        "cell": 2,
        "error": "ZeroDivisionError: division by zero",
    }
    assert "> 1 / 0" in "\n".join(said), "the cell and its error are shown when it happens"
    assert said[-1].startswith("2 of 3 chapters in")


def test_a_chapter_that_has_failed_is_executed_again_next_time_and_the_others_are_not(three: Path) -> None:
    execute_book(three, ignore)
    write_notebook(notebook("print('mended')"), three / "chapters/02_broken.ipynb")
    said: list[str] = []
    assert execute_book(three, said.append) == []
    assert [line.split(",")[0] for line in said if line.startswith("[")] == [
        "[1/3] 01_tiny: not changed since it was executed", "[2/3] 02_broken: executing",
        "[3/3] 03_last: not changed since it was executed",
    ]  # fmt: skip
    shown = read_notebook(three / BUILD_FOLDER / "chapters/02_broken.ipynb")
    assert shown.cells[1].outputs[0].text == "mended\n"
    assert "failed" not in shown.metadata["dockerlab"]


def test_an_interrupted_run_keeps_the_chapters_that_had_ended(three: Path, monkeypatch) -> None:
    def run(notebook, folder, name, progress, clock) -> float:
        if name == "02_broken":
            raise KeyboardInterrupt
        return 1.0

    monkeypatch.setattr(execute, "run_notebook", run)
    with pytest.raises(KeyboardInterrupt):
        execute_book(three, ignore)
    assert [file.name for file in (three / "_build/executed").iterdir()] == ["01_tiny.ipynb"]


@pytest.fixture
def heeds_ctrl_c() -> Iterator[None]:
    """This process heeds SIGINT, also when a shell has started it in the background, where it is ignored."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("heeds_ctrl_c")
def test_ctrl_c_ends_the_cell_and_its_kernel_and_is_no_failure_of_the_chapter(tmp_path: Path) -> None:
    sleeper = notebook("import os\nopen('pid', 'w').write(str(os.getpid()))", "import time; time.sleep(60)")
    timers = []

    def after_first_cell(text: str) -> None:
        timers.append(threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)))
        timers[-1].start()

    with pytest.raises(KeyboardInterrupt):
        run_notebook(sleeper, tmp_path, "01_tiny", after_first_cell)
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()
    run_notebook(notebook("1"), tmp_path, "01_tiny", ignore)  # the next one is not affected


def test_a_kernel_that_does_not_start_fails_its_chapter_alone(tmp_path: Path, monkeypatch) -> None:
    async def wait(self, timeout) -> None:
        raise RuntimeError("Kernel didn't respond in 60 s")

    monkeypatch.setattr("jupyter_client.asynchronous.client.AsyncKernelClient.wait_for_ready", wait)
    with pytest.raises(ChapterFailed) as caught:
        run_notebook(notebook("x = 1"), tmp_path, "01_tiny", ignore)
    assert (caught.value.cell, caught.value.error) == (1, "The kernel did not start: Kernel didn't respond in 60 s")


# ---- nothing of the reader's ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["_build", "_build/book"])
def test_a_reader_s_own_folder_is_not_overwritten(project: Path, tmp_path: Path, place: str) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "notes.txt").write_text("x")
    if place == "_build/book":
        own_folder(project / "_build")
    (project / place).symlink_to(mine)
    with pytest.raises(FileExistsError, match="stays as it is"):
        execute_book(project, ignore)
    assert [file.name for file in mine.iterdir()] == ["notes.txt"]
