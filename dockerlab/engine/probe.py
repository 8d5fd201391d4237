"""Whether an engine answers at a socket."""

from __future__ import annotations

from pathlib import Path

import docker


def answers(socket: Path, timeout: float = 10) -> bool:
    """Whether a Docker engine answers at a Unix socket within `timeout` seconds."""
    if not socket.exists():
        return False
    try:
        client = docker.DockerClient(base_url=f"unix://{socket}", timeout=timeout)
        try:
            return client.ping()
        finally:
            client.close()
    except Exception:  # any failure to talk to it means the same: it does not answer
        return False
