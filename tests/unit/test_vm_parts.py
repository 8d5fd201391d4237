"""The micro-VM's parts that need no VM: what is published, how much memory, which proxies, why it ended."""

import json
import subprocess

import pytest

from dockerlab.build import _hint
from dockerlab.engine.find import MICRO_VM, Engine
from dockerlab.engine.vm.keeper import data_disk_bytes, explain, memory_limit_bytes, vm_memory_mib
from dockerlab.engine.vm.machine import MicroVM, proxies
from dockerlab.engine.vm.parts import GIB, MIB, Parts
from dockerlab.engine.vm.ports import published
from dockerlab.errors import EngineStartFailed


def container(*ports, network="bridge", address="192.168.127.65"):
    keys = ("IP", "PublicPort", "PrivatePort", "Type")
    return {
        "Ports": [{k: v for k, v in zip(keys, port, strict=True) if v is not None} for port in ports],
        "NetworkSettings": {"Networks": {network: {"IPAddress": address}}},
    }


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([], {}),
        ([container((None, None, 8000, "tcp"))], {}),  # EXPOSE alone
        ([container(("127.0.0.1", 8000, 80, "tcp"))], {"127.0.0.1:8000": "192.168.127.65:80"}),
        (
            [container(("0.0.0.0", 8000, 80, "tcp"), ("::", 8000, 80, "tcp"))],
            {"127.0.0.1:8000": "192.168.127.65:80"},
        ),
        (
            [container(("0.0.0.0", 8000, 80, "tcp"), network="shop", address="172.18.0.2")],
            {"127.0.0.1:8000": "192.168.127.2:8000"},
        ),
        ([container(("127.0.0.1", 5353, 53, "udp"))], {}),
        (
            [container(("127.0.0.1", 1, 80, "tcp")), container(("127.0.0.1", 2, 80, "tcp"), address="192.168.127.66")],
            {"127.0.0.1:1": "192.168.127.65:80", "127.0.0.1:2": "192.168.127.66:80"},
        ),
    ],
)
def test_only_loopback_is_published_whatever_the_container_asks_for(containers, expected):
    assert published(containers) == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(GIB, 700), (2 * GIB, 1348), (3 * GIB, 2000), (64 * GIB, 2000)],
)
def test_the_vm_leaves_the_pod_memory_for_jupyter(limit, expected):
    assert vm_memory_mib(limit) == expected


@pytest.mark.parametrize(
    ("environment", "free", "expected"),
    [
        ({}, 100 * GIB, 12 * GIB),
        ({}, 5 * GIB, 4.5 * GIB),
        ({}, 0, GIB),
        ({"DOCKERLAB_VM_DISK_GIB": "2.5"}, 100 * GIB, 2.5 * GIB),
        ({"DOCKERLAB_VM_DISK_GIB": ""}, 100 * GIB, 12 * GIB),
    ],
)
def test_the_disk_is_no_larger_than_its_place_allows(environment, free, expected):
    assert data_disk_bytes(environment, free) == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, 8 * GIB),
        ({"sys/fs/cgroup/memory.max": "max\n"}, 8 * GIB),
        ({"sys/fs/cgroup/memory.max": f"{2 * GIB}\n"}, 2 * GIB),
        ({"sys/fs/cgroup/memory/memory.limit_in_bytes": f"{GIB}\n"}, GIB),
        ({"sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n"}, 8 * GIB),
    ],
)
def test_the_limit_of_the_pod_is_read(tmp_path, files, expected):
    for name, text in ({"proc/meminfo": f"MemTotal:  {8 * MIB} kB\nMemFree: 1 kB\n"} | files).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    assert memory_limit_bytes(tmp_path) == expected


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {}),
        ({"HTTP_PROXY": ""}, {}),
        ({"https_proxy": "http://proxy:3128"}, {"HTTPS_PROXY": "http://proxy:3128"}),
        ({"HTTP_PROXY": "http://a:1", "http_proxy": "http://b:2"}, {"HTTP_PROXY": "http://a:1"}),
        ({"HTTP_PROXY": "http://127.0.0.1:3128"}, {"HTTP_PROXY": "http://192.168.127.254:3128"}),
        ({"HTTP_PROXY": "http://localhost:3128/"}, {"HTTP_PROXY": "http://192.168.127.254:3128/"}),
        ({"HTTP_PROXY": "http://localhost.example:1"}, {"HTTP_PROXY": "http://localhost.example:1"}),
        ({"NO_PROXY": "localhost,.example"}, {"NO_PROXY": "localhost,.example"}),
    ],
)
def test_proxies_are_named_as_the_vm_reaches_them(environment, expected):
    assert proxies(environment) == expected


