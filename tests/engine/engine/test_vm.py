"""The engine in a micro-VM: what it can do, what stays locked in, and how it fails and comes back."""

import contextlib
import hashlib
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest
import requests

from dockerlab.build import build
from dockerlab.engine.base import BASE, ensure_base
from dockerlab.engine.find import connect
from dockerlab.engine.packages import System
from dockerlab.engine.vm import landlock
from dockerlab.engine.vm.disk import HERE, make_parts
from dockerlab.engine.vm.machine import MicroVM
from dockerlab.engine.vm.parts import Parts
from dockerlab.errors import BuildFailed, DockerCommandFailed, EngineLost
from dockerlab.paths import cache_folder, make_scratch, project_root, scratch_folders
from dockerlab.run import Container
from dockerlab.run.command import docker_command

pytestmark = pytest.mark.engine


@pytest.fixture(scope="session")
def kernel(engine, pytestconfig):
    """The VM's kernel, compiled once for each version of its settings, which takes a quarter of an hour."""
    if System.read().distribution != "debian":
        pytest.skip("the parts of the micro-VM are made of Debian's packages: `make test-pod` does it in a container")
    key = digest(HERE / "kernel", b"")
    found = cache_folder() / "vm" / f"linux-{key}"
    if not found.exists():
        if not pytestconfig.getoption("--nightly"):
            pytest.skip("the micro-VM's kernel is not compiled yet: `make test FLAGS=--nightly` does it once")
        found.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=found.parent) as folder:
            options = f"--target kernel --output type=local,dest={folder}"
            build(f"{options} .", engine=engine, cwd=project_root(), run="test-vm")
            Path(folder, "linux").rename(found)
    return found


@pytest.fixture(scope="session")
def parts(engine, kernel, tmp_path_factory):
    """The parts, made once for each version of the code that makes them and of the base image."""
    found = Parts(cache_folder() / "vm" / digest(HERE, ensure_base(engine).image_id.encode()))
    if not found.are_there():
        archive = tmp_path_factory.mktemp("parts") / "base.tar"
        docker_command(f"save -o {archive} {BASE}", engine=engine)
        make_parts(found.folder, kernel, archive, print)
    return found


def digest(folder, more):
    """A name for what a folder holds, and something more."""
    content = b"".join(file.read_bytes() for file in sorted(folder.rglob("*.*")) if "__pycache__" not in file.parts)
    return hashlib.sha256(content + more).hexdigest()[:12]


@pytest.fixture
def vm(parts, tmp_path, monkeypatch):
    """A micro-VM of a cache folder of its own, not started; gone at the end whatever became of it."""
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("DOCKERLAB_WORK", str(tmp_path / "work"))
    found = MicroVM(parts)
    yield found
    found.down()
    assert traces(found) == []


def up(vm):
    vm.up()
    return connect(vm)


def traces(vm):
    """What is left of a VM on this machine: processes that name its folders, and its run folder."""
    marks = (str(vm.files.run_folder), str(vm.files.cache))
    processes = [p.info["cmdline"] for p in psutil.process_iter(["cmdline"]) if p.pid != os.getpid()]
    found = [" ".join(words) for words in processes if any(mark in word for word in words or () for mark in marks)]
    return [*found, *([str(vm.files.run_folder)] if vm.files.run_folder.exists() else [])]


def process(vm, program):
    """The process of the VM's kernel or network."""
    return next(
        p
        for p in psutil.process_iter(["cmdline"])
        if p.info["cmdline"]
        and p.info["cmdline"][0].endswith(program)
        and str(vm.files.run_folder) in str(p.info["cmdline"])
    )


def context(folder, *instructions):
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text("\n".join([f"FROM {BASE}", *instructions, ""]))
    return folder


