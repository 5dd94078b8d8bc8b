"""The linear CRF of lesson 06, over hand-made features, with sklearn-crfsuite."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.contenders.base import Contender, Setting, Tags, Tokens
from benchmarks.measure import Stopwatch
from legalner.baselines import linear_tags, train_linear_crf
from legalner.data import Sentence

__all__ = ["LinearCrf", "make"]


class LinearCrf(Contender):
    """Trained with L-BFGS; a step is one iteration, which reads all tokens."""

    def prepare(self, sentences: list[Sentence]) -> None:
        """Keep the sentences: extracting their features is part of the training."""
        self.sentences = sentences

    def train(self, watch: Stopwatch) -> None:
        """Train; the time of each iteration comes from the trainer's log."""
        self.crf = train_linear_crf(self.sentences, iterations=self.setting.least_steps)
        tokens = sum(map(len, self.sentences))
        watch.steps += [(iteration["time"], tokens) for iteration in self.crf.training_log_.iterations]

    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Extract the features and tag."""
        return linear_tags(self.crf, sentences)


def make(setting: Setting) -> Contender:
    """Make the contender."""
    return LinearCrf(setting)