@pytest.mark.parametrize(
    ("code", "lines", "expected"),
    [
        (None, [], "network has ended"),
        (-9, [], "killed from outside"),
        (-7, [], "is full"),
        (1, [], "exit code 1"),
        (0, ["vm: 12.3 s: dockerd has ended with exit code 2", "reboot: Power down"], "ended with exit code 2"),
        (0, ["vm: 1.3 s: the data disk cannot be mounted"], "the data disk cannot be mounted"),
        (0, ["Out of memory: Killed process 71 (dockerd) total-vm:1kB", "vm: 9 s: dockerd has ended with exit code 9"],
         "ran out of memory, and its dockerd was ended"),
        (-6, ["Kernel panic - not syncing: System is deadlocked on memory"], "System is deadlocked on memory"),
        # A container's own death by hunger is no death of the VM.
        (-9, ["Out of memory: Killed process 99 (python) total-vm:1kB"], "killed from outside"),
    ],
)  # fmt: skip
def test_the_end_of_a_vm_is_explained_in_one_sentence(code, lines, expected):
    reason = explain(code, lines)
    assert expected in reason
    assert reason.startswith("The micro-VM")
    assert reason.endswith(".")


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("write /x: no space left on device", "disk is full"),
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("did not complete successfully: exit code: 137", "memory ran out"),
        ("Temporary failure in name resolution", "no way to the network"),
        ("ERROR: Could not find a version that satisfies it (from versions: none)", "no way to the network"),
        ("dial tcp: lookup registry on 192.168.127.1:53: server misbehaving", "no way to the network"),
        ("SyntaxError: invalid syntax", ""),
    ],
)
def test_a_step_s_last_words_are_interpreted(said, expected):
    assert expected in _hint(said)
    assert bool(_hint(said)) == bool(expected)


@pytest.fixture
def vm(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))
    found = MicroVM(Parts(tmp_path / "parts"))
    yield found
    found.down()


def test_a_lost_vm_says_why_and_that_its_disk_is_new(vm):
    vm.obituary.write_text(json.dumps({"reason": "The micro-VM was eaten.", "last_lines": []}), encoding="utf-8")
    engine = Engine(MICRO_VM, vm.host, ["docker"], {}, "28", "overlay2", "0.29", "micro-VM")
    error = engine.lost("The engine went away.", ["unexpected EOF"])
    assert error.summary == "The engine went away. The micro-VM was eaten."
    assert error.last_lines == ("unexpected EOF",)
    assert "engine up" in error.advice
    assert "first cell" in error.advice


def test_a_lost_engine_of_another_kind_says_how_to_start_it():
    error = Engine("private", "unix:///x", ["docker"], {}, "28", "overlay2", "0.29", "").lost("Gone.")
    assert (error.summary, "engine up" in error.advice) == ("Gone.", True)


def test_a_vm_without_its_parts_does_not_start_and_leaves_nothing(vm):
    with pytest.raises(EngineStartFailed, match="did not come up") as caught:
        vm.up()
    assert str(vm.console) in caught.value.advice
    assert not vm.run_folder.exists()
    assert not vm.is_kept()


def test_two_cache_folders_have_two_vms(tmp_path):
    one, two = (MicroVM(Parts(tmp_path), tmp_path / name) for name in ("one", "two"))
    assert one.host != two.host
    assert len(str(one.run_folder / "network.sock")) < 108  # the kernel's limit for a socket's path


def test_init_is_a_shell_script_that_uses_all_the_commands_on_the_disk():
    from dockerlab.engine.vm.disk import COMMANDS, RECIPE

    done = subprocess.run(["sh", "-n", RECIPE / "init.sh"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (RECIPE / "init.sh").read_text(encoding="utf-8")
    for command in COMMANDS:
        assert command == "sh" or f"{command} " in text or f"{command}\n" in text, f"{command} is not used"
