"""Recorded runs: what lies in ``results/``, as tables for README and for lesson 07."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from legalner.workspace import read_json

__all__ = [
    "PUBLISHED",
    "ablation_table",
    "benchmark_table",
    "comparison_rows",
    "data_curve",
    "load_results",
    "load_trials",
    "published_table",
    "spread",
    "steps_to_best",
    "variants",
]

Results = dict[str, list[dict[str, Any]]]

# Names of profiles: steps on lesson 07's way from seed to best, in order, and single changes to best.
STEP, VARIANT = "improve-", "vary-"

# Entity F1 in percent that others report, for classes as fine or as coarse, on this project's splits or like ones.
PUBLISHED = pd.DataFrame(
    [
        ("upstream", "fine", "linear CRF", 93.23, "Leitner et al. 2019, by sentence, ten folds"),
        ("upstream", "fine", "BiLSTM-CRF with vectors from large corpora and characters", 95.46, "the same"),
        ("upstream", "fine", "BERT, fine-tuned", 95.46, "the corpus's author, 2022"),
        ("upstream", "fine", "Flair's language model, BiLSTM-CRF", 96.35, "flair/ner-german-legal, by sentence"),
        ("upstream", "coarse", "linear CRF", 93.22, "Leitner et al. 2019, by sentence, ten folds"),
        ("upstream", "coarse", "BiLSTM-CRF with vectors from large corpora and characters", 95.95, "the same"),
        ("upstream", "coarse", "BERT, fine-tuned", 96.28, "the corpus's author, 2022"),
        ("bverwg", "fine", "spaCy with BERT", 84.73, "Christoph911/legal-entity-recognition"),
    ],
    columns=["split", "granularity", "system", "F1", "source"],
)


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


def published_table(results: Results, profile: str) -> pd.DataFrame:
    """Entity F1 of a recorded profile under the figures that others report for its split.

    Args:
        results: From :func:`load_results`.
        profile: A recorded profile, such as ``best-upstream``.
    """
    runs = results[profile]
    split, granularity = runs[0]["split"], runs[0]["granularity"]
    others = PUBLISHED[(PUBLISHED["split"] == split) & (PUBLISHED["granularity"] == granularity)]
    f1 = spread([run["entity"]["micro"]["f1"] for run in runs])
    mine = pd.DataFrame([{"system": profile, "F1": f1, "source": f"results/, seeds: {len(runs)}"}])
    return pd.concat([others.astype({"F1": str})[mine.columns], mine], ignore_index=True)


def load_trials(folder: Path) -> dict[tuple[str, str], pd.DataFrame]:
    """Read what was tried before ``best`` was settled, ``results/trials.csv``: a table for each pair of texts.

    Args:
        folder: The folder of the recorded runs.

    Returns:
        For what was learned from and what was measured on: ``change``, entity ``f1`` in percent, ``note``.
    """
    trials = pd.read_csv(folder / "trials.csv", keep_default_na=False)
    grouped = trials.groupby(["learned_from", "measured_on"], sort=False)
    return {(str(a), str(b)): part[["change", "f1", "note"]] for (a, b), part in grouped}


def comparison_rows(run: Path, folder: Path | None, split: str) -> dict[str, dict[str, Any]]:
    """Figures of ``seed`` and ``best`` to put beside others on one split.

    Args:
        run: A run's folder: its own lessons 5 and 7 come first.
        folder: The folder of the recorded runs, or None; taken where the run has no such lesson.
        split: What was measured on.

    Returns:
        By name, for those that there are: ``scores`` (as in ``metrics.json`` under ``entity``), ``seconds`` of
        training, and ``from``, where the figures come from.
    """
    rows: dict[str, dict[str, Any]] = {}
    recorded = load_results(folder) if folder else {}
    for name, evaluated, trained in (("seed", "05_evaluate", "04_train"), ("best", "07_improve", "07_improve")):
        parts = [run / "metrics" / f"{step}.json" for step in (evaluated, trained)]
        own = all(part.exists() for part in parts)
        # Lesson 5 can measure another tagger than lesson 4's, and says so.
        if own and read_json(parts[0]).get("tagger", "lesson 4") == "lesson 4":
            measured, origin = read_json(parts[0]) | {"train": read_json(parts[1])["train"]}, "this run"
        elif same := [r for r in recorded.get(name, []) if r["split"] == split]:
            measured, origin = same[0], f"results/{name}, seed {same[0]['seed']}"
        else:
            continue
        rows[name] = {"scores": measured["entity"], "seconds": measured["train"]["seconds"], "from": origin}
    return rows


def benchmark_table(path: Path) -> pd.DataFrame:
    """A row a tagger: tokens a second in training and prediction, and memory above the imports, as recorded.

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
