"""The improved tagger, from one configuration: features inside words, LSTM layers, a convolution and a CRF."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, get_args

import keras
import numpy as np
from keras import layers, ops

from legalner.crf import CRF, Tagger, allowed_transitions
from legalner.data import Sentence, TagScheme, TagSet
from legalner.features import FEATURES
from legalner.improve.encode import EncodedCorpus, FeatureTables, encode_features, length_sorted_batches
from legalner.lstm import LSTM

__all__ = ["FeatureEmbedding", "FocalLoss", "TaggerConfig", "build_network", "predict", "predict_ids", "tag_sentences"]

CHOICES = {
    "scheme": get_args(TagScheme),
    "head": ("softmax", "crf"),
    "loss": ("likelihood", "cross_entropy", "focal"),
    "schedule": ("constant", "cosine"),
    "keep": ("last", "best"),
}


@dataclass(frozen=True)
class TaggerConfig:
    """Everything that makes a tagger: what it sees, its network, and how it learns. The defaults are ``best``.

    Args:
        scheme: ``iob2``, or the article's ``class``.
        features: Names from :data:`legalner.features.FEATURES`.
        feature_dim: Length of each feature's vector.
        min_count: Training tokens that must have a feature's value for it to get an id of its own.
        word_dropout: Share of tokens at which the word is hidden in a training step, so that the network learns to deal
            with unknown words; drawn separately for ``word``, ``norm`` and the word vector.
        feature_dropout: The same for the other features, drawn separately for each.
        units: Width of the LSTM's state, in each direction.
        layers: Number of stacked LSTM layers.
        conv_filters: Filters of a convolution over five tokens whose output bypasses the LSTM and goes straight to the
            tag scores, as the features of a linear CRF do; 0 for none.
        dropout: Share of numbers that is dropped before and after each LSTM layer, and after the convolution.
        recurrent_dropout: Share of the state that is dropped between time steps.
        head: ``crf``, or ``softmax``, whose tags IOB2 constrains too.
        loss: ``likelihood`` of the path (crf), or ``cross_entropy`` or ``focal`` (softmax).
        epochs: Passes through the training data.
        max_padded_tokens: Positions in a batch, padding included.
        learning_rate: Adam's, at its highest.
        schedule: ``constant``, or ``cosine``, which rises for a twentieth of the steps and then falls to zero.
        weight_decay: Share of each weight that is taken away at every step, times the learning rate.
        ema_momentum: Momentum of the moving average of the weights, which replaces them at the end; 0 for none.
        keep: Weights of the ``last`` epoch, or of the ``best`` by entity F1 on val.
        patience: Epochs without a better F1 on val after which to stop; None: never.
        seed: Seed of weights, order and dropout.

    Raises:
        ValueError: A value that is unknown or out of range; the message says what was expected.
    """

    scheme: TagScheme = "iob2"
    features: tuple[str, ...] = (
        "shape", "prefix1", "prefix2", "prefix3", "prefix4", "suffix1", "suffix2", "suffix3", "suffix4", "suffix6",
    )  # fmt: skip
    feature_dim: int = 24
    min_count: int = 2
    word_dropout: float = 0.0
    feature_dropout: float = 0.15
    units: int = 128
    layers: int = 1
    conv_filters: int = 128
    dropout: float = 0.4
    recurrent_dropout: float = 0.0
    head: str = "crf"
    loss: str = "likelihood"
    epochs: int = 8
    max_padded_tokens: int = 500
    learning_rate: float = 0.002
    schedule: str = "cosine"
    weight_decay: float = 0.0
    ema_momentum: float = 0.997
    keep: str = "last"
    patience: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", tuple(self.features))
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"unknown {name} {getattr(self, name)!r}; expected one of {', '.join(choices)}")
        for name in ("feature_dim", "min_count", "units", "layers", "epochs", "max_padded_tokens", "learning_rate"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive, not {getattr(self, name)!r}")
        for name in ("conv_filters", "weight_decay"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)!r}")
        for name in ("word_dropout", "feature_dropout", "dropout", "recurrent_dropout", "ema_momentum"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 0 and below 1, not {getattr(self, name)!r}")
        if self.patience is not None and self.patience < 1:
            raise ValueError("patience must be at least one epoch, or None for no early stopping")
        if not self.features or (unknown := sorted(set(self.features) - set(FEATURES))):
            found = ", ".join(map(repr, unknown)) if self.features else "(none)"
            raise ValueError(f"unknown features {found}; expected some of {', '.join(FEATURES)}")
        if (self.loss == "likelihood") != (self.head == "crf"):
            raise ValueError(
                f"head {self.head!r} cannot learn by loss {self.loss!r}: crf takes likelihood, softmax takes "
                f"cross_entropy or focal"
            )


@keras.saving.register_keras_serializable("legalner")
class FeatureEmbedding(layers.Layer):
    """Vectors of a token's features, side by side; in training some features are replaced by the unknown, id 1.

    Args:
        sizes: Number of ids of each feature.
        dim: Length of each vector.
        dropout_rates: For each feature the share of tokens at which it is replaced in training.

    Call arguments:
        ids: ``(batch, time, features)`` int32.

    Returns:
        ``(batch, time, features * dim)``.
    """

    def __init__(self, sizes: Sequence[int], dim: int, dropout_rates: Sequence[float], **arguments: Any) -> None:
        super().__init__(**arguments)
        self.sizes, self.dim, self.dropout_rates = list(sizes), dim, list(dropout_rates)
        self.tables = [
            layers.Embedding(size, dim, embeddings_initializer=keras.initializers.RandomNormal(stddev=0.3))
            for size in self.sizes
        ]
        self.seed_generator = keras.random.SeedGenerator()

    def build(self, shape: Any) -> None:
        for table in self.tables:
            table.build()

    def call(self, ids: Any, training: bool = False) -> Any:
        if training and any(self.dropout_rates):
            drawn = keras.random.uniform(ops.shape(ids), seed=self.seed_generator)
            # Padding, id 0, stays padding.
            ids = ops.where((drawn < ops.convert_to_tensor(self.dropout_rates)) & (ids > 0), 1, ids)
        return ops.concatenate([table(ids[..., i]) for i, table in enumerate(self.tables)], axis=-1)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "sizes": self.sizes, "dim": self.dim, "dropout_rates": self.dropout_rates}


@keras.saving.register_keras_serializable("legalner")
class FocalLoss(keras.losses.Loss):
    """Cross-entropy that weighs each token by ``(1 - p) ** gamma``, so that easy ones count for little.

    From Lin et al. (2017), arXiv 1708.02002, for tag ids and logits; Keras has it for one-hot labels only. Positions
    with the padding tag, 0, are left out.

    Args:
        gamma: How little easy tokens count; 0 is cross-entropy.
    """

    def __init__(self, gamma: float = 2.0, name: str = "focal", **arguments: Any) -> None:
        # Keras's mean would count padding too; here `call` divides by the number of tokens, and the parts are summed.
        super().__init__(name=name, **{**arguments, "reduction": "sum"})
        self.gamma = gamma

    def call(self, y_true: Any, y_pred: Any) -> Any:
        """Return the share of each position in the mean loss, ``(batch, time)``.

        Args:
            y_true: Tag ids, ``(batch, time)``.
            y_pred: Logits, ``(batch, time, tags)``.
        """
        y_true = ops.cast(y_true, "int32")
        logs = ops.take_along_axis(ops.log_softmax(y_pred, axis=-1), y_true[..., None], axis=-1)[..., 0]
        mask = ops.cast(y_true != 0, logs.dtype)
        losses = -((1.0 - ops.exp(logs)) ** self.gamma) * logs * mask
        return losses / ops.maximum(ops.sum(mask), 1.0)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "gamma": self.gamma}


def build_network(
    config: TaggerConfig, sizes: Sequence[int], tag_set: TagSet, dimension: int = 0, *, seeded: bool = True
) -> Tagger:
    """Build the network that a configuration describes, not compiled.

    Args:
        config: Its features, width, depth, dropout and head.
        sizes: Number of ids of each feature.
        tag_set: The tags, padding's first.
        dimension: Length of the word vectors, 0 if it reads none.
        seeded: Set the random seed of the whole program first, so that the weights are reproducible. False for a
            network whose weights are about to be replaced.

    Returns:
        A model from ids ``(batch, time, features)``, and word vectors ``(batch, time, dimension)`` if it reads them, to
        emissions ``(batch, time, tags)``; its ``predict`` decodes them to tag ids ``(batch, time)``.
    """
    if seeded:
        keras.utils.set_random_seed(config.seed)
    ids = keras.Input((None, len(config.features)), dtype="int32", name="ids")
    mask = ops.not_equal(ids[..., 0], 0)  # (batch, time)
    rates = [config.word_dropout if f in ("word", "norm") else config.feature_dropout for f in config.features]
    x = FeatureEmbedding(sizes, config.feature_dim, rates, name="features")(ids)
    inputs: Any = ids
    if dimension:
        vectors = keras.Input((None, dimension), name="vectors")
        inputs = {"ids": ids, "vectors": vectors}
        # A whole vector is dropped, or none of it.
        seen = layers.Dropout(config.word_dropout, noise_shape=(None, None, 1), name="word_dropout")(vectors)
        x = layers.Concatenate(name="seen")([x, seen])
    x = layers.Dropout(config.dropout, name="dropout_0")(x)
    near = _convolution(x, mask, config) if config.conv_filters else None
    for number in range(1, config.layers + 1):
        lstm = LSTM(config.units, return_sequences=True, recurrent_dropout=config.recurrent_dropout)
        x = layers.Bidirectional(lstm, name=f"bilstm_{number}")(x, mask=mask)  # (batch, time, 2 * units)
        x = layers.Dropout(config.dropout, name=f"dropout_{number}")(x)
    if near is not None:
        x = layers.Concatenate(name="near_and_far")([x, near])
    emissions = layers.Dense(len(tag_set), name="emissions")(x)  # (batch, time, tags)
    crf = CRF(*allowed_transitions(tag_set.names), learned=config.head == "crf", name="crf")
    return Tagger(inputs, crf(emissions), name="tagger")


def _convolution(x: Any, mask: Any, config: TaggerConfig) -> Any:
    """Look at each token and two neighbours on each side, ``(batch, time, conv_filters)``."""
    # Padding is made zero, as what lies outside the batch is: a sentence gives the same in every batch.
    tokens = x * ops.cast(mask, "float32")[..., None]
    near = layers.Conv1D(config.conv_filters, 5, padding="same", activation="relu", name="convolution")(tokens)
    return layers.Dropout(config.dropout, name="dropout_convolution")(near)


def predict(
    network: Tagger, corpus: EncodedCorpus, embeddings: np.ndarray | None = None, *, max_padded_tokens: int = 8000
) -> list[tuple[np.ndarray, ...]]:
    """Return for each sentence what the network predicts, without padding, in the corpus's order.

    Args:
        network: From :func:`build_network`, or a :class:`legalner.crf.MarginalTagger` of it.
        corpus: What to read.
        embeddings: Word vectors, ``(ids, dimension)``, if the network reads them.
        max_padded_tokens: Positions in a batch, padding included.

    Returns:
        For each sentence the arrays of the network's ``predict_step``, ``(tokens,)`` each; the first are tag ids.
    """
    found: list[tuple[np.ndarray, ...]] = [()] * len(corpus)
    lengths = corpus.lengths
    for batch in length_sorted_batches(corpus, max_padded_tokens):
        outputs = network.predict_on_batch(batch.inputs(embeddings))
        arrays = outputs if isinstance(outputs, tuple) else (outputs,)  # (batch, time) each
        for number, *values in zip(batch.sentences, *arrays, strict=True):
            found[number] = tuple(value[: lengths[number]] for value in values)
    return found


def predict_ids(network: Tagger, corpus: EncodedCorpus, embeddings: np.ndarray | None = None) -> list[np.ndarray]:
    """Return the most probable tag ids of each sentence, ``(tokens,)``; see :func:`predict`."""
    return [ids for ids, *_ in predict(network, corpus, embeddings)]


def tag_sentences(
    network: Tagger, tables: FeatureTables, tag_set: TagSet, sentences: Sequence[Sequence[str]]
) -> list[tuple[str, ...]]:
    """Tag sentences of tokens, of any length; one IOB2 tag a token."""
    corpus = encode_features([Sentence.untagged(tokens) for tokens in sentences], tables, tag_set)
    return [tag_set.decode(ids) for ids in predict_ids(network, corpus)]
