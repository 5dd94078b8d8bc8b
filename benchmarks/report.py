"""The figures as tables for the terminal."""

from __future__ import annotations

from typing import Any

import pandas as pd

from benchmarks.jobs import LABELS, SHARES

__all__ = ["failures", "growth_table", "live_table", "peak_share", "ratios", "rows", "text", "whole_table"]

Results = dict[str, dict[str, Any]]


def main_results(results: Results) -> Results:
    """Return the full measurement of each contender: on 4x the data, or on 1x for 1,024 units."""
    wanted = {name: f"{name} 1x" if name == "dense-1024" else f"{name} 4x" for name in LABELS}
    return {name: results[job] for name, job in wanted.items() if job in results}


def rows(results: Results) -> list[dict[str, Any]]:
    """Return what each contender is and the figures that lesson 06 shows, leaving out those that failed."""
    keys = ("train_tokens_per_second", "predict_tokens_per_second", "peak_mb")
    main = {name: r for name, r in main_results(results).items() if "error" not in r}
    return [{"what": LABELS[name], **{key: r.get(key) for key in keys}} for name, r in main.items()]


def failures(results: Results) -> dict[str, str]:
    """Return the message of each job that failed."""
    return {name: str(result["error"]) for name, result in results.items() if "error" in result}


def peak_share(result: dict[str, Any], peak: float | None) -> float | None:
    """Return the share of the machine's peak (GFLOP/s) that training reaches on real tokens; None if unknown."""
    if not peak or not result.get("flops_per_token"):
        return None
    return float(result["flops_per_token"] * result["train_tokens_per_second"] / 1e9 / peak)


def _shown(value: float | None, form: str) -> str:
    return "–" if value is None else format(value, form)


def live_table(results: Results) -> pd.DataFrame:
    """Make a table with a row for each contender: speed, memory, share of the machine's peak."""
    peak = results.get("matmul", {}).get("gflops")
    rows = {}
    for name, r in main_results(results).items():
        if "error" in r:
            rows[LABELS[name]] = ["FAILED"] + 7 * ["–"]
            continue
        rows[LABELS[name]] = [
            _shown(r["train_tokens_per_second"], ",.0f"),
            _shown(r.get("predict_tokens_per_second"), ",.0f"),
            _shown(r["train_peak_mb"], ",.0f"),
            _shown(r.get("peak_mb"), ",.0f"),
            _shown(r["imports_mb"], ",.0f"),
            _shown(peak_share(r, peak), ".1%"),
            _shown(r["train_cores"], ".1f"),
            _shown(r["prepare_seconds"], ".1f"),
        ]
    columns = [
        "training tokens/s", "prediction tokens/s", "peak MB, training", "… and prediction",
        "MB of imports", "of matmul peak", "cores at work", "preparing, s",
    ]  # fmt: skip
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def growth_table(results: Results) -> pd.DataFrame:
    """Make a table with a row for each contender: memory above the imports and seconds per pass, by data share."""
    rows = {}
    for name in LABELS:
        jobs = {part: results.get(f"{name} {part}", {}) for part in SHARES}
        if name != "dense-1024" and any(jobs.values()):
            rows[LABELS[name]] = [
                *(_shown(job.get("train_peak_mb"), ",.0f") for job in jobs.values()),
                *(_shown(job.get("epoch_seconds"), ",.2f") for job in jobs.values()),
            ]
    columns = [f"MB, {part}" for part in SHARES] + [f"s a pass, {part}" for part in SHARES]
    return pd.DataFrame.from_dict(rows, orient="index", columns=columns)


def whole_table(results: Results) -> pd.DataFrame:
    """Make a table of memory on all seven courts, if it was measured."""
    rows = {
        LABELS[name]: [_shown(r.get("train_peak_mb"), ",.0f"), _shown(r.get("imports_mb"), ",.0f")]
        for name in LABELS
        if (r := results.get(f"{name} whole"))
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["peak MB, training", "MB of imports"])


def ratios(results: Results) -> dict[str, dict[str, float]]:
    """Divide each contender's figures by those of the dense array with 256 units, as far as both were measured."""
    main = {name: r for name, r in main_results(results).items() if "error" not in r}
    base = main.get("dense", {})
    keys = ("train_tokens_per_second", "predict_tokens_per_second", "train_peak_mb", "epoch_seconds")
    return {name: {k: r[k] / base[k] for k in keys if k in r and base.get(k)} for name, r in main.items()}


def text(figures: dict[str, Any]) -> str:
    """Return all tables, with what the reader has to know about them."""
    results, machine = figures["results"], figures["machine"]
    files = figures["sentences"]
    peak = results.get("matmul", {}).get("gflops")
    vectors = results.get("vectors 4x", {}).get("seconds")
    parts = [
        f"{'Quick run' if figures['quick'] else 'Full run'}, {figures['split']}: trained on "
        f"{files['train-4x']['sentences']:,} sentences ({files['train-4x']['tokens']:,} tokens), predicted "
        f"{files['test']['sentences']:,} ({files['test']['tokens']:,}). {machine['cores']} cores, load "
        f"{machine['load_average'][0]:.1f} at the start; matrix multiplication {_shown(peak, '.0f')} GFLOP/s "
        f"({results.get('matmul', {}).get('device', '?')}); making the word vectors {_shown(vectors, '.0f')} s.",
        live_table(results).to_string(),
        "Tokens are those that are read: no padding, nothing cut off. Memory is the peak above the bare imports.\n"
        "For the linear CRF, training tokens count once per iteration. 1,024 units: some steps, on 1x the data.",
        "Growth with a quarter (1x), a half (2x) and all (4x) of the training sentences; a pass of the linear CRF is\n"
        "one iteration, of which it needs about a hundred:",
        growth_table(results).to_string(),
    ]
    if len(whole := whole_table(results)):
        parts += ["All seven courts, some steps of training:", whole.to_string()]
    parts += ["\n".join(figures["recorded_text"])]
    if failed := failures(results):
        parts += ["FAILED:\n" + "\n".join(f"  {name}: {message}" for name, message in failed.items())]
    return "\n\n".join(parts)
