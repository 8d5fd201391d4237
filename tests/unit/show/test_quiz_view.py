"""How a quiz is drawn; the stored outputs of the chapters are the measure."""

import json

import pytest

from dockerlab.exercise.quiz import Choice, Question, Quiz, read_quiz
from dockerlab.paths import project_root
from dockerlab.show.quiz import QuizView
from dockerlab.show.shown import view

CHAPTERS = project_root() / "chapters"
CHOICES = (Choice("It is a `note`.", True, "Nothing is opened."), Choice("It opens a port.", False, "That is -p."))
QUESTION = Question("What does `EXPOSE <port>` do?", "02_first#claim-x", CHOICES)


def test_a_question_shows_its_choices_and_hides_the_reasons():
    quiz = view(Quiz((QUESTION,), "02_first"))
    assert isinstance(quiz, QuizView)
    assert str(quiz) == "1. What does EXPOSE <port> do?\n   ( ) It is a note.\n   ( ) It opens a port."
    page = quiz.to_html()
    assert "<legend>1. What does <code>EXPOSE &lt;port&gt;</code> do?</legend>" in page
    assert page.count('type="radio"') == page.count('class="dl-why') == 2
    assert '<p class="dl-why dl-right" role="status"><strong>Right.</strong> Nothing is opened.' in page
    assert '<strong>No.</strong> That is -p. <a href="#claim-x">' in page
    assert "<script" not in page


def test_a_link_to_another_page_names_it():
    assert 'href="02_first.html#claim-x"' in view(Quiz((QUESTION,), "09_checkpoint")).to_html()


@pytest.mark.parametrize("file", sorted((CHAPTERS / "quizzes").glob("*.yml")), ids=lambda file: file.stem)
def test_the_quizzes_of_the_book_look_as_they_are_stored(file):
    cells = json.loads((CHAPTERS / f"{file.stem}.ipynb").read_text(encoding="utf-8"))["cells"]
    [output] = [o for cell in cells if "".join(cell["source"]) == "lesson.quiz()" for o in cell["outputs"]]
    quiz = view(read_quiz(file))
    assert "".join(output["data"]["text/plain"]) == str(quiz)
    assert "".join(output["data"]["text/html"]) == quiz.to_html()
