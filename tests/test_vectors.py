"""Word vectors by name: made once and repeatable, taken from spaCy, or none; and what is missing says how to get it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import spacy

from legalner.data import Sentence
from legalner.vectors import FastTextVectors, VectorsError, load_vectors, nearest, ngrams

TEXTS = ("Die Kammer entschied .", "Das Arbeitsgericht wies die Klage ab .", "ab")
TRAIN = [Sentence.untagged(text.split()) for text in TEXTS] * 3


# -- fasttext ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def small(own_cache: Path, monkeypatch) -> Path:
    """A cache of this test's alone, and few buckets, so that files are small."""
    monkeypatch.setattr(FastTextVectors, "BUCKETS", 200)
    return own_cache


def fasttext(train: list[Sentence] = TRAIN, *, dimension: int = 6, seed: int = 1):
    return load_vectors("fasttext", train, dimension=dimension, seed=seed)


def three(vectors) -> np.ndarray:
    """Vectors of two tokens of training and of one that is new, ``(3, dimension)``."""
    return np.array([vectors.vector(token) for token in ("Kammer", ".", "Landesarbeitsgericht")])


def test_a_word_that_training_never_saw_has_a_vector(small: Path) -> None:
    vectors = fasttext()
    assert vectors.dimension == 6
    for token in ("Arbeitsgericht", "Landesarbeitsgericht"):
        assert vectors.has(token)
        assert (vectors.vector(token).shape, vectors.vector(token).dtype) == ((6,), np.float32)
        assert np.any(vectors.vector(token))
    assert not vectors.has("")


def test_vectors_are_made_once_and_then_read_whatever_the_tags(small: Path, monkeypatch) -> None:
    first = three(fasttext())
    [path] = (small / "vectors").iterdir()
    before = path.stat().st_mtime_ns
    monkeypatch.setattr(FastTextVectors, "_make", lambda *_: pytest.fail("made again"))
    np.testing.assert_array_equal(three(fasttext()), first)
    fasttext([Sentence(s.tokens, ("B-PER",) * len(s), "bag") for s in TRAIN])
    assert path.stat().st_mtime_ns == before
    assert list((small / "vectors").iterdir()) == [path]


@pytest.mark.parametrize("change", [{"seed": 2}, {"dimension": 7}, {"train": TRAIN[1:]}, {"train": TRAIN[::-1]}])
def test_whatever_vectors_depend_on_makes_new_ones(small: Path, change: dict) -> None:
    first = fasttext()
    second = fasttext(**change)
    assert len(list((small / "vectors").iterdir())) == 2
    assert first.dimension != second.dimension or not np.array_equal(three(first), three(second))


