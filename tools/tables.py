"""Write README's tables from results/; `make tables` runs this.

Each table is between two comments, `<!-- table NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from legalner.run.results import STEP, VARIANT, load_results, spread
from legalner.workspace import read_json

ROOT = Path(__file__).resolve().parents[1]
# Runs of all lessons, recorded for the time that each lesson takes.
TIMED = ("smoke", "lessons")


def results_table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Make a table with a row for each profile: entity scores, token scores, cost, and the commit that ran."""
    lines = [
        "| profile | split | parameters | seeds | entity F1 | precision | recall | token F1, weighted | token accuracy "
        "| training, minutes | peak memory, GB | commit |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
    ]
    for name, runs in results.items():
        if name.startswith((STEP, VARIANT)):  # lesson 08 shows these
            continue
        if name == "baselines":
            lines += _baseline_rows(runs)
            continue
        micro = [run["entity"]["micro"] for run in runs]
        memory = [max(n["peak_rss_mb"] for n in run["notebooks"]) / 1000 for run in runs]
        cells = [
            f"[`{name}`](results/{name})",
            runs[0]["split"],
            f"{runs[0]['model']['parameters']:,}",
            str(len(runs)),
            f"**{spread([m['f1'] for m in micro])}**",
            spread([m["precision"] for m in micro]),
            spread([m["recall"] for m in micro]),
            spread([run["token"]["weighted_f1"] for run in runs]),
            spread([run["token"]["accuracy"] for run in runs]),
            spread([run["train"]["seconds"] for run in runs], scale=1 / 60),
            spread(memory, scale=1),
            ", ".join(sorted({f"`{run['git_commit'][:7]}`" for run in runs})),
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _baseline_rows(runs: list[dict[str, Any]]) -> list[str]:
    """Make the rows of the two baselines of lesson 06, with a dash where they have no figure."""
    rows = []
    for key, title in (("linear_crf", "linear CRF"), ("spacy", "spaCy's `ner`")):
        measured = [run[key] for run in runs]
        scores = [spread([m["entity"]["micro"][what] for m in measured]) for what in ("f1", "precision", "recall")]
        size = f"{measured[0]['weights']:,}" if "weights" in measured[0] else "–"
        minutes = spread([m["train"]["seconds"] for m in measured], scale=1 / 60)
        commits = ", ".join(sorted({f"`{run['git_commit'][:7]}`" for run in runs}))
        cells = [
            f"[{title}](results/baselines)", runs[0]["split"], size, str(len(runs)), f"**{scores[0]}**", *scores[1:],
            "–", "–", minutes, "–", commits,
        ]  # fmt: skip
        rows.append("| " + " | ".join(cells) + " |")
    return rows


def baseline_table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Make a table of the scores of predicting no entity at all, on each split that was run."""
    found = {run["split"]: run["all_outside"] for runs in results.values() for run in runs if "all_outside" in run}
    lines = ["| split | token accuracy of predicting no entity at all | its entity F1 |", "|---|--:|--:|"]
    for split, scores in found.items():
        lines.append(f"| {split} | {spread([scores['token_accuracy']])} | {spread([scores['entity_f1']])} |")
    return "\n".join(lines)


def speed_table(benchmark: dict[str, Any]) -> str:
    """Make a table of each tagger's speed and memory, with ratios to the first row, and two sentences below it."""
    lines = ["| | training, tokens a second | prediction, tokens a second | peak memory, MB |", "|---|--:|--:|--:|"]
    first = benchmark["table"][0]
    for row in benchmark["table"]:
        cells = [row["what"] + (" (an iteration of its hundred)" if row["what"] == "linear CRF" else "")]
        for key in ("train_tokens_per_second", "predict_tokens_per_second", "peak_mb"):
            cells.append(f"{row[key]:,.0f} ({row[key] / first[key]:.1f} ×)")
        lines.append("| " + " | ".join(cells) + " |")
    rates = {row["what"]: row["predict_tokens_per_second"] for row in benchmark["table"]}
    lines += ["", f"`best` predicts at {rates['our best'] / rates['spaCy ner']:.1f} times the speed of spaCy's `ner`."]
    whole = {name: benchmark["results"][f"{name} whole"]["train_peak_mb"] for name in ("dense", "article", "best")}
    lines[-1] += (
        f" Training on all seven courts takes {whole['dense']:,.0f} MB with a dense array, {whole['article']:,.0f} MB"
        f" as `article` and {whole['best']:,.0f} MB as `best`."
    )
    return "\n".join(lines)


def reach_table(results: dict[str, list[dict[str, Any]]]) -> str:
    """Make a table of how long `best` takes to exceed the final F1 of `article`."""
    lines = ["| run | training, seconds | entity F1 |", "|---|--:|--:|"]
    for name, what in (("article", "`article`, its fastest run"), ("best-2-epochs", "`best`, two epochs")):
        fastest = min(results[name], key=lambda run: run["train"]["seconds"])
        f1 = spread([fastest["entity"]["micro"]["f1"]])
        lines.append(f"| {what} | {fastest['train']['seconds']:,.0f} | {f1} |")
    return "\n".join(lines)


def fill(text: str, results: dict[str, list[dict[str, Any]]], benchmark: dict[str, Any]) -> str:
    """Replace the tables of a page.

    Args:
        text: The page.
        results: From :func:`legalner.run.results.load_results`.
        benchmark: The content of ``benchmark.json``.

    Raises:
        ValueError: The page lacks the comments of a table.
    """
    results = {name: runs for name, runs in results.items() if name not in TIMED}
    tables = {"results": results_table(results), "baseline": baseline_table(results), "speed": speed_table(benchmark)}
    tables["reach"] = reach_table(results) if "best-2-epochs" in results else ""
    for name, table in tables.items():
        pattern = re.compile(rf"(<!-- table {name} -->\n).*?(<!-- end -->)", flags=re.DOTALL)
        if not pattern.search(text):
            raise ValueError(f"the page lacks the comments of the table {name!r}")
        text = pattern.sub(lambda match, table=table: f"{match[1]}{table}\n{match[2]}", text)  # type: ignore[misc]
    return text


if __name__ == "__main__":
    readme = ROOT / "README.md"
    benchmark = read_json(ROOT / "results" / "benchmark.json")
    filled = fill(readme.read_text(encoding="utf-8"), load_results(ROOT / "results"), benchmark)
    readme.write_text(filled, encoding="utf-8", newline="\n")
    sys.stdout.write("README.md: tables written\n")
