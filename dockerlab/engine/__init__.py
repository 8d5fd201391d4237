"""Find, start and stop a Docker engine, talk to it, and get its base image."""

from dockerlab.engine.engine import Engine
from dockerlab.engine.find import find

__all__ = ["Engine", "find"]
