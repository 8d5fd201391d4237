"""The micro-VM without one: published ports, memory and disk, why it ended, and starts that fail."""

import contextlib
import fcntl
import http.server
import json
import socketserver
import subprocess
import sys
import threading
import time
from functools import partial
from types import SimpleNamespace

import pytest

from dockerlab.engine.engine import Engine, Server
from dockerlab.engine.provider import CommandLine
from dockerlab.engine.vm import disk, keeper, landlock, machine
from dockerlab.engine.vm.files import KEEPER
from dockerlab.engine.vm.keeper import Keeper, data_disk_bytes, exit_code, explain, memory_limit_bytes, vm_memory_mib
from dockerlab.engine.vm.machine import MicroVM, proxies
from dockerlab.engine.vm.parts import GIB, MIB, Parts, make_file_system, run_tool
from dockerlab.engine.vm.ports import Forward, Ports, published
from dockerlab.engine.vm.relay import listen
from dockerlab.errors import EngineStartFailed

PATIENCE_SECONDS = 10


@pytest.mark.parametrize(
    ("name", "is_shared"), [("work", True), ("wörk-1.0", True), ("my work", False), ("a,b", False), ('a"b', False)]
)
def test_a_folder_that_the_kernels_command_line_cannot_name_is_not_shared(vm, tmp_path, name, is_shared):
    vm.files.run_folder.mkdir()
    expected = tmp_path / name if is_shared else None
    assert vm.files.share(tmp_path / name) == vm.shared_folder == expected
    assert (tmp_path / name).is_dir() == is_shared


def test_a_shared_folder_that_cannot_be_made_is_named(vm, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(EngineStartFailed, match=r"The folder .*/file/work cannot be made: Not a directory"):
        vm.files.share(tmp_path / "file" / "work")
    assert vm.shared_folder is None


def container(*ports):
    keys = ("IP", "PublicPort", "PrivatePort", "Type")
    return {"Ports": [{k: v for k, v in zip(keys, port, strict=True) if v is not None} for port in ports]}


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([], []),
        ([{"Ports": None}, {}], []),
        ([container((None, None, 8000, "tcp"))], []),  # EXPOSE alone
        ([container(("127.0.0.1", 8000, 80, "tcp"))], [8000]),
        ([container(("0.0.0.0", 8000, 80, "tcp"), ("::", 8000, 80, "tcp"))], [8000]),
        ([container(("127.0.0.1", 5353, 53, "udp"))], []),
        ([container(("127.0.0.1", 1, 80, "tcp")), container(("127.0.0.1", 2, 80, "tcp"))], [1, 2]),
        ([container(("127.0.0.1", 1, 80, "tcp"), ("127.0.0.1", 2, 81, "tcp"))], [1, 2]),
    ],
)
def test_only_loopback_is_published_whatever_the_container_asks_for(containers, expected):
    assert published(containers) == {f"127.0.0.1:{port}": f"192.168.127.2:{port}" for port in expected}


