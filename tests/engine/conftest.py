"""Fixtures for tests that need a real engine. Everything made in them is labelled and removed, also on failure."""

import json
import re
import shutil
import subprocess
import sys
from ipaddress import IPv4Network
from pathlib import Path

import pytest

from dockerlab.engine.find import connect
from dockerlab.engine.labels import clean
from dockerlab.engine.packages import can_unpack
from dockerlab.engine.private import PrivateEngine, network
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


def lines_of(*command: str) -> list[str]:
    program = shutil.which(command[0])
    return subprocess.run(command, capture_output=True, text=True).stdout.splitlines() if program else []


def private_engines() -> list[tuple[str, list[str], list[IPv4Network], str]]:
    """The private engines that run now: run folder, bridges, subnets and data root of each."""
    found = []
    for state in Path("/run").glob("dockerlab-*/state.json"):
        facts = json.loads(state.read_text())
        subnet, pool = IPv4Network(facts["subnet"]), IPv4Network(facts["pool"])
        bridges = [state.parent.name.replace("dockerlab-", "dl-"), *network.network_bridges(network.routes(), pool)]
        roots = re.findall(
            rf"--data-root=(\S+) --exec-root={state.parent}/", "\n".join(lines_of("ps", "-wweo", "args"))
        )
        found.append((str(state.parent), bridges, [subnet, pool], (roots or [str(state.parent)])[0]))
    return found


@pytest.fixture
def traces():
    """A function that lists what a private engine leaves on a machine: processes, mounts, links, rules, run folders.

    The engines that run already go on making and removing containers and networks of their own: theirs do not count.
    """
    already = {folder for folder, *_ in private_engines()}

    def look():
        others = [engine for engine in private_engines() if engine[0] in already]
        places = [place for folder, _, _, root in others for place in (folder, root)]
        bridges = [bridge for _, names, _, _ in others for bridge in names]
        subnets = [subnet for _, _, both, _ in others for subnet in both]

        def counts(text):
            return not any(place in text for place in places)

        processes = [line for line in lines_of("ps", "-wweo", "args") if "/run/dockerlab-" in line and counts(line)]
        mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
        rules = set()
        for tool in Path("/run").glob("dockerlab-*/bin/iptables-save"):
            saved = "\n".join(lines_of(str(tool)))
            theirs = {" ".join(words[1:]) for _, words in rules_to_delete(saved, bridges, subnets)}
            # A published port's guard names no engine, and no test that looks at traces publishes one.
            found = (
                x for x in saved.splitlines() if x.startswith(("-A", ":DL")) and "-d 127.0.0.1/32 ! -i lo" not in x
            )
            rules |= {line for line in found if line.removeprefix("-A ") not in theirs}
        links = {path.name for path in Path("/sys/class/net").iterdir() if not path.name.startswith("veth")}
        return {
            "processes": sorted(processes),
            "mounts": sorted(filter(counts, mounts)),
            "links": sorted(links - set(bridges)),
            "rules": sorted(line.split(" [")[0] for line in rules),
            "run folders": sorted(str(path) for path in Path("/run").glob("dockerlab-*") if str(path) not in already),
        }

    return look
