"""Find, start and stop a Docker engine, and have its base image ready."""

from dockerlab.engine.find import Engine, find

__all__ = ["Engine", "find"]
