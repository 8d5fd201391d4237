"""Finding and preparing an engine, without one."""

import ipaddress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dockerlab.engine import network
from dockerlab.engine.apt import find_mirror, parse_sources
from dockerlab.engine.base import pip_settings
from dockerlab.engine.find import Machine, find, has_capabilities, is_elsewhere
from dockerlab.engine.private import PrivateEngine, System
from dockerlab.errors import DownloadFailed, EngineUnavailable

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
def test_no_mirror_is_said(tmp_path, text):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/x.sources").write_text(text)
    with pytest.raises(DownloadFailed, match="no mirror for bookworm"):
        find_mirror("debian", "bookworm", tmp_path)


@pytest.mark.parametrize(
    ("system", "has_iptables", "has_ip", "releases", "wanted", "unwanted"),
    [
        (System("debian", "bookworm"), True, True, ["forky", "bookworm"], "runc", "iptables"),
        (System("debian", "bookworm"), False, True, ["forky", "bookworm"], "iptables", "iproute2"),
        (System("debian", "trixie"), True, False, ["forky", "trixie"], "iproute2", "iptables"),
        (System("debian", "forky"), True, True, ["forky"], "docker.io", "iptables"),
        (System("ubuntu", "noble"), False, True, ["noble"], "iptables", "docker-cli"),
    ],
)
def test_packages_for_each_system(system, has_iptables, has_ip, releases, wanted, unwanted):
    packages = system.engine_packages(has_iptables, has_ip)
    names = [name for part in packages.values() for name in part]
    assert list(packages) == releases
    assert wanted in names
    assert unwanted not in names
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("taken", "chosen"),
    [
        ([], "10.213.5.0/24"),
        (["10.213.5.0/24"], "10.213.6.0/24"),
        (["10.213.4.0/22"], "10.213.8.0/24"),
        (["192.168.0.0/16"], "10.213.5.0/24"),
        (["10.213.5.7"], "10.213.6.0/24"),
    ],
)
def test_a_subnet_that_nobody_has(taken, chosen):
    assert str(network.choose(network.BRIDGES, 24, 5, taken)) == chosen


def test_no_subnet_left_is_said():
    with pytest.raises(ValueError, match="every /24"):
        network.choose(ipaddress.ip_network("10.213.0.0/23"), 24, 0, ["10.0.0.0/8"])


RULES = """*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 10.213.5.0/24 ! -o dl-a -j MASQUERADE
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -d 127.0.0.1/32 ! -i dl-a -p tcp -j DNAT --to-destination 10.213.5.2:8000
COMMIT
*filter
:DOCKER-USER - [0:0]
-A FORWARD -j DOCKER-USER
-A FORWARD -o tailscale0 -j ACCEPT
-A DOCKER -d 10.214.16.2/32 -o br-x -j ACCEPT
COMMIT
"""


def test_only_rules_that_name_our_bridge_or_subnets_are_deleted():
    found = network.rules_to_delete(RULES, ["dl-a"], ["10.213.5.0/24", "10.214.16.0/20"])
    assert [table for table, _ in found] == ["nat", "nat", "filter"]
    text = " ".join(" ".join(words) for _, words in found)
    assert "docker0" not in text
    assert "tailscale0" not in text


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ("*nat\n-A FORWARD -o tailscale0 -j ACCEPT\n", []),
        (
            "*filter\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n",
            ["-D FORWARD -j DOCKER-USER", "-F DOCKER-USER", "-X DOCKER-USER"],
        ),
        ("*nat\n:DOCKER - [0:0]\n-A DOCKER ! -i docker0 -p tcp -j DNAT\n", None),
    ],
    ids=["foreign rules", "empty chains", "another engine's"],
)
def test_dockerd_s_chains_go_only_when_empty(saved, expected):
    found = network.skeleton(saved)
    assert (None if found is None else [" ".join(words) for _, words in found]) == expected


@pytest.mark.parametrize(
    ("listed", "environment", "kept"),
    [
        ("", {}, {}),
        ("global.index-url='https://i.example/simple'", {}, {"index-url": "https://i.example/simple"}),
        (
            "global.index-url='https://i.example'",
            {"PIP_INDEX_URL": "https://e.example"},
            {"index-url": "https://e.example"},
        ),
        ("global.find-links='/opt/wheels'\nglobal.cert='/x'", {}, {}),
        ("global.extra-index-url='file:///opt https://a.example'", {}, {"extra-index-url": "https://a.example"}),
        ("global.extra-index-url='file:///opt'", {}, {}),
    ],
)
def test_of_pip_s_settings_only_what_a_build_can_use(listed, environment, kept):
    assert pip_settings(listed, environment) == kept


# -- the order ------------------------------------------------------------------------------------------------------

SERVER = '{"Server": {"Version": "29.0"}}'
INFO = '{"ServerVersion": "29.0", "Driver": "overlay2", "OperatingSystem": "Test OS"}'


