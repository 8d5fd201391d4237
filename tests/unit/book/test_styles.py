"""What stays of a style sheet: the rules that something on the site can match."""

from __future__ import annotations

import pytest

from dockerlab.book.styles import named, prune_styles, pruned

USED = {"here", "there", "main"}


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".here{color:red}", ".here{color:red}"),
        (".gone{color:red}", ""),
        (".gone,.here{color:red}", ".here{color:red}"),
        (".here .gone{color:red}", ""),
        ("#main>.here,#other{color:red}", "#main>.here{color:red}"),
        ("p{color:red}", "p{color:red}"),
        (".here:not(.gone){color:red}", ".here:not(.gone){color:red}"),
        ("a[class~=gone]{color:red}", "a[class~=gone]{color:red}"),
        (".bs-tooltip-auto{color:red}", ".bs-tooltip-auto{color:red}"),
        ("@media print{.gone{color:red}.here{color:#fff}}", "@media print{.here{color:#fff}\n}"),
        ("@media print{.gone{color:red}}", ""),
        ("@media print{@supports (top:1px){.gone{top:1px}}}", ""),
        ("@font-face{font-family:x;src:url(x)}", "@font-face{font-family:x;src:url(x)}"),
        ("@keyframes gone{from{top:0}to{top:1px}}", "@keyframes gone{from{top:0}to{top:1px}}"),
        (':root{--a:url("data:x,%3c .gone%3e")}', ':root{--a:url("data:x,%3c .gone%3e")}'),
        ("/* a remark */.here{content:'}'}", '.here{content:"}"}'),
    ],
)  # fmt: skip
def test_rules_for_what_is_not_there_go(css, left):
    assert pruned(css, USED).strip() == left


@pytest.mark.parametrize(
    ("page", "names"),
    [
        ('<p class="a b" id=c>', ["a", "b", "c"]),
        ("<p class='a'><p class=b>", ["a", "b"]),
        ("<p>class</p>", []),
        ('<p data-x="y">', []),
    ],
)
def test_the_classes_and_ids_of_a_page(page, names):
    assert list(named(page)) == names


def test_a_class_that_a_script_adds_stays(tmp_path):
    (tmp_path / "page.html").write_text('<p class="here">')
    (tmp_path / "script.js").write_text('e.classList.add("late")')
    (tmp_path / "style.css").write_text(".here{top:0}.late{top:1px}.gone{top:2px}")
    prune_styles(tmp_path)
    assert (tmp_path / "style.css").read_text() == ".here{top:0}\n.late{top:1px}\n"
