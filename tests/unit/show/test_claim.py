"""A claim: how its figure is written, what it shows, and that it insists."""

import numpy as np
import pytest

from dockerlab.errors import ClaimFailed
from dockerlab.show.claim import Claim, claim


@pytest.mark.parametrize(
    ("measured", "unit", "figure"),
    [
        (24.3456, "×", "24.3×"),
        (0.2634, "s", "0.26 s"),
        (2.0, "×", "2×"),
        (-0.0001, "MB", "0.00 MB"),
        (267.4, "MB", "267 MB"),
        (12345.6, "kB", "12,346 kB"),
        (3, "", "3"),
        ("apiuser", "", "apiuser"),
        ("1.2 to 1.3", "s", "1.2 to 1.3 s"),
    ],
)
def test_figures_have_about_three_digits_and_a_unit(measured, unit, figure):
    assert Claim("x", measured, unit, True).figure == figure


def test_a_claim_shows_sentence_figure_and_verdict_and_keeps_its_record_apart():
    data, metadata = Claim("A <b> is faster", 24.3, "×", True)._repr_mimebundle_()
    assert data["text/plain"] == "HOLDS  A <b> is faster\n       measured: 24.3×"
    assert "A &lt;b&gt; is faster" in data["text/html"]
    assert metadata["dockerlab"]["claim"] == {
        "id": "a-b-is-faster",
        "statement": "A <b> is faster",
        "measured": 24.3,
        "figure": "24.3×",
        "unit": "×",
        "holds": True,
    }


@pytest.mark.parametrize(
    ("measured", "kind"), [(3, float), (np.float64(3), float), (np.int64(3), float), ("three", str)]
)
def test_a_claim_that_holds_is_shown_as_plain_data(monkeypatch, measured, kind):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    assert claim("x", measured, np.bool_(True), "s") is None
    (made,) = shown
    assert (made.unit, made.measured, made.holds) == ("s", measured, True)
    assert (type(made.measured), type(made.holds)) == (kind, bool)


def test_a_claim_that_does_not_hold_raises_with_its_name_and_figure_and_shows_nothing(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    with pytest.raises(ClaimFailed) as caught:
        claim("Good order is at least 10 times faster", 1.02, False, "×")
    assert (caught.value.statement, caught.value.measured) == ("Good order is at least 10 times faster", "1.02×")
    assert "Good order is at least 10 times faster" in str(caught.value)
    assert "1.02×" in str(caught.value)
    assert shown == []
