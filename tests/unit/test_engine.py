"""Finding and preparing an engine, without one."""

import ipaddress
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import docker.errors
import pytest

from dockerlab.engine import base, network, private
from dockerlab.engine.apt import Mirror, find_mirror, parse_sources, unpack
from dockerlab.engine.base import BASE, KEY_LABEL, Ingredients, ensure_base, pip_settings, without_user
from dockerlab.engine.find import Machine, find, has_capabilities, is_elsewhere
from dockerlab.engine.labels import BASE as BASE_LABEL
from dockerlab.engine.private import PrivateEngine, System, client_folder
from dockerlab.errors import BaseImageUnavailable, DownloadFailed, EngineStartFailed, EngineUnavailable

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


class Archive:
    """In place of apt: a download of one package takes a moment."""

    def __init__(self):
        self.downloads = 0

    def download(self, release, packages, into):
        self.downloads += 1
        time.sleep(0.2)
        (into / "x.deb").write_text(release)


def dpkg_deb(folder, monkeypatch, script):
    """Have a shell script in place of dpkg-deb."""
    folder.mkdir()
    (folder / "dpkg-deb").write_text(f"#!/bin/sh\n{script}\n")
    (folder / "dpkg-deb").chmod(0o755)
    monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)


def test_two_that_want_the_same_packages_unpack_them_once(tmp_path, monkeypatch):
    dpkg_deb(tmp_path / "bin", monkeypatch, 'cp "$2" "$3/unpacked"')
    archive, target = Archive(), tmp_path / "packages/x"
    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(unpack, archive, {"bookworm": ["x"]}, target) for _ in range(2)]
        assert [future.result() for future in found] == [target, target]
    assert archive.downloads == 1
    assert (target / "unpacked").read_text() == "bookworm"


def test_a_full_disk_is_said_in_the_words_of_dpkg_deb_and_leaves_nothing(tmp_path, monkeypatch):
    said = "dpkg-deb: error: failed to write: No space left on device"
    dpkg_deb(tmp_path / "bin", monkeypatch, f"echo '{said}' >&2; exit 2")
    with pytest.raises(DownloadFailed, match=r"x\.deb could not be unpacked") as caught:
        unpack(Archive(), {"bookworm": ["x"]}, tmp_path / "packages/x")
    assert caught.value.last_lines == (said,)
    assert [path for path in (tmp_path / "packages").iterdir() if path.is_dir()] == []


def plugin_tree(folder):
    """An unpacked client, as far as `client_folder` looks at it."""
    plugins = folder / "usr/libexec/docker/cli-plugins"
    plugins.mkdir(parents=True)
    (plugins / "docker-buildx").touch()
    return folder


def test_what_is_right_in_the_client_s_folder_is_left_alone(tmp_path):
    tree = plugin_tree(tmp_path / "tree")
    files = [client_folder(tree, tmp_path) / name for name in ("cli-plugins/docker-buildx", "config.json")]
    before = [file.lstat().st_ctime_ns for file in files]
    client_folder(tree, tmp_path)
    assert [file.lstat().st_ctime_ns for file in files] == before

    other = plugin_tree(tmp_path / "other")
    client_folder(other, tmp_path, {"proxies": {}})
    assert files[0].resolve().is_relative_to(other)
    assert json.loads(files[1].read_text()) == {"proxies": {}}


def test_two_at_once_find_the_client_s_folder_whole_at_any_moment(tmp_path):
    trees = [plugin_tree(tmp_path / name) for name in ("one", "two")]
    config = client_folder(trees[0], tmp_path)

    def again(number):
        client_folder(trees[number % 2], tmp_path, {"number": number})
        assert (config / "cli-plugins/docker-buildx").exists()
        assert json.loads((config / "config.json").read_text())

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(again, range(200))) == [None] * 200
    assert sorted(path.name for path in config.iterdir()) == ["cli-plugins", "config.json"]
    assert [path.name for path in (config / "cli-plugins").iterdir()] == ["docker-buildx"]


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


ROUTES = """Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT
eth0\t00000000\t010200C0\t0003\t0\t0\t0\t00000000\t0\t0\t0
dl-a\t0005D50A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0
*\t0000D60A\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0
wg0\t0710D60A\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0
"""


