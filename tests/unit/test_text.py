"""Figures for people."""

import pytest

from dockerlab.text import seconds_text, size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (512, "512 B"), (4096, "4.1 kB"), (267_400_000, "267 MB"), (2.5e9, "2.5 GB"), (999_600, "1 MB")],
)
def test_sizes(size, text):
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.256, "0.26 s"), (9.96, "10.0 s"), (59.96, "1 min 00 s"), (125, "2 min 05 s")]
)
def test_durations(seconds, text):
    assert seconds_text(seconds) == text
