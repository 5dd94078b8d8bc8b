"""A linear-chain CRF over hand-made features, with sklearn-crfsuite."""

from __future__ import annotations

from collections.abc import Sequence

from sklearn_crfsuite import CRF

from benchmarks.contenders.base import Contender, Setting, Tags, Tokens
from benchmarks.measure import Stopwatch
from legalner.data import Sentence
from legalner.features import FEATURES

__all__ = ["LinearCrf", "features", "make"]

NEIGHBOURS = 2
SEEN = ("word", "shape", "prefix3", "suffix3")


def features(tokens: Tokens) -> list[list[str]]:
    """For each token: word, shape, prefix, suffix of itself and of two neighbours each side, as ``-1:shape=xxxx``."""
    own = [[f"{name}={FEATURES[name](token)}" for name in SEEN] for token in tokens]
    return [
        [
            "bias",
            *(
                f"{there - here}:{value}"
                for there in range(max(here - NEIGHBOURS, 0), min(here + NEIGHBOURS + 1, len(own)))
                for value in own[there]
            ),
        ]
        for here in range(len(own))
    ]


class LinearCrf(Contender):
    """L-BFGS, c1 = c2 = 0.1. A step is one iteration, which reads all tokens."""

    def prepare(self, sentences: list[Sentence]) -> None:
        """Extract the features."""
        self.x = [features(s.tokens) for s in sentences]
        self.y = [list(s.tags) for s in sentences]

    def train(self, watch: Stopwatch) -> None:
        """Fit; the trainer's own log says how long each iteration took."""
        self.crf = CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=self.setting.least_steps)
        self.crf.fit(self.x, self.y)
        tokens = sum(map(len, self.y))
        watch.steps += [(iteration["time"], tokens) for iteration in self.crf.training_log_.iterations]

    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Extract the features and tag."""
        return self.crf.predict([features(tokens) for tokens in sentences])


def make(setting: Setting) -> Contender:
    """The contender, for the worker."""
    return LinearCrf(setting)
