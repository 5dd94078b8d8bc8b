"""Training: what it records, and that interruptions, checkpoints and masks do what they promise."""

import json
from pathlib import Path

import keras
import numpy as np
import pytest

import legalner.train as training
from legalner.model import bilstm_tagger, predict
from legalner.preprocess import Encoded
from legalner.train import (
    History,
    TokenAccuracy,
    TrainingConfig,
    load_model,
    mean_by_position,
    save_model,
    state_file,
    train,
)

TAGS = 4
RNG = np.random.default_rng(5)
VECTORS = np.vstack([np.zeros((2, 6)), RNG.normal(size=(20, 6))]).astype(np.float32)


def task(sentences: int, seed: int, max_len: int = 6) -> Encoded:
    """Sentences of 1 to ``max_len`` tokens; a token's tag depends on its row."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, max_len + 1, sentences)
    real = np.arange(max_len) < lengths[:, None]
    rows = np.where(real, rng.integers(2, 22, (sentences, max_len)), 0).astype(np.int32)
    return Encoded(rows, np.where(real, 1 + rows % 3, 0).astype(np.int32), lengths.astype(np.int32))


FIT, VAL = task(20, seed=1), task(10, seed=2)


def tagger(seed: int = 1, mask: bool = False, max_len: int | None = 6) -> keras.Sequential:
    keras.utils.set_random_seed(seed)
    return bilstm_tagger(VECTORS, TAGS, max_len=max_len, units=3, mask=mask)


def config(epochs: int = 4, **changed) -> TrainingConfig:
    return TrainingConfig(**{"epochs": epochs, "batch_size": 8, "learning_rate": 0.02, **changed})


def weights(model: keras.Model) -> np.ndarray:
    return np.concatenate([w.ravel() for w in model.get_weights()])


def interrupt_in(monkeypatch, epoch: int) -> list[int]:
    """Press Ctrl-C in this epoch (counted from 0); returns the list in which epochs are noted as they are begun."""
    begun: list[int] = []
    original = training._epoch

    def interrupted(model, fit, val, config, number, progress):
        begun.append(number)
        if number == epoch:
            raise KeyboardInterrupt
        return original(model, fit, val, config, number, progress)

    monkeypatch.setattr(training, "_epoch", interrupted)
    return begun


def scripted(monkeypatch, val_losses: list[float]) -> None:
    """Let the epochs change one weight to their number and report these losses, without any computing."""

    def epoch(model, fit, val, config, number, progress):
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        bias = model.get_layer("tags").trainable_weights[-1]
        bias.assign(np.full(bias.shape, float(number + 1), np.float32))
        return {"loss": 1.0, "accuracy": 0.5, "val_loss": val_losses[number], "val_accuracy": 0.5, "seconds": 1.0}

    monkeypatch.setattr(training, "_epoch", epoch)


def epoch_of(model: keras.Model) -> float:
    return float(model.get_layer("tags").get_weights()[-1][0])


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> tuple[Path, keras.Model, History]:
    folder = tmp_path_factory.mktemp("uninterrupted")
    return folder, *train(tagger(), FIT, VAL, config(), folder, progress="none")


def test_history_has_an_entry_an_epoch_and_is_written(uninterrupted) -> None:
    folder, _, history = uninterrupted
    assert len(history.epochs) == 4
    for epoch in history.epochs:
        assert set(epoch) == {"loss", "accuracy", "val_loss", "val_accuracy", "seconds"}
    assert history.column("loss")[-1] < history.column("loss")[0]
    assert history.seconds == pytest.approx(sum(epoch["seconds"] for epoch in history.epochs))
    record = json.loads((folder / "history.json").read_text(encoding="utf-8"))
    assert record["epochs"] == history.epochs
    assert record["identity"]["config"]["learning_rate"] == 0.02


def test_loss_and_accuracy_of_the_history_are_those_of_the_weights(uninterrupted) -> None:
    _, model, history = uninterrupted
    probabilities = predict(model, VAL)
    right = np.take_along_axis(probabilities, VAL.tags[..., None], axis=-1)[..., 0]
    # Batches of 8 and 2 sentences weigh by their size, and without a mask each sentence has the same positions.
    assert -np.log(right).mean() == pytest.approx(history.column("val_loss")[-1], abs=1e-5)
    assert (probabilities.argmax(-1) == VAL.tags).mean() == pytest.approx(history.column("val_accuracy")[-1], abs=1e-6)


def test_the_same_seed_gives_the_same_training_and_another_order_another(uninterrupted, tmp_path) -> None:
    _, model, _ = uninterrupted
    again, _ = train(tagger(), FIT, VAL, config(), tmp_path / "a", progress="none")
    np.testing.assert_allclose(weights(again), weights(model), atol=1e-6)
    other, _ = train(tagger(), FIT, VAL, config(seed=2), tmp_path / "b", progress="none")
    assert np.abs(weights(other) - weights(model)).max() > 1e-4


class Notes:
    """Stands for a model; notes which sentences, with which tags, it is given in which order."""

    def fit(self, data, **_) -> "Notes":
        self.given = [tuple(rows) + tuple(tags) for batch in data.as_numpy_iterator() for rows, tags in zip(*batch)]  # noqa: B905
        self.history = {"loss": [1.0]}
        return self


def test_each_epoch_takes_each_sentence_once_in_an_order_of_its_own() -> None:
    def given(seed: int, epoch: int) -> list[tuple[int, ...]]:
        notes = Notes()
        training._epoch(notes, FIT, VAL, config(seed=seed), epoch, "none")  # type: ignore[arg-type]
        return notes.given

    sentences = [tuple(rows) + tuple(tags) for rows, tags in zip(FIT.ids, FIT.tags, strict=True)]
    orders = [given(seed, epoch) for seed, epoch in ((1, 0), (1, 1), (2, 0))]
    for order in orders:
        assert sorted(order) == sorted(sentences)
    assert orders[0] != orders[1] and orders[0] != orders[2] and orders[0] != sentences
    assert given(1, 1) == orders[1]


def test_taken_up_after_an_interruption_it_ends_as_if_there_had_been_none(
    uninterrupted, tmp_path, monkeypatch, capsys
) -> None:
    _, model, history = uninterrupted
    with monkeypatch.context() as patch:
        interrupt_in(patch, epoch=2)
        half, half_history = train(tagger(), FIT, VAL, config(), tmp_path, progress="none")
    assert len(half_history.epochs) == 2
    assert "2 epochs" in capsys.readouterr().out
    assert np.abs(weights(half) - weights(model)).max() > 1e-4
    np.testing.assert_array_equal(weights(half), weights(load_model(state_file(tmp_path, 2))))
    begun = interrupt_in(monkeypatch, epoch=99)
    resumed, resumed_history = train(tagger(), FIT, VAL, config(), tmp_path, progress="none")
    assert begun == [2, 3]
    assert "after epoch 2 of 4" in capsys.readouterr().out
    np.testing.assert_allclose(weights(resumed), weights(model), atol=1e-6)
    for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
        np.testing.assert_allclose(resumed_history.column(name), history.column(name), atol=1e-6)


def test_ctrl_c_before_the_first_epoch_ended_is_passed_on(tmp_path, monkeypatch) -> None:
    interrupt_in(monkeypatch, epoch=0)
    with pytest.raises(KeyboardInterrupt):
        train(tagger(), FIT, VAL, config(), tmp_path, progress="none")
    assert not list(tmp_path.iterdir())


def test_ctrl_c_while_the_first_state_is_written_leaves_no_training_of_two_halves(tmp_path, monkeypatch) -> None:
    """An interrupted training's record must not outlive the weights that belong to it."""
    scripted(monkeypatch, [3.0, 2.0, 1.0, 0.5])
    with monkeypatch.context() as patch:
        interrupt_in(patch, epoch=2)
        train(tagger(seed=1), FIT, VAL, config(keep="best"), tmp_path, progress="none")
    with monkeypatch.context() as patch:
        patch.setattr(training, "save_model", _raise_after_first(save_model))
        with pytest.raises(KeyboardInterrupt):
            train(tagger(seed=2), FIT, VAL, config(keep="best"), tmp_path, progress="none")
    begun = interrupt_in(monkeypatch, epoch=99)
    train(tagger(seed=1), FIT, VAL, config(keep="best"), tmp_path, progress="none")
    assert begun == [0, 1, 2, 3]


