"""From recorded runs: how soon `best` reaches the final entity F1 of `article`."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from legalner.run.results import load_results

__all__ = ["describe", "seconds_to_article"]


def _seconds_to(run: dict[str, Any], f1: float) -> dict[str, Any]:
    """Find the epoch in which a run's F1 on test first exceeds another, and the seconds up to its end."""
    train = run["train"]
    reached: dict[str, Any] = {"seed": run["seed"], "seconds": train["seconds"], "f1": run["entity"]["micro"]["f1"]}
    if curve := train.get("test_f1_by_epoch"):
        epoch = next((number for number, value in enumerate(curve, start=1) if value > f1), None)
        reached["epoch"] = epoch
        if epoch is not None:
            reached["seconds_to_f1"] = sum(e["seconds"] for e in train["history"][:epoch])
    return reached


def seconds_to_article(results: Path, vectors_seconds: float | None) -> dict[str, Any]:
    """Compare the recorded runs of `article` and of `best`.

    Args:
        results: The folder with ``PROFILE/seed-N.json``.
        vectors_seconds: Seconds to make the word vectors, measured in this run; None if not measured on the whole
            training part. They are added for runs that use such vectors.

    Returns:
        ``article``, the mean ``f1`` and ``seconds`` over its runs, and ``best``, an entry for each run; None for a
        profile without runs.
    """
    runs = load_results(results)
    articles, bests = runs.get("article", []), runs.get("best", [])
    found: dict[str, Any] = {"vectors_seconds": vectors_seconds, "article": None, "best": None}
    if not articles:
        return found
    f1 = statistics.fmean(run["entity"]["micro"]["f1"] for run in articles)
    seconds = statistics.fmean(run["train"]["seconds"] for run in articles)
    found["article"] = {"runs": len(articles), "f1": f1, "seconds": seconds + (vectors_seconds or 0)}
    if bests:
        extra = [vectors_seconds or 0 if _reads_vectors(run) else 0 for run in bests]
        entries = [_seconds_to(run, f1) for run in bests]
        for entry, more in zip(entries, extra, strict=True):
            for key in {"seconds", "seconds_to_f1"} & set(entry):
                entry[key] += more
        found["best"] = entries
    return found


def _reads_vectors(run: dict[str, Any]) -> bool:
    return (run.get("vectors", {}).get("name") or "none") != "none"


def describe(found: dict[str, Any]) -> list[str]:
    """Describe in lines of text what :func:`seconds_to_article` found."""
    lines = [
        "Recorded runs (results/), entity F1 on the test court; each file names the machine on which it was timed:"
    ]
    article, best, vectors = found["article"], found["best"], found["vectors_seconds"]
    made = "without word vectors" if vectors is None else f"with {vectors:.0f} s for word vectors, where used"
    if article is None:
        return [*lines, "  article: not recorded yet"]
    runs = f"mean of {article['runs']} runs ({made})"
    lines.append(f"  article: {article['seconds']:.0f} s to F1 {100 * article['f1']:.1f}, {runs}")
    for entry in best or []:
        ends = f"{entry['seconds']:.0f} s to its last F1, {100 * entry['f1']:.1f}"
        if "seconds_to_f1" in entry:
            part = f"{entry['seconds_to_f1'] / article['seconds']:.2f} of article's time"
            ends = f"{entry['seconds_to_f1']:.0f} s (epoch {entry['epoch']}) to pass that, {part}; {ends}"
        elif "epoch" in entry:
            ends += "; it never passed article's"
        else:
            ends += " (F1 by epoch not recorded)"
        lines.append(f"  best, seed {entry['seed']}: {ends}")
    return lines if best else [*lines, "  best: not recorded yet"]
