"""The hub of a class on this machine's engine: start it, ask how it is, give a password, end it."""

import json
import socket
import time
from collections.abc import Callable, Collection
from dataclasses import asdict
from pathlib import Path

import requests

from dockerlab.build import build
from dockerlab.engine import Engine
from dockerlab.engine.base import ensure_base
from dockerlab.engine.labels import CLASS, SERVER, labels
from dockerlab.engine.labels import RUN as RUN_LABEL
from dockerlab.engine.loopback import free_port, port_is_free
from dockerlab.engine.patience import Patience
from dockerlab.errors import EngineRefused, NoSuchContainer, NotAnswering
from dockerlab.paths import cache_folder, project_root
from hub.plan import PORT, ClassRefused, Plan, learner_of
from tools.pod import build_image

RUN = "hub"
IMAGE = "course-hub:1"
LEARNER_IMAGE = "course-learner:1"
SOCKET = "/var/run/docker.sock"
PROXY_PORT, HUB_PORT = 18801, 8081  # not 8001, which chapters publish
START_SECONDS = 60  # to wait for the hub on an idle machine
HELP_SECONDS = 300
# What the engine answers, by HTTP status. Of a volume, GOING would mean that something else uses it.
GONE, GOING = (404,), 409
STOP_SECONDS = 30


