"""Engines for tests that need none: a shell script in place of docker."""

from __future__ import annotations

from pathlib import Path

from dockerlab.engine import Engine
from dockerlab.engine.engine import Server
from dockerlab.engine.provider import CommandLine


def engine_of(script: str, folder: Path, **variables: str) -> Engine:
    """An engine whose docker command is a shell script in a folder, and which gets these variables."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Engine("", CommandLine((str(program),), variables), Server("28.5.2", "overlay2", "Debian"), "0.29.1")
