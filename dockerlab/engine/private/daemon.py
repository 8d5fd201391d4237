"""Start and stop the private engine: dockerd from the distribution's packages, with a socket, network and folders of
its own. `Footprint` lists what it puts on the machine; nothing else is changed."""

import contextlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterable
from pathlib import Path

from dockerlab.engine.boundary import Client, answers, cleaned
from dockerlab.engine.packages import System, can_unpack, fetch_packages, unpacked_client
from dockerlab.engine.patience import patience
from dockerlab.engine.private import firewall, network, processes
from dockerlab.engine.private.footprint import Footprint
from dockerlab.engine.provider import CommandLine, Progress
from dockerlab.errors import DownloadFailed, EngineLost, EngineRefused, EngineStartFailed, EngineUnavailable
from dockerlab.paths import cache_folder, locked

CONTAINERD = "containerd"  # the store that `make test STORE=containerd` asks for
START_SECONDS = 60
# Forwarding and the free subnets are the whole machine's: while one engine comes or goes, another one waits. What is
# locked is a folder that every Linux has, so no file is left.
MACHINE = Path("/run")
OWN_ENGINE = "An engine of your own works too: install Docker and run this again."


class PrivateEngine:
    """A Provider: the private engine of one cache folder.

    Args:
        cache: default: the course's cache folder on this machine.
        store: "containerd" to let containerd keep the images, in a folder of its own within the cache; "" for what
            this release of the engine does by itself.
        release: of the distribution, whose engine is to be used; default: see `packages`.
    """

    name = "private"
    plan = "Starting a private one from the distribution's packages"
    builds_base = True

    def __init__(self, cache: Path | None = None, store: str = "", release: str = "") -> None:
        self._store, self._release = store, release
        cache = cache or cache_folder()
        self.footprint = Footprint(cache / store if store else cache)
        self.host = f"unix://{self.footprint.socket}"

    def is_possible(self) -> bool:
        """Whether packages can be unpacked here."""
        return can_unpack()

    def answers(self) -> bool:
        """Whether it answers now."""
        return answers(self.footprint.socket)

    def command_line(self) -> CommandLine:
        """The docker command line from its packages, and `docker compose`.

        An engine that was started before the course had Compose gets it here; without a network, it does without.
        """
        tree, plugins = self._tree(), []
        with contextlib.suppress(DownloadFailed):
            plugins = [self._compose(lambda _: None)]
        return unpacked_client(tree, self.footprint.cache, self.host, plugins=plugins)

    def _compose(self, progress: Progress) -> Path:
        """The folder with the unpacked plugin."""
        system = System.read()
        return fetch_packages(system, system.compose_packages(self._release), progress)

    @property
    def shared_folder(self) -> None:
        """Its containers may mount any folder."""

    def programs(self, names: Iterable[str], scratch: Path) -> Path:
        """The folder of its unpacked packages."""
        return self._tree()

    def why_lost(self) -> tuple[str, str]:
        """No reason is known; its cache outlives it."""
        return "", "`dockerlab engine up` starts it again; finished steps stay in its cache."

    def _tree(self) -> Path:
        if not (state := self.footprint.state()):
            raise EngineUnavailable(
                "The private Docker engine does not run.", advice="`dockerlab engine up` starts it."
            )
        return Path(state["tree"])

    def up(self, progress: Progress = lambda _: None) -> None:
        """Start it unless it runs. What a crash has left behind is removed first.

        Raises:
            DownloadFailed, EngineStartFailed.
        """
        with locked(self.footprint.lock):
            if self.answers():
                return
            system = System.read()
            packages = system.engine_packages(bool(shutil.which("iptables")), self._release)
            tree = fetch_packages(system, packages, progress)
            self._compose(progress)
            progress("starting dockerd (a few seconds)")
            with locked(MACHINE):
                self.footprint.remove()
                self._start(tree)

    def down(self) -> bool:
        """Stop it and remove all but its cache; False if there was nothing to stop."""
        with locked(self.footprint.lock):
            if not self.footprint.run_folder.exists():
                return False
            if self.answers():
                with contextlib.suppress(EngineLost):  # it is about to be stopped anyway
                    self._kill_containers()
            with locked(MACHINE):
                self.footprint.remove()
            return True

    def _kill_containers(self) -> None:
        """Kill what runs, or dockerd would wait for each container to end by itself."""
        client = Client(lambda summary, said: EngineLost(summary, last_lines=said), base_url=self.host)
        # sparse: without asking for the details of each, which fails if one has just ended.
        for container in client.containers.list(sparse=True):
            with contextlib.suppress(EngineRefused):  # it has ended since
                container.kill()

    def _start(self, tree: Path) -> None:
        try:
            process = self._launch(tree)
        except (OSError, ValueError) as error:
            self.footprint.remove()
            raise EngineStartFailed(
                "This machine does not let a private Docker engine start.",
                last_lines=[str(error)],
                advice="It needs a network bridge with its own subnet, IPv4 forwarding, and room in "
                f"{self.footprint.cache}. {OWN_ENGINE}",
            ) from error
        seconds = patience(START_SECONDS)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and process.poll() is None:
            if self.answers():
                return
            time.sleep(0.1)
        code, log = process.poll(), self.footprint.log
        last = log.read_text(errors="replace").strip().splitlines()[-8:]
        processes.end(process.pid)
        self.footprint.remove()
        raise EngineStartFailed(
            "The private Docker engine did not come up: "
            + (f"dockerd ended with exit code {code}." if code is not None else f"no answer in {seconds:.0f} s."),
            last_lines=last,
            advice=f"Its log is {log}. {OWN_ENGINE}",
        )

    def _launch(self, tree: Path) -> subprocess.Popen:
        """Set up what dockerd needs, and start it.

        Raises:
            OSError: the kernel refuses something, or a file cannot be written.
            ValueError: no subnet is free.
        """
        own, run_folder = self.footprint, self.footprint.run_folder
        run_folder.mkdir(mode=0o711, parents=True, exist_ok=True)
        own.data_root.mkdir(parents=True, exist_ok=True)
        theirs, switched_on = own.others()
        taken = [subnet for _, subnet in network.routes() if subnet.prefixlen] + theirs
        subnet = network.free_subnet(network.BRIDGES, 24, own.seed, taken)
        pool = network.free_subnet(network.POOLS, 20, own.seed, taken)
        own.note({"tree": tree, "subnet": subnet, "pool": pool, "forwarding": switched_on or not network.forwards()})
        network.set_forwarding(True)
        network.make_bridge(own.bridge, subnet)
        firewall.wrap_iptables(tree, run_folder / "bin", own.chains)
        # A configuration of its own, or dockerd would read the machine's /etc/docker/daemon.json.
        features = {"features": {"containerd-snapshotter": True}} if self._store == CONTAINERD else {}
        (run_folder / "daemon.json").write_text(json.dumps(features))
        command = [
            tree / "usr/sbin/dockerd",
            f"--host={self.host}",
            f"--config-file={run_folder / 'daemon.json'}",
            f"--data-root={own.data_root}",
            f"--exec-root={run_folder / 'exec'}",
            f"--pidfile={run_folder / 'dockerd.pid'}",
            f"--bridge={own.bridge}",
            f"--default-address-pool=base={pool},size=24",
            f"--mtu={network.mtu()}",
            "--ip6tables=false",
            "--shutdown-timeout=5",
            f"--userland-proxy-path={tree / 'usr/sbin/docker-proxy'}",
            f"--init-path={tree / 'usr/bin/tini-static'}",
        ]
        path = [run_folder / "bin", tree / "usr/bin", tree / "usr/sbin", os.environ.get("PATH", os.defpath)]
        with own.log.open("wb") as log:
            return subprocess.Popen(
                command,
                env=cleaned(os.environ, keep_addresses=False) | {"PATH": ":".join(map(str, path))},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd="/",
            )
