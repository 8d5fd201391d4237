"""Publish the ports of the micro-VM's containers on this machine's loopback, as they come and go."""

from __future__ import annotations

import http.client
import json
import socket
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import docker

from dockerlab.engine.vm.relay import VM_ADDRESS

LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 10


class Forward(NamedTuple):
    """One thing that gvproxy listens on.

    Attributes:
        local: an address of this machine such as "127.0.0.1:8000", or a path where the protocol is "unix".
        remote: where it leads: an address in the VM's network.
        protocol: "tcp", "udp" or "unix".
    """

    local: str
    remote: str
    protocol: str = "tcp"


class Ports:
    """Has gvproxy listen on what is wanted and on nothing else.

    gvproxy takes wishes from inside the VM too, at the address of the gateway: it would listen beyond loopback, or lead
    an address of ours to somewhere else. So its list is what counts, not what it has been asked for.

    Args:
        control: gvproxy's own socket.
        always: what it listens on whatever the containers want.
    """

    def __init__(self, control: Path, always: Forward) -> None:
        self._control, self._always = control, always
        self._wanted = {always}
        # Held while the list is compared and acted on: what another thread adds meanwhile would pass for a stranger's.
        self._lock = threading.Lock()

    def want(self, ports: Mapping[str, str]) -> None:
        """Change what is wanted: addresses of this machine, and where each leads."""
        with self._lock:
            self._wanted = {self._always, *(Forward(local, remote) for local, remote in ports.items())}
            self._settle()

    def settle(self) -> None:
        """Take back what is not wanted, and ask again for what is and was refused, such as a port that was taken."""
        with self._lock:
            self._settle()

    def _settle(self) -> None:
        try:
            listed = json.loads(self._ask("GET", "all") or "")
        except ValueError:  # no answer, or part of one
            return
        there = {Forward(entry["local"], entry["remote"], entry["protocol"]) for entry in listed}
        for stranger in there - self._wanted:
            self._ask("POST", "unexpose", stranger)
        for missing in self._wanted - there:
            self._ask("POST", "expose", missing)

    def _ask(self, method: str, verb: str, forward: Forward | None = None) -> bytes | None:
        """What gvproxy answers; None where it does not, or refuses."""
        connection = _UnixConnection(self._control)
        try:
            body = json.dumps(forward._asdict()) if forward else None
            connection.request(method, f"/services/forwarder/{verb}", body)
            answer = connection.getresponse()
            return answer.read() if answer.status == http.client.OK else None
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("gvproxy", timeout=ANSWER_SECONDS)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def published(containers: Iterable[Mapping]) -> dict[str, str]:
    """The addresses to listen on and where each leads, out of the engine's list of containers.

    A container on Docker's default network has an address in the VM's own network, so its port is reached directly,
    also where it is published on the VM's loopback alone. One on another network is reached where it is published.
    """
    wanted = {}
    for container in containers:
        networks = container.get("NetworkSettings", {}).get("Networks", {})
        address = networks.get("bridge", {}).get("IPAddress", "")
        for port in container.get("Ports") or ():
            if port.get("PublicPort") and port.get("Type") == "tcp" and ":" not in port.get("IP", ""):
                inside = f"{address}:{port['PrivatePort']}" if address else f"{VM_ADDRESS}:{port['PublicPort']}"
                wanted[f"{LOOPBACK}:{port['PublicPort']}"] = inside
    return wanted


class Publisher:
    """Keeps the published ports as the containers of an engine want them.

    Args:
        host: DOCKER_HOST of the VM's engine, which must answer.
        ports: is told what the containers want.
    """

    def __init__(self, host: str, ports: Ports) -> None:
        self._client = docker.DockerClient(base_url=host, timeout=None)
        self._ports = ports
        self._events = self._client.events(decode=True, filters={"type": ["container", "network"]})

    def run(self) -> None:
        """Publish what is wanted now, and again at each event, until the engine is gone or `stop` is called."""
        self._update()
        for _ in self._events:
            self._update()

    def stop(self) -> None:
        """End `run`: the engine would wait for this connection before it shuts down."""
        self._events.close()

    def _update(self) -> None:
        self._ports.want(published(self._client.api.containers()))
