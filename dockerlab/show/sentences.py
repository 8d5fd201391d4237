"""Records that are shown in a line or two: the conditions of a run, an HTTP answer, a second engine."""

import json
from collections.abc import Mapping

from dockerlab.engine.second import SecondEngine
from dockerlab.run import Answer
from dockerlab.run.excerpt import Excerpt
from dockerlab.show.notebook import Markdown
from dockerlab.show.shown import Shown, escape, shows


class RunLine(Shown):
    """The line under a chapter's first cell; the notebook remembers all the conditions, for the ledger.

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
        return f'<p class="dl-run">{escape(str(self))}</p>'

    def record(self) -> dict:
        """The conditions."""
        return {"run": dict(self._conditions)}


@shows(Answer)
class AnswerText(Shown):
    """An HTTP answer with the request that it belongs to: JSON indented, and as much as a page can hold."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __str__(self) -> str:
        body = self._answer.body
        text = body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
        parts = [f"GET {self._answer.url} -> {self._answer.status}\n"]
        excerpt = Excerpt(parts.append)
        excerpt.add(text)
        excerpt.close()
        return "".join(parts)


@shows(SecondEngine)
def introduce(engine: SecondEngine) -> Markdown:
    """One sentence with the engine's version, place and store."""
    server = engine.server
    return Markdown.said(f"Second engine: Docker Engine {server.version} ({engine.source}, {server.store}).")
