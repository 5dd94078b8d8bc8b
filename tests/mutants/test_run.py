"""The headless run bites: what is broken on purpose is seen, by an assertion of a lesson or by the reference."""

import json
import shutil
from pathlib import Path

import pytest

from legalner.run import compare, read_reference
from tests.conftest import ROOT, ProjectCopy, copy_project

pytestmark = pytest.mark.mutants


def off(smoke: ProjectCopy, tmp_path: Path, file: str, old: str, new: str, *again: str) -> list[str]:
    """Break a line of the package, execute these lessons of the smoke run again, and say which figures are off."""
    copy = copy_project(tmp_path, smoke.before)
    source = (tmp_path / file).read_text("utf-8")
    assert source.count(old) == 1, "the code has changed; let the fault follow it"
    (tmp_path / file).write_text(source.replace(old, new), "utf-8")
    shutil.copytree(smoke.root / "runs" / "smoke", tmp_path / "runs" / "smoke")
    left = tmp_path / "runs" / "smoke" / "run.json"
    done = json.loads(left.read_text("utf-8"))
    for lesson in again:
        del done["notebooks"][lesson]
    left.write_text(json.dumps(done), "utf-8")
    if "04_train" in again:
        shutil.rmtree(tmp_path / "runs" / "smoke" / "training")  # else the finished training is taken up
    ended = copy.run("--profile", "smoke", "--resume")
    assert ended.returncode == 0, ended.stderr
    findings = compare(copy.metrics("smoke"), read_reference(ROOT, "smoke"))
    return [finding.figure for finding in findings if not finding.good]


def test_nothing_is_off_where_nothing_is_broken(smoke: ProjectCopy, tmp_path: Path) -> None:
    line = "    check_lengths(gold, predicted)\n    labels = sorted("
    assert off(smoke, tmp_path, "legalner/evaluate.py", line, line, "05_evaluate") == []


def test_entities_that_were_cut_off_are_left_out_of_the_score(smoke: ProjectCopy, tmp_path: Path) -> None:
    line = "    check_lengths(gold, predicted)\n    labels = sorted("
    broken = "    gold, predicted = [g[:50] for g in gold], [p[:50] for p in predicted]\n    labels = sorted("
    found = off(smoke, tmp_path, "legalner/evaluate.py", line, broken, "05_evaluate")
    assert "entity.per_class.support" in found


def test_padding_is_counted_as_tokens(smoke: ProjectCopy, tmp_path: Path) -> None:
    line = "for sentence in tags for tag in sentence]"
    long = "(len(tags) > 100)"  # in the corpus, and not in the lesson's small example
    broken = f"for sentence in tags for tag in (*sentence, *['O'] * ((50 - len(sentence)) * {long}))]"
    found = off(smoke, tmp_path, "legalner/evaluate.py", line, broken, "05_evaluate")
    assert {"token.accuracy", "all_outside.token_accuracy"} <= set(found)


def test_padding_in_the_small_example_is_seen_by_the_lesson_itself(smoke: ProjectCopy, tmp_path: Path) -> None:
    line = "for sentence in tags for tag in sentence]"
    broken = "for sentence in tags for tag in (*sentence, *['O'] * (50 - len(sentence)))]"
    with pytest.raises(AssertionError, match=r"notebook 05_evaluate, cell .*AssertionError"):
        off(smoke, tmp_path, "legalner/evaluate.py", line, broken, "05_evaluate")


def test_a_network_that_learns_from_shuffled_tags(smoke: ProjectCopy, tmp_path: Path) -> None:
    line = "batches((train_data.ids[order], train_data.tags[order]), config.batch_size)"
    broken = "batches((train_data.ids[order], train_data.tags[order[::-1]]), config.batch_size)"
    found = off(smoke, tmp_path, "legalner/train.py", line, broken, "04_train", "05_evaluate")
    assert {"entity.micro.f1", "token.weighted_f1"} <= set(found)
