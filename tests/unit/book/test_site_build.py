"""Building and serving the site, without Jupyter Book."""

from __future__ import annotations

import itertools
import threading
from pathlib import Path
from subprocess import CompletedProcess

import pytest
import requests

from dockerlab.book.site import build_site, site_server
from dockerlab.errors import SiteFailed


@pytest.fixture
def jupyter_book(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A function that makes Jupyter Book end with an exit code, having printed something."""

    def ends_with(code: int, printed: str) -> None:
        monkeypatch.setattr("subprocess.run", lambda command, **options: CompletedProcess(command, code, printed))

    (tmp_path / "_build/html").mkdir(parents=True)
    (tmp_path / "_build/html/index.html").write_text("<p>The book</p>")
    return ends_with


def test_says_how_many_pages_in_what_time(tmp_path: Path, jupyter_book) -> None:
    jupyter_book(0, "")
    said: list[str] = []
    site = build_site(tmp_path, tmp_path, said.append, itertools.count(0, 7.5).__next__)
    assert site == tmp_path / "_build/html"
    assert said == ["Building the site", "1 pages in 7.5 s"]


def test_warning_is_printed_and_fails(tmp_path: Path, jupyter_book) -> None:
    jupyter_book(1, "intro.md:3: WARNING: no such page")
    said: list[str] = []
    with pytest.raises(SiteFailed) as caught:
        build_site(tmp_path, tmp_path, said.append)
    assert caught.value.exit_code == 1
    assert said[-1] == "intro.md:3: WARNING: no such page"


@pytest.mark.usefixtures("jupyter_book")
def test_serves_the_folder_on_loopback_without_a_word(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with site_server(tmp_path / "_build/html") as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        host, port = server.server_address[:2]
        assert host == "127.0.0.1"
        assert requests.get(f"http://127.0.0.1:{port}/", timeout=10).text == "<p>The book</p>"
        server.shutdown()
    assert capfd.readouterr() == ("", "")
