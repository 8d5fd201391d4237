"""Docker commands as typed, and the containers that they leave behind."""

from dockerlab.run.command import docker_command
from dockerlab.run.container import Container
from dockerlab.run.http import Answer

__all__ = ["Answer", "Container", "docker_command"]
