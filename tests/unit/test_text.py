"""Figures for people."""

import pytest

from dockerlab.text import one_line, seconds_text, size_text


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


@pytest.mark.parametrize(
    ("instruction", "width", "shown"),
    [
        ("FROM python:3.11-slim", 100, "FROM python:3.11-slim"),
        (f"FROM python:3.11-slim@sha256:{'0123456789abcdef' * 4}", 60, "FROM python:3.11-slim@sha256:0123456789ab…"),
        ("RUN one \\\n    && two", 100, "RUN one \\ && two"),
        ("RUN one && two", 10, "RUN one &…"),
        (f"RUN echo sha256:{'0' * 40}", 100, f"RUN echo sha256:{'0' * 40}"),
    ],
)
def test_an_instruction_on_one_line(instruction, width, shown):
    assert one_line(instruction, width) == shown
