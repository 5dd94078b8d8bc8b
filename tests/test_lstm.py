"""The arranged LSTM layer gives Keras's numbers: values, gradients, and after saving and loading."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from legalner.lstm import LSTM

RNG = np.random.default_rng(3)
LENGTHS = [7, 3, 1, 5]
BATCH, TIME, FEATURES, UNITS = len(LENGTHS), 7, 5, 4


def bidirectional(layer: type[keras.layers.LSTM], masked: bool) -> keras.Sequential:
    parts = [keras.layers.Masking(0.0)] if masked else []
    return keras.Sequential(
        [
            keras.Input((None, FEATURES)),
            *parts,
            keras.layers.Bidirectional(layer(UNITS, return_sequences=True)),
        ]
    )


def inputs(padded: bool) -> np.ndarray:
    x = RNG.normal(size=(BATCH, TIME, FEATURES)).astype(np.float32)
    for row, length in enumerate(LENGTHS):
        x[row, length if padded else TIME :] = 0.0
    return x


def gradients(model: keras.Model, x: np.ndarray, weights: np.ndarray) -> list[np.ndarray]:
    source = tf.constant(x)
    with tf.GradientTape() as tape:
        tape.watch(source)
        loss = tf.reduce_sum(model(source) * weights)
    return [g.numpy() for g in tape.gradient(loss, [source, *[v.value for v in model.trainable_variables]])]


@pytest.mark.parametrize("masked", [False, True])
def test_values_and_gradients_are_those_of_keras(masked: bool) -> None:
    theirs, ours = bidirectional(keras.layers.LSTM, masked), bidirectional(LSTM, masked)
    ours.set_weights([RNG.normal(size=w.shape).astype(np.float32) for w in ours.get_weights()])
    theirs.set_weights(ours.get_weights())
    x = inputs(padded=masked)
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-6)
    weights = RNG.normal(size=(BATCH, TIME, 2 * UNITS)).astype(np.float32)
    if masked:
        # Keras gives no meaning to what comes out at a masked position; neither do we.
        for row, length in enumerate(LENGTHS):
            weights[row, length:] = 0.0
    for mine, keras_own in zip(gradients(ours, x, weights), gradients(theirs, x, weights), strict=True):
        np.testing.assert_allclose(mine, keras_own, atol=1e-4, rtol=1e-4)


def test_last_state_of_a_masked_sentence_is_that_of_its_last_token() -> None:
    layer, keras_own = LSTM(UNITS), keras.layers.LSTM(UNITS)
    x = inputs(padded=True)
    mask = np.arange(TIME) < np.array(LENGTHS)[:, None]
    last = layer(x, mask=mask)
    keras_own(x)
    keras_own.set_weights(layer.get_weights())
    np.testing.assert_allclose(last, keras_own(x, mask=mask), atol=1e-6)
    alone = layer(x[1:2, : LENGTHS[1]])
    np.testing.assert_allclose(last[1:2], alone, atol=1e-6)


def test_what_is_not_arranged_computes_as_keras_does() -> None:
    layer = LSTM(UNITS, activation="relu", return_sequences=True)
    keras_own = keras.layers.LSTM(UNITS, activation="relu", return_sequences=True)
    x = inputs(padded=False)
    layer(x), keras_own(x)
    keras_own.set_weights(layer.get_weights())
    np.testing.assert_allclose(layer(x), keras_own(x), atol=1e-6)


def test_trains_and_survives_saving(tmp_path) -> None:
    model = bidirectional(LSTM, masked=True)
    model.compile("adam", "mse")
    x = inputs(padded=True)
    target = np.zeros((BATCH, TIME, 2 * UNITS), np.float32)
    before = model.evaluate(x, target, verbose=0)
    model.fit(x, target, epochs=5, verbose=0)
    assert model.evaluate(x, target, verbose=0) < before
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