@pytest.mark.skipif(sys.byteorder != "little", reason="the kernel lists addresses in the machine's order")
def test_the_kernel_s_routes_are_read(tmp_path):
    table = tmp_path / "route"
    table.write_text(ROUTES)
    assert [(device, str(subnet)) for device, subnet in network.routes(table)] == [
        ("eth0", "0.0.0.0/0"),
        ("dl-a", "10.213.5.0/24"),
        ("*", "10.214.0.0/16"),
        ("wg0", "10.214.16.7/32"),
    ]


@pytest.mark.parametrize(
    ("device", "subnet", "is_dockerd_s"),
    [
        ("br-0123456789ab", "10.214.16.0/24", True),
        ("br-0123456789ab", "10.214.32.0/24", False),
        ("br-0123456789ab", "10.0.0.0/8", False),
        ("br-lan", "10.214.16.0/24", False),
        ("br-0123456789abc", "10.214.16.0/24", False),
        ("wg0", "10.214.17.0/24", False),
        ("eth0", "10.214.16.0/24", False),
        ("*", "10.214.16.0/20", False),
    ],
)
def test_of_what_is_in_the_pool_only_dockerd_s_bridges_are_removed(device, subnet, is_dockerd_s):
    found = network.network_bridges([(device, ipaddress.ip_network(subnet))], "10.214.16.0/20")
    assert found == ([device] if is_dockerd_s else [])


def test_an_interface_that_is_no_bridge_is_not_even_switched_off(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(network, "INTERFACES", tmp_path)
    monkeypatch.setattr(network, "_ask", lambda request, name, value=b"": asked.append((request, name)) or bytes(40))
    (tmp_path / "eth0").mkdir()
    (tmp_path / "br-0123456789ab/bridge").mkdir(parents=True)
    for name in ("eth0", "not-there", "br-0123456789ab"):
        network.remove_bridge(name)
    assert {name for _, name in asked} == {"br-0123456789ab"}
    assert asked[-1][0] == network.REMOVE_BRIDGE


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
        (
            "*filter\n:DOCKER-CT - [0:0]\n-A DOCKER-FORWARD -j DOCKER-CT\n-A DOCKER-USER -j RETURN\n",
            ["-F DOCKER-CT", "-X DOCKER-CT"],
        ),
        ("*nat\n:DOCKER - [0:0]\n-A DOCKER ! -i docker0 -p tcp -j DNAT\n", None),
        ("*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -p tcp -m tcp --dport 22 -j DROP\n", None),
        ("*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -d 192.0.2.1/32 -j RETURN\n", None),
        ("*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j DROP\n", None),
        ("*filter\n:DOCKER-USER - [0:0]\n-A DOCKER-USER -j MY-CHAIN\n", None),
    ],
    ids=[
        "foreign rules", "empty chains", "dockerd's own", "another engine's",
        "a reader's port", "a reader's address", "a reader's last word", "a reader's chain",
    ],
)  # fmt: skip
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


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("https://i.example/simple", "https://i.example/simple"),
        ("https://user:password@i.example/simple", "https://i.example/simple"),
        ("https://token@i.example:8443/simple", "https://i.example:8443/simple"),
        ("https://user:p@ss@i.example", "https://i.example"),
        ("https://i.example/feed@Release/simple", "https://i.example/feed@Release/simple"),
        ("https://a:b@i.example https://c:d@j.example/x", "https://i.example https://j.example/x"),
        ("user:password@proxy.example:3128", "proxy.example:3128"),
        ("DIRECT", "DIRECT"),
        ("", ""),
    ],
)
def test_no_user_information_is_left_in_an_address(value, expected):
    assert without_user(value) == expected


SECRET = "user:password@"


