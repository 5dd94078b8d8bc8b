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
from legalner.data import TagSet, spans
from legalner.improve.encode import EncodedCorpus, shuffled_batches
from legalner.improve.network import FocalLoss, TaggerConfig, predict_ids
from legalner.preprocess import batches_by_length
from legalner.train import History, Progress, averaged, show_epoch, training_identity, training_loop

__all__ = ["compile_tagger", "micro_f1", "train_tagger"]


def compile_tagger(network: Tagger, config: TaggerConfig, steps: int) -> None:
    """Give the network its optimizer and its loss.

    Args:
        network: From :func:`legalner.improve.build_network`.
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
        use_ema=config.ema_momentum > 0,
        ema_momentum=config.ema_momentum or 0.99,
    )
    losses = {
        "likelihood": None,
        "cross_entropy": keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0),
        "focal": FocalLoss(),
    }
    network.compile(optimizer, loss=losses[config.loss])


def _train_epoch(
    network: Tagger,
    corpus: EncodedCorpus,
    config: TaggerConfig,
    epoch: int,
    embeddings: np.ndarray | None,
    *,
    bar: bool,
) -> float:
    """Train one epoch, batch by batch, and return the mean loss.

    ``fit`` would take the batches from a generator through tf.data, which tells the C library to return freed memory to
    the system; that makes each step slower (see ``_keep_freed_memory`` in :mod:`legalner.train`).
    """
    steps = len(batches_by_length(corpus.lengths.tolist(), config.max_padded_tokens))
    losses = []
    batches = shuffled_batches(corpus, config.max_padded_tokens, (config.seed, epoch))
    for batch in tqdm(batches, f"epoch {epoch + 1}/{config.epochs}", total=steps, leave=False, disable=not bar):
        logs = network.train_on_batch(batch.inputs(embeddings), batch.tags, return_dict=True)
        network.reset_metrics()  # else Keras reports the mean over all batches so far
        losses.append(logs["loss"])
    return float(np.mean(losses))


def micro_f1(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """Return strict micro F1 over entities, as :func:`legalner.evaluate.entity_scores` does, but faster."""
    pairs = [(set(spans(g)), set(spans(p))) for g, p in zip(gold, predicted, strict=True)]
    both = sum(len(g & p) for g, p in pairs)
    either = sum(len(g) + len(p) for g, p in pairs)
    return 2 * both / either if either else 0.0


def train_tagger(
    network: Tagger,
    train_data: EncodedCorpus,
    val_data: EncodedCorpus,
    val_tags: Sequence[Sequence[str]],
    tag_set: TagSet,
    config: TaggerConfig,
    folder: Path,
    *,
    embeddings: np.ndarray | None = None,
    progress: Progress = "bar",
    resume: bool = True,
) -> tuple[Tagger, History]:
    """Train a tagger, saving its state after every epoch; see :func:`legalner.train.train` for what is kept and how.

    Args:
        network: From :func:`legalner.improve.build_network`, not compiled.
        train_data: What to learn from.
        val_data: What to measure on after each epoch.
        val_tags: The whole gold of val, IOB2.
        tag_set: The tag set that both are encoded with.
        config: How to learn.
        folder: Where ``state-EPOCHS.keras``, ``best.keras`` and ``history.json`` are kept.
        embeddings: Word vectors, ``(ids, dimension)``, if the network reads them.
        progress: ``bar`` for people, ``lines`` for logs (one line an epoch), or ``none``.
        resume: False starts again, whatever the folder holds.

    Returns:
        The network with the weights to keep (averaged, if the configuration says so) and the history.
    """
    steps = len(batches_by_length(train_data.lengths.tolist(), config.max_padded_tokens))

    def compile_anew(model: keras.Model) -> None:
        compile_tagger(model, config, steps * config.epochs)

    def one_epoch(model: keras.Model, epoch: int) -> dict[str, float]:
        start = time.perf_counter()
        loss = _train_epoch(model, train_data, config, epoch, embeddings, bar=progress == "bar")
        with averaged(model):
            predicted = [tag_set.decode(ids) for ids in predict_ids(model, val_data, embeddings)]
        figures = {"loss": loss, "val_f1": micro_f1(val_tags, predicted)}
        figures["seconds"] = time.perf_counter() - start
        if progress != "none":
            show_epoch(figures, epoch, config.epochs)
        return figures

    both = (train_data, val_data)
    arrays = [part for corpus in both for part in (corpus.ids, corpus.tags, corpus.row_splits)]
    if embeddings is not None:
        arrays += [embeddings, *(corpus.words for corpus in both if corpus.words is not None)]
    identity = training_identity(network, config, arrays)
    return training_loop(network, compile_anew, one_epoch, config, identity, folder, resume=resume)
