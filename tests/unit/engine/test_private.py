"""The private engine without one: its subnets, bridge, firewall rules and processes, and a start that fails."""

import subprocess
import sys
import time
from ipaddress import ip_network
from types import SimpleNamespace

import pytest

from dockerlab.engine.private import PrivateEngine, daemon, firewall, network, processes
from dockerlab.engine.private.footprint import Footprint
from dockerlab.errors import EngineRefused, EngineStartFailed, NoSuchContainer

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="a private engine starts on Linux alone")


@pytest.mark.parametrize(
    ("taken", "chosen"),
    [
        ([], "10.213.5.0/24"),
        (["10.213.5.0/24"], "10.213.6.0/24"),
        (["10.213.4.0/22"], "10.213.8.0/24"),
        (["192.168.0.0/16"], "10.213.5.0/24"),
        (["10.213.5.7/32"], "10.213.6.0/24"),
    ],
)
def test_the_first_free_subnet_is_taken(taken, chosen):
    assert str(network.free_subnet(network.BRIDGES, 24, 5, map(ip_network, taken))) == chosen


def test_no_free_subnet_is_an_error():
    with pytest.raises(ValueError, match="every /24"):
        network.free_subnet(ip_network("10.213.0.0/23"), 24, 0, [ip_network("10.0.0.0/8")])


def test_the_pool_of_another_engine_is_taken_before_it_has_a_network(tmp_path):
    """Its networks' bridges would otherwise go when this engine goes, for they lie in one pool."""
    own, other, broken = (Footprint(tmp_path / name, tmp_path / "run") for name in ("own", "other", "broken"))
    for footprint in (own, other, broken):
        footprint.run_folder.mkdir(parents=True)
    own.note({"subnet": "10.213.1.0/24", "pool": "10.214.0.0/20", "forwarding": True})
    other.note({"subnet": "10.213.2.0/24", "pool": "10.214.16.0/20", "forwarding": False})
    (broken.run_folder / "state.json").write_text("{")
    subnets, switched_on = own.others()
    assert ([str(subnet) for subnet in subnets], switched_on) == (["10.213.2.0/24", "10.214.16.0/20"], False)
    assert other.others()[1] is True


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
    found = network.network_bridges([(device, ip_network(subnet))], ip_network("10.214.16.0/20"))
    assert found == ([device] if is_dockerd_s else [])


def test_an_interface_that_is_not_a_bridge_is_left_alone(tmp_path, monkeypatch):
    asked = []
    monkeypatch.setattr(network, "INTERFACES", tmp_path)
    monkeypatch.setattr(network, "_request", lambda number, name, value=b"": asked.append((number, name)) or bytes(40))
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
    found = firewall.rules_to_delete(RULES, ["dl-a"], [ip_network("10.213.5.0/24"), ip_network("10.214.16.0/20")])
    assert [table for table, _ in found] == ["nat", "nat", "filter"]
    text = " ".join(" ".join(words) for _, words in found)
    assert "docker0" not in text
    assert "tailscale0" not in text


@pytest.mark.parametrize(
    ("saved", "expected"),
    [
        ("*nat\n-A FORWARD -o tailscale0 -j ACCEPT\n", []),
        (
            "*filter\n:DLa-USER - [0:0]\n-A FORWARD -j DLa-USER\n",
            ["-D FORWARD -j DLa-USER", "-F DLa-USER", "-X DLa-USER"],
        ),
        (
            "*filter\n:DLa - [0:0]\n:DLa-CT - [0:0]\n-A DLa -j DLa-CT\n-A DLa ! -i dl-a -j DROP\n",
            ["-F DLa", "-F DLa-CT", "-X DLa", "-X DLa-CT"],
        ),
        ("*filter\n:DLb-USER - [0:0]\n-A FORWARD -j DLb-USER\n", []),
        ("*filter\n:DOCKER-USER - [0:0]\n-A FORWARD -j DOCKER-USER\n-A DOCKER-USER -j DROP\n", []),
    ],
    ids=["foreign rules", "an empty chain", "chains that name each other", "another engine's", "a reader's engine's"],
)  # fmt: skip
def test_an_engine_s_own_chains_are_deleted_and_no_others(saved, expected):
    assert [" ".join(words) for _, words in firewall.chains_to_delete(saved, "DLa")] == expected


