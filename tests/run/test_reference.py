"""References: what five seeds allow, and that a run outside it is called off. Worked by hand on a toy."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from legalner.cli import app
from legalner.run import RunError, compare, read_reference
from legalner.run.reference import figures, make_reference
from tests.conftest import ROOT


def toy(seed: int, f1: float, errors: int = 7) -> dict:
    """What a run of a small profile may have recorded."""
    return {
        "profile": "toy", "description": "a toy", "seed": seed, "git_commit": f"commit of {seed}", "split": "sample",
        "parameters": {"SEED": seed, "EPOCHS": 4}, "versions": {"python": "3.12"}, "machine": {"cores": seed},
        "data": {"test_entities": 30, "test_tokens": 400},
        "train": {"epochs": 4, "seconds": 10.0 * seed, "history": [{"loss": 0.1 * seed}]},
        "entity": {"micro": {"f1": f1}, "per_class": {"GS": {"f1": f1, "support": 20.0}, "RS": {"support": 10.0}}},
        "errors": {"missed": errors},
        "notebooks": [{"name": "01_data", "seconds": 2.0 * seed, "peak_rss_mb": 300.0}],
    }  # fmt: skip


F1S = [0.30, 0.32, 0.34, 0.33, 0.31]


@pytest.fixture
def reference() -> dict:
    return make_reference([toy(seed, f1) for seed, f1 in enumerate(F1S, start=1)])


def off(metrics: dict, reference: dict) -> list[str]:
    return [finding.figure for finding in compare(metrics, reference) if not finding.good]


def test_what_the_seeds_share_must_be_equal_and_scores_may_differ_as_they_do(reference: dict) -> None:
    assert reference["seeds"] == [1, 2, 3, 4, 5]
    score = reference["scores"]["entity.micro.f1"]
    assert score["mean"] == pytest.approx(0.32)
    assert score["allowed"] == pytest.approx(3 * 0.04)
    assert score["values"] == F1S
    assert list(reference["scores"]) == ["entity.micro.f1"]
    assert reference["equal"] == {
        "split": "sample", "parameters.keys": "EPOCHS, SEED", "parameters.EPOCHS": 4,
        "data.keys": "test_entities, test_tokens", "data.test_entities": 30, "data.test_tokens": 400,
        "train.keys": "epochs, history, seconds", "train.epochs": 4,
        "entity.keys": "micro, per_class", "entity.micro.keys": "f1", "entity.per_class.keys": "GS, RS",
        "entity.per_class.support": 30, "errors.keys": "missed", "errors.missed": 7,
        "notebooks.keys": "01_data", "notebooks.01_data.keys": "peak_rss_mb, seconds",
    }  # fmt: skip


def test_a_run_within_the_spread_is_good(reference: dict) -> None:
    assert off(toy(9, 0.32 + 0.119), reference) == []


def test_a_score_that_no_seed_changes_may_still_differ_a_little() -> None:
    made = make_reference([toy(seed, 0.3) for seed in (1, 2, 3)])
    assert made["scores"]["entity.micro.f1"]["allowed"] == 0.01
    assert off(toy(4, 0.309), made) == [] and off(toy(4, 0.311), made) == ["entity.micro.f1"]


def test_scores_of_single_classes_are_not_judged(reference: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["entity"]["per_class"]["GS"]["f1"] = 0.99
    assert off(metrics, reference) == []


def test_gold_entities_that_are_not_scored_are_off(reference: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["entity"]["per_class"]["GS"]["support"] = 19.0
    assert off(metrics, reference) == ["entity.per_class.support"]


@pytest.mark.parametrize("share", [-2, -1.05, 1.05, 2])
def test_a_score_past_its_tolerance_is_off(reference: dict, share: float) -> None:
    metrics = toy(1, 0.32)
    metrics["entity"]["micro"]["f1"] += share * reference["scores"]["entity.micro.f1"]["allowed"]
    assert off(metrics, reference) == ["entity.micro.f1"]


def test_a_class_missing_is_off(reference: dict) -> None:
    metrics = toy(1, 0.32)
    del metrics["entity"]["per_class"]["GS"]
    assert "entity.per_class.keys" in off(metrics, reference)


def test_a_class_too_many_is_off(reference: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["entity"]["per_class"]["XX"] = {"f1": 0.5, "support": 0.0}
    assert off(metrics, reference) == ["entity.per_class.keys"]


@pytest.mark.parametrize("value", [29, 31, 30.0, "30", None])
def test_a_count_must_be_the_same_number(reference: dict, value: object) -> None:
    metrics = toy(1, 0.32)
    metrics["data"]["test_entities"] = value
    assert off(metrics, reference) == ["data.test_entities"]


def test_a_new_or_missing_figure_is_off(reference: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["new"] = 1
    del metrics["split"], metrics["entity"]["micro"]["f1"]
    assert set(off(metrics, reference)) == {"new", "split", "entity.micro.f1", "entity.micro.keys"}


def test_a_score_that_is_no_number_is_off(reference: dict) -> None:
    assert off(toy(1, float("nan")), reference) == ["entity.micro.f1"]


def test_seconds_memory_and_circumstances_are_not_judged(reference: dict) -> None:
    metrics = toy(1, 0.32)
    metrics["train"]["seconds"] = 1e6
    metrics["notebooks"][0] |= {"seconds": 1e6, "peak_rss_mb": 1e6}
    metrics |= {"git_commit": None, "versions": {}, "machine": {}, "command": "another"}
    assert off(metrics, reference) == []


def test_a_count_in_which_the_seeds_differ_may_differ_as_they_do() -> None:
    made = make_reference([toy(1, 0.3, errors=10), toy(2, 0.3, errors=12), toy(3, 0.3, errors=14)])
    assert made["scores"]["errors.missed"] == {"mean": 12, "values": [10, 12, 14], "allowed": 12.0}


def test_a_list_is_one_value_unless_its_items_have_names() -> None:
    flat = figures({"bins": [1, 2], "parts": [{"name": "a", "n": 1}, {"name": "b", "n": 2}]})
    assert flat["bins"] == "1, 2"
    assert (flat["parts.keys"], flat["parts.a.n"], flat["parts.b.n"]) == ("a, b", 1, 2)


def test_a_reference_needs_several_seeds() -> None:
    for seeds in ((1, 2), (1, 1, 2)):
        with pytest.raises(RunError, match="at least three seeds"):
            make_reference([toy(seed, 0.3) for seed in seeds])


@pytest.mark.parametrize(("key", "value"), [("split", "other"), ("new", 1), ("errors", {"missed": float("nan")})])
def test_seeds_that_differ_in_no_number_make_no_reference(key: str, value: object) -> None:
    with pytest.raises(RunError, match=r"no reference can be made: .* is not a finite number in every run"):
        make_reference([toy(1, 0.3), toy(2, 0.3), toy(3, 0.3) | {key: value}])


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


def test_the_command_makes_a_reference_and_compares_runs_with_it(checkout: Path) -> None:
    status, shown = call("--update", *RUNS)
    assert status == 0 and "toy.json" in shown
    status, shown = call(*RUNS)
    assert status == 0 and shown.count("figures are good") == 5
    write(checkout, "bad", toy(1, 0.1))
    write(checkout, "broken", toy(1, float("nan")))
    for name, value in (("bad", "0.1000"), ("broken", "nan")):
        status, shown = call("runs/toy-1", f"runs/{name}")
        assert status == 1
        (line,) = (line for line in shown.splitlines() if "entity.micro.f1" in line and "OFF" in line)
        assert line.split() == ["entity.micro.f1", value, "0.3200", "±", "0.1200", "OFF"]
        assert f"runs/{name}: 1 of" in shown and "are OFF" in shown and "not judged" in shown


def test_what_is_equal_is_shown_on_demand(checkout: Path) -> None:
    call("--update", *RUNS)
    assert "data.test_entities" not in call("runs/toy-1")[1]
    assert "data.test_entities" in call("--all", "runs/toy-1")[1]


def test_an_update_shows_what_changed(checkout: Path) -> None:
    call("--update", *RUNS)
    assert "no figure changed" in call("--update", *RUNS)[1]
    status, shown = call("--update", *RUNS[:4])
    assert status == 0 and "entity.micro.f1" in shown and "0.3225" in shown and "0.3200" in shown
    assert json.loads((checkout / "tests" / "references" / "toy.json").read_text())["seeds"] == [1, 2, 3, 4]


def test_the_command_says_what_is_missing(checkout: Path) -> None:
    with pytest.raises(RunError, match=r"toy\.json is missing: this profile has no reference"):
        call("runs/toy-1")
    with pytest.raises(RunError, match="the run did not finish"):
        call("runs/never")
    write(checkout, "other", toy(1, 0.3) | {"profile": "other"})
    with pytest.raises(RunError, match="several profiles"):
        call("runs/toy-1", "runs/other")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"profile": "toy"}'])
@pytest.mark.parametrize("file", ["runs/toy-1/metrics.json", "tests/references/toy.json"])
def test_a_damaged_file_is_named(checkout: Path, file: str, content: str) -> None:
    call("--update", *RUNS)
    (checkout / file).write_text(content)
    for words in (["runs/toy-1"], ["--update", *RUNS]):
        with pytest.raises(RunError, match=rf"{file} (is damaged|lacks) "):
            call(*words)


@pytest.mark.parametrize("profile", ["smoke", "quick"])
def test_stored_references_are_as_they_would_be_made(profile: str) -> None:
    reference = read_reference(ROOT, profile)
    for score in reference["scores"].values():
        spread = max(score["values"]) - min(score["values"])
        assert score["allowed"] == pytest.approx(max(0.01, 3 * spread), abs=1e-6)
        # A score may have values of another machine too, with the same seeds.
        assert len(score["values"]) >= len(reference["seeds"])
        assert score["mean"] == pytest.approx(sum(score["values"]) / len(score["values"]), abs=1e-6)