class Hub:
    """The hub of one class.

    Args:
        name: the class's, see `Plan`.
        engine: where it runs.
        say: gets a line about each step.
    """

    def __init__(self, name: str, engine: Engine, say: Callable[[str], object] = print) -> None:
        self.name, self.engine, self._say = name, engine, say
        self.container, self.network = f"{name}.hub", f"{name}-learners"  # a dot, or a learner could be called that
        self.state_volume, self.disks_volume = f"{name}-state", f"{name}-disks"
        self.labels = labels(RUN) | {CLASS: name}

    def up(self, plan: Plan) -> dict[str, str]:
        """Start the class, or start its hub anew as planned now: servers that run go on.

        Returns:
            the learners' passwords that are new.

        Raises:
            ClassRefused: this engine, this machine's disk or the port won't do.
            BuildFailed and its kin, BaseImageUnavailable: an image can't be made.
            NotAnswering: the hub did not come up.
        """
        check_engine(self.engine)
        self._build()
        gateway = self._network_gateway()
        for volume in (self.state_volume, self.disks_volume):
            self.engine.client().volumes.create(volume, labels=self.labels)
        self._check_room(plan)
        before = self.address()
        self._stop_hub()
        port = choose_port(plan, before)
        new = json.loads(self._helper(["python", "/srv/server/passwords.py", *plan.learners]))
        self._start_hub(plan, port, gateway)
        return new

    def address(self) -> str:
        """Where the page of a hub that runs is, such as http://127.0.0.1:8000; "" if none runs."""
        try:
            found = self.engine.client().containers.get(self.container)
        except NoSuchContainer:
            return ""
        settings = json.loads(_variable(found.attrs["Config"]["Env"], "HUB_SETTINGS"))
        return f"http://{settings['address']}:{settings['port']}" if found.status == "running" else ""

    def servers(self) -> dict[str, dict]:
        """Each learner whose server runs -> the engine's `stats` of it."""
        client = self.engine.client()
        found = client.containers.list(filters={"label": f"{SERVER}={self.name}", "status": "running"})
        return {learner_of(self.name, one.name): client.api.stats(one.id, stream=False, one_shot=True) for one in found}

    def new_password(self, learner: str) -> str:
        """Make up a new password for a learner who has lost theirs.

        Raises:
            ClassRefused: the class has no such learner, or none at all, since its hub does not run.
        """
        if not self.address():
            raise ClassRefused("No hub runs, so there is nobody to give a password.", advice="`make hub` starts it.")
        settings = json.loads(_variable(self._attributes()["Config"]["Env"], "HUB_SETTINGS"))
        if learner not in settings["learners"]:
            raise ClassRefused(
                f"The class has no learner {learner!r}.", advice=f"It has: {', '.join(settings['learners'])}."
            )
        return json.loads(self._helper(["python", "/srv/server/passwords.py", "--anew", learner]))[learner]

    def down(self, *, keep: bool = True) -> None:
        """End the class: its hub, the servers, the network.

        Args:
            keep: whether passwords and what learners have made stay, for the next time.
        """
        self._stop_hub()
        client = self.engine.client()
        mine = {"label": f"{CLASS}={self.name}"}
        for container in client.containers.list(all=True, filters=mine):
            _unless_gone(lambda one=container: one.stop(timeout=STOP_SECONDS))
            _unless_gone(lambda one=container: one.remove(force=True))
        for network in client.networks.list(filters=mine):
            _unless_gone(network.remove)
        kept = {self.state_volume, self.disks_volume} if keep else set()
        for volume in client.volumes.list(filters=mine):
            if volume.name not in kept:
                _unless_gone(lambda one=volume: one.remove(force=True), GONE)

    def _build(self) -> None:
        root = project_root(Path(__file__).parent)
        self._say("Building the course's image and the hub's (the first time, that takes about ten minutes) …")
        base = ensure_base(self.engine, self._say)
        # Kept, or the next start of the class would build for minutes.
        archive = cache_folder() / "class" / base.image_id.rpartition(":")[2][:12]
        archive.mkdir(parents=True, exist_ok=True)
        build_image(LEARNER_IMAGE, root, archive, engine=self.engine, run=RUN)
        build(["-t", IMAGE, "-f", "hub/Dockerfile", "."], engine=self.engine, cwd=root, run=RUN)
        images = self.engine.client().images
        for replaced in images.list(filters={"label": f"{RUN_LABEL}={RUN}", "dangling": True}):
            _unless_gone(lambda one=replaced: images.remove(one.id))  # unless a server still uses it

    def _network_gateway(self) -> str:
        """The address of this machine on the learners' network, which is made if need be.

        The containers on it can't reach each other.
        """
        networks = self.engine.client().networks
        found = networks.list(names=[self.network], filters={"label": f"{CLASS}={self.name}"})
        apart = {"com.docker.network.bridge.enable_icc": "false"}
        network = found[0] if found else networks.create(self.network, options=apart, labels=self.labels)
        network.reload()
        return network.attrs["IPAM"]["Config"][0]["Gateway"]

    def _check_room(self, plan: Plan) -> None:
        wanted = {"names": plan.learners, "disks": plan.share.disks}
        answer = json.loads(self._helper(["python", "/srv/server/disks.py", json.dumps(wanted)]))
        if "error" in answer:
            raise ClassRefused(
                answer["error"],
                advice=f"Each learner has {plan.share.disk_gib:g} GiB. Free some room, name fewer learners, or give "
                "each a smaller disk: --disk 4",
            )

    def _helper(self, command: list[str]) -> str:
        """What a command prints in a container of the hub's image, with the class's volumes."""
        client = self.engine.client()
        helper = client.containers.create(
            IMAGE,
            command,
            labels=self.labels,
            network_mode="none",
            volumes=[f"{self.state_volume}:/srv/state", f"{self.disks_volume}:/srv/disks"],
            log_config={"Type": "json-file"},
        )
        try:
            helper.start()
            helper.wait(timeout=HELP_SECONDS)
            said = helper.logs(stdout=True, stderr=False).decode()
            if not said.strip():
                raise NotAnswering(
                    "The hub's own image does not work.",
                    container=self.container,
                    asked=command[1],
                    last_lines=helper.logs().decode(errors="replace").splitlines()[-8:],
                )
            return said
        finally:
            helper.remove(force=True)

    def _start_hub(self, plan: Plan, port: int, gateway: str) -> None:
        share = plan.share
        settings = asdict(share) | {
            "name": self.name,
            "learners": plan.learners,
            "address": plan.address,
            "port": port,
            "proxy_port": PROXY_PORT if port_is_free(PROXY_PORT) and port != PROXY_PORT else free_port(),
            "hub_port": HUB_PORT,
            "gateway": gateway,
            "network": self.network,
            "image": LEARNER_IMAGE,
            "hub_image": IMAGE,
            "labels": self.labels,
            "server_labels": {SERVER: self.name},
            "disks": share.disks,
            "disks_volume": self.disks_volume,
            "vm_disk_gib": share.vm_disk_gib,
        }
        self._say("Starting the hub …")
        self.engine.client().containers.run(
            IMAGE,
            name=self.container,
            detach=True,
            labels=self.labels,
            network_mode="host",
            environment={"HUB_SETTINGS": json.dumps(settings)},
            volumes=[f"{self.engine.host.removeprefix('unix://')}:{SOCKET}", f"{self.state_volume}:/srv/state"],
            restart_policy={"Name": "unless-stopped"},
            log_config={"Type": "json-file", "Config": {"max-size": "5m", "max-file": "2"}},
        )
        self._wait(f"http://{reachable(plan.address)}:{port}/hub/health")

    def _wait(self, url: str) -> None:
        began, waiting = time.monotonic(), Patience(START_SECONDS)
        while time.monotonic() - began < waiting.limit():
            state = self._attributes()["State"]
            if state.get("Restarting") or not state["Running"]:
                break
            try:
                with requests.Session() as session:
                    session.trust_env = False  # never through a proxy
                    if session.get(url, timeout=5).ok:
                        return
            except requests.RequestException:
                pass
            time.sleep(0.2)
        said = self.engine.client().containers.get(self.container).logs(tail=8).decode(errors="replace").splitlines()
        self._stop_hub()
        raise NotAnswering(
            "The hub did not come up.",
            container=self.container,
            asked=url,
            last_lines=said,
            advice="Its last lines say why. Servers of learners go on; `make hub` tries again.",
        )

    def _stop_hub(self) -> None:
        try:
            found = self.engine.client().containers.get(self.container)
        except NoSuchContainer:
            return
        _unless_gone(lambda: found.stop(timeout=STOP_SECONDS))
        _unless_gone(lambda: found.remove(force=True))

    def _attributes(self) -> dict:
        return self.engine.client().containers.get(self.container).attrs


