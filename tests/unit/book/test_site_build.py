"""Building and serving the site, without Jupyter Book."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import requests

from dockerlab.book.site import build_site, site_server
from dockerlab.errors import SiteFailed

FORMER, PAGE = "<p>The former book</p>", "<p>The book</p>"


@pytest.fixture
def jupyter_book(monkeypatch: pytest.MonkeyPatch) -> Callable[[int | type[BaseException], str], None]:
    """A function that makes Jupyter Book write one page and end with an exit code, having printed something."""

    def ends_with(code: int | type[BaseException], printed: str = "") -> None:
        def run(command: list[str], **options) -> CompletedProcess:
            site = Path(command[command.index("--path-output") + 1], "_build/html")
            site.mkdir(parents=True)
            (site / "index.html").write_text(PAGE)
            if not isinstance(code, int):
                raise code
            return CompletedProcess(command, code, printed)

        monkeypatch.setattr("subprocess.run", run)

    return ends_with


def test_says_how_many_pages_in_what_time(tmp_path: Path, jupyter_book) -> None:
    jupyter_book(0)
    said: list[str] = []
    site = build_site(tmp_path, tmp_path, said.append, itertools.count(0, 7.5).__next__)
    assert site == tmp_path / "_build/html"
    assert said == ["Building the site", "1 pages in 7.5 s"]


def test_a_new_site_takes_the_former_s_place_as_a_whole(tmp_path: Path, jupyter_book) -> None:
    jupyter_book(0)
    site = build_site(tmp_path, tmp_path, print)
    (site / "index.html").write_text(FORMER)
    (site / "chapter-that-is-gone.html").write_text(FORMER)
    assert build_site(tmp_path, tmp_path, print) == site
    assert {file.name: file.read_text() for file in site.iterdir()} == {"index.html": PAGE}
    assert sorted(file.name for file in site.parent.iterdir()) == ["CACHEDIR.TAG", "html"]


def test_warning_is_printed_and_fails(tmp_path: Path, jupyter_book) -> None:
    jupyter_book(1, "intro.md:3: WARNING: no such page")
    said: list[str] = []
    with pytest.raises(SiteFailed) as caught:
        build_site(tmp_path, tmp_path, said.append)
    assert caught.value.exit_code == 1
    assert said[-1] == "intro.md:3: WARNING: no such page"


@pytest.mark.parametrize(("code", "error"), [(1, SiteFailed), (KeyboardInterrupt, KeyboardInterrupt)])
def test_a_build_that_fails_or_is_interrupted_leaves_the_former_site_whole(
    tmp_path: Path, jupyter_book, code, error
) -> None:
    jupyter_book(0)
    site = build_site(tmp_path, tmp_path, print)
    (site / "index.html").write_text(FORMER)
    jupyter_book(code)
    with pytest.raises(error):
        build_site(tmp_path, tmp_path, print)
    assert (site / "index.html").read_text() == FORMER
    assert sorted(file.name for file in site.parent.iterdir()) == ["CACHEDIR.TAG", "html"]


def test_serves_the_folder_on_loopback_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "index.html").write_text(PAGE)
    with site_server(tmp_path) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).text == PAGE
        server.shutdown()
    assert capfd.readouterr() == ("", "")
