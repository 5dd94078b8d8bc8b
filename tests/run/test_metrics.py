"""A run's metrics: what is combined how, which commit ran, and that damaged files are named."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from legalner.run import Profile, RunError
from legalner.run.metrics import gather_metrics, git_commit, read_metrics

PROFILE = Profile("toy", "A toy.", ("01_data", "04_train", "08_improve"), 60)


def gather(folder: Path, commits: list[str | None]) -> dict:
    measured = {
        "01_data": {"split": "sample", "data": {"train": 3}},
        "04_train": {"data": {"train": 4, "test": 5}, "entity": {"f1": 0.5}, "evaluated_on": "test"},
        "08_improve": {"data": {"train": 9}, "entity": {"f1": 0.75}, "evaluated_on": "test"},
    }
    (folder / "metrics").mkdir()
    for name, values in measured.items():
        (folder / "metrics" / f"{name}.json").write_text(json.dumps(values), "utf-8")
    notebooks = [{"name": name, "seconds": 1.0, "peak_rss_mb": 2.0} for name in PROFILE.notebooks]
    parameters = {"SEED": 2, "UNITS": 8, "SOURCE": "/mine", "RUN_NAME": "x"}
    return gather_metrics(folder, PROFILE, parameters, notebooks, commits)


def test_tables_are_merged_and_a_second_model_stands_apart(tmp_path: Path) -> None:
    metrics = gather(tmp_path, ["abc"])
    assert metrics["split"] == "sample" and metrics["data"] == {"train": 4, "test": 5}
    assert metrics["entity"] == {"f1": 0.5}
    assert metrics["08_improve"] == {"data": {"train": 9}, "entity": {"f1": 0.75}, "evaluated_on": "test"}


def test_a_record_says_what_ran_and_where(tmp_path: Path) -> None:
    metrics = gather(tmp_path, ["abc", "def"])
    assert metrics["profile"] == "toy" and metrics["description"] == "A toy." and metrics["seed"] == 2
    assert metrics["git_commit"] == "abc and def"
    assert metrics["parameters"] == {"SEED": 2, "UNITS": 8}, "places and names on one machine say nothing on another"
    assert metrics["versions"]["python"] == ".".join(map(str, sys.version_info[:3]))
    assert metrics["versions"].keys() >= {"tensorflow", "papermill"}
    machine = metrics["machine"]
    assert machine["system"] and machine["processor"] and machine["cores"] >= 1 and machine["memory_gib"] > 0


def test_the_commit_is_dirty_once_a_tracked_file_changes(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        command = ["git", "-c", "user.name=t", "-c", "user.email=t@t", *words]
        return subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, text=True).stdout.strip()

    assert git_commit(tmp_path) is None
    (tmp_path / "tracked").write_text("a")
    for words in (["init", "-q"], ["add", "-A"], ["commit", "-q", "-m", "toy"]):
        git(*words)
    (tmp_path / "untracked").write_text("b")
    assert git_commit(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "tracked").write_text("changed")
    assert git_commit(tmp_path) == git("rev-parse", "HEAD") + "-dirty"


def test_a_run_that_did_not_finish_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RunError, match="the run did not finish"):
        read_metrics(tmp_path)


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"profile": "toy"}'])
def test_damaged_metrics_are_an_error(tmp_path: Path, content: str) -> None:
    (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(RunError, match=r"metrics\.json (is damaged|lacks) "):
        read_metrics(tmp_path)
