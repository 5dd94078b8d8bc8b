"""The lessons, headless, on the sample: the one end-to-end run, which the other tests look at."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

from legalner.data import load_corpus
from legalner.evaluate import entity_scores
from legalner.improve import TrainedTagger
from legalner.run import compare, finding_lines, read_reference
from legalner.workspace import MissingStepError
from tests.conftest import ROOT, ProjectCopy, copy_project

KEYS = {
    "profile", "seed", "git_commit", "versions", "split", "evaluated_on", "scheme", "granularity", "data", "vectors",
    "model", "train", "token", "entity", "notebooks",
}  # fmt: skip


@pytest.fixture(scope="module")
def metrics(smoke: ProjectCopy) -> dict:
    return smoke.metrics("smoke")


def test_no_network_is_needed(smoke: ProjectCopy, without_network: list[str]) -> None:
    if not without_network:
        pytest.skip("this system gives no process a network of its own (unshare and ip): smoke ran with the network on")
    lonely = [*smoke.before, sys.executable, "-c", "import socket; socket.create_connection(('192.0.2.1', 9), 3)"]
    assert "unreachable" in subprocess.run(lonely, capture_output=True, text=True, check=False).stderr


def test_every_figure_agrees_with_the_reference(metrics: dict) -> None:
    off = [finding for finding in compare(metrics, read_reference(ROOT, "smoke")) if not finding.good]
    assert not off, "\n".join(finding_lines(off))


def without_circumstances(values: Any) -> Any:
    """Leave out what two runs need not share: times, memory, commit and command."""
    if isinstance(values, list):
        return [without_circumstances(value) for value in values]
    if not isinstance(values, dict):
        return values
    names = ("seconds", "peak_rss_mb", "tokens_per_second", "git_commit", "command")
    return {k: without_circumstances(v) for k, v in values.items() if not any(name in k for name in names)}


@pytest.mark.thorough
def test_the_same_seed_gives_the_same_figures_to_the_last_digit(smoke: ProjectCopy, metrics: dict) -> None:
    ended = smoke.run("--profile", "smoke", "--name", "again")
    assert ended.returncode == 0, ended.stderr
    assert without_circumstances(smoke.metrics("again")) == without_circumstances(metrics)


def test_metrics_have_the_agreed_keys(metrics: dict) -> None:
    assert set(metrics) >= KEYS
    parts = {f"{part}_{what}" for part in ("train", "val", "test") for what in ("sentences", "tokens", "entities")}
    assert set(metrics["data"]) >= parts | {"train_data_sentences"}
    assert set(metrics["model"]) >= {"name", "parameters"}
    assert set(metrics["train"]) >= {"epochs", "seconds", "tokens_per_second"}
    assert set(metrics["token"]) >= {"accuracy", "weighted_f1", "macro_f1"}
    assert set(metrics["entity"]["micro"]) >= {"precision", "recall", "f1"}
    assert set(metrics["entity"]) >= {"macro_f1", "per_class"}
    assert metrics["split"] == "sample" and metrics["evaluated_on"] == "test"


def test_whole_gold_is_scored(metrics: dict) -> None:
    support = sum(row["support"] for row in metrics["entity"]["per_class"].values())
    assert support == metrics["data"]["test_entities"]


def test_the_model_learned_something_and_is_not_perfect(metrics: dict) -> None:
    assert 0.1 < metrics["entity"]["micro"]["f1"] < 0.97
    assert metrics["token"]["accuracy"] > metrics["all_outside"]["token_accuracy"]
    losses = [epoch["loss"] for epoch in metrics["train"]["history"]]
    assert losses[-1] < losses[0]


def test_the_second_model_is_measured_beside_the_first(metrics: dict) -> None:
    second = metrics["08_improve"]
    assert metrics["model"]["name"] == "bilstm" and second["model"]["name"] == "tagger"
    assert sum(row["support"] for row in second["entity"]["per_class"].values()) == metrics["data"]["test_entities"]
    # It is no contest (both are small), but the tagger that reads prefixes and shapes must not lose.
    assert second["entity"]["micro"]["f1"] > metrics["entity"]["micro"]["f1"]
    losses = [epoch["loss"] for epoch in second["train"]["history"]]
    assert losses[-1] < losses[0]


def test_the_baselines_are_measured_on_the_same_entities(metrics: dict) -> None:
    for name in ("linear_crf", "spacy"):
        measured = metrics[name]
        assert sum(r["support"] for r in measured["entity"]["per_class"].values()) == metrics["data"]["test_entities"]
        assert 0.3 < measured["entity"]["micro"]["f1"] < 0.99
        assert measured["tokens_per_second"] > 0 and measured["train"]["seconds"] > 0 and measured["bytes"] > 0


def test_the_kept_model_tags_as_the_lesson_did(smoke: ProjectCopy, metrics: dict) -> None:
    corpus = load_corpus("sample")
    tagger = TrainedTagger.load(smoke.root / "runs" / "smoke" / "model")
    scores = entity_scores([s.tags for s in corpus.test], tagger.tag([s.tokens for s in corpus.test]))
    assert scores.f1 == pytest.approx(metrics["08_improve"]["entity"]["micro"]["f1"], abs=1e-6)


def test_parameters_are_those_counted_by_hand(metrics: dict) -> None:
    units, dimension = metrics["model"]["units"], metrics["vectors"]["dimension"]
    tags = 2 + 19  # `_`, `O`, and the sample's classes
    assert metrics["model"]["parameters"] == 2 * 4 * units * (dimension + units + 1) + (2 * units + 1) * tags


def test_pages_show_figures(smoke: ProjectCopy, metrics: dict) -> None:
    for name in (notebook["name"] for notebook in metrics["notebooks"]):
        page = (smoke.root / "runs" / "smoke" / "html" / f"{name}.html").read_text("utf-8")
        cells = nbformat.read(ROOT / "notebooks" / f"{name}.ipynb", 4).cells
        # Not the picture that nbconvert's own style sheet holds.
        assert bool(re.search("<img [^>]*data:image/png", page)) == any("alt" in c.metadata for c in cells), name


@pytest.mark.thorough
def test_every_cell_may_be_run_twice(metrics: dict, tmp_path: Path, without_network: list[str]) -> None:
    """As learners do; in the lessons that take seconds."""
    project = copy_project(tmp_path, without_network)
    lessons = ["01_data", "02_preprocess", "03_model"]
    for lesson in lessons:
        path = project.root / "notebooks" / f"{lesson}.ipynb"
        notebook = nbformat.read(path, 4)
        cells = []
        for cell in notebook.cells:
            cells.append(cell)
            if cell.cell_type == "code" and "parameters" not in cell.metadata.get("tags", []):
                cells.append(nbformat.v4.new_code_cell(cell.source))
        notebook.cells = cells
        nbformat.write(notebook, path)
    values = {name: metrics["parameters"][name] for name in ("SPLIT", "SEED", "DIMENSION", "UNITS")}
    profile = {"description": "toy", "notebooks": lessons, "cell_timeout": 120, "parameters": values}
    (project.root / "profiles" / "twice.yaml").write_text(json.dumps(profile))  # JSON is YAML
    ended = project.run("--profile", "twice")
    assert ended.returncode == 0, ended.stderr
    found = project.metrics("twice")
    assert found["data"] == metrics["data"] and found["vectors"] == metrics["vectors"]
    assert found["model"] == metrics["model"]


@pytest.mark.thorough
def test_lesson_8_runs_with_the_article_s_tags_too(tmp_path: Path, without_network: list[str]) -> None:
    """They cannot say where an entity begins, so there is no annotating with them."""
    project = copy_project(tmp_path, without_network)
    tagger = {"scheme": "class", "features": ["shape", "suffix3"], "units": 8, "conv_filters": 8, "epochs": 1}
    profile = {
        "description": "toy", "notebooks": ["01_data", "08_improve"], "cell_timeout": 120,
        "parameters": {"SPLIT": "sample", "TAGGER": tagger, "PROGRESS": "lines"},
    }  # fmt: skip
    (project.root / "profiles" / "class.yaml").write_text(json.dumps(profile))  # JSON is YAML
    ended = project.run("--profile", "class")
    assert ended.returncode == 0, ended.stderr
    assert project.metrics("class")["scheme"] == "class"


@pytest.mark.parametrize(
    "lesson", ["02_preprocess", "03_model", "04_train", "05_evaluate", "06_baselines", "08_improve", "09_annotate"]
)
def test_a_lesson_entered_alone_says_what_to_run(lesson: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("notebooks", "legalner"):  # so that this is where runs/ lies
        (tmp_path / name).mkdir()
    monkeypatch.chdir(tmp_path / "notebooks")
    cells = [c.source for c in nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", 4).cells if c.cell_type == "code"]
    names: dict[str, Any] = {}
    with pytest.raises(MissingStepError, match=r"is missing: run notebook \d\d_\w+ first") as error:
        for cell in cells:
            exec(compile(cell, lesson, "exec"), names)
    (asked,) = re.findall(r"run notebook (\w+) first", str(error.value))
    assert asked < lesson, "what is missing is made by an earlier lesson"
    assert not list((tmp_path / "runs").rglob("*.*")), "it began to work"