def test_it_builds_runs_and_publishes_on_loopback_alone(vm, tmp_path):
    engine = up(vm)
    assert (engine.source, engine.server.store, engine.provider) == ("micro-VM", "overlay2", vm)
    here = context(tmp_path / "context", 'CMD ["python", "-m", "http.server", "8000"]', "RUN echo hello > /index.html")
    assert build("-t site .", engine=engine, cwd=here).ran == ["RUN echo hello > /index.html"]
    docker_command("run -d --name site -w / -p 0.0.0.0::8000 site", engine=engine)
    port = int(docker_command("port site 8000", engine=engine).splitlines()[0].rsplit(":", 1)[1])
    assert ask(port) == "hello\n"
    # Several looks: while other sockets of this machine come and go, Linux's list of them may lack one.
    seen = [c for _ in range(5) for p in own(vm) for c in p.net_connections("inet")]
    assert {c.laddr.ip for c in seen if c.status == psutil.CONN_LISTEN} == {"127.0.0.1"}
    docker_command("rm -f site", engine=engine)
    wait_until(lambda: not port_answers(port))


def own(vm):
    return [psutil.Process(int(vm.files.keeper_lock.read_text())), process(vm, "gvproxy")]


def ask(port):
    deadline = time.monotonic() + 20
    while True:
        try:
            return requests.get(f"http://127.0.0.1:{port}/index.html", timeout=5).text
        except requests.RequestException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def port_answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def wait_until(condition, seconds=20):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def ask_gvproxy(engine, verb, **forward):
    """Ask gvproxy from a container, at the gateway's address, where its control interface is open to the VM as well."""
    script = (
        f"import http.client as h; c = h.HTTPConnection('192.168.127.1'); "
        f"c.request('POST', '/services/forwarder/{verb}', {json.dumps(forward)!r}); print(c.getresponse().status)"
    )
    return docker_command(f"run --rm {BASE} python -c {shlex.quote(script)}", engine=engine).strip()


def test_a_container_cannot_make_this_machine_listen(vm):
    engine = up(vm)
    ask_gvproxy(engine, "expose", local=":9797", remote="192.168.127.2:80", protocol="tcp")  # it may also refuse
    wait_until(lambda: not port_answers(9797))
    time.sleep(1)
    assert not port_answers(9797)


@pytest.mark.skipif(not landlock.version(), reason="this kernel has no Landlock, or does not let us use it")
def test_a_container_cannot_remove_a_file_of_this_machine(vm, tmp_path):
    """gvproxy removes the file in whose place it is asked to make a socket."""
    engine = up(vm)
    mine = tmp_path / "mine"
    mine.write_text("as it was")
    for file in (mine, vm.files.socket, vm.files.console, vm.files.run_folder / "data.img"):
        before = file.stat().st_ino
        assert ask_gvproxy(engine, "expose", local=str(file), remote="tcp://192.168.127.2:80", protocol="unix") == "500"
        assert file.stat().st_ino == before
    assert mine.read_text() == "as it was"


def test_a_container_cannot_cut_off_the_engine(vm):
    engine = up(vm)
    to_engine = next(vm.files.run_folder.rglob("engine.sock"))
    with contextlib.suppress(DockerCommandFailed):  # it cuts off its own client as well
        ask_gvproxy(engine, "unexpose", local=str(to_engine), protocol="unix")
    wait_until(vm.answers)
    assert docker_command(f"run --rm {BASE} echo still here", engine=engine) == "still here\n"


def test_an_input_may_end_before_its_answer(vm):
    engine = up(vm)
    command = [*engine.line.command, "run", "-i", "--rm", BASE, "sha256sum"]
    data = bytes(range(256)) * 40_000
    done = subprocess.run(command, input=data, capture_output=True, env=engine.environment(), timeout=60)
    assert done.stdout.split()[0].decode() == hashlib.sha256(data).hexdigest()


