"""The checkboxes that switch lines of an ignore file off, without a front end."""

import pytest
from bs4 import BeautifulSoup

from dockerlab.build.xray import xray
from dockerlab.show.xray import XrayView
from dockerlab.show.xray_panel import XrayPanel


@pytest.fixture
def folder(tmp_path):
    for name in ("a.log", "b.tmp", "main.py"):
        (tmp_path / name).write_text("12345")
    (tmp_path / ".dockerignore").write_text("# Logs\n*.log\n*.tmp\n")
    return tmp_path


def said(panel):
    return BeautifulSoup(panel.view.value, "html.parser").get_text(" ", strip=True)


def test_each_line_is_a_checkbox_with_a_label(folder):
    panel = XrayPanel(xray(folder))
    assert {line: box.description for line, box in panel.lines.items()} == {2: "2: *.log", 3: "3: *.tmp"}
    assert all(box.value for box in panel.lines.values())


def test_a_line_that_is_switched_off_changes_the_picture(folder):
    panel = XrayPanel(xray(folder))
    assert "left out: 10 B in 2 files" in said(panel)
    panel.lines[2].value = False
    assert panel.off == {2}
    assert "left out: 5 B in 1 file" in said(panel)
    assert "Without line 2 of .dockerignore, 5 B in 1 file would come in." in said(panel)
    panel.lines[3].value = False
    panel.all_on.click()
    assert panel.off == set()
    assert "left out: 10 B in 2 files" in said(panel)
    assert str(panel) == str(XrayView(xray(folder)))


def test_it_begins_as_the_picture_is(folder):
    assert XrayPanel(xray(folder, without={3})).off == {3}


def test_an_ignore_file_that_has_changed_is_told(folder):
    panel = XrayPanel(xray(folder))
    (folder / ".dockerignore").write_text("*.log\n")
    panel.lines[3].value = False
    assert "there is no rule on line 3" in said(panel)


def test_without_an_ignore_file_there_is_only_the_picture(tmp_path):
    panel = XrayPanel(xray(tmp_path))
    assert (panel.lines, len(panel.box.children)) == ({}, 1)
