"""What the figures share: a palette that needs no colour, bars, heat maps and panels that show what they are given."""

import itertools

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from legalner.plots import style
from legalner.plots.style import bar_style, grouped_bars, heat_map, line_style, panels, text_color


def luminance(color: tuple[float, float, float]) -> float:
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in color]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("looks", [style.COLORS, style.MARKERS, style.LINES, style.HATCHES])
def test_each_series_has_a_look_of_its_own(looks: tuple) -> None:
    assert len(set(looks)) == len(style.COLORS)


def test_looks_start_again_after_the_last() -> None:
    assert bar_style(0) == bar_style(len(style.COLORS)) and line_style(1) == line_style(1 + len(style.COLORS))
    assert line_style(0, marker="") == line_style(0) | {"marker": ""}


def test_text_can_be_read_on_every_colour() -> None:
    for color in itertools.product(np.linspace(0, 1, 9), repeat=3):
        light, dark = sorted((luminance(color), 1.0 if text_color(color) == "white" else 0.0), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, color  # the guidelines' level AA


def test_bars_carry_their_numbers_and_leave_out_what_is_not_there() -> None:
    series = {"network": {"all": 0.9, "padding": float("nan")}, "baseline": {"all": 0.5, "padding": 1.0}}
    figure = grouped_bars(series, ylabel="share", title="accuracy", form=".2f")
    (axes,) = figure.axes
    network, baseline = axes.containers
    assert [bar.get_height() for bar in baseline] == [0.5, 1.0]
    assert [text.get_text() for text in axes.texts] == ["0.90", "", "0.50", "1.00"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["all", "padding"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["network", "baseline"]
    # Told apart without colour, and beside each other, not on top of each other.
    assert network[0].get_hatch() != baseline[0].get_hatch()
    assert network[0].get_x() + network[0].get_width() <= baseline[0].get_x() + 1e-9


def test_a_single_series_needs_no_legend() -> None:
    assert not grouped_bars({"one": {"b": 1.0, "a": 2.0}}, ylabel="y", title="t").legends


def test_bars_of_a_table_of_shares() -> None:
    table = pd.DataFrame({"one": [0.1, 0.25]}, index=["b", "a"])
    (axes,) = grouped_bars(table, xlabel="x", ylabel="y", title="t", form=".0%", shares=True).axes
    assert [text.get_text() for text in axes.texts] == ["10%", "25%"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["b", "a"]
    assert axes.get_ylim()[0] == 0 and axes.get_ylim()[1] > 1, "small shares look small"
    assert axes.yaxis.get_major_formatter()(0.5, 0) == "50%"
    assert (axes.get_xlabel(), axes.get_ylabel(), axes.get_title()) == ("x", "y", "t")


def test_a_heat_map_writes_each_value_into_its_cell() -> None:
    axes = plt.figure().add_subplot()
    values = np.array([[0.1, np.nan, 0.9], [0.0, 0.5, 1.0]])
    image = heat_map(axes, values, ["r0", "r1"], ["c0", "c1", "c2"], "{:.1f}".format, cmap="Greys", vmin=0, vmax=1)
    written = {text.get_position(): (text.get_text(), text.get_color()) for text in axes.texts}
    assert written == {
        (0, 0): ("0.1", "black"),
        (2, 0): ("0.9", "white"),
        (0, 1): ("0.0", "black"),
        (1, 1): ("0.5", "black"),
        (2, 1): ("1.0", "white"),
    }
    assert image.get_array().mask.tolist() == [[False, True, False], [False, False, False]]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["c0", "c1", "c2"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["r0", "r1"]


def test_seven_panels_take_two_rows_and_the_eighth_place_stays_blank() -> None:
    figure, grid = panels(7, 4, 2, 2, xlabel="x", ylabel="y", title="t")
    assert (len(figure.axes), len(grid)) == (8, 7)
    assert [axes.axison for axes in figure.axes] == [True] * 7 + [False]
    assert (figure.get_supxlabel(), figure.get_supylabel(), figure.get_suptitle()) == ("x", "y", "t")
    figure.canvas.draw()
    labelled = [axes.xaxis.get_tick_params()["labelbottom"] for axes in grid]
    assert labelled == [False, False, False, True, True, True, True], "the lowest of each column"
