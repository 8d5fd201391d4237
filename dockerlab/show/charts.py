"""Figures out of data frames: inline SVG that follows the page's text colour, with alt text and a finding as title."""

from __future__ import annotations

import hashlib
import html
import io
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import matplotlib as mpl
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as MatplotlibFigure
from matplotlib.ticker import LogLocator, NullLocator

# Okabe and Ito's palette, which readers with any common colour blindness can tell apart.
BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION, GREY = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#CC79A7",
    "#56B4E9",
    "#D55E00",
    "#8C8C8C",
)
_INK = "#010203"  # a colour that no figure uses: replaced by the page's own text colour
_STYLE = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10.5,
    "text.color": _INK,
    "axes.labelcolor": _INK,
    "axes.edgecolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "ytick.left": False,
    "axes.axisbelow": True,
    "grid.color": _INK,
    "grid.alpha": 0.15,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}
WIDTH_INCHES = 7.4


@dataclass(frozen=True)
class Figure:
    """A drawn figure.

    Attributes:
        title: the finding, in one sentence.
        alt: what the figure shows, for those who do not see it.
        svg: the drawing; its text is text and takes the page's colour.
    """

    title: str
    alt: str
    svg: str = field(repr=False)

    def __str__(self) -> str:
        return f"Figure: {self.title}\n{textwrap.fill(self.alt, 100)}"

    def to_html(self) -> str:
        """A <figure> whose caption is the finding."""
        return (
            f'<figure class="dl-figure" style="margin:1em 0"><figcaption><strong>{html.escape(self.title)}</strong>'
            f'</figcaption><div role="img" aria-label="{html.escape(self.alt)}">{self.svg}</div></figure>'
        )

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        return {"text/plain": str(self), "text/html": self.to_html()}


def draw(title: str, alt: str, rows: float, paint: Callable[[Axes], None]) -> Figure:
    """Draw on axes in the course's style.

    Args:
        rows: the height, in rows of a bar chart.
        paint: draws on the axes it is given.
    """
    with mpl.rc_context(_STYLE | {"svg.hashsalt": title}):
        figure = MatplotlibFigure(figsize=(WIDTH_INCHES, 0.9 + 0.42 * rows), layout="constrained")
        paint(figure.add_subplot())
        out = io.StringIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return Figure(title, alt, _inline(out.getvalue(), title))


def step_times(steps: pd.DataFrame, title: str) -> Figure:
    """Bars of the seconds of a build's steps (`Build.steps`); FROM is left out."""
    shown = steps[~steps["instruction"].str.startswith("FROM ")].iloc[::-1]
    names = [_short(i, 44) for i in shown["instruction"]]
    alt = "Seconds a step: " + "; ".join(f"{n}: {s:.2f} s" for n, s in zip(names, shown["seconds"], strict=True)) + "."

    def paint(axes: Axes) -> None:
        bars = axes.barh(range(len(shown)), shown["seconds"], color=BLUE, height=0.6)
        axes.bar_label(bars, [f"{s:.2f} s" for s in shown["seconds"]], padding=4)
        axes.set_yticks(range(len(shown)), names)
        axes.set_xlabel("time in the step, seconds")
        axes.margins(x=0.12)
        axes.grid(axis="x")

    return draw(title, alt, len(shown), paint)


def layer_sizes(layers: pd.DataFrame, title: str, floor_MB: float | None = None, floor_name: str = "floor") -> Figure:
    """Images as stacked bars of their layers (`layer_table`): base, dependencies and application told apart.

    Args:
        floor_MB: draws a line at this size, named `floor_name`.
    """
    groups = layer_groups(layers)
    images = list(dict.fromkeys(layers["image"]))[::-1]
    sums = groups.groupby(["image", "part"])["size_MB"].sum()
    totals = groups.groupby("image")["size_MB"].sum()
    # What is too thin to be seen would only fill the legend.
    largest = sums.groupby("part").max()
    parts = [part for part in PART_COLOURS if largest.get(part, 0) >= 0.5]
    alt = "Uncompressed size of layers. " + " ".join(
        f"{image}: {totals[image]:.0f} MB, of which "
        + ", ".join(f"{p} {sums[image, p]:.0f}" for p in parts if (image, p) in sums.index and sums[image, p] >= 0.5)
        + "."
        for image in images[::-1]
    )

    def paint(axes: Axes) -> None:
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
                f"{floor_name}: {floor_MB:.0f} MB", (floor_MB, 1), (4, 2), xycoords=("data", "axes fraction"),
                textcoords="offset points", va="bottom", ha="left", fontsize=9,
            )  # fmt: skip
        axes.set_yticks(range(len(images)), images)
        axes.set_xlabel("uncompressed size of layers, MB")
        axes.margins(x=0.1)
        axes.grid(axis="x")
        axes.legend(loc="upper center", bbox_to_anchor=(0.45, -0.12 - 0.3 / (len(images) + 1)), ncols=3, frameon=False)

    return draw(title, alt, len(images) + 1.6, paint)


