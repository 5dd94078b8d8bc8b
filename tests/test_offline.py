"""A folder for a room without a network."""

import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from legalner.data import load_corpus
from legalner.vectors import load_vectors
from tests.conftest import ROOT
from tools import offline


@pytest.mark.slow
def test_a_room_has_corpus_vectors_and_repository(
    ler_source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("the repository's zip is made of the files that git knows, and this is no git checkout")
    monkeypatch.setenv("LEGALNER_CACHE", str(tmp_path / "nothing"))
    out = tmp_path / "offline"
    for _ in range(2):  # a second time, nothing is made again
        result = CliRunner().invoke(offline.offline, ["--source", ler_source, "--out", str(out), "--no-wheels"])
        assert result.exit_code == 0, result.output
    assert "legalner/notebooks/01_data.ipynb" in zipfile.ZipFile(out / "legalner.zip").namelist()
    # Lesson 2 as a learner runs it, by README.md's words: it takes what lies there.
    (made,) = (out / "cache" / "vectors").iterdir()
    before = made.stat().st_mtime_ns
    monkeypatch.setenv("LEGALNER_CACHE", str(out / "cache"))
    monkeypatch.setenv("LEGALNER_LER_SOURCE", str(out / "ler"))
    assert load_vectors("fasttext", load_corpus("bag-bgh").train).has("Urteil")
    assert [p.stat().st_mtime_ns for p in (out / "cache" / "vectors").iterdir()] == [before]
    assert "make lab LER=../ler" in (out / "README.md").read_text(encoding="utf-8")


def test_a_corpus_that_is_not_whole_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ler").mkdir()
    (tmp_path / "ler" / "bag.conll").write_text("Das O\n\n", encoding="utf-8")
    out = tmp_path / "offline"
    result = CliRunner().invoke(offline.offline, ["--source", str(tmp_path / "ler"), "--out", str(out), "--no-wheels"])
    assert result.exit_code == 1 and "is damaged" in result.output
    assert not (out / "README.md").exists()


def test_what_the_wheels_are_for_is_gathered_over_machines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commands: list[list[str]] = []

    def pip(command: list[str], *, check: bool) -> object:
        commands.append(command)
        return type("Done", (), {"returncode": 0})

    monkeypatch.setattr(offline.subprocess, "run", pip)
    (tmp_path / "gathered-on.txt").write_text("win32 with Python 3.12\n", encoding="utf-8")
    text = offline.gather_wheels(tmp_path)
    assert "win32 with Python 3.12" in text and text.count("with Python") == 2
    assert offline.gather_wheels(tmp_path) == text
    assert all("--require-hashes" in command and str(tmp_path) in command for command in commands)
