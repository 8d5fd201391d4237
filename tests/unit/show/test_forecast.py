"""A prediction as a table, in a terminal and on a page."""

import pytest
from click.testing import CliRunner

from dockerlab.build import Inputs, predict
from dockerlab.show.forecast import PredictionView
from dockerlab.show.predict_command import predict_command

BEFORE = Inputs("FROM x\nCOPY <a> /b\nRUN make\nADD https://example.org/c /c\n", {"<a>": "file 644 1"})
AFTER = Inputs(BEFORE.dockerfile, {"<a>": "file 644 2"})


def test_in_plain_text():
    assert str(PredictionView(predict(BEFORE, AFTER))).splitlines() == [
        "2  COPY <a> /b                   runs  changed: <a>",
        "3  RUN make                      runs  the step before it runs",
        "4  ADD https://example.org/c /c  runs  the step before it runs",
        "3 would run, 0 cached",
    ]


def test_what_is_not_known_is_counted():
    lines = str(PredictionView(predict(BEFORE, BEFORE))).splitlines()
    assert lines[0] == "2  COPY <a> /b                   CACHED"
    assert lines[2].startswith("4  ADD https://example.org/c /c  not known  only the server knows")
    assert lines[-1] == "0 would run, 2 cached, 1 not known"


def test_in_html_it_escapes():
    page = PredictionView(predict(BEFORE, AFTER)).to_html()
    assert "<code>COPY &lt;a&gt; /b</code>" in page
    assert page.count("<tr class=") == 3
    assert 'class="dl-runs"' in page


@pytest.fixture
def folders(tmp_path):
    for name, text in (("before", "1"), ("after", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "Dockerfile").write_text("FROM x AS a\nARG V\nCOPY a.txt .\nRUN make\nFROM a\nRUN more\n")
        (tmp_path / name / "a.txt").write_text(text)
    return [str(tmp_path / "before"), str(tmp_path / "after")]


@pytest.mark.parametrize(
    ("options", "last"),
    [
        ([], "3 would run, 0 cached"),
        (["--target", "a"], "2 would run, 0 cached"),
        (["--build-arg", "V=1"], "3 would run, 0 cached"),
    ],
)
def test_in_a_terminal(folders, options, last):
    done = CliRunner().invoke(predict_command, [*folders, *options])
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[-1] == last


def test_a_folder_against_itself_is_cached(folders):
    done = CliRunner().invoke(predict_command, [folders[0], folders[0]])
    assert done.output.splitlines()[-1] == "0 would run, 3 cached"
