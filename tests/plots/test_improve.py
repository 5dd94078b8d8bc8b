"""The figures of the lesson on improving show the numbers that they are given."""

import numpy as np
import pandas as pd

from legalner.plots import improve
from legalner.train import History


def texts(figure) -> list[str]:
    return [t.get_text() for axes in figure.axes for t in axes.texts]


def test_share_bars_show_each_share():
    figure = improve.share_bars(pd.DataFrame({"all": [0.5, 1.0], "inside": [0.25, 0.75]}, index=["word", "shape"]), "t")
    assert sorted(texts(figure)) == ["100%", "25%", "50%", "75%"]


def test_focal_curve_of_gamma_zero_is_cross_entropy():
    lines = improve.focal_curves((0.0, 2.0)).axes[0].lines
    p = lines[0].get_xdata()
    np.testing.assert_allclose(lines[0].get_ydata(), -np.log(p))
    np.testing.assert_allclose(lines[1].get_ydata(), -((1 - p) ** 2) * np.log(p))


def test_tagger_curves_show_loss_and_f1():
    history = History([{"loss": 0.5, "val_f1": 0.4, "seconds": 1}, {"loss": 0.1, "val_f1": 0.8, "seconds": 1}])
    left, right = improve.tagger_curves(history).axes
    assert left.lines[0].get_ydata().tolist() == [0.5, 0.1] and right.lines[0].get_ydata().tolist() == [0.4, 0.8]


def test_step_dots_have_a_dot_a_run_and_a_bar_at_the_mean():
    results = {
        name: [{"entity": {"micro": {"f1": f}}} for f in fs] for name, fs in {"a": [0.2, 0.4], "b": [0.5]}.items()
    }
    axes = improve.step_dots(results, ["b", "a"]).axes[0]
    assert list(axes.lines[2].get_xdata()) == [0.2, 0.4]
    assert texts(axes.figure) == ["50.0%", "30.0%"]
    assert [t.get_text() for t in axes.get_yticklabels()] == ["b", "a"]


def test_data_points_join_the_means():
    curve = pd.DataFrame({"sentences": [50, 100, 100], "f1": [0.4, 0.6, 0.8], "seed": [1, 1, 2]})
    dots, means = improve.data_points(curve).axes[0].lines
    assert list(dots.get_ydata()) == [0.4, 0.6, 0.8] and np.allclose(means.get_ydata(), [0.4, 0.7])
