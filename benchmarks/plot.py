"""The figures as a picture: bars with their values, and curves of growth."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.jobs import LABELS, SHARES
from benchmarks.report import Results, main_results, peak_share
from legalner.plots.style import bar_style, line_style

__all__ = ["draw", "save"]

# The place of each contender in the palette.
STYLES = {"dense": 0, "article": 1, "best": 2, "spacy": 3, "dense-1024": 4, "crf": 5}


def _bars(axes: Axes, values: dict[str, float | None], title: str, form: str) -> None:
    """A bar for each contender with its value beside it; a contender that was not measured is marked so."""
    for place, (name, value) in enumerate(values.items()):
        axes.barh(place, value or 0, **bar_style(STYLES[name], linewidth=0.6))
        label = "not measured" if value is None else form.format(value)
        axes.annotate(label, (value or 0, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(values)), [LABELS[name] for name in values])
    axes.invert_yaxis()
    axes.set_xlabel(title)
    axes.margins(x=0.25)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _curves(axes: Axes, results: Results, key: str, label: str) -> None:
    """A curve for each contender over the share of the training data; both axes are logarithmic."""
    for name, k in STYLES.items():
        if name == "dense-1024":  # measured with one share of the data alone
            continue
        points = [(x, results.get(f"{name} {part}", {}).get(key)) for x, part in zip((1, 2, 4), SHARES, strict=True)]
        known = [(x, value) for x, value in points if value]
        if known:
            xs, ys = zip(*known, strict=True)
            axes.plot(xs, ys, label=LABELS[name], **line_style(k))
    axes.set(xscale="log", yscale="log", xlabel="training data", ylabel=label)
    axes.set_xticks([1, 2, 4], list(SHARES))
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    axes.grid(alpha=0.3)


def draw(results: Results) -> Figure:
    """Draw four groups of bars and two of curves."""
    figure, axes = plt.subplots(2, 3, figsize=(15, 7.5), layout="constrained")
    main = main_results(results)
    peak = results.get("matmul", {}).get("gflops")
    speeds = {name: r.get("train_tokens_per_second") for name, r in main.items() if name != "crf"}
    _bars(axes[0, 0], speeds, "training, tokens per second (a pass)", "{:,.0f}")
    predictions = {name: r.get("predict_tokens_per_second") for name, r in main.items()}
    _bars(axes[0, 1], predictions, "prediction, tokens per second", "{:,.0f}")
    memory = {name: r.get("train_peak_mb") for name, r in main.items() if name != "dense-1024"}
    _bars(axes[0, 2], memory, "training memory above the imports, MB", "{:,.0f}")
    reached = {name: peak_share(r, peak) for name, r in main.items() if name not in ("spacy", "crf")}
    percent = {name: None if value is None else 100 * value for name, value in reached.items()}
    _bars(axes[1, 0], percent, "of the matrix-multiplication peak, %", "{:.1f} %")
    _curves(axes[1, 1], results, "epoch_seconds", "seconds a pass")
    _curves(axes[1, 2], results, "train_peak_mb", "peak memory above the imports, MB")
    handles, labels = axes[1, 1].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=5, frameon=False, handlelength=4)
    return figure


def save(results: Results, path: Path) -> None:
    """Draw into a PNG file."""
    figure = draw(results)
    figure.savefig(path, dpi=110)
    plt.close(figure)
