"""A round of the rebuild bench as a table: what stands under which heading."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from dockerlab.build.predict import CACHED, RUNS, UNKNOWN, Forecast, Prediction
from dockerlab.build.rebuild import Place, Round
from dockerlab.build.trace import DONE
from dockerlab.show.rebuild import RoundView


@pytest.mark.parametrize(
    ("guessed", "rules", "ran", "shown"),
    [
        (True, CACHED, False, {"you": "runs", "it was": "cached", "you were": "✗ wrong", "rules": "CACHED"}),
        (False, RUNS, True, {"you": "cached", "it was": "runs", "you were": "✗ wrong", "rules": "runs"}),
        (True, RUNS, True, {"you": "runs", "it was": "runs", "you were": "✓ right", "rules": "runs"}),
        (False, UNKNOWN, False, {"you": "cached", "it was": "cached", "you were": "✓ right", "rules": "not known"}),
    ],
)
def test_each_cell_stands_under_its_heading(guessed, rules, ran, shown):
    step = Forecast("", 2, "COPY . .", rules, "")
    trace = SimpleNamespace(instructions=lambda: [SimpleNamespace(stage="", index=2, state=DONE if ran else "CACHED")])
    build = SimpleNamespace(trace=trace, seconds=1.5)
    guess = frozenset({Place("", 2, "COPY . .")} if guessed else ())
    page = RoundView(Round("edit the code", "Dockerfile", guess, Prediction((step,)), build)).to_html()
    heads, cells = (re.findall(rf"<{tag}>(.*?)</", page) for tag in ('th scope="col"', "td"))
    found = dict(zip(heads, cells, strict=True))
    assert found == {"step": "2", "instruction": "<code>COPY . ."} | shown