class Gvproxy(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    """Answers as gvproxy does. It does not listen twice on one address, nor on one that is in use."""

    daemon_threads = True

    def __init__(self, path, forwards):
        self.forwards = {(each.protocol, each.local): each for each in forwards}
        self.taken = set()
        self.while_listing = lambda: None
        super().__init__(str(path), GvproxyAnswer)
        threading.Thread(target=self.serve_forever, args=[0.02], daemon=True).start()


class GvproxyAnswer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        listed = json.dumps([each._asdict() for each in self.server.forwards.values()])
        self.server.while_listing()
        self.answer(200, listed.encode())

    def do_POST(self):
        forward = Forward(**json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        key, forwards = (forward.protocol, forward.local), self.server.forwards
        if self.path.endswith("/unexpose"):
            self.answer(200 if forwards.pop(key, None) else 500)
        elif key in forwards or forward.local in self.server.taken:
            self.answer(500)
        else:
            forwards[key] = forward
            self.answer(200)

    def answer(self, status, body=b""):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


TO_ENGINE = Forward("/run/engine.sock", "tcp://192.168.127.2:2375", "unix")
SITE = Forward("127.0.0.1:8000", "192.168.127.65:80")


@pytest.fixture
def gvproxy(tmp_path):
    with Gvproxy(tmp_path / "api.sock", [TO_ENGINE]) as server:
        yield server
        server.shutdown()


@pytest.fixture
def ports(gvproxy):
    return Ports(gvproxy.server_address, TO_ENGINE)


@pytest.mark.parametrize(
    "there",
    [
        [],
        [TO_ENGINE],
        [TO_ENGINE, SITE],  # left over from before the connection broke
        [TO_ENGINE, SITE._replace(remote="192.168.127.9:80")],
        [TO_ENGINE._replace(remote="tcp://192.168.127.9:1"), SITE],  # a container's, which would answer for the engine
        [TO_ENGINE, SITE._replace(protocol="udp")],
        [TO_ENGINE, Forward(":8000", SITE.remote), Forward("/home/learner/.profile", TO_ENGINE.remote, "unix")],
    ],
)
def test_gvproxy_listens_on_what_is_wanted_and_nothing_else(gvproxy, ports, there):
    gvproxy.forwards = {(each.protocol, each.local): each for each in there}
    ports.publish({SITE.local: SITE.remote})
    assert set(gvproxy.forwards.values()) == {TO_ENGINE, SITE}
    ports.reconcile()
    assert set(gvproxy.forwards.values()) == {TO_ENGINE, SITE}
    ports.publish({})
    assert set(gvproxy.forwards.values()) == {TO_ENGINE}


def test_a_port_that_is_published_during_a_comparison_stays(gvproxy, ports):
    publisher = threading.Thread(target=ports.publish, args=[{SITE.local: SITE.remote}])

    def publish():
        if publisher.ident is None:
            publisher.start()
            publisher.join(0.3)

    gvproxy.while_listing = publish
    ports.reconcile()
    publisher.join(PATIENCE_SECONDS)
    ports.reconcile()
    assert set(gvproxy.forwards.values()) == {TO_ENGINE, SITE}


def test_a_port_that_was_in_use_is_published_once_it_is_free(gvproxy, ports):
    gvproxy.taken = {SITE.local}
    ports.publish({SITE.local: SITE.remote})
    assert set(gvproxy.forwards.values()) == {TO_ENGINE}
    gvproxy.taken = set()
    ports.reconcile()
    assert set(gvproxy.forwards.values()) == {TO_ENGINE, SITE}


@pytest.mark.parametrize(
    "answer",
    [
        None,
        b"",
        b"not HTTP\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n[",
        b"HTTP/1.1 200 OK\r\n\r\n[",
        b"HTTP/1.1 500 Internal Server Error\r\n\r\n",
    ],
)
def test_a_network_that_answers_badly_is_asked_again_later(tmp_path, monkeypatch, answer):
    monkeypatch.setattr("dockerlab.engine.vm.ports.ANSWER_SECONDS", 0.2)
    raised = []

    def reconcile():
        try:
            Ports(tmp_path / "api.sock", TO_ENGINE).reconcile()
        except BaseException as error:
            raised.append(error)

    with listen(str(tmp_path / "api.sock")) as listener:
        asking = threading.Thread(target=reconcile, daemon=True)
        asking.start()
        accepted, _ = listener.accept()
        with accepted:
            accepted.recv(1 << 16)
            if answer is not None:
                accepted.sendall(answer)
                accepted.close()
            asking.join(PATIENCE_SECONDS)
        assert not asking.is_alive()
    assert raised == []


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock, or does not let us use it")
def test_a_confined_process_writes_in_its_folder_only(tmp_path):
    allowed, forbidden = tmp_path / "allowed", tmp_path / "forbidden"
    for folder in (allowed, forbidden):
        folder.mkdir()
        for name in ("removed", "written"):
            (folder / name).write_text("as it was")
        script = f"cd {folder}; rm -f removed; echo new > written; echo new > made; mkdir folder; cat written"
        confine = partial(landlock.confine, allowed)
        subprocess.run(["sh", "-c", script], preexec_fn=confine, stdin=subprocess.DEVNULL, capture_output=True)

    def state(folder):
        return {file.name: file.read_text() if file.is_file() else "" for file in folder.iterdir()}

    assert state(allowed) == {"written": "new\n", "made": "new\n", "folder": ""}
    assert state(forbidden) == {"removed": "as it was", "written": "as it was"}


@pytest.mark.parametrize(
    ("code", "accepted", "succeeds"),
    [(0, 0, True), (1, 0, False), (1, 1, True), (2, 1, False), ("$(kill -9 $$)", 1, False)],
)
def test_a_program_that_fails_is_reported_with_its_last_lines(code, accepted, succeeds):
    command = ["sh", "-c", f"echo out of luck; exit {code}"]
    with contextlib.nullcontext() if succeeds else pytest.raises(EngineStartFailed, match="out of luck"):
        run_tool(command, accepted=accepted)


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
def test_the_disk_is_no_larger_than_its_folder_allows(environment, free, expected):
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
        ({"HTTP_PROXY": "http://127.0.1.1:3128"}, {"HTTP_PROXY": "http://192.168.127.254:3128"}),
        ({"HTTP_PROXY": "http://[::1]:3128"}, {"HTTP_PROXY": "http://192.168.127.254:3128"}),
        ({"HTTP_PROXY": "http://me:word@localhost:1"}, {"HTTP_PROXY": "http://me:word@192.168.127.254:1"}),
        ({"HTTP_PROXY": "http://localhost:3128/"}, {"HTTP_PROXY": "http://192.168.127.254:3128/"}),
        ({"HTTP_PROXY": "http://localhost.example:1"}, {"HTTP_PROXY": "http://localhost.example:1"}),
        ({"NO_PROXY": "localhost,.example"}, {}),
    ],
)
def test_proxies_are_given_by_the_addresses_that_the_vm_reaches(environment, expected):
    found = proxies(environment)
    # A health check asks its own container, so loopback is never proxied.
    assert found == (expected | {"NO_PROXY": "localhost,127.0.0.1,::1"} if expected else {})


