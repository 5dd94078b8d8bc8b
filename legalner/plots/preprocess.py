"""Figures of lesson 02: similar words, what a cut loses, and what padding costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import PercentFormatter

from legalner.plots.style import COLORS, EMPTY, heat_map, line_style, panels

__all__ = ["cut_curves", "draw_batches", "padding_bars", "similarity_map", "word_plane"]


def similarity_map(tokens: Sequence[str], embeddings: np.ndarray, *, title: str = "") -> Figure:
    """Draw the cosine similarity of every pair of words.

    Args:
        tokens: The words.
        embeddings: Their vectors, ``(tokens, dimension)``.
        title: Title of the figure.

    Returns:
        The figure: similarities from −1 to 1 in the cells; negative ones have the colour of 0.
    """
    norms = np.linalg.norm(embeddings, axis=1, keepdims=True) + 1e-9
    cosines = (embeddings / norms) @ (embeddings / norms).T
    size = 2.0 + 0.42 * len(tokens)
    figure, axes = plt.subplots(figsize=(size + 0.8, size), layout="constrained")
    image = heat_map(
        axes, cosines, tokens, tokens, lambda v: f"{v:.2f}".lstrip("0"), rotation=60, cmap="Blues", vmin=0, vmax=1
    )
    axes.set(xlabel="word", ylabel="word", title=title)
    figure.colorbar(image, label="cosine similarity", shrink=0.8)
    return figure


def word_plane(groups: Mapping[str, Sequence[str]], embeddings: np.ndarray, *, title: str = "") -> Figure:
    """Draw words in the plane in which their vectors differ most, that of the first two principal components.

    Args:
        groups: The words by group; each group has a colour and a marker.
        embeddings: The words' vectors, ``(words, dimension)``, one group after the other.
        title: Title of the figure.
    """
    centred = embeddings - embeddings.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    points = centred @ directions[:2].T
    kept = (strengths[:2] ** 2).sum() / max((strengths**2).sum(), 1e-12)
    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    start = 0
    for k, (name, words) in enumerate(groups.items()):
        x, y = points[start : start + len(words)].T
        start += len(words)
        style = line_style(k, linestyle="", markeredgecolor="black", markeredgewidth=0.5, markersize=6.7)
        axes.plot(x, y, label=name, **style)
        for word, place in zip(words, zip(x, y, strict=True), strict=True):
            axes.annotate(word, place, xytext=(5, 3), textcoords="offset points", fontsize=8)
    axes.set(xlabel="first principal component", ylabel="second", title=f"{title} ({kept:.0%} of the differences)")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=len(groups))
    axes.margins(x=0.12)
    return figure


def cut_curves(losses: Mapping[str, pd.DataFrame], *, marked: int, title: str = "") -> Figure:
    """Draw what is lost when sentences are cut, over the length they are cut to; a panel for each part.

    Args:
        losses: For each part a table of shares from 0 to 1: the index holds lengths in tokens, each column is one kind
            of loss.
        marked: The length to mark; if it is in the index, the legend states the losses there.
        title: Title of the figure.
    """
    xlabel, ylabel = "tokens a sentence is cut to", "share that is lost"
    figure, grid = panels(len(losses), 3, 4.2, 3.8, xlabel=xlabel, ylabel=ylabel, title=title)
    for axes, (name, table) in zip(grid, losses.items(), strict=True):
        for k, column in enumerate(table.columns):
            here = f": {table[column].to_dict()[marked]:.1%} at {marked}" if marked in table.index else ""
            axes.plot(table.index, table[column], label=f"{column}{here}", **line_style(k, markersize=4))
        axes.axvline(marked, color="black", linestyle=":", linewidth=1)
        axes.set(title=str(name), ylim=(0, None))
        axes.legend(fontsize=9)
        axes.grid(alpha=0.3)
    grid[0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    return figure


def draw_batches(lengths: Sequence[int], ways: Mapping[str, Sequence[tuple[Sequence[int], int]]]) -> Figure:
    """Draw batches of sentences as rows of cells, tokens filled and padding hatched; a panel for each way of batching.

    Args:
        lengths: Length of each sentence in tokens.
        ways: For each way of batching its batches: the indices of the sentences, and the length to which they are cut
            or padded.
    """
    xlabel, ylabel = "position in the row", "sentence (its tokens)"
    height = 1.3 + 0.3 * (len(lengths) + 2)
    figure, grid = panels(len(ways), 3, 3.5, height, xlabel=xlabel, ylabel=ylabel, sharey=False)
    for axes, (name, batches) in zip(grid, ways.items(), strict=True):
        y, places, labels, padding, positions = 0.0, [], [], 0, 0
        for numbers, width in batches:
            for i in numbers:
                for x in range(width):
                    look: dict[str, Any] = {"facecolor": COLORS[0], "edgecolor": "white"} if x < lengths[i] else EMPTY
                    axes.add_patch(Rectangle((x, y), 1, 0.9, **look))
                if lengths[i] > width:
                    axes.text(width + 0.15, y + 0.45, f"{lengths[i] - width} cut off", va="center", fontsize=8)
                places.append(y + 0.45)
                labels.append(f"{i} ({lengths[i]})")
                padding += max(width - lengths[i], 0)
                y += 1
            positions += len(numbers) * width
            y += 0.7
        axes.set_title(f"{name}\n{padding} of {positions} positions are padding", fontsize=10)
        axes.set_yticks(places, labels)
        axes.set_ylim(y - 0.5, -0.3)
        axes.set_xlim(-0.2, max(*lengths, *(width for _, width in batches)) + 0.2)
    return figure


def padding_bars(table: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw how many positions the network computes for a corpus, a bar for each way of batching.

    Args:
        table: One row per way of batching: the numbers of ``tokens`` read, of ``padding`` positions, and of tokens
            ``cut`` off.
        title: Title of the figure.

    Returns:
        The figure: tokens and padding are stacked; the share of padding stands after each bar.
    """
    figure, axes = plt.subplots(figsize=(9, 1.6 + 0.6 * len(table)), layout="constrained")
    places = range(len(table))
    axes.barh(places, table["tokens"], 0.6, color=COLORS[0], edgecolor="#777777", label="tokens read")
    axes.barh(places, table["padding"], 0.6, left=table["tokens"], label="padding", **EMPTY)
    total = table["tokens"] + table["padding"]
    for place, (_, row), end in zip(places, table.iterrows(), total, strict=True):
        cut = f", {row['cut']:,.0f} tokens cut off" if row["cut"] else ""
        axes.text(end, place, f" {row['padding'] / max(end, 1):.1%} padding{cut}", va="center", fontsize=9)
    axes.set_yticks(places, [str(name) for name in table.index])
    axes.set_ylim(len(table) - 0.5, -0.5)
    axes.set_xlim(0, 1.45 * float(total.max()))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set(xlabel="positions that the network computes", ylabel="batches", title=title)
    axes.legend(ncols=2, loc="upper center", bbox_to_anchor=(0.4, -0.25 - 0.1 / len(table)), frameon=False)
    return figure
