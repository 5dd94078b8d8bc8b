"""A linear-chain conditional random field over the tags of a sentence (Lafferty et al. 2001), in Keras 3.

A softmax decides each token alone. A CRF scores whole paths: the score of tags ``y`` for a sentence is

    score(y) = start[y_1] + Σ_t emission[t, y_t] + Σ_t transition[y_(t-1), y_t] + end[y_T]

and the probability of a path is ``exp(score(y)) / Z``, where ``Z`` sums ``exp(score)`` over all paths. The forward
recursion finds ``Z``, the same recursion with a maximum in place of the sum finds the best path (Viterbi), and forward
and backward together give each tag's probability. Formulas: Rabiner (1989), doi 10.1109/5.18626; Lample et al. (2016),
arXiv 1603.01360; the probability of an entity: Culotta and McCallum (2004). Lesson 07 works them by hand, and
``tests/test_crf.py`` compares them with sums over all paths.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from legalner.data import PADDING

__all__ = ["CRF", "MarginalTagger", "Tagger", "allowed_transitions"]

Tensor = Any


def allowed_transitions(names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return which tags IOB2 lets follow which, and which may begin a sentence.

    ``I-X`` can only follow ``B-X`` or ``I-X``. No path goes through the padding tag. Tags without ``B-`` and ``I-``
    (the scheme ``class``) may follow each other freely.

    Args:
        names: The tag set's names.

    Returns:
        Booleans ``(tags, tags)``, from row to column, and ``(tags,)``.
    """
    tag = np.array([name != PADDING for name in names])
    inside = np.array([name.startswith("I-") for name in names])
    continues = np.array(
        [[name[2:] == before[2:] and before[:2] in ("B-", "I-") for name in names] for before in names]
    )
    return (continues | ~inside) & tag & tag[:, None], tag & ~inside


def _log_sum(weights: Tensor) -> Tensor:
    """Logarithm of sums that may be zero, with a gradient that is never NaN."""
    positive = weights > 0
    return ops.where(positive, ops.log(ops.where(positive, weights, 1.0)), -np.inf)


def _time_first(scores: Tensor, mask: Tensor) -> Tensor:
    """Put time first, with the mask as one more column: ``(time, batch, tags + 1)``.

    One tensor, since ``ops.scan`` on TensorFlow does not take two whose length is unknown (Keras 3.15).
    """
    joined = ops.concatenate([scores, ops.cast(mask, scores.dtype)[..., None]], axis=-1)  # (batch, time, tags + 1)
    return ops.swapaxes(joined, 0, 1)


def _after_first(scores: Tensor, mask: Tensor) -> Tensor:
    """``_time_first`` without the first token, plus a padding step at the end: TensorFlow cannot scan zero steps."""
    steps = _time_first(scores, mask)
    return ops.concatenate([steps[1:], ops.zeros_like(steps[:1])], axis=0)  # (time, batch, tags + 1)


def _shift(mask: Tensor) -> Tensor:
    """Whether a token follows at each position, ``(batch, time)``."""
    return ops.concatenate([mask[:, 1:], ops.zeros_like(mask[:, :1])], axis=1)


