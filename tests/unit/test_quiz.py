import pytest

from dockerlab.exercise.quiz import read_quiz

GOOD = """
- question: What does `EXPOSE <port>` do?
  shown: 02_first#claim-x
  answers:
    - {text: "It is a `note`.", right: true, why: Nothing is opened.}
    - {text: It opens a port., why: That is -p.}
"""


@pytest.fixture
def file(tmp_path):
    def write(text, name="02_first"):
        path = tmp_path / f"{name}.yml"
        path.write_text(text)
        return path

    return write


def test_a_question_shows_its_answers_and_hides_the_reasons(file):
    quiz = read_quiz(file(GOOD))
    assert str(quiz) == "1. What does EXPOSE <port> do?\n   ( ) It is a note.\n   ( ) It opens a port."
    page = quiz.to_html()
    assert "<legend>1. What does <code>EXPOSE &lt;port&gt;</code> do?</legend>" in page
    assert page.count('type="radio"') == page.count('class="dl-why') == 2
    assert '<p class="dl-why dl-right" role="status"><strong>Right.</strong> Nothing is opened.' in page
    assert '<strong>No.</strong> That is -p. <a href="#claim-x">' in page
    assert "<script" not in page


def test_a_link_to_another_page_names_it(file):
    assert 'href="02_first.html#claim-x"' in read_quiz(file(GOOD, "07_checkpoint")).to_html()


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
