"""How much of what a program prints a page gets to hold."""

from __future__ import annotations

import time

import pytest

from dockerlab.run.excerpt import CHARACTERS, LAST_LINES, LINE_CHARACTERS, Excerpt

MB = 1_000_000


def shown(text: str, chunk: int = 65536) -> str:
    """What a page gets of a text that comes in chunks."""
    parts: list[str] = []
    excerpt = Excerpt(parts.append)
    for start in range(0, len(text), chunk):
        excerpt.add(text[start : start + chunk])
    excerpt.close()
    return "".join(parts)


@pytest.mark.parametrize("chunk", [1, 7, 65536])
@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\nb\n",
        "a\nb",
        "\n\n",
        "10%\r20%\rdone\n",
        "a\x0cb\x85c\u2028d\n",
        "\n" * 1000,
        "x" * LINE_CHARACTERS + "\n",
    ],
    ids=["", "lines", "unfinished", "empty", "progress", "form feed", "many", "long"],
)
def test_an_ordinary_output_is_shown_as_it_is(text, chunk):
    assert shown(text, chunk) == text


@pytest.mark.parametrize("chunk", [999, 65536, 4 * MB])
@pytest.mark.parametrize("end", ["\n", "", "\r", "\nnext\n"], ids=["line", "unfinished", "progress", "line and next"])
def test_a_long_line_is_cut_with_a_word_about_the_rest(end, chunk):
    page = shown("x" * 3 * MB + end, chunk)
    assert page == "x" * LINE_CHARACTERS + " … and 2,990,000 more characters in this line" + end


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("".join(f"line {n}\n" for n in range(500_000)), 500_000),
        ("y\n" * 10 * MB, 10 * MB),
        ("".join(f"{n:06} {'x' * 100_000}\n" for n in range(300)), 300),
        ("".join(f"{n / 10_000:.2f} %\r" for n in range(1_000_000)), 1),
    ],
    ids=["half a million lines", "short lines", "long lines", "a progress bar"],
)
def test_of_very_much_a_page_holds_the_beginning_and_the_last_lines(text, lines):
    page = shown(text)
    assert page[:1000] == text[:1000]
    assert len(page) < CHARACTERS + (LAST_LINES + 2) * (LINE_CHARACTERS + 100)
    assert max(map(len, page.splitlines())) < LINE_CHARACTERS + 100
    assert "only the last lines are shown" in page
    assert page.splitlines()[-1][:1000] == text.splitlines()[-1][:1000] or lines == 300
    if lines > 1000:
        last = page.split("… from here")[1].splitlines()
        assert last[-LAST_LINES:] == text.splitlines()[-LAST_LINES:]
        said = int("".join(filter(str.isdigit, last[1])))
        assert said + page.count("\n") - 2 == lines


def test_four_times_the_output_takes_no_more_than_about_four_times_as_long():
    def seconds(count: int) -> float:
        text = "x" * count
        began = time.process_time()
        shown(text)
        return time.process_time() - began

    small, large = (min(seconds(count) for _ in range(3)) for count in (4 * MB, 16 * MB))
    assert large < 12 * small + 0.01
