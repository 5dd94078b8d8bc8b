"""The article's way: every token's vector in one dense array, Keras's own LSTM, Keras's own ``fit``."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
from keras import layers

from benchmarks.contenders.base import Contender, Setting, Tags, Tokens, passes
from benchmarks.contenders.keras_steps import StepClock, load_vocabulary
from benchmarks.flops import training_flops
from benchmarks.measure import Stopwatch
from legalner.data import Sentence, TagSet
from legalner.model import predicted_tags
from legalner.preprocess import Vocabulary, encode

__all__ = ["Dense", "dense", "make"]

BATCH = 32


def dense(ids: np.ndarray, vocabulary: Vocabulary) -> np.ndarray:
    """Look up the vector of every token of every sentence: ``(sentences, max_len)`` to ``(…, dimension)`` float32."""
    return vocabulary.embeddings[ids]


class Dense(Contender):
    """50 tokens, a bi-directional LSTM and a softmax; Adam, cross-entropy over all positions, batches of 32."""

    max_len = 50

    def prepare(self, sentences: list[Sentence]) -> None:
        """Make the dense array and the network."""
        self.vocabulary = load_vocabulary(self.setting.vocabulary)
        self.tag_set = TagSet.from_sentences(sentences, "class")
        encoded = encode(sentences, self.vocabulary, self.tag_set, self.max_len)
        self.x, self.y, self.tokens = dense(encoded.ids, self.vocabulary), encoded.tags, encoded.tokens
        dimension, units = self.x.shape[-1], self.setting.options["units"]
        self.flops_per_token = training_flops(dimension, units, len(self.tag_set))
        keras.utils.set_random_seed(1)
        self.model = keras.Sequential(
            [
                keras.Input((self.max_len, dimension)),
                layers.Bidirectional(layers.LSTM(units, return_sequences=True)),
                layers.TimeDistributed(layers.Dense(len(self.tag_set), activation="softmax")),
            ]
        )
        self.model.compile("adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])

    def train(self, watch: Stopwatch) -> None:
        """Pass the dense array to ``fit``."""
        steps = -(-len(self.x) // BATCH)
        clock = StepClock(watch, self.tokens / steps, self.setting.most_steps)
        epochs = passes(self.setting.least_steps, steps)
        self.model.fit(self.x, self.y, batch_size=BATCH, epochs=epochs, verbose=0, callbacks=[clock])

    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Make the dense array of all sentences and pass it to ``predict``."""
        assert self.max_len is not None
        encoded = encode([Sentence.untagged(s) for s in sentences], self.vocabulary, self.tag_set, self.max_len)
        probabilities = self.model.predict(dense(encoded.ids, self.vocabulary), verbose=0)
        return predicted_tags(np.asarray(probabilities).argmax(-1), encoded.lengths, self.tag_set)


def make(setting: Setting) -> Contender:
    """Make the contender."""
    return Dense(setting)
