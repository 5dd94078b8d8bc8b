"""The figures of the lesson on measuring show the numbers that they are given."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from legalner.evaluate import confusion, entity_scores, error_kinds
from legalner.plots.evaluate import (
    calibration_curve,
    class_bars,
    confusion_map,
    end_offsets,
    kind_bars,
    threshold_curve,
    view_bars,
)

GOLD = [("B-GS", "I-GS", "O", "B-ST"), ("B-GS", "B-RS", "I-RS", "O")]
PREDICTED = [("B-GS", "I-GS", "O", "B-LD"), ("O", "B-RS", "O", "O")]


def texts(axes: plt.Axes) -> list[str]:
    return [t.get_text() for t in axes.texts]


def test_view_bars() -> None:
    views = pd.DataFrame({"network": [0.9, 0.25], "all O": [0.8, 0.0]}, index=["tokens", "entities"])
    figure = view_bars(views, "a title")
    (axes,) = figure.axes
    assert [bar.get_height() for bar in axes.patches] == [0.9, 0.25, 0.8, 0.0]  # tagger by tagger
    assert texts(axes) == ["0.900", "0.250", "0.800", "0.000"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["tokens", "entities"]
    assert [label.get_text() for label in figure.legends[0].get_texts()] == ["network", "all O"]
    assert axes.get_title() == "a title" and axes.get_xlabel() and axes.get_ylabel()
    assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > 1, "all of the range that a score can have"


def test_class_bars_sorts_by_support() -> None:
    per_class = entity_scores(GOLD, PREDICTED).per_class
    figure = class_bars(per_class, "a title")
    left, right = figure.axes
    # matplotlib draws from the bottom: the most frequent class comes last, on top.
    assert [label.get_text() for label in left.get_yticklabels()] == ["LD", "RS", "ST", "GS"]
    assert [bar.get_width() for bar in left.patches] == [0, 1, 1, 2]
    assert [bar.get_width() for bar in right.patches] == per_class.loc[["LD", "RS", "ST", "GS"], "f1"].tolist()
    assert texts(right) == ["never predicted"]
    precision, recall = (line.get_xdata() for line in right.lines)
    np.testing.assert_array_equal(precision, [0, 0, np.nan, 1])  # ST was never predicted
    np.testing.assert_array_equal(recall, [np.nan, 0, 0, 0.5])  # LD is not in gold
    assert figure.get_suptitle() == "a title"
    assert left.get_xlabel() and left.get_ylabel() and right.get_xlabel()


def test_class_bars_sorts_by_nothing_else() -> None:
    per_class = pd.DataFrame(0.5, index=["a", "b", "c"], columns=["precision", "recall", "f1", "support", "predicted"])
    per_class["support"], per_class["f1"] = [5, 1, 3], [0.1, 0.9, 0.5]
    left, right = class_bars(per_class).axes
    assert [label.get_text() for label in left.get_yticklabels()] == ["b", "c", "a"]
    assert [bar.get_width() for bar in right.patches] == [0.9, 0.5, 0.1]


def test_class_bars_of_nothing() -> None:
    left, right = class_bars(entity_scores([("O",)], [("O",)]).per_class).axes
    assert not left.patches and not right.patches


def test_kind_bars() -> None:
    kinds = error_kinds([*GOLD, ("O", "O")], [*PREDICTED, ("B-GS", "O")])
    figure = kind_bars(kinds, "a title")
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == list(kinds.index[::-1])
    assert [bar.get_width() for bar in axes.patches] == kinds[::-1].tolist()
    by_kind = dict(zip(kinds.index[::-1], texts(axes), strict=True))
    assert by_kind["correct"] == "1 (25.0% of gold)" and by_kind["spurious"] == "1 (not in gold)"
    hatched = [bool(bar.get_hatch()) for bar in axes.patches]
    assert hatched == [label != "correct" for label in by_kind], "what is correct stands out without colour too"
    assert axes.get_title() == "a title" and axes.get_xlabel() and axes.get_ylabel()


def test_confusion_map_shows_shares_of_rows() -> None:
    figure = confusion_map(confusion(GOLD, PREDICTED), "a title")
    axes, bar = figure.axes
    labels = ["O", "LD", "ST", "GS", "RS"]  # places together, then law, then decisions
    assert [t.get_text() for t in axes.get_xticklabels()] == labels
    assert [t.get_text() for t in axes.get_yticklabels()] == ["O  (2)", "LD  (0)", "ST  (1)", "GS  (3)", "RS  (2)"]
    shown = axes.images[0].get_array()
    assert shown.mask[0].all()  # nothing but O was predicted for O, and that cell is left out
    assert shown.mask[1].all()  # LD has no token in gold
    assert shown[2, 1] == 1 and shown[3, 0] == pytest.approx(1 / 3) and shown[3, 3] == pytest.approx(2 / 3)
    assert shown[4].tolist() == [0.5, None, None, None, 0.5]
    # Row by row: ST; GS; RS.
    assert texts(axes) == ["100", "33", "67", "50", "50"]
    assert axes.get_xlabel() and axes.get_ylabel() and bar.get_ylabel()


def test_confusion_map_colours_small_shares_and_leaves_none_blank() -> None:
    table = confusion([("O",) * 9999 + ("B-GS",)], [("O",) * 9998 + ("B-GS", "B-GS")])
    axes = confusion_map(table).axes[0]
    assert [text for text in texts(axes) if text] == ["100"], "less than 1 % is a colour alone"
    image = axes.images[0]
    shown = image.get_array()
    assert image.to_rgba(shown)[0, 1].tolist() == list(image.cmap(0.0)), "1 of 9,999, in the lightest colour"
    assert shown.mask.tolist() == [[True, False], [True, False]]


def test_confusion_map_takes_classes_that_ler_has_not() -> None:
    axes = confusion_map(confusion([("B-x", "B-GS")], [("B-a", "O")])).axes[0]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["O", "GS", "a", "x"]


def test_offsets_are_counted_on_their_side() -> None:
    errors = pd.DataFrame({"left": [0, 0, -9, 1], "right": [2, 2, 0, 0]})
    figure = end_offsets(errors, "x")
    expected = ({-6: 1, 0: 2, 1: 1}, {0: 2, 2: 2})  # what is far off is counted with the last bar
    for axes, counts in zip(figure.axes, expected, strict=True):
        heights = {place: bar.get_height() for place, bar in zip(range(-6, 7), axes.patches, strict=True)}
        assert {place: height for place, height in heights.items() if height} == counts


def test_a_calibration_curve_goes_through_its_parts() -> None:
    parts = pd.DataFrame({"confidence": [0.2, 0.9], "correct": [0.1, 0.8], "entities": [5, 50]})
    top, bottom = calibration_curve(parts).axes
    assert top.lines[1].get_xydata().tolist() == [[0.2, 0.1], [0.9, 0.8]]
    assert [bar.get_height() for bar in bottom.patches] == [5, 50]


def test_threshold_curve_by_hand() -> None:
    found = pd.DataFrame(
        {"confidence": [0.9, 0.8, 0.6, 0.3], "kind": ["correct", "correct", "spurious", "wrong boundaries"]}
    )
    figure = threshold_curve(found, gold=5, least=0.7)
    (axes,) = figure.axes
    labels = [line.get_label() for line in axes.lines][:3]
    assert labels == ["precision: 1.000 at the mark", "recall: 0.400 at the mark", "F1: 0.571 at the mark"]
    assert "keeps 2 of 4" in axes.get_title()
    precision = axes.lines[0].get_ydata()
    assert precision[0] == 0.5 and np.isnan(precision[-1]), "where nothing is left there is no precision"
    assert axes.lines[1].get_ydata()[0] == 0.4
    (axes,) = threshold_curve(found, gold=5, least=0.95).axes
    assert axes.lines[0].get_label() == "precision: none at the mark"
