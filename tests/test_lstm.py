"""The fused LSTM layer gives Keras's numbers: values, gradients, and after saving and loading."""

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
    for sentence, length in zip(x, LENGTHS, strict=True):
        sentence[length if padded else TIME :] = 0.0
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
        for sentence, length in zip(weights, LENGTHS, strict=True):
            sentence[length:] = 0.0
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


@pytest.mark.parametrize(
    "arguments", [{"activation": "relu"}, {"recurrent_activation": "tanh"}, {"use_bias": False}, {"return_state": True}]
)
def test_what_is_not_fused_computes_as_keras_does(arguments: dict) -> None:
    layer, keras_own = (kind(UNITS, return_sequences=True, **arguments) for kind in (LSTM, keras.layers.LSTM))
    x = inputs(padded=False)
    layer(x), keras_own(x)
    keras_own.set_weights(layer.get_weights())
    for mine, its in zip(*(keras.tree.flatten(one(x)) for one in (layer, keras_own)), strict=True):
        np.testing.assert_allclose(mine, its, atol=1e-6)


def test_trains_and_survives_saving(tmp_path) -> None:
    model = bidirectional(LSTM, masked=True)
    model.compile("adam", "mse")
    x = inputs(padded=True)
    losses = model.fit(x, np.zeros((BATCH, TIME, 2 * UNITS), np.float32), epochs=5, verbose=0).history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again(x), model(x))


DROPOUT = np.array([[2.0, 0.0, 2.0, 0.0], [0.0, 2.0, 2.0, 2.0], [2.0, 2.0, 0.0, 0.0], [0.0, 0.0, 0.0, 2.0]], np.float32)


def by_a_plain_loop(x: tf.Tensor, weights: list[tf.Tensor], backwards: bool, lengths: list[int]) -> tf.Tensor:
    """Each sentence and each time step on its own; what a sentence lets through of its state is its row of DROPOUT."""
    kernel, recurrent, bias = weights
    sentences = []
    for n, length in enumerate(lengths):
        h = c = tf.zeros(UNITS)
        states = []
        for t in range(length)[:: -1 if backwards else 1]:
            z = tf.linalg.matvec(kernel, x[n, t], transpose_a=True) + bias
            z += tf.linalg.matvec(recurrent, h * DROPOUT[n], transpose_a=True)
            i, f, g, o = (z[k * UNITS : (k + 1) * UNITS] for k in range(4))
            c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
            h = tf.sigmoid(o) * tf.tanh(c)
            states.append(h)
        sentences.append(tf.pad(tf.stack(states[:: -1 if backwards else 1]), [[0, TIME - length], [0, 0]]))
    return tf.stack(sentences)


def with_dropout(rate: float = 0.5, **arguments) -> LSTM:
    layer = LSTM(UNITS, return_sequences=True, recurrent_dropout=rate, **arguments)
    layer.zero_output_for_mask = True  # as Bidirectional asks of it
    layer.build((None, None, FEATURES))
    rng = np.random.default_rng(4)
    layer.set_weights([rng.normal(size=w.shape).astype(np.float32) for w in layer.get_weights()])
    return layer


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("backwards", [False, True])
def test_recurrent_dropout_is_that_of_a_plain_loop(masked: bool, backwards: bool, monkeypatch) -> None:
    drawn = []

    def dropout(ones: tf.Tensor, rate: float, seed: keras.random.SeedGenerator) -> tf.Tensor:
        drawn.append((rate, ones.numpy().tolist()))
        return ones * DROPOUT

    monkeypatch.setattr(keras.random, "dropout", dropout)
    layer = with_dropout(go_backwards=backwards)
    x = tf.constant(inputs(padded=masked))
    lengths = LENGTHS if masked else [TIME] * BATCH
    mask = tf.sequence_mask(lengths, TIME)
    factors = RNG.normal(size=(BATCH, TIME, UNITS)).astype(np.float32)
    weights = [w.value for w in layer.trainable_variables]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        ours = layer(x, mask=mask if masked else None, training=True)
        if backwards:
            ours = tf.reverse(ours, [1])  # Keras leaves them as they were computed, the last token first
        by_hand = by_a_plain_loop(x, weights, backwards, lengths)
        losses = [tf.reduce_sum(values * factors) for values in (ours, by_hand)]
    assert drawn == [(0.5, [[1.0] * UNITS] * BATCH)]  # once for all time steps
    np.testing.assert_allclose(ours, by_hand, atol=1e-6)
    for mine, its in zip(*(tape.gradient(loss, [x, *weights]) for loss in losses), strict=True):
        assert np.abs(its).max() > 0.1
        np.testing.assert_allclose(mine, its, atol=1e-5, rtol=1e-4)


def test_recurrent_dropout_works_only_in_training() -> None:
    x = inputs(padded=False)
    without = with_dropout(0.0)(x, training=True)
    np.testing.assert_array_equal(with_dropout(0.5)(x, training=False), without)
    np.testing.assert_array_equal(with_dropout(0.5)(x), without)
    dropped = np.asarray(with_dropout(0.5, seed=1)(x, training=True))
    np.testing.assert_array_equal(dropped[:, 0], without[:, 0])  # nothing has been remembered yet
    assert np.abs(dropped[:, 1:] - without[:, 1:]).max() > 0.05


def test_the_seed_gives_what_is_dropped_and_each_call_draws_anew() -> None:
    x = inputs(padded=False)

    def two_calls(seed: int) -> tuple[np.ndarray, np.ndarray]:
        layer = with_dropout(0.5, seed=seed)
        return np.asarray(layer(x, training=True)), np.asarray(layer(x, training=True))

    first, second = two_calls(1)
    np.testing.assert_array_equal(two_calls(1), (first, second))
    assert np.abs(first - second).max() > 0.05 and np.abs(first - two_calls(2)[0]).max() > 0.05
