"""Which packages an engine is unpacked from, whether it can be, and the command line that comes out."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dockerlab.engine import packages
from dockerlab.engine.packages import (
    PLUGINS,
    System,
    can_unpack,
    fetch_client,
    has_capabilities,
    make_docker_config,
    unpacked_client,
)


@pytest.mark.parametrize(
    ("system", "has_iptables", "releases", "wanted", "unwanted"),
    [
        (System("debian", "bookworm"), True, ["forky", "bookworm"], "runc", "iptables"),
        (System("debian", "bookworm"), False, ["forky", "bookworm"], "iptables", "iproute2"),
        (System("debian", "trixie"), True, ["forky", "trixie"], "runc", "iptables"),
        (System("debian", "forky"), True, ["forky"], "docker.io", "iptables"),
        (System("ubuntu", "noble"), False, ["noble"], "iptables", "docker-cli"),
    ],
)
def test_packages_for_each_system(system, has_iptables, releases, wanted, unwanted):
    packages = system.engine_packages(has_iptables)
    names = [name for part in packages.values() for name in part]
    assert list(packages) == releases
    assert wanted in names
    assert unwanted not in names
    assert len(names) == len(set(names))


def plugin_tree(folder):
    """A folder of unpacked packages that holds a plugin."""
    plugins = folder / "usr/libexec/docker/cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-buildx").touch()
    return folder


def test_what_is_right_in_the_docker_config_is_left_alone(tmp_path):
    tree = plugin_tree(tmp_path / "tree")
    files = [make_docker_config([tree], tmp_path, {}) / name for name in ("cli-plugins/docker-buildx", "config.json")]
    before = [file.lstat().st_ctime_ns for file in files]
    make_docker_config([tree], tmp_path, {})
    assert [file.lstat().st_ctime_ns for file in files] == before

    other = plugin_tree(tmp_path / "other")
    make_docker_config([other], tmp_path, {"proxies": {}})
    assert files[0].resolve().is_relative_to(other)
    assert json.loads(files[1].read_text()) == {"proxies": {}}


def test_plugins_of_a_further_folder_are_added(tmp_path):
    tree, compose = plugin_tree(tmp_path / "tree"), tmp_path / "compose"
    (compose / PLUGINS).mkdir(parents=True)
    (compose / PLUGINS / "docker-compose").touch()
    unpacked_client(tree, tmp_path, "unix:///x.sock", plugins=[compose])
    unpacked_client(tree, tmp_path, "unix:///x.sock")  # who comes later without it takes nothing away
    plugins = tmp_path / "docker-config/cli-plugins"
    assert {link.name: link.resolve().parents[4] for link in plugins.iterdir()} == {
        "docker-buildx": tree,
        "docker-compose": compose,
    }


@pytest.mark.parametrize(
    ("system", "release", "expected"),
    [
        (System("debian", "bookworm"), "", {"forky": ["docker-compose"]}),
        (System("debian", "bookworm"), "trixie", {"trixie": ["docker-compose"]}),
        (System("ubuntu", "noble"), "", {"noble": ["docker-compose-v2"]}),
    ],
)
def test_the_package_of_compose(system, release, expected):
    assert system.compose_packages(release) == expected
    if not release:
        (names,) = system.client_packages().values()
        assert {name for part in expected.values() for name in part} <= set(names)


def test_two_at_once_find_the_docker_config_whole_at_any_moment(tmp_path):
    trees = [plugin_tree(tmp_path / name) for name in ("one", "two")]
    config = make_docker_config(trees[:1], tmp_path, {})

    def again(number):
        make_docker_config([trees[number % 2]], tmp_path, {"number": number})
        assert (config / "cli-plugins/docker-buildx").exists()
        assert json.loads((config / "config.json").read_text())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(again, range(200))) == [None] * 200
    assert sorted(path.name for path in config.iterdir()) == ["cli-plugins", "config.json"]
    assert [path.name for path in (config / "cli-plugins").iterdir()] == ["docker-buildx"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CapPrm:\t000001ffffffffff\nCapEff:\t000001ffffffffff\n", True),
        ("CapEff:\t00000000a80425fb\n", False),  # root in a container with Docker's default capabilities
        ("CapEff:\t0000000000201000\n", True),
        ("CapEff:\t0000000000200000\n", False),
        ("Name:\tcat\n", False),
        (None, False),
    ],
)
def test_the_capabilities_of_a_process_are_read(tmp_path, text, expected):
    status = tmp_path / "status"
    if text is not None:
        status.write_text(text)
    assert has_capabilities(status) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ID=debian\nVERSION_CODENAME=bookworm\n", System("debian", "bookworm")),
        ('ID="ubuntu"\nVERSION_CODENAME="noble"\n', System("ubuntu", "noble")),
        ("ID=alpine\n", System("alpine", "")),
        (None, System("", "")),
    ],
)
def test_the_system_is_read(tmp_path, text, expected):
    file = Path(tmp_path, "os-release")
    if text is not None:
        file.write_text(text)
    assert System.read(file) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, True),
        ({"system": System("ubuntu", "noble")}, True),
        ({"user": 1000}, False),
        ({"has_rights": False}, False),
        ({"system": System("fedora", "")}, False),
        ({"system": System("debian", "")}, False),
        ({"tools": ["apt-get"]}, False),
        ({"tools": ["dpkg-deb"]}, False),
    ],
    ids=str,
)
def test_packages_are_only_unpacked_where_an_engine_could_start(monkeypatch, change, expected):
    machine = {"user": 0, "has_rights": True, "system": System("debian", "bookworm"), "tools": ["apt-get", "dpkg-deb"]}
    machine |= change
    monkeypatch.setattr(packages.os, "geteuid", lambda: machine["user"])
    monkeypatch.setattr(packages, "has_capabilities", lambda: machine["has_rights"])
    monkeypatch.setattr(System, "read", lambda: machine["system"])
    monkeypatch.setattr(packages.shutil, "which", lambda name: name if name in machine["tools"] else None)
    assert can_unpack() is expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/usr/bin", "{programs}:/usr/bin"),
        ("{programs}:/usr/bin", "{programs}:/usr/bin"),
        ("/usr/bin:{programs}", "{programs}:/usr/bin:{programs}"),
        ("{programs}-old:/usr/bin", "{programs}:{programs}-old:/usr/bin"),
    ],
)
def test_the_unpacked_client_comes_first_on_path(tmp_path, monkeypatch, path, expected):
    tree = plugin_tree(tmp_path / "tree")
    programs = str(tree / "usr/bin")
    monkeypatch.setenv("PATH", path.format(programs=programs))
    line = unpacked_client(tree, tmp_path, "unix:///x.sock", {"proxies": {}})
    config = tmp_path / "docker-config"
    assert line.command == (f"{programs}/docker",)
    assert line.variables == {
        "DOCKER_HOST": "unix:///x.sock",
        "DOCKER_CONFIG": str(config),
        "PATH": expected.format(programs=programs),
    }
    assert json.loads((config / "config.json").read_text()) == {"proxies": {}}


def test_the_client_for_a_reader_s_own_engine_is_only_a_client_and_said_once(tmp_path, monkeypatch):
    unpacked, said = [], []

    def unpack(apt, names, target, progress):
        unpacked.append(names)
        target.mkdir(parents=True)

    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))
    monkeypatch.setattr(System, "read", lambda: System("debian", "bookworm"))
    monkeypatch.setattr(packages, "find_mirror", lambda *_: None)
    monkeypatch.setattr(packages, "unpack", unpack)
    for _ in range(2):
        line = fetch_client("unix:///reader.sock", said.append)
    assert unpacked == [{"forky": ["docker-cli", "docker-buildx", "docker-compose"]}]
    assert said == ["The docker client has no buildx: unpacking one into the cache …"]
    assert line.command[0].startswith(str(tmp_path / "packages"))
    assert line.variables["DOCKER_HOST"] == "unix:///reader.sock"
