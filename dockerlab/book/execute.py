"""Copy the book's sources, execute the chapters in the copy, and skip those that have not changed since last time."""

from __future__ import annotations

import hashlib
import shutil
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from dockerlab.book.ledger import chapter_files
from dockerlab.book.notebooks import KERNEL, LANGUAGE, fingerprint, read_notebook, take_outputs, write_notebook
from dockerlab.engine import find
from dockerlab.engine.base import ensure_base
from dockerlab.engine.provider import Progress
from dockerlab.errors import ChapterFailed
from dockerlab.paths import BUILD, copy_tree, replaced
from dockerlab.text import minutes, one_line

if TYPE_CHECKING:
    from nbformat import NotebookNode

SOURCES = ("_config.yml", "_toc.yml", "intro.md", "_static", "_templates", "appendices", "chapters", "labs", "pod")
# Caches, what the app writes when it runs, and (Dockerfile.mine) a reader's own work on an exercise.
NOT_SOURCES = shutil.ignore_patterns(
    "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".ruff_cache", ".coverage", ".venv",
    "*.db", "*.db-journal", ".env", "Dockerfile.mine",
)  # fmt: skip
# What a chapter's outputs depend on, besides its own cells and the engine.
INGREDIENTS = ("labs", "dockerlab", "chapters/quizzes", "constraints.txt")
BUILD_FOLDER = f"{BUILD}/book"  # in the project
KEPT_FOLDER = f"{BUILD}/executed"  # the chapters as they came out of their last run
CELL_TIMEOUT_SECONDS = 900


def copy_sources(root: Path, out: Path) -> None:
    """Replace `out` by a fresh copy of the book's sources, stored outputs included.

    Raises:
        FileExistsError: `out`, or the folder that it lies in, is a reader's, not the course's.
        FilesUnreadable: something in the sources may not be read.
    """
    with replaced(out) as new:
        new.mkdir()
        for name in SOURCES:
            source = root / name
            if source.is_dir():
                copy_tree(source, new / name, NOT_SOURCES)
            elif source.exists():
                shutil.copy2(source, new / name)


def execute_book(
    root: Path, progress: Progress, *, fresh: bool = False, clock: Callable[[], float] = time.time
) -> list[ChapterFailed]:
    """Copy the sources to BUILD_FOLDER, and execute every chapter of the table of contents there.

    A chapter keeps the outputs of its last run if its cells, lab, library and engine are still the same. One that fails
    keeps those that are stored in the project, with a note for its page in its metadata; the others are executed.

    Args:
        root: the project's folder; nothing in it changes, except in _build.
        progress: gets a line for each chapter and each cell.
        fresh: execute every chapter, changed or not.
        clock: the time in seconds since 1970, as files have it.

    Returns:
        the chapters that failed.

    Raises:
        EngineUnavailable, EngineStartFailed, DownloadFailed, BaseImageUnavailable: there is no engine or base image.
        FileExistsError: _build is a reader's, not the course's.
        KeyboardInterrupt: passed on; what had been executed by then is used again next time.
    """
    out = root / BUILD_FOLDER
    copy_sources(root, out)
    engine = find()
    base = ensure_base(engine)
    server = engine.server
    conditions = (engine.source, server.version, server.store, engine.buildx, base.image_id, _ingredients(root))
    started = clock()
    chapters, failures = chapter_files(out), []
    for number, file in enumerate(chapters, 1):
        label = f"[{number}/{len(chapters)}] {file.stem}"
        notebook = read_notebook(file)
        mark = fingerprint(notebook, conditions)
        kept = root / KEPT_FOLDER / file.name
        former = read_notebook(kept) if kept.exists() and not fresh else None
        if former and former.metadata.get("dockerlab", {}).get("fingerprint") == mark:
            progress(f"{label}: not changed since it was executed, {_age_text(clock() - kept.stat().st_mtime)} ago")
            take_outputs(former, notebook)
        else:
            usual = notebook.metadata.get("dockerlab", {}).get("seconds", 0)
            progress(f"{label}: executing" + (f", usually about {minutes(usual)}" if usual else ""))
            try:
                seconds = run_notebook(notebook, file.parent, file.stem, progress, clock)
            except ChapterFailed as failure:
                progress(str(failure))
                failures.append(failure)
                notebook = read_notebook(file)  # with the stored outputs again
                today = date.fromtimestamp(clock()).isoformat()
                failed = {"date": today, "cell": failure.cell, "error": failure.error}
                notebook.metadata["dockerlab"] = {**notebook.metadata.get("dockerlab", {}), "failed": failed}
            else:
                notebook.metadata["dockerlab"] = {"seconds": round(seconds), "fingerprint": mark}
                kept.parent.mkdir(parents=True, exist_ok=True)
                write_notebook(notebook, kept)
        write_notebook(notebook, file)
    done = f"{len(chapters) - len(failures)} of {len(chapters)}" if failures else f"{len(chapters)}"
    progress(f"{done} chapters in {minutes(clock() - started)}")
    return failures


def run_notebook(
    notebook: NotebookNode,
    folder: Path,
    name: str,
    progress: Progress,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Execute a notebook in place, with `folder` as its current folder; returns how many seconds it took.

    Args:
        name: the chapter's, for the error.
        progress: gets a line for each code cell that has ended.

    Raises:
        ChapterFailed: a cell without the tag raises-exception raised an error or took too long, or the notebook's
            kernel did not start.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from rich.console import Console
    from rich.text import Text

    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_SECONDS,
        kernel_name=KERNEL["name"],
        # ipykernel would warn, at each start, that its sockets on loopback are not encrypted, and print a traceback of
        # its own if Ctrl-C ends it in the middle of a cell.
        extra_arguments=["--log-level=CRITICAL"],
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    cells = [(index, cell) for index, cell in enumerate(notebook.cells) if cell.cell_type == "code"]
    started = clock()
    with Console(stderr=True, highlight=False).status("") as status, ExitStack() as kernel:
        try:
            kernel.enter_context(client.setup_kernel())
        except RuntimeError as error:
            raise ChapterFailed(name, 1, "", f"The kernel did not start: {error}") from None
        for number, (index, cell) in enumerate(cells, 1):
            begins = one_line(cell.source, 70)
            status.update(Text(f"   cell {number}/{len(cells)}  {begins}"))
            began = clock()
            try:
                client.execute_cell(cell, index)
            except CellExecutionError as error:
                raise ChapterFailed(name, number, cell.source, f"{error.ename}: {error.evalue}") from None
            except (CellTimeoutError, DeadKernelError) as error:
                problem = f"{type(error).__name__}: {str(error).splitlines()[0]}"
                raise ChapterFailed(name, number, cell.source, problem) from None
            progress(f"   cell {number:>2}/{len(cells)} {clock() - began:7.1f} s  {begins}")
    notebook.metadata.setdefault("language_info", LANGUAGE)  # the site colours code by it
    return clock() - started


def _ingredients(root: Path) -> str:
    """A hash of the names and contents of the INGREDIENTS."""
    digest = hashlib.sha256()
    for place in (root / name for name in INGREDIENTS):
        for file in sorted({place, *place.rglob("*")}):
            name = file.relative_to(root)
            if file.is_file() and not NOT_SOURCES("", name.parts):
                digest.update(f"{name}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _age_text(seconds: float) -> str:
    whole = round(seconds / 60)
    return f"{whole} min" if whole < 120 else f"{whole // 60} h"
