"""The headless runner, on small notebooks made here; the real ones run in test_smoke.py."""

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest
from conftest import write_notebook

from legalner import cli
from legalner.run import RunError, load_profile, record, run_profile

METRICS = "from legalner.workspace import run_folder, write_metrics\nRUN = run_folder(RUN_NAME)\n"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with two notebooks: one measures the corpus, the other scores."""
    for folder in ("notebooks", "legalner", "profiles"):
        (tmp_path / folder).mkdir()
    write_notebook(tmp_path, "01_first", METRICS + "write_metrics(RUN, '01_first', {'split': 'toy', 'data': {'a': 1}})")
    score = "{'data': {'b': 2}, 'entity': {'micro': {'f1': F1}}, 'evaluated_on': 'test'}"
    write_notebook(
        tmp_path, "02_second", METRICS + f"write_metrics(RUN, '02_second', {score})",
        parameters="RUN_NAME = 'x'\nF1 = 0.5",
    )  # fmt: skip
    profile = "description: toy\nnotebooks: [01_first, 02_second]\ncell_timeout: 60\nparameters:\n  SEED: 3\n"
    (tmp_path / "profiles" / "toy.yaml").write_text(profile)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_gathers_figures_and_pages(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_profile("toy", parameters={"F1": 0.75})
    metrics = json.loads((folder / "metrics.json").read_text())
    assert folder == root / "runs" / "toy"
    assert metrics["data"] == {"a": 1, "b": 2}
    assert metrics["entity"]["micro"]["f1"] == 0.75
    assert metrics["seed"] == 3 and metrics["profile"] == "toy" and metrics["evaluated_on"] == "test"
    assert [n["name"] for n in metrics["notebooks"]] == ["01_first", "02_second"]
    # A kernel holds some ten megabytes at the very least.
    assert all(n["seconds"] > 0 and n["peak_rss_mb"] > 10 for n in metrics["notebooks"])
    assert metrics["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert metrics["machine"]["processor"] and metrics["machine"]["cores"] >= 1
    assert "02_second" in (folder / "html" / "index.html").read_text()
    assert (folder / "html" / "02_second.html").stat().st_size > 1000
    shown = capsys.readouterr().out
    assert "[1/2] 01_first" in shown and "[2/2] 02_second" in shown and "0.750" in shown


def test_a_second_model_is_kept_beside_the_first(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    second = "{'model': {'name': 'other'}, 'entity': {'micro': {'f1': 0.625}}, 'evaluated_on': 'test'}"
    write_notebook(root, "03_third", METRICS + f"write_metrics(RUN, '03_third', {second})")
    profile = root / "profiles" / "toy.yaml"
    profile.write_text(profile.read_text().replace("02_second]", "02_second, 03_third]"))
    metrics = json.loads((run_profile("toy") / "metrics.json").read_text())
    assert metrics["entity"]["micro"]["f1"] == 0.5
    assert metrics["03_third"]["entity"]["micro"]["f1"] == 0.625
    assert metrics["description"] == "toy"
    shown = capsys.readouterr().out
    assert "on test of toy: 0.500" in shown and "of the other on test of toy: 0.625" in shown


def test_epochs_are_shown_and_the_rest_only_when_asked_for(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chatter = "print('epoch 1/2  loss 0.5'); print('a table'); "
    write_notebook(root, "01_first", METRICS + chatter + "write_metrics(RUN, '01_first', {'split': 'toy'})")
    run_profile("toy")
    shown = capsys.readouterr().out
    assert "epoch 1/2  loss 0.5" in shown and "a table" not in shown
    run_profile("toy", verbose=True)
    assert "a table" in capsys.readouterr().out


def test_a_relative_source_is_taken_from_where_the_command_is_given(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEGALNER_LER_SOURCE", "../corpus")
    seen = METRICS + "import os; write_metrics(RUN, '01_first', {'split': os.environ['LEGALNER_LER_SOURCE']})"
    write_notebook(root, "01_first", seen)
    metrics = json.loads((run_profile("toy") / "metrics.json").read_text())
    assert metrics["split"] == str(root.parent / "corpus")


def test_a_failing_cell_is_named_and_the_notebook_kept(root: Path) -> None:
    write_notebook(root, "02_second", "print('before')", "1 / 0")
    with pytest.raises(RunError, match=r"02_second, cell \d: ZeroDivisionError: division by zero") as error:
        run_profile("toy")
    kept = root / "runs" / "toy" / "notebooks" / "02_second.ipynb"
    assert str(kept) in str(error.value)
    assert "before" in kept.read_text()
    assert not (root / "runs" / "toy" / "metrics.json").exists()


def test_resume_goes_on_after_the_finished_notebooks(root: Path) -> None:
    good = (root / "notebooks" / "02_second.ipynb").read_text()
    write_notebook(root, "02_second", "1 / 0")
    with pytest.raises(RunError):
        run_profile("toy")
    (root / "notebooks" / "02_second.ipynb").write_text(good)
    first = root / "runs" / "toy" / "notebooks" / "01_first.ipynb"
    before = first.stat().st_mtime_ns
    folder = run_profile("toy", resume=True)
    assert first.stat().st_mtime_ns == before
    assert json.loads((folder / "metrics.json").read_text())["data"] == {"a": 1, "b": 2}
    with pytest.raises(RunError, match="other parameters"):
        run_profile("toy", resume=True, parameters={"F1": 0.1})


def test_a_cell_over_its_time_is_stopped(root: Path) -> None:
    profile = root / "profiles" / "toy.yaml"
    profile.write_text(profile.read_text().replace("cell_timeout: 60", "cell_timeout: 1"))
    write_notebook(root, "02_second", "import time; time.sleep(60)")
    with pytest.raises(RunError, match="02_second"):
        run_profile("toy")


def test_a_notebook_without_metrics_is_an_error(root: Path) -> None:
    write_notebook(root, "02_second", "pass")
    with pytest.raises(RunError, match="02_second wrote no metrics"):
        run_profile("toy")


def test_a_parameter_that_no_notebook_declares_is_an_error(root: Path) -> None:
    with pytest.raises(RunError, match=r"no notebook declares EPOCH; declared are: F1, RUN_NAME, SEED"):
        run_profile("toy", parameters={"EPOCH": 3})
    assert not (root / "runs").exists(), "nothing is begun, and nothing that was there is lost"


def test_unknown_profile_lists_the_known(root: Path) -> None:
    with pytest.raises(RunError, match="no profile 'tyo'; there are: toy"):
        run_profile("tyo")


def test_a_profile_with_an_unknown_key_is_refused(root: Path) -> None:
    (root / "profiles" / "bad.yaml").write_text("notebooks: []\ncell_timeout: 1\ndescription: x\nnotebook: y\n")
    with pytest.raises(RunError, match=r"bad\.yaml: not a profile"):
        load_profile("bad", root)


@pytest.mark.parametrize("parameters", ["parameters: null", "parameters: [1]"])
def test_a_profile_whose_parameters_are_none_is_refused(root: Path, parameters: str) -> None:
    (root / "profiles" / "bad.yaml").write_text(f"notebooks: []\ncell_timeout: 1\ndescription: x\n{parameters}\n")
    with pytest.raises(RunError, match=r"bad\.yaml: not a profile \(parameters must be names with values\)"):
        load_profile("bad", root)


def test_a_profile_that_is_no_text_is_refused(root: Path) -> None:
    (root / "profiles" / "bad.yaml").write_bytes(b"description: \xff")
    with pytest.raises(RunError, match=r"bad\.yaml: not a profile"):
        load_profile("bad", root)


@pytest.mark.parametrize("name", [".", "..", "../mine", "earlier/../../mine", "a/b", " ", "-x", "x\ny", "{root}/mine"])
def test_a_run_empties_no_folder_but_its_own(root: Path, name: str) -> None:
    mine = root / "mine" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("years of work")
    with pytest.raises(RunError, match="cannot name a run"):
        run_profile("toy", name=name.format(root=root))
    assert mine.read_text() == "years of work"


@pytest.mark.parametrize("content", ["{", "{}", "[]", "3"])
def test_a_damaged_record_of_what_was_done_is_said(root: Path, content: str) -> None:
    left = root / "runs" / "toy" / "run.json"
    left.parent.mkdir(parents=True)
    left.write_text(content)
    with pytest.raises(RunError, match=r"run\.json (is damaged|lacks parameters)"):
        run_profile("toy", resume=True)


def test_outside_a_checkout_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="checkout"):
        run_profile("smoke")


def test_record_keeps_a_clean_run_only(tmp_path: Path) -> None:
    run = tmp_path / "runs" / "toy"
    run.mkdir(parents=True)
    with pytest.raises(RunError, match="did not end"):
        record(run, tmp_path)
    (run / "metrics.json").write_text(json.dumps({"profile": "toy", "seed": 2, "git_commit": "abc-dirty"}))
    with pytest.raises(RunError, match="uncommitted"):
        record(run, tmp_path)
    (run / "metrics.json").write_text(json.dumps({"profile": "toy", "seed": 2, "git_commit": None}))
    with pytest.raises(RunError, match="git"):
        record(run, tmp_path)
    (run / "metrics.json").write_text(json.dumps({"profile": "toy", "seed": 2, "git_commit": "abc"}))
    assert json.loads(record(run, tmp_path).read_text())["seed"] == 2
    assert (tmp_path / "results" / "toy" / "seed-2.json").exists()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1e-3", 0.001), ("-2.5E4", -25000.0), ("0.5", 0.5), ("3", 3), ("null", None), ("", None)),
        *(("{units: 8}", {"units": 8}), ("bag-bgh", "bag-bgh"), ("e5", "e5"), ("{rate: 1e-3}", {"rate": 0.001})),
    ],
)
def test_parameters_are_read_as_a_profile_has_them(text: str, value: object) -> None:
    assert cli._value("X", text) == value


@pytest.mark.parametrize("text", ["[", "@x", "{a: b", "2024-01-01", "!!python/object:os.system x"])
def test_a_value_that_is_none_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(click.BadParameter, match="is no value for SEED"):
        cli._value("SEED", text)


def command(*words: str, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "legalner", *words], cwd=cwd, capture_output=True, text=True)


def test_command_line_says_what_is_wrong_without_a_traceback(root: Path) -> None:
    for words in (["run", "--profile", "nothing"], ["record", "runs/none"], ["data", "fetch", "--source", "nowhere"]):
        ended = command(*words, cwd=root)
        assert ended.returncode == 1
        assert ended.stderr.startswith("error: ") and "Traceback" not in ended.stderr


def test_command_line_passes_parameters_as_their_types(root: Path) -> None:
    ended = command("run", "--profile", "toy", "-p", "F1", "0.25", "--name", "mine", cwd=root)
    assert ended.returncode == 0, ended.stderr
    assert json.loads((root / "runs" / "mine" / "metrics.json").read_text())["entity"]["micro"]["f1"] == 0.25


def test_every_command_has_help_with_an_example() -> None:
    for words in (["run"], ["record"], ["data", "fetch"], ["data", "info"], ["data", "verify"]):
        ended = command(*words, "--help", cwd=Path.cwd())
        assert ended.returncode == 0 and "Example" in ended.stdout and f"legalner {' '.join(words)}" in ended.stdout