def machine(
    tmp_path,
    own=True,
    host="unix:///reader.sock",
    buildx="v0.17.1",
    root=True,
    distribution="debian",
    private_up=False,
    docker=True,
    parts=False,
):
    """A machine as the tests want it; `started` of its private engine and of its micro-VM say whether they were."""
    private = SimpleNamespace(
        host="unix:///private.sock",
        cache=tmp_path,
        started=private_up,
        tree=lambda: tmp_path,
        answers=lambda: private_up,
    )

    vm = SimpleNamespace(
        host="unix:///vm.sock",
        cache=tmp_path,
        started=False,
        parts=SimpleNamespace(are_there=lambda: parts, client=tmp_path),
        answers=lambda: False,
    )

    def start(engine):
        def up(progress):
            engine.started = True

        return up

    def run(command, variables):
        what = " ".join(command[1:])
        ours = variables.get("DOCKER_HOST") in (private.host, vm.host)
        if what.startswith("version"):
            return (0, SERVER, "") if own else (1, '{"Server": null}', "Cannot connect")
        if what.startswith("context inspect"):
            return (0, f"{host}\n", "")
        if what.startswith("buildx"):
            unpacked = str(tmp_path) in command[0]
            version = "v0.29.1" if ours or unpacked else buildx
            return (0, f"github.com/docker/buildx {version} abc", "") if version else (1, "", "not a docker command")
        return (0, INFO, "")

    private.up, vm.up = start(private), start(vm)
    return Machine(
        is_privileged=root,
        system=System(distribution, "bookworm" if distribution == "debian" else ""),
        private=private,
        vm=vm,
        run=run,
        which=lambda name: None if name == "docker" and not docker else f"/usr/bin/{name}",
        fetch_client=lambda progress: tmp_path,
    )


@pytest.mark.parametrize(
    ("conditions", "source", "buildx"),
    [
        ({}, "own", "0.17.1"),
        ({"root": False}, "own", "0.17.1"),
        ({"buildx": None}, "own", "0.29.1"),
        ({"buildx": "v0.11.2"}, "own", "0.29.1"),
        ({"own": False}, "private", "0.29.1"),
        ({"docker": False}, "private", "0.29.1"),
        ({"own": False, "private_up": True}, "private", "0.29.1"),
        ({"own": False, "parts": True}, "private", "0.29.1"),
        ({"own": False, "parts": True, "root": False}, "micro-VM", "0.29.1"),
        ({"own": False, "parts": True, "distribution": "fedora"}, "micro-VM", "0.29.1"),
        ({"parts": True, "root": False}, "own", "0.17.1"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_the_order_of_engines(tmp_path, monkeypatch, conditions, source, buildx):
    monkeypatch.setenv("DOCKER_HOST", "unix:///reader.sock")
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))
    here = machine(tmp_path, **conditions)
    engine = find(progress=lambda text: None, machine=here)
    started = {name for name, ours in {"private": here.private, "micro-VM": here.vm}.items() if ours.started}
    assert (engine.source, engine.buildx) == (source, buildx)
    assert started == {source} - {"own"}
    assert engine.is_ours == (source != "own")


@pytest.mark.parametrize(
    ("conditions", "said"),
    [
        ({"own": False, "root": False}, "No Docker engine answers"),
        ({"own": False, "distribution": "fedora"}, "No Docker engine answers"),
        ({"docker": False, "root": False}, "No Docker engine answers"),
        ({"buildx": None, "root": False}, "no buildx of 0.12 or later"),
        ({"host": "ssh://reader@elsewhere"}, "on another machine: ssh://reader@elsewhere"),
    ],
    ids=str,
)
def test_no_engine_says_how_to_get_one(tmp_path, monkeypatch, conditions, said):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    here = machine(tmp_path, **conditions)
    with pytest.raises(EngineUnavailable) as caught:
        find(progress=lambda text: None, machine=here)
    assert said in caught.value.summary
    assert "nstall" in caught.value.advice or "Run the course there" in caught.value.advice
    assert not here.private.started


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", False),
        ("unix:///var/run/docker.sock", False),
        ("unix://relative.sock", False),
        ("npipe:////./pipe/docker_engine", False),
        ("tcp://127.0.0.1:2375", False),
        ("tcp://[::1]:2375", False),
        ("tcp://localhost:2375", False),
        ("tcp://docker:2375", True),
        ("tcp://192.168.49.2:2376", True),
        ("https://build.example:2376", True),
        ("ssh://user@machine", True),
    ],
)
def test_an_engine_over_a_network_is_elsewhere(host, expected):
    assert is_elsewhere(host) == expected


def test_nothing_is_started_where_it_must_not(tmp_path, monkeypatch):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    here = machine(tmp_path, own=False)
    with pytest.raises(EngineUnavailable, match="none was to be started"):
        find(start=False, machine=here)
    assert not here.private.started


def test_our_own_engine_in_docker_host_is_not_taken_for_the_reader_s(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "unix:///private.sock")
    assert find(machine=replace(machine(tmp_path, private_up=True))).source == "private"


def test_engines_of_two_cache_folders_share_nothing(tmp_path):
    one, two = PrivateEngine(tmp_path / "one"), PrivateEngine(tmp_path / "two")
    for name in ("run_folder", "data_root", "bridge", "host", "log"):
        assert getattr(one, name) != getattr(two, name)
    assert len(one.bridge) <= 15  # the kernel's limit for an interface's name
    assert len(str(one.socket)) < 108  # and for a socket's path


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
def test_root_without_capabilities_starts_no_private_engine(tmp_path, text, expected):
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
