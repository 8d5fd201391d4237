"""The questions at the end of a chapter, read from chapters/quizzes/PAGE.yml.

The file is a list of questions, each of this form:

    question: What does EXPOSE do?
    shown: 02_first_dockerfile#claim-…    the page and the claim that showed it
    answers:
      - text: It is a note.
        right: true                       exactly one
        why: …                            for each answer
"""

from dataclasses import dataclass
from pathlib import Path

import yaml


@dataclass(frozen=True)
class Choice:
    """One answer to choose: its text, whether it is right, and why."""

    text: str
    right: bool
    why: str


@dataclass(frozen=True)
class Question:
    """A question with its choices, and where the book showed the answer: page#anchor."""

    question: str
    shown: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class Quiz:
    """The questions of one page. `page` is its name, such as 06_layer_caching."""

    questions: tuple[Question, ...]
    page: str


def read_quiz(file: Path) -> Quiz:
    """The quiz of the page that the YAML file is named after.

    Raises:
        ValueError: a question does not have exactly one right answer, or lacks a reason or the place.
    """
    questions = []
    for item in yaml.safe_load(file.read_text(encoding="utf-8")):
        choices = tuple(Choice(a["text"], a.get("right", False), a.get("why", "")) for a in item["answers"])
        if sum(choice.right for choice in choices) != 1 or not all(choice.why for choice in choices):
            raise ValueError(f"{file.name}: {item['question']!r} needs one right answer, and a reason for each")
        if "#" not in item.get("shown", ""):
            raise ValueError(f"{file.name}: {item['question']!r} does not say where it was shown: page#anchor")
        questions.append(Question(item["question"], item["shown"], choices))
    return Quiz(tuple(questions), file.stem)