# A hatch as well as a colour, so that the parts stay apart in grey print.
PART_COLOURS: Mapping[str, tuple[str, str]] = {
    "base image": (GREY, ""),
    "system packages": (VERMILION, "///"),
    "Python packages": (BLUE, ""),
    "ownership (chown)": (PURPLE, "xxx"),
    "application": (ORANGE, ".."),
    "other": (GREEN, "\\\\\\"),
}


def part_of(instruction: str, is_base: bool) -> str:
    """Which part of an image a layer belongs to, told from its instruction."""
    text = instruction.lower()
    if is_base:
        return "base image"
    if "chown" in text and text.startswith("run"):
        return "ownership (chown)"
    if "apt-get" in text:
        return "system packages"
    if re.search(r"\b(uv )?pip install\b|uv sync|/install|/venv|site-packages", text):
        return "Python packages"
    if text.startswith(("copy", "add")):
        return "application"
    return "other"


def layer_groups(layers: pd.DataFrame) -> pd.DataFrame:
    """The layer table with a column `part`."""
    parts = [part_of(i, b) for i, b in zip(layers["instruction"], layers["base"], strict=True)]
    return layers.assign(part=parts)


def times(table: pd.DataFrame, title: str) -> Figure:
    """Every single build of `time_builds` as a dot, medians as a line; on a logarithmic axis, as ratios matter."""
    variants = list(dict.fromkeys(table["variant"]))[::-1]
    # Rounded as `summary` rounds, so that a table and a chart of the same builds agree.
    medians = table.groupby("variant")["seconds"].median().round(2)
    spans = table.groupby("variant")["seconds"].agg(["min", "max", "size"]).round(2)
    alt = "Seconds a build. " + " ".join(
        f"{v}: median {medians[v]:.2f} s of {spans['size'][v]} builds, "
        f"from {spans['min'][v]:.2f} to {spans['max'][v]:.2f} s."
        if spans["size"][v] > 1
        else f"{v}: {medians[v]:.2f} s, one build."
        for v in variants[::-1]
    )

    def paint(axes: Axes) -> None:
        for row, variant in enumerate(variants):
            seconds = table.loc[table["variant"] == variant, "seconds"]
            axes.scatter(seconds, [row] * len(seconds), s=46, color=SKY, edgecolor=_INK, linewidth=0.6, zorder=3)
            axes.plot([medians[variant]] * 2, [row - 0.28, row + 0.28], color=VERMILION, linewidth=2.5, zorder=4)
            axes.annotate(
                f"{medians[variant]:.2f} s", (medians[variant], row + 0.3), (0, 1), textcoords="offset points",
                ha="center", va="bottom",
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_yticks(range(len(variants)), variants)
        axes.set_ylim(-0.5, len(variants) - 0.3)
        axes.set_xlabel("wall time of one build, seconds (logarithmic); line: median")
        axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
        axes.xaxis.set_minor_locator(NullLocator())
        axes.grid(axis="x")
        axes.margins(x=0.08)

    return draw(title, alt, len(variants) * 1.25, paint)


def bars(values: Mapping[str, float], title: str, unit: str, label: str) -> Figure:
    """Plain horizontal bars: name -> value."""
    names = list(values)[::-1]
    alt = f"{label}. " + "; ".join(f"{n}: {v:.3g} {unit}" for n, v in values.items()) + "."

    def paint(axes: Axes) -> None:
        drawn = axes.barh(range(len(names)), [values[n] for n in names], color=BLUE, height=0.6)
        axes.bar_label(drawn, [f"{values[n]:.3g} {unit}" for n in names], padding=4)
        axes.set_yticks(range(len(names)), names)
        axes.set_xlabel(f"{label}, {unit}")
        axes.margins(x=0.14)
        axes.grid(axis="x")

    return draw(title, alt, len(names), paint)


def _short(text: str, width: int) -> str:
    return textwrap.shorten(" ".join(text.split()), width, placeholder=" …")


def _inline(svg: str, title: str) -> str:
    """The <svg> element alone: the page's text colour, no fixed size, no identifiers that other figures have too."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = svg.replace(_INK, "currentColor")
    used = set(re.findall(r"#([\w-]+)", svg))
    # Identifiers must differ between the figures of a page.
    prefix = "f" + hashlib.sha256(title.encode()).hexdigest()[:6] + "-"
    svg = re.sub(r' id="([^"]+)"', lambda m: f' id="{prefix}{m[1]}"' if m[1] in used else "", svg)
    svg = re.sub(r'(url\(#|href="#)([\w-]+)', lambda m: m[1] + prefix + m[2], svg)
    width, height = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg).groups()
    # matplotlib writes sizes in points; the drawing is to shrink with the page and never to outgrow its design.
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" aria-hidden="true" '
        f'viewBox="0 0 {width} {height}" style="width:100%;max-width:{float(width) * 4 / 3:.0f}px;height:auto">'
    )
    svg = re.sub(r"<svg[^>]*>", head, svg, count=1)
    # Two decimals are enough for places; the figures of labels stand between the tags, and stay as they are.
    svg = re.sub(r"<[^>]+>", lambda tag: re.sub(r"(\d+\.\d{2})\d+", r"\1", tag[0]), svg)
    return re.sub(r"\n\s*", "\n", svg).strip()
