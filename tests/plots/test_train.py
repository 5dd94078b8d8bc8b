"""The figures of the lesson on training show the numbers that they are given."""

import numpy as np
import pytest

from legalner.plots.train import descent, learning_curves, loss_of_probability, tags_by_epoch
from legalner.train import History

HISTORY = History(
    [
        {"loss": 2.0, "accuracy": 0.5, "val_loss": 1.5, "val_accuracy": 0.6},
        {"loss": 1.0, "accuracy": 0.7, "val_loss": 1.2, "val_accuracy": 0.65},
        {"loss": 0.5, "accuracy": 0.9, "val_loss": 1.4, "val_accuracy": 0.7},
    ]
)


def test_learning_curves_show_both_parts_and_the_best_epoch() -> None:
    losses, accuracies = learning_curves(HISTORY, baseline=0.55, title="a training").axes
    train, val, best = losses.get_lines()
    assert list(train.get_xdata()) == [1, 2, 3]
    assert list(train.get_ydata()) == [2.0, 1.0, 0.5] and list(val.get_ydata()) == [1.5, 1.2, 1.4]
    assert set(best.get_xdata()) == {2}
    assert (train.get_marker(), train.get_linestyle()) != (val.get_marker(), val.get_linestyle())
    assert set(accuracies.get_lines()[-1].get_ydata()) == {0.55}
    assert losses.get_xlabel() == "epoch" and "nats" in losses.get_ylabel()


def test_learning_curves_of_one_epoch_without_a_baseline() -> None:
    losses, accuracies = learning_curves(History(HISTORY.epochs[:1])).axes
    assert losses.get_xlim() == (0.5, 1.5)
    assert len(accuracies.get_lines()) == 3


def test_the_loss_is_minus_the_logarithm_of_the_probability() -> None:
    axes = loss_of_probability([0.5]).axes[0]
    curve, point = axes.get_lines()
    x, y = curve.get_xdata(), curve.get_ydata()
    assert np.allclose(np.exp(-np.asarray(y)), x)
    assert point.get_ydata()[0] == pytest.approx(np.log(2))
    assert axes.texts[0].get_text() == "p = 0.5: 0.69"


def test_descent_draws_a_line_for_each_rate() -> None:
    axes = descent({"slow": [3.0, 2.9], "fast": [3.0, 1.0]}).axes[0]
    assert [list(line.get_ydata()) for line in axes.get_lines()] == [[3.0, 2.9], [3.0, 1.0]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["slow", "fast"]


def test_tags_by_epoch_hatches_what_is_wrong() -> None:
    figure = tags_by_epoch(
        ["§", "7", "gilt"], ["GS", "GS", "O"], {1: ["O", "GS", "_"], 2: ["GS", "GS", "O"]}, "a sentence"
    )
    (axes,) = figure.axes
    cells = [patch for patch in axes.patches if patch.get_width() == 1]
    assert [patch.get_hatch() is not None for patch in cells] == [True, False, True, *[False] * 6]
    assert [text.get_text() for text in axes.texts] == ["·", "GS", "_", "GS", "GS", "·", "GS", "GS", "·"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["epoch 1", "epoch 2", "gold"]
