"""A linear-chain conditional random field over the tags of a sentence (Lafferty et al. 2001), in Keras 3.

A softmax decides each token alone. A CRF scores whole paths: the score of tags ``y`` for a sentence is

    score(y) = start[y_1] + Σ_t emission[t, y_t] + Σ_t transition[y_(t-1), y_t] + end[y_T]

and the probability of a path is ``exp(score(y)) / Z``, where ``Z`` sums ``exp(score)`` over all paths. The forward
recursion finds ``Z``, the same recursion with a maximum in place of the sum finds the best path (Viterbi), and forward
and backward together find each tag's probability. Formulas: Rabiner (1989), doi 10.1109/5.18626; Lample et al. (2016),
arXiv 1603.01360. Lesson 07 works them by hand, and ``tests/test_crf.py`` holds them against a sum over all paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from legalner.preprocess import PADDING

__all__ = ["CRF", "CertainTagger", "Tagger", "allowed_by_iob2"]

Tensor = Any


def allowed_by_iob2(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Which tags may follow which, and which may begin a sentence.

    ``I-X`` goes on from ``B-X`` or ``I-X`` alone. The padding tag has no path at all. Tags without ``B-`` and ``I-``
    (the scheme ``class``) may follow each other freely.

    Args:
        names: The tag set's names.

    Returns:
        Booleans ``(tags, tags)``, from row to column, and ``(tags,)``.
    """
    real = np.array([name != PADDING for name in names])
    inside = np.array([name.startswith("I-") for name in names])
    goes_on = np.array([[name[2:] == before[2:] and before[:2] in ("B-", "I-") for name in names] for before in names])
    return (goes_on | ~inside) & real & real[:, None], real & ~inside


def _log_sum(weights: Tensor) -> Tensor:
    """Logarithm of sums that may be zero, with a gradient that is never NaN."""
    positive = weights > 0
    return ops.where(positive, ops.log(ops.where(positive, weights, 1.0)), -np.inf)


def _by_time(scores: Tensor, real: Tensor) -> Tensor:
    """Put time first, and whether there is a token behind the scores, ``(time, batch, tags + 1)``.

    One tensor, since ``ops.scan`` on TensorFlow does not take two whose length is unknown (Keras 3.15).
    """
    joined = ops.concatenate([scores, ops.cast(real, scores.dtype)[..., None]], axis=-1)
    return ops.swapaxes(joined, 0, 1)


def _behind_first(scores: Tensor, real: Tensor) -> Tensor:
    """The same for what is behind the first token, with padding at the end: TensorFlow cannot scan over nothing."""
    steps = _by_time(scores, real)
    return ops.concatenate([steps[1:], ops.zeros_like(steps[:1])], axis=0)


