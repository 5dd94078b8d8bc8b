"""The tagger beyond the article: features inside words, stacked LSTMs and a CRF, by one configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import keras
import numpy as np
from keras import layers, ops

from legalner.crf import CRF, Tagger, allowed_by_iob2
from legalner.data import Sentence
from legalner.features import FEATURES, FeatureTables, FlatCorpus, Padded, flatten, in_order
from legalner.lstm import LSTM
from legalner.preprocess import TagScheme, TagSet

__all__ = ["FeatureEmbedding", "FocalLoss", "TaggerConfig", "build_network", "inputs", "predict_ids", "tag_sentences"]

CHOICES = {
    "scheme": get_args(TagScheme),
    "head": ("softmax", "crf"),
    "loss": ("likelihood", "cross_entropy", "focal"),
    "schedule": ("constant", "cosine"),
    "keep": ("last", "best"),
}


@dataclass(frozen=True)
class TaggerConfig:
    """All that makes a tagger: what it sees, its network, and how it learns. The defaults are ``best``.

    Args:
        scheme: ``iob2``, or the article's ``class``.
        features: Names out of :data:`legalner.features.FEATURES`.
        feature_units: Length of each feature's vector.
        at_least: How many training tokens must have a feature's value for it to get a row of its own.
        word_dropout: Share of the tokens at which the word (``word``, ``norm``, the word vector: each on its own) is
            hidden in a training step, so that the network meets unknown words.
        feature_dropout: The same for each of the other features, on its own.
        units: Width of the LSTM's state, in each direction.
        layers: LSTM layers, one over the other.
        window: Width of a convolution over five tokens, whose view goes past the LSTM straight to the tags, as a linear
            CRF's features do; 0 for none.
        dropout: Share of the numbers that is dropped before and after each LSTM layer.
        recurrent_dropout: Share of the state that is dropped between time steps.
        head: ``crf``, or ``softmax``, whose tags IOB2 constrains too.
        loss: ``likelihood`` of the path (crf), or ``cross_entropy`` or ``focal`` (softmax).
        epochs: Passes through the training data.
        token_budget: Tokens a batch, padding included.
        learning_rate: Adam's, at its highest.
        schedule: ``constant``, or ``cosine``: it warms up over a twentieth of the steps, then falls to zero.
        weight_decay: Share of each weight that is taken away at every step, times the learning rate.
        averaging: Momentum of the running average of the weights, whose result is kept; 0 for none.
        keep: Weights of the ``last`` epoch, or of the ``best`` by entity F1 on val.
        patience: Stop after so many epochs without a better F1 on val; None never does.
        seed: Seed of weights, order and dropout.
    """

    scheme: TagScheme = "iob2"
    features: tuple[str, ...] = (
        "shape", "prefix1", "prefix2", "prefix3", "prefix4", "suffix1", "suffix2", "suffix3", "suffix4", "suffix6",
    )  # fmt: skip
    feature_units: int = 24
    at_least: int = 2
    word_dropout: float = 0.0
    feature_dropout: float = 0.15
    units: int = 128
    layers: int = 1
    window: int = 128
    dropout: float = 0.4
    recurrent_dropout: float = 0.0
    head: str = "crf"
    loss: str = "likelihood"
    epochs: int = 8
    token_budget: int = 500
    learning_rate: float = 0.002
    schedule: str = "cosine"
    weight_decay: float = 0.0
    averaging: float = 0.997
    keep: str = "last"
    patience: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: A value that does not exist; the message lists those that do.
        """
        object.__setattr__(self, "features", tuple(self.features))
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"no {name} {getattr(self, name)!r}; there are: {', '.join(choices)}")
        for name in ("feature_units", "at_least", "units", "layers", "epochs", "token_budget", "learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)!r}")
        if self.window < 0:
            raise ValueError(f"window must be 0 or more units, not {self.window!r}")
        for name in ("word_dropout", "feature_dropout", "dropout", "recurrent_dropout", "averaging"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, not {getattr(self, name)!r}")
        if self.weight_decay < 0:
            raise ValueError(f"weight_decay must be at least 0, not {self.weight_decay!r}")
        if self.patience is not None and self.patience < 1:
            raise ValueError("patience is a number of epochs, at least 1, or None for no early stopping")
        if not self.features or (unknown := sorted(set(self.features) - set(FEATURES))):
            raise ValueError(f"no features {unknown if self.features else '()'}; there are: {', '.join(FEATURES)}")
        if (self.loss == "likelihood") != (self.head == "crf"):
            raise ValueError(
                f"head {self.head!r} does not learn by loss {self.loss!r}: crf takes likelihood, softmax takes "
                f"cross_entropy or focal"
            )


@keras.saving.register_keras_serializable("legalner")
class FeatureEmbedding(layers.Layer):
    """Vectors of a token's features, side by side; in training some features are hidden behind the unknown's row 1.

    Args:
        sizes: Rows of each feature's table.
        units: Length of each vector.
        hidden: Share of the tokens at which each feature is hidden in training.

    Call arguments:
        rows: ``(batch, time, features)`` int32.

    Returns:
        ``(batch, time, features * units)``.
    """

    def __init__(self, sizes: Sequence[int], units: int, hidden: Sequence[float], **arguments: Any) -> None:
        """Take what the class describes."""
        super().__init__(**arguments)
        self.sizes, self.units, self.hidden = list(sizes), units, list(hidden)
        self.tables = [
            layers.Embedding(size, units, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.3))
            for size in self.sizes
        ]
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, shape: Any) -> None:
        """Make the tables."""
        for table in self.tables:
            table.build()

    def call(self, rows: Any, training: bool = False) -> Any:
        """Look the rows up; see the class for shapes."""
        if training and any(self.hidden):
            drawn = keras.random.uniform(ops.shape(rows), seed=self.seed_generator)
            rows = ops.where((drawn < ops.convert_to_tensor(self.hidden)) & (rows > 0), 1, rows)
        return ops.concatenate([table(rows[..., i]) for i, table in enumerate(self.tables)], axis=-1)

    def get_config(self) -> dict[str, Any]:
        """What a saved model needs in order to make the layer again."""
        return {**super().get_config(), "sizes": self.sizes, "units": self.units, "hidden": self.hidden}


