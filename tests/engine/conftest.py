"""Fixtures for tests that need a real engine. Everything made in them is labelled and removed, also on failure."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from dockerlab.engine.find import connect
from dockerlab.engine.labels import clean
from dockerlab.engine.packages import can_unpack
from dockerlab.engine.private import PrivateEngine
from dockerlab.engine.private.firewall import rules_to_delete


@pytest.fixture
def run(engine, request):
    """A run name of the test's own; what carries it is removed afterwards."""
    name = f"test-{request.node.originalname}"
    clean(engine, name)
    yield name
    clean(engine, name)


@pytest.fixture
def left(engine, run):
    """A function that tells what carries the run's label now: containers and images."""

    def look():
        wanted = {"label": f"dockerlab.run={run}"}
        client = engine.client()
        containers = client.containers.list(all=True, filters=wanted)
        return {"containers": len(containers), "images": len(client.images.list(all=True, filters=wanted))}

    return look


@pytest.fixture
def second_private(tmp_path_factory):
    """A private engine of another cache folder, not started; gone at the end whatever became of it."""
    if sys.platform != "linux" or not can_unpack():
        pytest.skip("needs root on Debian or Ubuntu: starts a private engine of its own")
    cache = tmp_path_factory.mktemp("cache")
    private = PrivateEngine(cache)
    yield private
    private.down()
    shutil.rmtree(cache, ignore_errors=True)


@pytest.fixture
def second_engine(second_private):
    """That engine, started: (PrivateEngine, Engine)."""
    second_private.up()
    return second_private, connect(second_private)


@pytest.fixture
def traces():
    """A function that lists what a private engine leaves on a machine: processes, mounts, links, rules, run folders."""

    def look():
        def lines(*command):
            program = shutil.which(command[0])
            return subprocess.run(command, capture_output=True, text=True).stdout.splitlines() if program else []

        # The engine that the other tests use goes on making and removing containers of its own.
        usual = PrivateEngine().footprint

        def counts(text):
            return str(usual.run_folder) not in text and str(usual.data_root) not in text

        processes = [line for line in lines("ps", "-eo", "args") if "/run/dockerlab-" in line and counts(line)]
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        rules = set()
        for tool in Path("/run").glob("dockerlab-*/bin/iptables-save"):
            saved = "\n".join(lines(str(tool)))
            of_usual = rules_to_delete(saved, [usual.bridge], usual.subnets())
            theirs = {" ".join(words[1:]) for _, words in of_usual}
            found = (line for line in saved.splitlines() if line.startswith(("-A", ":DOCKER")))
            rules |= {line for line in found if line.removeprefix("-A ") not in theirs}
        return {
            "processes": sorted(processes),
            "mounts": sorted(filter(counts, mounts)),
            "links": sorted(path.name for path in Path("/sys/class/net").iterdir() if not path.name.startswith("veth")),
            "rules": sorted(line.split(" [")[0] for line in rules),
            "run folders": sorted(path.name for path in Path("/run").glob("dockerlab-*")),
        }

    return look
