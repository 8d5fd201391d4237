"""`dockerlab book …`: execute the chapters live, store what came out, build the site.

The checkout is only read, except by `record`. What is executed lies in _build/book, which is a whole copy of the
book's sources; the site lies in _build/html.
"""

from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import subprocess
import sys
import time
import webbrowser
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dockerlab.book import ledger
from dockerlab.errors import (
    BaseImageUnavailable,
    ChapterFailed,
    DownloadFailed,
    EngineStartFailed,
    EngineUnavailable,
    SiteFailed,
)
from dockerlab.paths import project_root
from dockerlab.text import day, minutes

if TYPE_CHECKING:  # importing nbformat takes half a second, which every other command would wait for
    from nbformat import NotebookNode

SOURCES = ("_config.yml", "_toc.yml", "intro.md", "_static", "_templates", "appendices", "chapters", "labs")
# Dockerfile.mine is a reader's work on an exercise.
NOT_SOURCES = shutil.ignore_patterns(
    "__pycache__", ".ipynb_checkpoints", ".pytest_cache", ".venv", "*.db", ".env", "Dockerfile.mine"
)
# What a chapter's outputs depend on besides its own cells and the engine.
INGREDIENTS = ("labs", "dockerlab", "chapters/quizzes", "constraints.txt")
NO_ENGINE = (EngineUnavailable, EngineStartFailed, DownloadFailed, BaseImageUnavailable)
CELL_TIMEOUT_SECONDS = 900
# JupyterLab's word for what it folds -> Jupyter Book's tags.
HIDING = {"source": {"hide-input", "hide-cell"}, "outputs": {"hide-output", "hide-cell"}}
KERNEL = {"name": "python3", "language": "python", "display_name": "Python 3 (ipykernel)"}
LANGUAGE = {"name": "python", "file_extension": ".py", "mimetype": "text/x-python", "pygments_lexer": "ipython3"}

Say = Callable[[str], object]


def say(text: str) -> None:
    """Progress goes to stderr, results to stdout."""
    click.echo(text, err=True)


# ---- commands ------------------------------------------------------------------------------------------------------


@click.group()
def book() -> None:
    """Execute, record and build the book."""


fresh_option = click.option("--fresh", is_flag=True, help="Execute chapters again that have not changed.")


@book.command()
@click.option("--live", is_flag=True, help="Fail where no engine can be had.")
@fresh_option
def make(live: bool, fresh: bool) -> None:
    """Execute every chapter and build the site from that; from the stored outputs where no engine can be had."""
    root = project_root()
    last = "Every chapter was executed live."
    try:
        execute_book(root, fresh=fresh)
    except NO_ENGINE as error:
        if live:
            raise
        say(f"{error}\n")
        copy_sources(root, build_folder(root))
        last = f"No Docker engine could be had, so the site shows the outputs stored {_stored_on(root)}."
    site = build_site(build_folder(root), root)
    click.echo(f"The site is at {site / 'index.html'} (`make serve` opens it). {last}")


@book.command()
@click.option("--out", type=click.Path(path_type=Path), help="Where to; default: _build/book.")
@fresh_option
def execute(out: Path | None, fresh: bool) -> None:
    """Copy the book's sources to a folder and execute every chapter there."""
    click.echo(f"Executed in {execute_book(project_root(), out, fresh=fresh)}")


@book.command()
@fresh_option
def record(fresh: bool) -> None:
    """Execute every chapter and store the outputs in chapters/."""
    root = project_root()
    out = execute_book(root, fresh=fresh)
    for file in ledger.chapter_files(root):
        write_notebook(normalise(read_notebook(out / "chapters" / file.name), file.stem), file)
        click.echo(f"Stored the outputs of {file.relative_to(root)}")


@book.command()
def appendix() -> None:
    """Print the ledger: every claim in the stored outputs, and the conditions it was measured under."""
    click.echo(ledger.to_text(ledger.read(project_root())))


@book.command()
@click.option("--source", type=click.Path(path_type=Path, exists=True), help="The sources; default: the checkout.")
@click.option("--out", type=click.Path(path_type=Path), help="The site goes to _build/html below it; default: here.")
def build(source: Path | None, out: Path | None) -> None:
    """Build the site from outputs as they are, executing nothing."""
    root = project_root()
    if source is None:
        source = build_folder(root)
        copy_sources(root, source)
    click.echo(f"The site is at {build_site(source, out or root) / 'index.html'}")


@book.command()
@click.option("--port", default=0, help="Default: any free one.")
@click.option("--open/--no-open", "open_it", default=True, help="Open it in a browser.")
def serve(port: int, open_it: bool) -> None:
    """Serve the built site on this machine until Ctrl-C."""
    site = project_root() / "_build/html"
    if not (site / "index.html").exists():
        raise click.ClickException("There is no site yet: `make book` builds it.")
    with site_server(site, port) as server:
        url = f"http://127.0.0.1:{server.server_address[1]}/"
        click.echo(f"The book is at {url} (Ctrl-C ends it)")
        if open_it:
            webbrowser.open(url)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo()


