"""Pictures of the corpus and of its encoding: lengths and classes, similar words, cuts, and padding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from legalner.plots.train import COLORS, LINES, MARKERS

__all__ = [
    "class_histograms",
    "cut_curves",
    "draw_batches",
    "length_histograms",
    "padding_bars",
    "similarity_map",
    "word_plane",
]

_FILLED: dict[str, Any] = {"facecolor": COLORS[0], "edgecolor": "white"}
_HATCHED: dict[str, Any] = {"facecolor": "white", "edgecolor": "#777777", "hatch": "////"}


def _panels(count: int, columns: int, width: float, height: float, *, sharey: bool = True) -> tuple[Figure, list[Axes]]:
    """A grid of ``count`` panels with common axes; each carries its tick labels at the left and at the bottom."""
    columns = min(count, columns)
    rows = -(-count // columns)
    figure, grid = plt.subplots(
        rows, columns, figsize=(width * columns, height * rows), sharex=True, sharey=sharey, squeeze=False,
        layout="constrained",
    )  # fmt: skip
    for spare in grid.flat[count:]:
        spare.set_axis_off()
    for above in grid.flat[max(count - columns, 0) : count]:
        above.tick_params(labelbottom=True)
    return figure, list(grid.flat[:count])


def length_histograms(
    lengths: Mapping[str, Sequence[int]], *, width: int = 5, longest: int = 100, title: str = ""
) -> Figure:
    """Draw how long sentences are, a panel for each group.

    Args:
        lengths: Name of a group (a court, or a part) to the number of tokens of each of its sentences.
        width: Lengths in a bar: the first bar holds sentences of 1 to ``width`` tokens.
        longest: Where the bars end; a hatched one holds all sentences that are longer. A multiple of ``width``.
        title: Title of the figure.

    Returns:
        The figure: bars are shares of the group's sentences, a dashed line is the median.
    """
    figure, panels = _panels(len(lengths), 4, 2.7, 2.5)
    count = longest // width
    for axes, (name, here) in zip(panels, lengths.items(), strict=True):
        bars = np.bincount(np.minimum((np.asarray(here) - 1) // width, count), minlength=count + 1) / len(here)
        axes.bar(np.arange(count) * width + 0.5, bars[:-1], width, align="edge", color=COLORS[0], edgecolor="white")
        axes.bar(longest + 0.5 + width, bars[-1], 2 * width, align="edge", **_HATCHED)
        median = float(np.median(here))
        axes.axvline(median, color="black", linestyle="--", linewidth=1)
        axes.annotate(
            f"median {median:g}", (median, 1), (4, -4), ("data", "axes fraction"), "offset points", va="top", fontsize=9
        )
        axes.set_title(f"{name}: {len(here):,} sentences", fontsize=10)
        ticks = np.linspace(0, longest, 5).astype(int)
        axes.set_xticks([*ticks, longest + 2 * width], [*map(str, ticks[:-1]), "", f">{longest}"])
    panels[0].yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    panels[0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    figure.supxlabel("sentence length (tokens)", fontsize=10)
    figure.supylabel("share of the sentences", fontsize=10)
    figure.suptitle(title)
    return figure


def class_histograms(counts: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw which classes the entities have, a panel for each group.

    Args:
        counts: Numbers of entities; a row a class, drawn from top to bottom, and a column a group.
        title: Title of the figure.

    Returns:
        The figure: bars are shares of the group's entities, with the number beside each.
    """
    figure, panels = _panels(len(counts.columns), 4, 2.7, 1.0 + 0.2 * len(counts))
    places = np.arange(len(counts))
    for axes, name in zip(panels, counts.columns, strict=True):
        shares = counts[name] / max(counts[name].sum(), 1)
        bars = axes.barh(places, shares, 0.75, color=COLORS[0])
        axes.bar_label(bars, [f"{n:,}" for n in counts[name]], padding=2, fontsize=8)
        axes.set_title(f"{name}: {counts[name].sum():,} entities", fontsize=9)
        axes.grid(axis="y", alpha=0.25)
        axes.set_axisbelow(True)
    panels[0].set_yticks(places, [str(label) for label in counts.index])
    panels[0].set_ylim(len(counts) - 0.4, -0.6)
    panels[0].set_xlim(0, 1.3 * float((counts / counts.sum().clip(lower=1)).to_numpy().max()))
    panels[0].xaxis.set_major_formatter(PercentFormatter(1, 0))
    figure.supxlabel("share of the group's entities (beside each bar: entities)", fontsize=10)
    figure.supylabel("class", fontsize=10)
    figure.suptitle(title)
    return figure


def similarity_map(tokens: Sequence[str], matrix: np.ndarray, *, title: str = "") -> Figure:
    """Draw how similar words are, each with each.

    Args:
        tokens: The words.
        matrix: Their vectors, ``(tokens, dimension)``.
        title: Title of the figure.

    Returns:
        The figure: cosine similarities, written into the cells; negative ones are as light as 0.
    """
    norms = np.linalg.norm(matrix, axis=1, keepdims=True) + 1e-9
    cosines = (matrix / norms) @ (matrix / norms).T
    size = 2.0 + 0.42 * len(tokens)
    figure, axes = plt.subplots(figsize=(size + 0.8, size), layout="constrained")
    image = axes.imshow(cosines, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.ndindex(cosines.shape):
        value = cosines[row, column]
        color = "white" if value > 0.6 else "black"
        axes.text(column, row, f"{value:.2f}".lstrip("0"), ha="center", va="center", fontsize=8, color=color)
    axes.set_xticks(range(len(tokens)), tokens, rotation=60, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(tokens)), tokens)
    axes.set(xlabel="word", ylabel="word", title=title)
    figure.colorbar(image, label="cosine similarity", shrink=0.8)
    return figure


