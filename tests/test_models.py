"""The model that comes with the package: small, described, in the wheel, and good enough to be of use."""

import json
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from legalner.annotate import DEFAULT_MODEL, Annotator
from legalner.data import load_corpus
from legalner.evaluate import entity_scores
from legalner.improve import ModelFolderError, TrainedTagger
from tests.conftest import ROOT

TEXT = (
    "Die Beschwerde hat keinen Erfolg (vgl. BGH, Urteil vom 3. Mai 2011 - VIII ZR 12/10 - NJW 2011, 123 Rn. 7). Nach "
    "§ 9 Abs. 2 Satz 1 BGB und Art. 3 Abs. 1 GG haftet der Kläger; das Bundesverwaltungsgericht sieht das anders."
)


@pytest.fixture(scope="module")
def annotator() -> Annotator:
    return Annotator()


def test_finds_decisions_laws_and_courts_without_any_training(annotator):
    found = [(e.text, e.label) for e in annotator.annotate(TEXT)]
    assert found == [
        ("BGH, Urteil vom 3. Mai 2011 - VIII ZR 12/10 - NJW 2011, 123 Rn. 7", "RS"),
        ("§ 9 Abs. 2 Satz 1 BGB", "GS"),
        ("Art. 3 Abs. 1 GG", "GS"),
        ("Bundesverwaltungsgericht", "GRT"),
    ]


def test_is_small_and_says_what_it_is():
    assert sum(path.stat().st_size for path in DEFAULT_MODEL.iterdir()) < 10e6
    card = (DEFAULT_MODEL / "README.md").read_text("utf-8")
    assert "CC-BY 4.0" in card and "Leitner" in card and "Where not to trust it" in card


def test_its_card_tells_what_it_scores_on_a_court_that_it_has_not_read(annotator, ler_source):
    """On the first tenth of BVerwG, within what a tenth can differ from the whole."""
    stated = float(re.search(r"entity F1 \*\*([\d.]+)%", (DEFAULT_MODEL / "README.md").read_text("utf-8"))[1])
    sentences = load_corpus("bverwg", source=ler_source).test[:1000]
    tags = [tags for tags, _ in annotator.tag([s.tokens for s in sentences])]
    assert abs(100 * entity_scores([s.tags for s in sentences], tags).f1 - stated) < 8


def test_as_an_earlier_version_wrote_it_is_refused_with_a_sentence(tmp_path: Path) -> None:
    old = shutil.copytree(DEFAULT_MODEL, tmp_path / "old")
    described = json.loads((old / "model.json").read_text("utf-8"))
    assert described["format"] == 3
    (old / "model.json").write_text(json.dumps(described | {"format": 2}), "utf-8")
    with pytest.raises(ModelFolderError, match="of format 2, and this version of legalner reads format 3; train it"):
        TrainedTagger.load(old)


@pytest.mark.thorough
def test_is_in_the_wheel(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "README.md", "LICENSE"):  # a copy: building leaves files behind
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "legalner", tmp_path / "legalner", ignore=shutil.ignore_patterns("__pycache__"))
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "."]
    subprocess.run(build, cwd=tmp_path, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for path in DEFAULT_MODEL.iterdir():
        assert f"legalner/models/{DEFAULT_MODEL.name}/{path.name}" in names
    assert any(name.endswith("entry_points.txt") for name in names)
