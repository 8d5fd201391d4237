"""The base of everything that shows itself, and how the library's plain records are shown.

A record such as a Build or a Scoreboard knows nothing of HTML. The module that draws it says so with `@shows`:

    @shows(Scoreboard)
    class ScoreboardView(Shown):
        def __init__(self, board: Scoreboard) -> None: ...
        def __str__(self) -> str: ...
        def to_html(self) -> str: ...

From then on `view(board)` gives its picture, and after `register()` a notebook draws a board by itself. Add the
module to the import in `register`: nothing else loads it.
"""

import html
import re
from collections.abc import Callable
from typing import Any, TypeVar

from dockerlab.errors import visible

# JupyterLab typesets formulas in whatever HTML an output has, and a shell's variables look like one: $A … $B.
_FORMULA = re.compile(r"\$.*\$|\\[(\[]|\\begin", re.S)
NO_FORMULA = "mathjax_ignore tex2jax_ignore"  # classes of an element in which it looks for none


def escape(text: str) -> str:
    """Text as it stands, for the content of an HTML element other than <code> and <pre>."""
    safe = html.escape(text)
    return f'<span class="{NO_FORMULA}">{safe}</span>' if has_formula(text) else safe


def has_formula(text: str) -> bool:
    """Whether JupyterLab would take a part of this for a formula."""
    return _FORMULA.search(text) is not None


class Shown:
    """Something with a text form and an HTML form, made from one model.

    The text form is `str(…)`: terminals and nbval see it. The HTML form is what notebooks and the site show; without
    one, they show the text.
    """

    def to_html(self) -> str | None:
        """The HTML form; None where the text is all there is."""
        return None

    def record(self) -> dict:
        """What the notebook should remember of this output, in the output's metadata; empty for nothing."""
        return {}

    def _repr_mimebundle_(self, include=None, exclude=None) -> tuple[dict, dict]:
        page = self.to_html()
        data = {"text/plain": visible(str(self))} | ({} if page is None else {"text/html": visible(page)})
        record = self.record()
        return data, {"dockerlab": record} if record else {}


_VIEWS: dict[type, Callable[[Any], Shown]] = {}
_View = TypeVar("_View", bound=Callable[[Any], Shown])


def shows(kind: type) -> Callable[[_View], _View]:
    """Decorator: this view draws records of that kind."""

    def remember(draw: _View) -> _View:
        _VIEWS[kind] = draw
        return draw

    return remember


def view(thing: object) -> Shown:
    """How a record is drawn.

    Raises:
        TypeError: no view was made for records of this kind.
    """
    if isinstance(thing, Shown):
        return thing
    for kind in type(thing).__mro__:
        if kind in _VIEWS:
            return _VIEWS[kind](thing)
    raise TypeError(f"there is no view for {type(thing).__name__}")


def register() -> None:
    """Let IPython draw every record that has a view; does nothing outside IPython."""
    from IPython import get_ipython

    from dockerlab.show import (  # noqa: F401  # they say what they draw
        explorer,
        forecast,
        gantt,
        image_diff,
        quiz,
        rebuild,
        report,
        scoreboard,
        sentences,
        steps,
        task,
        xray,
    )

    if shell := get_ipython():
        formatter = shell.display_formatter.mimebundle_formatter
        for kind in _VIEWS:
            formatter.for_type(kind, lambda thing, **_: view(thing)._repr_mimebundle_())
