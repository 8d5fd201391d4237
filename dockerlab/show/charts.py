"""Charts of data frames: inline SVG in the page's own text colour, with a finding as title and a text alternative."""

import hashlib
import html
import io
import re
import textwrap
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pandas as pd

from dockerlab.errors import visible
from dockerlab.show.gantt import gantt as gantt  # chapters take all charts from here
from dockerlab.show.shown import NO_FORMULA, Shown, escape, has_formula
from dockerlab.text import one_line

if TYPE_CHECKING:  # matplotlib takes more than half a second, so it is imported where the first chart is drawn
    from matplotlib.axes import Axes

# The palette of Okabe and Ito, which people with any common colour blindness can tell apart.
BLUE, ORANGE, GREEN, PURPLE = "#0072B2", "#E69F00", "#009E73", "#CC79A7"
SKY, VERMILION, GREY = "#56B4E9", "#D55E00", "#8C8C8C"
# With a hatch as well, so that the parts can be told apart in black and white.
PART_COLOURS: Mapping[str, tuple[str, str]] = {
    "base image": (GREY, ""),
    "system packages": (VERMILION, "///"),
    "Python packages": (BLUE, ""),
    "ownership (chown)": (PURPLE, "xxx"),
    "application": (ORANGE, ".."),
    "other": (GREEN, "\\\\\\"),
}
SMALLEST_MB = 0.5  # a part of an image below that is too thin to see, and would only fill the legend
WIDTH_INCHES = 7.4
NAME_WIDTH = 44  # of a row's name, in characters
_INK = "#010203"  # stands for the page's text colour: no chart uses it otherwise
_INKED = ("text.color", "axes.labelcolor", "axes.edgecolor", "xtick.color", "ytick.color", "grid.color")
_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a label is text, also $A and $B
    "font.family": "sans-serif",
    "font.size": 10.5,
    **dict.fromkeys(_INKED, _INK),
    **dict.fromkeys(("axes.spines.top", "axes.spines.right", "axes.spines.left", "ytick.left"), False),
    "axes.axisbelow": True,
    "grid.alpha": 0.15,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@dataclass(frozen=True)
class Chart(Shown):
    """A chart."""

    title: str  # the finding, in one sentence
    alt: str  # the text alternative, for people who cannot see the chart
    svg: str = field(repr=False)  # the drawing; its words are text and take the page's colour

    def __str__(self) -> str:
        return f"Figure: {self.title}\n{textwrap.fill(visible(self.alt), 100)}"

    def to_html(self) -> str:
        """A <figure> with the finding as its caption."""
        marks = f"dl-figure {NO_FORMULA}" if has_formula(self.svg) else "dl-figure"
        return (
            f'<figure class="{marks}" style="margin:1em 0"><figcaption><strong>{escape(self.title)}</strong>'
            f'</figcaption><div role="img" aria-label="{html.escape(self.alt)}">{self.svg}</div></figure>'
        )


def step_times(steps: pd.DataFrame, title: str) -> Chart:
    """Bars of the seconds that each step of a build took (`Build.steps`), without FROM."""
    shown = steps[~steps["instruction"].str.startswith("FROM ")].iloc[::-1]
    names = [one_line(instruction, NAME_WIDTH) for instruction in shown["instruction"]]
    texts = [f"{seconds:.2f} s" for seconds in shown["seconds"]]
    alt = "Seconds a step: " + "; ".join(f"{n}: {t}" for n, t in zip(names, texts, strict=True)) + "."
    return _bars(names, shown["seconds"], texts, title, alt, "time in the step, seconds", 0.12)


def bars(values: Mapping[str, float], title: str, unit: str, label: str) -> Chart:
    """Plain horizontal bars: name -> value."""
    alt = f"{label}. " + "; ".join(f"{n}: {v:.3g} {unit}" for n, v in values.items()) + "."
    names, numbers = list(values)[::-1], list(values.values())[::-1]
    return _bars(names, numbers, [f"{v:.3g} {unit}" for v in numbers], title, alt, f"{label}, {unit}", 0.14)


def _bars(
    names: Sequence[str], values: Sequence[float], texts: Sequence[str], title: str, alt: str, label: str, margin: float
) -> Chart:
    """Bars from the bottom to the top, with a text beside each."""

    def paint(axes: "Axes") -> None:
        drawn = axes.barh(range(len(names)), values, color=BLUE, height=0.6)
        axes.bar_label(drawn, texts, padding=4)

    return _draw(title, alt, names, label, len(names), margin, paint)


def layer_sizes(layers: pd.DataFrame, title: str, floor_MB: float | None = None, floor_name: str = "floor") -> Chart:
    """Images as stacked bars of their layers (`Images.layers`), one colour for each kind of content.

    Args:
        floor_MB: draws a line at this size, named `floor_name`.
    """
    parts = [part_of(i, base) for i, base in zip(layers["instruction"], layers["base"], strict=True)]
    groups = layers.assign(part=parts)
    images = list(dict.fromkeys(layers["image"]))[::-1]
    sums = groups.groupby(["image", "part"])["size_MB"].sum()
    totals = groups.groupby("image")["size_MB"].sum()
    largest = sums.groupby("part").max()
    parts = [part for part in PART_COLOURS if largest.get(part, 0) >= SMALLEST_MB]
    alt = "Uncompressed size of layers. " + " ".join(
        f"{image}: {totals[image]:.0f} MB, of which "
        + ", ".join(f"{p} {sums[image, p]:.0f}" for p in parts if sums.get((image, p), 0) >= SMALLEST_MB)
        + "."
        for image in images[::-1]
    )

    def paint(axes: "Axes") -> None:
        left = [0.0] * len(images)
        for part in parts:
            widths = [float(sums.get((image, part), 0.0)) for image in images]
            colour, hatch = PART_COLOURS[part]
            axes.barh(
                range(len(images)), widths, left=left, height=0.62, color=colour, label=part, hatch=hatch,
                edgecolor="white", linewidth=0.6,
            )  # fmt: skip
            left = [a + b for a, b in zip(left, widths, strict=True)]
        for row, image in enumerate(images):
            axes.annotate(f"{totals[image]:.0f} MB", (left[row], row), (5, 0), textcoords="offset points", va="center")
        if floor_MB is not None:
            axes.axvline(floor_MB, color=_INK, linestyle=(0, (4, 3)), linewidth=1)
            axes.annotate(
                f"{visible(floor_name)}: {floor_MB:.0f} MB", (floor_MB, 1), (4, 2), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="bottom", ha="left", fontsize=9,
            )  # fmt: skip
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.12 - 0.3 / (len(images) + 1)), ncols=3, frameon=False)

    return _draw(title, alt, images, "uncompressed size of layers, MB", len(images) + 1.6, 0.1, paint)


