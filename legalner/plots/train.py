"""Pictures of learning: what a loss is, how it falls, and what an accuracy is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

if TYPE_CHECKING:  # pictures alone should not wait for TensorFlow
    from legalner.train import History

__all__ = ["descent", "grouped_bars", "learning_curves", "loss_of_probability", "tags_by_epoch"]

# Colours that colour-blind readers can tell apart (Okabe and Ito); each comes with a marker, a line and a hatch.
COLORS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7")
MARKERS = ("o", "s", "^", "D")
LINES = ("-", "--", "-.", ":")
HATCHES = ("", "///", "...", "xx")


def loss_of_probability(marked: Sequence[float] = ()) -> Figure:
    """Draw the loss of one token over the probability that its right tag was given.

    Args:
        marked: Probabilities to mark on the curve, with their loss written beside them.
    """
    figure, axes = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
    p = np.linspace(0.005, 1, 400)
    axes.plot(p, -np.log(p), color=COLORS[0])
    for value in marked:
        loss = -np.log(value)
        axes.plot(value, loss, "o", color="black")
        axes.annotate(f"p = {value:.2g}: {loss:.2f}", (value, loss), (6, 7), textcoords="offset points")
    axes.set(xlabel="probability of the right tag", ylabel="loss, −ln p", xlim=(0, 1.14), ylim=(-0.2, 5.4))
    axes.set_title("Little is paid for a small doubt, much for being sure and wrong")
    axes.grid(alpha=0.3)
    return figure


def descent(losses: Mapping[str, Sequence[float]], title: str = "Gradient descent on the toy") -> Figure:
    """Draw loss over steps, a line for each way of descending.

    Args:
        losses: Name of the line (such as a learning rate) to its loss before each step.
        title: The figure's title.
    """
    figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    for k, (name, values) in enumerate(losses.items()):
        axes.plot(values, LINES[k % 4], color=COLORS[k % 4], marker=MARKERS[k % 4], markersize=4, label=name)
    axes.set(xlabel="steps taken", ylabel="loss, mean over the tokens", title=title)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(ncols=len(losses), loc="upper center", bbox_to_anchor=(0.5, -0.18), frameon=False)
    axes.grid(alpha=0.3)
    return figure


def learning_curves(history: History, *, baseline: float | None = None, title: str = "") -> Figure:
    """Draw loss and accuracy over the epochs, on the training data and on val, with the best epoch marked.

    Args:
        history: What :func:`legalner.train.train` returned.
        baseline: An accuracy to compare with, drawn as a level line.
        title: A line above both pictures.
    """
    figure, pair = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    epochs = np.arange(1, len(history.epochs) + 1)
    for axes, quantity in zip(pair, ("loss", "accuracy"), strict=True):
        for k, (prefix, name) in enumerate((("", "train, while learning"), ("val_", "val, after the epoch"))):
            axes.plot(
                epochs, history.column(prefix + quantity), LINES[k], color=COLORS[k], marker=MARKERS[k], label=name
            )
        axes.axvline(history.best + 1, color="black", linestyle=":", label=f"lowest val loss: epoch {history.best + 1}")
        axes.set(xlabel="epoch", ylabel=f"{quantity}, mean over positions", title=quantity.capitalize())
        axes.set_xlim(0.5, len(epochs) + 0.5)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.grid(alpha=0.3)
    pair[0].set_ylabel("loss (nats), mean over positions")
    if baseline is not None:
        pair[1].axhline(
            baseline, color="black", linestyle="--", linewidth=1, label=f"no entity anywhere: {baseline:.3f}"
        )
    for axes in pair:
        axes.legend(fontsize=9)
    figure.suptitle(title)
    return figure


def grouped_bars(series: Mapping[str, Mapping[str, float]], *, ylabel: str, title: str, digits: int = 3) -> Figure:
    """Draw bars in groups, with the numbers on them.

    Args:
        series: Name of a series (a colour and a hatch) to its value in each group; NaN leaves the bar away.
        ylabel: What the bars measure, with its unit.
        title: The figure's title.
        digits: Digits behind the point of the numbers on the bars; -1 for no numbers.
    """
    groups = list(next(iter(series.values())))
    figure, axes = plt.subplots(figsize=(max(6.5, 1.1 * len(groups)), 3.8), layout="constrained")
    width = 0.8 / len(series)
    for k, (name, values) in enumerate(series.items()):
        x = np.arange(len(groups)) + (k - (len(series) - 1) / 2) * width
        heights = [values[group] for group in groups]
        bars = axes.bar(x, heights, width, color=COLORS[k % 4], hatch=HATCHES[k % 4], edgecolor="black", label=name)
        if digits >= 0:
            labels = ["" if np.isnan(h) else f"{h:.{digits}f}" for h in heights]
            axes.bar_label(bars, labels, padding=2, fontsize=9)
    axes.set_xticks(np.arange(len(groups)), groups)
    axes.set(ylabel=ylabel, title=title)
    axes.margins(y=0.12)
    if len(series) > 1:
        axes.legend(ncols=len(series), loc="upper center", bbox_to_anchor=(0.5, -0.12), frameon=False)
    return figure


def tags_by_epoch(
    tokens: Sequence[str], gold: Sequence[str], epochs: Mapping[int, Sequence[str]], title: str
) -> Figure:
    """Draw what a network said of one sentence after each epoch; white is right, hatched is wrong.

    Args:
        tokens: The sentence.
        gold: A class for each token, or ``O``.
        epochs: Number of an epoch to what the network said after it, a class for each token.
        title: The figure's title.
    """
    rows = [*((f"epoch {number}", said) for number, said in epochs.items()), ("gold", gold)]
    figure, axes = plt.subplots(figsize=(1.6 + 0.72 * len(tokens), 1.3 + 0.34 * len(rows)), layout="constrained")
    for y, (_, tags) in enumerate(rows):
        for x, (tag, true) in enumerate(zip(tags, gold, strict=True)):
            look = {"facecolor": "white"} if tag == true else {"facecolor": COLORS[1], "hatch": "///", "alpha": 0.55}
            axes.add_patch(plt.Rectangle((x - 0.5, y - 0.5), 1, 1, edgecolor="#555555", linewidth=0.6, **look))
            axes.text(x, y, "·" if tag == "O" else tag, ha="center", va="center", fontsize=9, color="black")
    axes.set_xticks(range(len(tokens)), tokens, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(rows)), [name for name, _ in rows])
    axes.set(xlim=(-0.5, len(tokens) - 0.5), ylim=(len(rows) - 0.5, -0.5), title=title)
    axes.axhline(len(rows) - 1.5, color="black", linewidth=1.5)
    return figure
