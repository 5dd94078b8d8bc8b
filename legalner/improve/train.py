"""Training of the tagger: batches by length, its losses and schedule, and entity F1 on val after each epoch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from tqdm.auto import tqdm

from legalner.crf import Tagger
from legalner.evaluate import spans
from legalner.features import FlatCorpus, epoch_batches
from legalner.preprocess import TagSet, batches_by_length
from legalner.tagger import FocalLoss, TaggerConfig, inputs, predict_ids
from legalner.train import History, Progress, averaged, training_identity, training_loop

__all__ = ["compile_tagger", "micro_f1", "train_tagger"]


def compile_tagger(network: Tagger, config: TaggerConfig, steps: int) -> None:
    """Give the network its optimizer and its loss.

    Args:
        network: From :func:`legalner.tagger.build_network`.
        config: Learning rate, schedule, weight decay, averaging, loss.
        steps: Batches in the whole training, for the schedule.
    """
    rate: Any = config.learning_rate
    if config.schedule == "cosine":
        warm = max(1, steps // 20)
        rate = keras.optimizers.schedules.CosineDecay(
            0.0, max(1, steps - warm), warmup_target=config.learning_rate, warmup_steps=warm
        )
    optimizer = keras.optimizers.Adam(
        rate,
        weight_decay=config.weight_decay or None,
        global_clipnorm=5.0,
        use_ema=config.averaging > 0,
        ema_momentum=config.averaging or 0.99,
    )
    losses = {
        "likelihood": None,
        "cross_entropy": keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0),
        "focal": FocalLoss(),
    }
    network.compile(optimizer, loss=losses[config.loss])


def _learn(
    network: Tagger, corpus: FlatCorpus, config: TaggerConfig, epoch: int, matrix: np.ndarray | None, *, bar: bool
) -> float:
    """Train one epoch, batch by batch, and return the mean loss.

    ``fit`` would take the batches from a generator by tf.data, which tells the C library to hand freed memory back to
    the system; that makes each step slower (see ``_keep_freed_memory`` in :mod:`legalner.train`).
    """
    steps = len(batches_by_length(corpus.lengths.tolist(), config.token_budget))
    losses = []
    batches = epoch_batches(corpus, config.token_budget, (config.seed, epoch))
    for batch in tqdm(batches, f"epoch {epoch + 1}/{config.epochs}", total=steps, leave=False, disable=not bar):
        logs = network.train_on_batch(inputs(batch, matrix), batch.tags, return_dict=True)
        network.reset_metrics()  # else Keras reports the mean over all batches so far
        losses.append(logs["loss"])
    return float(np.mean(losses))


def micro_f1(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Strict micro F1 over entities, as :func:`legalner.evaluate.entity_scores` has it, but quick."""
    pairs = [(set(spans(g)), set(spans(p))) for g, p in zip(gold, predicted, strict=True)]
    both = sum(len(g & p) for g, p in pairs)
    either = sum(len(g) + len(p) for g, p in pairs)
    return 2 * both / either if either else 0.0


def train_tagger(
    network: Tagger,
    fit: FlatCorpus,
    val: FlatCorpus,
    val_tags: Sequence[Sequence[str]],
    tag_set: TagSet,
    config: TaggerConfig,
    folder: Path,
    *,
    matrix: np.ndarray | None = None,
    progress: Progress = "bar",
    resume: bool = True,
) -> tuple[Tagger, History]:
    """Train a tagger, saving its state after every epoch; see :func:`legalner.train.train` for what is kept and how.

    Args:
        network: From :func:`legalner.tagger.build_network`, not compiled.
        fit: What to learn from.
        val: What to measure on after each epoch.
        val_tags: The whole gold of val, IOB2.
        tag_set: The tag set that both are encoded with.
        config: How to learn.
        folder: Where ``state-EPOCHS.keras``, ``best.keras`` and ``history.json`` are kept.
        matrix: Word vectors, ``(rows, dimension)``, if the network reads them.
        progress: ``bar`` for people, ``lines`` for logs (one line an epoch), or ``none``.
        resume: False starts anew whatever lies in the folder.

    Returns:
        The network with the weights to keep (averaged, if the configuration says so) and the history.
    """
    steps = len(batches_by_length(fit.lengths.tolist(), config.token_budget))

    def compile_anew(model: keras.Model) -> None:
        compile_tagger(model, config, steps * config.epochs)

    def one_epoch(model: keras.Model, epoch: int) -> dict[str, float]:
        start = time.perf_counter()
        loss = _learn(model, fit, config, epoch, matrix, bar=progress == "bar")
        with averaged(model):
            predicted = [tag_set.decode(ids) for ids in predict_ids(model, val, matrix)]
        figures = {"loss": loss, "val_f1": micro_f1(val_tags, predicted)}
        figures["seconds"] = time.perf_counter() - start
        if progress != "none":
            left = (config.epochs - epoch - 1) * figures["seconds"]
            shown = f"loss {figures['loss']:.4f}  val F1 {figures['val_f1']:.4f}"
            print(
                f"epoch {epoch + 1}/{config.epochs}  {shown}  {figures['seconds']:.0f} s, {left:.0f} s left", flush=True
            )
        return figures

    arrays = [part for corpus in (fit, val) for part in (corpus.rows, corpus.tags, corpus.starts)]
    if matrix is not None:
        arrays += [matrix, *(corpus.words for corpus in (fit, val) if corpus.words is not None)]
    identity = training_identity(network, config, arrays)
    return training_loop(network, compile_anew, one_epoch, config, identity, folder, resume=resume)