def word_plane(groups: Mapping[str, Sequence[str]], matrix: np.ndarray, *, title: str = "") -> Figure:
    """Project words to the plane in which their vectors differ most (principal components), each with its name.

    Args:
        groups: Words by what they have in common, which gives them a colour and a marker.
        matrix: The words' vectors, ``(words, dimension)``, in the order of the groups.
        title: Title of the figure.
    """
    centred = matrix - matrix.mean(axis=0)
    _, strengths, directions = np.linalg.svd(centred, full_matrices=False)
    points = centred @ directions[:2].T
    kept = (strengths[:2] ** 2).sum() / max((strengths**2).sum(), 1e-12)
    figure, axes = plt.subplots(figsize=(9, 6), layout="constrained")
    start = 0
    for k, (name, words) in enumerate(groups.items()):
        x, y = points[start : start + len(words)].T
        start += len(words)
        axes.scatter(
            x, y, color=COLORS[k % 4], marker=MARKERS[k % 4], s=45, label=name, edgecolor="black", linewidth=0.5
        )
        for word, place in zip(words, zip(x, y, strict=True), strict=True):
            axes.annotate(word, place, xytext=(5, 3), textcoords="offset points", fontsize=8)
    axes.set(xlabel="first principal component", ylabel="second", title=f"{title} ({kept:.0%} of the differences)")
    axes.legend(frameon=False, loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=len(groups))
    axes.margins(x=0.12)
    return figure


def cut_curves(losses: Mapping[str, pd.DataFrame], *, marked: int, title: str = "") -> Figure:
    """Draw what a cut costs, over the number of tokens that are left; a panel for each part.

    Args:
        losses: Name of a part to its losses: the index is the number of tokens a sentence is cut to, each column
            something that is lost, as a share of all that there is.
        marked: The number of tokens to mark, with the losses written beside it where the index has it.
        title: Title of the figure.
    """
    figure, panels = _panels(len(losses), 3, 4.2, 3.8)
    for axes, (name, table) in zip(panels, losses.items(), strict=True):
        for k, column in enumerate(table.columns):
            here = f": {table[column].to_dict()[marked]:.1%} at {marked}" if marked in table.index else ""
            style: dict[str, Any] = {
                "color": COLORS[k % 4],
                "marker": MARKERS[k % 4],
                "linestyle": LINES[k % 4],
                "markersize": 4,
            }
            axes.plot(table.index, table[column], label=f"{column}{here}", **style)
        axes.axvline(marked, color="black", linestyle=":", linewidth=1)
        axes.set(title=str(name), ylim=(0, None))
        axes.legend(fontsize=9)
        axes.grid(alpha=0.3)
    panels[0].yaxis.set_major_formatter(PercentFormatter(1, 0))
    figure.supxlabel("tokens a sentence is cut to", fontsize=10)
    figure.supylabel("share that is lost", fontsize=10)
    figure.suptitle(title)
    return figure


def draw_batches(lengths: Sequence[int], ways: Mapping[str, Sequence[tuple[Sequence[int], int]]]) -> Figure:
    """Draw batches of sentences as rows of cells, real tokens filled and padding hatched; a panel for each way.

    Args:
        lengths: Tokens of each sentence.
        ways: Name of a way of batching to its batches; each is the numbers of its sentences and the width that they
            are cut or padded to.
    """
    figure, panels = _panels(len(ways), 3, 3.5, 1.3 + 0.3 * (len(lengths) + 2), sharey=False)
    for axes, (name, batches) in zip(panels, ways.items(), strict=True):
        y, places, labels, padding, positions = 0.0, [], [], 0, 0
        for numbers, width in batches:
            for i in numbers:
                for x in range(width):
                    look: dict[str, Any] = (
                        {"facecolor": COLORS[0], "edgecolor": "white"} if x < lengths[i] else _HATCHED
                    )
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
    figure.supxlabel("position in the row", fontsize=10)
    figure.supylabel("sentence (its tokens)", fontsize=10)
    return figure


def padding_bars(table: pd.DataFrame, *, title: str = "") -> Figure:
    """Draw what is computed for a corpus, a bar for each way of batching.

    Args:
        table: A row a way of batching; numbers of ``tokens`` that are read, of ``padding`` positions, and of tokens
            that were ``cut`` off.
        title: Title of the figure.

    Returns:
        The figure: tokens and padding are stacked; behind them stands what the bar is made of.
    """
    figure, axes = plt.subplots(figsize=(9, 1.6 + 0.6 * len(table)), layout="constrained")
    places = range(len(table))
    axes.barh(places, table["tokens"], 0.6, color=COLORS[0], edgecolor="#777777", label="tokens read")
    axes.barh(places, table["padding"], 0.6, left=table["tokens"], label="padding", **_HATCHED)
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
