"""Recorded runs: what lies in ``results/``, as tables for README and for lesson 07."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from legalner.workspace import read_json

__all__ = ["ablation_table", "data_curve", "load_results", "spread", "steps_to_best", "variants"]

Results = dict[str, list[dict[str, Any]]]

# Names of profiles: steps on lesson 07's way from seed to best, in order, and single changes to best.
STEP, VARIANT = "improve-", "vary-"


def load_results(folder: Path) -> Results:
    """Read the recorded runs of each profile, ``results/PROFILE/seed-N.json``, in order of their seeds."""
    results: Results = {}
    for path in sorted(folder.glob("*/seed-*.json")):
        results.setdefault(path.parent.name, []).append(read_json(path))
    return {name: sorted(runs, key=lambda run: run["seed"]) for name, runs in results.items()}


def spread(values: Sequence[float], scale: float = 100.0, digits: int = 1) -> str:
    """Mean of the values, and half the distance between the largest and the smallest where there are several."""
    mean = f"{scale * statistics.fmean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {scale * (max(values) - min(values)) / 2:.{digits}f}"


def steps_to_best(results: Results, first: str = "seed", last: str = "best") -> list[str]:
    """Profiles of the way from ``first`` to ``last``: it, the steps by their number, and ``last``; those recorded."""
    steps = sorted(name for name in results if name.startswith(STEP))
    return [name for name in (first, *steps, last) if name in results]


def variants(results: Results) -> list[str]:
    """Profiles that change one thing in ``best``: ``best`` and those called ``vary-…``."""
    return [name for name in ("best", *sorted(n for n in results if n.startswith(VARIANT))) if name in results]


def ablation_table(results: Results, names: Sequence[str]) -> pd.DataFrame:
    """A row a profile: what it changes, entity scores on test and on val's last epoch, minutes and parameters.

    Args:
        results: From :func:`load_results`.
        names: Profiles, in the order of the rows.
    """
    rows = {}
    for name in names:
        runs = results[name]
        micro = [run["entity"]["micro"] for run in runs]
        rows[name] = {
            "what": runs[0].get("description", "").rstrip("."),
            "seeds": len(runs),
            "entity F1": spread([m["f1"] for m in micro]),
            "precision": spread([m["precision"] for m in micro]),
            "recall": spread([m["recall"] for m in micro]),
            "training, minutes": spread([run["train"]["seconds"] for run in runs], scale=1 / 60),
            "parameters": f"{runs[0]['model']['parameters']:,}",
        }
    return pd.DataFrame.from_dict(rows, orient="index")


def data_curve(results: Results) -> pd.DataFrame:
    """Entity F1 of ``best`` over the number of training sentences: ``sentences``, ``f1``, ``seed``, a row a run."""
    names = ["best", *(name for name in results if name.startswith(f"{VARIANT}data-"))]
    rows = [
        {"sentences": run["data"]["fit_sentences"], "f1": run["entity"]["micro"]["f1"], "seed": run["seed"]}
        for name in names
        for run in results.get(name, [])
    ]
    return pd.DataFrame(rows, columns=["sentences", "f1", "seed"]).sort_values("sentences", ignore_index=True)
