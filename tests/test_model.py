"""The network: parameters counted by hand, probabilities that sum to 1, exchanged vectors, and the mask."""

import keras
import numpy as np
import pytest

from legalner.lstm import LSTM
from legalner.model import bilstm_tagger, count_parameters, summary_rows, with_embeddings

RNG = np.random.default_rng(4)
DIMENSION, UNITS, TAGS = 5, 3, 4
VECTORS = np.vstack([np.zeros((2, DIMENSION)), RNG.normal(size=(6, DIMENSION))]).astype(np.float32)


def tagger(lstm: str = "fused", **changed) -> keras.Sequential:
    keras.utils.set_random_seed(1)
    model = bilstm_tagger(VECTORS, TAGS, **{"max_len": 6, "units": UNITS, "lstm": lstm, **changed})
    # Weights as training leaves them: with biases of 0, padding would leave an LSTM's state at 0.
    rng = np.random.default_rng(7)
    model.set_weights([w if w.shape == VECTORS.shape else rng.normal(size=w.shape) for w in model.get_weights()])
    return model


def probabilities(model: keras.Model, rows: list[list[int]]) -> np.ndarray:
    return np.asarray(model(np.array(rows, np.int32)))


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
    np.testing.assert_array_equal(tagger().get_layer("vectors").get_weights()[0], VECTORS)


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
        rows = [2, 3, 4, 5, 6, 7]
        rows[place] = 4
        changed = np.abs(probabilities(model, [rows])[0] - same).max(axis=-1)
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
    rows = [[2, 3, 4, 5, 6, 7], [2, 3, 0, 0, 0, 0]]
    np.testing.assert_allclose(probabilities(tagger("fused"), rows), probabilities(tagger("keras"), rows), atol=1e-6)


def test_an_unknown_lstm_layer_lists_those_that_exist() -> None:
    with pytest.raises(ValueError, match=r"'gru'.*keras, arranged"):
        bilstm_tagger(VECTORS, TAGS, lstm="gru")


@pytest.mark.parametrize("mask", [False, True])
def test_other_vectors_under_the_same_network(mask: bool) -> None:
    model = tagger(mask=mask)
    sentence = [2, 3, 4, 5, 0, 0]
    before = probabilities(model, [sentence])
    # The same tokens in other rows: row r is now row moved[r]; padding and the unknown token stay where they are.
    moved = [0, 1, 7, 5, 3, 2, 6, 4]
    other = np.zeros((9, DIMENSION), np.float32)
    other[moved] = VECTORS
    changed = with_embeddings(model, other)
    np.testing.assert_allclose(probabilities(changed, [[moved[row] for row in sentence]]), before, atol=1e-6)
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
    rows = [[2, 3, 4, 0, 0, 0]]
    np.testing.assert_array_equal(probabilities(again, rows), probabilities(model, rows))
