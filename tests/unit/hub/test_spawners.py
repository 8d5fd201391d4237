"""The settings for spawners: each is one that the spawner knows, of a kind that it takes."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import pytest
import yaml
from dockerspawner import DockerSpawner
from firstuseauthenticator import FirstUseAuthenticator
from jupyterhub.app import JupyterHub
from jupyterhub.auth import Authenticator
from jupyterhub.proxy import ConfigurableHTTPProxy
from kubespawner import KubeSpawner
from traitlets import TraitError
from traitlets.config import Configurable, PyFileConfigLoader

from dockerlab.paths import project_root
from hub.plan import Plan

ROOT = project_root(Path(__file__).parent)
VALUES = yaml.safe_load((ROOT / "pod/values.yaml").read_text(encoding="utf-8"))
# The chart's value -> the KubeSpawner setting that the chart makes of it, as in its own jupyterhub_config.py. None: it
# is for the chart itself.
CHART = {
    "image.name": "image",
    "image.tag": None,
    "cmd": "cmd",
    "defaultUrl": "default_url",
    "memory.limit": "mem_limit",
    "memory.guarantee": "mem_guarantee",
    "cpu.limit": "cpu_limit",
    "cpu.guarantee": "cpu_guarantee",
    "allowPrivilegeEscalation": "allow_privilege_escalation",
    "cloudMetadata.blockWithIptables": None,
    "storage.homeMountPath": None,
    "extraEnv": "environment",
    "extraResource.limits": "extra_resource_limits",
    "extraResource.guarantees": "extra_resource_guarantees",
    "networkPolicy.egressAllowRules.nonPrivateIPs": None,
    "networkPolicy.egress": None,
}


def at(path: str):
    """The value at a dotted path below `singleuser`."""
    found = VALUES["singleuser"]
    for key in path.split("."):
        found = found[key]
    return found


def take(kind: type[Configurable], trait: str, value) -> None:
    """Set a setting as a configuration file does, on an object of a kind; KeyError or TraitError if that fails."""
    settings = kind.class_traits(config=True)
    settings[trait]._validate(kind.__new__(kind), value)


def paths(value, above: str = "") -> list[str]:
    """The dotted paths of a mapping's values, down to those that the chart takes as a whole."""
    if above in CHART or not isinstance(value, dict):
        return [above]
    return [path for key, below in value.items() for path in paths(below, f"{above}.{key}".lstrip("."))]


def test_the_chart_s_values_are_those_that_are_looked_at_here():
    assert set(paths(VALUES["singleuser"])) == set(CHART)


@pytest.mark.parametrize(("path", "trait"), [(path, trait) for path, trait in CHART.items() if trait])
def test_a_value_is_one_that_kubespawner_takes(path, trait):
    take(KubeSpawner, trait, at(path))


@pytest.mark.parametrize(("trait", "value"), VALUES["hub"]["config"]["KubeSpawner"].items())
def test_a_setting_is_one_that_kubespawner_has(trait, value):
    take(KubeSpawner, trait, value)


@pytest.mark.parametrize(("trait", "value"), [("mem_limt", "2G"), ("mem_limit", "much"), ("cmd", 5)])
def test_a_setting_that_it_has_not_or_does_not_take_is_found(trait, value):
    with pytest.raises((KeyError, TraitError)):
        take(KubeSpawner, trait, value)


def test_what_is_kept_does_not_hide_the_course():
    dockerfile = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    user = re.search(r"^ARG NB_USER=(\w+)$", dockerfile, re.M)[1]
    assert at("storage.homeMountPath") == f"/home/{user}/course/work"


def test_the_page_shows_the_values_by_including_the_file():
    page = (ROOT / "appendices/pod.md").read_text(encoding="utf-8")
    assert "```{literalinclude} ../pod/values.yaml" in page


@pytest.fixture
def config(monkeypatch):
    """The hub's settings, as JupyterHub reads them."""
    share = Plan.share
    settings = {
        "name": "class", "learners": ["ada"], "address": "127.0.0.1", "port": 8000, "proxy_port": 8001,
        "hub_port": 8081, "gateway": "10.0.0.1", "network": "net", "image": "course:1", "hub_image": "hub:1",
        "labels": {"a": "b"}, "server_labels": {"dockerlab.server": "class"}, "disks_volume": "disks",
        "disks": share.disks, "vm_disk_gib": share.vm_disk_gib, "memory_bytes": share.memory_bytes,
        "cpus": share.cpus, "processes": share.processes,
    }  # fmt: skip
    monkeypatch.setenv("HUB_SETTINGS", json.dumps(settings))
    monkeypatch.syspath_prepend(ROOT / "hub/server")
    loaded = PyFileConfigLoader("jupyterhub_config.py", path=str(ROOT / "hub/server")).load_config()
    yield loaded
    for name in ("spawner", "places"):
        sys.modules.pop(name, None)


def test_the_hub_s_own_settings_are_those_that_its_parts_take(config):
    spawner = config.JupyterHub.spawner_class
    kinds = {
        one.__name__: one for one in [JupyterHub, ConfigurableHTTPProxy, Authenticator, FirstUseAuthenticator, spawner]
    }
    for section, settings in config.items():
        for trait, value in settings.items():
            take(kinds[section], trait, value)
    assert issubclass(spawner, DockerSpawner)


def test_the_pins_of_the_hub_and_of_the_servers_agree():
    def pin(file):
        return re.search(r"^jupyterhub==(\S+)", (ROOT / file).read_text(encoding="utf-8"), re.M)[1]

    assert pin("hub/requirements.txt") == pin("requirements-pod.txt") == pin("constraints.txt")
