"""A build in a terminal and in a file."""

import io

import pytest
from rich.console import Console

from dockerlab.build import Build
from dockerlab.show.terminal import TerminalWatcher
from tests.traces import trace_of, vertex

START = 1795428000.0  # the moment that a vertex's times are counted from


@pytest.fixture
def trace():
    steps = [
        vertex("[1/3] FROM x", 0, 0),
        vertex("[2/3] COPY <a> [b]", 0, 0, cached=True),
        vertex("[3/3] RUN pip install", 0),
    ]
    return trace_of({"vertexes": steps})


@pytest.mark.parametrize("terminal", [True, False])
def test_a_terminal_gets_one_final_table_with_brackets_intact(trace, terminal):
    out = io.StringIO()
    view = TerminalWatcher(Console(file=out, force_terminal=terminal, width=100))
    view.update(trace)
    view.close()
    view.show(Build("docker build .", "sha256:1", trace, 11.5))
    final = out.getvalue().rpartition("\x1b[2K")[2]  # what a live table showed before is erased
    assert final.count("COPY <a> [b]") == final.count("RUN pip install") == 1
    assert "1 ran, 1 cached, 11.5 s" in final


def test_while_a_build_runs_its_time_moves_on(trace):
    out, moments = io.StringIO(), iter([START])
    view = TerminalWatcher(Console(file=out, force_terminal=True, width=100), lambda: next(moments, START + 7))
    view.update(trace)
    view.update(trace)
    view.close()
    assert "RUNNING" in out.getvalue()
    assert "7.00" in out.getvalue()
    assert "█" in out.getvalue()


def test_nothing_moves_where_nobody_looks(trace):
    out = io.StringIO()
    view = TerminalWatcher(Console(file=out))
    view.update(trace)
    view.close()
    assert out.getvalue() == ""
