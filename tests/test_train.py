"""Training: what it records, and that interruptions, checkpoints and masks do what they promise."""

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from keras import layers

import legalner.train as training
from legalner.model import bilstm_tagger, predict
from legalner.preprocess import Encoded
from legalner.train import (
    History,
    TokenAccuracy,
    TrainingConfig,
    load_model,
    mean_by_position,
    show_epoch,
    state_file,
    train,
    training_loop,
)

RNG = np.random.default_rng(5)


def weights(model: keras.Model) -> np.ndarray:
    return np.concatenate([w.numpy().ravel() for w in model.trainable_variables])


# -- the loop, with a toy that has all that is random in a tagger, and averages its weights ----------------------------

X = RNG.normal(size=(12, 4)).astype(np.float32)
Y = X.sum(-1, keepdims=True)


def toy(seed: int = 1) -> keras.Sequential:
    keras.utils.set_random_seed(seed)
    return keras.Sequential([keras.Input((4,)), layers.Dropout(0.2), layers.Dense(3), layers.Dense(1)])


@dataclass
class Epochs:
    """Epochs of three steps; notes the epochs that were begun, and the weights after each step.

    With a script nothing is computed: each epoch sets all weights to its number, from 1, and has one of these losses.
    """

    script: tuple[float, ...] = ()
    ctrl_c_in: int | None = None
    begun: list[int] = field(default_factory=list)
    steps: list[np.ndarray] = field(default_factory=list)

    def __call__(self, model: keras.Model, epoch: int) -> dict[str, float]:
        self.begun.append(epoch)
        if not self.script:
            for batch in np.split(np.random.default_rng(epoch).permutation(12), 3):
                model.train_on_batch(X[batch], Y[batch])
                self.steps.append(weights(model))
        if epoch == self.ctrl_c_in:
            raise KeyboardInterrupt
        if not self.script:
            return {"val_loss": float(np.mean((np.asarray(model(X)) - Y) ** 2)), "seconds": 1.0}
        for weight in model.trainable_variables:
            weight.assign(np.full(weight.shape, epoch + 1.0))
        return {"val_loss": self.script[epoch], "seconds": 1.0}


def run(
    one_epoch: Epochs,
    folder: Path,
    *,
    identity: str = "one",
    resume: bool = True,
    momentum: float = 0.8,
    **changed: Any,
) -> tuple[keras.Model, History]:
    def compile_anew(model: keras.Model) -> None:
        use = momentum > 0 and not one_epoch.script
        model.compile(keras.optimizers.Adam(0.02, use_ema=use, ema_momentum=momentum or 0.99), loss="mse")
        model.optimizer.build(model.trainable_variables)

    config = TrainingConfig(**{"epochs": 4, **changed})
    return training_loop(toy(), compile_anew, one_epoch, config, {"toy": identity}, folder, resume=resume)


def fail_at(patch: pytest.MonkeyPatch, name: str, call: int, error: type[BaseException]) -> None:
    """Let this call, counted from 1, of a function of the module raise an error instead."""
    original, calls = getattr(training, name), []

    def failing(*arguments: Any) -> Any:
        calls.append(arguments)
        if len(calls) == call:
            raise error
        return original(*arguments)

    patch.setattr(training, name, failing)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> tuple[Path, keras.Model, History, Epochs]:
    folder, epochs = tmp_path_factory.mktemp("uninterrupted"), Epochs()
    model, history = run(epochs, folder)
    assert epochs.begun == [0, 1, 2, 3] and history.best == 3  # each epoch is the best so far
    return folder, model, history, epochs


def test_what_comes_back_is_the_running_average_of_the_weights(uninterrupted) -> None:
    folder, model, _, epochs = uninterrupted
    assert len(epochs.steps) == 12
    average = epochs.steps[0]
    for now in epochs.steps[1:]:
        average = 0.8 * average + 0.2 * now
    np.testing.assert_allclose(weights(model), average, atol=1e-5)
    np.testing.assert_array_equal(weights(load_model(folder / "best.keras")), weights(model))
    np.testing.assert_array_equal(weights(load_model(state_file(folder, 4))), epochs.steps[-1])


def test_averaging_changes_nothing_in_the_training_itself(uninterrupted, tmp_path) -> None:
    *_, averaged = uninterrupted
    model, _ = run(plain := Epochs(), tmp_path, momentum=0.0)
    np.testing.assert_allclose(plain.steps, averaged.steps, atol=1e-6)
    np.testing.assert_array_equal(weights(model), plain.steps[-1])


