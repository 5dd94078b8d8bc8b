"""Training: epochs with progress, checkpoints that survive an interruption, and the history of losses."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import keras
import numpy as np

from legalner.preprocess import Encoded
from legalner.workspace import read_json, replacing, write_json

__all__ = ["History", "TrainingConfig", "load_model", "predict", "save_model", "train"]

Progress = Literal["bar", "lines", "none"]


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
        if self.epochs < 1 or self.batch_size < 1 or self.learning_rate <= 0:
            raise ValueError("epochs, batch_size and learning_rate must be positive")
        if self.keep not in ("last", "best"):
            raise ValueError(f"keep is 'last' or 'best', not {self.keep!r}")


@dataclass
class History:
    """What each epoch gave: ``loss``, ``accuracy``, ``val_loss``, ``val_accuracy``, ``seconds``, one entry an epoch."""

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
        """Index of the epoch with the lowest loss on val."""
        return int(np.argmin(self.column("val_loss")))


def save_model(model: keras.Model, path: Path) -> None:
    """Write network, weights and optimizer state as a ``.keras`` file, whole or not at all."""
    with replacing(path) as temporary:
        model.save(temporary)


def load_model(path: Path) -> keras.Model:
    """Read a ``.keras`` file of this package's models; Keras's safe mode runs no code from it."""
    import legalner.lstm  # noqa: F401  (registers the layer that the file names)

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
) -> tuple[keras.Model, History]:
    """Train with Adam on sparse categorical cross-entropy, saving state after every epoch.

    Where the model masks padding, Keras leaves padded positions out of loss and accuracy. Sentences are shuffled by
    seed and epoch, so a training that is interrupted and taken up again sees what an uninterrupted one sees.

    Args:
        model: From :func:`legalner.model.bilstm_tagger`, not compiled.
        fit: What to learn from.
        val: What to measure on after each epoch.
        config: Epochs, batches, learning rate, what to keep.
        folder: Where ``state.keras``, ``best.keras`` and ``history.json`` are kept. State left there by an interrupted
            training with the same configuration is taken up.
        progress: ``bar`` for people, ``lines`` for logs (one line an epoch), or ``none``.
        resume: False starts anew whatever lies in the folder. A finished training is always done anew.

    Returns:
        The trained model and its history. On Ctrl-C: what the epochs that ended gave.

    Raises:
        KeyboardInterrupt: Ctrl-C before the first epoch ended.
    """
    state, record = folder / "state.keras", folder / "history.json"
    history = History([])
    identity = _identity(model, fit, config)
    left = read_json(record) if resume and state.exists() and record.exists() else None
    # Taken up only if it is the same training, and not at its end.
    if left and left["identity"] == identity and not left["finished"]:
        history = History(left["epochs"])
        model = load_model(state)
        print(f"taking up the training in {folder} after epoch {len(history.epochs)} of {config.epochs}")
    else:
        optimizer = keras.optimizers.Adam(config.learning_rate)
        model.compile(optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    try:
        while not _finished(history, config):
            history.epochs.append(_epoch(model, fit, val, config, len(history.epochs), progress))
            if history.best == len(history.epochs) - 1:
                save_model(model, folder / "best.keras")
            # History after state: a kill between the two repeats an epoch, and never skips one.
            save_model(model, state)
            finished = _finished(history, config)
            write_json(record, {"identity": identity, "finished": finished, "epochs": history.epochs})
    except KeyboardInterrupt:
        if not history.epochs:
            raise
        print(f"interrupted: keeping what {len(history.epochs)} epochs gave; call again to go on")
        model = load_model(state)
    return (load_model(folder / "best.keras") if config.keep == "best" else model), history


def _epoch(
    model: keras.Model, fit: Encoded, val: Encoded, config: TrainingConfig, epoch: int, progress: Progress
) -> dict[str, float]:
    """Train one epoch and return its figures."""
    order = np.random.default_rng([config.seed, epoch]).permutation(len(fit.rows))
    start = time.perf_counter()
    result = model.fit(
        fit.rows[order], fit.tags[order], validation_data=(val.rows, val.tags), batch_size=config.batch_size,
        shuffle=False, initial_epoch=epoch, epochs=epoch + 1, verbose=1 if progress == "bar" else 0,
    )  # fmt: skip
    figures = {name: float(values[0]) for name, values in result.history.items()}
    figures["seconds"] = time.perf_counter() - start
    if progress == "lines":
        left = (config.epochs - epoch - 1) * figures["seconds"]
        shown = "  ".join(f"{name} {figures[name]:.4f}" for name in ("loss", "accuracy", "val_loss", "val_accuracy"))
        print(f"epoch {epoch + 1}/{config.epochs}  {shown}  {figures['seconds']:.0f} s, {left:.0f} s left", flush=True)
    return figures


def _finished(history: History, config: TrainingConfig) -> bool:
    epochs = len(history.epochs)
    out_of_patience = config.patience is not None and epochs > 0 and epochs - 1 - history.best >= config.patience
    return epochs >= config.epochs or out_of_patience


def _identity(model: keras.Model, fit: Encoded, config: TrainingConfig) -> dict[str, Any]:
    """What makes two trainings the same: configuration, data, and the weights that they start from."""
    digest = hashlib.sha256(fit.rows.tobytes() + fit.tags.tobytes())
    for weight in model.get_weights():
        digest.update(np.ascontiguousarray(weight).tobytes())
    return {"config": asdict(config), "start": digest.hexdigest()}


def predict(model: keras.Model, data: Encoded, *, batch_size: int = 64, progress: Progress = "none") -> np.ndarray:
    """Probabilities of the tags, ``(sentences, max_len, tags)`` float32."""
    result: Any = model.predict(data.rows, batch_size=batch_size, verbose=1 if progress == "bar" else 0)
    return np.asarray(result, np.float32)
