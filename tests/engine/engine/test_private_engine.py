"""The private engine beside another one: it starts, comes back after a crash, and leaves nothing."""

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from dockerlab.build import build
from dockerlab.engine.find import connect
from dockerlab.engine.private import PrivateEngine, network
from dockerlab.errors import EngineStartFailed

pytestmark = pytest.mark.engine


def build_something(engine, folder):
    (folder / "Dockerfile").write_text(f"FROM scratch\nCOPY Dockerfile /x\n# {folder}\n")
    return build("-t dockerlab-test:second .", engine=engine, cwd=folder, run="test-second")


def test_two_engines_build_side_by_side_and_the_second_leaves_nothing(engine, second_private, traces, tmp_path):
    before = traces()
    second_private.up()
    second = connect(second_private)
    assert second.host != engine.host
    assert build_something(second, tmp_path).ran == build_something(engine, tmp_path).ran
    second.client().networks.create("dockerlab-test-second")
    during = traces()
    assert all(len(during[kind]) > len(before[kind]) for kind in ("processes", "links", "rules", "run folders"))

    assert second_private.down() is True
    assert traces() == before
    assert second_private.down() is False
    assert engine.client().ping()
    engine.client().images.remove("dockerlab-test:second")


@pytest.mark.parametrize("victims", [("dockerd",), ("dockerd", "containerd")])
def test_it_starts_again_after_a_crash(second_engine, victims, tmp_path):
    private, engine = second_engine
    image_id = build_something(engine, tmp_path).image_id
    for victim in victims:
        pids = subprocess.run(
            ["pgrep", "-f", f"{victim} .*{private.footprint.run_folder}"], capture_output=True, text=True
        )
        for pid in pids.stdout.split():
            os.kill(int(pid), signal.SIGKILL)
    assert not private.answers()
    private.up()
    again = connect(private)
    assert again.client().images.get("dockerlab-test:second").id == image_id


def test_two_at_once_start_one(second_private):
    with ThreadPoolExecutor(2) as pool:
        starts = [pool.submit(start_in_a_process, second_private.footprint.cache) for _ in range(2)]
        outputs = [start.result() for start in starts]
    assert outputs == ["True", "True"]
    daemons = subprocess.run(
        ["pgrep", "-fc", f"dockerd .*{second_private.footprint.run_folder}"], capture_output=True, text=True
    )
    assert daemons.stdout.strip() == "1"


def test_while_one_comes_and_goes_another_can(tmp_path):
    with ThreadPoolExecutor(2) as pool:
        turns = [pool.submit(start_in_a_process, tmp_path / name, "p.down(); p.up(); p.down();") for name in "ab"]
        assert [turn.result() for turn in turns] == ["True", "True"]


def test_the_start_of_one_takes_no_rule_from_another(second_engine, tmp_path):
    """A dockerd that starts empties the chains of its names, on the whole machine."""
    first, engine = second_engine
    other = PrivateEngine(tmp_path / "other")

    def rules():
        done = subprocess.run([first.footprint.run_folder / "bin/iptables-save"], capture_output=True, text=True)
        return {line for line in done.stdout.splitlines() if f"-A {first.footprint.chains}" in line}

    network_of_its_own = engine.client().networks.create("dockerlab-test-rules")
    before = rules()
    try:
        other.up()
        assert rules() == before
        assert len(before) > 10
        network_of_its_own.remove()
        engine.client().networks.create("dockerlab-test-rules")  # it still finds all chains that it needs
    finally:
        other.down()
    assert len(rules()) == len(before)


def test_the_bridge_has_a_hardware_address_of_its_own(second_engine):
    """Without one it takes the lowest of its ports', and the others lose their way out when that container goes."""
    private, _ = second_engine
    bridge = Path("/sys/class/net") / private.footprint.bridge
    assert (bridge / "addr_assign_type").read_text().strip() == "3"  # NET_ADDR_SET of linux/netdevice.h
    assert (bridge / "address").read_text().startswith("02:42:0a:d5:")  # and the rest of 10.213.x.1


def start_in_a_process(cache, then=""):
    program = (
        "import sys; from pathlib import Path; from dockerlab.engine.private import PrivateEngine;"
        f"p = PrivateEngine(Path(sys.argv[1])); p.up(); print(p.answers()); {then}"
    )
    done = subprocess.run([sys.executable, "-c", program, str(cache)], capture_output=True, text=True)
    return done.stderr or done.stdout.strip()


def test_a_start_that_fails_shows_the_log_and_leaves_nothing(second_private, traces):
    before = traces()
    second_private.footprint.data_root.parent.mkdir(exist_ok=True)
    second_private.footprint.data_root.mkdir()
    (second_private.footprint.data_root / "overlay2").write_text("not a folder")
    (second_private.footprint.data_root / "image").write_text("not a folder")
    (second_private.footprint.data_root / "containers").write_text("not a folder")
    with pytest.raises(EngineStartFailed) as caught:
        second_private.up()
    assert "exit code 1" in caught.value.summary
    assert caught.value.last_lines
    assert str(second_private.footprint.log) in caught.value.advice
    assert traces() == before


def test_it_starts_and_goes_where_the_machine_has_no_ip(second_private, traces, tmp_path, monkeypatch):
    """As on a Debian without iproute2: all other programs are there."""
    before = traces()
    for folder in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in folder.iterdir() if folder.is_dir() else ():
            if program.name != "ip" and not (tmp_path / program.name).is_symlink():
                (tmp_path / program.name).symlink_to(program)
    monkeypatch.setenv("PATH", str(tmp_path))
    second_private.up()
    assert second_private.answers()
    footprint = second_private.footprint
    assert (footprint.bridge, footprint.subnets()[0]) in network.routes()
    second_private.down()
    assert traces() == before


def test_the_reader_s_docker_folder_is_not_touched(second_engine, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    _, engine = second_engine
    folder = tmp_path / "context"
    folder.mkdir()
    build_something(engine, folder)
    assert [path.name for path in tmp_path.iterdir()] == ["context"]
