"""The session's form: few members, each with a use. What it does is shown by every chapter that runs."""

from __future__ import annotations

import ast
import inspect
import json
import re

import pytest

from dockerlab import lesson
from dockerlab.errors import EngineUnavailable
from dockerlab.lesson import session
from dockerlab.paths import project_root

MOST_MEMBERS = 15


def chapters_code() -> str:
    """The code of every chapter, and of the start page."""
    cells = [
        cell
        for file in (project_root() / "start.ipynb", *sorted((project_root() / "chapters").glob("*.ipynb")))
        for cell in json.loads(file.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]
    return "\n".join("".join(cell["source"]) for cell in cells)


def members() -> set[str]:
    """Methods, properties and attributes of a Lesson that do not begin with an underscore."""
    names = {name for name in vars(lesson.Lesson) if not name.startswith("_")}
    tree = ast.parse(inspect.getsource(lesson.Lesson.__init__).lstrip())
    stores = (n for n in ast.walk(tree) if isinstance(n, ast.Attribute) and isinstance(n.ctx, ast.Store))
    return names | {node.attr for node in stores if not node.attr.startswith("_")}


def test_it_is_small():
    assert len(members()) <= MOST_MEMBERS


@pytest.mark.parametrize("name", sorted(members()))
def test_every_member_is_used_by_a_chapter(name):
    assert re.search(rf"\blesson\.{name}\b", chapters_code())


@pytest.mark.parametrize("name", sorted(lesson.__all__))
def test_everything_that_a_chapter_imports_is_used_by_one_and_documented(name):
    assert re.search(rf"\b{name}\b", chapters_code())
    if inspect.isfunction(thing := getattr(lesson, name)) or inspect.isclass(thing):
        assert inspect.getdoc(thing)


def test_every_member_is_documented():
    documented = inspect.getdoc(lesson.Lesson) or ""
    for name in members():
        assert getattr(vars(lesson.Lesson).get(name), "__doc__", None) or f"{name}:" in documented, name


@pytest.mark.parametrize(("is_looked_at", "printed"), [(True, "starting dockerd\n"), (False, "")])
def test_how_an_engine_is_started_is_told_only_to_somebody_who_looks_on(monkeypatch, capfd, is_looked_at, printed):
    """What is only executed is compared with a run in which the engine was there already."""

    def find(progress):
        progress("starting dockerd")
        raise EngineUnavailable("That is enough.")

    monkeypatch.setattr(session, "find", find)
    monkeypatch.setattr(session, "has_front_end", lambda: is_looked_at)
    with pytest.raises(EngineUnavailable):
        session.Lesson("02-first-dockerfile")
    captured = capfd.readouterr()
    assert captured.out + captured.err == printed
