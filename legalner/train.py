"""Training: epochs with progress, checkpoints that survive an interruption, and the history of losses."""

from __future__ import annotations

import ctypes
import hashlib
import json
import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Protocol

import keras
import numpy as np

from legalner.model import batches
from legalner.preprocess import Encoded
from legalner.workspace import atomic_write, read_json, write_json

__all__ = [
    "History",
    "Progress",
    "TokenAccuracy",
    "TrainingConfig",
    "TrainingProtocol",
    "averaged",
    "fit_epoch",
    "load_model",
    "mean_by_position",
    "save_model",
    "show_epoch",
    "state_file",
    "train",
    "training_identity",
    "training_loop",
]

Progress = Literal["bar", "lines", "none"]


class TrainingProtocol(Protocol):
    """What the training loop asks of a configuration, which is a dataclass; see :class:`TrainingConfig`."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def epochs(self) -> int:
        """Number of passes through the training data."""

    @property
    def keep(self) -> str:
        """Whose weights to keep: ``last`` or ``best``."""

    @property
    def patience(self) -> int | None:
        """Number of epochs without an improvement after which to stop; None: never."""

    @property
    def seed(self) -> int:
        """Seed of everything random in the training."""


@keras.saving.register_keras_serializable("legalner")
class TokenAccuracy(keras.metrics.SparseCategoricalAccuracy):
    """Share of the positions whose most probable tag is correct; what a mask leaves out does not count.

    Keras 3.10 passes masks to losses but not to metrics; later versions pass them to both.
    """

    def __init__(self, name: str = "accuracy", dtype: Any = None) -> None:
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

    ``keep`` says whose weights to keep: those of the ``last`` epoch, or of the ``best`` one by loss on val.
    ``patience`` is the number of epochs without a lower loss on val after which training stops; None: never.

    Raises:
        ValueError: A value out of its range.
    """

    epochs: int = 10
    batch_size: int = 32
    learning_rate: float = 0.001
    keep: Literal["last", "best"] = "last"
    patience: int | None = None
    seed: int = 1

    def __post_init__(self) -> None:
        if self.epochs < 1 or self.batch_size < 1 or not self.learning_rate > 0:
            raise ValueError("epochs, batch_size and learning_rate must be positive")
        if self.patience is not None and self.patience < 1:
            raise ValueError("patience must be at least one epoch, or None for no early stopping")
        if self.keep not in ("last", "best"):
            raise ValueError(f"keep must be 'last' or 'best', not {self.keep!r}")


@dataclass
class History:
    """The figures of each epoch: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy`` and ``seconds``.

    A training that measures entities has ``val_f1`` in place of accuracies and loss on val.
    """

    epochs: list[dict[str, float]]

    def column(self, name: str) -> list[float]:
        """Return one quantity over the epochs."""
        return [epoch[name] for epoch in self.epochs]

    @property
    def seconds(self) -> float:
        """Seconds of training and validation, over all epochs."""
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
    with atomic_write(path) as temporary:
        model.save(temporary)


def load_model(path: Path) -> keras.Model:
    """Read a ``.keras`` file of this package's models; Keras's safe mode runs no code from it.

    The module that defines the model's layers must have been imported, which registers them with Keras.
    """
    return keras.models.load_model(path, safe_mode=True)


