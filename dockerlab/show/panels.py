"""What shows more of itself in a notebook that somebody looks at: a panel of ipywidgets in place of the page's form."""

from importlib import import_module

from IPython import get_ipython

from dockerlab.build import Xray
from dockerlab.image import Image
from dockerlab.show.notebook import has_front_end

# Module and class; they are loaded when one is shown, since ipywidgets takes a second.
PANELS = {
    Image: ("dockerlab.show.explorer_panel", "ExplorerPanel"),
    Xray: ("dockerlab.show.xray_panel", "XrayPanel"),
}


def bring_panels() -> None:
    """Let IPython show these records as panels, if somebody looks on."""
    if has_front_end() and (shell := get_ipython()):
        for kind in PANELS:
            shell.display_formatter.ipython_display_formatter.for_type(kind, _show)


def _show(thing: object) -> None:
    module, name = PANELS[type(thing)]
    getattr(import_module(module), name)(thing)._ipython_display_()
