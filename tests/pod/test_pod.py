"""The course's image, built from its Dockerfile and run as Binder runs it: no privileges, 1 CPU, 2 GB."""

import json
import re
import secrets
import shlex
import subprocess
import sys
import time
from pathlib import Path

import pytest
import requests

from dockerlab.build import build
from dockerlab.engine.base import BASE
from dockerlab.engine.labels import clean
from dockerlab.errors import DockerCommandFailed
from dockerlab.paths import own_folder
from dockerlab.run import docker_command
from tests.panels import WORK, files
from tools.lab import end_kernels, run_all
from tools.pod import AS_BINDER, build_image, exec_in, start_pod

pytestmark = pytest.mark.engine

ROOT = Path(__file__).resolve().parents[2]
RUN = "test-pod"
IMAGE = "dockerlab-test-pod:1"
PROXY = "dockerlab-test-proxy"
CHAPTER = "02_first_dockerfile"
# Only there to end what hangs: beside other work a pod may be three times as slow.
CHAPTER_SECONDS = 1800
BOOK_SECONDS = 7200


@pytest.fixture(scope="session")
def image(engine, tmp_path_factory):
    """The course's image, built from its Dockerfile."""
    clean(engine, RUN)
    build_image(IMAGE, ROOT, tmp_path_factory.mktemp("base-image"), engine=engine, run=RUN)
    yield IMAGE
    clean(engine, RUN)


@pytest.fixture(scope="module")
def token(engine, image):
    """The token of a running pod, which is named after the run; its engine is ready."""
    token = secrets.token_hex(16)
    start_pod(RUN, image, token, engine=engine, run=RUN)
    return token


@pytest.fixture
def in_pod(engine, token):
    """A function that runs a command in the pod and returns what it prints."""

    def run(command, timeout=120):
        return exec_in(RUN, *shlex.split(command), engine=engine, timeout=timeout)

    return run


def port(engine):
    """The port of the pod's JupyterLab on this machine."""
    return docker_command(f"port {RUN} 8888", engine=engine).split(":")[-1].strip()


def shots():
    """The folder for pictures."""
    found = own_folder(ROOT / "_build") / "screenshots"
    found.mkdir(exist_ok=True)
    return found


def test_the_dockerfile_is_lint_clean(engine):
    """By the check that comes with BuildKit, and by hadolint."""
    engine.run("buildx", "build", "--check", ".", cwd=ROOT)
    linted = subprocess.run(
        [Path(sys.executable).with_name("hadolint"), "Dockerfile"], cwd=ROOT, capture_output=True, text=True
    )
    assert linted.stdout == ""


def test_the_engine_runs_in_the_micro_vm_which_boots_with_the_pod(in_pod):
    for command in ("dockerlab", ".venv/bin/dockerlab"):  # as messages name it, and as pages do
        assert "(micro-VM, overlay2)" in in_pod(f"{command} engine status")
    assert "engine answers after" in in_pod("cat /tmp/dockerlab-start.log")


def test_nothing_runs_as_root_and_nothing_else_listens_beyond_loopback(engine, in_pod):
    users = {line.split()[0] for line in docker_command(f"top {RUN} -eo uid,pid", engine=engine).splitlines()[1:]}
    assert users == {"1000"}
    script = (
        "import psutil; print(*sorted({c.laddr.port for c in psutil.net_connections('inet')"
        " if c.status == 'LISTEN' and not c.laddr.ip.startswith('127.')}))"
    )
    assert in_pod(f"python -c {shlex.quote(script)}").split() == ["8888"]


def test_the_image_holds_no_key_and_no_environment_file(engine, image):
    names = "( -name id_* -o -name *.pem -o -name .env -o -name *_key -o -name .git )"
    found = docker_command(
        f"run --rm --user 0 --entrypoint find {image} /home /opt/dockerlab-vm /root -xdev {names}", engine=engine
    )
    assert found.splitlines() == []


@pytest.fixture
def as_it_was(engine, in_pod, token):
    """What JupyterLab saves in the chapter is gone at the end, or later runs would be compared with it."""
    in_pod(f"cp -p chapters/{CHAPTER}.ipynb /tmp/as-it-was.ipynb")
    yield
    end_kernels(f"http://127.0.0.1:{port(engine)}", token)
    in_pod(f"mv /tmp/as-it-was.ipynb chapters/{CHAPTER}.ipynb")


