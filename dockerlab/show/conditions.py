"""The line under a chapter's first cell: the conditions that it runs under."""

from __future__ import annotations

import html
from collections.abc import Mapping

from dockerlab.show.shown import Shown


class RunLine(Shown):
    """The conditions of a run: engine, store, base image. All of them are kept in the notebook, for the ledger.

    Args:
        conditions: chapter, date, engine, engine_source, store, buildx, base, machine.
    """

    def __init__(self, conditions: Mapping[str, str]) -> None:
        self._conditions = conditions

    def __str__(self) -> str:
        run = self._conditions
        return f"{run['engine']} ({run['engine_source']}, {run['store']}). Base image: {run['base']}."

    def to_html(self) -> str:
        """One paragraph."""
        return f'<p class="dl-run">{html.escape(str(self))}</p>'

    def record(self) -> dict:
        """The conditions."""
        return {"run": dict(self._conditions)}
