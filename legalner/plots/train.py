"""Figures of lesson 04: what a loss is, how it falls, and how answers change from epoch to epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from legalner.plots.style import COLORS, line_style

if TYPE_CHECKING:  # figures alone should not wait for TensorFlow
    from legalner.train import History

__all__ = ["descent", "learning_curves", "loss_of_probability", "tags_by_epoch"]


def loss_of_probability(marked: Sequence[float] = ()) -> Figure:
    """Draw the loss of one token over the probability that the network gave its correct tag.

    Args:
        marked: Probabilities to mark on the curve, each with its loss.
    """
    figure, axes = plt.subplots(figsize=(6.5, 3.2), layout="constrained")
    p = np.linspace(0.005, 1, 400)
    axes.plot(p, -np.log(p), color=COLORS[0])
    for value in marked:
        loss = -np.log(value)
        axes.plot(value, loss, "o", color="black")
        axes.annotate(f"p = {value:.2g}: {loss:.2f}", (value, loss), (6, 7), textcoords="offset points")
    axes.set(xlabel="probability of the correct tag", ylabel="loss, −ln p", xlim=(0, 1.14), ylim=(-0.2, 5.4))
    axes.set_title("A small doubt costs little; being sure and wrong costs much")
    axes.grid(alpha=0.3)
    return figure


def descent(losses: Mapping[str, Sequence[float]], title: str = "Gradient descent on the toy") -> Figure:
    """Draw the loss over the steps of several descents.

    Args:
        losses: For each descent (a learning rate, say) its loss before each step.
        title: The figure's title.
    """
    figure, axes = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
    for k, (name, values) in enumerate(losses.items()):
        axes.plot(values, label=name, **line_style(k, markersize=4))
    axes.set(xlabel="steps taken", ylabel="loss, mean over the tokens", title=title)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(ncols=len(losses), loc="upper center", bbox_to_anchor=(0.5, -0.18), frameon=False)
    axes.grid(alpha=0.3)
    return figure


def learning_curves(history: History, *, baseline: float | None = None, title: str = "") -> Figure:
    """Draw loss and accuracy over the epochs, on the training data and on val, and mark the best epoch.

    Args:
        history: From :func:`legalner.train.train`.
        baseline: Accuracy of a simple model, drawn as a horizontal line.
        title: Title of the figure.
    """
    figure, pair = plt.subplots(1, 2, figsize=(10, 3.8), layout="constrained")
    epochs = np.arange(1, len(history.epochs) + 1)
    for axes, quantity in zip(pair, ("loss", "accuracy"), strict=True):
        for k, (prefix, name) in enumerate((("", "train, while learning"), ("val_", "val, after the epoch"))):
            axes.plot(epochs, history.column(prefix + quantity), label=name, **line_style(k))
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


def tags_by_epoch(
    tokens: Sequence[str], gold: Sequence[str], epochs: Mapping[int, Sequence[str]], title: str
) -> Figure:
    """Draw what a network predicted for one sentence after each epoch; wrong cells are hatched.

    Args:
        tokens: The sentence.
        gold: The class of each token, or ``O``.
        epochs: For each epoch, by its number, the class predicted for each token.
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
