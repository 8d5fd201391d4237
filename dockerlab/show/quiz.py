"""How a quiz is drawn: radio buttons and a style sheet that unfolds the reason for the answer you choose.

There is no script in it, so it works on the static page and from the keyboard, without a kernel or JavaScript.
"""

import hashlib
import html
import re

from dockerlab.exercise.quiz import Question, Quiz
from dockerlab.show.shown import Shown, shows

STYLE = (
    "<style>.dl-why{display:none;margin:.2em 0 .6em 1.7em}.dl-option input:checked~.dl-why{display:block}"
    ".dl-quiz fieldset{border:1px solid currentColor;border-radius:6px;margin:1em 0;padding:.6em 1em}"
    ".dl-option label{margin-left:.5em}</style>"
)


@shows(Quiz)
class QuizView(Shown):
    """The questions of a page, one after the other."""

    def __init__(self, quiz: Quiz) -> None:
        self._quiz = quiz

    def __str__(self) -> str:
        lines = []
        for number, question in enumerate(self._quiz.questions, 1):
            lines.append(f"{number}. {_plain(question.question)}")
            lines += [f"   ( ) {_plain(choice.text)}" for choice in question.choices]
        return "\n".join(lines)

    def to_html(self) -> str:
        """One fieldset for each question."""
        parts = [self._fieldset(number, question) for number, question in enumerate(self._quiz.questions, 1)]
        return f'{STYLE}<div class="dl-quiz">{"".join(parts)}</div>'

    def _fieldset(self, number: int, question: Question) -> str:
        name = f"q{hashlib.sha256(f'{self._quiz.page}{question.question}'.encode(errors='replace')).hexdigest()[:8]}"
        page, _, anchor = question.shown.partition("#")
        link = html.escape(f"#{anchor}" if page == self._quiz.page else f"{page}.html#{anchor}")
        options = "".join(
            f'<div class="dl-option"><input type="radio" name="{name}" id="{name}-{place}">'
            f'<label for="{name}-{place}">{_inline(choice.text)}</label>'
            f'<p class="dl-why dl-{"right" if choice.right else "wrong"}" role="status">'
            f"<strong>{'Right' if choice.right else 'No'}.</strong> {_inline(choice.why)} "
            f'<a href="{link}">Where it was shown</a></p></div>'
            for place, choice in enumerate(question.choices, 1)
        )
        return f"<fieldset><legend>{number}. {_inline(question.question)}</legend>{options}</fieldset>"


def _inline(text: str) -> str:
    """HTML of a sentence; words between backquotes become code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))


def _plain(text: str) -> str:
    return text.replace("`", "")
