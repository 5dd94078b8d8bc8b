"""The baselines: what five seeds allow, and that a run which is off is called off. Worked by hand on a toy."""

import copy
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from legalner.cli import app
from legalner.regression import baseline_of, compare, figures
from legalner.run import RunError


def toy(seed: int, f1: float, errors: int = 7) -> dict:
    """What a run of a small profile may have recorded."""
    return {
        "profile": "toy", "description": "a toy", "seed": seed, "git_commit": f"commit of {seed}", "split": "sample",
        "parameters": {"SEED": seed, "EPOCHS": 4}, "versions": {"python": "3.12"}, "machine": {"cores": seed},
        "data": {"test_entities": 30, "test_tokens": 400},
        "train": {"epochs": 4, "seconds": 10.0 * seed, "history": [{"loss": 0.1 * seed}]},
        "entity": {"micro": {"f1": f1}, "per_class": {"GS": {"f1": f1, "support": 20.0, "predicted": 3.0 + seed}}},
        "errors": {"missed": errors},
        "notebooks": [{"name": "01_data", "seconds": 2.0 * seed, "peak_rss_mb": 300.0}],
    }  # fmt: skip


F1S = [0.30, 0.32, 0.34, 0.33, 0.31]


@pytest.fixture
def baseline() -> dict:
    return baseline_of([toy(seed, f1) for seed, f1 in enumerate(F1S, start=1)])


def off(metrics: dict, baseline: dict) -> list[str]:
    return [finding.figure for finding in compare(metrics, baseline) if not finding.good]


def test_what_the_seeds_share_must_be_equal_and_scores_may_differ_as_they_do(baseline: dict) -> None:
    assert baseline["seeds"] == [1, 2, 3, 4, 5]
    score = baseline["scores"]["entity.micro.f1"]
    assert score["mean"] == pytest.approx(0.32)
    assert score["allowed"] == pytest.approx(3 * 0.04)
    assert score["values"] == F1S
    assert baseline["scores"]["entity.per_class.GS.support"]["allowed"] == 0.01
    assert baseline["equal"] == {
        "split": "sample", "parameters.keys": "EPOCHS, SEED", "parameters.EPOCHS": 4,
        "data.keys": "test_entities, test_tokens", "data.test_entities": 30, "data.test_tokens": 400,
        "train.keys": "epochs, history, seconds", "train.epochs": 4,
        "entity.keys": "micro, per_class", "entity.micro.keys": "f1", "entity.per_class.keys": "GS",
        "entity.per_class.GS.keys": "f1, predicted, support", "errors.keys": "missed", "errors.missed": 7,
        "notebooks.keys": "01_data", "notebooks.01_data.keys": "peak_rss_mb, seconds",
    }  # fmt: skip


def test_a_run_within_the_spread_is_good(baseline: dict) -> None:
    assert off(toy(9, 0.32 + 0.119), baseline) == []


def test_a_class_on_which_the_seeds_agree_by_chance_is_allowed_what_chance_does() -> None:
    runs = [toy(seed, f1) for seed, f1 in enumerate(F1S, start=1)]
    for run in runs:
        run["entity"]["per_class"] |= {
            "VS": {"f1": 0.5, "support": 4.0, "predicted": 1.0},  # 2 / sqrt(4) is more than GS has
            "RS": {"f1": 0.5, "support": 1600.0, "predicted": 1.0},  # 2 / sqrt(1600)
        }
        run["exact"] = {"per_class": {"VS": {"f1": 0.5, "support": 4.0}}}  # of a model that no seed changes
    made = baseline_of(runs)
    allowed = {name: score["allowed"] for name, score in made["scores"].items()}
    assert allowed["entity.per_class.GS.f1"] == allowed["entity.per_class.VS.f1"] == pytest.approx(3 * 0.04)
    assert allowed["entity.per_class.RS.f1"] == pytest.approx(0.05)
    assert allowed["entity.per_class.VS.support"] == allowed["exact.per_class.VS.f1"] == 0.01
    runs[0]["entity"]["per_class"]["VS"]["f1"] = 0.61
    runs[0]["entity"]["per_class"]["RS"]["f1"] = 0.54
    assert off(runs[0], made) == []
    runs[0]["entity"]["per_class"]["VS"] |= {"f1": 0.63, "support": 5.0}
    runs[0]["entity"]["per_class"]["RS"]["f1"] = 0.44
    assert set(off(runs[0], made)) == {
        "entity.per_class.VS.f1", "entity.per_class.VS.support", "entity.per_class.RS.f1",
    }  # fmt: skip


@pytest.mark.parametrize("share", [-2, -1.05, 1.05, 2])
def test_a_score_past_its_tolerance_is_off(baseline: dict, share: float) -> None:
    metrics = toy(1, 0.32)
    metrics["entity"]["micro"]["f1"] += share * baseline["scores"]["entity.micro.f1"]["allowed"]
    assert off(metrics, baseline) == ["entity.micro.f1"]


def test_a_class_missing_is_off(baseline: dict) -> None:
    metrics = toy(1, 0.32)
    del metrics["entity"]["per_class"]["GS"]
    assert "entity.per_class.keys" in off(metrics, baseline)