def site_server(site: Path, port: int = 0) -> http.server.ThreadingHTTPServer:
    """A server of the folder on this machine alone; port 0 is any free one."""
    return http.server.ThreadingHTTPServer(("127.0.0.1", port), partial(QuietHandler, directory=str(site)))


class QuietHandler(http.server.SimpleHTTPRequestHandler):
    """Serves files without a line for each."""

    def log_message(self, *arguments: object) -> None:
        pass


# ---- executing -----------------------------------------------------------------------------------------------------


def build_folder(root: Path) -> Path:
    """Where the book is executed."""
    return root / "_build/book"


def copy_sources(root: Path, out: Path) -> None:
    """Make `out` a fresh copy of the book's sources, stored outputs included."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    for name in SOURCES:
        source = root / name
        if source.is_dir():
            shutil.copytree(source, out / name, ignore=NOT_SOURCES)
        elif source.exists():
            shutil.copy2(source, out / name)


def execute_book(root: Path, out: Path | None = None, *, fresh: bool = False, say: Say = say) -> Path:
    """Execute every chapter of the table of contents, live, in a copy of the sources; gives back the copy's folder.

    A chapter whose cells, lab, library and engine are those of its last run here keeps the outputs of that run,
    unless `fresh`.

    Raises:
        EngineUnavailable and its kin: no engine or base image can be had.
        ChapterFailed: a cell raised an error; later cells and chapters are not run.
    """
    from dockerlab.engine import find
    from dockerlab.engine.base import ensure_base

    engine = find()
    base = ensure_base(engine)
    started = time.perf_counter()
    out = out or build_folder(root)
    copy_sources(root, out)
    conditions = (engine.source, engine.version, engine.store, engine.buildx, base.image_id, _digest(root, INGREDIENTS))
    chapters = ledger.chapter_files(out)
    for number, file in enumerate(chapters, 1):
        notebook = read_notebook(file)
        kept = root / "_build/executed" / file.name
        fingerprint = _fingerprint(notebook, conditions)
        label = f"[{number}/{len(chapters)}] {file.stem}"
        former = None if fresh else _read_if(kept, fingerprint)
        if former is not None:
            say(f"{label}: not changed since it was executed, {_age(kept)} ago")
            _take_outputs(former, notebook)
        else:
            usual = notebook.metadata.get("dockerlab", {}).get("seconds", 0)
            say(f"{label}: executing" + (f", usually about {minutes(usual)}" if usual else ""))
            seconds = run_notebook(notebook, file.parent, file.stem, say)
            notebook.metadata["dockerlab"] = {"seconds": round(seconds), "fingerprint": fingerprint}
            kept.parent.mkdir(parents=True, exist_ok=True)
            write_notebook(notebook, kept)
        write_notebook(notebook, file)
    say(f"{len(chapters)} chapters in {minutes(time.perf_counter() - started)}")
    return out


def run_notebook(notebook: NotebookNode, folder: Path, name: str, say: Say = say) -> float:
    """Execute the notebook in place, with `folder` as the current one; says each cell; gives back the seconds.

    Raises:
        ChapterFailed: a cell without the tag raises-exception raised an error, or took too long.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
    from rich.console import Console

    numbers = {i: n for n, i in enumerate((i for i, c in enumerate(notebook.cells) if _is_code(c)), 1)}
    console = Console(stderr=True, highlight=False)
    with console.status("") as status:
        now = {"index": 0, "began": 0.0}

        def begin(cell: NotebookNode, cell_index: int) -> None:
            now.update(index=cell_index, began=time.perf_counter())
            if _is_code(cell):
                place = f"cell {numbers[cell_index]}/{len(numbers)}"
                status.update(f"   {place}  {_first_line(cell)}".replace("[", r"\["))

        def end(cell: NotebookNode, cell_index: int, **_: object) -> None:
            if _is_code(cell):
                seconds = time.perf_counter() - now["began"]
                say(f"   cell {numbers[cell_index]:>2}/{len(numbers)} {seconds:7.1f} s  {_first_line(cell)}")

        client = NotebookClient(
            notebook,
            timeout=CELL_TIMEOUT_SECONDS,
            kernel_name=KERNEL["name"],
            # Below that, ipykernel says at each start that its sockets on loopback are not encrypted.
            extra_arguments=["--log-level=ERROR"],
            resources={"metadata": {"path": str(folder)}},
            record_timing=False,
            coalesce_streams=True,
            on_cell_start=begin,
            on_cell_executed=end,
        )
        started = time.perf_counter()
        try:
            client.execute()
        except CellExecutionError as error:
            problem = f"{error.ename}: {error.evalue}"
        except (CellTimeoutError, DeadKernelError) as error:
            problem = f"{type(error).__name__}: {str(error).splitlines()[0]}"
        else:
            return time.perf_counter() - started
    raise ChapterFailed(name, numbers.get(now["index"], 0), notebook.cells[now["index"]].source, problem)


