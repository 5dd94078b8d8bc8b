"""The figure of lesson 07: the probabilities of all tags of a sentence, and the best path through them."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure

from legalner.plots.style import COLORS, text_color

__all__ = ["trellis"]


def trellis(marginals: np.ndarray, path: Sequence[int], tokens: Sequence[str], tags: Sequence[str]) -> Figure:
    """Draw tags over tokens: each circle is a tag's probability at a token, the line is the best path.

    Args:
        marginals: Probability of each tag at each token, ``(time, tags)``.
        path: Index of the best path's tag at each token, ``(time,)``.
        tokens: The sentence.
        tags: Names of the tags.
    """
    figure, axes = plt.subplots(figsize=(1.7 * len(tokens) + 1.4, 0.8 * len(tags) + 1.2), layout="constrained")
    axes.plot(range(len(tokens)), list(path), color=COLORS[1], linewidth=5, alpha=0.7, zorder=1)
    for (t, k), value in np.ndenumerate(marginals):
        shade = plt.colormaps["Blues"](float(value))
        axes.scatter(t, k, s=1500, color=shade, edgecolor="black", zorder=2)
        axes.text(t, k, f"{value:.2f}", ha="center", va="center", color=text_color(shade), zorder=3)
    axes.set_xticks(range(len(tokens)), tokens)
    axes.set_yticks(range(len(tags)), tags)
    axes.set(xlim=(-0.5, len(tokens) - 0.5), ylim=(len(tags) - 0.4, -0.6), xlabel="token", ylabel="tag")
    axes.set_title("Probability of each tag, and the best path")
    return figure