def test_the_same_seed_gives_the_same_vectors_in_another_process_and_cache(small: Path, tmp_path: Path) -> None:
    code = f"""
import numpy as np
from legalner.data import Sentence
from legalner.vectors import FastTextVectors, load_vectors
FastTextVectors.BUCKETS = 200
train = [Sentence.untagged(text.split()) for text in {TEXTS!r}] * 3
vectors = load_vectors("fasttext", train, dimension=6, seed=1)
np.save({str(tmp_path / "other.npy")!r}, [vectors.vector(t) for t in ("Kammer", ".", "Landesarbeitsgericht")])
none = load_vectors("none", train, dimension=6, seed=1)
np.save({str(tmp_path / "other_none.npy")!r}, [none.vector(t) for t in ("Kammer", ".", "Landesarbeitsgericht")])
"""
    elsewhere = os.environ | {"LEGALNER_CACHE": str(tmp_path / "elsewhere"), "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code], env=elsewhere, check=True, timeout=120)
    assert (tmp_path / "elsewhere" / "vectors").is_dir()
    np.testing.assert_array_equal(np.load(tmp_path / "other.npy"), three(fasttext()))
    none = load_vectors("none", TRAIN, dimension=6, seed=1)
    np.testing.assert_array_equal(np.load(tmp_path / "other_none.npy"), three(none))


def test_one_worker_makes_them_since_several_would_make_each_run_differ(small: Path, monkeypatch) -> None:
    import gensim.models

    make, asked = gensim.models.FastText, {}
    monkeypatch.setattr(gensim.models, "FastText", lambda *a, **options: asked.update(options) or make(*a, **options))
    fasttext()
    assert asked["workers"] == 1


def test_making_that_breaks_off_leaves_nothing_in_the_cache(small: Path, monkeypatch) -> None:
    import gensim.models.fasttext

    def full(model, path: str) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(gensim.models.fasttext, "save_facebook_model", full)
        with pytest.raises(OSError, match="no space left"):
            fasttext()
    assert list((small / "vectors").iterdir()) == []
    fasttext()


# -- the pieces of words -----------------------------------------------------------------------------------------------


def test_ngrams_by_hand() -> None:
    assert ngrams("Amt") == ["<Am", "<Amt", "<Amt>", "Amt", "Amt>", "mt>"]
    assert ngrams("§") == ["<§>"]
    assert ngrams("") == []
    assert ngrams("Eid", 4, 4) == ["<Eid", "Eid>"]
    # 17 characters with the marks: 15 of three, 14 of four, 13 of five, 12 of six.
    assert len(ngrams("Parkbankvertrag")) == 15 + 14 + 13 + 12


def test_ngrams_are_those_that_gensim_hashes() -> None:
    from gensim.models.fasttext import ft_ngram_hashes
    from gensim.models.fasttext_inner import ft_hash_bytes

    for token in ("Vertrag", "ß", "§§", "Übergangsregelung", "1,5", "„", "😀x"):
        assert ft_ngram_hashes(token, 3, 6, 1000) == [ft_hash_bytes(piece.encode()) % 1000 for piece in ngrams(token)]


def test_a_new_word_s_vector_is_the_mean_of_its_pieces(small: Path) -> None:
    vectors = fasttext()
    pieces = vectors.ngram_vectors("Landesarbeitsgericht")
    assert (pieces.shape, pieces.dtype) == ((len(ngrams("Landesarbeitsgericht")), 6), np.float32)
    np.testing.assert_allclose(pieces.mean(axis=0), vectors.vector("Landesarbeitsgericht"), atol=1e-6)
    # A word of the training data has a vector of its own besides.
    assert not np.allclose(vectors.ngram_vectors("Kammer").mean(axis=0), vectors.vector("Kammer"), atol=1e-6)


# -- spaCy -------------------------------------------------------------------------------------------------------------


def test_a_spacy_pipeline_s_vectors_if_it_has_any(tmp_path: Path) -> None:
    nlp, folder = spacy.blank("de"), tmp_path / "pipeline"
    nlp.to_disk(folder)
    with pytest.raises(VectorsError, match="has no word vectors; use one that ends in _md or _lg"):
        load_vectors(f"spacy:{folder}", TRAIN)
    nlp.vocab.set_vector("Recht", np.array([1, 2, 3], np.float32))
    nlp.vocab.set_vector("Klage", np.array([4, 5, 6], np.float32))
    nlp.to_disk(folder)
    vectors = load_vectors(f"spacy:{folder}", TRAIN, dimension=300)
    assert vectors.dimension == 3
    assert (vectors.has("Klage"), vectors.has("unseen")) == (True, False)
    assert vectors.vector("Klage").tolist() == [4, 5, 6]
    assert vectors.vector("Klage").dtype == np.float32
    assert vectors.vector("unseen").tolist() == [0, 0, 0]


def test_a_pipeline_that_is_not_installed_says_how_spacy_gets_it() -> None:
    with pytest.raises(VectorsError) as raised:
        load_vectors("spacy:de_nowhere_md", TRAIN)
    message = str(raised.value)
    assert "'de_nowhere_md' is not installed" in message
    assert "`python -m spacy download de_nowhere_md`" in message
    # An index holds strangers' packages of such names: installing one is named only to warn of it.
    assert message.count("pip install") == message.count("never with `pip install") == 1


def test_a_folder_that_holds_no_pipeline_is_not_to_be_downloaded(tmp_path: Path) -> None:
    with pytest.raises(VectorsError, match="the folder holds no spaCy pipeline") as raised:
        load_vectors(f"spacy:{tmp_path}", TRAIN)
    assert "download" not in str(raised.value)


# -- none, and names ---------------------------------------------------------------------------------------------------


def test_none_draws_small_vectors_for_the_training_tokens_alone() -> None:
    vectors = load_vectors("none", TRAIN, dimension=4, seed=1)
    assert (vectors.has("Klage"), vectors.has("unseen")) == (True, False)
    assert vectors.vector("unseen").tolist() == [0, 0, 0, 0]
    drawn = vectors.vector("Klage")
    assert (drawn.shape, drawn.dtype) == ((4,), np.float32)
    assert 0 < np.abs(drawn).max() <= 0.05
    np.testing.assert_array_equal(load_vectors("none", TRAIN[::-1], dimension=4, seed=1).vector("Klage"), drawn)
    assert not np.array_equal(load_vectors("none", TRAIN, dimension=4, seed=2).vector("Klage"), drawn)
    assert not np.array_equal(vectors.vector("Das"), drawn)


@pytest.mark.parametrize("name", ["word2vec", "", "spacy", "FastText"])
def test_an_unknown_name_lists_those_that_exist(name: str) -> None:
    with pytest.raises(
        VectorsError, match=f"unknown vectors '{name}'; expected one of fasttext, spacy:PIPELINE .*, none"
    ):
        load_vectors(name, TRAIN)


# -- nearest -----------------------------------------------------------------------------------------------------------

TOKENS = ("east", "far east", "north east", "north", "west", "nowhere")
PLACES = np.array([[1, 0], [9, 0], [1, 1], [0, 2], [-1, 0], [0, 0]], np.float32)


def test_nearest_by_hand() -> None:
    found = nearest("east", TOKENS, PLACES, count=3)
    assert [token for token, _ in found] == ["far east", "north east", "north"]  # the length of a vector does not count
    assert [similarity for _, similarity in found] == pytest.approx([1, 1 / np.sqrt(2), 0], abs=1e-6)


def test_nearest_never_gives_the_token_itself() -> None:
    found = nearest("east", TOKENS, PLACES, count=99)
    assert [token for token, _ in found] == ["far east", "north east", "north", "nowhere", "west"]
    assert found[-1][1] == pytest.approx(-1)


def test_a_word_without_a_vector_is_named() -> None:
    with pytest.raises(VectorsError, match="'south' is not among these 6 tokens; use a word of the corpus"):
        nearest("south", TOKENS, PLACES)