def normalise(notebook: NotebookNode, name: str) -> NotebookNode:
    """The notebook as it is stored: nothing in it that differs between two runs, except what was measured."""
    for number, cell in enumerate(notebook.cells, 1):
        cell.setdefault("id", f"{name[:20]}-{number:03d}".replace("_", "-"))
        cell.metadata = type(cell.metadata)(_kept_metadata(cell.metadata.get("tags", [])))
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop("application/vnd.jupyter.widget-view+json", None)
    facts = {key: value for key, value in notebook.metadata.get("dockerlab", {}).items() if key != "fingerprint"}
    metadata = {"kernelspec": KERNEL, "language_info": LANGUAGE} | ({"dockerlab": facts} if facts else {})
    notebook.metadata = type(notebook.metadata)(metadata)
    return notebook


def read_notebook(file: Path) -> NotebookNode:
    """A notebook in the current format."""
    import nbformat

    return nbformat.read(file, as_version=4)


def write_notebook(notebook: NotebookNode, file: Path) -> None:
    """Write it, with cell identifiers."""
    import nbformat

    notebook.nbformat_minor = max(notebook.nbformat_minor, 5)
    nbformat.write(notebook, file)


# ---- building ------------------------------------------------------------------------------------------------------


def build_site(source: Path, out: Path) -> Path:
    """Build the site into _build/html below `out`, with warnings as errors; gives back the folder of the pages.

    Raises:
        SiteFailed: Jupyter Book gave a warning or an error, which it has printed.
    """
    started = time.perf_counter()
    say("Building the site")
    jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    done = subprocess.run(
        [*jupyter_book, "build", str(source), "--path-output", str(out), "--all", "-W", "-n", "--keep-going", "-q"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        say(done.stdout)
        raise SiteFailed(done.returncode)
    site = out / "_build/html"
    pages = sum(1 for _ in site.rglob("*.html"))
    say(f"{pages} pages in {time.perf_counter() - started:.1f} s")
    return site


# ---- small things --------------------------------------------------------------------------------------------------


def _kept_metadata(tags: list[str]) -> dict:
    """What the tags mean to Jupyter Book, said to JupyterLab too: there, a stored answer would spoil a prediction."""
    hidden = {f"{what}_hidden": True for what, by in HIDING.items() if by & set(tags)}
    return ({"tags": tags} if tags else {}) | ({"jupyter": hidden} if hidden else {})


def _is_code(cell: NotebookNode) -> bool:
    return cell.cell_type == "code"


def _first_line(cell: NotebookNode) -> str:
    line = next((line for line in cell.source.splitlines() if line.strip()), "")
    return line if len(line) <= 70 else line[:69] + "…"


def _code_cells(notebook: NotebookNode) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if _is_code(cell)]


def _fingerprint(notebook: NotebookNode, conditions: Iterable[str]) -> str:
    cells = [[cell.source, cell.metadata.get("tags", [])] for cell in _code_cells(notebook)]
    return hashlib.sha256(json.dumps([cells, list(conditions)]).encode()).hexdigest()


def _digest(root: Path, names: Iterable[str]) -> str:
    """One digest of the names and contents of all files below the given ones."""
    digest = hashlib.sha256()
    for name in names:
        for file in _files(root / name):
            digest.update(f"{file.relative_to(root)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    if place.is_file():
        yield place
    for entry in sorted(place.iterdir()) if place.is_dir() else ():
        if entry.name not in NOT_SOURCES(str(place), [entry.name]):
            yield from _files(entry)


def _read_if(file: Path, fingerprint: str) -> NotebookNode | None:
    if not file.exists():
        return None
    notebook = read_notebook(file)
    return notebook if notebook.metadata.get("dockerlab", {}).get("fingerprint") == fingerprint else None


def _take_outputs(former: NotebookNode, notebook: NotebookNode) -> None:
    for old, new in zip(_code_cells(former), _code_cells(notebook), strict=True):
        new.outputs, new.execution_count = old.outputs, old.execution_count
    notebook.metadata["dockerlab"] = former.metadata["dockerlab"]


def _age(file: Path) -> str:
    minutes = round((time.time() - file.stat().st_mtime) / 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def _stored_on(root: Path) -> str:
    days = sorted({chapter.run["date"] for chapter in ledger.read(root) if chapter.run.get("date")})
    return "with it" if not days else f"on {day(days[-1])}"
