"""The figures of the lesson on the data show the numbers that they are given."""

import pandas as pd
import pytest

from legalner.plots.data import class_histograms, length_histograms


def test_lengths_are_shares_with_all_long_sentences_in_the_last_bar() -> None:
    # Bars: 1 to 5, 6 to 10, longer.
    one, two = length_histograms({"a": [1, 5, 6, 11, 400], "b": [10]}, width=5, longest=10).axes
    assert [bar.get_height() for bar in one.patches] == pytest.approx([0.4, 0.2, 0.4])
    assert [bar.get_height() for bar in two.patches] == [0, 1, 0]
    assert one.patches[-1].get_hatch() and not one.patches[0].get_hatch()
    # A bar begins half a token before its shortest sentence.
    assert [bar.get_x() for bar in one.patches[:2]] == [0.5, 5.5]
    assert one.texts[0].get_text() == "median 6" and set(one.get_lines()[0].get_xdata()) == {6}
    assert one.get_title() == "a: 5 sentences" and one.get_xticklabels()[-1].get_text() == ">10"


def test_classes_are_shares_of_each_group_with_their_numbers_beside() -> None:
    counts = pd.DataFrame({"bag": [3, 1], "bgh": [0, 2], "none": [0, 0]}, index=["GS", "RS"])
    figure = class_histograms(counts, title="classes")
    bag, bgh, none = figure.axes
    assert [bar.get_width() for bar in bag.patches] == [0.75, 0.25]
    assert [bar.get_width() for bar in bgh.patches] == [0, 1]
    assert [bar.get_width() for bar in none.patches] == [0, 0]
    assert [text.get_text() for text in bag.texts] == ["3", "1"]
    assert [label.get_text() for label in bag.get_yticklabels()] == ["GS", "RS"]
    low, high = bag.get_ylim()
    assert low > high, "the first class is on top"
    assert bag.get_xlim()[1] > 1, "room for the number beside a bar of 100 %"
