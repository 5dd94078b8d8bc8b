"""What the contenders in Keras share: a clock in ``fit``, and the word vectors."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import keras
import numpy as np

from benchmarks.measure import Stopwatch
from legalner.preprocess import Vocabulary
from legalner.workspace import read_json

__all__ = ["StepClock", "clocked_batches", "clocked_fit", "load_vocabulary"]


class StepClock(keras.callbacks.Callback):
    """Tell a stopwatch of each batch, and stop the training after so many.

    Args:
        watch: The stopwatch.
        tokens: Real tokens of a batch, on average over a pass.
        most_steps: Batches after which to stop; None for no limit.
    """

    def __init__(self, watch: Stopwatch, tokens: float, most_steps: int | None) -> None:
        """Take what the class describes."""
        super().__init__()
        self.watch, self.tokens, self.most_steps = watch, tokens, most_steps

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the watch: what lies between two passes (validating, saving) is no part of a step."""
        self.watch.start()

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Note the step."""
        self.watch.step(self.tokens)
        if self.most_steps and len(self.watch.steps) >= self.most_steps:
            self.model.stop_training = True


@contextmanager
def clocked_fit(model: keras.Model, clock: StepClock) -> Iterator[None]:
    """Within the block, every ``fit`` of the model, whoever calls it, has the clock among its callbacks."""
    with mock.patch.object(model, "fit", partial(model.fit, callbacks=[clock])):
        yield


class _EnoughError(Exception):
    """So many steps were wanted, and no more."""


@contextmanager
def clocked_batches(model: keras.Model, watch: Stopwatch, steps_a_pass: int, most_steps: int | None) -> Iterator[None]:
    """Within the block, a stopwatch is told of each ``train_on_batch`` of the model, whoever calls it.

    A step is the call and what led to it since the last (making the batch); at the first of a pass, the call alone,
    since validating and saving lie before it.

    Args:
        model: Trained on tag ids, 0 at padding.
        watch: The stopwatch.
        steps_a_pass: Batches in a pass.
        most_steps: Batches after which the block ends, wherever the training is; None for no limit.
    """
    train_on_batch = model.train_on_batch

    def clocked(x: Any, y: np.ndarray, **arguments: Any) -> Any:
        if len(watch.steps) % steps_a_pass == 0:
            watch.start()
        logs = train_on_batch(x, y, **arguments)
        watch.step(int(np.count_nonzero(y)))
        if most_steps and len(watch.steps) >= most_steps:
            raise _EnoughError
        return logs

    with suppress(_EnoughError), mock.patch.object(model, "train_on_batch", clocked):
        yield


def load_vocabulary(folder: Path) -> Vocabulary:
    """Read the word vectors that the benchmark made before the contenders ran."""
    return Vocabulary(tuple(read_json(folder / "vocabulary.json")), np.load(folder / "vectors.npy", allow_pickle=False))