def train(
    model: keras.Model,
    train_data: Encoded,
    val_data: Encoded,
    config: TrainingConfig,
    folder: Path,
    *,
    progress: Progress = "bar",
    resume: bool = True,
    watch: Callable[[keras.Model], None] | None = None,
) -> tuple[keras.Model, History]:
    """Train with Adam on sparse categorical cross-entropy, saving state after every epoch.

    Where the model masks padding, Keras leaves padded positions out of loss and accuracy. The order of the sentences
    depends on seed and epoch alone, so a training that is resumed sees what an uninterrupted one sees.

    Args:
        model: From :func:`legalner.model.bilstm_tagger`, not compiled.
        train_data: What to learn from.
        val_data: What to measure on after each epoch.
        config: Epochs, batches, learning rate, what to keep.
        folder: Where ``state-EPOCHS.keras``, ``best.keras`` and ``history.json`` are kept. An interrupted training with
            the same configuration, network and data is resumed from there.
        progress: ``bar`` for people, ``lines`` for logs (one line an epoch), or ``none``.
        resume: False starts again, whatever the folder holds.
        watch: Called with the model after each epoch.

    Returns:
        The trained model and its history; on Ctrl-C, those of the epochs that were completed.

    Raises:
        KeyboardInterrupt: Ctrl-C before the first epoch was completed.
    """
    identity = training_identity(model, config, (train_data.ids, train_data.tags, val_data.ids, val_data.tags))

    def compile_anew(model: keras.Model) -> None:
        optimizer = keras.optimizers.Adam(config.learning_rate)
        model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=[TokenAccuracy()])

    def one_epoch(model: keras.Model, epoch: int) -> dict[str, float]:
        figures = fit_epoch(model, train_data, val_data, config, epoch, progress)
        if watch is not None:
            watch(model)
        return figures

    return training_loop(model, compile_anew, one_epoch, config, identity, folder, resume=resume)


def training_loop(
    model: keras.Model,
    compile_anew: Callable[[keras.Model], None],
    one_epoch: Callable[[keras.Model, int], dict[str, float]],
    config: TrainingProtocol,
    identity: dict[str, Any],
    folder: Path,
    *,
    resume: bool,
) -> tuple[keras.Model, History]:
    """Run the epochs of any model: save its state after each, resume what was interrupted, keep the best.

    Args:
        model: What to train.
        compile_anew: Compiles the model for a training that starts from the beginning.
        one_epoch: Trains one epoch, given the model and the epoch's number from 0, and returns its figures.
        config: How many epochs, and what to keep.
        identity: From :func:`training_identity`; a training in the folder is resumed only if its identity is equal.
        folder: Where the state is kept; see :func:`train`.
        resume: False starts again, whatever the folder holds.

    Returns:
        The model with the weights to keep, and the history.
    """
    record = folder / "history.json"
    history = History([])
    _keep_freed_memory()
    left = read_json(record) if resume and record.exists() else {"identity": None, "epochs": []}
    state = state_file(folder, len(left["epochs"]))
    if left["identity"] == identity and state.exists():
        history = History(left["epochs"])
        model = load_model(state)
        if _finished(history, config):
            print(f"this training is complete; its result was read from {folder} (resume=False trains again)")
        else:
            print(f"resuming the training in {folder} after epoch {len(history.epochs)} of {config.epochs}")
    else:
        compile_anew(model)
    try:
        while not _finished(history, config):
            _seed_dropout(model, (config.seed, len(history.epochs)))
            figures = one_epoch(model, len(history.epochs))
            longer = History([*history.epochs, figures])
            if not history.epochs:
                record.unlink(missing_ok=True)  # of another training, whose files are replaced from here on
            if longer.best == len(longer.epochs) - 1:
                with averaged(model):
                    save_model(model, folder / "best.keras")
            # The history says which state counts, so it is written after it: a kill between the two repeats one epoch.
            save_model(model, state := state_file(folder, len(longer.epochs)))
            write_json(record, {"identity": identity, "epochs": longer.epochs})
            history = longer
            for older in set(folder.glob("state-*.keras")) - {state}:
                older.unlink()
    except KeyboardInterrupt:
        if not history.epochs:
            raise
        print(f"interrupted: the result of {len(history.epochs)} epochs is kept; call again to resume")
        model = load_model(state_file(folder, len(history.epochs)))
    if config.keep == "best":
        return load_model(folder / "best.keras"), history
    model.optimizer.finalize_variable_values(model.trainable_variables)
    return model, history


def state_file(folder: Path, epochs: int) -> Path:
    """Return where a training in this folder keeps network and optimizer after this many epochs."""
    return folder / f"state-{epochs}.keras"