def _raise_after_first(original):
    calls: list[Path] = []

    def saving(model, path):
        calls.append(path)
        if len(calls) > 1:
            raise KeyboardInterrupt
        original(model, path)

    return saving


@pytest.mark.parametrize(
    "changed",
    [
        {"fit": task(20, seed=3)},
        {"val": task(10, seed=4)},
        {"config": config(learning_rate=0.01)},
        {"model": {"seed": 2}},
        {"model": {"mask": True}},  # with the same weights
        {"resume": False},
    ],
    ids=["training data", "val", "configuration", "weights", "mask", "resume=False"],
)
def test_a_training_that_was_another_is_not_taken_up(changed, tmp_path, monkeypatch, capsys) -> None:
    scripted(monkeypatch, [3.0, 2.0, 1.0, 0.5])
    with monkeypatch.context() as patch:
        interrupt_in(patch, epoch=2)
        train(tagger(), FIT, VAL, config(), tmp_path, progress="none")
    capsys.readouterr()
    begun = interrupt_in(monkeypatch, epoch=99)
    arguments = {"fit": FIT, "val": VAL, "config": config(), **changed}
    model = tagger(**arguments.pop("model", {}))
    _, history = train(model, **arguments, folder=tmp_path, progress="none")
    assert begun == [0, 1, 2, 3] and len(history.epochs) == 4
    assert "taking up" not in capsys.readouterr().out


