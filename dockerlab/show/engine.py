"""How an engine in a container is introduced."""

from __future__ import annotations

from dockerlab.engine.second import SecondEngine
from dockerlab.show.notebook import Markdown
from dockerlab.show.shown import shows


@shows(SecondEngine)
def introduce(engine: SecondEngine) -> Markdown:
    """One sentence with its version, place and store."""
    return Markdown.said(
        f"Second engine: Docker Engine {engine.server.version} ({engine.source}, {engine.server.store})."
    )
