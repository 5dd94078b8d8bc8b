"""Things to move: drawn once where nobody can move them, with controls where somebody can."""

from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
import pytest

from legalner import explore as module
from legalner.notebook import HEADLESS, interact


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the cell shows."""
    things: list[Any] = []
    monkeypatch.setattr(module, "display", things.append)
    monkeypatch.delenv(HEADLESS, raising=False)
    return things


def drawn(sentence: str, unit: str, least: float) -> str:
    return f"{sentence}|{unit}|{least}"


CHOICES = {"sentence": "ein Satz", "unit": ["B", "A"], "least": [0.5, 0.1, 0.9]}


def test_headless_it_is_a_plain_picture_of_the_first_choices(shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HEADLESS, "1")
    interact(drawn, **CHOICES)
    assert shown == ["ein Satz|B|0.5"]


def test_without_widgets_too(shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "ipywidgets", None)
    interact(drawn, **CHOICES)
    assert shown == ["ein Satz|B|0.5"]


def test_a_control_for_each_choice_draws_anew_when_it_is_moved(shown: list[Any]) -> None:
    interact(drawn, **CHOICES)
    box = next(thing for thing in shown if isinstance(thing, ipywidgets.VBox))
    field, menu, slider, _ = box.children
    assert isinstance(field, ipywidgets.Text) and isinstance(menu, ipywidgets.Dropdown)
    assert isinstance(slider, ipywidgets.SelectionSlider) and slider.options == (0.1, 0.5, 0.9)
    assert "ein Satz|B|0.5" in shown
    slider.value = 0.9
    menu.value = "A"
    field.value = "noch einer"
    assert shown[-3:] == ["ein Satz|B|0.9", "ein Satz|A|0.9", "noch einer|A|0.9"]


def test_what_cannot_be_drawn_is_a_sentence(
    shown: list[Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(HEADLESS, "1")
    interact(lambda sentence: sentence.split()[7], sentence="zu kurz")
    assert shown == [] and "this cannot be drawn (IndexError" in capsys.readouterr().out


def test_figures_are_shown_once(shown: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(HEADLESS, "1")
    before = plt.get_fignums()
    interact(lambda least: plt.figure(), least=[1])
    assert len(shown) == 1 and plt.get_fignums() == before