def test_engines_of_two_cache_folders_share_nothing(tmp_path):
    one, two = Footprint(tmp_path / "one"), Footprint(tmp_path / "two")
    for name in ("run_folder", "data_root", "bridge", "chains", "socket", "log", "lock", "seed"):
        assert getattr(one, name) != getattr(two, name)
    assert len(f"{one.chains}-ISOLATION-STAGE-1") <= 28  # the kernel's limit for a chain's name
    assert len(one.bridge) <= 15  # the kernel's limit for an interface's name
    assert len(str(one.socket)) < 108  # and for a socket's path


@pytest.fixture
def stopped_engine(tmp_path, monkeypatch):
    """A private engine that can be tried without being root, on a machine that forwards nothing."""
    engine = PrivateEngine(tmp_path / "cache")
    engine.footprint = Footprint(tmp_path / "cache", tmp_path / "run")
    (tmp_path / "ip_forward").write_text("0\n")
    monkeypatch.setattr(network, "IP_FORWARD", tmp_path / "ip_forward")
    monkeypatch.setattr(network, "routes", lambda: [])
    monkeypatch.setattr(network, "make_bridge", lambda name, subnet: None)
    monkeypatch.setattr(processes, "dockerd_runs", lambda: False)
    # None of the machine's programs is run, such as iptables.
    monkeypatch.setenv("PATH", str(tmp_path))
    return engine


def raises(error):
    def function(*arguments):
        raise error

    return function


@linux_only
@pytest.mark.parametrize(
    ("where", "function", "said"),
    [
        ("make_bridge", raises(OSError(65, "no bridge: Package not installed")), "Package not installed"),
        ("set_forwarding", raises(OSError(30, "Read-only file system")), "Read-only file system"),
        ("routes", lambda: [("tun0", ip_network("10.0.0.0/8"))], "every /24 of 10.213.0.0/16 is in use"),
        ("routes", raises(FileNotFoundError(2, "No such file", "/proc/net/route")), "/proc/net/route"),
        ("mtu", lambda: 1500, "usr/sbin/dockerd"),  # its packages hold no dockerd
    ],
    ids=["no bridges", "read-only /proc/sys", "no subnet", "no routes", "no dockerd"],
)
def test_a_machine_that_lets_no_engine_start_is_left_as_it_was(
    stopped_engine, tmp_path, monkeypatch, where, function, said
):
    monkeypatch.setattr(network, where, function)
    with pytest.raises(EngineStartFailed) as caught:
        stopped_engine._start(tmp_path / "tree")
    assert said in caught.value.last_lines[0]
    assert not stopped_engine.footprint.run_folder.exists()
    assert network.IP_FORWARD.read_text().strip() == "0"


@linux_only
@pytest.mark.parametrize("error", [NoSuchContainer("gone"), EngineRefused(409, "it is not running")])
def test_a_container_that_ends_by_itself_does_not_stop_down(stopped_engine, monkeypatch, error):
    killed = []
    containers = [SimpleNamespace(kill=raises(error)), SimpleNamespace(kill=lambda: killed.append("second"))]

    def listed(sparse=False):
        if not sparse:  # the SDK then asks for each one
            raise NoSuchContainer("gone")
        return containers

    client = SimpleNamespace(containers=SimpleNamespace(list=listed))
    monkeypatch.setattr(daemon, "answers", lambda socket: True)
    monkeypatch.setattr(daemon, "Client", lambda lost, base_url: client)
    stopped_engine.footprint.run_folder.mkdir(parents=True)
    assert stopped_engine.down() is True
    assert killed == ["second"]
    assert not stopped_engine.footprint.run_folder.exists()


