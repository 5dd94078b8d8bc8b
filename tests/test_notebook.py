"""What stands around a notebook's cells: TensorFlow starts without a word, an error is heard, figures have controls."""

import os
import subprocess
import sys
from typing import Any

import ipywidgets
import matplotlib.pyplot as plt
import pytest

from legalner.notebook import HEADLESS, interact

# -- a quiet start -----------------------------------------------------------------------------------------------------

START = """
import os, sys
from legalner.notebook import start_tensorflow
start_tensorflow()
import tensorflow as tf
tf.function(tf.transpose)(tf.constant([[True], [False]]))  # worth a remark where there is no AVX-512
print("after", file=sys.stderr)
os.write(2, b"and below Python\\n")
"""

ERROR = """
import os
from legalner.notebook import suppress_stderr
class Spoken(Exception): pass
for error in (Spoken, ValueError):
    try:
        with suppress_stderr(Spoken):
            os.write(2, f"before {error.__name__}\\n".encode())
            raise error
    except error:
        pass
"""


def stderr_of(script: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return ended.stderr


def test_tensorflow_starts_without_a_word_and_what_comes_after_is_heard() -> None:
    assert stderr_of(START) == "after\nand below Python\n"


def test_what_was_suppressed_is_shown_with_an_error_that_does_not_speak_for_itself() -> None:
    assert stderr_of(ERROR) == "before ValueError\n"


# -- controls ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What the cell shows."""
    things: list[Any] = []
    monkeypatch.setattr("IPython.display.display", things.append)
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
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
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