@pytest.fixture
def machine_of_a_stand_in(tmp_path, monkeypatch):
    """What a stand-in's ingredients are gathered from, and how one of them is changed."""
    values = {
        "index": "https://i.example/simple",
        "proxy": "http://p.example:3128/",
        "mirror": "http://m.example/debian",
    }
    monkeypatch.setattr(base, "CERTIFICATES", tmp_path / "ca-certificates.crt")
    monkeypatch.setattr(base, "RECIPE", tmp_path / "recipe")
    monkeypatch.setattr(base, "_mirror", lambda: Mirror(values["mirror"], ("main",), "/k.gpg"))
    monkeypatch.setattr(base, "_pip_config", lambda: f"global.index-url='{values['index']}'")
    monkeypatch.setattr(base, "_apt_settings", lambda: {"Acquire::http::Proxy": values["proxy"]})
    for name in list(os.environ):
        if name.startswith("PIP_"):
            monkeypatch.delenv(name)
    base.CERTIFICATES.write_text("one")
    base.RECIPE.mkdir()
    (base.RECIPE / "standin.Dockerfile").write_text("FROM scratch")
    return values


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (lambda values: None, False),
        (lambda values: base.CERTIFICATES.write_text("two"), True),
        (lambda values: base.CERTIFICATES.unlink(), True),
        (lambda values: values.update(index="https://other.example"), True),
        (lambda values: values.update(proxy="http://other.example/"), True),
        (lambda values: values.update(mirror="http://other.example/debian"), True),
        (lambda values: (base.RECIPE / "standin.Dockerfile").write_text("FROM other"), True),
        (lambda values: values.update(index=f"https://{SECRET}i.example/simple"), False),
        (lambda values: os.utime(base.CERTIFICATES, (0, 0)), False),
        (lambda values: os.environ.update(HOME="/somewhere/else"), False),
    ],
    ids=["nothing", "certificates", "no certificates", "pip", "apt", "mirror", "recipe", "user", "time", "HOME"],
)
def test_the_key_of_a_stand_in_is_that_of_what_it_is_made_from(machine_of_a_stand_in, monkeypatch, change, differs):
    monkeypatch.setenv("HOME", os.environ.get("HOME", "/"))
    before = Ingredients.gather().key
    change(machine_of_a_stand_in)
    assert (Ingredients.gather().key != before) == differs


@pytest.mark.parametrize(
    ("value", "address"),
    [("index", "https://i.example/simple"), ("proxy", "http://p.example:3128/"), ("mirror", "http://m.example/debian")],
)
def test_no_user_information_gets_into_a_stand_in(machine_of_a_stand_in, value, address):
    assert not Ingredients.gather().has_left_out
    machine_of_a_stand_in[value] = address.replace("://", f"://{SECRET}")
    ingredients = Ingredients.gather()
    everything = b"\n".join([ingredients.mirror.encode(), *ingredients.files.values()]).decode()
    assert address in everything
    assert "password" not in everything
    assert ingredients.has_left_out


def test_the_build_of_a_stand_in_gets_its_ingredients_and_says_what_was_left_out(
    machine_of_a_stand_in, tmp_path, monkeypatch
):
    mirrors, said = [], []

    def download_source(apt, release, package, into):
        (into / f"{package}_3.11.2.orig.tar.gz").touch()

    monkeypatch.setattr(base.Apt, "download_source", download_source)
    monkeypatch.setattr(base, "unpack", lambda *arguments: tmp_path)
    monkeypatch.setattr(base, "_debootstrap", lambda tools, mirror, target: mirrors.append(mirror.uri))
    machine_of_a_stand_in["mirror"] = f"http://{SECRET}m.example/debian"
    context = tmp_path / "context"
    context.mkdir()
    umask = os.umask(0o077)
    try:
        version = base._fill(context, Ingredients.gather(), said.append)
    finally:
        os.umask(umask)
    assert version == "3.11.2"
    assert mirrors == ["http://m.example/debian"]
    assert "user information: the stand-in gets it without" in said[0]
    assert (context / "machine/etc/pip.conf").read_text().startswith("[global]\nindex-url = https://i.example/simple\n")
    assert (context / "machine/etc/apt/apt.conf.d/machine").read_text() == (
        'Acquire::http::Proxy "http://p.example:3128/";\n'
    )
    for name in ("standin.Dockerfile", "certificates/ca-certificates.crt", "machine/etc/pip.conf"):
        assert (context / name).stat().st_mode & 0o777 == 0o644


NOW = Ingredients("http://m.example/debian", {}, False)
OFFICIAL, CURRENT = {}, {BASE_LABEL: "Debian 12", KEY_LABEL: NOW.key}
OUTDATED, UNKNOWN = CURRENT | {KEY_LABEL: "another"}, {BASE_LABEL: "Debian 12"}


