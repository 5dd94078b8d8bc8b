"""The article's network, from word vectors to a distribution over the tags at every token, and prediction with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from legalner.data import Sentence, TagSet
from legalner.lstm import LSTM
from legalner.preprocess import Encoded, build_vocabulary, encode
from legalner.vectors import Vectors

__all__ = [
    "LAYERS",
    "batches",
    "bilstm_tagger",
    "count_parameters",
    "predict",
    "predicted_tags",
    "summary_rows",
    "tag_tokens",
    "with_embeddings",
]

LAYERS = {"keras": layers.LSTM, "fused": LSTM}


def bilstm_tagger(
    embeddings: np.ndarray,
    tag_count: int,
    *,
    max_len: int | None = 50,
    units: int = 256,
    mask: bool = False,
    train_vectors: bool = False,
    lstm: str = "fused",
) -> keras.Sequential:
    """Build the article's tagger: vectors, a bi-directional LSTM, and a softmax over the tags at every token.

    Args:
        embeddings: Word vectors, ``(ids, dimension)``; id 0 is padding.
        tag_count: Number of tags, padding included.
        max_len: Tokens in a sentence, or None for any number.
        units: Width of the LSTM's state, in each direction.
        mask: Skip padding in the LSTM, and leave it out of loss and accuracy; the article does not.
        train_vectors: Train the vectors too; the article does not.
        lstm: ``keras`` for Keras's own layer, ``fused`` for :class:`legalner.lstm.LSTM`: the same numbers, faster.

    Returns:
        A model from ids ``(batch, time)`` to probabilities ``(batch, time, tags)``, not compiled.

    Raises:
        ValueError: An unknown LSTM layer.
    """
    if lstm not in LAYERS:
        raise ValueError(f"unknown LSTM layer {lstm!r}; expected one of {', '.join(LAYERS)}")
    return keras.Sequential(
        [
            keras.Input((max_len,), dtype="int32", name="ids"),
            _embedding(embeddings, mask=mask, trainable=train_vectors),
            layers.Bidirectional(LAYERS[lstm](units, return_sequences=True), name="bilstm"),
            layers.TimeDistributed(layers.Dense(tag_count, activation="softmax"), name="tags"),
        ],
        name="bilstm_tagger",
    )


def _embedding(embeddings: np.ndarray, *, mask: bool, trainable: bool) -> layers.Embedding:
    initializer = keras.initializers.Constant(0.0)
    layer = layers.Embedding(*embeddings.shape, embeddings_initializer=initializer, mask_zero=mask, name="vectors")
    layer.build()
    layer.set_weights([embeddings])
    layer.trainable = trainable
    return layer


def with_embeddings(model: keras.Sequential, embeddings: np.ndarray) -> keras.Sequential:
    """Give a tagger other word vectors, so that it can read tokens that it was not built with.

    Args:
        model: From :func:`bilstm_tagger`; its other layers are shared, not copied.
        embeddings: Vectors of the new vocabulary, ``(ids, dimension)``.

    Returns:
        A model for predicting.

    Raises:
        ValueError: Vectors of another length.
    """
    old = model.get_layer("vectors")
    if embeddings.shape[1] != old.output_dim:
        raise ValueError(f"the model reads vectors of {old.output_dim} numbers, these have {embeddings.shape[1]}")
    layer = _embedding(embeddings, mask=old.mask_zero, trainable=False)
    return keras.Sequential([keras.Input(model.input_shape[1:], dtype="int32"), layer, *model.layers[1:]])


def count_parameters(dimension: int, units: int, tag_count: int) -> dict[str, int]:
    """Count the tagger's trainable parameters by hand, without the word vectors.

    An LSTM has four gates, each with a weight for every input, one for every state, and a bias; there are two
    directions. The last layer sees both directions' states.
    """
    one_direction = 4 * units * (dimension + units + 1)
    return {"bilstm": 2 * one_direction, "tags": (2 * units + 1) * tag_count}


def summary_rows(model: keras.Model) -> list[dict[str, Any]]:
    """Describe each layer for a table: name, kind, output shape, number of parameters, whether it is trained."""
    return [
        {
            "layer": layer.name,
            "kind": type(layer).__name__,
            "output": str(tuple(layer.output.shape)),
            "parameters": layer.count_params(),
            "trained": layer.trainable,
        }
        for layer in model.layers
    ]


def batches(arrays: tuple[np.ndarray, ...], batch_size: int) -> tf.data.Dataset:
    """Cut arrays into batches, in order, as Keras does by itself, but without a wait at the end of each epoch.

    Keras has tf.data tune its datasets. When such a dataset ends, it waits for the tuner's next round, up to ten
    seconds an epoch. With arrays in memory there is nothing to tune.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size).with_options(options)


def predict(model: keras.Model, data: Encoded, *, batch_size: int = 64) -> np.ndarray:
    """Return the probabilities of the tags, ``(sentences, max_len, tags)`` float32."""
    result: Any = model.predict(batches((data.ids,), batch_size), verbose=0)
    return np.asarray(result, np.float32)


def predicted_tags(ids: np.ndarray, lengths: Iterable[int], tag_set: TagSet) -> list[tuple[str, ...]]:
    """Turn predicted ids into IOB2 tags for whole sentences.

    Args:
        ids: Most probable tag at each position, ``(sentences, max_len)``.
        lengths: Uncut length of each sentence. What was padded is dropped; what was cut off is ``O``, since the
            network never saw it.
        tag_set: The tag set that the ids belong to.

    Returns:
        For each sentence, one tag a token.
    """
    tags = []
    for row, length in zip(ids, lengths, strict=True):
        seen = tag_set.decode(row[:length])
        tags.append(seen + ("O",) * (length - len(seen)))
    return tags


def tag_tokens(
    model: keras.Sequential, vectors: Vectors, tag_set: TagSet, sentences: Sequence[Sequence[str]], max_len: int
) -> list[tuple[str, ...]]:
    """Tag new sentences: each token gets its vector, whether or not it occurred in training.

    Args:
        model: A trained tagger.
        vectors: The vectors that it was trained with.
        tag_set: Its tag set.
        sentences: Tokens of each sentence.
        max_len: Tokens that the model reads of a sentence; those after them are tagged ``O``.

    Returns:
        For each sentence, one IOB2 tag a token.
    """
    if not sentences:
        return []
    untagged = [Sentence.untagged(tokens) for tokens in sentences]
    vocabulary = build_vocabulary(untagged, vectors)
    data = encode(untagged, vocabulary, tag_set, max_len)
    ids = predict(with_embeddings(model, vocabulary.embeddings), data).argmax(-1)
    return predicted_tags(ids, data.lengths, tag_set)