def test_the_machines_own_exceptions_from_the_proxy_stay():
    found = proxies({"HTTP_PROXY": "http://proxy:1", "no_proxy": ".example"})
    assert found["NO_PROXY"] == ".example,localhost,127.0.0.1,::1"


@pytest.mark.parametrize(
    ("kernel", "network", "code"),
    [
        ("kill -9 $$", "sleep 60", -9),
        ("sleep 0.5; kill -9 $$", "exit 0", -9),  # the network noticed, and was gone first
        ("sleep 0.5; exit 3", "exit 1", 3),
        ("sleep 60", "kill -9 $$", None),
        ("sleep 60", "exit 1", None),
    ],
)
def test_whose_end_it_was(kernel, network, code):
    processes = [subprocess.Popen(["sh", "-c", script]) for script in (kernel, network)]
    try:
        while all(process.poll() is None for process in processes):
            time.sleep(0.01)
        assert exit_code(*processes, patience=2 if code is None else PATIENCE_SECONDS) == code
    finally:
        for process in processes:
            process.kill()
            process.wait()


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
        # A container that runs out of memory does not end the VM.
        (-9, ["Out of memory: Killed process 99 (python) total-vm:1kB"], "killed from outside"),
    ],
)  # fmt: skip
def test_the_end_of_a_vm_is_explained_in_one_sentence(code, lines, expected):
    reason = explain(code, lines)
    assert expected in reason
    assert reason.startswith("The micro-VM")
    assert reason.endswith(".")


@pytest.fixture
def vm(tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path))
    found = MicroVM(Parts(tmp_path / "parts"))
    yield found
    found.down()