@pytest.fixture
def engine_with_base(tmp_path, monkeypatch):
    """A function that makes an engine which has the base image with some labels, and notes what is done to get it."""
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))

    def make(source, labels, registry=False, mirror=True, builds=True):
        images = {} if labels is None else {BASE: SimpleNamespace(id="old", labels=labels, attrs={}, tags=[])}
        done = []

        def get(name):
            if name == "old":
                return SimpleNamespace(tags=[], remove=lambda: done.append("removed"))
            if name not in images:
                raise docker.errors.ImageNotFound(name)
            return images[name]

        def pull(engine):
            done.append("pull")
            if registry:
                images[BASE] = SimpleNamespace(id="official", labels={}, attrs={}, tags=[BASE])
            return [] if registry else ["trying", "no such host"]

        def stand_in(engine, ingredients, progress):
            done.append("build")
            if not builds:
                raise BaseImageUnavailable("The stand-in could not be built.")
            images[BASE] = SimpleNamespace(id="made", labels=CURRENT, attrs={}, tags=[BASE])

        def gather():
            if not mirror:
                raise DownloadFailed("No mirror.", advice="Give apt one.")
            return NOW

        monkeypatch.setattr(base, "_pull", pull)
        monkeypatch.setattr(base, "_stand_in", stand_in)
        monkeypatch.setattr(Ingredients, "gather", gather)
        client = SimpleNamespace(images=SimpleNamespace(get=get))
        return SimpleNamespace(source=source, is_ours=source != "own", client=lambda: client, done=done)

    return make


@pytest.mark.parametrize(
    ("source", "labels", "machine", "image_id", "done"),
    [
        ("own", OFFICIAL, {}, "old", []),
        ("own", OUTDATED, {}, "old", []),
        ("micro-VM", CURRENT, {}, "old", []),
        ("micro-VM", OUTDATED, {}, "old", []),
        ("micro-VM", UNKNOWN, {}, "old", []),
        ("private", OFFICIAL, {}, "old", []),
        ("private", CURRENT, {}, "old", []),
        ("private", OUTDATED, {}, "made", ["pull", "build", "removed"]),
        ("private", UNKNOWN, {}, "made", ["pull", "build", "removed"]),
        ("private", OUTDATED, {"registry": True}, "official", ["pull", "removed"]),
        ("private", OUTDATED, {"mirror": False}, "old", []),
        ("private", OUTDATED, {"builds": False}, "old", ["pull", "build"]),
        ("private", None, {}, "made", ["pull", "build"]),
        ("private", None, {"registry": True}, "official", ["pull"]),
        ("own", None, {"registry": True}, "official", ["pull"]),
    ],
)
def test_a_stand_in_is_made_again_only_where_it_is_ours_and_would_be_another(
    engine_with_base, source, labels, machine, image_id, done
):
    engine = engine_with_base(source, labels, **machine)
    assert ensure_base(engine, lambda text: None).image_id == image_id
    assert engine.done == done


@pytest.mark.parametrize(
    ("source", "machine", "summary"),
    [
        ("own", {}, f"The base image {BASE} could not be pulled."),
        ("private", {"mirror": False}, f"{BASE} could not be pulled. No mirror."),
        ("private", {"builds": False}, "The stand-in could not be built."),
    ],
)
def test_no_base_image_is_said_with_what_docker_said(engine_with_base, source, machine, summary):
    said = []
    with pytest.raises(BaseImageUnavailable) as caught:
        ensure_base(engine_with_base(source, None, **machine), said.append)
    assert caught.value.summary == summary
    assert "no such host" in "\n".join([*said, *caught.value.last_lines])


def test_a_failed_pull_is_reported_in_docker_s_words(engine_with_base):
    said = []
    ensure_base(engine_with_base("private", None), said.append)
    assert f"{BASE} could not be pulled: no such host" in said


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo Pulling from x; echo done", []),
        ("echo toomanyrequests: no more today >&2; echo; exit 1", ["toomanyrequests: no more today"]),
        ("exit 3", ["docker ended with exit code 3"]),
        ("exec sleep 9", ["no registry answered within 0.2 s"]),
        ("echo retrying; exec sleep 9", ["retrying", "no registry answered within 0.2 s"]),
    ],
)
def test_what_docker_says_of_a_pull(tmp_path, monkeypatch, script, said):
    program = tmp_path / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setattr(base, "ANSWER_SECONDS", 0.2)
    assert base._pull(SimpleNamespace(docker=[str(program)], environment=dict)) == said


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
    assert engine.host == {"own": "unix:///reader.sock", "private": "unix:///private.sock"}.get(
        source, "unix:///vm.sock"
    )
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


