"""Figures of lesson 05: scores beside a baseline, scores by class, kinds of error, confusions, and calibration."""

from __future__ import annotations

from collections.abc import Iterable

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from legalner.data import COARSE
from legalner.plots.style import COLORS, GREY, VERMILION, bar_style, grouped_bars, heat_map, line_style

__all__ = [
    "calibration_curve",
    "class_bars",
    "confusion_map",
    "end_offsets",
    "kind_bars",
    "threshold_curve",
    "view_bars",
]


def view_bars(views: pd.DataFrame, title: str = "") -> Figure:
    """Draw scores as grouped bars with their values, a group for each way of measuring.

    Args:
        views: Scores from 0 to 1, one row per way of measuring and one column per tagger.
        title: Title of the figure.
    """
    return grouped_bars(
        views, title=title, xlabel="how it is measured", ylabel="score (share, 0 to 1)", shares=True,
        size=(1.2 + 1.9 * len(views), 3.8),
    )  # fmt: skip


def class_bars(per_class: pd.DataFrame, title: str = "") -> Figure:
    """Draw support and F1 of each class, the most frequent class on top.

    Args:
        per_class: One row per class with ``precision``, ``recall``, ``f1``, ``support`` and ``predicted``, as in
            :class:`legalner.evaluate.EntityScores`.
        title: Title of the figure.

    Returns:
        The figure: support on the left, on a logarithmic axis; on the right F1 as a bar, and precision and recall as
        markers.
    """
    table = per_class.sort_values("support", kind="stable")
    places = np.arange(len(table))
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 1.4 + 0.27 * len(table)), sharey=True, width_ratios=(1, 2), layout="constrained"
    )
    bars = left.barh(places, table["support"], color=GREY)
    left.bar_label(bars, [f"{n:,.0f}" for n in table["support"]], padding=2, fontsize=8)
    left.set_xscale("symlog", linthresh=1)
    left.set_xlim(0, 10 * max([1, *table["support"]]))
    left.set_yticks(places, [str(label) for label in table.index])
    left.set(xlabel="gold entities (log scale)", ylabel="class")
    right.barh(places, table["f1"], color="#9ECAE9", label="F1")
    # A class that was never predicted has no precision; a class without gold entities has no recall.
    precision, recall = table["precision"].where(table["predicted"] > 0), table["recall"].where(table["support"] > 0)
    right.plot(precision, places, ">", color=COLORS[0], label="precision")
    right.plot(recall, places, "<", color=VERMILION, markerfacecolor="white", label="recall")
    for place, predicted in zip(places, table["predicted"], strict=True):
        if not predicted:
            right.text(0.03, place, "never predicted", va="center", fontsize=8)
    right.set(xlim=(-0.02, 1.02), xlabel="strict entity score (share, 0 to 1)")
    figure.legend(loc="outside lower center", ncols=3, frameon=False)
    figure.suptitle(title)
    return figure


def kind_bars(kinds: pd.Series, title: str = "") -> Figure:
    """Draw what became of the gold entities, and how many predicted ones are spurious.

    Args:
        kinds: Numbers of entities by kind, as :func:`legalner.evaluate.error_kinds` counts them.
        title: Title of the figure.

    Returns:
        The figure: a bar for each kind with its number and, except for ``spurious``, its share of the gold entities.
    """
    table = kinds[::-1]
    gold = max(int(kinds.drop("spurious").sum()), 1)
    figure, axes = plt.subplots(figsize=(8, 3.4), layout="constrained")
    styles = {"correct": bar_style(0), "spurious": bar_style(2, color=GREY)}
    for place, (kind, number) in enumerate(table.items()):
        bars = axes.barh(place, number, **styles.get(str(kind), bar_style(1)))
        share = "not in gold" if kind == "spurious" else f"{number / gold:.1%} of gold"
        axes.bar_label(bars, [f"{number:,} ({share})"], padding=3, fontsize=9)
    axes.set_yticks(range(len(table)), [str(kind) for kind in table.index])
    axes.set(xlabel="entities", ylabel="what became of them", title=title)
    axes.set_xlim(0, 1.35 * max(table.max(), 1))
    return figure


def end_offsets(errors: pd.DataFrame, title: str = "", *, most: int = 6) -> Figure:
    """Draw by how many tokens predicted entities begin and end too early or too late.

    Args:
        errors: Rows of a :func:`legalner.evaluate.error_table` that have both a gold and a predicted entity.
        title: Title of the figure.
        most: Distance in tokens; larger ones are counted with it.
    """
    figure, both = plt.subplots(1, 2, figsize=(9, 3.2), sharey=True, layout="constrained")
    places = range(-most, most + 1)
    for axes, side, name in zip(both, ("left", "right"), ("beginning", "end"), strict=True):
        counts = errors[side].clip(-most, most).value_counts().reindex(places, fill_value=0)
        bars = axes.bar(list(places), counts, **bar_style(1))
        axes.bar_label(bars, [f"{n:.0f}" if n else "" for n in counts], fontsize=8)
        axes.set_xticks([-most, -2, 0, 2, most], [f"≤ −{most}", "−2", "0", "2", f"≥ {most}"])
        axes.set(xlabel="tokens before (−) or after gold's", title=f"the {name}")
    both[0].set_ylabel("entities")
    figure.suptitle(title)
    return figure


