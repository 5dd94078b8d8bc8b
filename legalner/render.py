"""Sentences with their entities marked, rendered by displaCy with a colour for each class, and a legend."""

from __future__ import annotations

import html
from collections.abc import Iterable, Sequence

import pandas as pd

from legalner.data import FINE, Sentence
from legalner.evaluate import spans

__all__ = ["COLORS", "OTHER", "compare", "error_list", "legend", "mark"]

# One hue a coarse class (told apart by colour-blind readers too, after Okabe and Ito), one shade a fine class within
# it. All are light enough for black text, and displaCy writes the class beside each entity: colour is never alone.
COLORS = {
    "PER": "#f7b6d2", "RR": "#e893bb", "AN": "#fbd7e6",
    "LOC": "#a9e0b4", "LD": "#a9e0b4", "ST": "#7fcf95", "STR": "#c9edd0", "LDS": "#dcf5e0",
    "ORG": "#9ad0f5", "UN": "#c3e3fa", "INN": "#6fbcec", "GRT": "#7ec8d8", "MRK": "#dceefb",
    "NRM": "#ffd27a", "GS": "#ffd27a", "VO": "#ffe3ab", "EUN": "#f5bd4f",
    "REG": "#d8c7f0", "VS": "#d8c7f0", "VT": "#bfa6e6",
    "RS": "#f4a582", "LIT": "#f0e442",
}  # fmt: skip
# … and a class of a corpus of one's own.
OTHER = "#d9d9d9"


def mark(tokens: Sequence[str], tags: Sequence[str], title: str = "") -> str:
    """Render a sentence with its entities marked.

    Args:
        tokens: The sentence.
        tags: Its IOB2 tags.
        title: A line above it.

    Returns:
        HTML; show it with ``IPython.display.HTML``. Tokens and classes are escaped: markup in them is shown, not run.
    """
    from spacy import displacy

    starts, position = [], 0
    for token in tokens:
        starts.append(position)
        position += len(token) + 1
    # displaCy escapes the text, but not the class, which a stranger's file can name as it likes.
    labels = [html.escape(s.label) for s in spans(tags)]
    entities = [
        {"start": starts[s.start], "end": starts[s.end - 1] + len(tokens[s.end - 1]), "label": label}
        for s, label in zip(spans(tags), labels, strict=True)
    ]
    colors = COLORS | {label: OTHER for label in labels if label not in COLORS}
    document = {"text": " ".join(tokens), "ents": entities, "title": None}
    rendered = displacy.render(document, style="ent", manual=True, jupyter=False, options={"colors": colors})
    # Black on these colours also where a dark theme makes text white.
    rendered = rendered.replace('<mark class="entity" style="', '<mark class="entity" style="color: #000; ')
    heading = f'<div style="font-size: 0.85em; opacity: 0.75">{html.escape(title)}</div>' if title else ""
    return f'<div style="margin-bottom: 0.7em">{heading}{rendered}</div>'


def compare(tokens: Sequence[str], gold: Sequence[str], predicted: Sequence[str], title: str = "") -> str:
    """Render a sentence twice, gold above prediction."""
    heading = f"<b>{html.escape(title)}</b>" if title else ""
    both = mark(tokens, gold, "gold") + mark(tokens, predicted, "predicted")
    return f'<div style="border-left: 3px solid #888; padding-left: 0.8em; margin: 1em 0">{heading}{both}</div>'


def error_list(errors: pd.DataFrame, sentences: Sequence[Sentence], predicted: Sequence[Sequence[str]]) -> str:
    """Render errors as lines that open on a click and show their sentence, gold above prediction.

    Args:
        errors: Rows of a :func:`legalner.errors.error_table`.
        sentences: What the table was made from.
        predicted: The predicted IOB2 tags.
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


def legend(labels: Iterable[str] | None = None) -> str:
    """Render the classes with their colours and English names, as HTML."""
    chosen = list(labels) if labels is not None else list(FINE)
    boxes = "".join(
        f'<span style="background: {COLORS.get(label, OTHER)}; color: #000; padding: 0.2em 0.5em; margin: 0.15em; '
        f'border-radius: 0.3em; display: inline-block"><b>{html.escape(label)}</b> {html.escape(FINE.get(label, ""))}'
        f"</span>"
        for label in chosen
    )
    return f"<div>{boxes}</div>"
