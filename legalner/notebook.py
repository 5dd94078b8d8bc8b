"""Something to move: a picture with menus, sliders and text fields; a plain picture where there can be none."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

from IPython.display import display
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

__all__ = ["HEADLESS", "explore"]

# Set by `legalner run`: nobody is there who could move a slider, and no page that is kept could show one.
HEADLESS = "LEGALNER_HEADLESS"


def explore(draw: Callable[..., Any], **choices: str | Sequence[Any]) -> None:
    """Show what ``draw`` makes of the first choices, with controls to change them where a notebook can have any.

    Args:
        draw: Takes one value for each choice, and returns a figure or something else that a notebook can show.
        choices: For each argument of ``draw`` what it can be: a text stands for a field to write in, numbers for a
            slider, other things for a menu. The text, and the first of the others, is what is shown first.
    """
    first = {name: choice if isinstance(choice, str) else choice[0] for name, choice in choices.items()}
    try:
        import ipywidgets
    except ImportError:
        ipywidgets = None
    if ipywidgets is None or HEADLESS in os.environ:
        _show(draw, first)
        return
    controls = {name: _control(ipywidgets, name, choice) for name, choice in choices.items()}
    output = ipywidgets.interactive_output(lambda **values: _show(draw, values), controls)
    display(ipywidgets.VBox([*controls.values(), output]))


def _show(draw: Callable[..., Any], values: dict[str, Any]) -> None:
    """Draw and show; what a learner typed may be anything, so an error is shown as a sentence."""
    try:
        made = draw(**values)
    except Exception as error:
        print(f"this cannot be drawn ({type(error).__name__}: {error}); try something else")
        return
    display(made)
    if isinstance(made, Figure):
        plt.close(made)  # else the notebook shows it once more


def _control(ipywidgets: Any, name: str, choice: str | Sequence[Any]) -> Any:
    """The control that suits a choice."""
    wide = {"layout": ipywidgets.Layout(width="95%"), "style": {"description_width": "initial"}}
    if isinstance(choice, str):
        return ipywidgets.Text(value=choice, description=name, continuous_update=False, **wide)
    if all(isinstance(value, int | float) and not isinstance(value, bool) for value in choice):
        return ipywidgets.SelectionSlider(
            options=sorted(set(choice)), value=choice[0], description=name, continuous_update=False, **wide
        )
    return ipywidgets.Dropdown(options=list(choice), description=name, **wide)
