"""What all panels of ipywidgets have in common: buttons, and a form that can be read when their kernel has gone."""

from collections.abc import Callable, Sequence

import ipywidgets as widgets
from IPython.display import display

from dockerlab.errors import DockerLabError
from dockerlab.show.shown import Shown, escape

GONE = "The kernel that drew these controls has gone. Run the cell again, and they come back."


class Control:
    """A panel of widgets over a record that has a form for the page as well.

    A front end keeps no widget whose kernel has gone. So the page's form follows as a second output: the course's style
    sheet hides it for as long as the widgets are there, and their error message as soon as they aren't.
    """

    def __init__(self) -> None:
        self.box = widgets.VBox()
        self.box.add_class("dl-panel")
        self._kept = None

    def pages(self) -> tuple[Shown, ...]:
        """What the page of the site gets in place of the panel, one below the other."""
        raise NotImplementedError

    def keep(self) -> None:
        """Let what is read later be as it is now."""
        if self._kept is not None:
            self._kept.update(_Kept(self.pages()))

    def button(self, words: str, tip: str, pressed: Callable[[], object]) -> widgets.Button:
        """A button. What goes wrong when it is pressed is said in the panel, see `say_error`."""
        button = widgets.Button(description=words, tooltip=tip)

        def safely(_: object) -> None:
            try:
                pressed()
            except DockerLabError as error:
                self.say_error(error)

        button.on_click(safely)
        return button

    def say_error(self, error: Exception) -> None:
        """Show what went wrong; a screen reader says it at once."""
        raise error

    def __str__(self) -> str:
        return str(_Kept(self.pages()))

    def _ipython_display_(self) -> None:
        display(self.box)
        self._kept = display(_Kept(self.pages()), display_id=True)


def alert(error: Exception) -> str:
    """An error as HTML that a screen reader says at once."""
    return f'<pre role="alert">{escape(str(error))}</pre>'


class _Kept(Shown):
    """The form of the page, for when the panel has gone."""

    def __init__(self, pages: Sequence[Shown]) -> None:
        self._pages = pages

    def __str__(self) -> str:
        return "\n".join(map(str, self._pages))

    def to_html(self) -> str:
        """With a sentence on how to get the panel back."""
        return f'<div class="dl-kept"><p><em>{GONE}</em></p>{"".join(page.to_html() for page in self._pages)}</div>'