def _seed_dropout(model: keras.Model, seed: Sequence[int]) -> None:
    """Seed the model's random generators, whose states a ``.keras`` file does not hold."""
    states = [v for v in model.non_trainable_variables if v.name == "seed_generator_state"]
    for state, number in zip(states, np.random.default_rng(seed).integers(2**31, size=len(states)), strict=True):
        state.assign([number, 0])  # the second counts the draws


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Within the block, the model has the moving averages of its weights, if its optimizer keeps them."""
    weights = [weight.numpy() for weight in model.trainable_variables]
    model.optimizer.finalize_variable_values(model.trainable_variables)
    try:
        yield
    finally:
        for weight, value in zip(model.trainable_variables, weights, strict=True):
            weight.assign(value)


def _keep_freed_memory() -> None:
    """Ask the C library (glibc) to reuse the memory that TensorFlow frees instead of returning it to the system.

    Every step frees and allocates the same large blocks. If they are returned, the system must clear each page again,
    which took a fifth of a step's time where it was measured. Without glibc this does nothing.
    """
    if platform.libc_ver()[0] == "glibc":
        library = ctypes.CDLL(None)
        m_trim_threshold, m_mmap_threshold = -1, -3  # names and numbers from malloc.h
        library.mallopt(m_trim_threshold, 2**31 - 1)
        library.mallopt(m_mmap_threshold, 32 * 2**20)  # the most that glibc allows


def fit_epoch(
    model: keras.Model, train_data: Encoded, val_data: Encoded, config: TrainingConfig, epoch: int, progress: Progress
) -> dict[str, float]:
    """Train one epoch with Keras's ``fit``, in an order that depends on seed and epoch, and return its figures."""
    order = np.random.default_rng([config.seed, epoch]).permutation(len(train_data.ids))
    start = time.perf_counter()
    result = model.fit(
        batches((train_data.ids[order], train_data.tags[order]), config.batch_size),
        validation_data=batches((val_data.ids, val_data.tags), config.batch_size),
        shuffle=False, initial_epoch=epoch, epochs=epoch + 1, verbose=1 if progress == "bar" else 0,
    )  # fmt: skip
    figures = {name: float(result.history[name][0]) for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
    figures["seconds"] = time.perf_counter() - start
    if progress == "lines":
        show_epoch(figures, epoch, config.epochs)
    return figures


def show_epoch(figures: Mapping[str, float], epoch: int, epochs: int) -> None:
    """Print one line for an epoch: its figures, its seconds, and the seconds that are left at this speed."""
    shown = "  ".join(f"{name} {value:.4f}" for name, value in figures.items() if name != "seconds")
    left = (epochs - epoch - 1) * figures["seconds"]
    print(f"epoch {epoch + 1}/{epochs}  {shown}  {figures['seconds']:.0f} s, {left:.0f} s left", flush=True)


def _finished(history: History, config: TrainingProtocol) -> bool:
    epochs = len(history.epochs)
    out_of_patience = config.patience is not None and epochs > 0 and epochs - 1 - history.best >= config.patience
    return epochs >= config.epochs or out_of_patience


def training_identity(model: keras.Model, config: TrainingProtocol, arrays: Sequence[np.ndarray]) -> dict[str, Any]:
    """Describe what makes two trainings the same: configuration, data, and the network with its first weights."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(np.ascontiguousarray(array).tobytes())
    # Networks with the same weights can still mask padding or not, and train a layer or not.
    traits = [(type(layer).__name__, layer.trainable, getattr(layer, "mask_zero", None)) for layer in model.layers]
    digest.update(repr(traits).encode())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return {"config": json.loads(json.dumps(asdict(config))), "start": digest.hexdigest()}


def mean_by_position(values: np.ndarray, data: Encoded) -> dict[str, float]:
    """Average something over all positions, and separately over each kind of position.

    Args:
        values: A number for each position, ``(sentences, max_len)``: its loss, or whether its tag is correct.
        data: What the values were computed on. Tag 0 is padding and tag 1 is ``O``, as in every
            :class:`~legalner.data.TagSet`.

    Returns:
        Means over ``all positions``, ``padding``, ``real tokens`` and ``entity tokens``; NaN for a kind without any.
    """
    kinds = {
        "all positions": np.ones_like(data.tags, bool),
        "padding": data.tags == 0,
        "real tokens": data.tags > 0,
        "entity tokens": data.tags > 1,
    }
    return {kind: float(values[here].mean()) if here.any() else float("nan") for kind, here in kinds.items()}