@keras.saving.register_keras_serializable("legalner")
class FocalLoss(keras.losses.Loss):
    """Cross-entropy that weighs each token by ``(1 - p) ** gamma``, so that easy ones count for little.

    From Lin et al. (2017), arXiv 1708.02002, for tag ids and logits; Keras has it for one-hot labels only. Positions
    with the padding tag, 0, are left out.

    Args:
        gamma: How little the easy ones count; 0 is cross-entropy.
    """

    def __init__(self, gamma: float = 2.0, name: str = "focal", **arguments: Any) -> None:
        """Take what the class describes."""
        # The mean that Keras takes counts padding, or not if there is a mask; a sum of shares is the mean over tokens.
        super().__init__(name=name, **{**arguments, "reduction": "sum"})
        self.gamma = gamma

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Share of each position in the mean loss, ``(batch, time)``.

        Args:
            y_true: Tag ids, ``(batch, time)``.
            y_pred: Logits, ``(batch, time, tags)``.
        """
        y_true = ops.cast(y_true, "int32")
        logs = ops.take_along_axis(ops.log_softmax(y_pred, axis=-1), y_true[..., None], axis=-1)[..., 0]
        real = ops.cast(y_true != 0, logs.dtype)
        losses = -((1.0 - ops.exp(logs)) ** self.gamma) * logs * real
        return losses / ops.maximum(ops.sum(real), 1.0)

    def get_config(self) -> dict[str, Any]:
        """What a saved model needs in order to make the loss again."""
        return {**super().get_config(), "gamma": self.gamma}


def build_network(
    config: TaggerConfig, sizes: Sequence[int], tag_set: TagSet, dimension: int = 0, *, seeded: bool = True
) -> Tagger:
    """Build the network that a configuration describes, not compiled.

    Args:
        config: Its features, width, depth, dropout and head.
        sizes: Rows of each feature's table.
        tag_set: The tags, padding's first.
        dimension: Length of the word vectors, 0 if it reads none.
        seeded: Set the whole program's random seed first, so that the weights repeat. False for a network whose weights
            are about to be replaced.

    Returns:
        A model from rows ``(batch, time, features)``, and word vectors ``(batch, time, dimension)`` if it reads them,
        to tags ``(batch, time)``.
    """
    if seeded:
        keras.utils.set_random_seed(config.seed)
    rows = keras.Input((None, len(config.features)), dtype="int32", name="rows")
    real = ops.not_equal(rows[..., 0], 0)
    hidden = [config.word_dropout if f in ("word", "norm") else config.feature_dropout for f in config.features]
    x = FeatureEmbedding(sizes, config.feature_units, hidden, name="features")(rows)
    given: Any = rows
    if dimension:
        vectors = keras.Input((None, dimension), name="vectors")
        given = {"rows": rows, "vectors": vectors}
        # A whole vector is dropped, or none of it.
        seen = layers.Dropout(config.word_dropout, noise_shape=(None, None, 1), name="word_dropout")(vectors)
        x = layers.Concatenate(name="seen")([x, seen])
    x = layers.Dropout(config.dropout, name="dropout_0")(x)
    seen_near = _window(x, real, config) if config.window else None
    for number in range(1, config.layers + 1):
        lstm = LSTM(config.units, return_sequences=True, recurrent_dropout=config.recurrent_dropout)
        x = layers.Bidirectional(lstm, name=f"bilstm_{number}")(x, mask=real)
        x = layers.Dropout(config.dropout, name=f"dropout_{number}")(x)
    if seen_near is not None:
        x = layers.Concatenate(name="near_and_far")([x, seen_near])
    emissions = layers.Dense(len(tag_set), name="emissions")(x)
    crf = CRF(*allowed_by_iob2(tag_set.names), learned=config.head == "crf", name="crf")
    return Tagger(given, crf(emissions), name="tagger")


def _window(x: Any, real: Any, config: TaggerConfig) -> Any:
    """Look at each token with two neighbours on each side, ``(batch, time, window)``."""
    # Padding is zero, as is what lies beyond a batch's ends: a sentence reads the same in every batch.
    tokens = x * ops.cast(real, "float32")[..., None]
    near = layers.Conv1D(config.window, 5, padding="same", activation="relu", name="window")(tokens)
    return layers.Dropout(config.dropout, name="dropout_window")(near)


def inputs(batch: Padded, matrix: np.ndarray | None) -> Any:
    """What the network reads of a batch: rows, and word vectors if there are any."""
    return batch.rows if batch.words is None or matrix is None else {"rows": batch.rows, "vectors": matrix[batch.words]}


def predict_ids(
    network: Tagger, corpus: FlatCorpus, matrix: np.ndarray | None = None, *, token_budget: int = 8000
) -> list[np.ndarray]:
    """The most probable tag ids of each sentence, ``(its tokens,)``, in the corpus's order."""
    found: list[np.ndarray] = [np.zeros(0, np.int32)] * len(corpus)
    lengths = corpus.lengths
    for batch in in_order(corpus, token_budget):
        for number, ids in zip(batch.sentences, network.predict_on_batch(inputs(batch, matrix)), strict=True):
            found[number] = ids[: lengths[number]]
    return found


def tag_sentences(
    network: Tagger, tables: FeatureTables, tag_set: TagSet, sentences: Sequence[Sequence[str]]
) -> list[tuple[str, ...]]:
    """Tag sentences of tokens, of any length; one IOB2 tag a token."""
    untagged = [Sentence(tuple(tokens), ("O",) * len(tokens)) for tokens in sentences]
    ids = predict_ids(network, flatten(untagged, tables, tag_set))
    return [tag_set.decode(row) for row in ids]
