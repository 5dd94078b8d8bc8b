"""Figures of lesson 03: one LSTM step, the whole tagger over a sentence, and what a unit does token by token."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from legalner.plots.style import grouped_bars, heat_map

__all__ = ["draw_network", "draw_step", "gate_heatmap", "state_differences"]

_BLUE, _ORANGE, _GREEN, _GREY = "#cfe3f5", "#fbe0b3", "#cdebdc", "#eeeeee"


def _box(
    axes: Axes, x: float, y: float, text: str, color: str, *, width: float = 0.8, height: float = 0.5, hatch: str = ""
) -> None:
    corner = (x - width / 2, y - height / 2)
    shape = "round,pad=0,rounding_size=0.06"
    box = FancyBboxPatch(
        corner, width, height, boxstyle=shape, facecolor=color, edgecolor="black", hatch=hatch, zorder=2
    )
    axes.add_patch(box)
    backdrop = {"facecolor": color, "edgecolor": "none", "pad": 1.2} if hatch else None
    axes.text(x, y, text, ha="center", va="center", fontsize=10, color="black", zorder=3, bbox=backdrop)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, width: float = 1.0) -> None:
    axes.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": "black", "linewidth": width}, zorder=1)


def _bare(figure: Figure, axes: Axes, title: str) -> Figure:
    axes.set_axis_off()
    axes.set_title(title)
    figure.set_facecolor("white")
    return figure


def draw_network(tokens: Sequence[str], tags: Sequence[str], *, dimension: int, units: int, tag_count: int) -> Figure:
    """Draw the tagger unrolled over a sentence, tokens at the bottom and tags at the top.

    Args:
        tokens: The sentence, about four to eight tokens.
        tags: The tag of each token.
        dimension: Length of a word vector.
        units: Width of the state in each direction.
        tag_count: Number of tags, padding included.

    Raises:
        ValueError: ``tokens`` and ``tags`` differ in length.
    """
    count = len(tokens)
    figure, axes = plt.subplots(figsize=(3.2 + 1.45 * count, 6.2), layout="constrained")
    rows = {"token": 0.0, "vector": 0.9, "forward": 1.95, "backward": 3.0, "both": 4.05, "softmax": 4.95, "tag": 5.75}
    left, right = -0.24, 0.24  # the forward cell stands left of the token's middle, the backward cell right of it
    for x, (token, tag) in enumerate(zip(tokens, tags, strict=True)):
        axes.text(x, rows["token"], token, ha="center", va="center", fontsize=12, color="black")
        axes.text(x, rows["tag"], tag, ha="center", va="center", fontsize=12, weight="bold", color="black")
        _box(axes, x, rows["vector"], f"{dimension}", _GREY, height=0.4)
        _box(axes, x + left, rows["forward"], "h, c →", _BLUE, width=0.44)
        _box(axes, x + right, rows["backward"], "← h, c", _ORANGE, width=0.44, hatch="//")
        _box(axes, x, rows["both"], f"{units} + {units}", _GREEN, height=0.4)
        _box(axes, x, rows["softmax"], f"{tag_count}", _GREY, height=0.4)
        _arrow(axes, (x, rows["token"] + 0.15), (x, rows["vector"] - 0.2))
        for side, row in ((left, "forward"), (right, "backward")):
            _arrow(axes, (x + side, rows["vector"] + 0.2), (x + side, rows[row] - 0.25))
            _arrow(axes, (x + side, rows[row] + 0.25), (x + side, rows["both"] - 0.2))
        _arrow(axes, (x, rows["both"] + 0.2), (x, rows["softmax"] - 0.2))
        _arrow(axes, (x, rows["softmax"] + 0.2), (x, rows["tag"] - 0.15))
        # State that is handed on: from the left in the forward cells, from the right in the backward ones.
        _arrow(axes, (x + left - 0.78, rows["forward"]), (x + left - 0.22, rows["forward"]), width=2)
        _arrow(axes, (x + right + 0.78, rows["backward"]), (x + right + 0.22, rows["backward"]), width=2)
    axes.text(left - 0.82, rows["forward"], "0", ha="right", va="center", fontsize=11, color="black")
    axes.text(count - 1 + right + 0.82, rows["backward"], "0", ha="left", va="center", fontsize=11, color="black")
    names = ("token", "word vector", "forward LSTM", "backward LSTM", "both outputs", "softmax", "most probable tag")
    for y, name in zip(rows.values(), names, strict=True):
        axes.text(-1.3, y, name, ha="right", va="center", fontsize=11, style="italic", color="black")
    axes.set(xlim=(-2.75, count + 0.25), ylim=(-0.3, 6.0))
    return _bare(figure, axes, "The tagger over one sentence; a number is the length of a vector")


def draw_step() -> Figure:
    """Draw one LSTM step: the four gates and how they make the new cell state and output."""
    figure, axes = plt.subplots(figsize=(9, 4.6), layout="constrained")
    gates = (("forget gate f\nσ", 1.6), ("input gate i\nσ", 3.2), ("candidate c̃\ntanh", 4.8), ("output gate o\nσ", 6.6))
    for text, x in gates:
        _box(axes, x, 1.3, text, _BLUE if "tanh" not in text else _ORANGE, width=1.3, height=0.7)
        _arrow(axes, (x, 0.45), (x, 0.95))
    axes.plot([0.5, 6.6], [0.45, 0.45], color="black", linewidth=1)
    for text, x, y in (("×", 1.6, 3.3), ("×", 4.0, 2.3), ("+", 4.0, 3.3), ("×", 7.6, 2.3)):
        axes.text(x, y, text, ha="center", va="center", fontsize=13, color="black", zorder=3,
                  bbox={"boxstyle": "circle,pad=0.15", "facecolor": "white", "edgecolor": "black"})  # fmt: skip
    _box(axes, 7.6, 2.85, "tanh", _ORANGE, width=0.8, height=0.34)
    arrows = [
        ((0.4, 3.3), (1.35, 3.3)), ((1.85, 3.3), (3.75, 3.3)), ((4.25, 3.3), (8.9, 3.3)), ((1.6, 1.65), (1.6, 3.05)),
        ((3.2, 1.65), (3.8, 2.15)), ((4.8, 1.65), (4.2, 2.15)), ((4.0, 2.55), (4.0, 3.05)), ((7.6, 3.3), (7.6, 3.02)),
        ((7.6, 2.68), (7.6, 2.52)), ((6.6, 1.65), (7.42, 2.15)), ((7.85, 2.3), (8.9, 2.3)),
    ]  # fmt: skip
    for start, end in arrows:
        _arrow(axes, start, end)
    words = (
        ("cell state\nbefore, $c_{t-1}$", -0.45, 3.3),
        ("word vector $x_t$\nand output\nbefore, $h_{t-1}$", -0.45, 0.45),
        ("new cell\nstate, $c_t$", 9.6, 3.3), ("output, $h_t$", 9.6, 2.3), ("what is kept", 2.8, 3.5),
        ("what is added", 4.85, 2.75),
    )  # fmt: skip
    for text, x, y in words:
        axes.text(x, y, text, ha="center", va="center", fontsize=10, color="black")
    axes.set(xlim=(-1.4, 10.3), ylim=(0, 3.8))
    return _bare(figure, axes, "One step of an LSTM: × and + act unit by unit")


def gate_heatmap(tokens: Sequence[str], values: pd.DataFrame, title: str) -> Figure:
    """Draw what one unit does along a sentence.

    Args:
        tokens: The sentence.
        values: One row per quantity (gates, cell state, output) and one column per token, between -1 and 1.
        title: The figure's title.
    """
    figure, axes = plt.subplots(figsize=(2.6 + 0.95 * len(tokens), 1.2 + 0.5 * len(values)), layout="constrained")
    image = heat_map(
        axes, values.to_numpy(float), list(values.index), tokens, "{:.2f}".format,
        fontsize=9, cmap="PuOr", vmin=-1, vmax=1, aspect="auto",
    )  # fmt: skip
    axes.tick_params(labelsize=11)
    axes.set(xlabel="token, in reading order", title=title)
    figure.colorbar(image, ax=axes, label="value")
    return figure


def state_differences(tokens: Sequence[str], forward: np.ndarray, backward: np.ndarray, title: str) -> Figure:
    """Draw how far the states of two sentences are apart, token by token, in both directions.

    Args:
        tokens: Names of the positions; they may repeat.
        forward: Largest difference in the forward states at each token, ``(time,)``.
        backward: Largest difference in the backward states at each token, ``(time,)``.
        title: The figure's title.
    """
    places = [f"{place}\n{token}" for place, token in enumerate(tokens, start=1)]
    table = pd.DataFrame({"forward LSTM": forward, "backward LSTM": backward}, index=places)
    return grouped_bars(table, ylabel="largest difference in a unit's output", title=title, form=".2f")
