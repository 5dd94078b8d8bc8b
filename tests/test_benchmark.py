"""The benchmark's parts, on made-up figures and a few sentences; nothing here depends on how fast the machine is."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner

from benchmarks import cli, jobs, recorded, report
from benchmarks.contenders.base import passes
from benchmarks.flops import training_flops
from benchmarks.measure import Stopwatch, peak_memory, resident_memory
from legalner.data import Sentence

ROOT = Path(__file__).resolve().parents[1]
LAW = Sentence(("§", "5", "BGB", "gilt"), ("B-GS", "I-GS", "I-GS", "O"))


def test_flops_by_hand() -> None:
    # d = 3, u = 2: 4 · 2 · (3 + 2) = 40 weights a direction, 80 operations, 160 in two directions; 5 tags from 4 states
    # are 40 operations. Forward 200, with the backward pass three times that.
    assert training_flops(3, 2, 5) == 3 * (160 + 40)
    # A window of 4 units: 5 · 3 inputs for each, twice; and 4 more numbers for each of the 5 tags to read, twice.
    assert training_flops(3, 2, 5, conv_filters=4) == 3 * (160 + 40 + 120 + 40)
    # A second layer reads 4 states: 4 · 2 · (4 + 2) = 48 weights, 192 operations.
    assert training_flops(3, 2, 5, layers=2) == 3 * (160 + 192 + 40)


def test_dense_array_by_hand() -> None:
    from benchmarks.contenders.dense import dense
    from legalner.data import TagSet
    from legalner.preprocess import Vocabulary, encode

    vocabulary = Vocabulary(("§", "BGB"), np.array([[0, 0], [0, 0], [1, 2], [3, 4]], np.float32))
    encoded = encode([LAW, LAW], vocabulary, TagSet.from_sentences([LAW], "class"), 6)
    array = dense(encoded.ids, vocabulary)
    assert array.shape == (2, 6, 2) and array.dtype == np.float32 and array.nbytes == 2 * 6 * 2 * 4
    assert array[1].tolist() == [[1, 2], [0, 0], [3, 4], [0, 0], [0, 0], [0, 0]]


def test_stopwatch_leaves_the_warm_up_out() -> None:
    watch = Stopwatch(warm_up=1, steps=[(100.0, 5), (2.0, 30), (2.0, 50)])
    assert watch.rate == 20
    watch.start()
    watch.step(7)
    assert len(watch.steps) == 4 and watch.steps[-1][1] == 7 and watch.steps[-1][0] >= 0
    with pytest.raises(ValueError, match="too few"):
        _ = Stopwatch(warm_up=2, steps=[(1.0, 1)]).rate


def test_peak_memory_is_of_this_program_alone() -> None:
    before = peak_memory()
    block = np.ones(40_000_000, np.uint8)
    assert peak_memory() >= resident_memory() >= block.nbytes
    # A large parent must not show in a small child.
    code = "from benchmarks.measure import peak_memory; print(peak_memory())"
    child = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(child.stdout) < before + block.nbytes


def test_passes_make_enough_steps() -> None:
    assert [passes(12, steps) for steps in (1, 5, 12, 300)] == [12, 3, 1, 1]


def test_growth_subsets_are_nested_and_of_a_quarter_a_half_and_all(tmp_path: Path) -> None:
    numbered = [Sentence((str(i),), ("O",)) for i in range(16)]
    parts = {name: [s.tokens[0] for s in jobs.share(numbered, one_in)] for name, one_in in jobs.SHARES.items()}
    assert parts["1x"] == ["0", "4", "8", "12"]
    assert [len(parts[name]) for name in ("1x", "2x", "4x")] == [4, 8, 16]
    assert set(parts["1x"]) < set(parts["2x"]) < set(parts["4x"])


def test_files_of_sentences(tmp_path: Path) -> None:
    counts = jobs.write_sentences(tmp_path, "sample", None, quick=False, whole=False)
    assert set(counts) == {"train-1x", "train-2x", "train-4x", "test", "test-few"}
    for name, count in counts.items():
        assert (tmp_path / f"{name}.conll").exists() and count["tokens"] > count["sentences"] > 0
    assert abs(counts["train-4x"]["sentences"] - 4 * counts["train-1x"]["sentences"]) < 4


def test_plan_measures_each_contender_at_three_sizes() -> None:
    planned = jobs.plan(quick=False, whole=False, profile=Path("best.yaml"))
    names = [job.name for job in planned]
    assert len(names) == len(set(names)) and names[:2] == ["vectors 4x", "matmul"]
    for contender in ("dense", "article", "best", "spacy", "crf"):
        assert [f"{contender} {size}" in names for size in jobs.SHARES] == [True] * 3
    tokens = dict.fromkeys(["train-1x", "train-2x", "train-4x", "test", "test-few"], 1000)
    assert all(job.guess(tokens) > 0 for job in planned)
    assert {"dense whole", "article whole", "best whole"} <= {
        job.name for job in jobs.plan(quick=True, whole=True, profile=Path("best.yaml"))
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "missing"),
        ("parameters: {}", "TAGGER is missing"),
        ("parameters: {TAGGER: {unit: 1}}", "unknown TAGGER field unit; expected some of scheme"),
        ("parameters: {TAGGER: {units: 0}}", "positive"),
    ],
)
def test_a_profile_that_cannot_be_used_is_refused_clearly(tmp_path: Path, content: str | None, message: str) -> None:
    from benchmarks.contenders.best import load_config

    path = tmp_path / "best.yaml"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises((FileNotFoundError, ValueError), match=message):
        load_config(path)


def test_best_is_read_from_a_profile(tmp_path: Path) -> None:
    from benchmarks.contenders.best import load_config

    path = tmp_path / "best.yaml"
    path.write_text(yaml.safe_dump({"parameters": {"TAGGER": {"units": 64, "features": ["shape"]}}}), encoding="utf-8")
    config = load_config(path)
    assert (config.units, config.features) == (64, ("shape",))


def result(**changed: float) -> dict:
    figures = {
        "imports_mb": 500.0, "sentences": 10, "tokens": 100, "prepare_seconds": 0.1, "train_seconds": 1.0,
        "train_cores": 1.5, "train_tokens_per_second": 1000.0, "epoch_seconds": 0.1, "train_peak_mb": 200.0,
        "flops_per_token": 1_000_000, "predict_tokens_per_second": 4000.0, "peak_mb": 300.0,
    }  # fmt: skip
    return figures | changed


def made_up() -> dict:
    results = {
        "vectors 4x": {"seconds": 42.0},
        "matmul": {"gflops": 10.0, "device": "CPU"},
        "dense 1x": result(train_peak_mb=50.0),
        "dense 2x": result(train_peak_mb=100.0),
        "dense 4x": result(),
        "best 4x": result(train_tokens_per_second=3000.0, train_peak_mb=20.0),
        "crf 4x": {"error": "ImportError: no crf"},
    }
    counts = {"sentences": 10, "tokens": 100}
    return {
        "quick": True, "split": "sample", "machine": {"cores": 2, "load_average": [0.0, 0.0, 0.0]},
        "sentences": {"train-4x": counts, "test": counts}, "results": results, "recorded_text": ["nothing recorded"],
    }  # fmt: skip


def test_tables_from_made_up_figures() -> None:
    figures = made_up()
    table = report.live_table(figures["results"])
    assert list(table.index) == ["dense array, 256 units", "our best", "linear CRF"]
    # 1 MFLOP a token at 1,000 tokens a second is 1 GFLOP/s, a tenth of 10.
    assert table.loc["dense array, 256 units", "of matmul peak"] == "10.0%"
    assert table.loc["linear CRF", "training tokens/s"] == "FAILED"
    growth = report.growth_table(figures["results"])
    assert list(growth.loc["dense array, 256 units"])[:3] == ["50", "100", "200"]
    assert list(growth.loc["our best"])[:3] == ["–", "–", "20"]
    assert report.ratios(figures["results"])["best"]["train_tokens_per_second"] == 3
    assert report.ratios(figures["results"])["best"]["train_peak_mb"] == 0.1
    text = report.text(figures)
    assert "FAILED:\n  crf 4x: ImportError: no crf" in text and "nothing recorded" in text


def test_a_failure_is_delivered_as_one(tmp_path: Path) -> None:
    figures = made_up()
    assert cli.deliver(figures, tmp_path / "out") == 1
    assert json.loads((tmp_path / "out" / "benchmark.json").read_text("utf-8"))["results"]["crf 4x"]["error"]
    assert (tmp_path / "out" / "benchmark.png").read_bytes().startswith(b"\x89PNG")
    del figures["results"]["crf 4x"]
    assert cli.deliver(figures, tmp_path / "out") == 0


def test_a_failing_contender_is_reported_and_the_rest_still_runs(tmp_path: Path) -> None:
    jobs.write_sentences(tmp_path, "sample", None, quick=True, whole=False)
    ran = [
        jobs.Job("vectors", "train-1x", vocabulary="made", options={"name": "no such"}),
        jobs.Job("nobody", "train-1x"),
        jobs.Job("vectors", "train-2x", vocabulary="made", options={"name": "none"}),
    ]
    said: list[str] = []
    results = jobs.run_jobs(ran, tmp_path, {"train-1x": 10, "train-2x": 10}, said.append)
    assert results["vectors 1x"]["error"].startswith("VectorsError: no vectors 'no such'")
    assert "benchmarks.contenders.nobody" in results["nobody 1x"]["error"]
    assert results["vectors 2x"]["rows"] > 2 and (tmp_path / "made" / "vectors.npy").exists()
    assert len(said) == 3 and "FAILED" in said[0] and "FAILED" not in said[2] and "left" in said[2]
    assert list(report.failures(results)) == ["vectors 1x", "nobody 1x"]


def test_crf_in_its_own_process(tmp_path: Path) -> None:
    pytest.importorskip("sklearn_crfsuite")
    counts = jobs.write_sentences(tmp_path, "sample", None, quick=True, whole=False)
    found = jobs.run_job(jobs.Job("crf", "train-1x", "test-few", warm_up=1, least_steps=4), tmp_path)
    assert "error" not in found
    assert found["tokens"] == counts["train-1x"]["tokens"] and found["predict_tokens"] == counts["test-few"]["tokens"]
    assert found["steps"] == 4 and found["train_tokens_per_second"] > 0 and found["train_peak_mb"] > 0
    assert found["imports_mb"] > 10 and found["flops_per_token"] is None


def run(seed: int, f1: float, **train: object) -> dict:
    return {"seed": seed, "entity": {"micro": {"f1": f1}}, "train": {"seconds": 100.0, **train}}


def record(results: Path, profile: str, values: dict) -> None:
    (results / profile).mkdir(parents=True, exist_ok=True)
    (results / profile / f"seed-{values['seed']}.json").write_text(json.dumps(values), encoding="utf-8")


def test_seconds_to_the_articles_f1(tmp_path: Path) -> None:
    assert "article: not recorded yet" in "\n".join(recorded.describe(recorded.seconds_to_article(tmp_path, None)))
    record(tmp_path, "article", run(1, 0.30))
    record(tmp_path, "article", run(2, 0.34))
    found = recorded.seconds_to_article(tmp_path, 20.0)
    assert found["article"] == {"runs": 2, "f1": pytest.approx(0.32), "seconds": 120.0}
    assert "best: not recorded yet" in "\n".join(recorded.describe(found))
    history = [{"seconds": 5.0}, {"seconds": 7.0}, {"seconds": 9.0}]
    record(tmp_path, "best", run(1, 0.7, history=history, test_f1_by_epoch=[0.2, 0.5, 0.7]))
    record(tmp_path, "best", run(2, 0.7))
    record(tmp_path, "best", run(3, 0.1, history=history, test_f1_by_epoch=[0.1, 0.1, 0.1]))
    first, second, third = recorded.seconds_to_article(tmp_path, 20.0)["best"]
    assert (first["epoch"], first["seconds_to_f1"]) == (2, 12.0)  # it reads no vectors, so none are added
    assert "seconds_to_f1" not in second and second["seconds"] == 100.0
    assert third["epoch"] is None and "seconds_to_f1" not in third
    lines = "\n".join(recorded.describe(recorded.seconds_to_article(tmp_path, 20.0)))
    assert "12 s (epoch 2)" in lines and "0.10 of article's time" in lines
    assert "not recorded)" in lines and "never passed" in lines


def test_help_shows_examples_and_an_unknown_contender_is_refused() -> None:
    shown = CliRunner().invoke(cli.benchmark, ["--help"])
    assert shown.exit_code == 0 and "python -m benchmarks --quick" in shown.output
    refused = CliRunner().invoke(cli.benchmark, ["--only", "nobody"])
    assert refused.exit_code == 2 and "unknown contender 'nobody'; expected one of" in refused.output


def test_batches_are_clocked_and_stopped_after_so_many() -> None:
    from benchmarks.contenders.keras_steps import clocked_batches

    class Model:
        def train_on_batch(self, x: object, y: np.ndarray, **arguments: object) -> str:
            return "logs"

    model, watch, answers = Model(), Stopwatch(), []
    with clocked_batches(model, watch, 2, 3):
        for _ in range(9):
            answers.append(model.train_on_batch(None, np.array([[1, 2, 0], [3, 0, 0]]), return_dict=True))
    assert answers == ["logs", "logs"]  # the third is noted, and ends it
    assert [tokens for _, tokens in watch.steps] == [3, 3, 3]
    assert all(seconds < 1 for seconds, _ in watch.steps)
    assert model.train_on_batch(None, np.zeros(1)) == "logs" and len(watch.steps) == 3
