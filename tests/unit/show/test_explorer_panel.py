"""The explorer's widget, pressed and typed into without a browser."""

import ipywidgets as widgets
import pytest

from dockerlab.show import explorer_panel
from dockerlab.show.explorer import Explorer
from dockerlab.show.explorer_panel import ExplorerPanel
from tests.layers import image_of, layer

IMAGE = image_of(
    layer("COPY / /", usr__bin__sh=50, usr__bin__bash=70, usr__lib__a=10, etc__motd=5),
    layer("RUN <b>", usr__bin__sh=60, etc__motd="-"),
)


@pytest.fixture
def panel():
    return ExplorerPanel(IMAGE)


def shown(widget):
    """The texts of a tree, from the top."""
    if isinstance(widget, widgets.VBox):
        return [text for child in widget.children for text in shown(child)]
    return [widget.description if isinstance(widget, widgets.Button) else widget.value]


def press(panel, name):
    """Press the folder of that name."""

    def buttons(widget):
        return (
            [widget]
            if isinstance(widget, widgets.Button)
            else [b for c in getattr(widget, "children", ()) for b in buttons(c)]
        )

    (button,) = [button for button in buttons(panel.tree) if f" {name}/ " in button.description]
    button.click()
    return button


def test_a_folder_is_read_when_it_is_opened(panel):
    assert shown(panel.tree) == ["▸ usr/   140 B, 3 files"]
    button = press(panel, "usr")
    assert shown(panel.tree) == ["▾ usr/   140 B, 3 files", "▸ bin/   130 B, 2 files", "▸ lib/   10 B, 1 file"]
    press(panel, "bin")
    assert shown(panel.tree)[2:4] == ["bash   70 B", "sh   60 B"]
    assert button.tooltip == "Close usr"
    assert press(panel, "usr") is button, "the button stays, and so does the keyboard's place"
    assert shown(panel.tree) == ["▸ usr/   140 B, 3 files"]


def test_a_layer_a_filter_and_an_order_are_chosen(panel):
    press(panel, "usr")
    press(panel, "bin")
    panel.layer.value = 2
    assert shown(panel.tree) == [
        "▾ usr/   60 B, 1 file", "▾ bin/   60 B, 1 file", "sh   60 B, changed", "▸ etc/   0 B, 0 files, 1 removed",
    ]  # fmt: skip
    assert "Layer 2 adds 0 files, changes 1, removes 1." in panel.about.value
    panel.layer.value = 1
    panel.filter.value = "MOTD"
    assert shown(panel.tree) == ["▾ etc/   5 B, 1 file", "motd   5 B, added"]
    panel.filter.value = "nowhere"
    assert shown(panel.tree) == ["nothing"]
    panel.filter.value, panel.sort.value = "", "name"
    assert [text.split("/")[0] for text in shown(panel.tree) if "/" in text] == ["▾ etc", "▾ usr", "▾ bin", "▸ lib"]


def test_every_control_has_a_label(panel):
    assert [control.description for control in (panel.layer, panel.filter, panel.sort)] == [
        "Layer",
        "Filter",
        "Sort by",
    ]
    assert panel.layer.options[2] == ("2  60 B  RUN <b>", 2)


def test_as_text_it_is_the_explorer(panel):
    assert str(panel) == str(Explorer(IMAGE))


@pytest.mark.parametrize(
    ("place", "closed", "found"), [(-2, "▸ What is wasted", "115 B wasted"), (-1, "▸ Where the bytes are", "<svg")]
)
def test_waste_and_map_are_found_out_when_they_are_opened(panel, place, closed, found):
    assert shown(panel.box.children[place]) == [closed]
    panel.box.children[place].children[0].click()
    opened, said = shown(panel.box.children[place])
    assert (opened, found in said) == (closed.replace("▸", "▾"), True)
    panel.box.children[place].children[0].click()
    assert shown(panel.box.children[place]) == [closed]


def test_the_first_view_does_not_wait_for_waste_and_map(monkeypatch):
    monkeypatch.setattr(explorer_panel, "Treemap", None)
    image = image_of(layer("x", a=1))
    ExplorerPanel(image)
    assert "_sizes_seen" not in vars(image)
    assert image.wasted_bytes == 0
    assert "_sizes_seen" in vars(image), "what the line above looks for has another name now"


def test_a_large_folder_is_cut_and_names_are_text():
    many = {f"d__f{n:03}": 1 for n in range(250)} | {"d__<b>$a$": 5}
    panel = ExplorerPanel(image_of(layer("x", **many)))
    press(panel, "d")
    texts = shown(panel.tree)
    assert "<b>" not in texts[1]
    assert texts[-1] == "… and 51 more: filter by name to see them"
    assert shown(ExplorerPanel(image_of()).tree) == ["nothing"]