def test_resumed_after_an_interruption_it_ends_as_if_there_had_been_none(uninterrupted, tmp_path, capsys) -> None:
    _, model, history, epochs = uninterrupted
    half, half_history = run(Epochs(ctrl_c_in=2), tmp_path)
    assert half_history.epochs == history.epochs[:2]
    assert "interrupted: the result of 2 epochs is kept; call again to resume" in capsys.readouterr().out
    state = load_model(state_file(tmp_path, 2))
    np.testing.assert_allclose(weights(state), epochs.steps[5], atol=1e-6)  # of epoch 3 nothing is left
    with training.averaged(state):
        np.testing.assert_array_equal(weights(half), weights(state))
    keras.utils.set_random_seed(99)  # another process has another state
    resumed, whole = run(rest := Epochs(), tmp_path)
    assert rest.begun == [2, 3]
    assert f"resuming the training in {tmp_path} after epoch 2 of 4" in capsys.readouterr().out
    np.testing.assert_allclose(rest.steps, epochs.steps[6:], atol=1e-6)
    np.testing.assert_allclose(weights(resumed), weights(model), atol=1e-6)
    np.testing.assert_allclose(whole.column("val_loss"), history.column("val_loss"), atol=1e-6)


@pytest.mark.parametrize(("killed_in", "call"), [("save_model", 5), ("save_model", 6), ("write_json", 3)])
def test_killed_before_any_file_of_an_epoch_was_written_it_repeats_that_epoch(
    uninterrupted, killed_in: str, call: int, tmp_path, monkeypatch
) -> None:
    """An epoch writes the best weights, its state, and the history: in epoch 3 one of the three is never written."""
    _, model, history, _ = uninterrupted
    epochs = Epochs()
    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        fail_at(patch, killed_in, call, SystemExit)
        run(epochs, tmp_path)
    resumed, whole = run(epochs, tmp_path)
    assert epochs.begun == [0, 1, 2, 2, 3]
    np.testing.assert_allclose(weights(resumed), weights(model), atol=1e-6)
    np.testing.assert_allclose(whole.column("val_loss"), history.column("val_loss"), atol=1e-6)
    assert {p.name for p in tmp_path.iterdir()} == {"state-4.keras", "best.keras", "history.json"}


def test_ctrl_c_before_the_first_epoch_ended_is_passed_on(tmp_path) -> None:
    with pytest.raises(KeyboardInterrupt):
        run(Epochs(ctrl_c_in=0), tmp_path)
    assert not list(tmp_path.iterdir())


def test_ctrl_c_while_the_first_state_is_written_leaves_no_training_of_two_halves(tmp_path, monkeypatch) -> None:
    """An interrupted training's record must not outlive the weights that belong to it."""
    losses = (3.0, 2.0, 1.0, 0.5)
    run(Epochs(losses, ctrl_c_in=2), tmp_path, keep="best")
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        fail_at(patch, "save_model", 2, KeyboardInterrupt)
        run(Epochs(losses), tmp_path, keep="best", identity="another")
    run(again := Epochs(losses), tmp_path, keep="best")
    assert again.begun == [0, 1, 2, 3]


@pytest.mark.parametrize("changed", [{"identity": "another"}, {"resume": False}, {"state": False}], ids=str)
def test_what_was_left_is_resumed_only_by_the_same_training_from_its_state(changed, tmp_path, capsys) -> None:
    losses = (3.0, 2.0, 1.0, 0.5)
    run(Epochs(losses, ctrl_c_in=2), tmp_path)
    if not changed.pop("state", True):
        state_file(tmp_path, 2).unlink()
    capsys.readouterr()
    _, history = run(epochs := Epochs(losses), tmp_path, **changed)
    assert epochs.begun == [0, 1, 2, 3] and len(history.epochs) == 4
    assert "resuming" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("settings", "weights_of", "epochs"),
    [
        ({"keep": "last"}, 6, 6),
        ({"keep": "best"}, 5, 6),
        # The fourth is as good as the second, and so no better.
        ({"keep": "best", "patience": 2}, 2, 4),
        ({"keep": "last", "patience": 3}, 6, 6),
    ],
)
def test_keep_and_patience_go_by_the_loss_on_val(settings, weights_of, epochs, tmp_path, capsys) -> None:
    script = Epochs((3.0, 1.0, 2.0, 1.0, 0.5, 0.6), ctrl_c_in=3)
    run(script, tmp_path, epochs=6, **settings)  # an interruption changes nothing
    script.ctrl_c_in = None
    for _ in range(2):  # nor does asking again when it is complete
        model, history = run(script, tmp_path, epochs=6, **settings)
        assert set(weights(model)) == {weights_of} and len(history.epochs) == epochs
    assert script.begun == [0, 1, 2, 3, *range(3, epochs)]
    assert "this training is complete; its result was read from" in capsys.readouterr().out


# -- the article's tagger ----------------------------------------------------------------------------------------------

TAGS = 4
EMBEDDINGS = np.vstack([np.zeros((2, 6)), RNG.normal(size=(20, 6))]).astype(np.float32)


