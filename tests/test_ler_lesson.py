"""Which files of the corpus a source holds, told by names alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from legalner.data import DataError, available
from legalner.data.ler import ARCHIVE, SOURCE_VARIABLE

EVERYTHING = ("bag", "bgh", "bverwg", "ler_dev", "ler_test")


def test_a_folder_as_upstream_has_it_holds_everything(fake_ler, tmp_path: Path, monkeypatch) -> None:
    folder = fake_ler.write(tmp_path / "ler")
    assert available(folder) == available(str(folder)) == EVERYTHING
    monkeypatch.setenv(SOURCE_VARIABLE, str(folder))
    assert available() == EVERYTHING


def test_a_zip_holds_courts_only(fake_ler, tmp_path: Path) -> None:
    archive = fake_ler.write(tmp_path / "ler") / ARCHIVE
    assert available(archive) == ("bag", "bgh", "bverwg")
    archive.write_bytes(fake_ler.zip(leave_out="bgh.conll", **{"ler_dev.conll": b"x", "other.conll": b"x"}))
    assert available(archive) == ("bag", "bverwg")
    assert available(archive.parent) == ("bag", "bverwg", "ler_dev", "ler_test")


def test_a_folder_of_a_few_files(fake_ler, tmp_path: Path) -> None:
    assert available(tmp_path) == ()
    for name in ("bgh", "ler_test", "other"):
        (tmp_path / f"{name}.conll").write_bytes(b"x")
    assert available(tmp_path) == ("bgh", "ler_test")
    assert available(tmp_path / "bgh.conll") == ("bgh",)
    assert available(tmp_path / "other.conll") == ()


def test_an_address_is_taken_to_hold_everything_and_nothing_is_downloaded(fake_ler, own_cache: Path) -> None:
    assert available("http://127.0.0.1:9/data") == available(None) == EVERYTHING
    assert not own_cache.exists()


def test_a_source_that_is_not_there_or_is_broken_is_an_error(fake_ler, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no such folder or file"):
        available(tmp_path / "nowhere")
    archive = fake_ler.write(tmp_path / "ler") / ARCHIVE
    whole = archive.read_bytes()
    start = whole.index(b"PK\x01\x02")  # the list of members
    archive.write_bytes(whole[:start] + b"XXXX" + whole[start + 4 :])
    with pytest.raises(DataError, match=r"dataset_courts\.zip: the zip cannot be read"):
        available(archive)
