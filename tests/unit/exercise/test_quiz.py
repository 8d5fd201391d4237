"""Reading the questions of a page."""

import pytest

from dockerlab.exercise.quiz import Choice, Question, Quiz, read_quiz

GOOD = """
- question: What does `EXPOSE <port>` do?
  shown: 02_first#claim-x
  answers:
    - {text: "It is a `note`.", right: true, why: Nothing is opened.}
    - {text: It opens a port., why: That is -p.}
"""


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "02_first.yml"
        path.write_text(text)
        return path

    return write


def test_a_quiz_is_read_as_plain_data(file):
    choices = (Choice("It is a `note`.", True, "Nothing is opened."), Choice("It opens a port.", False, "That is -p."))
    question = Question("What does `EXPOSE <port>` do?", "02_first#claim-x", choices)
    assert read_quiz(file(GOOD)) == Quiz((question,), "02_first")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("right: true", "right: false", "one right answer"),
        ("text: It opens a port.,", "text: It opens a port., right: true,", "one right answer"),
        ("why: That is -p.", "why: ''", "a reason for each"),
        ("02_first#claim-x", "02_first", "where it was shown"),
    ],
)
def test_a_question_that_could_not_be_used_is_refused_by_name(file, old, new, message):
    assert old in GOOD
    with pytest.raises(ValueError, match=message) as caught:
        read_quiz(file(GOOD.replace(old, new)))
    assert "02_first.yml" in str(caught.value)
    assert "EXPOSE" in str(caught.value)
