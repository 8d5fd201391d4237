"""Publish the ports of the micro-VM's containers on this machine's loopback, as they come and go."""

import http.client
import json
import socket
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from dockerlab.engine.vm.relay import VM_ADDRESS

LOOPBACK = "127.0.0.1"
ANSWER_SECONDS = 10


class Forward(NamedTuple):
    """An address that gvproxy listens on."""

    local: str  # an address of this machine, such as "127.0.0.1:8000"; a path if the protocol is "unix"
    remote: str  # the address in the VM's network that it leads to
    protocol: str = "tcp"  # "tcp", "udp" or "unix"


class Ports:
    """Makes gvproxy listen on what is wanted and on nothing else.

    gvproxy also obeys programs in the VM, at the gateway's address. They could make it listen beyond loopback, or lead
    one of our addresses somewhere else. So what counts is gvproxy's own list, not what we have asked it for.

    Args:
        control: gvproxy's control socket.
        always: what it listens on, whatever the containers publish.
    """

    def __init__(self, control: Path, always: Forward) -> None:
        self._control, self._always = control, always
        self._wanted = {always}
        # Two threads reconcile. Without the lock, one would take back what the other has just added.
        self._lock = threading.Lock()

    def publish(self, ports: Mapping[str, str]) -> None:
        """Listen on these addresses of this machine from now on; each leads to an address of the VM's network."""
        with self._lock:
            self._wanted = {self._always, *(Forward(local, remote) for local, remote in ports.items())}
            self._reconcile()

    def reconcile(self) -> None:
        """Take back what is not wanted, and ask again for what was refused, such as a port that was in use."""
        with self._lock:
            self._reconcile()

    def _reconcile(self) -> None:
        try:
            listed = json.loads(self._ask("GET", "all") or "")
        except ValueError:  # no answer, or half of one
            return
        actual = {Forward(entry["local"], entry["remote"], entry["protocol"]) for entry in listed}
        for forward in actual - self._wanted:
            self._ask("POST", "unexpose", forward)
        for forward in self._wanted - actual:
            self._ask("POST", "expose", forward)

    def _ask(self, method: str, verb: str, forward: Forward | None = None) -> bytes | None:
        """gvproxy's answer; None if it gives none or refuses."""
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
    """Loopback addresses to listen on -> where each leads, from the engine's list of containers.

    In the VM, each port of its network card leads to the same port of its loopback (init.sh), where Docker listens.
    """
    ports = [port for container in containers for port in container.get("Ports") or ()]
    numbers = [port.get("PublicPort") for port in ports if port.get("Type") == "tcp" and ":" not in port.get("IP", "")]
    return {f"{LOOPBACK}:{number}": f"{VM_ADDRESS}:{number}" for number in numbers if number}
