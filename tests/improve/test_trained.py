"""A tagger's folder: what was saved is what is loaded, and what is incomplete or damaged is refused."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legalner.data import Sentence, TagSet
from legalner.improve import FeatureTables, ModelFolderError, TaggerConfig, TrainedTagger, build_network
from legalner.improve.trained import FORMAT
from tests.conftest import examples

SENTENCES = [
    Sentence(("Das", "BGB", "gilt", "."), ("O", "B-GS", "O", "O")),
    Sentence(("§", "7", "KSchG"), ("B-GS", "I-GS", "I-GS")),
]
TEXTS = [["Das", "KSchG", "§", "12"], ["Unbekanntes"], ["x"] * 70]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainedTagger]:
    config = TaggerConfig(features=("norm", "suffix2", "shape"), feature_dim=4, units=5, min_count=1)
    tag_set = TagSet.from_sentences(SENTENCES, config.scheme)
    tables = FeatureTables.from_sentences(SENTENCES, config.features, config.min_count)
    tagger = TrainedTagger(config, tag_set, tables, build_network(config, tables.sizes, tag_set))
    folder = tmp_path_factory.mktemp("models") / "mine"
    tagger.save(folder, {"licence": "CC-BY 4.0"})
    return folder, tagger


@pytest.fixture
def folder(saved: tuple[Path, TrainedTagger], tmp_path: Path) -> Path:
    """A copy of the saved model, to be damaged."""
    return Path(shutil.copytree(saved[0], tmp_path / "model"))


def change_json(folder: Path, **changed: object) -> None:
    values = json.loads((folder / "model.json").read_text("utf-8"))
    (folder / "model.json").write_text(json.dumps(values | changed), "utf-8")


def change_arrays(path: Path, change: Callable[[np.ndarray], np.ndarray]) -> None:
    with np.load(path) as stored:
        np.savez(path, **{name: change(stored[name]) for name in stored})


def test_what_is_loaded_tags_alike(saved):
    folder, tagger = saved
    tags = TrainedTagger.load(folder).tag(TEXTS)
    assert tags == tagger.tag(TEXTS) and [len(t) for t in tags] == [4, 1, 70]
    assert len(set(sum(tags, ()))) > 1


def test_no_word_of_training_stands_in_the_folder(saved):
    whole = b"".join(path.read_bytes() for path in saved[0].iterdir())
    assert b"KSchG" not in whole and b"BGB" not in whole


def test_a_missing_file_is_named(folder):
    for name in ("weights.npz", "features.npz", "model.json"):
        (folder / name).unlink()
        with pytest.raises(
            ModelFolderError, match=rf"model: not a complete model, .*{name}.* is missing; a model is a"
        ):
            TrainedTagger.load(folder)


@pytest.mark.parametrize("version", [FORMAT - 1, FORMAT + 1, None])
def test_another_version_is_refused(folder, version):
    change_json(folder, format=version)
    expected = f"a model of format {version}, and this version of legalner reads format {FORMAT}; train it again"
    with pytest.raises(ModelFolderError, match=expected):
        TrainedTagger.load(folder)


def test_a_save_that_is_cut_short_leaves_no_model(saved, folder, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("legalner.improve.trained.np.savez_compressed", full)
    with pytest.raises(OSError, match="disk full"):
        saved[1].save(folder, {})
    with pytest.raises(ModelFolderError, match=r"model\.json is missing"):
        TrainedTagger.load(folder)


@pytest.mark.parametrize("name", ["model.json", "features.npz", "weights.npz"])
def test_a_file_cut_off_and_a_pointer_are_refused(folder, name):
    content = (folder / name).read_bytes()
    pointer = b"version https://git-lfs.github.com/spec/v1\n"
    for cut in (*(content[: int(share * len(content))] for share in (0.0, 0.5, 0.98)), pointer):
        (folder / name).write_bytes(cut)
        with pytest.raises(ModelFolderError, match="damaged"):
            TrainedTagger.load(folder)


@pytest.mark.parametrize("name", ["features.npz", "weights.npz"])
@given(place=st.floats(0, 1, exclude_max=True), byte=st.integers(1, 255))
@examples(25)
def test_a_file_with_a_wrong_byte_is_refused_or_holds_the_same(saved, tmp_path_factory, name, place, byte):
    """Some bytes of an archive mean nothing, such as a date."""
    original, tagger = saved
    wrong = tmp_path_factory.mktemp("wrong")
    shutil.copytree(original, wrong, dirs_exist_ok=True)
    content = bytearray((original / name).read_bytes())
    content[int(place * len(content))] ^= byte
    (wrong / name).write_bytes(content)
    try:
        loaded = TrainedTagger.load(wrong)
    except ModelFolderError:
        return
    for one, other in zip(loaded.network.get_weights(), tagger.network.get_weights(), strict=True):
        assert np.array_equal(one, other)
    assert all(np.array_equal(a, b) for a, b in zip(loaded.tables.hashes, tagger.tables.hashes, strict=True))


@pytest.mark.parametrize("content", ["[]", "null", "3", '"model"', "{}", "[" * 100_000])
def test_a_description_that_is_none_is_refused(folder, content):
    (folder / "model.json").write_text(content)
    with pytest.raises(ModelFolderError, match=r"a model of format None|model\.json is damaged"):
        TrainedTagger.load(folder)


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(folder, number):
    change_arrays(folder / "weights.npz", lambda w: np.full_like(w, number))
    with pytest.raises(ModelFolderError, match="a weight is not finite"):
        TrainedTagger.load(folder)


def test_a_weight_too_large_for_16_bits_is_not_written(folder, tmp_path):
    tagger = TrainedTagger.load(folder)
    tagger.network.set_weights([w * 1e6 for w in tagger.network.get_weights()])
    with pytest.raises(ModelFolderError, match="not written, since a weight is not finite"):
        tagger.save(tmp_path / "half", {}, half=True)


@pytest.mark.parametrize("change", [lambda h: h[::-1], lambda h: h[:, None], lambda h: h.astype(float)])
def test_hashes_out_of_order_are_refused(folder, change):
    change_arrays(folder / "features.npz", change)
    with pytest.raises(ModelFolderError, match="not sorted 32-bit numbers"):
        TrainedTagger.load(folder)


@pytest.mark.parametrize(
    "names", [["_", "B-GS", "I-GS"], ["O", "_", "B-GS"], ["_", "O", 3], ["_", "O", "O"], "_O", None]
)
def test_tags_that_are_none_are_refused(folder, names):
    change_json(folder, tags={"scheme": "iob2", "names": names})
    with pytest.raises(ModelFolderError, match="a file is damaged"):
        TrainedTagger.load(folder)


def test_loading_does_not_set_the_random_seed_of_the_program(saved):
    """Else two programs that seed themselves apart would go on alike. (Keras draws from Python's generator itself.)"""
    drawn = []
    for seed in (7, 8):
        random.seed(seed)
        np.random.seed(seed)
        TrainedTagger.load(saved[0])
        drawn.append((random.random(), np.random.random()))
    assert drawn[0][0] != drawn[1][0] and drawn[0][1] != drawn[1][1]


def test_half_the_bits_are_half_the_space_and_nearly_the_same_numbers(saved, tmp_path):
    tagger = saved[1]
    tagger.save(tmp_path / "half", {}, half=True)
    sizes = [(where / "weights.npz").stat().st_size for where in (tmp_path / "half", saved[0])]
    assert sizes[0] < 0.7 * sizes[1]
    for mine, theirs in zip(
        TrainedTagger.load(tmp_path / "half").network.get_weights(), tagger.network.get_weights(), strict=True
    ):
        assert mine.dtype == np.float32
        np.testing.assert_allclose(mine, theirs, rtol=1e-3, atol=1e-4)


def test_a_network_that_reads_word_vectors_is_not_written(saved, tmp_path):
    tagger = saved[1]
    network = build_network(tagger.config, tagger.tables.sizes, tagger.tag_set, dimension=3)
    with pytest.raises(ModelFolderError, match="not written, since the network reads word vectors"):
        TrainedTagger(tagger.config, tagger.tag_set, tagger.tables, network).save(tmp_path / "none", {})
    assert not (tmp_path / "none").exists()