def test_a_finished_training_is_not_done_again_unless_told(uninterrupted, tmp_path, monkeypatch, capsys) -> None:
    begun = interrupt_in(monkeypatch, epoch=99)
    first, history = train(tagger(), FIT, VAL, config(2), tmp_path, progress="none")
    again, same = train(tagger(), FIT, VAL, config(2), tmp_path, progress="none")
    assert begun == [0, 1] and "finished before" in capsys.readouterr().out
    assert same == history
    np.testing.assert_array_equal(weights(again), weights(first))
    train(tagger(), FIT, VAL, config(2), tmp_path, progress="none", resume=False)
    assert begun == [0, 1, 0, 1]


@pytest.mark.parametrize("killed_in", ["save_model", "write_json"])
def test_a_kill_between_state_and_history_repeats_the_epoch_from_where_it_began(
    uninterrupted, killed_in, tmp_path, monkeypatch
) -> None:
    """Whichever of the two files a kill leaves unwritten in epoch 3, the training ends as if there had been none."""
    _, model, history = uninterrupted

    class Killed(BaseException):
        pass

    def killed(*arguments):
        if len(begun) == 3:
            raise Killed
        original(*arguments)

    original = getattr(training, killed_in)
    begun = interrupt_in(monkeypatch, epoch=99)
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(training, killed_in, killed)
        train(tagger(), FIT, VAL, config(), tmp_path, progress="none")
    resumed, whole = train(tagger(), FIT, VAL, config(), tmp_path, progress="none")
    assert begun == [0, 1, 2, 2, 3]
    np.testing.assert_allclose(weights(resumed), weights(model), atol=1e-6)
    np.testing.assert_allclose(whole.column("loss"), history.column("loss"), atol=1e-6)
    assert [p.name for p in tmp_path.glob("state-*")] == ["state-4.keras"]


@pytest.mark.parametrize(("keep", "expected"), [("last", 4.0), ("best", 2.0)])
def test_keep_says_whose_weights_come_back(keep, expected, tmp_path, monkeypatch) -> None:
    scripted(monkeypatch, [3.0, 1.0, 2.0, 1.5])
    model, history = train(tagger(), FIT, VAL, config(keep=keep), tmp_path, progress="none")
    assert epoch_of(model) == expected
    assert history.best == 1 and len(history.epochs) == 4


def test_the_best_epoch_survives_an_interruption(tmp_path, monkeypatch) -> None:
    scripted(monkeypatch, [3.0, 1.0, 2.0, 1.5])
    with monkeypatch.context() as patch:
        interrupt_in(patch, epoch=3)
        model, _ = train(tagger(), FIT, VAL, config(keep="best"), tmp_path, progress="none")
    assert epoch_of(model) == 2.0
    model, _ = train(tagger(), FIT, VAL, config(keep="best"), tmp_path, progress="none")
    assert epoch_of(model) == 2.0