@keras.saving.register_keras_serializable("legalner")
class CRF(keras.layers.Layer):
    """Transition scores between tags, and what follows from them; emissions pass through unchanged.

    All methods take emissions ``(batch, time, tags)``, float32, and ``real``, booleans ``(batch, time)``: True for
    tokens, False for padding, which comes last. Padding changes nothing in any result. Where two scores at one token
    lie more than 87 apart, float32 takes the lesser for no path.

    Args:
        allowed: From :func:`allowed_by_iob2`: which tag may follow which, ``(tags, tags)``. Others have no path.
        allowed_first: Which tag may begin a sentence, ``(tags,)``.
        learned: False keeps all transition scores at zero: what is forbidden stays forbidden, and each token is
            otherwise decided alone, as by a softmax.
    """

    def __init__(self, allowed: Any, allowed_first: Any, *, learned: bool = True, **arguments: Any) -> None:
        """Take what the class describes."""
        super().__init__(**arguments)
        self.supports_masking = True
        self.allowed, self.allowed_first = np.asarray(allowed, bool), np.asarray(allowed_first, bool)
        self.learned = learned

    def build(self, shape: tuple[int | None, ...]) -> None:
        """Make the weights: ``transitions`` ``(tags, tags)``, ``start`` and ``end`` ``(tags,)``, all zero at first."""
        tags = self.allowed.shape[0]
        if shape[-1] != tags:
            raise ValueError(f"a CRF over {tags} tags cannot take emissions for {shape[-1]}")

        def weight(name: str, size: tuple[int, ...]) -> Any:
            return self.add_weight(name=name, shape=size, initializer="zeros", trainable=self.learned)

        self.transitions = weight("transitions", (tags, tags))
        self.start = weight("start", (tags,))
        self.end = weight("end", (tags,))

    def call(self, emissions: Tensor) -> Tensor:
        """Hand the emissions on; loss and decoding ask for the transitions by the methods below."""
        return emissions

    def get_config(self) -> dict[str, Any]:
        """What a saved model needs in order to make the layer again."""
        parts = {"allowed": self.allowed.tolist(), "allowed_first": self.allowed_first.tolist()}
        return {**super().get_config(), **parts, "learned": self.learned}

    def _scores(self) -> tuple[Tensor, Tensor]:
        """Scores of transitions and of first tags, -inf where there is no path."""
        transitions = ops.where(self.allowed, ops.convert_to_tensor(self.transitions), -np.inf)
        return transitions, ops.where(self.allowed_first, ops.convert_to_tensor(self.start), -np.inf)

    def path_score(self, emissions: Tensor, tags: Tensor, real: Tensor) -> Tensor:
        """Score of given tags ``(batch, time)``, one number a sentence, ``(batch,)``."""
        transitions, start = self._scores()
        kept = ops.cast(real, "float32")
        chosen = ops.take_along_axis(emissions, tags[..., None], axis=-1)[..., 0]
        steps = ops.take(ops.reshape(transitions, (-1,)), tags[:, :-1] * self.allowed.shape[0] + tags[:, 1:])
        # Times zero would turn -inf into NaN, so padding is chosen away.
        within = ops.sum(ops.where(real, chosen, 0.0), 1) + ops.sum(ops.where(real[:, 1:], steps, 0.0), 1)
        last = ops.cast(ops.sum(kept, 1), "int32") - 1
        last_tag = ops.take_along_axis(tags, last[:, None], axis=1)[:, 0]
        return within + ops.take(start, tags[:, 0]) + ops.take(self.end, last_tag)

    def _forward(self, emissions: Tensor, real: Tensor) -> Tensor:
        """Logarithm of the sum over all paths that end in a tag at a token, ``(time, batch, tags)``.

        Behind a sentence's end, its last value is repeated.
        """
        transitions, start = self._scores()
        weights = ops.exp(transitions)

        def step(before: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            emission, here = now[:, :-1], now[:, -1:] > 0
            top = ops.max(before, axis=-1, keepdims=True)
            after = _log_sum(ops.matmul(ops.exp(before - top), weights)) + top + emission
            after = ops.where(here, after, before)
            return after, after

        first = start + emissions[:, 0]
        _, rest = ops.scan(step, first, _behind_first(emissions, real))
        return ops.concatenate([first[None], rest[:-1]], axis=0)

    def log_normalizer(self, emissions: Tensor, real: Tensor) -> Tensor:
        """``log Z``, one number a sentence, ``(batch,)``."""
        return ops.logsumexp(self._forward(emissions, real)[-1] + self.end, axis=-1)

    def log_likelihood(self, emissions: Tensor, tags: Tensor, real: Tensor) -> Tensor:
        """Log-probability of given tags ``(batch, time)``, one number a sentence, ``(batch,)``."""
        return self.path_score(emissions, tags, real) - self.log_normalizer(emissions, real)

    def decode(self, emissions: Tensor, real: Tensor) -> Tensor:
        """The most probable path (Viterbi), ``(batch, time)`` int32; 0, the padding tag, behind a sentence's end."""
        transitions, start = self._scores()

        def step(before: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            # What this gives behind a sentence's end is never looked at.
            best = ops.max(before[:, :, None] + transitions, axis=1) + now[:, :-1]
            return best, best

        def back(following: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            score, next_is_real = now[:, :-1], now[:, -1:] > 0
            towards = ops.take(ops.transpose(transitions), following, axis=0)
            # The last token chooses by its end score; one before it by how it gets to what follows.
            tag = ops.cast(ops.argmax(score + ops.where(next_is_real, towards, self.end), axis=-1), "int32")
            return tag, tag

        first = start + emissions[:, 0]
        _, rest = ops.scan(step, first, _behind_first(emissions, real))
        scores = ops.swapaxes(ops.concatenate([first[None], rest[:-1]], axis=0), 0, 1)
        next_is_real = ops.concatenate([real[:, 1:], ops.zeros_like(real[:, :1])], axis=1)
        nothing = ops.zeros_like(ops.cast(real[:, 0], "int32"))
        _, tags = ops.scan(back, nothing, _by_time(scores, next_is_real), reverse=True)
        return ops.where(real, ops.transpose(tags), 0)

    def _backward(self, emissions: Tensor, real: Tensor) -> Tensor:
        """Logarithm of the sum over all that may follow a tag at a token, ``(time, batch, tags)``."""
        transitions, _ = self._scores()
        weights = ops.exp(ops.transpose(transitions))

        def step(after: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            emission, next_is_real = now[:, :-1], now[:, -1:] > 0
            rest = after + emission
            top = ops.max(rest, axis=-1, keepdims=True)
            before = _log_sum(ops.matmul(ops.exp(rest - top), weights)) + top
            before = ops.where(next_is_real, before, ops.convert_to_tensor(self.end))
            return before, before

        last = ops.zeros_like(emissions[:, 0]) + self.end
        return ops.scan(step, last, _behind_first(emissions, real), reverse=True)[1]

    def marginals(self, emissions: Tensor, real: Tensor) -> Tensor:
        """Probability of each tag at each token, all paths considered, ``(batch, time, tags)``; zeros at padding."""
        together = ops.softmax(self._forward(emissions, real) + self._backward(emissions, real), axis=-1)
        return ops.where(real[..., None], ops.swapaxes(together, 0, 1), 0.0)

    def certainty(self, emissions: Tensor, tags: Tensor, real: Tensor) -> tuple[Tensor, Tensor]:
        """What the probability of an entity rests on, all paths considered; for tags that IOB2 constrains.

        Args:
            emissions: As everywhere.
            tags: A path that is allowed, ``(batch, time)``.
            real: As everywhere.

        Returns:
            Probability of each token's tag, and probability that the entity which it stands in goes on at the next
            token *if* it has that tag, ``(batch, time)`` each; zeros at padding. An entity from ``start`` to ``end``
            (not included) has the probability ``first[start] * goes_on[start] * … * goes_on[end - 2] * (1 -
            goes_on[end - 1])``: a CRF is a Markov chain in the tags, given the sentence.
        """
        backward = self._backward(emissions, real)
        together = ops.softmax(self._forward(emissions, real) + backward, axis=-1)
        first = ops.take_along_axis(ops.swapaxes(together, 0, 1), tags[..., None], axis=-1)[..., 0]
        transitions, _ = self._scores()
        following = emissions + ops.swapaxes(backward, 0, 1)
        following = ops.concatenate([following[:, 1:], ops.zeros_like(following[:, :1])], axis=1)
        next_is_real = ops.concatenate([real[:, 1:], ops.zeros_like(real[:, :1])], axis=1)
        step = ops.softmax(ops.take(transitions, tags, axis=0) + following, axis=-1)
        # Within IOB2, what may follow but may not begin a sentence is the inside of the same entity.
        inside = ops.take(ops.convert_to_tensor(self.allowed & ~self.allowed_first), tags, axis=0)
        goes_on = ops.sum(ops.where(inside & next_is_real[..., None], step, 0.0), axis=-1)
        return ops.where(real, first, 0.0), goes_on


@keras.saving.register_keras_serializable("legalner")
class Tagger(keras.Model):
    """A Keras model that ends in a :class:`CRF` layer: ``fit`` learns its paths, ``predict`` gives tags.

    Made as ``Tagger(inputs, outputs)``. Its input (or the one named ``rows``) holds ids, ``(batch, time, features)``
    int32, zeros at padding; labels are tag ids ``(batch, time)``. Compiled without a loss, it learns by the CRF's
    likelihood; compiled with a loss on logits, by that, token by token.
    """

    @property
    def crf(self) -> CRF:
        """The last layer."""
        return self.layers[-1]

    @staticmethod
    def real(x: Any) -> Tensor:
        """Tell tokens from padding, ``(batch, time)``."""
        return ops.not_equal((x["rows"] if isinstance(x, dict) else x)[..., 0], 0)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Tensor:
        """Negative log-likelihood of the tags, divided by the number of tokens; or the loss given to ``compile``."""
        if self.loss is not None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        real = self.real(x)
        likelihood = self.crf.log_likelihood(y_pred, ops.cast(y, "int32"), real)
        return -ops.sum(likelihood) / ops.maximum(ops.sum(ops.cast(real, "float32")), 1.0)

    def predict_step(self, data: Any) -> Tensor:
        """The best path of each sentence, ``(batch, time)`` int32."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.crf.decode(self(x, training=False), self.real(x))


@keras.saving.register_keras_serializable("legalner")
class CertainTagger(Tagger):
    """A :class:`Tagger` whose ``predict`` tells how sure it is: tags, and the two results of :meth:`CRF.certainty`.

    Made from a trained tagger as ``CertainTagger(network.input, network.output)``; it shares the weights.
    """

    def predict_step(self, data: Any) -> tuple[Tensor, Tensor, Tensor]:
        """The best path of each sentence, and what its entities rest on, ``(batch, time)`` each."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        emissions, real = self(x, training=False), self.real(x)
        tags = self.crf.decode(emissions, real)
        return tags, *self.crf.certainty(emissions, tags, real)
