"""A class of eight at work: everybody has a server, and nobody disturbs another."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import requests

from dockerlab.errors import DockerCommandFailed, NoSuchContainer
from hub.server.places import available_bytes
from tests.hub.conftest import NAMES, SHARE
from tools.learner import Learner, Notebook, at_once, wait_until
from tools.pod import exec_in

pytestmark = pytest.mark.engine

KEPT = "work"  # the folder of a learner's own files, in the course's
CHAPTER = "chapters/02_first_dockerfile.ipynb"
CHAPTER_SECONDS = 3600  # eight at once share the processors
CONNECT = """
import socket
try:
    socket.create_connection({address!r}, timeout=5).close()
    print("reached")
except OSError as error:
    print(type(error).__name__)
"""
# Writes until the disk is full, then removes it again.
FILL = """
import os
path, written = os.path.expanduser({path!r}), 0
try:
    with open(path, "wb") as file:
        while True:
            written += file.write(bytes(2**20))
            file.flush()
except OSError as error:
    print(os.strerror(error.errno), written)
finally:
    os.remove(path)
"""
# Starts processes until no more can be started, and ends them.
FORK = """
import os, signal, time
children = []
try:
    while len(children) < 5000:
        child = os.fork()
        if not child:
            time.sleep(600)
            os._exit(0)
        children.append(child)