def task(sentences: int, seed: int, max_len: int = 6) -> Encoded:
    """Sentences of 1 to ``max_len`` tokens; a token's tag depends on its id."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, max_len + 1, sentences)
    mask = np.arange(max_len) < lengths[:, None]
    ids = np.where(mask, rng.integers(2, 22, (sentences, max_len)), 0).astype(np.int32)
    return Encoded(ids, np.where(mask, 1 + ids % 3, 0).astype(np.int32), lengths.astype(np.int32))


TRAIN_DATA, VAL_DATA = task(16, seed=1), task(10, seed=2)


def tagger(seed: int = 1, mask: bool = False, max_len: int | None = 6, **more: Any) -> keras.Sequential:
    keras.utils.set_random_seed(seed)
    return bilstm_tagger(EMBEDDINGS, TAGS, max_len=max_len, units=3, mask=mask, **more)


def config(**changed: Any) -> TrainingConfig:
    return TrainingConfig(**{"epochs": 2, "batch_size": 8, "learning_rate": 0.02, **changed})


@pytest.fixture(scope="module")
def trained(tmp_path_factory) -> tuple[Path, keras.Model, History]:
    folder = tmp_path_factory.mktemp("trained")
    return folder, *train(tagger(), TRAIN_DATA, VAL_DATA, config(), folder, progress="none")


def test_the_history_is_written_and_tells_what_the_weights_do(trained) -> None:
    folder, model, history = trained
    assert [set(e) for e in history.epochs] == [{"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}] * 2
    assert history.column("loss")[-1] < history.column("loss")[0]
    assert history.seconds == pytest.approx(sum(epoch["seconds"] for epoch in history.epochs))
    record = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    assert record["epochs"] == history.epochs and record["identity"]["config"]["learning_rate"] == 0.02
    probabilities = predict(model, VAL_DATA)
    of_gold = np.take_along_axis(probabilities, VAL_DATA.tags[..., None], axis=-1)[..., 0]
    # Batches of 8 and 2 sentences weigh by their size, and without a mask each sentence has the same positions.
    assert history.column("val_loss")[-1] == pytest.approx(-np.log(of_gold).mean(), abs=1e-5)
    accuracy = (probabilities.argmax(-1) == VAL_DATA.tags).mean()
    assert history.column("val_accuracy")[-1] == pytest.approx(accuracy, abs=1e-6)


def test_a_training_is_recognised_when_it_is_complete(trained, capsys) -> None:
    folder, model, history = trained
    read, same = train(tagger(), TRAIN_DATA, VAL_DATA, config(), folder, progress="none")
    assert "is complete" in capsys.readouterr().out and same == history
    np.testing.assert_array_equal(weights(read), weights(model))


class Notes:
    """Stands for a model; notes which sentences, with which tags, it is given in which order."""

    def fit(self, data, **_) -> "Notes":
        self.given = [tuple(ids) + tuple(tags) for batch in data.as_numpy_iterator() for ids, tags in zip(*batch)]  # noqa: B905
        self.history = {name: [0.25] for name in ("loss", "accuracy", "val_loss", "val_accuracy")}
        return self


def test_each_epoch_takes_each_sentence_once_in_an_order_of_its_own() -> None:
    def given(seed: int, epoch: int) -> list[tuple[int, ...]]:
        training.fit_epoch(notes := Notes(), TRAIN_DATA, VAL_DATA, config(seed=seed), epoch, "none")
        return notes.given

    sentences = [tuple(ids) + tuple(tags) for ids, tags in zip(TRAIN_DATA.ids, TRAIN_DATA.tags, strict=True)]
    orders = [given(seed, epoch) for seed, epoch in ((1, 0), (1, 1), (2, 0))]
    for order in orders:
        assert sorted(order) == sorted(sentences)
    assert orders[0] != orders[1] and orders[0] != orders[2] and orders[0] != sentences
    assert given(1, 1) == orders[1]


def test_lines_report_each_epoch(capsys) -> None:
    show_epoch({"loss": 1.0, "val_f1": 0.25, "seconds": 2.0}, 0, 3)
    assert capsys.readouterr().out == "epoch 1/3  loss 1.0000  val_f1 0.2500  2 s, 4 s left\n"
    for progress, lines in (("lines", 1), ("bar", 0), ("none", 0)):
        training.fit_epoch(Notes(), TRAIN_DATA, VAL_DATA, config(), 1, progress)
        assert capsys.readouterr().out.count("epoch 2/2  loss 0.2500  accuracy 0.2500  val_loss 0.2500") == lines


def handed_on(monkeypatch, **changed: Any) -> tuple:
    """What `train` hands to the training loop."""
    monkeypatch.setattr(training, "training_loop", lambda *arguments, **options: (*arguments, options))
    plain = {"model": tagger(), "train_data": TRAIN_DATA, "val_data": VAL_DATA, "config": config()}
    return train(**{**plain, "folder": Path("x"), "progress": "none", **changed})


def test_whatever_training_depends_on_makes_it_another(monkeypatch) -> None:
    def identity(**changed: Any) -> str:
        return json.dumps(handed_on(monkeypatch, **changed)[4])

    others = [
        identity(train_data=task(16, seed=3)),
        identity(val_data=task(10, seed=4)),
        identity(train_data=replace(TRAIN_DATA, tags=TRAIN_DATA.tags[::-1])),
        identity(val_data=replace(VAL_DATA, tags=VAL_DATA.tags[::-1])),
        identity(config=config(learning_rate=0.01)),
        identity(model=tagger(seed=2)),
        identity(model=tagger(mask=True)),  # with the same weights, as the next
        identity(model=tagger(train_vectors=True)),
    ]
    assert len({identity(), identity(), *others}) == 1 + len(others)


def test_the_loop_gets_the_learning_rate_and_whether_to_resume_and_the_watcher_each_epoch(monkeypatch) -> None:
    seen: list[keras.Model] = []
    monkeypatch.setattr(training, "fit_epoch", lambda model, *_: {"loss": 0.5})
    model, compile_anew, one_epoch, *_, options = handed_on(monkeypatch, watch=seen.append, resume=False)
    compile_anew(model)
    assert float(model.optimizer.learning_rate) == pytest.approx(0.02)
    assert options == {"resume": False} and one_epoch(model, 0) == {"loss": 0.5} and seen == [model]


@pytest.mark.parametrize("mask", [True, False])
def test_padding_counts_in_loss_and_accuracy_unless_there_is_a_mask(mask: bool) -> None:
    model = tagger(mask=mask, max_len=None)
    # Weights as training leaves them: with biases of 0, padding would leave an LSTM's state at 0.
    rng = np.random.default_rng(7)
    model.set_weights([w if w.shape == EMBEDDINGS.shape else rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile(loss="sparse_categorical_crossentropy", metrics=[TokenAccuracy()], run_eagerly=True)
    losses = []
    for padding in (0, 1, 9):
        ids, tags = (np.pad(x, ((0, 0), (0, padding))) for x in ([[2, 3, 4], [5, 2, 0]], [[1, 2, 1], [2, 1, 0]]))
        figures, p = model.test_on_batch(ids, tags, return_dict=True), np.asarray(model(ids))
        model.reset_metrics()
        counted = tags > 0 if mask else np.ones_like(tags, bool)
        of_gold = np.take_along_axis(p, tags[..., None], axis=-1)[..., 0]
        assert figures["loss"] == pytest.approx(-np.log(of_gold[counted]).mean(), abs=1e-5)
        assert figures["accuracy"] == pytest.approx((p.argmax(-1) == tags)[counted].mean())
        losses.append(figures["loss"])
    assert (np.ptp(losses) < 1e-5) == mask


# -- configuration, history, losses by position ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"keep": "first"}, "'last' or 'best', not 'first'"),
        ({"patience": 0}, "patience must be at least one epoch"),
    ],
)
def test_values_that_make_no_sense_are_refused(values, word) -> None:
    with pytest.raises(ValueError, match=word):
        TrainingConfig(**values)


def test_the_best_epoch_is_the_first_of_the_highest_f1_else_of_the_lowest_loss_that_is_a_number() -> None:
    nan = float("nan")
    assert History([{"val_loss": loss} for loss in (2.0, nan, 1.0, 1.0, nan)]).best == 2
    assert History([{"val_loss": nan}, {"val_loss": nan}]).best == 0
    assert History([{"val_f1": f1, "val_loss": 1 - f1} for f1 in (0.2, 0.9, 0.9, 0.3)]).best == 1


def test_mean_by_position_by_hand() -> None:
    # Two sentences: a word O and an entity token, then padding; and an entity token with two paddings.
    data = Encoded(np.zeros((2, 3), np.int32), np.array([[1, 3, 0], [2, 0, 0]]), np.array([2, 1]))
    values = np.array([[1.0, 0.0, 1.0], [1.0, 1.0, 0.0]])
    assert mean_by_position(values, data) == {
        "all positions": pytest.approx(4 / 6),
        "padding": pytest.approx(2 / 3),
        "real tokens": pytest.approx(2 / 3),
        "entity tokens": pytest.approx(1 / 2),
    }
    no_padding = Encoded(np.zeros((1, 1), np.int32), np.array([[1]]), np.array([1]))
    means = mean_by_position(np.array([[True]]), no_padding)
    assert means["real tokens"] == 1.0 and np.isnan(means["padding"]) and np.isnan(means["entity tokens"])