def check_engine(engine: Engine) -> None:
    """Check that learners' servers can run in an engine.

    Raises:
        ClassRefused: it is in a virtual machine, or has no rights to make disks.
    """
    need = "A class needs Docker Engine on Linux, on this machine and with root's rights"
    advice = "Run `make hub` on a Linux server. For other ways to give a class the course, see appendices/teaching.md."
    if engine.source == "micro-VM":
        raise ClassRefused(f"{need}; here is only the micro-VM, which is one learner's.", advice=advice)
    info = engine.client().info()
    if "Docker Desktop" in engine.server.operating_system or not engine.host.startswith("unix://"):
        raise ClassRefused(
            f"{need}; this one runs in a virtual machine: {engine.server.operating_system}.", advice=advice
        )
    if any("rootless" in option for option in info.get("SecurityOptions") or []):
        raise ClassRefused(f"{need}; this one is rootless, so it can't make learners' disks.", advice=advice)


def choose_port(plan: Plan, before: str = "") -> int:
    """The port of the page: the one that is asked for, or that it had before, or the usual one, or a free one.

    Raises:
        ClassRefused: the one that is asked for is taken.
    """
    if plan.port is not None:
        if not can_listen(plan.address, plan.port):
            raise ClassRefused(
                f"Port {plan.port} of {plan.address} can't be used: another program has it, or the address is not this "
                "machine's.",
                advice="Leave --port out to get a free one, or name another.",
            )
        return plan.port
    candidates = [int(before.rpartition(":")[2])] if before else []
    return next((port for port in (*candidates, PORT) if can_listen(plan.address, port)), None) or free_port()


def can_listen(address: str, port: int) -> bool:
    """Whether a program could listen there now."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except (OSError, OverflowError):
            return False
    return True


def reachable(address: str) -> str:
    """An address to ask on this machine, for one to listen at."""
    return {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(address, f"[{address}]" if ":" in address else address)


def _variable(environment: list[str], name: str) -> str:
    return next(one.partition("=")[2] for one in environment if one.startswith(f"{name}="))


def _unless_gone(action: Callable[[], object], statuses: Collection[int] = (*GONE, GOING)) -> None:
    """Stop or remove something; the engine may answer that it is gone, or, of a container, that it is just going."""
    try:
        action()
    except EngineRefused as error:
        if error.status not in statuses:
            raise