@pytest.fixture
def stopped_engine(tmp_path, monkeypatch):
    """A private engine of a machine that can be had without being root, which forwards nothing."""
    engine = PrivateEngine(tmp_path / "cache")
    engine.run_folder = tmp_path / "run"
    (tmp_path / "ip_forward").write_text("0\n")
    monkeypatch.setattr(network, "IP_FORWARD", tmp_path / "ip_forward")
    monkeypatch.setattr(network, "routes", lambda: [])
    monkeypatch.setattr(network, "make_bridge", lambda name, subnet: None)
    monkeypatch.setattr(private, "_other_daemons", lambda: False)
    # Neither the machine's programs are asked, such as iptables, nor do they have to be there.
    monkeypatch.setenv("PATH", str(tmp_path))
    return engine


def raises(error):
    def function(*arguments):
        raise error

    return function


@pytest.mark.skipif(sys.platform != "linux", reason="a private engine starts on Linux alone")
@pytest.mark.parametrize(
    ("where", "function", "said"),
    [
        ("make_bridge", raises(OSError(65, "no bridge: Package not installed")), "Package not installed"),
        ("set_forwarding", raises(OSError(30, "Read-only file system")), "Read-only file system"),
        ("routes", lambda: [("tun0", ipaddress.ip_network("10.0.0.0/8"))], "every /24 of 10.213.0.0/16 is in use"),
        ("routes", raises(FileNotFoundError(2, "No such file", "/proc/net/route")), "/proc/net/route"),
        ("mtu", lambda: 1500, "usr/sbin/dockerd"),  # what is left of the packages is not enough
    ],
    ids=["no bridges", "read-only /proc/sys", "no subnet", "no routes", "no dockerd"],
)
def test_a_machine_that_lets_no_engine_start_says_why_and_is_left_as_it_was(
    stopped_engine, tmp_path, monkeypatch, where, function, said
):
    monkeypatch.setattr(network, where, function)
    with pytest.raises(EngineStartFailed) as caught:
        stopped_engine._start(tmp_path / "tree")
    assert said in caught.value.last_lines[0]
    assert not stopped_engine.run_folder.exists()
    assert network.IP_FORWARD.read_text().strip() == "0"


@pytest.mark.skipif(sys.platform != "linux", reason="a private engine starts on Linux alone")
@pytest.mark.parametrize("error", [docker.errors.NotFound("gone"), docker.errors.APIError("is not running")])
def test_a_container_that_ends_by_itself_does_not_keep_an_engine_from_being_stopped(stopped_engine, monkeypatch, error):
    killed = []
    containers = [SimpleNamespace(kill=raises(error)), SimpleNamespace(kill=lambda: killed.append("second"))]

    def listed(sparse=False):
        if not sparse:  # the SDK then asks for each one
            raise docker.errors.NotFound("gone")
        return containers

    client = SimpleNamespace(containers=SimpleNamespace(list=listed))
    monkeypatch.setattr(private, "answers", lambda socket: True)
    monkeypatch.setattr(private.docker, "DockerClient", lambda base_url: client)
    stopped_engine.run_folder.mkdir()
    assert stopped_engine.down() is True
    assert killed == ["second"]
    assert not stopped_engine.run_folder.exists()


def test_a_wrapper_works_in_any_folder(tmp_path):
    folder = tmp_path / "it's $HOME; a folder"
    folder.mkdir()
    (folder / "program").write_text('#!/bin/sh\nprintf "%s\\n" "$LD_LIBRARY_PATH" "$XTABLES_LIBDIR" "$@"\n')
    (folder / "program").chmod(0o755)
    private._wrap(folder / "wrapper", folder / "program", "iptables", folder)
    said = subprocess.run([folder / "wrapper", "-t", "a b"], capture_output=True, text=True, check=True).stdout
    assert said.splitlines() == [str(folder), f"{folder}/xtables", "iptables", "-t", "a b"]


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
