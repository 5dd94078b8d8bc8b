"""How `make site` renders the lessons and these pages; read by Sphinx."""

from __future__ import annotations

from typing import Any

import latex2mathml.converter
from docutils import nodes

project = "legalner"
author = "the authors of legalner"
copyright = "MIT; figures measured on the LER corpus (CC-BY 4.0, Leitner, Rehm, Moreno-Schneider 2020)"
extensions = ["myst_nb"]
html_theme = "furo"
html_title = "legalner"
html_show_sphinx = False
html_copy_source = False
html_math_renderer = "mathml"
nb_execution_mode = "off"  # they come executed
myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3
exclude_patterns = ["architecture.md"]  # for readers of the repository: it links to source files
suppress_warnings = ["mystnb.unknown_mime_type"]  # a slider's state; its picture stands beside it


def _as_mathml(translator: Any, node: Any, display: str) -> None:
    """Formulas as MathML, which browsers draw by themselves: the usual script for them comes over the network."""
    formula = latex2mathml.converter.convert(node.astext(), display=display)
    # Room above and below, or the theme puts a scroll bar beside each line of a formula.
    translator.body.append(f'<div style="padding: 0.4em 0">{formula}</div>' if display == "block" else formula)
    raise nodes.SkipNode


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.add_html_math_renderer(
        "mathml",
        (lambda translator, node: _as_mathml(translator, node, "inline"), None),
        (lambda translator, node: _as_mathml(translator, node, "block"), None),
    )
