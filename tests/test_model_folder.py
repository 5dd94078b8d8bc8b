"""A tagger's folder: what was saved is what is loaded, in another process too, and what is not whole is refused."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from legalner.data import Sentence
from legalner.features import FeatureTables
from legalner.model_folder import ModelFolderError, TrainedTagger
from legalner.preprocess import TagSet
from legalner.tagger import TaggerConfig, build_network

SENTENCES = [
    Sentence(("Das", "BGB", "gilt", "."), ("O", "B-GS", "O", "O")),
    Sentence(("§", "7", "KSchG"), ("B-GS", "I-GS", "I-GS")),
]
TEXTS = [["Das", "KSchG", "§", "12"], ["Unbekanntes"], ["x"] * 70]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainedTagger]:
    config = TaggerConfig(features=("norm", "suffix2", "shape"), feature_units=4, units=5, at_least=1)
    tag_set = TagSet.from_sentences(SENTENCES, config.scheme)
    tables = FeatureTables.from_sentences(SENTENCES, config.features, config.at_least)
    tagger = TrainedTagger(config, tag_set, tables, build_network(config, tables.sizes, tag_set))
    folder = tmp_path_factory.mktemp("models") / "mine"
    tagger.save(folder, {"licence": "CC-BY 4.0"})
    return folder, tagger


def copy(saved: tuple[Path, TrainedTagger], to: Path) -> Path:
    to.mkdir()
    for path in saved[0].iterdir():
        (to / path.name).write_bytes(path.read_bytes())
    return to


def test_tags_alike_in_a_new_process(saved):
    folder, tagger = saved
    script = f"""
import json
from legalner.model_folder import TrainedTagger
tagger = TrainedTagger.load({str(folder)!r})
print(json.dumps(tagger.tag({TEXTS!r})))
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    tags = [tuple(t) for t in json.loads(out.splitlines()[-1])]
    assert tags == tagger.tag(TEXTS)
    assert [len(t) for t in tags] == [4, 1, 70]


def test_no_word_of_training_stands_in_the_folder(saved):
    whole = b"".join(path.read_bytes() for path in saved[0].iterdir())
    assert b"KSchG" not in whole and b"BGB" not in whole


@pytest.mark.parametrize("name", ["model.json", "features.npz", "network.keras"])
def test_a_missing_file_is_named(saved, tmp_path, name):
    folder = copy(saved, tmp_path / "half")
    (folder / name).unlink()
    with pytest.raises(ModelFolderError, match=f"half: no whole model, {name} is missing"):
        TrainedTagger.load(folder)


def test_another_version_is_refused(saved, tmp_path):
    folder = copy(saved, tmp_path / "old")
    values = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps(values | {"format": 0}), "utf-8")
    with pytest.raises(ModelFolderError, match="format 0, and this version of legalner reads format 1"):
        TrainedTagger.load(folder)


def test_a_save_that_is_cut_short_leaves_no_model(saved, tmp_path, monkeypatch):
    folder = copy(saved, tmp_path / "model")
    monkeypatch.setattr("legalner.model_folder.save_model", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        saved[1].save(folder, {})
    with pytest.raises(ModelFolderError, match=r"model\.json is missing"):
        TrainedTagger.load(folder)
