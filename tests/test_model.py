"""The article's network: its parameters, its probabilities, its mask, other vectors; and tags from what it predicts."""

from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import layers

from legalner.data import Sentence, TagSet
from legalner.lstm import LSTM
from legalner.model import (
    bilstm_tagger,
    count_parameters,
    predict,
    predicted_tags,
    summary_rows,
    tag_tokens,
    with_embeddings,
)
from legalner.preprocess import Encoded, build_vocabulary, encode

RNG = np.random.default_rng(4)
DIMENSION, UNITS, TAGS = 5, 3, 4
EMBEDDINGS = np.vstack([np.zeros((2, DIMENSION)), RNG.normal(size=(6, DIMENSION))]).astype(np.float32)


def tagger(lstm: str = "fused", embeddings: np.ndarray = EMBEDDINGS, **changed) -> keras.Sequential:
    keras.utils.set_random_seed(1)
    model = bilstm_tagger(embeddings, TAGS, **{"max_len": 6, "units": UNITS, "lstm": lstm, **changed})
    # Weights as training leaves them: with biases of 0, padding would leave an LSTM's state at 0.
    rng = np.random.default_rng(7)
    model.set_weights([w if w.shape == embeddings.shape else rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def probabilities(model: keras.Model, ids: list[list[int]]) -> np.ndarray:
    return np.asarray(model(np.array(ids, np.int32)))


def test_parameters_counted_by_hand_are_the_trainable_ones() -> None:
    # One gate of one direction: 3 units x (5 inputs + 3 states + 1 bias) = 27. Four gates, two directions: 216.
    # Tags: 4 x (2 x 3 outputs + 1 bias) = 28.
    assert count_parameters(DIMENSION, UNITS, TAGS) == {"bilstm": 216, "tags": 28}
    model = tagger()
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == 216 + 28
    assert model.count_params() == 216 + 28 + 8 * 5  # and 8 vectors of 5 numbers, which are not trained


def test_the_articles_headline_network_counted_by_hand() -> None:
    # 2 x 4 x 1024 x (300 + 1024 + 1) and 21 x 2049
    assert count_parameters(300, 1024, 21) == {"bilstm": 10_854_400, "tags": 43_029}


def test_vectors_are_trained_only_if_asked() -> None:
    model = tagger(train_vectors=True)
    assert sum(int(np.prod(w.shape)) for w in model.trainable_weights) == 216 + 28 + 40
    np.testing.assert_array_equal(tagger().get_layer("vectors").get_weights()[0], EMBEDDINGS)


def test_summary_rows_say_what_each_layer_is() -> None:
    rows = summary_rows(tagger())
    assert [(row["layer"], row["output"], row["parameters"], row["trained"]) for row in rows] == [
        ("vectors", "(None, 6, 5)", 40, False),
        ("bilstm", "(None, 6, 6)", 216, True),
        ("tags", "(None, 6, 4)", 28, True),
    ]


@pytest.mark.parametrize("mask", [False, True])
def test_each_token_gets_a_distribution_over_the_tags(mask: bool) -> None:
    p = probabilities(tagger(mask=mask), [[2, 3, 4, 5, 6, 7], [2, 3, 0, 0, 0, 0]])
    assert p.shape == (2, 6, TAGS)
    assert (p >= 0).all()
    np.testing.assert_allclose(p.sum(-1), 1, atol=1e-6)


def test_every_token_sees_every_other() -> None:
    model = tagger()
    same = probabilities(model, [[2, 3, 4, 5, 6, 7]])[0]
    for place in (0, 5):
        ids = [2, 3, 4, 5, 6, 7]
        ids[place] = 4
        changed = np.abs(probabilities(model, [ids])[0] - same).max(axis=-1)
        assert (changed > 0).all()


def test_without_a_length_sentences_of_any_length_are_read() -> None:
    model = tagger(max_len=None)
    assert probabilities(model, [[2, 3]]).shape == (1, 2, TAGS)
    assert probabilities(model, [[2, 3, 4, 5, 6, 7, 2, 3]]).shape == (1, 8, TAGS)


@pytest.mark.parametrize("lstm", ["fused", "keras"])
def test_a_mask_makes_the_answer_independent_of_padding(lstm: str) -> None:
    sentence = [2, 3, 4]
    for mask in (True, False):
        model = tagger(lstm, mask=mask, max_len=None)
        alone = probabilities(model, [sentence])
        padded = probabilities(model, [[*sentence, 0, 0, 0, 0, 0]])[:, :3]
        assert (np.abs(alone - padded).max() < 1e-6) == mask


def test_both_lstm_layers_give_the_same_numbers() -> None:
    assert type(tagger("fused").get_layer("bilstm").forward_layer) is LSTM
    assert type(tagger("keras").get_layer("bilstm").forward_layer) is keras.layers.LSTM
    ids = [[2, 3, 4, 5, 6, 7], [2, 3, 0, 0, 0, 0]]
    np.testing.assert_allclose(probabilities(tagger("fused"), ids), probabilities(tagger("keras"), ids), atol=1e-6)


def test_an_unknown_lstm_layer_lists_those_that_exist() -> None:
    with pytest.raises(ValueError, match="unknown LSTM layer 'gru'; expected one of keras, fused"):
        bilstm_tagger(EMBEDDINGS, TAGS, lstm="gru")


@pytest.mark.parametrize("mask", [False, True])
def test_other_vectors_under_the_same_network(mask: bool) -> None:
    model = tagger(mask=mask)
    sentence = [2, 3, 4, 5, 0, 0]
    before = probabilities(model, [sentence])
    # The same tokens with other ids: id i is now moved[i]; padding and the unknown token stay what they are.
    moved = [0, 1, 7, 5, 3, 2, 6, 4]
    other = np.zeros((9, DIMENSION), np.float32)
    other[moved] = EMBEDDINGS
    changed = with_embeddings(model, other)
    np.testing.assert_allclose(probabilities(changed, [[moved[i] for i in sentence]]), before, atol=1e-6)
    for name in ("bilstm", "tags"):
        assert changed.get_layer(name) is model.get_layer(name)
    np.testing.assert_allclose(probabilities(model, [sentence]), before, atol=0)  # the old one is as it was


def test_vectors_of_another_length_are_refused() -> None:
    with pytest.raises(ValueError, match="vectors of 5 numbers, these have 6"):
        with_embeddings(tagger(), np.zeros((4, 6), np.float32))


def test_survives_saving(tmp_path) -> None:
    model = tagger(mask=True)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert again.get_layer("vectors").mask_zero and not again.get_layer("vectors").trainable
    ids = [[2, 3, 4, 0, 0, 0]]
    np.testing.assert_array_equal(probabilities(again, ids), probabilities(model, ids))


# -- from probabilities to tags ----------------------------------------------------------------------------------------

CLASSES = TagSet(("_", "O", "GS", "ST"), "class")


def test_predictions_come_in_the_order_of_the_sentences_whatever_the_batches() -> None:
    model, ids = tagger(), RNG.integers(2, 8, (7, 6)).astype(np.int32)
    data = Encoded(ids, np.ones_like(ids), np.full(7, 6, np.int32))
    found = predict(model, data, batch_size=3)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, probabilities(model, ids.tolist()), atol=1e-6)


def predicted(tag_set: TagSet, names: list[str], lengths: list[int]) -> list[str]:
    ids = np.array([[tag_set.names.index(name) for name in sentence.split()] for sentence in names])
    return [" ".join(tags) for tags in predicted_tags(ids, lengths, tag_set)]


def test_padding_is_dropped_and_what_was_cut_off_is_o() -> None:
    # The second sentence has two tokens, and is padded to four.
    found = predicted(CLASSES, ["GS GS O ST", "GS ST ST ST"], [6, 2])
    assert found == ["B-GS I-GS O B-ST O O", "B-GS B-ST"]


def test_padding_s_tag_on_a_token_counts_as_o_and_ends_an_entity() -> None:
    iob2 = TagSet(("_", "O", "B-GS", "I-GS"), "iob2")
    assert predicted(CLASSES, ["GS _ GS O"], [4]) == ["B-GS O B-GS O"]
    assert predicted(iob2, ["B-GS _ I-GS O"], [4]) == ["B-GS O B-GS O"]


def test_each_sentence_needs_its_length() -> None:
    with pytest.raises(ValueError):
        predicted(CLASSES, ["GS O"], [2, 2])


# -- sentences that no corpus holds ------------------------------------------------------------------------------------


class OneHot:
    """Vectors that name a token's tag: `§` and what begins with it a law, what begins with K a city, else nothing."""

    dimension = 4

    def has(self, token: str) -> bool:
        return token != "?"

    def vector(self, token: str) -> np.ndarray:
        return np.eye(4, dtype=np.float32)[{"§": 2, "K": 3, "_": 0}.get(token[0], 1)]


def test_tokens_that_the_model_never_met_get_their_vectors_and_nothing_is_lost_after_the_cut() -> None:
    # A network that reads the tag off the vector; without a vector it says `O`. It was built with no token at all.
    parts = [
        keras.Input((5,), dtype="int32"),
        layers.Embedding(2, 4, name="vectors"),
        layers.TimeDistributed(layers.Dense(4, activation="softmax"), name="tags"),
    ]
    model = keras.Sequential(parts)
    model.get_layer("tags").set_weights([np.eye(4) * 9, np.array([0, 1, 0, 0])])
    before = [w.copy() for w in model.get_weights()]
    sentences = [["Nach", "§9", "§2", "in", "Kassel"], ["Kiel"], ["?", "§1"], ["_", "Kiel"], ["§"] * 8]
    assert tag_tokens(model, OneHot(), CLASSES, sentences, 5) == [
        ("O", "B-GS", "I-GS", "O", "B-ST"),
        ("B-ST",),
        ("O", "B-GS"),
        ("O", "B-ST"),
        ("B-GS", *["I-GS"] * 4, "O", "O", "O"),
    ]
    assert tag_tokens(model, OneHot(), CLASSES, [], 5) == []
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize("mask", [False, True])
def test_same_tags_as_for_a_sentence_of_the_corpus(mask: bool) -> None:
    rng = np.random.default_rng(4)
    drawn = {str(i): rng.normal(size=DIMENSION).astype(np.float32) for i in range(20)}
    vectors = SimpleNamespace(dimension=DIMENSION, has=drawn.__contains__, vector=drawn.__getitem__)
    lengths = (3, 1, 9, 6)
    sentences = [Sentence.untagged(map(str, rng.integers(22, size=n))) for n in lengths]
    vocabulary = build_vocabulary([Sentence.untagged(drawn)], vectors)
    model = tagger(embeddings=vocabulary.embeddings, mask=mask)
    data = encode(sentences, vocabulary, CLASSES, 6)
    expected = predicted_tags(predict(model, data).argmax(-1), lengths, CLASSES)
    assert len(set(sum(expected, ()))) > 2  # not one tag for all
    assert tag_tokens(model, vectors, CLASSES, [s.tokens for s in sentences], 6) == expected
