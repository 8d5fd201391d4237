"""Publish the ports of the micro-VM's containers on this machine's loopback, as they come and go."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Container, Iterable, Mapping
from pathlib import Path

import docker

from dockerlab.engine.vm.relay import VM_ADDRESS

LOOPBACK = "127.0.0.1"


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("gvproxy", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(self._path))


def call(control: Path, verb: str, local: str, remote: str = "", protocol: str = "tcp") -> bool:
    """Ask gvproxy to `expose` or `unexpose` an address of this machine; whether it did.

    Args:
        control: gvproxy's own socket.
        local: an address such as "127.0.0.1:8000", or a path where the protocol is "unix".
        remote: an address in the VM's network.
    """
    connection = _UnixConnection(control)
    try:
        body = json.dumps({"local": local, "remote": remote, "protocol": protocol})
        connection.request("POST", f"/services/forwarder/{verb}", body)
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


def withdraw_strangers(control: Path, ours: Container[str]) -> None:
    """Take back what something else than the keeper has had gvproxy listen on.

    gvproxy takes such wishes from inside the VM too, at the address of the gateway, and would listen beyond loopback.

    Args:
        control: gvproxy's own socket.
        ours: the addresses and paths that the keeper has asked for.
    """
    connection = _UnixConnection(control)
    try:
        connection.request("GET", "/services/forwarder/all")
        listed = json.loads(connection.getresponse().read() or "[]") or []
    except (OSError, ValueError, http.client.HTTPException):
        return
    finally:
        connection.close()
    for entry in listed:
        if entry["local"] not in ours:
            call(control, "unexpose", entry["local"], protocol=entry["protocol"])


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
        control: gvproxy's own socket.
    """

    def __init__(self, host: str, control: Path) -> None:
        self._client = docker.DockerClient(base_url=host, timeout=None)
        self._control = control
        self.exposed: dict[str, str] = {}
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
        wanted = published(self._client.api.containers())
        for local in [local for local, remote in self.exposed.items() if wanted.get(local) != remote]:
            call(self._control, "unexpose", local)
            del self.exposed[local]
        for local, remote in wanted.items():
            if local not in self.exposed:
                self.exposed[local] = remote  # before it is, so that it is never taken for a stranger's
                if not call(self._control, "expose", local, remote):
                    del self.exposed[local]
