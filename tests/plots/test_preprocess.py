"""The figures of the lesson on preprocessing show the numbers that they are given."""

import numpy as np
import pandas as pd
import pytest

from legalner.plots.preprocess import cut_curves, draw_batches, padding_bars, similarity_map, word_plane


def test_similarities_are_cosines() -> None:
    axes = similarity_map(["a", "b", "c"], np.array([[2.0, 0.0], [1.0, 1.0], [0.0, -3.0]])).axes[0]
    expected = [[1, 0.7071, 0], [0.7071, 1, -0.7071], [0, -0.7071, 1]]
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(np.array(expected), abs=1e-3)
    assert [text.get_text() for text in axes.texts[:3]] == ["1.00", ".71", ".00"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a", "b", "c"]


def test_a_word_without_a_vector_is_like_none() -> None:
    axes = similarity_map(["a", "b"], np.array([[1.0, 0.0], [0.0, 0.0]])).axes[0]
    assert np.asarray(axes.images[0].get_array()) == pytest.approx(np.array([[1, 0], [0, 0]]))


def test_cut_curves_say_what_is_lost_at_the_mark() -> None:
    table = pd.DataFrame({"tokens": [0.5, 0.125, 0.0], "entities": [0.75, 0.25, 0.0]}, index=[10, 50, 90])
    train, test = cut_curves({"train": table, "test": table / 2}, marked=50).axes
    tokens, entities, mark = train.get_lines()
    assert list(tokens.get_xdata()) == [10, 50, 90] and list(entities.get_ydata()) == [0.75, 0.25, 0.0]
    assert set(mark.get_xdata()) == {50}
    assert [text.get_text() for text in train.get_legend().get_texts()] == [
        "tokens: 12.5% at 50",
        "entities: 25.0% at 50",
    ]
    assert (tokens.get_marker(), tokens.get_linestyle()) != (entities.get_marker(), entities.get_linestyle())
    assert test.get_title() == "test" and train.get_ylim()[0] == 0
    (only,) = cut_curves({"train": table}, marked=60).axes
    assert only.get_legend().get_texts()[0].get_text() == "tokens"


def test_batches_show_tokens_padding_and_what_is_cut() -> None:
    ways = {"to 3": [([0, 1], 3)], "own": [([1], 4), ([0], 1)]}
    fixed, own = draw_batches([1, 4], ways).axes
    assert fixed.get_title() == "to 3\n2 of 6 positions are padding"
    assert own.get_title() == "own\n0 of 5 positions are padding"
    assert [bool(cell.get_hatch()) for cell in fixed.patches] == [False, True, True, False, False, False]
    assert [text.get_text() for text in fixed.texts] == ["1 cut off"]
    # Each panel has its own order of sentences.
    assert [label.get_text() for label in fixed.get_yticklabels()] == ["0 (1)", "1 (4)"]
    assert [label.get_text() for label in own.get_yticklabels()] == ["1 (4)", "0 (1)"]


def test_padding_bars_stack_tokens_and_padding() -> None:
    table = pd.DataFrame({"tokens": [30, 40], "padding": [10, 0], "cut": [1234, 0]}, index=["to 50", "bucketed"])
    [axes] = padding_bars(table).axes
    tokens, padding = axes.containers
    assert [bar.get_width() for bar in tokens] == [30, 40]
    assert [(bar.get_x(), bar.get_width()) for bar in padding] == [(30, 10), (40, 0)]
    assert [text.get_text().strip() for text in axes.texts] == ["25.0% padding, 1,234 tokens cut off", "0.0% padding"]


def test_word_plane_puts_alike_words_together_and_names_all() -> None:
    embeddings = np.array([[5.0, 0, 0.1], [5.2, 0, 0], [0, 5.0, 0], [0, 5.1, 0.1]])
    figure = word_plane({"courts": ["BGH", "BAG"], "laws": ["BGB", "ZPO"]}, embeddings, title="words")
    (axes,) = figure.axes
    assert [text.get_text() for text in axes.texts] == ["BGH", "BAG", "BGB", "ZPO"]
    one, two = (group.get_xydata() for group in axes.lines)
    assert np.linalg.norm(one[0] - one[1]) < 1 < 5 < np.linalg.norm(one[0] - two[0])
    assert "100% of the differences" in axes.get_title()