@keras.saving.register_keras_serializable("legalner")
class CRF(keras.layers.Layer):
    """Transition scores between tags, and what follows from them; emissions pass through unchanged.

    All methods take emissions ``(batch, time, tags)``, float32, and ``mask``, booleans ``(batch, time)``: True for
    tokens, False for padding, which comes last. Padding never changes a result. Where two scores at a token differ by
    more than 87, the lower one is treated as having no path: its exponential is 0 in float32.

    The weights are ``transitions`` ``(tags, tags)``, ``start`` and ``end`` ``(tags,)``, all zero at first.

    Args:
        allowed: From :func:`allowed_transitions`: which tag may follow which, ``(tags, tags)``. Others have no path.
        allowed_first: Which tag may begin a sentence, ``(tags,)``.
        learned: False keeps all transition scores at zero: what is forbidden stays forbidden, and otherwise each token
            is decided alone, as by a softmax.
    """

    def __init__(self, allowed: Any, allowed_first: Any, *, learned: bool = True, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.supports_masking = True
        self.allowed, self.allowed_first = np.asarray(allowed, bool), np.asarray(allowed_first, bool)
        self.learned = learned

    def build(self, shape: tuple[int | None, ...]) -> None:
        tags = self.allowed.shape[0]
        if shape[-1] != tags:
            raise ValueError(f"a CRF over {tags} tags must get emissions for as many, received {shape[-1]}")

        def weight(name: str, size: tuple[int, ...]) -> Any:
            return self.add_weight(name=name, shape=size, initializer="zeros", trainable=self.learned)

        self.transitions = weight("transitions", (tags, tags))
        self.start = weight("start", (tags,))
        self.end = weight("end", (tags,))

    def call(self, emissions: Tensor) -> Tensor:
        # The transitions come in later: the loss and decoding call the methods below.
        return emissions

    def get_config(self) -> dict[str, Any]:
        parts = {"allowed": self.allowed.tolist(), "allowed_first": self.allowed_first.tolist()}
        return {**super().get_config(), **parts, "learned": self.learned}

    def _scores(self) -> tuple[Tensor, Tensor]:
        """Scores of transitions ``(tags, tags)`` and of first tags ``(tags,)``, -inf where there is no path."""
        transitions = ops.where(self.allowed, ops.convert_to_tensor(self.transitions), -np.inf)
        return transitions, ops.where(self.allowed_first, ops.convert_to_tensor(self.start), -np.inf)

    def path_score(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Return the score of given tags ``(batch, time)``, one number a sentence, ``(batch,)``."""
        transitions, start = self._scores()
        chosen = ops.take_along_axis(emissions, tags[..., None], axis=-1)[..., 0]  # (batch, time)
        # A pair of tags as one index into the flat table of transitions.
        steps = ops.take(ops.reshape(transitions, (-1,)), tags[:, :-1] * self.allowed.shape[0] + tags[:, 1:])
        # Multiplying by a mask of zeros would turn -inf into NaN, so padding is replaced.
        within = ops.sum(ops.where(mask, chosen, 0.0), 1) + ops.sum(ops.where(mask[:, 1:], steps, 0.0), 1)  # (batch,)
        last = ops.sum(ops.cast(mask, "int32"), 1) - 1
        last_tag = ops.take_along_axis(tags, last[:, None], axis=1)[:, 0]  # (batch,)
        return within + ops.take(start, tags[:, 0]) + ops.take(self.end, last_tag)

    def _forward(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Logarithm of the sum over all paths that end in a tag at a token, ``(time, batch, tags)``.

        After a sentence's end its last value is repeated.
        """
        transitions, start = self._scores()
        weights = ops.exp(transitions)  # (tags, tags); 0 where there is no path

        def step(before: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            emission, is_token = now[:, :-1], now[:, -1:] > 0  # (batch, tags), (batch, 1)
            # log Σ_i exp(before_i + transition_ij) for all j at once, as a matrix product. The largest score is taken
            # out first and added again, so that no exponential overflows.
            top = ops.max(before, axis=-1, keepdims=True)
            after = _log_sum(ops.matmul(ops.exp(before - top), weights)) + top + emission
            after = ops.where(is_token, after, before)
            return after, after

        first = start + emissions[:, 0]  # (batch, tags)
        _, rest = ops.scan(step, first, _after_first(emissions, mask))
        return ops.concatenate([first[None], rest[:-1]], axis=0)

    def log_normalizer(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Return ``log Z``, one number a sentence, ``(batch,)``."""
        return ops.logsumexp(self._forward(emissions, mask)[-1] + self.end, axis=-1)

    def log_likelihood(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> Tensor:
        """Return the log-probability of given tags ``(batch, time)``, one number a sentence, ``(batch,)``."""
        return self.path_score(emissions, tags, mask) - self.log_normalizer(emissions, mask)

    def decode(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Return the most probable path (Viterbi), ``(batch, time)`` int32; 0, the padding tag, after the end."""
        transitions, start = self._scores()

        def step(before: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            # Best score of a path to each tag: the best way to get there, max over the tag before (axis 1), and its
            # emission. What this gives after a sentence's end is never looked at.
            best = ops.max(before[:, :, None] + transitions, axis=1) + now[:, :-1]  # (batch, tags)
            return best, best

        def back(following: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            # Walk back along the best path. No pointers were kept: given the tag that follows, the tag here is the one
            # from which that tag was reached best. The last token has none to reach; its end scores decide.
            score, token_follows = now[:, :-1], now[:, -1:] > 0
            towards = ops.take(ops.transpose(transitions), following, axis=0)  # (batch, tags)
            tag = ops.cast(ops.argmax(score + ops.where(token_follows, towards, self.end), axis=-1), "int32")
            return tag, tag

        first = start + emissions[:, 0]
        _, rest = ops.scan(step, first, _after_first(emissions, mask))
        scores = ops.swapaxes(ops.concatenate([first[None], rest[:-1]], axis=0), 0, 1)  # (batch, time, tags)
        nothing = ops.zeros_like(ops.cast(mask[:, 0], "int32"))
        _, tags = ops.scan(back, nothing, _time_first(scores, _shift(mask)), reverse=True)  # (time, batch)
        return ops.where(mask, ops.transpose(tags), 0)

    def _backward(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Logarithm of the sum over everything that may follow a tag at a token, ``(time, batch, tags)``."""
        transitions, _ = self._scores()
        weights = ops.exp(ops.transpose(transitions))  # from column to row: this recursion runs from right to left

        def step(after: Tensor, now: Tensor) -> tuple[Tensor, Tensor]:
            emission, token_follows = now[:, :-1], now[:, -1:] > 0
            rest = after + emission
            top = ops.max(rest, axis=-1, keepdims=True)
            before = _log_sum(ops.matmul(ops.exp(rest - top), weights)) + top
            # The last token has only the end scores after it.
            before = ops.where(token_follows, before, ops.convert_to_tensor(self.end))
            return before, before

        last = ops.zeros_like(emissions[:, 0]) + self.end
        return ops.scan(step, last, _after_first(emissions, mask), reverse=True)[1]

    def marginals(self, emissions: Tensor, mask: Tensor) -> Tensor:
        """Return each tag's probability at each token over all paths, ``(batch, time, tags)``; zeros at padding."""
        together = ops.softmax(self._forward(emissions, mask) + self._backward(emissions, mask), axis=-1)
        return ops.where(mask[..., None], ops.swapaxes(together, 0, 1), 0.0)

    def span_marginals(self, emissions: Tensor, tags: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return the two factors of an entity's probability over all paths; the tag scheme must be ``iob2``.

        A CRF is a Markov chain in the tags, given the sentence. So an entity from ``start`` to ``end`` (not included)
        has the probability ``first[start] * continues[start] * … * continues[end - 2] * (1 - continues[end - 1])``
        (Culotta and McCallum 2004, "Confidence estimation for information extraction").

        Args:
            emissions: See the class.
            tags: A path that is allowed, ``(batch, time)``.
            mask: See the class.

        Returns:
            ``first``: the probability of each token's tag. ``continues``: the probability that the entity at a token
            continues at the next one *given* the token's tag. Both ``(batch, time)``, zeros at padding.
        """
        backward = self._backward(emissions, mask)  # (time, batch, tags)
        together = ops.softmax(self._forward(emissions, mask) + backward, axis=-1)
        first = ops.take_along_axis(ops.swapaxes(together, 0, 1), tags[..., None], axis=-1)[..., 0]  # (batch, time)
        transitions, _ = self._scores()
        # The evidence for each tag at the next token: its emission and everything after it.
        following = emissions + ops.swapaxes(backward, 0, 1)  # (batch, time, tags)
        following = ops.concatenate([following[:, 1:], ops.zeros_like(following[:, :1])], axis=1)
        step = ops.softmax(ops.take(transitions, tags, axis=0) + following, axis=-1)  # (batch, time, tags)
        # Within IOB2, what may follow but may not begin a sentence is the inside of the same entity.
        inside = ops.take(ops.convert_to_tensor(self.allowed & ~self.allowed_first), tags, axis=0)
        continues = ops.sum(ops.where(inside & _shift(mask)[..., None], step, 0.0), axis=-1)
        return ops.where(mask, first, 0.0), continues


@keras.saving.register_keras_serializable("legalner")
class Tagger(keras.Model):
    """A Keras model that ends in a :class:`CRF` layer: ``fit`` learns its paths, ``predict`` gives tags.

    Made as ``Tagger(inputs, outputs)``. Its input (or the one named ``ids``) is ``(batch, time, features)`` int32,
    zeros at padding; labels are tag ids ``(batch, time)``. Compiled without a loss, it is trained on the CRF's
    likelihood; compiled with a loss on logits, on that loss, token by token.
    """

    @property
    def crf(self) -> CRF:
        """The CRF, which is the last layer."""
        return self.layers[-1]

    @staticmethod
    def mask(x: Any) -> Tensor:
        """Tell tokens from padding, ``(batch, time)``."""
        return ops.not_equal((x["ids"] if isinstance(x, dict) else x)[..., 0], 0)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> Tensor:
        """Return the negative log-likelihood of the tags per token, or the loss given to ``compile``."""
        if self.loss is not None:
            return super().compute_loss(x, y, y_pred, sample_weight, training)
        mask = self.mask(x)
        likelihood = self.crf.log_likelihood(y_pred, ops.cast(y, "int32"), mask)  # (batch,)
        return -ops.sum(likelihood) / ops.maximum(ops.sum(ops.cast(mask, "float32")), 1.0)

    def predict_step(self, data: Any) -> Tensor:
        """Return the best path of each sentence, ``(batch, time)`` int32."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        return self.crf.decode(self(x, training=False), self.mask(x))


@keras.saving.register_keras_serializable("legalner")
class MarginalTagger(Tagger):
    """A :class:`Tagger` whose ``predict`` also says how probable its entities are.

    Made from a trained tagger as ``MarginalTagger(network.input, network.output)``; it shares the weights.
    """

    def predict_step(self, data: Any) -> tuple[Tensor, Tensor, Tensor]:
        """Return the best path and both results of :meth:`CRF.span_marginals`, ``(batch, time)`` each."""
        x, _, _ = keras.utils.unpack_x_y_sample_weight(data)
        emissions, mask = self(x, training=False), self.mask(x)
        tags = self.crf.decode(emissions, mask)
        return tags, *self.crf.span_marginals(emissions, tags, mask)