def test_a_class_too_many_is_off(baseline: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["entity"]["per_class"]["XX"] = {"f1": 0.5}
    assert "entity.per_class.keys" in off(metrics, baseline)


@pytest.mark.parametrize("value", [29, 31, 30.0, "30", None])
def test_a_count_must_be_the_same_number(baseline: dict, value: object) -> None:
    metrics = toy(1, 0.32)
    metrics["data"]["test_entities"] = value
    assert off(metrics, baseline) == ["data.test_entities"]


def test_a_figure_that_nobody_expects_or_that_is_not_there_is_off(baseline: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["new"] = 1
    del metrics["split"]
    assert set(off(metrics, baseline)) == {"new", "split"}


def test_a_score_that_is_no_number_is_off(baseline: dict) -> None:
    metrics = toy(1, float("nan"))
    assert "entity.micro.f1" in off(metrics, baseline)


def test_seconds_memory_and_circumstances_are_not_judged(baseline: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["train"]["seconds"] = 1e6
    metrics["notebooks"][0] |= {"seconds": 1e6, "peak_rss_mb": 1e6}
    metrics |= {"git_commit": None, "versions": {}, "machine": {}, "command": "another"}
    assert off(metrics, baseline) == []


def test_a_count_in_which_the_seeds_differ_may_differ_as_they_do() -> None:
    made = baseline_of([toy(1, 0.3, errors=10), toy(2, 0.3, errors=12), toy(3, 0.3, errors=14)])
    assert made["scores"]["errors.missed"] == {"mean": 12, "values": [10, 12, 14], "allowed": 12.0}


def test_lists_are_one_value_but_for_those_with_names() -> None:
    flat = figures({"bins": [1, 2], "parts": [{"name": "a", "n": 1}, {"name": "b", "n": 2}]})
    assert flat["bins"] == "1, 2"
    assert (flat["parts.keys"], flat["parts.a.n"], flat["parts.b.n"]) == ("a, b", 1, 2)


def test_a_baseline_needs_several_seeds() -> None:
    with pytest.raises(RunError, match="three seeds"):
        baseline_of([toy(1, 0.3), toy(2, 0.3)])
    with pytest.raises(RunError, match="three seeds"):
        baseline_of([toy(1, 0.3), toy(1, 0.3), toy(2, 0.3)])


def test_a_word_in_which_the_seeds_differ_makes_no_baseline() -> None:
    runs = [toy(1, 0.3), toy(2, 0.3), toy(3, 0.3) | {"split": "other"}]
    with pytest.raises(RunError, match="split differs between the seeds"):
        baseline_of(runs)


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with the runs of five seeds."""
    for folder in ("notebooks", "legalner"):
        (tmp_path / folder).mkdir()
    for seed, f1 in enumerate(F1S, start=1):
        write(tmp_path, f"toy-{seed}", toy(seed, f1))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(checkout: Path, name: str, metrics: dict) -> None:
    folder = checkout / "runs" / name
    folder.mkdir(parents=True)
    (folder / "metrics.json").write_text(json.dumps(metrics), "utf-8")


def call(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["check", *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


RUNS = [f"runs/toy-{seed}" for seed in range(1, 6)]


def test_the_command_makes_a_baseline_and_holds_runs_against_it(checkout: Path) -> None:
    status, shown = call("--update", *RUNS)
    assert status == 0 and "toy.json" in shown
    status, shown = call(*RUNS)
    assert status == 0 and shown.count("figures are good") == 5
    metrics = copy.deepcopy(toy(1, 0.30))
    metrics["entity"]["micro"]["f1"] = 0.1
    write(checkout, "bad", metrics)
    status, shown = call("runs/toy-1", "runs/bad")
    assert status == 1
    line = next(line for line in shown.splitlines() if line.startswith("entity.micro.f1") and "OFF" in line)
    assert line.split() == ["entity.micro.f1", "0.1000", "0.3200", "±", "0.1200", "OFF"]
    assert "runs/bad: 1 of" in shown and "are OFF" in shown and "not judged" in shown


def test_an_update_shows_what_changed(checkout: Path) -> None:
    call("--update", *RUNS)
    assert "no figure changed" in call("--update", *RUNS)[1]
    status, shown = call("--update", *RUNS[:4])
    assert status == 0 and "entity.micro.f1" in shown and "0.3225" in shown and "0.3200" in shown
    assert json.loads((checkout / "tests" / "baselines" / "toy.json").read_text())["seeds"] == [1, 2, 3, 4]


def test_the_command_says_what_is_missing(checkout: Path) -> None:
    with pytest.raises(RunError, match=r"toy\.json is missing: no baseline for this profile"):
        call("runs/toy-1")
    with pytest.raises(RunError, match="the run did not end"):
        call("runs/never")
    write(checkout, "other", toy(1, 0.3) | {"profile": "other"})
    with pytest.raises(RunError, match="several profiles"):
        call("runs/toy-1", "runs/other")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"profile": "toy"}'])
def test_a_damaged_record_is_said(checkout: Path, content: str) -> None:
    (checkout / "runs" / "toy-1" / "metrics.json").write_text(content)
    with pytest.raises(RunError, match=r"metrics\.json (is damaged|lacks) "):
        call("runs/toy-1")


def test_a_score_that_is_no_number_is_off_and_makes_no_baseline(checkout: Path) -> None:
    call("--update", *RUNS)
    write(checkout, "broken", toy(1, float("nan")))
    status, shown = call("runs/broken")
    assert status == 1 and "OFF" in shown
    with pytest.raises(RunError, match="no finite number in each run"):
        call("--update", "runs/broken", *RUNS[1:])