def test_two_at_once_start_one(vm):
    threads = [threading.Thread(target=vm.up) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert vm.answers()
    keepers = [p for p in psutil.process_iter(["cmdline"]) if "dockerlab.engine.vm.keeper" in (p.info["cmdline"] or ())]
    assert sum(str(vm.files.cache) in p.info["cmdline"] for p in keepers) == 1


def test_root_in_it_sees_no_file_of_this_machine(vm):
    engine = up(vm)
    script = "mount -t hostfs none /mnt -o / && ls -A /mnt; mount -t hostfs none /opt -o /etc; ls -A /opt"
    command = f"run --rm --privileged {BASE} sh -c '{script}'"
    assert "passwd" not in docker_command(command, engine=engine)


def test_containers_on_a_network_of_their_own_find_each_other_by_name_and_the_way_out(vm):
    engine = up(vm)
    docker_command("network create shop", engine=engine)
    serve = f"-p 127.0.0.1:18077:8000 {BASE} python -m http.server"
    docker_command(f"run -d --name web --network shop {serve}", engine=engine)
    ask = "import urllib.request as u; print(u.urlopen('http://web:8000/etc/hostname', timeout=60).status)"
    work = f'python -c "{ask}" && pip download -qq --no-deps --no-cache-dir -d /tmp tabulate==0.9.0 && ls /tmp'
    said = engine.run("run", "--rm", "--network", "shop", BASE, "sh", "-c", work)
    assert said.split() == ["200", "tabulate-0.9.0-py3-none-any.whl"]
    assert Container("web", engine).ask("/etc/hostname").status == 200  # published on the VM's loopback alone


def test_a_folder_of_the_learners_can_be_mounted_and_no_other(vm, tmp_path):
    engine = up(vm)
    shared = vm.shared_folder
    folder = make_scratch("mounted", shared=shared)
    assert shared == tmp_path / "work"
    assert folder in scratch_folders()
    (folder / "page.html").write_text("first")
    (folder / "outside").symlink_to("/etc/passwd")
    reader = f"run --rm -v {folder}:/site {BASE}"
    assert docker_command(f"{reader} cat /site/page.html", engine=engine) == "first"
    docker_command(f"run -d --name reader -v {folder}:/site:ro {BASE} sleep 600", engine=engine)
    (folder / "page.html").write_text("edited while it runs")
    assert docker_command("exec reader cat /site/page.html", engine=engine) == "edited while it runs"
    with pytest.raises(DockerCommandFailed, match="Read-only file system"):
        docker_command("exec reader touch /site/new", engine=engine)
    docker_command(f"{reader} sh -c 'echo from inside > /site/new; mkdir /site/sub; rm /site/page.html'", engine=engine)
    assert (folder / "new").read_text() == "from inside\n"
    assert sorted(path.name for path in folder.iterdir()) == [".dockerlab-scratch", "new", "outside", "sub"]
    assert "root:" in docker_command(f"{reader} cat /site/outside", engine=engine)  # the container's own
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/secret").touch()
    assert docker_command(f"run --rm -v {tmp_path}/elsewhere:/site {BASE} ls /site", engine=engine) == ""


@pytest.mark.parametrize(("program", "reason"), [("/linux", "killed from outside"), ("gvproxy", "network has ended")])
def test_one_that_dies_during_a_build_is_explained_and_starts_again_with_a_new_disk(vm, tmp_path, program, reason):
    engine = up(vm)
    here = context(tmp_path / "context", "RUN echo began && sleep 60")
    killed = []

    class Killer:
        def update(self, trace):
            if not killed and any("began" in step.log for step in trace.steps()):
                process(vm, program).send_signal(signal.SIGKILL)
                killed.append(program)

        def close(self):
            pass

    with pytest.raises(EngineLost) as caught:
        build("-t lost .", engine=engine, cwd=here, watcher=Killer())
    assert reason in caught.value.summary
    assert "engine up" in caught.value.advice
    assert "first cell" in caught.value.advice
    said = []
    vm.up(said.append)  # at once, while the keeper may still be clearing up
    assert reason in said[0]
    assert docker_command("image ls --format {{.Repository}}:{{.Tag}}", engine=engine).split() == [BASE]


STACK = """
services:
  web:
    image: python:3.11-slim
    command: python -u -m http.server
    ports: ["127.0.0.1:18000:8000"]
    volumes: ["data:/data"]
  second:
    image: python:3.11-slim
    command: sleep 600
    depends_on: [web]
volumes:
  data:
"""


def test_one_that_is_killed_with_a_stack_up_leaves_nothing_and_the_stack_comes_up_again(vm, tmp_path):
    (tmp_path / "compose.yaml").write_text(STACK)

    def compose(words):
        return docker_command(f"compose -p stack {words}", engine=engine, cwd=tmp_path)

    engine = up(vm)
    compose("up -d")
    process(vm, "/linux").send_signal(signal.SIGKILL)
    with pytest.raises(EngineLost) as caught:
        wait_until(lambda: compose("ps -q") == "")
    assert "killed from outside" in caught.value.summary
    wait_until(lambda: not listens(18000))  # its port is this machine's again
    engine = up(vm)
    assert docker_command("volume ls -q", engine=engine) == ""
    compose("up -d")
    assert len(compose("ps -q").split()) == 2
    wait_until(lambda: "Serving" in compose("logs web"), 120)
    assert requests.get("http://127.0.0.1:18000", timeout=60).ok


def test_a_keeper_that_is_killed_takes_all_with_it_and_the_next_start_works(vm):
    vm.up()
    os.kill(int(vm.files.keeper_lock.read_text()), signal.SIGKILL)
    wait_until(lambda: traces(vm) == [str(vm.files.run_folder)])
    vm.up()
    assert vm.answers()


def test_memory_that_runs_out_ends_the_step_and_not_the_engine(vm, tmp_path):
    engine = up(vm)
    here = context(tmp_path / "context", 'RUN python -c "x = bytearray(1 << 33); x[::4096] = bytes(1 << 21)"')
    with pytest.raises(BuildFailed) as caught:
        build(".", engine=engine, cwd=here)
    assert "ran out of memory" in caught.value.advice
    assert vm.answers()
    assert docker_command(f"run --rm {BASE} echo still here", engine=engine) == "still here\n"


def test_a_disk_that_is_full_is_named_and_the_next_start_has_an_empty_one(vm, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKERLAB_VM_DISK_GIB", "1")
    engine = up(vm)
    here = context(tmp_path / "context", "RUN fallocate --length 3G /zeros")
    with pytest.raises(BuildFailed) as caught:
        build(".", engine=engine, cwd=here)
    assert "disk is full" in caught.value.advice
    vm.down()
    engine = up(vm)
    assert docker_command(f"run --rm {BASE} echo room again", engine=engine) == "room again\n"


def test_without_a_network_what_needs_none_works_and_the_rest_says_so(vm, tmp_path):
    """The VM's keeper has a network of its own that leads nowhere, as in a pod that is cut off."""
    start = "from pathlib import Path; from dockerlab.engine.vm.machine import MicroVM, Parts\n"
    start += f"MicroVM(Parts(Path({str(vm.parts.folder)!r}))).up()"
    alone = ["unshare", "--net", "sh", "-c", 'ip link set lo up; exec "$@"', "sh"]
    subprocess.run([*alone, sys.executable, "-c", start], check=True, timeout=120)
    engine = connect(vm)
    here = context(tmp_path / "context", "RUN echo fine > /fine")
    assert build(".", engine=engine, cwd=here).ran == ["RUN echo fine > /fine"]
    context(here, "RUN echo fine > /fine", "RUN pip download --retries 0 idna")
    with pytest.raises(BuildFailed) as caught:
        build(".", engine=engine, cwd=here)
    assert "no way to the network" in caught.value.advice, caught.value.trace.failed().log
    with pytest.raises(DockerCommandFailed):
        docker_command("pull -q no-such-registry.example/image", engine=engine)