@pytest.mark.parametrize(
    ("typed", "done"),
    [
        (["-t", "a b", ""], ["-t", "a b", ""]),
        (["-N", "DOCKER"], ["-N", "DLa"]),
        (["-I", "FORWARD", "-j", "DOCKER-USER"], ["-I", "FORWARD", "-j", "DLa-USER"]),
        (["-A", "DOCKER_OUTPUT", "-d", "127.0.0.11"], ["-A", "DLa_OUTPUT", "-d", "127.0.0.11"]),
        (["-i", "docker0", "--comment", "not DOCKER"], ["-i", "docker0", "--comment", "not DOCKER"]),
    ],
)
def test_a_wrapper_for_iptables_renames_chains_and_works_in_any_folder(tmp_path, typed, done):
    folder = tmp_path / "it's $HOME; a folder"
    folder.mkdir()
    (folder / "program").write_text('#!/bin/sh\nprintf "%s\\n" "$LIBRARIES" "$@"\n')
    (folder / "program").chmod(0o755)
    firewall.write_wrapper(folder / "wrapper", [folder / "program", "iptables"], "DLa", {"LIBRARIES": folder})
    said = subprocess.run([folder / "wrapper", *typed], capture_output=True, text=True, check=True).stdout
    assert said.split("\n") == [str(folder), "iptables", *done, ""]


@linux_only
def test_an_engine_that_dies_while_it_is_stopped_is_cleared_away(stopped_engine, monkeypatch):
    monkeypatch.setattr(daemon, "answers", lambda socket: True)
    monkeypatch.setattr(daemon, "Client", lambda lost, base_url: raises(lost("It does not answer.", []))())
    stopped_engine.footprint.run_folder.mkdir(parents=True)
    assert stopped_engine.down() is True
    assert not stopped_engine.footprint.run_folder.exists()


@pytest.mark.parametrize(
    ("works", "flavours", "used"),
    [
        ({"nft", "legacy"}, ("nft", "legacy"), "nft iptables -N DLa\n"),
        ({"legacy"}, ("nft", "legacy"), "legacy iptables -N DLa\n"),  # a kernel without nftables
        ({"legacy"}, ("legacy",), "legacy iptables -N DLa\n"),
        (set(), (), "machine's -N DLa\n"),  # the machine has an iptables of its own
    ],
)
def test_the_iptables_is_one_that_the_kernel_knows(tmp_path, monkeypatch, works, flavours, used):
    (tmp_path / "tree/usr/sbin").mkdir(parents=True)
    monkeypatch.setenv("PATH", str(tmp_path))
    for path, word, works_here in [
        (tmp_path / "iptables", "machine's", True),
        *((tmp_path / f"tree/usr/sbin/xtables-{name}-multi", name, name in works) for name in flavours),
    ]:
        path.write_text(f'#!/bin/sh\necho "{word}" $*; exit {0 if works_here else 1}\n')
        path.chmod(0o755)
    firewall.wrap_iptables(tmp_path / "tree", tmp_path / "bin", "DLa")
    said = subprocess.run([tmp_path / "bin/iptables", "-N", "DOCKER"], capture_output=True, text=True).stdout
    assert said == used


def program(folder, name):
    """A process whose command line is that of an engine's program."""
    script = folder / name
    script.write_text("import time; time.sleep(60)")
    return subprocess.Popen([sys.executable, script, "--exec-root", folder / "exec"])


@linux_only
def test_only_processes_of_an_engine_that_name_the_folder_are_its_own(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "PROGRAMS", (sys.executable.rsplit("/", 1)[1],))
    (tmp_path / "other").mkdir()
    mine, other = program(tmp_path, "x"), program(tmp_path / "other", "x")
    try:
        deadline = time.monotonic() + 10
        while other.pid not in processes.engine_processes(tmp_path / "other"):  # until both have called exec
            assert time.monotonic() < deadline
        assert sorted(processes.engine_processes(tmp_path)) == sorted([mine.pid, other.pid])
        assert processes.engine_processes(tmp_path / "other") == [other.pid]
        monkeypatch.setattr(processes, "PROGRAMS", ("dockerd",))
        assert processes.engine_processes(tmp_path) == []
        processes.end(mine.pid)
        assert mine.poll() is not None
        assert other.poll() is None
    finally:
        for process in (mine, other):
            process.kill()
            process.wait()


def test_down_without_an_engine_says_so(stopped_engine):
    assert stopped_engine.down() is False
