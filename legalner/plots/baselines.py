"""Pictures of a comparison: what a linear CRF learned, and entity scores of several taggers by class."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from legalner.plots.train import COLORS, MARKERS

__all__ = ["class_comparison", "transition_map"]


def transition_map(weights: pd.DataFrame, title: str) -> Figure:
    """Draw weights of steps between tags as a map with their values; steps without a weight stay empty.

    Args:
        weights: From the tag of the row to the tag of the column; 0 for none.
        title: The figure's title.
    """
    side = 0.62 * len(weights) + 1.6
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    values = weights.to_numpy(float)
    most = max(np.abs(values).max(), 1e-9)
    shown = np.where(values == 0, np.nan, values)
    axes.imshow(shown, cmap="PuOr_r", vmin=-most, vmax=most)
    for i, j in np.argwhere(values != 0):
        color = "white" if abs(values[i, j]) > 0.6 * most else "black"
        axes.text(j, i, f"{values[i, j]:.1f}", ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(weights)), list(weights.columns), rotation=60, ha="right")
    axes.set_yticks(range(len(weights)), list(weights.index))
    axes.set(xlabel="next tag", ylabel="tag", title=title)
    return figure


def class_comparison(f1: pd.DataFrame, support: pd.Series, title: str) -> Figure:
    """Draw entity F1 by class, a marker a tagger.

    Args:
        f1: A row a class, a column a tagger, from 0 to 1; NaN where a tagger has no figure.
        support: Gold entities of each class; classes without any are left out.
        title: The figure's title.
    """
    support = support[support > 0].sort_values(ascending=False)
    f1 = f1.reindex(support.index)
    figure, axes = plt.subplots(figsize=(8, 0.34 * len(f1) + 1.6), layout="constrained")
    for row, values in enumerate(f1.to_numpy(float)):
        if np.isfinite(values).any():
            axes.plot([np.nanmin(values), np.nanmax(values)], [row, row], color="#bbbbbb", zorder=1)
    for k, name in enumerate(f1.columns):
        color, marker = COLORS[k % len(COLORS)], MARKERS[k % len(MARKERS)]
        axes.plot(f1[name], range(len(f1)), marker, color=color, markeredgecolor="black", markersize=7, label=name)
    axes.set_yticks(range(len(f1)), [f"{label}  ({n:.0f})" for label, n in support.items()])
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlim=(-0.02, 1.02), xlabel="entity F1", ylabel="class (gold entities)", title=title)
    figure.legend(loc="outside lower center", ncols=len(f1.columns), frameon=False)
    axes.grid(axis="x", alpha=0.3)
    return figure
