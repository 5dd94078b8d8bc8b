"""Recorded runs: how they get into ``results/``, and tables of them for README and the lessons."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from legalner.run.metrics import read_metrics
from legalner.run.profile import RunError
from legalner.workspace import read_json, write_json

__all__ = [
    "ablation_table",
    "benchmark_table",
    "comparison_rows",
    "data_curve",
    "load_results",
    "load_trials",
    "published_table",
    "record",
    "spread",
    "steps_to_best",
    "variants",
]

Results = dict[str, list[dict[str, Any]]]

# How names of profiles begin: lesson 08's steps from article to best, in order; single changes to best.
STEP, VARIANT = "improve-", "vary-"


def record(folder: Path, root: Path) -> Path:
    """Copy the ``metrics.json`` of a finished run to ``results/PROFILE/seed-N.json``.

    Args:
        folder: The run's folder.
        root: The checkout that has ``results/``.

    Returns:
        The copy.

    Raises:
        RunError: The run did not finish, or it ran with uncommitted changes, at several commits, or outside Git.
    """
    metrics = read_metrics(folder)
    commit = metrics["git_commit"] or ""
    if not commit:
        raise RunError(f"{folder} cannot be recorded: it did not run in a Git checkout, so its code is unknown")
    if commit.endswith("-dirty"):
        raise RunError(f"{folder} cannot be recorded: it ran with uncommitted changes; commit them and run it again")
    if " and " in commit:
        raise RunError(f"{folder} cannot be recorded: it ran at {commit}; run it again without --resume")
    target = root / "results" / metrics["profile"] / f"seed-{metrics['seed']}.json"
    write_json(target, metrics)
    return target


def load_results(folder: Path) -> Results:
    """Read the recorded runs of each profile, ``PROFILE/seed-N.json``, sorted by seed.

    Args:
        folder: Usually ``results/`` of the checkout.
    """
    results: Results = {}
    for path in sorted(folder.glob("*/seed-*.json")):
        results.setdefault(path.parent.name, []).append(read_json(path))
    return {name: sorted(runs, key=lambda run: run["seed"]) for name, runs in results.items()}


def spread(values: Sequence[float], scale: float = 100.0, digits: int = 1) -> str:
    """Format the mean of the values, and if there are several, half their range: ``32.0 ± 2.0``.

    Args:
        values: One per run.
        scale: What they are multiplied by; the default makes percent of shares.
        digits: Decimal places.
    """
    mean = f"{scale * statistics.fmean(values):.{digits}f}"
    return mean if len(values) == 1 else f"{mean} ± {scale * (max(values) - min(values)) / 2:.{digits}f}"


def steps_to_best(results: Results, first: str = "article", last: str = "best") -> list[str]:
    """List the recorded profiles on the way from ``first`` to ``last``, with the numbered steps between them."""
    steps = sorted(name for name in results if name.startswith(STEP))
    return [name for name in (first, *steps, last) if name in results]


def variants(results: Results) -> list[str]:
    """List ``best`` and the recorded profiles that change one thing in it, which are called ``vary-…``."""
    return [name for name in ("best", *sorted(n for n in results if n.startswith(VARIANT))) if name in results]


def ablation_table(results: Results, names: Sequence[str]) -> pd.DataFrame:
    """Make a table with a row for each profile: what it changes, entity scores on test, minutes and parameters.

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
    """Make a table of the runs of ``best`` on parts of the data, a row for each: ``sentences``, ``f1``, ``seed``."""
    names = ["best", *(name for name in results if name.startswith(f"{VARIANT}data-"))]
    rows = [
        {"sentences": run["data"]["train_data_sentences"], "f1": run["entity"]["micro"]["f1"], "seed": run["seed"]}
        for name in names
        for run in results.get(name, [])
    ]
    return pd.DataFrame(rows, columns=["sentences", "f1", "seed"]).sort_values("sentences", ignore_index=True)


def published_table(results: Results, profile: str, folder: Path) -> pd.DataFrame:
    """Make a table of a recorded profile's entity F1, in percent, below what others report for its split.

    Args:
        results: From :func:`load_results`.
        profile: A recorded profile, such as ``best-upstream``.
        folder: The folder of the recorded runs, with ``published.csv``.

    Returns:
        The columns ``system``, ``f1`` and ``source``.
    """
    runs = results[profile]
    published = pd.read_csv(folder / "published.csv", dtype=str)
    comparable = (published["split"] == runs[0]["split"]) & (published["granularity"] == runs[0]["granularity"])
    f1 = spread([run["entity"]["micro"]["f1"] for run in runs])
    ours = pd.DataFrame([{"system": profile, "f1": f1, "source": f"results/, seeds: {len(runs)}"}])
    return pd.concat([published.loc[comparable, ours.columns], ours], ignore_index=True)


def load_trials(folder: Path) -> dict[tuple[str, str], pd.DataFrame]:
    """Read what was tried before ``best`` was settled: a table for each pair of training and test texts.

    Args:
        folder: The folder of the recorded runs, with ``trials.csv``.

    Returns:
        By what was learned from and what was measured on: ``change``, entity ``f1`` in percent, ``note``.
    """
    trials = pd.read_csv(folder / "trials.csv", keep_default_na=False)
    grouped = trials.groupby(["learned_from", "measured_on"], sort=False)
    return {(str(a), str(b)): part[["change", "f1", "note"]] for (a, b), part in grouped}


def comparison_rows(run: Path, folder: Path | None, split: str) -> dict[str, dict[str, Any]]:
    """Find figures of ``article`` and ``best`` on one split, to compare others with.

    Args:
        run: A run's folder; figures of its own lessons 5 and 8 are preferred.
        folder: The folder of the recorded runs, which are used if the run lacks such a lesson; None if there is none.
        split: The split that must have been measured.

    Returns:
        By name, where found: ``scores`` (as under ``entity`` in ``metrics.json``), ``seconds`` of training, and
        ``from``, the origin of the figures.
    """
    rows: dict[str, dict[str, Any]] = {}
    recorded = load_results(folder) if folder else {}
    for name, evaluated, trained in (("article", "05_evaluate", "04_train"), ("best", "08_improve", "08_improve")):
        parts = [run / "metrics" / f"{step}.json" for step in (evaluated, trained)]
        own = all(part.exists() for part in parts)
        # Lesson 5 may have measured another tagger than lesson 4's; then it says so.
        if own and read_json(parts[0]).get("tagger", "lesson 4") == "lesson 4":
            measured, origin = read_json(parts[0]) | {"train": read_json(parts[1])["train"]}, "this run"
        elif same := [r for r in recorded.get(name, []) if r["split"] == split]:
            measured, origin = same[0], f"results/{name}, seed {same[0]['seed']}"
        else:
            continue
        rows[name] = {"scores": measured["entity"], "seconds": measured["train"]["seconds"], "from": origin}
    return rows


def benchmark_table(path: Path) -> pd.DataFrame:
    """Make a table with a row for each tagger: speed in training and prediction, and memory beyond the imports.

    Args:
        path: What ``make benchmark`` wrote, ``results/benchmark.json``.
    """
    rows = {
        row["what"]: {
            "training, tokens a second": row["train_tokens_per_second"],
            "prediction, tokens a second": row["predict_tokens_per_second"],
            "peak memory, MB": row["peak_mb"],
        }
        for row in read_json(path)["table"]
    }
    return pd.DataFrame.from_dict(rows, orient="index").round(0).astype("Int64")
