"""What a notebook gets to see, with and without somebody who looks at it."""

import sys

import pytest

from dockerlab.build import Build
from dockerlab.show import notebook
from dockerlab.show.notebook import Markdown, NotebookWatcher, code, progress_line
from tests.traces import trace_of, vertex

START = 1795428000.0  # the moment that a vertex's times are counted from
TRACE = trace_of({"vertexes": [vertex("[1/2] FROM x", 0, 0), vertex("[2/2] RUN x", 2)]})
BUILD = Build("docker build .", "sha256:1", TRACE, 9)


@pytest.fixture
def outputs(monkeypatch):
    """Every output of a cell as a list of its states, oldest first."""
    shown = []

    class Handle:
        def __init__(self, thing):
            self.states = [thing]
            shown.append(self.states)

        def update(self, thing):
            self.states.append(thing)

    monkeypatch.setattr(notebook, "display", lambda thing, display_id: Handle(thing))
    return shown


@pytest.mark.parametrize(
    ("variables", "module", "seen"),
    [
        ({"JPY_SESSION_NAME": "x"}, "ipykernel", True),
        ({"VSCODE_PID": "1"}, "ipykernel", True),
        ({"VSCODE_CWD": "/"}, "ipykernel", True),
        ({"VSCODE_PID": "1"}, "other", False),  # a terminal in VS Code
        ({}, "ipykernel", False),  # nbclient and nbval
    ],
)
def test_whether_somebody_looks(monkeypatch, variables, module, seen):
    for name in notebook.FRONT_END_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(sys.modules, module, notebook)
    assert notebook.has_front_end() == seen


def test_a_build_that_somebody_watches_is_one_output_that_moves(outputs, monkeypatch):
    monkeypatch.setattr(notebook, "has_front_end", lambda: True)
    moments = iter([START, START + 3, START + 5])
    view = NotebookWatcher(lambda: next(moments))
    view.update(TRACE)
    view.update(TRACE)
    view.close()
    view.show(BUILD)
    (states,) = outputs
    assert [str(state).splitlines()[1:] for state in states] == [
        ["2/2  RUN x   RUNNING  1.00 s", "1 ran, 0 cached, 3.00 s"],
        ["2/2  RUN x   RUNNING  3.00 s", "1 ran, 0 cached, 5.00 s"],
        ["2/2  RUN x   RUNNING  0.00 s", "1 ran, 0 cached, 9.00 s"],
    ]
    assert ["<progress" in state.to_html() for state in states] == [True, True, False]


def test_a_build_that_nobody_watches_is_shown_once_at_the_end(outputs, monkeypatch):
    monkeypatch.setattr(notebook, "has_front_end", lambda: False)
    view = NotebookWatcher()
    view.update(TRACE)
    view.close()
    assert outputs == []
    view.show(BUILD)
    assert [len(states) for states in outputs] == [1]


@pytest.mark.parametrize(
    ("looking", "expected"), [(True, [["", "<p><em>1 &lt; 2</em></p>", "<p><em>done</em></p>", ""]]), (False, [])]
)
def test_a_progress_line_leaves_nothing_behind(outputs, monkeypatch, looking, expected):
    monkeypatch.setattr(notebook, "has_front_end", lambda: looking)
    with progress_line() as tell:
        tell("1 < 2")
        tell("done")
    assert [[state.data for state in states] for states in outputs] == expected


@pytest.mark.parametrize(
    ("shown", "plain", "markdown"),
    [
        (code("FROM x\n", "docker"), "FROM x", "```docker\nFROM x\n```"),
        (Markdown("*x*", "x"), "x", "*x*"),
        (Markdown.said("A sentence."), "A sentence.", "A sentence."),
    ],
)
def test_markdown_is_rendered_on_a_page_and_plain_in_a_terminal(shown, plain, markdown):
    assert str(shown) == plain
    assert shown._repr_mimebundle_() == ({"text/plain": plain, "text/markdown": markdown}, {})
