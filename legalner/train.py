"""Training: epochs with progress, checkpoints that survive an interruption, and the history of losses."""

from __future__ import annotations

import ctypes
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np
import tensorflow as tf

from legalner.data import Sentence
from legalner.model import with_vectors
from legalner.preprocess import Encoded, TagSet, build_vocabulary, encode
from legalner.tagger import TaggerConfig
from legalner.vectors import Vectors
from legalner.workspace import read_json, replacing, write_json

__all__ = [
    "History",
    "TokenAccuracy",
    "TrainingConfig",
    "averaged",
    "batches",
    "load_model",
    "mean_by_position",
    "predict",
    "save_model",
    "state_file",
    "tag_tokens",
    "train",
    "training_identity",
    "training_loop",
]

Progress = Literal["bar", "lines", "none"]


@keras.saving.register_keras_serializable("legalner")
class TokenAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of the positions whose most probable tag is right; what a mask leaves out does not count.

    Keras 3.10 hands masks to losses and not to metrics; later versions do both.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
        """Take the name under which the history has it."""
        super().__init__(name=name, dtype=dtype)

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count a batch: tag ids ``(batch, time)`` and probabilities ``(batch, time, tags)``, which carry the mask."""
        mask = getattr(y_pred, "_keras_mask", None)
        if mask is not None and sample_weight is None:
            sample_weight = keras.ops.cast(mask, "float32")
        return super().update_state(y_true, y_pred, sample_weight)


@dataclass(frozen=True)
class TrainingConfig:
    """How to train. The defaults are the article's.

    ``keep`` says whose weights are kept: those of the ``last`` epoch, or of the ``best`` one by loss on val.
    ``patience`` stops after so many epochs without a better loss on val; None never does.
    """

    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 0.001
    keep: Literal["last", "best"] = "last"
    patience: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        """Check the values.

        Raises:
            ValueError: A value that makes no sense.
        """
        if self.epochs < 1 or self.batch_size < 1 or not self.learning_rate > 0:
            raise ValueError("epochs, batch_size and learning_rate must be positive")
        if self.patience is not None and self.patience < 1:
            raise ValueError("patience is a number of epochs, at least 1, or None for no early stopping")
        if self.keep not in ("last", "best"):
            raise ValueError(f"keep is 'last' or 'best', not {self.keep!r}")


@dataclass
class History:
    """What each epoch gave: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, ``seconds``, one entry an epoch.

    The tagger's has ``val_f1``, of entities, in place of the accuracies.
    """

    epochs: list[dict[str, float]]

    def column(self, name: str) -> list[float]:
        """One quantity over the epochs."""
        return [epoch[name] for epoch in self.epochs]

    @property
    def seconds(self) -> float:
        """Seconds of training and validating, over all epochs."""
        return sum(self.column("seconds"))

    @property
    def best(self) -> int:
        """Index of the epoch with the highest entity F1 on val where that was measured, else with the lowest loss.

        A loss that is not a number is never the lowest.
        """
        if "val_f1" in self.epochs[0]:
            return int(np.argmax(self.column("val_f1")))
        return int(np.argmin(np.nan_to_num(self.column("val_loss"), nan=np.inf)))


def save_model(model: keras.Model, path: Path) -> None:
    """Write network, weights and optimizer state as a ``.keras`` file, whole or not at all."""
    with replacing(path) as temporary:
        model.save(temporary)


def load_model(path: Path) -> keras.Model:
    """Read a ``.keras`` file of this package's models; Keras's safe mode runs no code from it.

    What such a file names is registered with Keras by :mod:`legalner.tagger` and what that imports.
    """
    return keras.models.load_model(path, safe_mode=True)


def train(
    model: keras.Model,
    fit: Encoded,
    val: Encoded,
    config: TrainingConfig,
    folder: Path,
    *,
    progress: Progress = "bar",
    resume: bool = True,
    watch: Callable[[keras.Model], None] | None = None,
) -> tuple[keras.Model, History]:
    """Train with Adam on sparse categorical cross-entropy, saving state after every epoch.

    Where the model masks padding, Keras leaves padded positions out of loss and accuracy. Sentences are shuffled by
    seed and epoch, so a training that is interrupted and taken up again sees what an uninterrupted one sees.

    Args:
        model: From :func:`legalner.model.bilstm_tagger`, not compiled.
        fit: What to learn from.
        val: What to measure on after each epoch.
        config: Epochs, batches, learning rate, what to keep.
        folder: Where ``state-EPOCHS.keras``, ``best.keras`` and ``history.json`` are kept. State left there by an
            interrupted training with the same configuration is taken up.
        progress: ``bar`` for people, ``lines`` for logs (one line an epoch), or ``none``.
        resume: False starts anew whatever lies in the folder.
        watch: Called with the model after each epoch that is done here.

    Returns:
        The trained model and its history. On Ctrl-C: what the epochs that ended gave.

    Raises:
        KeyboardInterrupt: Ctrl-C before the first epoch ended.
    """
    identity = training_identity(model, config, (fit.rows, fit.tags, val.rows, val.tags))

    def compile_anew(model: keras.Model) -> None:
        optimizer = keras.optimizers.Adam(config.learning_rate)
        model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=[TokenAccuracy()])

    def one_epoch(model: keras.Model, epoch: int) -> dict[str, float]:
        figures = _epoch(model, fit, val, config, epoch, progress)
        if watch is not None:
            watch(model)
        return figures

    return training_loop(model, compile_anew, one_epoch, config, identity, folder, resume=resume)


def training_loop(
    model: keras.Model,
    compile_anew: Callable[[keras.Model], None],
    one_epoch: Callable[[keras.Model, int], dict[str, float]],
    config: TrainingConfig | TaggerConfig,
    identity: dict[str, Any],
    folder: Path,
    *,
    resume: bool,
) -> tuple[keras.Model, History]:
    """The loop over the epochs, for any model: save after each, take up what was interrupted, keep the best."""
    record = folder / "history.json"
    history = History([])
    _keep_freed_memory()
    left = read_json(record) if resume and record.exists() else {"identity": None, "epochs": []}
    state = state_file(folder, len(left["epochs"]))
    if left["identity"] == identity and state.exists():
        history = History(left["epochs"])
        model = load_model(state)
        if _finished(history, config):
            print(f"this training was finished before; taken from {folder} (resume=False would train again)")
        else:
            print(f"taking up the training in {folder} after epoch {len(history.epochs)} of {config.epochs}")
    else:
        compile_anew(model)
    try:
        while not _finished(history, config):
            _seed_dropout(model, (config.seed, len(history.epochs)))
            figures = one_epoch(model, len(history.epochs))
            longer = History([*history.epochs, figures])
            if not history.epochs:
                record.unlink(missing_ok=True)  # of another training, whose state and best weights are now replaced
            if longer.best == len(longer.epochs) - 1:
                with averaged(model):
                    save_model(model, folder / "best.keras")
            # The history says which state counts: a kill between the two repeats an epoch from where it began.
            save_model(model, state := state_file(folder, len(longer.epochs)))
            write_json(record, {"identity": identity, "epochs": longer.epochs})
            history = longer
            for older in set(folder.glob("state-*.keras")) - {state}:
                older.unlink()
    except KeyboardInterrupt:
        if not history.epochs:
            raise
        print(f"interrupted: keeping what {len(history.epochs)} epochs gave; call again to go on")
        model = load_model(state_file(folder, len(history.epochs)))
    if config.keep == "best":
        return load_model(folder / "best.keras"), history
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model, history


def state_file(folder: Path, epochs: int) -> Path:
    """Where a training in this folder keeps its network and optimizer after so many epochs."""
    return folder / f"state-{epochs}.keras"


def _seed_dropout(model: keras.Model, seed: Sequence[int]) -> None:
    """Set the states of the model's random generators by a seed, since a ``.keras`` file does not hold them."""
    states = [v for v in model.non_trainable_variables if v.name == "seed_generator_state"]
    for state, number in zip(states, np.random.default_rng(seed).integers(2**31, size=len(states)), strict=True):
        state.assign([number, 0])  # the second counts the draws


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Within the block, the model has the running averages of its weights, if its optimizer keeps them."""
    weights = [weight.numpy() for weight in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for weight, value in zip(model.trainable_variables, weights, strict=True):
            weight.assign(value)


def batches(arrays: tuple[np.ndarray, ...], batch_size: int) -> tf.data.Dataset:
    """Cut arrays into batches, in order, as Keras does by itself; but without waiting at the end.

    Keras's own dataset has tf.data tune itself; when such a dataset ends, it waits for the tuner's next look, up to ten
    seconds an epoch. Arrays in memory leave nothing to tune.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return tf.data.Dataset.from_tensor_slices(arrays).batch(batch_size).with_options(options)


