"""The `dockerlab book …` commands: execute the chapters, store their outputs, build and serve the site.

Only `record` changes the checkout. The others work on a copy of the sources in _build/book; the site is in _build/html.
"""

import sys
import webbrowser
from collections.abc import Callable
from functools import wraps
from pathlib import Path

import click

from dockerlab.book.execute import BUILD_FOLDER, copy_sources, execute_book
from dockerlab.book.ledger import chapter_files, read_ledger
from dockerlab.book.notebooks import normalise, read_notebook, write_notebook
from dockerlab.book.site import SITE, build_site, site_server
from dockerlab.book.transcript import script
from dockerlab.engine.find import say
from dockerlab.errors import BaseImageUnavailable, ChapterFailed, DownloadFailed, EngineStartFailed, EngineUnavailable
from dockerlab.paths import BUILD, own_folder, project_root, remove_build
from dockerlab.show.ledger import ledger_text
from dockerlab.text import day, one_line

NO_ENGINE = (EngineUnavailable, EngineStartFailed, DownloadFailed, BaseImageUnavailable)


@click.group()
def book() -> None:
    """Execute, record and build the book."""


def leaves_a_reader_s_alone(command: Callable[..., None]) -> Callable[..., None]:
    """If something of a reader's is in the way, a command says so in a sentence and ends with exit code 1."""

    @wraps(command)
    def wrapped(*arguments: object, **options: object) -> None:
        try:
            command(*arguments, **options)
        except FileExistsError as error:
            raise click.ClickException(str(error)) from None

    return wrapped


fresh_option = click.option("--fresh", is_flag=True, help="Also execute chapters that have not changed.")


@book.command()
@click.option("--live", is_flag=True, help="Fail if there is no engine to execute the chapters with.")
@fresh_option
@leaves_a_reader_s_alone
def make(live: bool, fresh: bool) -> None:
    """Build the site from the stored outputs, execute every chapter, and build the site again from what came out.

    Without an engine, the site shows the stored outputs. A chapter that fails keeps its stored outputs, its page says
    so, and the exit code is 1; after Ctrl-C it is 130. From the first site on, there is always a whole one to read.
    """
    root = project_root()
    try:
        failures = _make(root, live, fresh)
    except KeyboardInterrupt:
        index = root / SITE / "index.html"
        where = f"The site at {index} is whole." if index.exists() else "There is no site yet."
        click.echo(f"Interrupted. {where} Chapters that had ended are kept: `make book` goes on from there.")
        sys.exit(130)
    for failure in failures:
        say(f"{_sentence(failure)} Its page says so.")
    sys.exit(1 if failures else 0)


def _make(root: Path, live: bool, fresh: bool) -> list[ChapterFailed]:
    own_folder(root / BUILD)
    index = root / SITE / "index.html"
    is_first = not index.exists()
    if is_first:
        _build_stored(root, root)
        click.echo(
            f"You can read the book now: {index} (`make serve` opens it). "
            f"It shows the outputs stored {_stored_on(root)}, until all chapters have been executed on your machine."
        )
    else:
        click.echo(f"The site of the last run stays at {index} until all chapters have been executed.")
    try:
        failures = execute_book(root, say, fresh=fresh)
    except NO_ENGINE as error:
        if live:
            raise
        say(f"{error}\n")
        if not is_first:
            _build_stored(root, root)
        last = f"No Docker engine could be had, so the site shows the outputs stored {_stored_on(root)}."
        failures = []
    else:
        build_site(root / BUILD_FOLDER, root, say)
        chapters = len(chapter_files(root))
        last = f"{chapters - len(failures)} of {chapters} chapters were" if failures else "Every chapter was"
        last += " executed live."
    click.echo(f"The site is at {index} (`make serve` opens it). {last}")
    return failures


def _build_stored(root: Path, out: Path) -> Path:
    """Build the site from the stored outputs into `out`/_build/html; gives its first page."""
    copy_sources(root, root / BUILD_FOLDER)
    return build_site(root / BUILD_FOLDER, out, say) / "index.html"


def _sentence(failure: ChapterFailed) -> str:
    return f"{failure.summary.removesuffix('.')}: {one_line(failure.error, 300).removesuffix('.')}."


def _stored_on(root: Path) -> str:
    days = sorted({chapter.run["date"] for chapter in read_ledger(root) if chapter.run.get("date")})
    return f"on {day(days[-1])}" if days else "with it"


@book.command()
@fresh_option
@leaves_a_reader_s_alone
def record(fresh: bool) -> None:
    """Execute every chapter and store the outputs in chapters/: of all chapters, or, if one fails, of none."""
    root = project_root()
    before = {file: file.read_bytes() for file in chapter_files(root)}
    if failures := execute_book(root, say, fresh=fresh):
        raise click.ClickException(" ".join(["Nothing was stored.", *map(_sentence, failures)]))
    for file, content in before.items():
        if not file.exists() or file.read_bytes() != content:
            raise click.ClickException(
                f"Nothing was stored, because {file.relative_to(root)} has changed since it was executed. "
                "Run this again: only what has changed is executed."
            )
    for file in before:
        write_notebook(normalise(read_notebook(root / BUILD_FOLDER / "chapters" / file.name), file.stem), file)
        click.echo(f"Stored the outputs of {file.relative_to(root)}")


@book.command()
def appendix() -> None:
    """Print the ledger: every claim in the stored outputs, and the conditions it was measured under."""
    click.echo(ledger_text(read_ledger(project_root())))


@book.command()
@click.option("--out", type=click.Path(path_type=Path), help="The site goes to _build/html below it; default: here.")
@leaves_a_reader_s_alone
def build(out: Path | None) -> None:
    """Build the site from the stored outputs, without executing anything."""
    root = project_root()
    click.echo(f"The site is at {_build_stored(root, out or root)}")


@book.command()
@leaves_a_reader_s_alone
def clean() -> None:
    """Remove what these commands have built. The chapters, and what else lies in that folder, stay."""
    folder = project_root() / BUILD
    remove_build(folder.parent)
    if folder.exists():
        click.echo(f"{folder} stays: there is more in it than the course has put there.")


@book.command()
@click.option("--port", default=0, help="Default: any free one.")
@click.option("--open/--no-open", "open_it", default=True, help="Open it in a browser.")
def serve(port: int, open_it: bool) -> None:
    """Serve the built site on this machine until Ctrl-C."""
    site = project_root() / SITE
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


@click.command()
@click.argument("chapter")
def transcript(chapter: str) -> None:
    """Print a chapter's stock commands as a shell script. CHAPTER is its number or its file.

    To follow a chapter in a terminal: read the page, and type what the script has, or run it piece by piece.
    """
    files = chapter_files(project_root())
    wanted = Path(chapter).name.removesuffix(".ipynb")
    number = wanted.zfill(2) + "_" if wanted.isdecimal() else wanted
    found = [file for file in files if file.stem == wanted or file.stem.startswith(number)]
    if not wanted or len(found) != 1:
        names = ", ".join(file.stem for file in files)
        raise click.ClickException(f"There is no chapter {chapter!r}. The chapters are {names}.")
    click.echo(script(read_notebook(found[0])), nl=False)
