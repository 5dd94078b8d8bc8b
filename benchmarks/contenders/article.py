"""This package's `article`: the article's network, but with ids and a table of vectors, as in lessons 02 to 05."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from benchmarks.contenders.base import Contender, Setting, Tags, Tokens, passes
from benchmarks.contenders.keras_steps import StepClock, clocked_fit, load_vocabulary
from benchmarks.flops import training_flops
from benchmarks.measure import Stopwatch
from legalner.data import Sentence, TagSet
from legalner.model import bilstm_tagger, predict, predicted_tags
from legalner.preprocess import Encoded, encode
from legalner.train import TrainingConfig, train

__all__ = ["Article", "make"]


class Article(Contender):
    """Sentences of 50 tokens, :func:`legalner.model.bilstm_tagger` and :func:`legalner.train.train`."""

    max_len = 50

    def prepare(self, sentences: list[Sentence]) -> None:
        """Encode the sentences and build the network."""
        self.vocabulary = load_vocabulary(self.setting.vocabulary)
        self.tag_set = TagSet.from_sentences(sentences, "class")
        self.train_data = encode(sentences, self.vocabulary, self.tag_set, self.max_len)
        units, embeddings = self.setting.options["units"], self.vocabulary.embeddings
        self.flops_per_token = training_flops(embeddings.shape[1], units, len(self.tag_set))
        keras.utils.set_random_seed(1)
        self.model = bilstm_tagger(embeddings, len(self.tag_set), max_len=self.max_len, units=units)

    def train(self, watch: Stopwatch) -> None:
        """Train as in lesson 04; val, which is not measured here, is one batch of sentences."""
        config = TrainingConfig()
        steps = -(-len(self.train_data.ids) // config.batch_size)
        config = TrainingConfig(epochs=passes(self.setting.least_steps, steps))
        few = Encoded(self.train_data.ids[:32], self.train_data.tags[:32], self.train_data.lengths[:32])
        with clocked_fit(self.model, StepClock(watch, self.train_data.tokens / steps, self.setting.most_steps)):
            train(self.model, self.train_data, few, config, self.setting.folder, progress="none", resume=False)

    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Encode and predict as in lesson 05."""
        assert self.max_len is not None
        encoded = encode([Sentence.untagged(s) for s in sentences], self.vocabulary, self.tag_set, self.max_len)
        return predicted_tags(predict(self.model, encoded).argmax(-1), encoded.lengths, self.tag_set)


def make(setting: Setting) -> Contender:
    """Make the contender."""
    return Article(setting)
