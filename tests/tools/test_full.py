"""The command that makes all records: what it finds missing, and that it continues where it stopped."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from legalner.workspace import write_json
from tests.conftest import write_notebook
from tools import full

CELLS = """from legalner.workspace import run_folder, write_metrics
run = run_folder(RUN_NAME)
(run / "model").mkdir()
write_metrics(run, "01_toy", {"split": "toy", "data": {"seed": SEED}})"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A git repository with a profile of two seeds, one of one, and one that trains nothing."""
    for folder in ("notebooks", "legalner", "profiles"):
        (tmp_path / folder).mkdir()
    write_notebook(tmp_path, "01_toy", CELLS)
    shutil.rmtree(tmp_path / "legalner")
    (tmp_path / "legalner").symlink_to(full.ROOT / "legalner")
    head = "description: toy\nnotebooks: [01_toy]\ncell_timeout: 60\n"
    (tmp_path / "profiles" / "two.yaml").write_text(head + "seeds: 2\nparameters: {SEED: 1}\n")
    (tmp_path / "profiles" / "one.yaml").write_text(head + "parameters: {SEED: 1}\n")
    (tmp_path / "profiles" / "none.yaml").write_text(head + "parameters: {}\n")
    (tmp_path / ".gitignore").write_text("runs/\n")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "toy"]):
        subprocess.run(["git", "-c", "user.name=t", "-c", "user.email=t@t", *words], cwd=tmp_path, check=True)
    monkeypatch.setattr(full, "ROOT", tmp_path)
    return tmp_path


def test_what_is_missing(project: Path) -> None:
    assert list(full.missing(project, ())) == [("one", 1), ("two", 1), ("two", 2)]
    (project / "results" / "two").mkdir(parents=True)
    (project / "results" / "two" / "seed-1.json").write_text("{}")
    assert list(full.missing(project, ("two",))) == [("two", 2)]


def test_a_record_is_made_by_the_commands(project: Path) -> None:
    result = CliRunner().invoke(full.full, ["one"])
    assert result.exit_code == 0, result.output
    recorded = json.loads((project / "results" / "one" / "seed-1.json").read_text())
    assert recorded["profile"] == "one" and recorded["data"] == {"seed": 1}
    assert not (project / "runs" / "one-1" / "model").exists(), "a trained tagger of each run would fill the disk"
    assert CliRunner().invoke(full.full, ["one", "--list"]).output == "nothing is missing\n"


def test_a_run_that_fails_is_not_recorded(project: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert not full.make(project, "unknown", 1, None)
    assert "unknown profile" in capfd.readouterr().err and not (project / "results").exists()


def test_a_failure_leaves_the_others_and_a_second_start_makes_the_rest(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[int] = []

    def make(root: Path, name: str, seed: int, source: str | None) -> bool:
        started.append(seed)
        if started == [1]:
            return False
        write_json(root / "results" / name / f"seed-{seed}.json", {})
        return True

    monkeypatch.setattr(full, "make", make)
    first = CliRunner().invoke(full.full, ["two"])
    assert first.exit_code == 1 and first.output.endswith("failed: two seed 1\n")
    second = CliRunner().invoke(full.full, ["two"])
    assert second.exit_code == 0 and started == [1, 2, 1]


def test_changes_that_are_not_committed_stop_it(project: Path) -> None:
    (project / "profiles" / "one.yaml").write_text("changed")
    (project / "profiles" / "two.yaml").write_text((project / "profiles" / "two.yaml").read_text() + "# changed\n")
    result = CliRunner().invoke(full.full, ["two"])
    assert result.exit_code == 1 and "uncommitted changes" in result.output
