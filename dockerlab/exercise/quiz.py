"""Quizzes: choose an answer, read why it is right or wrong. Radio buttons and a style sheet, no script.

So a quiz works on the static page, from the keyboard, without a kernel and without JavaScript. Questions are YAML,
a list of:

    question: What does EXPOSE do?
    shown: 02_first_dockerfile#claim-…    the page and the claim that showed it
    answers:
      - text: It is a note.
        right: true                       exactly one
        why: …                            for each answer
"""

from __future__ import annotations

import hashlib
import html
import re
from dataclasses import dataclass
from pathlib import Path

import yaml

STYLE = (
    "<style>.dl-why{display:none;margin:.2em 0 .6em 1.7em}.dl-option input:checked~.dl-why{display:block}"
    ".dl-quiz fieldset{border:1px solid currentColor;border-radius:6px;margin:1em 0;padding:.6em 1em}"
    ".dl-option label{margin-left:.5em}</style>"
)


@dataclass(frozen=True)
class Answer:
    """One answer to choose: its text, whether it is right, and why."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """A question with its answers, and where the book showed it: page#anchor."""

    question: str
    shown: str
    answers: tuple[Answer, ...]


@dataclass(frozen=True)
class Quiz:
    """Questions that show themselves. `page` is the name of the page they stand on: 04_layer_caching."""

    questions: tuple[Question, ...]
    page: str

    def __str__(self) -> str:
        lines = []
        for number, question in enumerate(self.questions, 1):
            lines.append(f"{number}. {_plain(question.question)}")
            lines += [f"   ( ) {_plain(answer.text)}" for answer in question.answers]
        return "\n".join(lines)

    def to_html(self) -> str:
        """A fieldset a question."""
        parts = [self._fieldset(number, question) for number, question in enumerate(self.questions, 1)]
        return f'{STYLE}<div class="dl-quiz">{"".join(parts)}</div>'

    def _fieldset(self, number: int, question: Question) -> str:
        name = f"q{hashlib.sha256(f'{self.page}{question.question}'.encode()).hexdigest()[:8]}"
        page, _, anchor = question.shown.partition("#")
        link = f"#{anchor}" if page == self.page else f"{page}.html#{anchor}"
        options = "".join(
            f'<div class="dl-option"><input type="radio" name="{name}" id="{name}-{place}">'
            f'<label for="{name}-{place}">{_inline(answer.text)}</label>'
            f'<p class="dl-why dl-{"right" if answer.right else "wrong"}" role="status">'
            f"<strong>{'Right' if answer.right else 'No'}.</strong> {_inline(answer.why)} "
            f'<a href="{link}">Where it was shown</a></p></div>'
            for place, answer in enumerate(question.answers, 1)
        )
        return f"<fieldset><legend>{number}. {_inline(question.question)}</legend>{options}</fieldset>"

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


def read_quiz(file: Path) -> Quiz:
    """The quiz of a page, from the YAML file that bears the page's name.

    Raises:
        ValueError: a question has not exactly one right answer, or lacks a reason or a place.
    """
    questions = []
    for item in yaml.safe_load(file.read_text(encoding="utf-8")):
        answers = tuple(Answer(a["text"], a.get("right", False), a.get("why", "")) for a in item["answers"])
        if sum(answer.right for answer in answers) != 1 or not all(answer.why for answer in answers):
            raise ValueError(f"{file.name}: {item['question']!r} needs one right answer, and a reason for each")
        if "#" not in item.get("shown", ""):
            raise ValueError(f"{file.name}: {item['question']!r} does not say where it was shown: page#anchor")
        questions.append(Question(item["question"], item["shown"], answers))
    return Quiz(tuple(questions), file.stem)


def _inline(text: str) -> str:
    """HTML of a sentence in which `words` in backquotes are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _plain(text: str) -> str:
    return text.replace("`", "")
