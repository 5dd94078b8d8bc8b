"""The network: vectors in, one distribution over the tags for every token out."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import layers

from legalner.lstm import LSTM

__all__ = ["LAYERS", "bilstm_tagger", "count_parameters", "summary_rows", "with_vectors"]

LAYERS = {"keras": layers.LSTM, "arranged": LSTM}


def bilstm_tagger(
    matrix: np.ndarray,
    tag_count: int,
    *,
    max_len: int | None = 50,
    units: int = 256,
    mask: bool = False,
    train_vectors: bool = False,
    lstm: str = "arranged",
) -> keras.Sequential:
    """Build the article's tagger: vectors, a bi-directional LSTM, and a softmax over the tags at every token.

    Args:
        matrix: Word vectors, ``(rows, dimension)``; row 0 is padding.
        tag_count: Number of tags, padding included.
        max_len: Tokens in a sentence, or None for any number.
        units: Width of the LSTM's state, in each direction.
        mask: Skip padding in the LSTM, and leave it out of loss and accuracy; the article does not.
        train_vectors: Change the vectors in training too; the article does not.
        lstm: ``keras`` for Keras's own layer, ``arranged`` for :class:`legalner.lstm.LSTM`: the same numbers, sooner.

    Returns:
        A model from rows ``(batch, time)`` to probabilities ``(batch, time, tags)``, not compiled.
    """
    if lstm not in LAYERS:
        raise ValueError(f"no LSTM layer {lstm!r}; there are: {', '.join(LAYERS)}")
    return keras.Sequential(
        [
            keras.Input((max_len,), dtype="int32", name="rows"),
            _vectors_layer(matrix, mask=mask, trainable=train_vectors),
            layers.Bidirectional(LAYERS[lstm](units, return_sequences=True), name="bilstm"),
            layers.TimeDistributed(layers.Dense(tag_count, activation="softmax"), name="tags"),
        ],
        name="bilstm_tagger",
    )


def _vectors_layer(matrix: np.ndarray, *, mask: bool, trainable: bool) -> layers.Embedding:
    initializer = keras.initializers.Constant(0.0)
    layer = layers.Embedding(*matrix.shape, embeddings_initializer=initializer, mask_zero=mask, name="vectors")
    layer.build()
    layer.set_weights([matrix])
    layer.trainable = trainable
    return layer


def with_vectors(model: keras.Sequential, matrix: np.ndarray) -> keras.Sequential:
    """Put other vectors under a tagger, so that it can read tokens that it was not built with.

    Args:
        model: What :func:`bilstm_tagger` made; its other layers are shared, not copied.
        matrix: Vectors of the new vocabulary, ``(rows, dimension)``.

    Returns:
        A model for predicting.

    Raises:
        ValueError: Vectors of another length.
    """
    old = model.get_layer("vectors")
    if matrix.shape[1] != old.output_dim:
        raise ValueError(f"the model reads vectors of {old.output_dim} numbers, these have {matrix.shape[1]}")
    layer = _vectors_layer(matrix, mask=old.mask_zero, trainable=False)
    return keras.Sequential([keras.Input(model.input_shape[1:], dtype="int32"), layer, *model.layers[1:]])


def count_parameters(dimension: int, units: int, tag_count: int) -> dict[str, int]:
    """Count the tagger's trainable parameters by hand, vectors left out.

    An LSTM has four gates, each with a weight for every input, one for every state, and a bias; there are two
    directions. The last layer sees both directions' states.
    """
    one_direction = 4 * units * (dimension + units + 1)
    return {"bilstm": 2 * one_direction, "tags": (2 * units + 1) * tag_count}


def summary_rows(model: keras.Model) -> list[dict[str, Any]]:
    """Layer by layer: name, kind, output shape and number of parameters, for a table."""
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
