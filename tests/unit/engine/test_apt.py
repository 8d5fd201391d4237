"""Packages: the machine's mirror, and unpacking whole or not at all. apt and dpkg-deb are replaced."""

import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from dockerlab.engine.apt import Apt, Mirror, find_mirror, parse_sources, unpack
from dockerlab.errors import DownloadFailed

DEB822 = """# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/x.gpg

Types: deb
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main
"""
ONE_LINE = """# deb http://old.example/debian bookworm main
deb [arch=amd64 signed-by=/k.gpg] http://mirror.example/debian bookworm main contrib # comment
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/security bookworm-security main
"""


@pytest.mark.parametrize(
    ("text", "uris", "suites"),
    [
        (DEB822, ["http://mirror.example/debian", "http://mirror.example/security"], "bookworm bookworm-updates"),
        (ONE_LINE, ["http://mirror.example/debian", "http://mirror.example/security"], "bookworm"),
        ("", [], None),
        ("# nothing\n", [], None),
    ],
)
def test_sources_of_both_forms_are_read(text, uris, suites):
    entries = parse_sources(text)
    assert [entry["uris"][0] for entry in entries] == uris
    if suites:
        assert entries[0]["suites"] == suites.split()


@pytest.mark.parametrize(
    ("name", "text", "signed_by"),
    [
        ("sources.list.d/debian.sources", DEB822, "/usr/share/keyrings/x.gpg"),
        ("sources.list", ONE_LINE, "/k.gpg"),
        ("sources.list.d/a.list", "deb http://mirror.example/debian bookworm main", "debian-archive-keyring.gpg"),
    ],
)
def test_the_mirror_is_the_machine_s_own_and_only_the_release_changes(tmp_path, name, text, signed_by):
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    mirror = find_mirror("debian", "bookworm", tmp_path)
    assert mirror.uri == "http://mirror.example/debian"
    assert mirror.signed_by.endswith(signed_by)
    assert "Suites: forky\n" in mirror.source("forky")
    assert f"URIs: {mirror.uri}\n" in mirror.source("forky")


@pytest.mark.parametrize(
    "text", ["", "deb http://x.example trixie main", DEB822.replace("Types", "Enabled: no\nTypes", 1)]
)
def test_a_machine_without_a_mirror_is_told_so(tmp_path, text):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/x.sources").write_text(text)
    with pytest.raises(DownloadFailed, match="no mirror for bookworm"):
        find_mirror("debian", "bookworm", tmp_path)


class FakeApt:
    """Stands for apt. A download takes a moment."""

    def __init__(self):
        self.downloads = 0

    def download(self, release, packages, into):
        self.downloads += 1
        time.sleep(0.2)
        (into / "x.deb").write_text(release)


def dpkg_deb(folder, monkeypatch, script):
    """Put a shell script in the place of dpkg-deb."""
    folder.mkdir()
    (folder / "dpkg-deb").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "dpkg-deb").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_two_processes_unpack_the_same_packages_once(tmp_path, monkeypatch):
    dpkg_deb(tmp_path / "bin", monkeypatch, 'cp "$2" "$3/unpacked"')
    archive, target = FakeApt(), tmp_path / "packages/x"
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(unpack, archive, {"bookworm": ["x"]}, target) for _ in range(2)]
        assert [future.result() for future in found] == [target, target]
    assert archive.downloads == 1
    assert (target / "unpacked").read_text() == "bookworm"


def test_a_full_disk_is_reported_in_dpkg_deb_s_words_and_nothing_is_left(tmp_path, monkeypatch):
    said = "dpkg-deb: error: failed to write: No space left on device"
    dpkg_deb(tmp_path / "bin", monkeypatch, f"echo '{said}' >&2; exit 2")
    with pytest.raises(DownloadFailed, match=r"x\.deb could not be unpacked") as caught:
        unpack(FakeApt(), {"bookworm": ["x"]}, tmp_path / "packages/x")
    assert caught.value.last_lines == (said,)
    assert [path for path in (tmp_path / "packages").iterdir() if path.is_dir()] == []


MOVED_ON = "if [ ! -e {0}/updated ]; then echo 'Err:1 http://m 404  Not Found' >&2; exit 100; fi"


@pytest.mark.parametrize(
    ("has_lists", "download", "done", "error"),
    [
        (False, "exit 0", ["update", "download"], ""),
        (True, "exit 0", ["download"], ""),
        (True, MOVED_ON, ["download", "update", "download"], ""),
        (True, "echo 'E: Unable to locate package x' >&2; exit 100", ["download", "update", "download"], "locate"),
        (False, "echo 'Err:1 http://m  Could not connect'; exit 0", ["update", "download"], "Could not connect"),
    ],
    ids=["first time", "lists are there", "lists are old", "no such package", "no network, exit code 0"],
)
def test_the_lists_are_updated_when_needed(tmp_path, monkeypatch, has_lists, download, done, error):
    log = tmp_path / "asked"
    (tmp_path / "apt-get").write_text(
        f"""#!/bin/sh
case "$*" in
*" update") echo update >> {log}; touch {tmp_path}/updated;;
*) echo download >> {log}; {download.format(tmp_path)};;
esac
"""
    )
    (tmp_path / "apt-get").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    lists = tmp_path / "apt/forky/lists"
    lists.mkdir(parents=True)
    if has_lists:
        (lists / "mirror_dists_forky_InRelease").touch()
    apt = Apt(tmp_path / "apt", Mirror("http://m", ("main",), "/k.gpg"))
    if error:
        with pytest.raises(DownloadFailed, match="Packages of forky") as caught:
            apt.download("forky", ["x"], tmp_path)
        assert error in caught.value.last_lines[-1]
    else:
        apt.download("forky", ["x"], tmp_path)
    assert log.read_text().split() == done
    assert "Suites: forky\n" in (tmp_path / "apt/forky/apt.sources").read_text()
