"""The pieces of words: by pencil, and as gensim cuts them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from legalner.data import Sentence
from legalner.vectors import FastTextVectors, load_vectors, ngrams

TRAIN = [Sentence(("Der", "Vertrag", "galt", "§", "1"), ("O",) * 5)] * 3


def test_ngrams_by_hand() -> None:
    assert ngrams("Amt") == ["<Am", "<Amt", "<Amt>", "Amt", "Amt>", "mt>"]
    assert ngrams("§") == ["<§>"]
    assert ngrams("") == []
    assert ngrams("Eid", 4, 4) == ["<Eid", "Eid>"]
    # 17 characters with the marks: 15 of three, 14 of four, 13 of five, 12 of six.
    assert len(ngrams("Parkbankvertrag")) == 15 + 14 + 13 + 12


@pytest.mark.parametrize("token", ["Vertrag", "ß", "§§", "Übergangsregelung", "1,5", "„", "😀x"])
def test_ngrams_are_those_that_gensim_hashes(token: str) -> None:
    from gensim.models.fasttext import ft_ngram_hashes
    from gensim.models.fasttext_inner import ft_hash_bytes

    assert ft_ngram_hashes(token, 3, 6, 1000) == [ft_hash_bytes(piece.encode()) % 1000 for piece in ngrams(token)]


def test_a_new_word_s_vector_is_the_mean_of_its_pieces(own_cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(FastTextVectors, "BUCKETS", 200)
    vectors = load_vectors("fasttext", TRAIN, dimension=6, seed=1)
    assert isinstance(vectors, FastTextVectors)
    pieces = vectors.ngram_vectors("Kaufvertrag")
    assert (pieces.shape, pieces.dtype) == ((len(ngrams("Kaufvertrag")), 6), np.float32)
    np.testing.assert_allclose(pieces.mean(axis=0), vectors.vector("Kaufvertrag"), atol=1e-6)
    # A word of the training data has a vector of its own besides.
    assert not np.allclose(vectors.ngram_vectors("Vertrag").mean(axis=0), vectors.vector("Vertrag"), atol=1e-6)
