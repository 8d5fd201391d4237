"""An image to look through in a notebook that somebody looks at, with ipywidgets: layers, folders, a filter, the waste.

Folders are buttons, so the keyboard reaches each, and a folder is read when it is opened. The page of the site gets
the `Explorer`, which is also what this shows as text.
"""

from collections.abc import Callable, Iterator, Sequence

import ipywidgets as widgets

from dockerlab.image import Image
from dockerlab.image.browse import ALL, SORTS, Browser, Row
from dockerlab.show.control import Control
from dockerlab.show.explorer import Explorer
from dockerlab.show.shown import Shown, escape
from dockerlab.show.treemap import Treemap
from dockerlab.text import one_line, size_text

INSTRUCTION_WIDTH, NAME_WIDTH = 90, 70  # in characters
MOST_ROWS = 200  # of a folder; more would make the page slow
OPENED_FILES = 30  # a filter that leaves no more than these opens all folders that lead to them
WASTED_ROWS = 10


class ExplorerPanel(Control):
    """What an image shows of itself in a notebook that somebody looks at."""

    def __init__(self, image: Image) -> None:
        super().__init__()
        self._image, self._browser = image, Browser(image)
        self._open: set[str] = set()  # folders that were opened, also while a filter hides them
        # Buttons, because JupyterLab takes the arrow keys, which a list needs, to move between cells.
        self.layer = widgets.ToggleButtons(
            options=[(self._line(number), number) for number in range(len(image.layers) + 1)], description="Layer"
        )
        self.layer.add_class("dl-layers")
        self.layer.style.button_width = "100%"
        self.filter = widgets.Text(
            description="Filter", placeholder="part of a path, then Enter", continuous_update=False
        )
        self.sort = widgets.ToggleButtons(options=SORTS, description="Sort by")
        self.sort.style.button_width = "4rem"
        for control in (self.layer, self.filter, self.sort):
            control.style.description_width = "4rem"
        self.about = widgets.HTML()
        self.tree = widgets.VBox()
        # Folded, because both take longer to find out than all the rest; the keys are no folders' paths.
        waste = self._fold("/waste", "what is wasted", "What is wasted", 0, lambda: [widgets.HTML(self._waste())])
        where = self._fold(
            "/where", "the map", "Where the bytes are", 0, lambda: [widgets.HTML(Treemap(image).to_html())]
        )
        controls = widgets.HBox([self.filter, self.sort], layout=widgets.Layout(flex_flow="row wrap"))
        self.box.children = [self.layer, controls, self.about, self.tree, waste, where]
        for control in (self.layer, self.filter, self.sort):
            control.observe(lambda _: self._draw(), "value")
        self._draw()

    def _line(self, number: int) -> str:
        """How a layer stands in the selection."""
        if number == ALL:
            return f"all of them: {size_text(self._image.stack.size_bytes)} that a container sees"
        layer = self._image.layers[number - 1]
        return f"{number}  {size_text(layer.size_bytes)}  {one_line(layer.created_by, INSTRUCTION_WIDTH)}"

    def _waste(self) -> str:
        """The wasted bytes and the worst paths."""
        image = self._image
        rows = "".join(
            f"<tr><td>{size_text(size_bytes)}</td><td>{times}×</td><td>{escape(one_line(path, NAME_WIDTH))}</td></tr>"
            for path, times, size_bytes in image.wasted_paths[:WASTED_ROWS]
        )
        said = f"{size_text(image.wasted_bytes)} wasted, efficiency {image.efficiency:.1%}"
        return f"<p>{said}</p><table>{rows}</table>" if rows else f"<p>{said}</p>"

    def _draw(self) -> None:
        """Show the chosen layer from the root folder on; folders that were open are opened again."""
        rows = self._rows("")
        files, deleted = sum(row.files for row in rows), sum(row.deleted for row in rows)
        if number := self.layer.value:
            did = self._image.stack.changes[number - 1]
            said = f"Layer {number} adds {did.added:,} files, changes {did.changed:,}, removes {did.removed:,}."
        else:
            said = f"{len(self._image.stack.files):,} files in {len(self._image.layers)} layers."
        if self.filter.value.strip():
            said += f" Paths that fit the filter: {files + deleted:,}."
            if files + deleted <= OPENED_FILES:
                self._open.update(self._folders(rows))
        self.about.value = f'<p role="status">{said}</p>'
        self.tree.children = self._drawn(rows, 0)

    def _rows(self, folder: str) -> list[Row]:
        return self._browser.children(folder, self.layer.value, self.filter.value, self.sort.value)

    def _folders(self, rows: list[Row]) -> Iterator[str]:
        """All folders among these rows and below."""
        for row in rows:
            if row.is_folder:
                yield row.path
                yield from self._folders(self._rows(row.path))

    def _drawn(self, rows: list[Row], depth: int) -> list[widgets.Widget]:
        drawn = [self._folder(row, depth) if row.is_folder else _file(row, depth) for row in rows[:MOST_ROWS]]
        if more := len(rows) - MOST_ROWS:
            drawn += [_text(f"… and {more:,} more: filter by name to see them", depth)] if more > 0 else []
        return drawn or [_text("nothing", depth)]

    def _folder(self, row: Row, depth: int) -> widgets.Widget:
        name = one_line(row.name, NAME_WIDTH)
        return self._fold(
            row.path, name, f"{name}/   {_words(row)}", depth, lambda: self._drawn(self._rows(row.path), depth + 1)
        )

    def _fold(
        self, key: str, name: str, words: str, depth: int, draw: Callable[[], Sequence[widgets.Widget]]
    ) -> widgets.Widget:
        """A button that opens and closes what is drawn below it; it is drawn when it is opened."""

        def pressed() -> None:
            self._open ^= {key}
            show()

        button = self.button("", "", pressed)
        button.layout = widgets.Layout(width="auto", margin=f"0 0 0 {depth * 1.25}rem")
        button.style.button_color = "transparent"
        button.add_class("dl-branch")
        inside = widgets.VBox()

        def show() -> None:
            is_open = key in self._open
            button.description = f"{'▾' if is_open else '▸'} {words}"
            button.tooltip = f"{'Close' if is_open else 'Open'} {name}"
            inside.children = draw() if is_open else ()

        show()
        return widgets.VBox([button, inside])

    def pages(self) -> tuple[Shown, ...]:
        """The largest entries of each layer."""
        return (Explorer(self._image),)


def _file(row: Row, depth: int) -> widgets.Widget:
    return _text(f"{one_line(row.name, NAME_WIDTH)}   {_words(row)}", depth)


def _text(text: str, depth: int) -> widgets.Widget:
    margin = f"0 0 0 {depth * 1.25 + 1.4}rem"  # under the letters of a button, not under its frame
    return widgets.HTML(escape(text), layout=widgets.Layout(margin=margin))


def _words(row: Row) -> str:
    """What stands behind a name."""
    if row.change == "removed":
        return "removed"
    words = [size_text(row.size_bytes)]
    if row.is_folder:
        words += [f"{row.files:,} {'file' if row.files == 1 else 'files'}"]
        words += [f"{row.deleted:,} removed"] if row.deleted else []
    return ", ".join([*words, *([row.change] if row.change else [])])
