"""The figures as a picture: bars with their values, and curves of growth."""

from __future__ import annotations

from pathlib import Path

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from benchmarks.jobs import LABELS, SHARES
from benchmarks.report import Results, main_results, peak_share

__all__ = ["draw", "save"]

COLORS = {
    "article": "#0072b2", "article-1024": "#56b4e9", "seed": "#e69f00",
    "best": "#009e73", "spacy": "#cc79a7", "crf": "#999999",
}  # fmt: skip
# The same again for readers without colour: a hatch a bar, a marker and a line a curve.
HATCHES = {"article": "", "article-1024": "xx", "seed": "///", "best": "...", "spacy": "\\\\\\", "crf": "++"}
MARKERS = {"article": "o", "seed": "s", "best": "^", "spacy": "D", "crf": "v"}
LINES = {"article": "-", "seed": "--", "best": "-.", "spacy": ":", "crf": (0, (5, 1, 1, 1, 1, 1))}


def _bars(axes: Axes, values: dict[str, float | None], title: str, form: str) -> None:
    """One bar a contender, its value beside it; what was not measured has a bar of nothing and says so."""
    for place, (name, value) in enumerate(values.items()):
        axes.barh(place, value or 0, color=COLORS[name], hatch=HATCHES[name], edgecolor="black", linewidth=0.6)
        label = "not measured" if value is None else form.format(value)
        axes.annotate(label, (value or 0, place), (4, 0), textcoords="offset points", va="center", fontsize=9)
    axes.set_yticks(range(len(values)), [LABELS[name] for name in values])
    axes.invert_yaxis()
    axes.set_xlabel(title)
    axes.margins(x=0.25)
    axes.grid(axis="x", alpha=0.3)
    axes.set_axisbelow(True)


def _curves(axes: Axes, results: Results, key: str, label: str) -> None:
    """One curve a contender over the share of the data; both axes are logarithmic."""
    for name, marker in MARKERS.items():
        points = [(k, results.get(f"{name} {part}", {}).get(key)) for k, part in zip((1, 2, 4), SHARES, strict=True)]
        known = [(k, value) for k, value in points if value]
        if known:
            xs, ys = zip(*known, strict=True)
            axes.plot(xs, ys, marker=marker, linestyle=LINES[name], color=COLORS[name], label=LABELS[name])
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
    memory = {name: r.get("train_peak_mb") for name, r in main.items() if name != "article-1024"}
    _bars(axes[0, 2], memory, "peak memory of training above the imports, MB", "{:,.0f}")
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
