"""Text with its entities marked, as HTML: one look and one table of colours, in notebooks and in pages of their own."""

from __future__ import annotations

import html
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple

import pandas as pd

from legalner.data import FINE, Sentence, spans

__all__ = ["COLORS", "OTHER", "STYLESHEET", "Mark", "compare", "error_list", "legend", "mark", "mark_spans"]

# One hue for each coarse class (told apart by colour-blind readers too, after Okabe and Ito), one shade for each fine
# class within it. All are light enough for black text, and each mark names its class: nothing depends on colour alone.
COLORS = {
    "PER": "#f7b6d2", "RR": "#e893bb", "AN": "#fbd7e6",
    "LOC": "#a9e0b4", "LD": "#a9e0b4", "ST": "#7fcf95", "STR": "#c9edd0", "LDS": "#dcf5e0",
    "ORG": "#9ad0f5", "UN": "#c3e3fa", "INN": "#6fbcec", "GRT": "#7ec8d8", "MRK": "#dceefb",
    "NRM": "#ffd27a", "GS": "#ffd27a", "VO": "#ffe3ab", "EUN": "#f5bd4f",
    "REG": "#d8c7f0", "VS": "#d8c7f0", "VT": "#bfa6e6",
    "RS": "#f4a582", "LIT": "#f0e442",
}  # fmt: skip
OTHER = "#d9d9d9"  # a class that is not LER's

# Black on these colours, also where a dark theme makes text white.
_MARK = "color: #000; padding: 0.15em 0.3em; border-radius: 0.3em"
_LABEL = "font: bold 0.65em sans-serif; margin-left: 0.4em; vertical-align: middle; white-space: nowrap"
_UNSURE = "outline: 2px dashed #b30000"

# For a page that has a stylesheet: the look of marks that are not ``inline``.
STYLESHEET = f"""\
mark {{ {_MARK}; box-decoration-break: clone;
  -webkit-box-decoration-break: clone }}
mark small {{ {_LABEL} }}
.unsure {{ {_UNSURE} }}
"""


class Mark(NamedTuple):
    """An entity to mark: its code points ``start`` to ``end`` (not included), its class, and perhaps its confidence."""

    start: int
    end: int
    label: str
    confidence: float | None = None  # 0 to 1


def mark_spans(text: str, marks: Iterable[Mark], *, inline: bool = False) -> Iterator[str]:
    """Mark entities in a text; its own markup is escaped: shown, not run.

    Args:
        text: The text.
        marks: Its entities, in order and without overlap.
        inline: Write the look into each mark, for places without :data:`STYLESHEET`, such as a notebook.

    Yields:
        The parts of the text as HTML, in order. The title of a mark is its class in English and its confidence;
        marks with a confidence below one half have a dashed frame.
    """
    position = 0
    label_look = f' style="{_LABEL}"' if inline else ""
    for start, end, label, confidence in marks:
        title = FINE.get(label, label) + ("" if confidence is None else f", {confidence:.0%}")
        unsure = confidence is not None and confidence < 0.5
        kind = ' class="unsure"' if unsure else ""
        look = f"{_MARK}; {_UNSURE + '; ' if unsure else ''}" if inline else ""
        yield html.escape(text[position:start])
        yield f'<mark{kind} style="{look}background: {COLORS.get(label, OTHER)}" title="{html.escape(title)}">'
        yield f"{html.escape(text[start:end])}<small{label_look}>{html.escape(label)}</small></mark>"
        position = end
    yield html.escape(text[position:])


def mark(tokens: Sequence[str], tags: Sequence[str], title: str = "") -> str:
    """Render a sentence with its entities marked.

    Args:
        tokens: The sentence.
        tags: Its IOB2 tags.
        title: A line above it.

    Returns:
        HTML; show it with ``IPython.display.HTML``. Markup in tokens and classes is escaped: shown, not run.
    """
    starts = [0, *accumulate(len(token) + 1 for token in tokens)]
    marks = (Mark(starts[s.start], starts[s.end] - 1, s.label) for s in spans(tags))
    heading = f'<div style="font-size: 0.85em; opacity: 0.75">{html.escape(title)}</div>' if title else ""
    text = "".join(mark_spans(" ".join(tokens), marks, inline=True))
    return f'<div style="margin-bottom: 0.7em; line-height: 1.9">{heading}{text}</div>'


def compare(tokens: Sequence[str], gold: Sequence[str], predicted: Sequence[str], title: str = "") -> str:
    """Render a sentence twice, gold above prediction.

    Args:
        tokens: The sentence.
        gold: Its gold IOB2 tags.
        predicted: Its predicted IOB2 tags.
        title: A line above both.
    """
    heading = f"<b>{html.escape(title)}</b>" if title else ""
    both = mark(tokens, gold, "gold") + mark(tokens, predicted, "predicted")
    return f'<div style="border-left: 3px solid #888; padding-left: 0.8em; margin: 1em 0">{heading}{both}</div>'


def error_list(errors: pd.DataFrame, sentences: Sequence[Sentence], predicted: Sequence[Sequence[str]]) -> str:
    """Render errors as lines that open on a click and show their sentence, gold above prediction.

    Args:
        errors: Rows of a :func:`legalner.evaluate.error_table`.
        sentences: What the table was made from.
        predicted: The predicted IOB2 tags of each sentence.
    """
    lines = []
    for row in errors.to_dict("records"):
        number = int(row["sentence"])
        classes = " → ".join(str(row[column]) or "nothing" for column in ("label", "predicted"))
        sure = "" if pd.isna(row["confidence"]) else f"{row['confidence']:.0%} sure · "
        line = html.escape(f"{sure}{row['kind']} · {classes} · {row['text']}")
        block = compare(sentences[number].tokens, sentences[number].tags, predicted[number])
        lines.append(f'<details style="margin: 0.3em 0"><summary>{line}</summary>{block}</details>')
    return "".join(lines)


def legend(labels: Iterable[str] = tuple(FINE)) -> str:
    """Render classes with their colours and English names.

    Args:
        labels: The classes, by default all of LER's fine ones.
    """
    boxes = "".join(
        f'<span style="background: {COLORS.get(label, OTHER)}; color: #000; padding: 0.2em 0.5em; margin: 0.15em; '
        f'border-radius: 0.3em; display: inline-block"><b>{html.escape(label)}</b> {html.escape(FINE.get(label, ""))}'
        f"</span>"
        for label in labels
    )
    return f"<div>{boxes}</div>"