def _keep_freed_memory() -> None:
    """Ask the C library (glibc) to reuse what TensorFlow frees, rather than to hand it back to the system.

    Every step frees and takes the same large blocks; handing them back makes the system clear each page anew, which
    took a fifth of a step's time where it was measured. Elsewhere than on glibc this does nothing.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        m_trim_threshold, m_mmap_threshold = -1, -3  # names and numbers from malloc.h
        library.mallopt(m_trim_threshold, 2**31 - 1)
        library.mallopt(m_mmap_threshold, 32 * 2**20)  # the most that glibc allows


def _epoch(
    model: keras.Model, fit: Encoded, val: Encoded, config: TrainingConfig, epoch: int, progress: Progress
) -> dict[str, float]:
    """Train one epoch and return its figures."""
    order = np.random.default_rng([config.seed, epoch]).permutation(len(fit.rows))
    start = time.perf_counter()
    result = model.fit(
        batches((fit.rows[order], fit.tags[order]), config.batch_size),
        validation_data=batches((val.rows, val.tags), config.batch_size),
        shuffle=False, initial_epoch=epoch, epochs=epoch + 1, verbose=1 if progress == "bar" else 0,
    )  # fmt: skip
    figures = {name: float(values[0]) for name, values in result.history.items()}
    figures["seconds"] = time.perf_counter() - start
    if progress == "lines":
        left = (config.epochs - epoch - 1) * figures["seconds"]
        shown = "  ".join(f"{name} {figures[name]:.4f}" for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
        print(f"epoch {epoch + 1}/{config.epochs}  {shown}  {figures['seconds']:.0f} s, {left:.0f} s left", flush=True)
    return figures


def _finished(history: History, config: TrainingConfig | TaggerConfig) -> bool:
    epochs = len(history.epochs)
    out_of_patience = config.patience is not None and epochs > 0 and epochs - 1 - history.best >= config.patience
    return epochs >= config.epochs or out_of_patience


def training_identity(
    model: keras.Model, config: TrainingConfig | TaggerConfig, arrays: Sequence[np.ndarray]
) -> dict[str, Any]:
    """What makes two trainings the same: configuration, data, and the network with the weights that it starts from."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    # The same weights can be masked or not, and be trained or not.
    traits = [(type(layer).__name__, layer.trainable, getattr(layer, "mask_zero", None)) for layer in model.layers]
    digest.update(repr(traits).encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return {"config": json.loads(json.dumps(asdict(config))), "start": digest.hexdigest()}


def predict(model: keras.Model, data: Encoded, *, batch_size: int = 64, progress: Progress = "none") -> np.ndarray:
    """Probabilities of the tags, ``(sentences, max_len, tags)`` float32."""
    result: Any = model.predict(batches((data.rows,), batch_size), verbose=1 if progress == "bar" else 0)
    return np.asarray(result, np.float32)


def mean_by_position(values: np.ndarray, data: Encoded) -> dict[str, float]:
    """Average something over all positions, and apart over the kinds of position.

    Args:
        values: A number for each position, ``(sentences, max_len)``: its loss, or whether its tag is right.
        data: What the values were computed on. Tag 0 is padding and tag 1 is ``O``, as in every
            :class:`~legalner.preprocess.TagSet`.

    Returns:
        Means over ``all positions``, ``padding``, ``real tokens`` and ``entity tokens``; NaN where there is no such.
    """
    kinds = {
        "all positions": np.ones_like(data.tags, bool),
        "padding": data.tags == 0,
        "real tokens": data.tags > 0,
        "entity tokens": data.tags > 1,
    }
    return {kind: float(values[here].mean()) if here.any() else float("nan") for kind, here in kinds.items()}


def tag_tokens(
    model: keras.Sequential, vectors: Vectors, tag_set: TagSet, sentences: Sequence[Sequence[str]], max_len: int
) -> list[tuple[str, ...]]:
    """Tag sentences that no corpus holds: each token gets its vector, whether the model met it before or not.

    Args:
        model: A trained tagger.
        vectors: The vectors that it was trained with.
        tag_set: Its tag set.
        sentences: Tokens of each sentence.
        max_len: Tokens that the model reads of a sentence; those behind are tagged ``O``.

    Returns:
        For each sentence, one IOB2 tag a token.
    """
    if not sentences:
        return []
    untagged = [Sentence(tuple(tokens), ("O",) * len(tokens)) for tokens in sentences]
    vocabulary = build_vocabulary(untagged, vectors)
    data = encode(untagged, vocabulary, tag_set, max_len)
    ids = predict(with_vectors(model, vocabulary.matrix), data).argmax(-1)
    seen = [tag_set.decode(row[: len(s)]) for row, s in zip(ids, untagged, strict=True)]
    return [tags + ("O",) * (len(s) - len(tags)) for tags, s in zip(seen, untagged, strict=True)]
