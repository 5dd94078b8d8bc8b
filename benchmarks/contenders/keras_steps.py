"""What the Keras contenders share: timed training steps, and the word vectors."""

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
    """Reports each batch to a stopwatch, and stops the training early if asked to.

    Args:
        watch: The stopwatch.
        tokens: Mean number of real tokens in a batch.
        most_steps: Batches after which to stop; None for no limit.
    """

    def __init__(self, watch: Stopwatch, tokens: float, most_steps: int | None) -> None:
        super().__init__()
        self.watch, self.tokens, self.most_steps = watch, tokens, most_steps

    def on_epoch_begin(self, epoch: int, logs: object = None) -> None:
        """Start the watch: what happens between passes (validating, saving) does not count as a step."""
        self.watch.start()

    def on_train_batch_end(self, batch: int, logs: object = None) -> None:
        """Report the step."""
        self.watch.step(self.tokens)
        if self.most_steps and len(self.watch.steps) >= self.most_steps:
            self.model.stop_training = True


@contextmanager
def clocked_fit(model: keras.Model, clock: StepClock) -> Iterator[None]:
    """Within the block, add the clock to the callbacks of every call of the model's ``fit``."""
    with mock.patch.object(model, "fit", partial(model.fit, callbacks=[clock])):
        yield


class _EnoughError(Exception):
    """The limit of steps is reached."""


@contextmanager
def clocked_batches(model: keras.Model, watch: Stopwatch, steps_a_pass: int, most_steps: int | None) -> Iterator[None]:
    """Within the block, report every call of the model's ``train_on_batch`` to a stopwatch.

    A step is the call and what came before it since the last call, that is, making the batch. The first step of a pass
    is the call alone, since validating and saving come before it.

    Args:
        model: A network that is trained on tag ids, with 0 for padding.
        watch: The stopwatch.
        steps_a_pass: Batches in a pass.
        most_steps: Batches after which the block ends, even within a pass; None for no limit.
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
    """Read the word vectors that the benchmark made before it started the contenders."""
    return Vocabulary(tuple(read_json(folder / "vocabulary.json")), np.load(folder / "vectors.npy", allow_pickle=False))
