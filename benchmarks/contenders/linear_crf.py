"""A linear-chain CRF over hand-made features, with sklearn-crfsuite; the one of lesson 06."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.contenders.base import Contender, Setting, Tags, Tokens
from benchmarks.measure import Stopwatch
from legalner.baselines import linear_tags, train_linear_crf
from legalner.data import Sentence

__all__ = ["LinearCrf", "make"]


class LinearCrf(Contender):
    """L-BFGS. A step is one iteration, which reads all tokens."""

    def prepare(self, sentences: list[Sentence]) -> None:
        """Keep the sentences: extracting the features is part of the training."""
        self.sentences = sentences

    def train(self, watch: Stopwatch) -> None:
        """Fit; the trainer's own log says how long each iteration took."""
        self.crf = train_linear_crf(self.sentences, iterations=self.setting.least_steps)
        tokens = sum(map(len, self.sentences))
        watch.steps += [(iteration["time"], tokens) for iteration in self.crf.training_log_.iterations]

    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Extract the features and tag."""
        return linear_tags(self.crf, sentences)


def make(setting: Setting) -> Contender:
    """The contender, for the worker."""
    return LinearCrf(setting)
