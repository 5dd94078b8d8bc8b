"""The figures of the lesson on baselines show the numbers that they are given."""

import numpy as np
import pandas as pd

from legalner.plots.baselines import class_comparison, transition_map


def test_a_transition_goes_from_its_row_to_its_column() -> None:
    weights = pd.DataFrame([[1.5, -2.0], [0.0, 0.25]], index=["O", "B-GS"], columns=["O", "B-GS"])
    (axes,) = transition_map(weights, "t").axes
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {(0, 0): "1.5", (1, 0): "-2.0", (1, 1): "0.2"}, "no weight, no number"
    assert axes.get_ylabel() == "tag" and axes.get_xlabel() == "next tag"
    image = axes.images[0]
    assert image.norm(0.0) == 0.5, "no weight is in the middle of the colours"


def test_classes_are_compared_by_support_and_those_without_are_left_out() -> None:
    f1 = pd.DataFrame({"crf": [0.1, 0.2, 0.3], "ours": [0.4, np.nan, 0.6]}, index=["GS", "RS", "LIT"])
    figure = class_comparison(f1, pd.Series({"GS": 5, "RS": 9, "LIT": 0}), "t")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["RS  (9)", "GS  (5)"]
    low, high = axes.get_ylim()
    assert low > high, "the first class is on top"
    dots = {line.get_label(): line for line in axes.lines if line.get_marker() != "None"}
    np.testing.assert_array_equal(dots["crf"].get_xdata(), [0.2, 0.1])
    np.testing.assert_array_equal(dots["ours"].get_xdata(), [np.nan, 0.4])
    assert dots["crf"].get_marker() != dots["ours"].get_marker()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["crf", "ours"]