except OSError as error:
    print(os.strerror(error.errno), len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


@pytest.fixture
def attributes(engine):
    """A function that gives what the engine knows of a learner's container."""
    return lambda name: engine.client().containers.get(f"test-class-{name}").attrs


@pytest.fixture
def bystander(learners):
    """Another learner's kernel, which has something to lose."""
    notebook = Notebook(learners["grace"])
    notebook.run("mine = 6 * 7")
    yield notebook
    assert notebook.run("print(mine)") == "42\n"


def test_eight_learners_run_a_chapter_at_the_same_time(engine, learners):
    def run(name):
        command = ("python", "-m", "pytest", "-q", "--nbval", "--color=no", CHAPTER)
        try:
            return exec_in(f"test-class-{name}", *command, engine=engine, timeout=CHAPTER_SECONDS)
        except DockerCommandFailed as error:
            return error.output

    said = at_once(run, NAMES)
    assert [text for text in said if "failed" in text or not re.search(r"\d+ passed", text)] == []


def test_the_start_page_opens_first_and_the_engine_is_the_learner_s_own(learners):
    assert learners["ada"].get("/user/ada/").url.startswith(learners["ada"].server + "lab/tree/start.ipynb")
    said = Notebook(learners["ada"]).run("!dockerlab engine up")
    assert "(micro-VM, overlay2)" in said


def test_who_fills_memory_loses_a_kernel_and_disturbs_nobody(learners, bystander):
    glutton = Notebook(learners["ada"])
    before = available_bytes(Path("/proc/meminfo").read_text())
    with pytest.raises(ConnectionError):
        glutton.run(f"everything = bytearray({SHARE.memory_bytes * 2}); print(len(everything))")
    assert before - available_bytes(Path("/proc/meminfo").read_text()) < SHARE.memory_bytes * 1.5
    assert glutton.run("print(1 + 1)") == "2\n"  # the server goes on, with a new kernel


@pytest.mark.parametrize(
    ("path", "size"),
    [(f"~/course/{KEPT}/full", SHARE.work_gib), ("~/full", SHARE.home_gib), ("/tmp/full", SHARE.tmp_gib)],
)
def test_who_fills_a_disk_fills_their_own(learners, bystander, path, size):
    said = Notebook(learners["ada"]).run(FILL.format(path=path), seconds=600)
    written = re.fullmatch(r"No space left on device (\d+)\n", said)
    assert written, said
    assert int(written[1]) < size * 2**30
    others = f"import os; open(os.path.expanduser({path!r}), 'wb').write(bytes(2**20)); print('written')"
    assert bystander.run(others) == "written\n"


def test_what_is_deleted_gives_its_room_back_to_the_machine(engine, learners):
    def used():
        command = ["python", "-c", "import os; print(os.stat('/srv/disks/ada-home.ext4').st_blocks * 512)"]
        volumes = ["test-class-disks:/srv/disks"]
        return int(engine.client().containers.run("course-hub:1", command, volumes=volumes, remove=True))

    notebook = Notebook(learners["ada"])
    before = used()
    notebook.run("import os; f = open('big', 'wb'); f.write(bytes(10**8)); f.flush(); os.fsync(f.fileno())")
    assert used() > before + 9e7
    notebook.run("f.close(); os.remove('big'); os.sync()")
    assert used() < before + 2e7


def test_who_starts_processes_without_end_comes_to_one(learners, bystander):
    said = Notebook(learners["ada"]).run(FORK, seconds=300)
    started = re.fullmatch(r"Resource temporarily unavailable (\d+)\n", said)
    assert started, said
    assert int(started[1]) < SHARE.processes


def test_nobody_opens_the_server_of_another(learners):
    ada, grace = learners["ada"], learners["grace"]
    assert grace.get("/user/grace/lab").status_code == 200
    assert grace.get("/user/ada/lab").status_code == 403
    assert grace.session.get(grace.server + "api/kernels").status_code == 200
    assert grace.session.get(ada.server + "api/kernels", timeout=60).status_code == 403
    headers = {"Authorization": f"token {grace.token()}"}
    assert requests.get(ada.server + "api/contents", headers=headers, timeout=60).status_code == 403
    api = f"{grace.address}/hub/api/users"
    assert requests.get(f"{api}/ada", headers=headers, timeout=60).status_code in (403, 404)
    assert requests.delete(f"{api}/ada/server", headers=headers, timeout=60).status_code in (403, 404)


def test_nobody_reaches_another_s_container_nor_what_steers_the_hub(hub, learners, attributes, engine):
    network = attributes("ada")["NetworkSettings"]["Networks"][hub.network]
    address, gateway = network["IPAddress"], network["Gateway"]
    settings = json.loads(
        next(
            line.partition("=")[2]
            for line in engine.client().containers.get(hub.container).attrs["Config"]["Env"]
            if line.startswith("HUB_SETTINGS=")
        )
    )
    notebook = Notebook(learners["grace"])

    def tried(*where):
        return notebook.run(CONNECT.format(address=where)).strip()

    assert requests.get(f"http://{address}:8888/user/ada/api", timeout=10).ok  # the hub's own way to it
    assert tried(gateway, settings["hub_port"]) == "reached"
    assert tried(address, 8888) != "reached"
    assert tried(gateway, settings["proxy_port"]) != "reached"
    assert tried(gateway, settings["port"]) != "reached"


def test_a_server_has_the_limits_that_were_promised_and_no_rights(attributes):
    found = attributes("ada")
    limits = found["HostConfig"]
    assert limits["Memory"] == limits["MemorySwap"] == SHARE.memory_bytes
    assert limits["CpuQuota"] == limits["CpuPeriod"] * SHARE.cpus
    assert limits["PidsLimit"] == SHARE.processes
    assert limits["ReadonlyRootfs"]
    assert limits["CapDrop"] == ["ALL"]
    assert not limits["Privileged"]
    assert not limits["PortBindings"]
    mounted = {mount["Destination"]: mount.get("Name") for mount in found["Mounts"]}
    home = next(line.removeprefix("HOME=") for line in found["Config"]["Env"] if line.startswith("HOME="))
    kinds = {home: "home", f"{home}/course/{KEPT}": "work", "/tmp": "tmp"}
    assert mounted == {place: f"test-class-ada-{kind}" for place, kind in kinds.items()}


def test_a_hub_that_is_replaced_finds_the_servers_with_their_kernels(hub, plan, learners, attributes):
    notebook, before = Notebook(learners["ada"]), attributes("ada")["Id"]
    notebook.run("x = 42")
    address = hub.address()
    assert hub.up(plan) == {}  # everybody's password holds
    assert hub.address() == address
    assert learners["ada"].get("/hub/home").url.endswith("/hub/home")  # and nobody need log in again
    learners["ada"].wait_until_ready(60)
    assert notebook.kernel in notebook.kernels()
    assert notebook.run("print(x)") == "42\n"
    assert attributes("ada")["Id"] == before
    assert sorted(hub.servers()) == sorted(NAMES)


def test_a_hub_that_dies_comes_back_by_itself(engine, hub, learners):
    notebook = Notebook(learners["alan"])
    notebook.run("x = 42")
    container = engine.client().containers.get(hub.container)
    container.exec_run(["python", "-c", "import os, signal; os.kill(1, signal.SIGTERM)"])
    wait_until(lambda: requests.get(f"{learners['alan'].address}/hub/health", timeout=5).ok)
    learners["alan"].wait_until_ready(60)
    assert notebook.run("print(x)") == "42\n"


def test_what_a_learner_has_made_is_there_after_a_stop(engine, learners):
    john = learners["john"]
    Notebook(john).run("open('work/answer', 'w').write('42'); open('chapters/mine', 'w').write('43')")
    john.stop()
    with pytest.raises(NoSuchContainer):
        engine.client().containers.get("test-class-john")
    john.start()
    assert Notebook(john).run("print(open('work/answer').read(), open('chapters/mine').read())") == "42 43\n"


@pytest.mark.parametrize("name", ["ada", "mallory", "root", "../ada"])
def test_a_wrong_password_and_a_name_that_is_not_in_the_class_get_the_same_answer(hub, learners, name):
    stranger = Learner(hub.address(), name)
    assert stranger.log_in("wrong-password") == "Invalid username or password"


def test_a_lost_password_is_replaced(hub, learners):
    new = hub.new_password("barbara")
    again = Learner(hub.address(), "barbara")
    assert again.log_in(hub.passwords["barbara"]) == "Invalid username or password"
    assert again.log_in(new) == ""


def test_every_volume_carries_the_class_s_label(engine, hub, learners):
    found = engine.client().volumes.list(filters={"label": "dockerlab.class=test-class"})
    kinds = {f"test-class-{name}-{kind}" for name in NAMES for kind in SHARE.disks}
    assert {volume.name for volume in found} == {hub.state_volume, hub.disks_volume, *kinds}