@pytest.mark.browser
def test_a_chapter_runs_to_its_end_in_jupyterlab(engine, token, browser, as_it_was):
    """As a learner does it: open the chapter by its launch address, run all cells, and look."""
    context = browser.new_context(viewport={"width": 1440, "height": 1000})
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port(engine)}/lab/tree/chapters/{CHAPTER}.ipynb?token={token}")
    page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=120_000)
    page.get_by_role("menuitem", name="Edit", exact=True).click()
    page.get_by_role("menuitem", name="Clear Outputs of All Cells", exact=True).click()  # the stored ones prove nothing
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    deadline = time.monotonic() + CHAPTER_SECONDS
    last = ""
    while "Removed this chapter" not in last and time.monotonic() < deadline:
        time.sleep(2)
        page.keyboard.press("Control+End")
        last = page.locator(".jp-Notebook .jp-CodeCell").last.inner_text()
    page.screenshot(path=shots() / "jupyterlab-in-the-pod.png")
    assert "Removed this chapter" in last
    page.keyboard.press("Control+s")
    saved, deadline = "", time.monotonic() + 30
    while "(micro-VM, overlay2)" not in saved and time.monotonic() < deadline:
        time.sleep(1)
        address = f"http://127.0.0.1:{port(engine)}/api/contents/chapters/{CHAPTER}.ipynb"
        saved = requests.get(address, headers={"Authorization": f"token {token}"}, timeout=30).text
    context.close()
    assert "(micro-VM, overlay2)" in saved  # printed by the first cell, so the outputs are of this run


FOLDER = "work/panels"
WRITE = f"""
import json, pathlib, sys
for name, text in json.loads(sys.argv[1]).items():
    path = pathlib.Path({FOLDER!r}, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
"""


@pytest.fixture(scope="module")
def panels(engine, token):
    """The address of a folder in the pod that has a notebook for each panel."""
    exec_in(RUN, "python", "-c", WRITE, json.dumps(files()), engine=engine)
    return f"http://127.0.0.1:{port(engine)}/lab/tree/{FOLDER}"


@pytest.mark.browser
@pytest.mark.parametrize("name", WORK)
def test_a_panel_is_worked_by_keyboard_in_the_pod(panels, token, browser, name):
    page = browser.new_page(viewport={"width": 1200, "height": 1300})
    try:
        page.goto(f"{panels}/{name}.ipynb?reset&token={token}")
        run_all(page, ".dl-panel button")
        WORK[name](page)
        page.screenshot(path=shots() / f"{name}-in-the-pod.png")
    finally:
        page.close()
        end_kernels(panels.partition("/lab")[0], token)


def test_every_chapter_tells_the_truth_in_the_pod(in_pod):
    passed = in_pod("python -m pytest -q --nbval chapters", timeout=BOOK_SECONDS)
    assert re.search(r"\d+ passed", passed)
    assert "failed" not in passed


@pytest.mark.nightly  # nearly an hour; by day, the chapters show that the same commands work there
def test_every_exercise_is_solved_in_the_pod(in_pod):
    """By its own script, in bash, in the learner's folder; the typical mistakes are tried outside."""
    passed = in_pod(
        "python -m pytest -q -k 'not mistake' tests/engine/exercise/test_exercises.py", timeout=BOOK_SECONDS
    )
    assert re.search(r"\d+ passed", passed)
    assert "failed" not in passed


def test_behind_a_proxy_packages_are_installed_through_it(engine, image, tmp_path):
    """In a pod on a network that leads only to the proxy."""
    (tmp_path / "Dockerfile").write_text(f"FROM {BASE}\nRUN pip install --no-cache-dir proxy.py==2.4.10\n")
    build(f"-t {PROXY}:1 .", engine=engine, cwd=tmp_path, run=RUN)
    docker_command(f"network create --internal {PROXY}", engine=engine, run=RUN)
    docker_command(f"run -d --name {PROXY} {PROXY}:1 proxy --hostname 0.0.0.0 --port 3128", engine=engine, run=RUN)
    docker_command(f"network connect {PROXY} {PROXY}", engine=engine)
    pod = f"{RUN}-proxied"
    settings = f"-e HTTP_PROXY=http://{PROXY}:3128 -e HTTPS_PROXY=http://{PROXY}:3128"
    docker_command(
        f"run -d --name {pod} {AS_BINDER} --network {PROXY} {settings} {image} sleep infinity", engine=engine, run=RUN
    )
    exec_in(pod, "dockerlab", "engine", "up", engine=engine)
    work = "cd labs/news-api && dockerlab build -t news-api ."
    with pytest.raises(DockerCommandFailed, match="no way to the network"):
        exec_in(pod, "env", "-u", "HTTP_PROXY", "-u", "HTTPS_PROXY", "sh", "-c", work, engine=engine, timeout=300)
    assert "CONNECT" not in docker_command(f"logs {PROXY}", engine=engine)
    exec_in(pod, "sh", "-c", work, engine=engine, timeout=300)
    assert "CONNECT" in docker_command(f"logs {PROXY}", engine=engine)


def test_a_real_engine_that_is_offered_is_used(engine, image):
    """Its socket is mounted into the container, whose user joins the group that may use it."""
    if not engine.host.startswith("unix://"):
        pytest.skip("this engine has no socket that could be mounted")
    socket = Path(engine.host.removeprefix("unix://"))
    options = f"--rm --network host -v {socket}:/var/run/docker.sock --group-add {socket.stat().st_gid}"
    work = f"dockerlab engine status && python -m pytest -q --nbval chapters/{CHAPTER}.ipynb"
    said = docker_command(f"run {options} {image} sh -c '{work}'", engine=engine, run=RUN)
    assert "(own, " in said
    assert re.search(r"\d+ passed", said)