def test_patience_stops_after_so_many_epochs_without_a_lower_val_loss(tmp_path, monkeypatch) -> None:
    # Lowest in epoch 2; an equal loss in epoch 4 is not lower.
    scripted(monkeypatch, [3.0, 1.0, 2.0, 1.0, 0.5, 0.4])
    model, history = train(tagger(), FIT, VAL, config(6, patience=2), tmp_path, progress="none")
    assert len(history.epochs) == 4 and epoch_of(model) == 4.0


def test_a_loss_that_is_not_a_number_is_never_the_best() -> None:
    nan = float("nan")
    assert History([{"val_loss": loss} for loss in (2.0, nan, 1.0, nan)]).best == 2
    assert History([{"val_loss": nan}, {"val_loss": nan}]).best == 0


@pytest.mark.parametrize(
    ("values", "word"),
    [
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": float("nan")}, "learning_rate"),
        ({"keep": "first"}, "'last' or 'best', not 'first'"),
        ({"patience": 0}, "patience"),
    ],
)
def test_values_that_make_no_sense_are_refused(values, word) -> None:
    with pytest.raises(ValueError, match=word):
        TrainingConfig(**values)


def test_lines_report_each_epoch(tmp_path, monkeypatch, capsys, recwarn) -> None:
    train(tagger(), FIT, VAL, config(2), tmp_path, progress="lines")
    lines = capsys.readouterr().out.splitlines()
    assert [line[:9] for line in lines] == ["epoch 1/2", "epoch 2/2"]
    assert all("val_loss" in line and "s left" in line for line in lines)
    assert not [w for w in recwarn if "shuffle" in str(w.message)]


def measured(mask: bool, padding: int) -> tuple[float, float, np.ndarray]:
    """Loss, accuracy and probabilities for sentences of three and two tokens, with padding behind them."""
    rows = np.pad([[2, 3, 4], [5, 2, 0]], ((0, 0), (0, padding)))
    tags = np.pad([[1, 2, 1], [2, 1, 0]], ((0, 0), (0, padding)))
    model = tagger(mask=mask, max_len=None)
    # Weights as training leaves them: with biases of 0, padding would leave an LSTM's state at 0.
    rng = np.random.default_rng(7)
    model.set_weights([w if w.shape == VECTORS.shape else rng.normal(size=w.shape) for w in model.get_weights()])
    model.compile(loss="sparse_categorical_crossentropy", metrics=[TokenAccuracy()], run_eagerly=True)
    figures = model.test_on_batch(rows, tags, return_dict=True)
    return float(figures["loss"]), float(figures["accuracy"]), np.asarray(model(rows))


REAL = [(0, 0, 1), (0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 1, 1)]  # sentence, token, right tag


def test_a_mask_leaves_padding_out_of_loss_and_accuracy() -> None:
    _, _, p = measured(mask=True, padding=0)
    by_hand = np.mean([-np.log(p[s, t, tag]) for s, t, tag in REAL])
    right_by_hand = np.mean([p[s, t].argmax() == tag for s, t, tag in REAL])
    for padding in (0, 1, 9):
        loss, accuracy, _ = measured(mask=True, padding=padding)
        assert loss == pytest.approx(by_hand, abs=1e-5)
        assert accuracy == pytest.approx(right_by_hand)


def test_without_a_mask_padding_counts() -> None:
    losses = []
    for padding in (0, 9):
        loss, accuracy, p = measured(mask=False, padding=padding)
        tags = np.pad([[1, 2, 1], [2, 1, 0]], ((0, 0), (0, padding)))
        assert loss == pytest.approx(-np.log(np.take_along_axis(p, tags[..., None], axis=-1)).mean(), abs=1e-5)
        assert accuracy == pytest.approx((p.argmax(-1) == tags).mean())
        losses.append(loss)
    assert abs(losses[0] - losses[1]) > 0.01


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


def test_saving_keeps_weights_and_optimizer_state(uninterrupted, tmp_path) -> None:
    _, model, _ = uninterrupted
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(weights(again), weights(model))
    assert int(again.optimizer.iterations) == int(model.optimizer.iterations) == 4 * 3  # 20 sentences, batches of 8
    np.testing.assert_allclose(predict(again, VAL), predict(model, VAL), atol=1e-6)
    assert predict(again, VAL).shape == (10, 6, TAGS)
