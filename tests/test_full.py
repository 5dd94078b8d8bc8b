"""The command that makes all records: which it finds missing, and that it goes on where it stopped."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner
from conftest import write_notebook

from tools import full

CELLS = """from pathlib import Path
from legalner.workspace import run_folder, write_metrics
if Path("../fail").exists(): raise ValueError("as told")
write_metrics(run_folder(RUN_NAME), "01_toy", {"split": "toy", "data": {"seed": SEED}})"""


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git checkout with a profile of two seeds, one of one, and one that trains nothing."""
    for folder in ("notebooks", "legalner", "profiles"):
        (tmp_path / folder).mkdir()
    write_notebook(tmp_path, "01_toy", CELLS)
    shutil.rmtree(tmp_path / "legalner")
    (tmp_path / "legalner").symlink_to(full.ROOT / "legalner")
    head = "description: toy\nnotebooks: [01_toy]\ncell_timeout: 60\n"
    (tmp_path / "profiles" / "two.yaml").write_text(head + "seeds: 2\nparameters: {SEED: 1}\n")
    (tmp_path / "profiles" / "one.yaml").write_text(head + "parameters: {SEED: 1}\n")
    (tmp_path / "profiles" / "none.yaml").write_text(head + "parameters: {}\n")
    (tmp_path / ".gitignore").write_text("runs/\nfail\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "toy"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(full, "ROOT", tmp_path)
    return tmp_path


def test_what_is_missing(checkout: Path) -> None:
    assert list(full.missing(checkout, ())) == [("one", 1), ("two", 1), ("two", 2)]
    (checkout / "results" / "two").mkdir(parents=True)
    (checkout / "results" / "two" / "seed-1.json").write_text("{}")
    assert list(full.missing(checkout, ("two",))) == [("two", 2)]


def test_a_failure_leaves_the_others_and_a_second_start_makes_the_rest(
    checkout: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (checkout / "fail").touch()
    first = CliRunner().invoke(full.full, ["two"])
    assert first.exit_code == 1 and "failed: two seed 1, two seed 2" in first.output
    assert "as told" in capfd.readouterr().err
    (checkout / "fail").unlink()
    second = CliRunner().invoke(full.full, ["two"])
    assert second.exit_code == 0, second.output
    recorded = [json.loads((checkout / "results" / "two" / f"seed-{n}.json").read_text()) for n in (1, 2)]
    assert [r["data"]["seed"] for r in recorded] == [1, 2]
    assert CliRunner().invoke(full.full, ["two", "--list"]).output == "nothing is missing\n"


def test_changes_that_are_not_committed_stop_it(checkout: Path) -> None:
    (checkout / "profiles" / "one.yaml").write_text("changed")
    (checkout / "profiles" / "two.yaml").write_text((checkout / "profiles" / "two.yaml").read_text() + "# changed\n")
    result = CliRunner().invoke(full.full, ["two"])
    assert result.exit_code == 1 and "not committed" in result.output
