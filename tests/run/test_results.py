"""Recorded runs: which can be recorded, and tables of them."""

import json
import re
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.report import rows
from legalner.run import RunError
from legalner.run.results import (
    ablation_table,
    benchmark_table,
    comparison_rows,
    data_curve,
    load_results,
    load_trials,
    published_table,
    record,
    spread,
    steps_to_best,
    variants,
)
from tests.conftest import ROOT

RESULTS = ROOT / "results"


def run(profile: str, seed: int, f1: float, sentences: int = 100) -> dict:
    return {
        "profile": profile,
        "description": f"What {profile} does.",
        "seed": seed,
        "entity": {"micro": {"f1": f1, "precision": f1 + 0.1, "recall": f1 - 0.1}},
        "train": {"seconds": 120.0 * seed},
        "model": {"parameters": 12345},
        "data": {"train_data_sentences": sentences},
    }


def recorded(folder: Path) -> dict:
    runs = [
        run("best", 2, 0.7), run("best", 1, 0.6), run("article", 1, 0.3), run("improve-2-crf", 1, 0.5),
        run("improve-1-whole", 1, 0.4), run("vary-data-50", 1, 0.45, 50), run("vary-64", 1, 0.65), run("other", 1, 0.9),
    ]  # fmt: skip
    for values in runs:
        path = folder / values["profile"] / f"seed-{values['seed']}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(values), "utf-8")
    return load_results(folder)


def test_only_a_clean_run_is_recorded(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "toy"
    folder.mkdir(parents=True)
    for commit, problem in ((None, "Git"), ("abc-dirty", "uncommitted"), ("abc and def", "without --resume")):
        (folder / "metrics.json").write_text(json.dumps({"profile": "toy", "seed": 2, "git_commit": commit}))
        with pytest.raises(RunError, match=problem):
            record(folder, tmp_path)
    assert not (tmp_path / "results").exists()
    (folder / "metrics.json").write_text(json.dumps({"profile": "toy", "seed": 2, "git_commit": "abc"}))
    assert record(folder, tmp_path) == tmp_path / "results" / "toy" / "seed-2.json"
    assert json.loads((tmp_path / "results" / "toy" / "seed-2.json").read_text())["git_commit"] == "abc"


def test_rows_go_from_seed_by_the_steps_to_best(tmp_path):
    results = recorded(tmp_path)
    assert [r["seed"] for r in results["best"]] == [1, 2]
    assert steps_to_best(results) == ["article", "improve-1-whole", "improve-2-crf", "best"]
    assert variants(results) == ["best", "vary-64", "vary-data-50"]
    assert steps_to_best({}) == [] and variants({}) == []


def test_a_row_says_mean_and_half_the_range(tmp_path):
    table = ablation_table(results := recorded(tmp_path), steps_to_best(results))
    assert list(table.index) == ["article", "improve-1-whole", "improve-2-crf", "best"]
    assert table.loc["best"].to_dict() == {
        "what": "What best does", "seeds": 2, "entity F1": "65.0 ± 5.0", "precision": "75.0 ± 5.0",
        "recall": "55.0 ± 5.0", "training, minutes": "3.0 ± 1.0", "parameters": "12,345",
    }  # fmt: skip
    assert table.loc["article", "entity F1"] == "30.0" == spread([0.3])


def test_the_data_curve_has_a_row_a_run(tmp_path):
    curve = data_curve(recorded(tmp_path))
    assert curve.values.tolist() == [[50, 0.45, 1], [100, 0.6, 1], [100, 0.7, 2]]
    assert data_curve({}).empty


def test_published_figures_stand_above_ours_of_the_same_split():
    runs = [run("best-bverwg", n, f1) | {"split": "bverwg", "granularity": "fine"} for n, f1 in ((1, 0.80), (2, 0.81))]
    table = published_table({"best-bverwg": runs}, "best-bverwg", RESULTS)
    assert list(table["system"]) == ["spaCy with BERT", "best-bverwg"]
    assert list(table["f1"]) == ["84.73", "80.5 ± 0.5"]


def test_every_published_figure_is_a_percentage_with_its_source():
    published = pd.read_csv(RESULTS / "published.csv")
    assert list(published.columns) == ["split", "granularity", "system", "f1", "source"] and len(published) == 8
    assert published.notna().all(axis=None) and published["f1"].between(20, 100).all()
    recorded = {(runs[0].get("split"), runs[0].get("granularity")) for runs in load_results(RESULTS).values()}
    assert set(zip(published["split"], published["granularity"], strict=True)) <= recorded, "a figure nobody can see"


def test_the_recorded_trials_can_be_read():
    trials = load_trials(RESULTS)
    assert len(trials) >= 3
    for (learned_from, measured_on), table in trials.items():
        assert learned_from and measured_on and table["f1"].between(20, 100).all() and table["change"].is_unique
        assert not {"BGH", "BVerwG", "test"} & set(re.findall(r"\w+", measured_on))  # test data chooses nothing


def test_another_tagger_measured_in_lesson_5_is_never_taken_for_seed(tmp_path):
    (tmp_path / "metrics").mkdir()
    own, other = {"micro": {"f1": 0.3}}, {"micro": {"f1": 0.8}}
    (tmp_path / "metrics" / "04_train.json").write_text(json.dumps({"train": {"seconds": 9}}), "utf-8")
    recorded = tmp_path / "results" / "article"
    recorded.mkdir(parents=True)
    kept = run("article", 1, 0.4) | {"split": "sample"}
    (recorded / "seed-1.json").write_text(json.dumps(kept), "utf-8")
    for tagger, entity, origin in (("lesson 4", own, "this run"), ("package", other, "results/article, seed 1")):
        measured = {"tagger": tagger, "entity": entity}
        (tmp_path / "metrics" / "05_evaluate.json").write_text(json.dumps(measured), "utf-8")
        row = comparison_rows(tmp_path, tmp_path / "results", "sample")["article"]
        assert row["from"] == origin and row["scores"] == (entity if tagger == "lesson 4" else kept["entity"])
    assert comparison_rows(tmp_path, None, "sample") == {}


def test_a_recorded_benchmark_as_a_table(tmp_path):
    results = {
        "best 4x": {"train_tokens_per_second": 9000.4, "predict_tokens_per_second": 20000.0, "peak_mb": 400.0},
        "dense-1024 1x": {"train_tokens_per_second": 100.0, "peak_mb": 2000.0},
        "crf 4x": {"error": "it broke"},
    }
    (tmp_path / "benchmark.json").write_text(json.dumps({"table": rows(results)}), "utf-8")
    table = benchmark_table(tmp_path / "benchmark.json")
    assert len(table) == 2 and sorted(table["peak memory, MB"]) == [400, 2000]
    assert table["prediction, tokens a second"].isna().sum() == 1