def calibration_curve(parts: pd.DataFrame, title: str = "") -> Figure:
    """Draw the share of correct entities over their mean confidence, with the number of entities below.

    Args:
        parts: From :func:`legalner.evaluate.calibration`.
        title: Title of the figure.
    """
    figure, (top, bottom) = plt.subplots(
        2, 1, figsize=(5.5, 5.5), sharex=True, height_ratios=(3, 1), layout="constrained"
    )
    top.plot([0, 1], [0, 1], "--", color=GREY, label="confidence = share correct")
    top.plot(parts["confidence"], parts["correct"], label="this tagger", **line_style(0))
    top.set(ylabel="share that is correct", xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), title=title)
    top.legend(loc="upper left", frameon=False)
    top.grid(alpha=0.3)
    bars = bottom.bar(parts["confidence"], parts["entities"], width=0.06, **bar_style(0))
    bottom.bar_label(bars, [f"{n:,}" for n in parts["entities"]], fontsize=7)
    bottom.margins(y=0.25)
    bottom.set(xlabel="probability that the tagger gave", ylabel="entities")
    return figure


def threshold_curve(found: pd.DataFrame, gold: int, least: float) -> Figure:
    """Draw precision, recall and F1 of the entities whose confidence reaches a threshold, over that threshold.

    Args:
        found: One row per predicted entity: its ``confidence``, and its ``kind``, which is ``correct`` if it is.
        gold: Number of gold entities.
        least: The threshold to mark, 0 to 1.
    """
    thresholds = np.linspace(0, 0.99, 100)
    kept = np.array([(found["confidence"] >= t).sum() for t in (*thresholds, least)])
    correct = np.array(
        [((found["confidence"] >= t) & (found["kind"] == "correct")).sum() for t in (*thresholds, least)]
    )
    curves = {
        "precision": np.where(kept > 0, correct / np.maximum(kept, 1), np.nan),
        "recall": correct / gold,
        "F1": 2 * correct / (kept + gold),
    }
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for k, (name, values) in enumerate(curves.items()):
        at_mark = "none" if np.isnan(values[-1]) else f"{values[-1]:.3f}"
        style = line_style(k, marker="", linewidth=2)
        axes.plot(thresholds, values[:-1], label=f"{name}: {at_mark} at the mark", **style)
    axes.axvline(least, color="#555555", linestyle=":")
    axes.set(xlabel="lowest confidence accepted", ylabel="score", xlim=(0, 1), ylim=(0, 1.02))
    axes.set_title(f"requiring {least:.2f} keeps {kept[-1]:,} of {len(found):,} predicted entities")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.15), ncols=3)
    axes.grid(alpha=0.3)
    return figure


def confusion_map(table: pd.DataFrame, title: str = "", *, lowest: float = 0.001) -> Figure:
    """Draw the classes that the tokens of each gold class were given, as shares of the gold class's tokens.

    The cell of `O` predicted as `O` is left out, and colours are on a logarithmic scale, so that the others show.

    Args:
        table: Number of tokens by gold class (rows) and predicted class (columns), from
            :func:`legalner.evaluate.confusion`.
        title: Title of the figure.
        lowest: Share with the lightest colour; smaller shares have it too, and 0 is blank.

    Returns:
        The figure. Lines separate the coarse classes, the diagonal is framed, and cells of 1 % or more show their
        share.
    """
    labels = _grouped(table.index)
    counts = table.loc[labels, labels]
    shares = counts.div(counts.sum(axis=1).clip(lower=1), axis=0).to_numpy(copy=True)
    if "O" in labels:
        shares[labels.index("O"), labels.index("O")] = 0.0
    size = 2.5 + 0.36 * len(labels)
    figure, axes = plt.subplots(figsize=(size + 1, size), layout="constrained")
    names = [f"{label}  ({counts.loc[label].sum():,})" for label in labels]
    image = heat_map(
        axes, np.where(shares == 0, np.nan, shares), names, labels, lambda v: f"{v:.0%}"[:-1] if v >= 0.01 else "",
        rotation=90, cmap="Blues", norm=LogNorm(lowest, 1),
    )  # fmt: skip
    if "O" in labels:
        axes.add_patch(Rectangle((-0.5, -0.5), 1, 1, fill=False, edgecolor=GREY, hatch="xxx", linewidth=0))
    axes.set(xlabel="predicted class", ylabel="gold class (tokens)", title=title)
    for i in range(1, len(labels)):
        axes.add_patch(Rectangle((i - 0.5, i - 0.5), 1, 1, fill=False, edgecolor=VERMILION, linewidth=0.9, zorder=3))
        if _group(labels[i - 1]) != _group(labels[i]):
            axes.axhline(i - 0.5, color="#bbbbbb", linewidth=0.7)
            axes.axvline(i - 0.5, color="#bbbbbb", linewidth=0.7)
    bar = figure.colorbar(image, label="share of the gold class's tokens (log scale; cells: %)", shrink=0.8)
    ticks = [share for share in (0.001, 0.01, 0.1, 1) if share >= lowest]
    bar.set_ticks(ticks, labels=[f"{share:.1%}" if share < 0.01 else f"{share:.0%}" for share in ticks])
    return figure


def _group(label: str) -> str:
    return COARSE.get(label, label)


def _grouped(labels: Iterable[str]) -> list[str]:
    """Sort classes: `O`, then LER's classes by coarse class, then others."""
    order = ["O", *COARSE]
    return sorted(labels, key=lambda label: (order.index(label) if label in order else len(order), label))