def part_of(instruction: str, is_base: bool) -> str:
    """What a layer holds, a key of PART_COLOURS, guessed from its instruction."""
    text = instruction.lower()
    if is_base:
        return "base image"
    if "chown" in text and text.startswith("run"):
        return "ownership (chown)"
    if "apt-get" in text:
        return "system packages"
    if re.search(r"\b(uv )?pip install\b|uv sync|/install|/venv|site-packages", text):
        return "Python packages"
    return "application" if text.startswith(("copy", "add")) else "other"


def times(table: pd.DataFrame, title: str) -> Chart:
    """Each build of `time_builds` as a dot and medians as lines; on a logarithmic axis, because ratios matter."""
    from matplotlib.ticker import LogLocator, NullLocator

    variants = list(dict.fromkeys(table["variant"]))[::-1]
    # Rounded like `summary`, so that a table and a chart of the same builds agree.
    seconds = table.groupby("variant")["seconds"].agg(["median", "min", "max", "size"]).round(2)
    alt = "Seconds a build. " + " ".join(
        f"{v}: median {of['median']:.2f} s of {of['size']:.0f} builds, from {of['min']:.2f} to {of['max']:.2f} s."
        if of["size"] > 1
        else f"{v}: {of['median']:.2f} s, one build."
        for v, of in seconds.loc[variants[::-1]].iterrows()
    )

    def paint(axes: "Axes") -> None:
        for row, variant in enumerate(variants):
            dots, median = table.loc[table["variant"] == variant, "seconds"], seconds["median"][variant]
            axes.scatter(dots, [row] * len(dots), s=46, color=SKY, edgecolor=_INK, linewidth=0.6, zorder=3)
            axes.plot([median] * 2, [row - 0.28, row + 0.28], color=VERMILION, linewidth=2.5, zorder=4)
            axes.annotate(
                f"{median:.2f} s", (median, row + 0.3), (0, 1), textcoords="offset points", ha="center", va="bottom"
            )
        axes.set_xscale("log")
        axes.set_ylim(-0.5, len(variants) - 0.3)
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_locator(NullLocator())

    label = "wall time of one build, seconds (logarithmic); line: median"
    return _draw(title, alt, variants, label, len(variants) * 1.25, 0.08, paint)


def _draw(
    title: str, alt: str, names: Sequence[str], label: str, rows: float, margin: float, paint: "Callable[[Axes], None]"
) -> Chart:
    """A chart in the course's style, with named rows.

    Args:
        names: of the rows, from the bottom to the top.
        label: of the horizontal axis.
        rows: the height, in rows of a bar chart.
        margin: free space beside the data, as a part of its width.
        paint: draws on the axes that it is given.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    title = visible(title)
    with mpl.rc_context(_STYLE | {"svg.hashsalt": title}), warnings.catch_warnings():
        # The words are drawn by the browser, with its own fonts; matplotlib only measures them.
        warnings.filterwarnings("ignore", r"Glyph .* missing from")
        figure = Figure(figsize=(WIDTH_INCHES, 0.9 + 0.42 * rows), layout="constrained")
        axes = figure.add_subplot()
        paint(axes)
        axes.set_yticks(range(len(names)), [one_line(name, NAME_WIDTH) for name in names])
        axes.set_xlabel(visible(label))
        axes.margins(x=margin)
        axes.grid(axis="x")
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return Chart(title, alt, _inline(out.getvalue(), title))


def _inline(svg: str, title: str) -> str:
    """The <svg> element alone, fit for a page: its text colour, its width, and identifiers that no other chart has."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    used = set(re.findall(r"#([\w-]+)", svg))
    prefix = "f" + hashlib.sha256(title.encode()).hexdigest()[:6] + "-"
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    # matplotlib's sizes are in points. The drawing shrinks with the page, but never grows beyond its design.
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" aria-hidden="true" '
        f'viewBox="0 0 {width} {height}" style="width:100%;max-width:{float(width) * 4 / 3:.0f}px;height:auto">'
    )
    svg = re.sub(r"<svg[^>]*>", head, svg, count=1)

    def fit(tag: re.Match) -> str:
        text = tag[0].replace(_INK, "currentColor")
        text = re.sub(r' id="([^"]+)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", text)
        text = re.sub(r'(url\(#|href="#)([\w-]+)', lambda m: m[1] + prefix + m[2], text)
        return re.sub(r"(\d+\.\d{2})\d+", r"\1", text)  # positions need only two decimals

    svg = re.sub(r"<[^>]+>", fit, svg)  # the words between the tags stay as they are
    return re.sub(r"\n\s*", "\n", svg).strip()
