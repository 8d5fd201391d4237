"""How an HTTP answer of a container is shown: as text, JSON indented."""

from __future__ import annotations

import json

from dockerlab.run import Answer
from dockerlab.show.shown import Shown, shows


@shows(Answer)
class AnswerView(Shown):
    """An answer with the request that it belongs to; text is all there is."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def __str__(self) -> str:
        body = self._answer.body
        text = body if isinstance(body, str) else json.dumps(body, indent=2, ensure_ascii=False)
        return f"GET {self._answer.url} -> {self._answer.status}\n{text}"
