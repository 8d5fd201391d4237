"""Everything that a private engine puts on the machine, and how it is removed."""

import contextlib
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from ipaddress import IPv4Network
from pathlib import Path

from dockerlab.engine.private import firewall, network, processes


class Footprint:
    """What the private engine of one cache folder has on the machine. The engines of two cache folders share nothing.

    Attributes:
        cache: packages, images and build cache; stays when the engine is stopped.
        seed: a number made from the path of the cache, to choose subnets with.
        data_root: dockerd's storage, in the cache.
        log: dockerd's log of its last start.
        lock: held while it is started or stopped.
        bridge: the name of its network bridge.
        chains: what the names of its firewall's chains begin with.
        run_folder: its socket, process numbers and state; removed when it is stopped.
        socket: its API.
    """

    def __init__(self, cache: Path, run: Path = Path("/run")) -> None:
        self.cache = cache.resolve()
        key = hashlib.sha256(str(self.cache).encode()).hexdigest()[:8]
        self.seed = int(key, 16)
        self.data_root = self.cache / "engine"
        self.log = self.cache / "dockerd.log"
        self.lock = self.cache / "engine.lock"
        self.bridge = f"dl-{key}"
        self.chains = f"DL{key}"
        self.run_folder = run / f"dockerlab-{key}"
        self.socket = self.run_folder / "docker.sock"

    def note(self, state: Mapping) -> None:
        """Note what is about to be set up, so that it can be undone whatever happens in between. See `state`."""
        (self.run_folder / "state.json").write_text(json.dumps(state, default=str))

    def state(self) -> dict:
        """What was noted; {} if the engine is not up.

        Keys: tree (its unpacked packages), subnet (of the bridge), pool (where the subnets of further networks come
        from), forwarding (whether it was switched on for this engine, or for one that ran already: the last to go
        switches it off).
        """
        try:
            return json.loads((self.run_folder / "state.json").read_text())
        except (OSError, ValueError):
            return {}

    def subnets(self) -> list[IPv4Network]:
        """The noted subnet and pool."""
        return _subnets(self.state())

    def others(self) -> tuple[list[IPv4Network], bool]:
        """What the other private engines have noted: their subnets, and whether forwarding was switched on for one.

        A pool shows in no route until it has a network.
        """
        states = []
        for file in self.run_folder.parent.glob("dockerlab-*/state.json"):
            with contextlib.suppress(OSError, ValueError):
                if file.parent != self.run_folder and isinstance(state := json.loads(file.read_text()), dict):
                    states.append(state)
        return [s for state in states for s in _subnets(state)], any(state.get("forwarding") for state in states)

    def remove(self) -> None:
        """End its processes, and remove its mounts, bridges, firewall rules and run folder."""
        state, subnets, bridges = self.state(), self.subnets(), [self.bridge]
        if state:
            with contextlib.suppress(OSError):  # a kernel that lists no routes
                bridges += network.network_bridges(network.routes(), subnets[1])
        running = processes.engine_processes(self.run_folder)
        with contextlib.suppress(OSError, ValueError):
            # First dockerd, which then ends the others.
            if (pid := int((self.run_folder / "dockerd.pid").read_text())) in running:
                processes.end(pid)
        for pid in processes.engine_processes(self.run_folder):  # left over if dockerd was killed
            processes.end(pid)
        for mount in processes.mounts_in(self.run_folder, self.data_root):
            subprocess.run(["umount", "-l", mount], capture_output=True, stdin=subprocess.DEVNULL)
        for bridge in bridges:
            with contextlib.suppress(OSError):
                network.remove_bridge(bridge)
        if state:
            path = f"{self.run_folder / 'bin'}:{os.environ.get('PATH', os.defpath)}"
            firewall.remove_rules(bridges, subnets, self.chains, path)
            if state.get("forwarding") and not processes.dockerd_runs():
                with contextlib.suppress(OSError):  # if /proc/sys is read-only, it was not switched on either
                    network.set_forwarding(False)
        shutil.rmtree(self.run_folder, ignore_errors=True)


def _subnets(state: Mapping) -> list[IPv4Network]:
    return [IPv4Network(state[key]) for key in ("subnet", "pool") if key in state]
