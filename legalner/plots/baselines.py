"""Figures of lesson 06: what a linear CRF learned, and the scores of several taggers class by class."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from legalner.plots.style import heat_map, line_style

__all__ = ["class_comparison", "transition_map"]


def transition_map(weights: pd.DataFrame, title: str) -> Figure:
    """Draw the weights of a CRF's transitions; transitions without a weight stay blank.

    Args:
        weights: Weight of the step from the tag of the row to the tag of the column; 0 for none.
        title: The figure's title.
    """
    side = 0.62 * len(weights) + 1.6
    figure, axes = plt.subplots(figsize=(side, side), layout="constrained")
    values = weights.to_numpy(float)
    most = max(np.abs(values).max(), 1e-9)
    heat_map(
        axes, np.where(values == 0, np.nan, values), list(weights.index), list(weights.columns), "{:.1f}".format,
        rotation=60, cmap="PuOr_r", vmin=-most, vmax=most,
    )  # fmt: skip
    axes.set(xlabel="next tag", ylabel="tag", title=title)
    return figure


def class_comparison(f1: pd.DataFrame, support: pd.Series, title: str) -> Figure:
    """Draw the entity F1 of each class, a marker for each tagger.

    Args:
        f1: Scores from 0 to 1, one row per class and one column per tagger; NaN where a tagger has none.
        support: Number of gold entities of each class; classes with none are left out.
        title: The figure's title.
    """
    support = support[support > 0].sort_values(ascending=False)
    f1 = f1.reindex(support.index)
    figure, axes = plt.subplots(figsize=(8, 0.34 * len(f1) + 1.6), layout="constrained")
    for row, values in enumerate(f1.to_numpy(float)):
        if np.isfinite(values).any():
            axes.plot([np.nanmin(values), np.nanmax(values)], [row, row], color="#bbbbbb", zorder=1)
    for k, name in enumerate(f1.columns):
        style = line_style(k, linestyle="", markeredgecolor="black", markersize=7)
        axes.plot(f1[name], range(len(f1)), label=name, **style)
    axes.set_yticks(range(len(f1)), [f"{label}  ({n:.0f})" for label, n in support.items()])
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlim=(-0.02, 1.02), xlabel="entity F1", ylabel="class (gold entities)", title=title)
    figure.legend(loc="outside lower center", ncols=len(f1.columns), frameon=False)
    axes.grid(axis="x", alpha=0.3)
    return figure
