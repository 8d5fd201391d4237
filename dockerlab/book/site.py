"""Build the site with Jupyter Book, and serve it."""

import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from dockerlab.book.styles import prune_styles
from dockerlab.engine.provider import Progress
from dockerlab.errors import SiteFailed
from dockerlab.paths import BUILD, replaced

SITE = f"{BUILD}/html"  # where Jupyter Book puts it, and where it is in the project


def build_site(source: Path, out: Path, progress: Progress, clock: Callable[[], float] = time.perf_counter) -> Path:
    """Build the site from the sources at `source` into `out`/_build/html, and return that folder.

    It takes the former site's place once it is complete, so that whoever reads that one never meets half a site.

    Raises:
        SiteFailed: Jupyter Book gave a warning or an error; `progress` got what it printed. The former site stays.
        FileExistsError: `out`/_build or its html is a reader's, not the course's.
    """
    started = clock()
    progress("Building the site")
    jupyter_book = [sys.executable, "-c", "from jupyter_book.cli.main import main; main()"]
    site = out / SITE
    with replaced(site) as new:
        # It makes more than the site; what else it makes goes with the folder around `new`.
        there = ["--path-output", str(new.parent)]
        done = subprocess.run(
            [*jupyter_book, "build", str(source), *there, "--all", "-W", "-n", "--keep-going", "-q"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode:
            progress(done.stdout)
            raise SiteFailed(done.returncode)
        prune_styles(new.parent / SITE)
        (new.parent / SITE).rename(new)
    pages = sum(1 for _ in site.rglob("*.html"))
    progress(f"{pages} pages in {clock() - started:.1f} s")
    return site


def site_server(site: Path, port: int = 0) -> ThreadingHTTPServer:
    """A web server for the folder, which only this machine can reach; port 0 means any free one."""
    return ThreadingHTTPServer(("127.0.0.1", port), partial(_QuietHandler, directory=str(site)))


class _QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without printing a line for each."""

    def log_message(self, *arguments: object) -> None:
        pass
