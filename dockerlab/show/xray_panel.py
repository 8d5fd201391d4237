"""The X-ray of a build context in a notebook that somebody looks at: each line of the ignore file can be switched off.

The page of the site, and a run that nobody looks at, get `XrayView`.
"""

import ipywidgets as widgets

from dockerlab.build.xray import Xray
from dockerlab.errors import DockerLabError, visible
from dockerlab.show.control import Control, alert
from dockerlab.show.shown import Shown, escape
from dockerlab.show.xray import XrayView
from dockerlab.text import one_line

WIDTH = 60  # of a pattern, in characters


class XrayPanel(Control):
    """A checkbox for each line of the ignore file, and the picture below. Tab and the space bar reach and turn them.

    Args:
        picture: what to begin with. Each change looks at the folder again, as it is then.
    """

    def __init__(self, picture: Xray) -> None:
        super().__init__()
        self._picture, self._is_busy = picture, False
        self.lines = {rule.line: self._box(f"{rule.line}: {rule.text}", rule.line) for rule in picture.ignore.rules}
        self.all_on = self.button("All lines on", "Take every line into account again", self._switch_all_on)
        self.view = widgets.HTML()
        name = picture.ignore.path.name if picture.ignore.path else ""
        head = f"<p>Switch lines of <code>{escape(name)}</code> off and on:</p>" if name else ""
        controls = [widgets.HTML(head), *self.lines.values(), self.all_on] if self.lines else []
        self.box.children = [*controls, self.view]
        self._draw()

    @property
    def off(self) -> set[int]:
        """The lines that are switched off."""
        return {line for line, box in self.lines.items() if not box.value}

    def _box(self, words: str, line: int) -> widgets.Checkbox:
        box = widgets.Checkbox(
            value=line not in self._picture.off,
            description=one_line(words, WIDTH),
            indent=False,
            layout=widgets.Layout(width="auto"),
        )
        box.observe(lambda _: self._draw(), "value")
        return box

    def _switch_all_on(self) -> None:
        self._is_busy = True  # one picture for all of them
        for box in self.lines.values():
            box.value = True
        self._is_busy = False
        self._draw()

    def _draw(self) -> None:
        if self._is_busy:
            return
        try:
            self._picture = self._picture.without(self.off)
        except (DockerLabError, ValueError) as error:  # the folder or the ignore file has changed meanwhile
            self.say_error(error)
            return
        page = visible(XrayView(self._picture).to_html())
        self.view.value = page.replace("<p>", '<p role="status">', 1)  # a screen reader says the headline alone
        self.keep()

    def say_error(self, error: Exception) -> None:
        """Show it in the place of the picture."""
        self.view.value = alert(error)

    def pages(self) -> tuple[Shown, ...]:
        """The context as it was looked at last."""
        return (XrayView(self._picture),)
