"""Headless runs of small notebooks made here; the real ones run in test_smoke.py."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from click.testing import CliRunner

from legalner.cli import app
from legalner.run import RunError, run_profile
from tests.conftest import write_notebook

IMPORTS = "import os\nfrom legalner.workspace import run_folder, write_metrics\nRUN = run_folder(RUN_NAME)\n"
FIRST = """print('epoch 1/2  loss 0.5')
print('a table')
write_metrics(RUN, '01_first', {'split': os.environ['LEGALNER_LER_SOURCE'], 'data': {'a': 1}})"""
SECOND = """scores = {'data': {'b': 2}, 'entity': {'micro': {'f1': F1}}, 'evaluated_on': 'test'}
write_metrics(RUN, '02_second', scores)"""
THIRD = """scores = {'model': {'name': 'other'}, 'entity': {'micro': {'f1': 0.625}}, 'evaluated_on': 'test'}
write_metrics(RUN, '03_third', scores)"""


def make_checkout(root: Path, patch: pytest.MonkeyPatch) -> None:
    """Enter a checkout with three notebooks: one measures the corpus, two score a model each."""
    for folder in ("notebooks", "legalner", "profiles"):
        (root / folder).mkdir()
    write_notebook(root, "01_first", IMPORTS + FIRST)
    write_notebook(root, "02_second", IMPORTS + SECOND, parameters="RUN_NAME = 'x'\nF1 = 0.5")
    write_notebook(root, "03_third", IMPORTS + THIRD)
    write_profile(root, "01_first", "02_second", "03_third")
    patch.chdir(root)
    patch.setenv("LEGALNER_LER_SOURCE", "../corpus")


def write_profile(root: Path, *notebooks: str, timeout: int = 60) -> None:
    values = {"description": "toy", "notebooks": notebooks, "cell_timeout": timeout, "parameters": {}}
    (root / "profiles" / "toy.yaml").write_text(json.dumps(values))  # JSON is YAML


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    make_checkout(tmp_path, monkeypatch)
    return tmp_path


@dataclass(frozen=True)
class Finished:
    root: Path
    metrics: dict
    shown: str

    @property
    def folder(self) -> Path:
        return self.root / "runs" / "mine"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """The checkout after `legalner run` with parameters, for all tests that only look at it."""
    root = tmp_path_factory.mktemp("finished")
    with pytest.MonkeyPatch.context() as patch:
        make_checkout(root, patch)
        words = ["--profile", "toy", "-p", "F1", "0.75", "-p", "SEED", "3", "--name", "mine"]
        result = CliRunner().invoke(app, ["run", *words], catch_exceptions=False)
    return Finished(root, json.loads((root / "runs" / "mine" / "metrics.json").read_text("utf-8")), result.output)


def test_figures_of_the_notebooks_are_gathered(finished: Finished) -> None:
    metrics = finished.metrics
    assert metrics["data"] == {"a": 1, "b": 2}
    assert metrics["seed"] == 3 and metrics["profile"] == "toy" and metrics["description"] == "toy"
    assert metrics["entity"]["micro"]["f1"] == 0.75 and metrics["evaluated_on"] == "test"
    assert [n["name"] for n in metrics["notebooks"]] == ["01_first", "02_second", "03_third"]
    # A kernel takes at least some ten megabytes.
    assert all(n["seconds"] > 0 and n["peak_rss_mb"] > 10 for n in metrics["notebooks"])


def test_a_second_model_is_recorded_beside_the_first(finished: Finished) -> None:
    assert finished.metrics["03_third"]["entity"]["micro"]["f1"] == 0.625
    split = finished.metrics["split"]
    assert (
        f"on test of {split}: 0.750" in finished.shown and f"of the other on test of {split}: 0.625" in finished.shown
    )


def test_progress_shows_notebooks_and_epochs_only(finished: Finished) -> None:
    for line in ("[1/3] 01_first", "[3/3] 03_third", "epoch 1/2  loss 0.5"):
        assert line in finished.shown
    assert "a table" not in finished.shown


def test_pages_are_made(finished: Finished) -> None:
    assert "02_second" in (finished.folder / "html" / "index.html").read_text("utf-8")
    assert (finished.folder / "html" / "02_second.html").stat().st_size > 1000


def test_a_relative_source_is_relative_to_the_working_folder(finished: Finished) -> None:
    assert finished.metrics["split"] == str(finished.root.parent / "corpus")


def test_a_failed_run_says_where_keeps_its_output_and_can_be_resumed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = root / "runs" / "toy"
    write_profile(root, "01_first", "02_second")
    good = (root / "notebooks" / "02_second.ipynb").read_text("utf-8")
    write_notebook(root, "02_second", "print('before')", "F1 = 1 / 0")
    with pytest.raises(RunError, match=r"02_second, cell \d: ZeroDivisionError: division by zero") as error:
        run_profile("toy", verbose=True)
    assert "a table" in capsys.readouterr().out, "verbose shows everything"
    assert str(folder / "notebooks" / "02_second.ipynb") in str(error.value)
    assert "before" in (folder / "notebooks" / "02_second.ipynb").read_text("utf-8")
    assert not (folder / "metrics.json").exists()

    (root / "notebooks" / "02_second.ipynb").write_text(good, "utf-8")
    first = folder / "notebooks" / "01_first.ipynb"
    before = first.stat().st_mtime_ns
    assert run_profile("toy", resume=True) == folder
    assert first.stat().st_mtime_ns == before
    assert json.loads((folder / "metrics.json").read_text("utf-8"))["data"] == {"a": 1, "b": 2}
    with pytest.raises(RunError, match="other parameters"):
        run_profile("toy", resume=True, parameters={"F1": 0.1})


def test_a_cell_over_its_time_is_stopped(root: Path) -> None:
    write_profile(root, "02_second", timeout=1)
    write_notebook(root, "02_second", "import time; time.sleep(60)")
    with pytest.raises(RunError, match=r"02_second.*timed out"):
        run_profile("toy")


def test_a_notebook_without_metrics_is_an_error(root: Path) -> None:
    write_profile(root, "02_second")
    write_notebook(root, "02_second", "pass")
    with pytest.raises(RunError, match="02_second wrote no metrics"):
        run_profile("toy")


def test_a_parameter_that_no_notebook_declares_is_an_error(root: Path) -> None:
    with pytest.raises(RunError, match="unknown parameter EPOCH; the notebooks declare F1, RUN_NAME, SEED"):
        run_profile("toy", parameters={"EPOCH": 3})
    assert not (root / "runs").exists(), "nothing was started, and nothing that was there is lost"


def test_a_notebook_that_does_not_exist_is_an_error(root: Path) -> None:
    write_profile(root, "01_first", "09_none")
    with pytest.raises(RunError, match=r"09_none\.ipynb does not exist; profile 'toy' names it"):
        run_profile("toy")


@pytest.mark.parametrize("name", [".", "..", "../mine", "earlier/../../mine", "a/b", " ", "-x", "x\ny", "{root}/mine"])
def test_a_run_empties_no_folder_but_its_own(root: Path, name: str) -> None:
    mine = root / "mine" / "thesis.txt"
    mine.parent.mkdir()
    mine.write_text("years of work")
    with pytest.raises(RunError, match="is not a valid name for a run"):
        run_profile("toy", name=name.format(root=root))
    assert mine.read_text() == "years of work"


@pytest.mark.parametrize("content", ["{", "{}", "[]", "3"])
def test_a_damaged_record_of_what_was_done_is_an_error(root: Path, content: str) -> None:
    left = root / "runs" / "toy" / "run.json"
    left.parent.mkdir(parents=True)
    left.write_text(content)
    with pytest.raises(RunError, match=r"run\.json (is damaged|lacks parameters)"):
        run_profile("toy", resume=True)


def test_outside_a_checkout_there_is_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RunError, match="`legalner run` needs a checkout"):
        run_profile("smoke")


def test_the_package_is_cheap_to_import() -> None:
    heavy = {"IPython", "matplotlib", "nbconvert", "numpy", "pandas", "papermill", "tensorflow"}
    code = f"import sys, legalner.run; print(*sorted({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""
