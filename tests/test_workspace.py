"""Files are written whole or not at all, and a missing one names the lesson that makes it."""

import os
from pathlib import Path

import pytest

from legalner.workspace import (
    MissingStepError,
    atomic_write,
    project_root,
    read_json,
    require,
    run_folder,
    write_json,
    write_metrics,
)


def test_the_new_file_takes_the_old_one_s_place_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "file.npz"
    for text in ("old", "new"):
        with atomic_write(path) as temporary:
            assert (temporary.parent, temporary.suffix) == (path.parent, ".npz")
            temporary.write_text(text)
            assert not path.exists() or path.read_text() == "old"
        assert path.read_text() == text
        assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [OSError, KeyboardInterrupt])
def test_what_raises_half_way_leaves_the_old_file_and_no_other(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "file.txt"
    for before in (None, "old"):
        if before:
            path.write_text(before)
        with pytest.raises(error), atomic_write(path) as temporary:
            temporary.write_text("half")
            raise error
        assert [p.read_text() for p in tmp_path.iterdir()] == ([before] if before else [])


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_others_may_read_what_was_written(tmp_path: Path) -> None:
    with atomic_write(tmp_path / "file"):
        pass
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_json_for_people_comes_back_as_it_was(tmp_path: Path) -> None:
    values = {"ü§": [1, 0.1, None, True, "€"], "b": {}}
    write_json(tmp_path / "new" / "values.json", values)
    text = (tmp_path / "new" / "values.json").read_text("utf-8")
    assert "ü§" in text and "€" in text and text.endswith("}\n") and text.count("\n") > 3
    assert read_json(tmp_path / "new" / "values.json") == values


def test_what_is_no_json_leaves_the_old_file(tmp_path: Path) -> None:
    write_json(tmp_path / "values.json", 1)
    with pytest.raises(TypeError):
        write_json(tmp_path / "values.json", {1, 2})
    assert read_json(tmp_path / "values.json") == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_metrics_lie_by_lesson(tmp_path: Path) -> None:
    write_metrics(tmp_path, "05_evaluate", {"f1": 0.5})
    assert read_json(tmp_path / "metrics" / "05_evaluate.json") == {"f1": 0.5}


def test_a_missing_file_names_the_notebook_that_makes_it(tmp_path: Path) -> None:
    path = tmp_path / "tags.json"
    with pytest.raises(MissingStepError, match=r"tags\.json is missing: run notebook 02_preprocess first"):
        require(path, "02_preprocess")
    path.touch()
    assert require(path, "02_preprocess") == path


def test_runs_lie_in_the_checkout_wherever_one_stands_in_it(tmp_path: Path, monkeypatch) -> None:
    for name in ("notebooks/deep", "legalner"):
        (tmp_path / "checkout" / name).mkdir(parents=True)
    for here in (".", "notebooks", "notebooks/deep"):
        monkeypatch.chdir(tmp_path / "checkout" / here)
        assert project_root() == tmp_path / "checkout"
        assert run_folder("mine") == tmp_path / "checkout" / "runs" / "mine"
    assert (tmp_path / "checkout" / "runs" / "mine").is_dir()
    assert run_folder(tmp_path / "elsewhere") == tmp_path / "elsewhere"


def test_runs_lie_in_the_working_folder_where_there_is_no_checkout(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "notebooks").mkdir()
    monkeypatch.chdir(tmp_path)
    assert project_root() is None
    assert run_folder("mine") == tmp_path / "runs" / "mine"
