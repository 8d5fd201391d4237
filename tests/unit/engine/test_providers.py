"""Both engines that the course can start, by the same table: what `Provider` asks of them."""

import inspect
import time
from pathlib import Path

import pytest

from dockerlab.engine import private
from dockerlab.engine.find import Machine
from dockerlab.engine.private import PrivateEngine
from dockerlab.engine.private.footprint import Footprint
from dockerlab.engine.provider import Provider
from dockerlab.engine.vm import machine
from dockerlab.engine.vm.machine import NEW_DISK, MicroVM
from dockerlab.engine.vm.parts import Parts
from dockerlab.errors import EngineUnavailable

MEMBERS = sorted({*Provider.__annotations__, *(name for name in vars(Provider) if not name.startswith("_"))})
AGAIN = "`dockerlab engine up` starts it again"


@pytest.fixture
def providers(tmp_path, monkeypatch):
    """One of each kind, not started: name -> provider."""
    monkeypatch.setenv("DOCKERLAB_CACHE", str(tmp_path / "default"))
    cache = tmp_path / "cache"
    cache.mkdir()
    made = (PrivateEngine(cache), MicroVM(Parts(tmp_path / "parts"), cache))
    return {provider.name: provider for provider in made}


@pytest.mark.parametrize("name", ["private", "micro-VM"])
@pytest.mark.parametrize("member", MEMBERS)
def test_a_provider_has_what_the_protocol_names(providers, name, member):
    theirs, asked = getattr(providers[name], member), getattr(Provider, member, None)
    if inspect.isfunction(asked):
        wanted = list(inspect.signature(asked).parameters)[1:]
        given = list(inspect.signature(theirs).parameters.values())
        assert [parameter.name for parameter in given[: len(wanted)]] == wanted
        assert all(parameter.default is not parameter.empty for parameter in given[len(wanted) :])
    else:
        assert isinstance(theirs, str | bool | Path | None)


@pytest.mark.parametrize(
    ("name", "plan", "builds_base"),
    [
        ("private", "Starting a private one from the distribution's packages", True),
        ("micro-VM", "Booting the course's own in a micro-VM", False),
    ],
)
def test_a_provider_introduces_itself(providers, name, plan, builds_base):
    provider = providers[name]
    assert (provider.plan, provider.builds_base) == (plan, builds_base)
    assert provider.host.startswith("unix:///")
    assert provider.answers() is False
    assert provider.down() is False


def test_without_arguments_they_belong_to_this_machine_s_cache(providers, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKERLAB_VM", str(tmp_path / "vm"))
    ours = Machine.this().providers
    assert [provider.name for provider in ours] == ["private", "micro-VM"]  # the preferred one first
    assert {ours[0].footprint.cache, ours[1].files.cache} == {tmp_path / "default"}
    assert ours[1].parts.folder == tmp_path / "vm"


@pytest.mark.parametrize("is_there", [True, False])
def test_a_private_engine_is_possible_where_packages_can_be_unpacked(providers, monkeypatch, is_there):
    monkeypatch.setattr(private.daemon, "can_unpack", lambda: is_there)
    assert providers["private"].is_possible() is is_there


@pytest.mark.parametrize("missing", [None, "kernel", "network", "disk", "data"])
def test_a_micro_vm_is_possible_where_all_its_parts_are(providers, missing):
    vm = providers["micro-VM"]
    for part in ("kernel", "network", "disk", "data"):
        if part != missing:
            file = getattr(vm.parts, part)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
    assert vm.is_possible() is (missing is None)


@pytest.mark.parametrize(
    ("name", "noted", "expected"),
    [
        ("private", "", ("", f"{AGAIN}; finished steps stay in its cache.")),
        ("micro-VM", "", ("", f"{AGAIN}. {NEW_DISK}")),
        ("micro-VM", "It was killed.", ("It was killed.", f"{AGAIN}. {NEW_DISK}")),
    ],
)
def test_a_lost_engine_says_why_and_what_to_do(providers, name, noted, expected):
    if noted:
        providers[name].files.note_exit(noted, [])
    assert providers[name].why_lost() == expected


@pytest.mark.parametrize("is_noted", [True, False])
def test_the_reason_is_waited_for_while_the_keeper_lives(providers, monkeypatch, is_noted):
    vm = providers["micro-VM"]
    asked = []

    def has_keeper():
        asked.append(time.monotonic())
        if is_noted and len(asked) == 2:
            vm.files.note_exit("It was killed.", [])
        return True

    monkeypatch.setattr(vm.files, "has_keeper", has_keeper)
    monkeypatch.setattr(machine, "NOTE_SECONDS", 0.3)
    assert vm.why_lost()[0] == ("It was killed." if is_noted else "")
    assert len(asked) >= 2


def test_a_private_engine_that_has_just_been_stopped_is_unavailable(providers):
    with pytest.raises(EngineUnavailable, match="does not run"):
        providers["private"].command_line()


def test_the_programs_of_a_private_engine_are_its_packages(providers, tmp_path):
    engine = providers["private"]
    engine.footprint = Footprint(tmp_path / "cache", tmp_path / "run")
    engine.footprint.run_folder.mkdir(parents=True)
    engine.footprint.note({"tree": tmp_path / "tree"})
    assert engine.programs(["usr/sbin/dockerd", "no-such-program"], tmp_path / "scratch") == tmp_path / "tree"
    assert engine.command_line().command == (str(tmp_path / "tree/usr/bin/docker"),)
    assert engine.command_line().variables["DOCKER_HOST"] == engine.host
    assert not (tmp_path / "scratch").exists()