def test_a_lost_vm_says_why_and_that_its_disk_is_new(vm):
    vm.files.note_exit("The micro-VM was eaten.", [])
    engine = Engine(vm.host, CommandLine(("docker",)), Server("28", "overlay2", "micro-VM"), "0.29", vm)
    error = engine.lost("The engine went away.", ["unexpected EOF"])
    assert error.summary == "The engine went away. The micro-VM was eaten."
    assert error.last_lines == ("unexpected EOF",)
    assert "engine up" in error.advice
    assert "first cell" in error.advice


def put_network(vm, script):
    """Put a shell script in the place of gvproxy."""
    vm.parts.network.parent.mkdir(parents=True)
    vm.parts.network.write_text(f"#!/bin/sh\n{script}\n")
    vm.parts.network.chmod(0o755)


@pytest.mark.parametrize(
    ("script", "said"),
    [(None, "No such file or directory"), ("echo the card is broken; exit 3", "the card is broken")],
)
def test_a_start_that_fails_says_why_and_leaves_nothing(vm, script, said):
    if script:
        put_network(vm, script)
    began = time.monotonic()
    with pytest.raises(EngineStartFailed, match=r"did not come up\. The micro-VM's network did not start\.") as caught:
        vm.up()
    assert time.monotonic() - began < keeper.NETWORK_SECONDS  # what has ended is not waited for
    assert said in caught.value.last_lines[-1]
    assert str(vm.files.console) in caught.value.advice
    assert not vm.files.run_folder.exists()
    assert not vm.files.has_keeper()
    assert vm.files.last_exit() == {}  # nothing had been built, so nothing is lost at the next start


def test_a_network_that_does_not_listen_is_given_up(vm, monkeypatch):
    put_network(vm, "echo thinking; exec sleep 60")
    monkeypatch.setattr(keeper, "NETWORK_SECONDS", 0.3)
    vm.files.run_folder.mkdir()
    kept = Keeper(vm.parts, vm.files.cache, making=False)
    try:
        with pytest.raises(EngineStartFailed, match="network did not start") as caught:
            kept.start_network()
        assert kept.network.poll() is None
    finally:
        kept.network.kill()
        kept.network.wait()
    assert caught.value.last_lines == ("thinking",)


@contextlib.contextmanager
def locked(file, how):
    with file.open("a") as lock:
        fcntl.flock(lock, how)
        yield lock


@pytest.mark.parametrize(
    ("has_lock", "how", "has_folder", "expected"),
    [
        (False, None, False, False),
        (False, None, True, False),
        (True, None, True, False),
        (True, fcntl.LOCK_EX, True, True),
        (True, fcntl.LOCK_EX, False, True),  # it is removing its folder
        (True, fcntl.LOCK_SH, True, False),  # somebody else asks
    ],
)
def test_a_keeper_lives_as_long_as_its_lock_is_held(vm, has_lock, how, has_folder, expected):
    if has_lock:
        vm.files.keeper_lock.touch()
    if has_folder:
        vm.files.run_folder.mkdir()
    with locked(vm.files.keeper_lock, how) if how else contextlib.nullcontext():
        assert vm.files.has_keeper() == expected


@pytest.mark.parametrize(
    ("program", "cache", "is_held", "is_ended"),
    [
        (KEEPER, "this", True, True),
        (KEEPER, "this", False, False),
        (KEEPER, "another", True, False),  # as in a copy of a cache folder
        (KEEPER, "another", False, False),
        ("editor", "this", True, False),  # the number has gone to another process
    ],
)
def test_only_the_keeper_of_this_cache_is_ended(vm, monkeypatch, program, cache, is_held, is_ended):
    monkeypatch.setattr(machine, "STOP_SECONDS", 0.5)
    words = [program, "parts", str(vm.files.cache) if cache == "this" else str(vm.files.cache / "another")]
    with locked(vm.files.keeper_lock, fcntl.LOCK_EX if is_held else fcntl.LOCK_UN) as lock:
        command = [sys.executable, "-c", "import time; time.sleep(60)", *words]
        process = subprocess.Popen(command, stdin=lock, start_new_session=True)
    try:
        vm.files.keeper_lock.write_text(str(process.pid))
        assert vm.down() == is_held
        time.sleep(0.1)
        assert (process.poll() is not None) == is_ended
    finally:
        process.kill()
        process.wait()


