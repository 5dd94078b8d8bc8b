"""Tagging sentences that no corpus holds: their own vectors, the right tags, nothing lost behind the cut."""

import keras
import numpy as np
import pytest
from keras import layers

from legalner.data import Sentence, TagSet
from legalner.model import bilstm_tagger, predict, predicted_tags, tag_tokens
from legalner.preprocess import build_vocabulary, encode

TAG_SET = TagSet(("_", "O", "GS", "ST"), "class")


class OneHot:
    """Vectors that name a token's tag: `§` and what begins with it a law, what begins with K a city, else nothing."""

    dimension = 4

    def has(self, token: str) -> bool:
        return token != "?"

    def vector(self, token: str) -> np.ndarray:
        return np.eye(4, dtype=np.float32)[{"§": 2, "K": 3, "_": 0}.get(token[0], 1)]


@pytest.fixture(scope="module")
def model() -> keras.Sequential:
    """A network that reads the tag off the vector; without a vector it says `O`. Built on two rows of no token."""
    network = keras.Sequential(
        [
            keras.Input((5,), dtype="int32"),
            layers.Embedding(2, 4, name="vectors"),
            layers.TimeDistributed(layers.Dense(4, activation="softmax"), name="tags"),
        ]
    )
    network.get_layer("tags").set_weights([np.eye(4) * 9, np.array([0, 1, 0, 0])])
    return network


def test_tokens_that_the_model_never_met_get_their_vectors(model: keras.Sequential) -> None:
    sentences = [["Nach", "§9", "§2", "in", "Kassel"], ["Kiel"], ["?", "§1"]]
    assert tag_tokens(model, OneHot(), TAG_SET, sentences, 5) == [
        ("O", "B-GS", "I-GS", "O", "B-ST"),
        ("B-ST",),
        ("O", "B-GS"),
    ]


def test_behind_the_cut_every_token_is_o(model: keras.Sequential) -> None:
    (tags,) = tag_tokens(model, OneHot(), TAG_SET, [["§"] * 8], 5)
    assert tags == ("B-GS", *["I-GS"] * 4, "O", "O", "O")


def test_padding_tag_on_a_token_is_o(model: keras.Sequential) -> None:
    assert tag_tokens(model, OneHot(), TAG_SET, [["_", "Kiel"]], 5) == [("O", "B-ST")]


def test_no_sentences(model: keras.Sequential) -> None:
    assert tag_tokens(model, OneHot(), TAG_SET, [], 5) == []


def test_the_model_is_left_as_it_was(model: keras.Sequential) -> None:
    before = [w.copy() for w in model.get_weights()]
    tag_tokens(model, OneHot(), TAG_SET, [["Kiel"]], 5)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("mask", [False, True])
def test_same_tags_as_for_a_sentence_of_the_corpus(mask: bool) -> None:
    keras.utils.set_random_seed(4)
    rng = np.random.default_rng(4)
    drawn = {str(i): rng.normal(size=6).astype(np.float32) for i in range(20)}

    class Drawn:
        dimension = 6

        def has(self, token: str) -> bool:
            return token in drawn

        def vector(self, token: str) -> np.ndarray:
            return drawn[token]

    lengths = (3, 1, 9, 6)
    sentences = [Sentence(tuple(str(t) for t in rng.integers(22, size=n)), ("O",) * n) for n in lengths]
    vocabulary = build_vocabulary([Sentence(tuple(drawn), ("O",) * 20)], Drawn())
    network = bilstm_tagger(vocabulary.embeddings, len(TAG_SET), max_len=6, units=5, mask=mask)
    data = encode(sentences, vocabulary, TAG_SET, 6)
    expected = predicted_tags(predict(network, data).argmax(-1), lengths, TAG_SET)
    assert len(set(sum(expected, ()))) > 2  # random weights, but not one tag for all
    assert tag_tokens(network, Drawn(), TAG_SET, [s.tokens for s in sentences], 6) == expected
