"""The figures of the lesson on the network show what they are given."""

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from legalner.plots.model import draw_network, draw_step, gate_heatmap, state_differences


def texts(figure: Figure) -> list[str]:
    axes = figure.axes[0]
    return [text.get_text() for text in axes.texts if text.get_text()]


def test_the_network_shows_tokens_tags_and_sizes() -> None:
    figure = draw_network(["nach", "§", "7"], ["O", "GS", "VT"], dimension=30, units=5, tag_count=9)
    shown = texts(figure)
    for word, times in {"nach": 1, "§": 1, "7": 1, "O": 1, "GS": 1, "VT": 1, "30": 3, "5 + 5": 3, "9": 3}.items():
        assert shown.count(word) == times, word
    assert shown.count("h, c →") == shown.count("← h, c") == 3


def test_state_is_handed_on_in_both_directions() -> None:
    figure = draw_network(["a", "b"], ["O", "O"], dimension=2, units=2, tag_count=2)
    level = [a for a in figure.axes[0].texts if getattr(a, "arrow_patch", None) and a.xy[1] == a.xyann[1]]
    steps = {round(a.xy[1], 2): a.xy[0] - a.xyann[0] for a in level}
    (low, high) = sorted(steps)
    assert steps[low] > 0 > steps[high]  # forward in the lower row, backward in the upper


def test_a_tag_for_each_token() -> None:
    with pytest.raises(ValueError):
        draw_network(["a", "b"], ["O"], dimension=2, units=2, tag_count=2)


def test_a_step_names_the_gates() -> None:
    shown = " ".join(texts(draw_step()))
    for name in ("forget gate", "input gate", "candidate", "output gate", "cell state"):
        assert name in shown


def test_the_heat_map_writes_each_value() -> None:
    values = pd.DataFrame([[0.123, -0.5, 1.0], [0.0, 0.25, 0.75]], index=["input gate", "cell state"])
    figure = gate_heatmap(["§", "7", "."], values, "a unit")
    assert sorted(texts(figure)) == sorted(["0.12", "-0.50", "1.00", "0.00", "0.25", "0.75"])
    axes = figure.axes[0]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["§", "7", "."]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["input gate", "cell state"]


def test_state_differences_keep_apart_a_token_that_stands_twice() -> None:
    figure = state_differences(["7", "§", "7"], np.array([0.0, 0.5, 0.25]), np.array([0.1, 0.2, 0.3]), "two sentences")
    forward, backward = figure.axes[0].containers
    assert [bar.get_height() for bar in forward] == [0.0, 0.5, 0.25]
    assert [bar.get_height() for bar in backward] == [0.1, 0.2, 0.3]
    assert forward[0].get_hatch() != backward[0].get_hatch()  # told apart without colour