def test_a_start_that_is_interrupted_can_be_ended(vm, monkeypatch):
    put_network(vm, "exec sleep 60")
    started = []

    class Interrupted(subprocess.Popen):
        def __init__(self, *arguments, **options):
            super().__init__(*arguments, **options)
            started.append(self)
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(machine.subprocess, "Popen", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            vm.up()
    assert vm.files.has_keeper()
    assert vm.down()
    assert started[0].wait(PATIENCE_SECONDS) == 0
    assert not vm.files.run_folder.exists()


@pytest.mark.parametrize("where", ["up", "run"])
def test_an_interrupt_while_the_disks_are_made_leaves_no_vm(tmp_path, monkeypatch, where):
    done = []

    def reach(name):
        done.append(name)
        if name == where:
            raise KeyboardInterrupt

    monkeypatch.setattr(MicroVM, "up", lambda *_, **__: reach("up"))
    monkeypatch.setattr(MicroVM, "down", lambda _: reach("down"))
    monkeypatch.setattr(disk, "connect", lambda _: SimpleNamespace(run=lambda *_: reach("run")))
    with pytest.raises(KeyboardInterrupt):
        disk._put_base_image(Parts(tmp_path), None, print)
    assert done[-2:] == [where, "down"]


def test_two_cache_folders_have_two_vms(tmp_path):
    one, two = (MicroVM(Parts(tmp_path), tmp_path / name) for name in ("one", "two"))
    assert one.host != two.host
    assert (
        len(str(Keeper(one.parts, one.files.cache, making=False).card)) < 108
    )  # the kernel's limit for a socket's path


def test_init_is_a_shell_script_that_uses_all_the_commands_on_the_disk():
    done = subprocess.run(["sh", "-n", disk.HERE / "init.sh"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    text = (disk.HERE / "init.sh").read_text(encoding="utf-8")
    for command in disk.COMMANDS:
        assert command == "sh" or f"{command} " in text or f"{command}\n" in text, f"{command} is not used"


def test_programs_come_from_the_client_and_from_the_disk(vm, tmp_path, monkeypatch):
    """debugfs itself reads a real file system; without e2fsprogs, the disk's half is left to the engine tests."""
    content = tmp_path / "content/usr/sbin"
    content.mkdir(parents=True)
    (content / "dockerd").write_text("daemon")
    client = vm.parts.client / "usr/bin/docker"
    client.parent.mkdir(parents=True)
    client.write_text("client")
    client.chmod(0o755)
    try:
        make_file_system(vm.parts.disk, 4 * MIB, tmp_path / "content")
    except EngineStartFailed as error:
        pytest.skip(error.summary)
    names = ["usr/bin/docker", "usr/sbin/dockerd", "usr/sbin/no-such-program"]
    folder = vm.programs(names, tmp_path / "scratch")
    found = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}
    assert {name: file.read_text() for name, file in found.items()} == {
        "usr/bin/docker": "client",
        "usr/sbin/dockerd": "daemon",
    }
    assert all(file.stat().st_mode & 0o100 for file in found.values())


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, {}),
        ({"NO_PROXY": "example"}, {}),
        (
            {"http_proxy": "http://127.0.0.1:3128", "no_proxy": "example"},
            {
                "proxies": {
                    "default": {
                        "httpProxy": "http://192.168.127.254:3128",
                        "noProxy": "example,localhost,127.0.0.1,::1",
                    }
                }
            },
        ),
    ],
)
def test_its_command_line_passes_the_proxies_on(vm, monkeypatch, environment, expected):
    for name in machine.PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    line = vm.command_line()
    assert line.command == (str(vm.parts.client / "usr/bin/docker"),)
    assert line.variables["DOCKER_HOST"] == vm.host
    assert json.loads((vm.files.cache / "docker-config/config.json").read_text()) == expected
