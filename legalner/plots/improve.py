"""Pictures of what improves a tagger: features, paths, losses, and the recorded steps from seed to best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, PercentFormatter

from legalner.plots.train import COLORS, HATCHES, LINES, MARKERS

if TYPE_CHECKING:  # pictures alone should not wait for TensorFlow
    from legalner.train import History

__all__ = ["data_points", "focal_curves", "share_bars", "step_dots", "tagger_curves", "trellis"]


def share_bars(shares: pd.DataFrame, title: str) -> Figure:
    """Draw shares as grouped bars with their values: a group a row, a bar a column."""
    figure, axes = plt.subplots(figsize=(7, 3.4), layout="constrained")
    width = 0.8 / len(shares.columns)
    for k, name in enumerate(shares.columns):
        places = np.arange(len(shares)) + (k - (len(shares.columns) - 1) / 2) * width
        bars = axes.bar(places, shares[name], width, color=COLORS[k], hatch=HATCHES[k], edgecolor="white", label=name)
        axes.bar_label(bars, fmt=lambda v: f"{v:.0%}", padding=2)
    axes.set_xticks(np.arange(len(shares)), shares.index)
    axes.set(ylabel="share", ylim=(0, 1.12), title=title, xlabel="feature")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=len(shares.columns), frameon=False)
    return figure


def trellis(marginals: np.ndarray, path: Sequence[int], tokens: Sequence[str], tags: Sequence[str]) -> Figure:
    """Draw tags over tokens: a circle's shade and number is a tag's probability, the line is the best path.

    Args:
        marginals: Probability of each tag at each token, ``(time, tags)``.
        path: The best path's tag at each token, ``(time,)``.
        tokens: Names of the columns.
        tags: Names of the rows.
    """
    figure, axes = plt.subplots(figsize=(1.7 * len(tokens) + 1.4, 0.8 * len(tags) + 1.2), layout="constrained")
    axes.plot(range(len(tokens)), list(path), color=COLORS[1], linewidth=5, alpha=0.7, zorder=1)
    for t in range(len(tokens)):
        for k in range(len(tags)):
            value = float(marginals[t, k])
            axes.scatter(t, k, s=1500, color=plt.cm.Blues(value), edgecolor="black", zorder=2)
            shade = "white" if value > 0.6 else "black"
            axes.text(t, k, f"{value:.2f}", ha="center", va="center", color=shade, zorder=3)
    axes.set_xticks(range(len(tokens)), tokens)
    axes.set_yticks(range(len(tags)), tags)
    axes.set(xlim=(-0.5, len(tokens) - 0.5), ylim=(len(tags) - 0.4, -0.6), xlabel="token", ylabel="tag")
    axes.set_title("Probability of each tag, and the best path")
    return figure


def focal_curves(gammas: Sequence[float]) -> Figure:
    """Draw the focal loss of one token over the probability of its right tag, a line for each gamma."""
    figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    p = np.linspace(0.01, 1, 400)
    for k, gamma in enumerate(gammas):
        name = "γ = 0 (cross-entropy)" if gamma == 0 else f"γ = {gamma:g}"
        axes.plot(p, -((1 - p) ** gamma) * np.log(p), LINES[k % 4], color=COLORS[k % 4], label=name)
    axes.set(xlabel="probability of the right tag", ylabel="loss", ylim=(0, 3))
    axes.set_title("The focal loss asks little about tokens that are right already")
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return figure


def tagger_curves(history: History) -> Figure:
    """Draw training loss and entity F1 on val over the epochs."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
    epochs = range(1, len(history.epochs) + 1)
    left.plot(epochs, history.column("loss"), "o-", color=COLORS[0])
    left.set(xlabel="epoch", ylabel="loss a token", title="Loss on train", yscale="log")
    right.plot(epochs, history.column("val_f1"), "s-", color=COLORS[1])
    right.set(xlabel="epoch", ylabel="entity F1", title="Entities on val", ylim=(0, 1))
    right.yaxis.set_major_formatter(PercentFormatter(1.0))
    for axes in (left, right):
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    return figure


def step_dots(
    results: dict[str, list[dict[str, Any]]], names: Sequence[str], title: str = "From seed to best"
) -> Figure:
    """Draw the entity F1 of each recorded run as a dot, a row a profile, with a bar at the mean.

    Args:
        results: From :func:`legalner.records.load_results`.
        names: Profiles, from the top row down.
        title: The figure's title.
    """
    figure, axes = plt.subplots(figsize=(8, 0.45 * len(names) + 1.2), layout="constrained")
    for row, name in enumerate(names):
        values = [run["entity"]["micro"]["f1"] for run in results[name]]
        axes.plot(values, [row] * len(values), MARKERS[0], color=COLORS[0], alpha=0.7)
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
    """Draw entity F1 over the number of training sentences: a dot a run, a line through the means."""
    figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    means = curve.groupby("sentences")["f1"].mean()
    axes.plot(curve["sentences"], curve["f1"], "o", color=COLORS[0], alpha=0.7, label="a run")
    axes.plot(means.index, means, "-", color="black", label="mean")
    axes.set(xlabel="training sentences", ylabel="entity F1 on test", title="More data of the same court")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
    return figure
