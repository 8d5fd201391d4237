"""The `dockerlab book …` commands: execute the chapters, store their outputs, build and serve the site.

Only `record` changes the checkout. The others work on a copy of the sources in _build/book; the site is in _build/html.
"""

import webbrowser
from pathlib import Path

import click

from dockerlab.book.execute import BUILD_FOLDER, copy_sources, execute_book
from dockerlab.book.ledger import chapter_files, read_ledger
from dockerlab.book.notebooks import normalise, read_notebook, write_notebook
from dockerlab.book.site import build_site, site_server
from dockerlab.engine.find import say
from dockerlab.errors import BaseImageUnavailable, DownloadFailed, EngineStartFailed, EngineUnavailable
from dockerlab.paths import project_root
from dockerlab.show.ledger import ledger_text
from dockerlab.text import day

NO_ENGINE = (EngineUnavailable, EngineStartFailed, DownloadFailed, BaseImageUnavailable)


@click.group()
def book() -> None:
    """Execute, record and build the book."""


fresh_option = click.option("--fresh", is_flag=True, help="Also execute chapters that have not changed.")


@book.command()
@click.option("--live", is_flag=True, help="Fail if there is no engine to execute the chapters with.")
@fresh_option
def make(live: bool, fresh: bool) -> None:
    """Execute every chapter and build the site. Without an engine, the site shows the stored outputs."""
    root = project_root()
    last = "Every chapter was executed live."
    try:
        execute_book(root, say, fresh=fresh)
    except NO_ENGINE as error:
        if live:
            raise
        say(f"{error}\n")
        copy_sources(root, root / BUILD_FOLDER)
        last = f"No Docker engine could be had, so the site shows the outputs stored {_stored_on(root)}."
    site = build_site(root / BUILD_FOLDER, root, say)
    click.echo(f"The site is at {site / 'index.html'} (`make serve` opens it). {last}")


def _stored_on(root: Path) -> str:
    days = sorted({chapter.run["date"] for chapter in read_ledger(root) if chapter.run.get("date")})
    return f"on {day(days[-1])}" if days else "with it"


@book.command()
@fresh_option
def record(fresh: bool) -> None:
    """Execute every chapter and store the outputs in chapters/."""
    root = project_root()
    out = execute_book(root, say, fresh=fresh)
    for file in chapter_files(root):
        write_notebook(normalise(read_notebook(out / "chapters" / file.name), file.stem), file)
        click.echo(f"Stored the outputs of {file.relative_to(root)}")


@book.command()
def appendix() -> None:
    """Print the ledger: every claim in the stored outputs, and the conditions it was measured under."""
    click.echo(ledger_text(read_ledger(project_root())))


@book.command()
@click.option("--out", type=click.Path(path_type=Path), help="The site goes to _build/html below it; default: here.")
def build(out: Path | None) -> None:
    """Build the site from the stored outputs, without executing anything."""
    root = project_root()
    copy_sources(root, root / BUILD_FOLDER)
    click.echo(f"The site is at {build_site(root / BUILD_FOLDER, out or root, say) / 'index.html'}")


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
