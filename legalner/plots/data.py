"""Figures of lesson 01: how long sentences are, and which classes entities have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from legalner.plots.style import COLORS, EMPTY, panels

__all__ = ["class_histograms", "length_histograms"]


def length_histograms(
    lengths: Mapping[str, Sequence[int]], *, width: int = 5, longest: int = 100, title: str = ""
) -> Figure:
    """Draw how long sentences are, a panel for each group.

    Args:
        lengths: For each group (a court, or a part) the lengths of its sentences in tokens.
        width: Lengths that share a bar: the first bar holds sentences of 1 to ``width`` tokens.
        longest: Length at which the bars end, a multiple of ``width``; a hatched bar holds all longer sentences.
        title: Title of the figure.

    Returns:
        The figure: bars are shares of the group's sentences, a dashed line marks the median.
    """
    figure, grid = panels(
        len(lengths), 4, 2.7, 2.5, xlabel="sentence length (tokens)", ylabel="share of the sentences", title=title
    )
    count = longest // width
    for axes, (name, here) in zip(grid, lengths.items(), strict=True):
        bars = np.bincount(np.minimum((np.asarray(here) - 1) // width, count), minlength=count + 1) / len(here)
        axes.bar(np.arange(count) * width + 0.5, bars[:-1], width, align="edge", color=COLORS[0], edgecolor="white")
        axes.bar(longest + 0.5 + width, bars[-1], 2 * width, align="edge", **EMPTY)
        median = float(np.median(here))
        axes.axvline(median, color="black", linestyle="--", linewidth=1)
        axes.annotate(
            f"median {median:g}", (median, 1), (4, -4), ("data", "axes fraction"), "offset points", va="top", fontsize=9
        )
        axes.set_title(f"{name}: {len(here):,} sentences", fontsize=10)
        ticks = np.linspace(0, longest, 5).astype(int)
        axes.set_xticks([*ticks, longest + 2 * width], [*map(str, ticks[:-1]), "", f">{longest}"])
    grid[0].yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    grid[0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    return figure


def class_histograms(counts: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw which classes the entities have, a panel for each group.

    Args:
        counts: Numbers of entities, one row per class, drawn from top to bottom, and one column per group.
        title: Title of the figure.

    Returns:
        The figure: bars are shares of the group's entities; the number of entities stands beside each.
    """
    xlabel = "share of the group's entities (beside each bar: entities)"
    height = 1.0 + 0.2 * len(counts)
    figure, grid = panels(len(counts.columns), 4, 2.7, height, xlabel=xlabel, ylabel="class", title=title)
    places = np.arange(len(counts))
    for axes, name in zip(grid, counts.columns, strict=True):
        shares = counts[name] / max(counts[name].sum(), 1)
        bars = axes.barh(places, shares, 0.75, color=COLORS[0])
        axes.bar_label(bars, [f"{n:,}" for n in counts[name]], padding=2, fontsize=8)
        axes.set_title(f"{name}: {counts[name].sum():,} entities", fontsize=9)
        axes.grid(axis="y", alpha=0.25)
        axes.set_axisbelow(True)
    grid[0].set_yticks(places, [str(label) for label in counts.index])
    grid[0].set_ylim(len(counts) - 0.4, -0.6)
    grid[0].set_xlim(0, 1.3 * float((counts / counts.sum().clip(lower=1)).to_numpy().max()))
    grid[0].xaxis.set_major_formatter(PercentFormatter(1, 0))
    return figure
