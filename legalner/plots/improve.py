"""Figures of lesson 08: features, the focal loss, training, and recorded runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from legalner.plots.style import COLORS, grouped_bars, line_style

if TYPE_CHECKING:  # figures alone should not wait for TensorFlow
    from legalner.train import History

__all__ = ["data_points", "focal_curves", "share_bars", "step_dots", "tagger_curves"]


def share_bars(shares: pd.DataFrame, title: str) -> Figure:
    """Draw shares as grouped bars with their values.

    Args:
        shares: Shares from 0 to 1, one row per feature and one column per series.
        title: The figure's title.
    """
    return grouped_bars(shares, title=title, xlabel="feature", ylabel="share", form=".0%", shares=True, size=(7, 3.4))


def focal_curves(gammas: Sequence[float]) -> Figure:
    """Draw the focal loss of one token over the probability of its correct tag, a line for each gamma."""
    figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    p = np.linspace(0.01, 1, 400)
    for k, gamma in enumerate(gammas):
        name = "γ = 0 (cross-entropy)" if gamma == 0 else f"γ = {gamma:g}"
        axes.plot(p, -((1 - p) ** gamma) * np.log(p), label=name, **line_style(k, marker=""))
    axes.set(xlabel="probability of the correct tag", ylabel="loss", ylim=(0, 3))
    axes.set_title("The focal loss gives little weight to tokens that are already correct")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return figure


def tagger_curves(history: History) -> Figure:
    """Draw the training loss and the entity F1 on val over the epochs.

    Args:
        history: Has ``loss`` and ``val_f1`` for each epoch.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    epochs = range(1, len(history.epochs) + 1)
    left.plot(epochs, history.column("loss"), "o-", color=COLORS[0])
    left.set(xlabel="epoch", ylabel="loss per token", title="Loss on train", yscale="log")
    right.plot(epochs, history.column("val_f1"), "s-", color=COLORS[1])
    right.set(xlabel="epoch", ylabel="entity F1", title="Entities on val", ylim=(0, 1))
    right.yaxis.set_major_formatter(PercentFormatter(1.0))
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    return figure


def step_dots(
    results: dict[str, list[dict[str, Any]]], names: Sequence[str], title: str = "From article to best"
) -> Figure:
    """Draw the entity F1 of each recorded run as a dot, in a row for each profile, and a bar at the row's mean.

    Args:
        results: The runs of each profile, from :func:`legalner.run.results.load_results`.
        names: The profiles to draw, top row first.
        title: The figure's title.
    """
    figure, axes = plt.subplots(figsize=(8, 0.45 * len(names) + 1.2), layout="constrained")
    for row, name in enumerate(names):
        values = [run["entity"]["micro"]["f1"] for run in results[name]]
        axes.plot(values, [row] * len(values), "o", color=COLORS[0], alpha=0.7)
        axes.plot([np.mean(values)] * 2, [row - 0.3, row + 0.3], color="black")
        axes.annotate(f"{np.mean(values):.1%}", (max(values), row), (8, -4), textcoords="offset points")
    axes.set_yticks(range(len(names)), names)
    axes.invert_yaxis()
    axes.xaxis.set_major_formatter(PercentFormatter(1.0))
    axes.set(xlabel="entity F1 on test (strict, micro)", title=title)
    axes.margins(x=0.12)
    axes.grid(axis="x", alpha=0.3)
    return figure


def data_points(curve: pd.DataFrame) -> Figure:
    """Draw entity F1 over the number of training sentences: a dot for each run, and a line through the means.

    Args:
        curve: One row per run, with its ``sentences`` and its ``f1``, from 0 to 1.
    """
    figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    means = curve.groupby("sentences")["f1"].mean()
    axes.plot(curve["sentences"], curve["f1"], "o", color=COLORS[0], alpha=0.7, label="a run")
    axes.plot(means.index, means, "-", color="black", label="mean")
    axes.set(xlabel="training sentences", ylabel="entity F1 on test", title="More data of the same court")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return figure
