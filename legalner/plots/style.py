"""What the figures share: one palette, grouped bars, heat maps with numbers in their cells, and grids of panels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.ticker import PercentFormatter

__all__ = [
    "COLORS",
    "EMPTY",
    "GREY",
    "VERMILION",
    "bar_style",
    "grouped_bars",
    "heat_map",
    "line_style",
    "panels",
    "text_color",
]

# Colours that colour-blind readers can tell apart (Okabe and Ito), and a grey; each comes with a marker, a line and a
# hatch for readers without colour.
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#999999")
MARKERS = ("o", "s", "^", "D", "P", "v")
LINES: tuple[Any, ...] = ("-", "--", "-.", ":", (0, (3, 1, 1, 1)), (0, (5, 1, 1, 1, 1, 1)))
HATCHES = ("", "///", "...", "\\\\\\", "xx", "++")

GREY, VERMILION = COLORS[-1], "#d55e00"
# An area that holds no data, such as padding.
EMPTY: dict[str, Any] = {"facecolor": "white", "edgecolor": "#777777", "hatch": "////"}


def line_style(k: int, **more: Any) -> dict[str, Any]:
    """Colour, marker and line of the curve with number ``k``, as keywords of ``Axes.plot``; ``more`` goes on top."""
    k %= len(COLORS)
    return {"color": COLORS[k], "marker": MARKERS[k], "linestyle": LINES[k]} | more


def bar_style(k: int, **more: Any) -> dict[str, Any]:
    """Colour, hatch and edge of the bars with number ``k``, as keywords of ``Axes.bar``; ``more`` goes on top."""
    k %= len(COLORS)
    return {"color": COLORS[k], "hatch": HATCHES[k], "edgecolor": "black"} | more


def text_color(background: Any) -> str:
    """Black or white, whichever stands out more against a colour of matplotlib's.

    The contrast is that of the Web Content Accessibility Guidelines: the two are equal at a luminance of 0.18.
    """
    luminance = np.dot(np.array(to_rgb(background)) ** 2.2, (0.2126, 0.7152, 0.0722))
    return "black" if luminance > 0.18 else "white"


def grouped_bars(
    series: Mapping[str, Mapping[str, float]] | pd.DataFrame,
    *,
    title: str,
    ylabel: str,
    xlabel: str = "",
    form: str = ".3f",
    shares: bool = False,
    size: tuple[float, float] | None = None,
) -> Figure:
    """Draw bars in groups, with their values on them.

    Args:
        series: Each series (a colour and a hatch) with its value in each group, or a table with one column per series
            and one row per group. NaN means no bar.
        title: The figure's title.
        ylabel: What the bars measure, with its unit.
        xlabel: What the groups are.
        form: Format specification of the values on the bars.
        shares: The axis covers all shares, 0 to 1, whatever the values.
        size: Width and height in inches; by default wide enough for short group names.
    """
    table = pd.DataFrame(series)
    figure, axes = plt.subplots(figsize=size or (max(6.5, 1.1 * len(table)), 3.8), layout="constrained")
    width = 0.8 / len(table.columns)
    for k, name in enumerate(table.columns):
        places = np.arange(len(table)) + (k - (len(table.columns) - 1) / 2) * width
        bars = axes.bar(places, table[name], width, label=name, **bar_style(k))
        axes.bar_label(bars, ["" if np.isnan(v) else f"{v:{form}}" for v in table[name]], padding=2, fontsize=9)
    axes.set_xticks(range(len(table)), [str(group) for group in table.index])
    axes.set(xlabel=xlabel, ylabel=ylabel, title=title)
    axes.margins(y=0.12)
    if shares:
        axes.set_ylim(0, 1.12)
    if form.endswith("%"):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    if len(table.columns) > 1:
        figure.legend(loc="outside lower center", ncols=len(table.columns), frameon=False)
    return figure


def heat_map(
    axes: Axes,
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    write: Callable[[float], str],
    *,
    rotation: float = 0,
    fontsize: float = 8,
    **colors: Any,
) -> AxesImage:
    """Draw a table as coloured cells with their values in them.

    Args:
        axes: Where to draw.
        values: The table, ``(rows, columns)``; cells that are NaN stay blank.
        rows: Names of the rows, top down.
        columns: Names of the columns.
        write: Turns a value into the text of its cell.
        rotation: Degrees by which the names of the columns are turned.
        fontsize: Size of the text in the cells, in points.
        colors: How values become colours, as keywords of ``Axes.imshow``: ``cmap``, ``vmin``, ``vmax``, ``norm``.

    Returns:
        The image, for a colour bar.
    """
    image = axes.imshow(values, **colors)
    for row, column in np.argwhere(~np.isnan(values)):
        value = values[row, column]
        color = text_color(image.cmap(image.norm(value)))
        axes.text(column, row, write(value), ha="center", va="center", fontsize=fontsize, color=color)
    slanted: dict[str, Any] = {"ha": "right", "rotation_mode": "anchor"} if 0 < rotation < 90 else {}
    axes.set_xticks(range(len(columns)), columns, rotation=rotation, **slanted)
    axes.set_yticks(range(len(rows)), rows)
    return image


def panels(
    count: int,
    columns: int,
    width: float,
    height: float,
    *,
    xlabel: str,
    ylabel: str,
    title: str = "",
    sharey: bool = True,
) -> tuple[Figure, list[Axes]]:
    """Make a grid of panels that share their axes.

    Args:
        count: Number of panels; places left over in the last row stay blank.
        columns: Panels in a row, at most.
        width: Width of a panel in inches.
        height: Height of a panel in inches.
        xlabel: What all horizontal axes measure.
        ylabel: What all vertical axes measure.
        title: Title of the figure.
        sharey: Whether the panels share their vertical axes too.

    Returns:
        The figure and its panels. The lowest panel of each column carries the tick labels of the horizontal axis.
    """
    columns = min(count, columns)
    rows = -(-count // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(width * columns, height * rows), sharex=True, sharey=sharey, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for spare in grid.flat[count:]:
        spare.set_axis_off()
    for above in grid.flat[max(count - columns, 0) : count]:
        above.tick_params(labelbottom=True)
    figure.supxlabel(xlabel, fontsize=10)
    figure.supylabel(ylabel, fontsize=10)
    figure.suptitle(title)
    return figure, list(grid.flat[:count])
