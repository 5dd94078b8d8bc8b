"""Helpers for notebooks: a quiet start of TensorFlow, and figures with controls."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Any

__all__ = ["HEADLESS", "interact", "redirect_stderr", "start_tensorflow", "suppress_stderr"]

# Set by `legalner run`: nobody is there to move a slider, and it would not work in a saved page.
HEADLESS = "LEGALNER_HEADLESS"


@contextmanager
def redirect_stderr(file: IO[bytes]) -> Iterator[None]:
    """Within the block, what this process and its children write to standard error goes into a file.

    It works on the file descriptor, so it covers C++ libraries too.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        yield
    finally:
        sys.stderr.flush()
        os.dup2(saved, 2)
        os.close(saved)


@contextmanager
def suppress_stderr(*self_explanatory: type[Exception]) -> Iterator[None]:
    """Hold back what this process writes to standard error; show it if the block raises.

    Args:
        self_explanatory: Errors whose message says everything, so that nothing is shown with them.
    """
    with tempfile.TemporaryFile() as held:
        try:
            with redirect_stderr(held):
                yield
        except BaseException as error:
            if not isinstance(error, self_explanatory):
                held.seek(0)
                os.write(2, held.read())
            raise


def start_tensorflow() -> None:
    """Import TensorFlow and let it look for devices, without the messages that its C++ part writes past Python."""
    with suppress_stderr():
        import tensorflow as tf

        tf.constant(0.0)  # the first tensor starts the devices


def interact(draw: Callable[..., Any], **choices: str | Sequence[Any]) -> None:
    """Show what ``draw`` returns for the first choices, with controls to change them where the notebook supports any.

    Args:
        draw: Takes one value for each choice, and returns a figure or something else that a notebook can show.
        choices: What each argument of ``draw`` can be: a string makes a text field, numbers make a slider, anything
            else a menu. The string, or the first of the others, is shown first.
    """
    first = {name: choice if isinstance(choice, str) else choice[0] for name, choice in choices.items()}
    try:
        import ipywidgets
    except ImportError:
        ipywidgets = None
    if ipywidgets is None or HEADLESS in os.environ:
        _show(draw, first)
        return
    from IPython.display import display

    controls = {name: _control(ipywidgets, name, choice) for name, choice in choices.items()}
    output = ipywidgets.interactive_output(lambda **values: _show(draw, values), controls)
    display(ipywidgets.VBox([*controls.values(), output]))


def _show(draw: Callable[..., Any], values: dict[str, Any]) -> None:
    """Draw and show; a learner may type anything, so an error is shown as a sentence."""
    from IPython.display import display
    from matplotlib import pyplot as plt
    from matplotlib.figure import Figure

    try:
        made = draw(**values)
    except Exception as error:
        print(f"this cannot be drawn ({type(error).__name__}: {error}); try something else")
        return
    display(made)
    if isinstance(made, Figure):
        plt.close(made)  # else the notebook shows it once more


def _control(ipywidgets: Any, name: str, choice: str | Sequence[Any]) -> Any:
    """Make the control that suits a choice."""
    wide = {"layout": ipywidgets.Layout(width="95%"), "style": {"description_width": "initial"}}
    if isinstance(choice, str):
        return ipywidgets.Text(value=choice, description=name, continuous_update=False, **wide)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in choice):
        return ipywidgets.SelectionSlider(
            options=sorted(set(choice)), value=choice[0], description=name, continuous_update=False, **wide
        )
    return ipywidgets.Dropdown(options=list(choice), description=name, **wide)
