"""What goes wrong, entity by entity: one table to count in, and whether a tagger is as sure as it should be."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from legalner.data import COARSE, Sentence
from legalner.evaluate import Span, Tags, check_lengths, spans

__all__ = ["KINDS", "calibration", "entity_strings", "error_kinds", "error_table", "inside_coarse", "span_products"]

KINDS = ("right", "wrong class", "wrong ends", "wrong class and ends", "missed", "spurious")
_COLUMNS = [
    "sentence", "court", "tokens", "kind", "label", "predicted", "left", "right", "nested", "text", "known",
    "confidence",
]  # fmt: skip


def entity_strings(sentences: Iterable[Sentence]) -> set[str]:
    """All entities of some sentences, as they are written, tokens joined by blanks."""
    return {" ".join(s.tokens[e.start : e.end]) for s in sentences for e in spans(s.tags)}


def error_table(
    sentences: Sequence[Sentence],
    predicted: Sequence[Tags],
    known: set[str] | None = None,
    confidences: Sequence[Sequence[float]] | None = None,
) -> pd.DataFrame:
    """List what became of each gold entity, and each predicted entity that touches none.

    Args:
        sentences: With their gold tags, whole.
        predicted: IOB2 tags of each sentence, as long.
        known: Entities of the training text, from :func:`entity_strings`.
        confidences: Probability of each predicted entity of each sentence, in order.

    Returns:
        A row an entity:

        * ``sentence`` (its number), ``court``, ``tokens`` (the sentence's length);
        * ``kind``, one of :data:`KINDS`: for gold entities ``right``; ``wrong class`` (both ends right); ``wrong ends``
          (a predicted entity of its class overlaps it); ``wrong class and ends`` (only others do); ``missed``. And
          ``spurious``: predicted, and overlaps no gold one;
        * ``label``, gold's class, and ``predicted``, that of the predicted entity which overlaps it most; "" for none;
        * ``left``, ``right``: tokens by which the predicted entity begins and ends behind gold's, negative before it;
        * ``nested``: ``inside`` if an entity of another class was predicted within this one, ``around`` if this one
          lies within the predicted one, else "";
        * ``text``, and whether it is among ``known``;
        * ``confidence``, the probability of the predicted entity; NaN where nothing was predicted.

    Raises:
        ValueError: Sentences of different number or length.
    """
    check_lengths([s.tags for s in sentences], predicted)
    rows = []
    for number, (sentence, guess) in enumerate(zip(sentences, predicted, strict=True)):
        expected, found = spans(sentence.tags), spans(guess)
        sure = dict(zip(found, confidences[number], strict=True)) if confidences is not None else {}
        pairs: list[tuple[Span | None, Span | None]] = [(entity, _partner(entity, found)) for entity in expected]
        pairs += [(None, f) for f in found if not any(_overlap(e, f) for e in expected)]
        for entity, other in pairs:
            shown = entity or other
            assert shown is not None
            text = " ".join(sentence.tokens[shown.start : shown.end])
            apart = (other.start - entity.start, other.end - entity.end) if entity and other else (np.nan, np.nan)
            rows.append(
                (number, sentence.court, len(sentence), _kind(entity, other), entity.label if entity else "",
                 other.label if other else "", *apart, _nested(entity, other), text, text in (known or ()),
                 sure.get(other, np.nan) if other else np.nan)
            )  # fmt: skip
    return pd.DataFrame(rows, columns=_COLUMNS)


def _partner(entity: Span, found: Sequence[Span]) -> Span | None:
    """The predicted entity that stands for a gold one: of its class, else what overlaps it most."""

    def nearness(f: Span) -> tuple[bool, int]:
        return f.label == entity.label, min(f.end, entity.end) - max(f.start, entity.start)

    return max((f for f in found if _overlap(entity, f)), key=nearness, default=None)


def _kind(entity: Span | None, other: Span | None) -> str:
    if entity is None:
        return "spurious"
    if other is None:
        return "missed"
    same_class, same_ends = other.label == entity.label, (other.start, other.end) == (entity.start, entity.end)
    kinds = {(True, True): "right", (False, True): "wrong class", (True, False): "wrong ends"}
    return kinds.get((same_class, same_ends), "wrong class and ends")


def _nested(entity: Span | None, other: Span | None) -> str:
    if entity is None or other is None or other.label == entity.label:
        return ""
    if entity.start <= other.start and other.end <= entity.end and other.end - other.start < entity.end - entity.start:
        return "inside"
    if other.start <= entity.start and entity.end <= other.end and other.end - other.start > entity.end - entity.start:
        return "around"
    return ""


def error_kinds(gold: Sequence[Tags], predicted: Sequence[Tags], max_len: int | None = None) -> pd.Series:
    """Count what became of each gold entity, and the predicted ones that touch none.

    Args:
        gold: IOB2 tags of each sentence.
        predicted: IOB2 tags of each sentence.
        max_len: Tokens that the network read of a sentence; None if all.

    Returns:
        Numbers of gold entities by the kinds of :func:`error_table`, and of those that are ``cut off``: not right, and
        ending behind ``max_len``. They add up to the gold entities. Then the ``spurious`` ones.
    """
    check_lengths(gold, predicted)
    counts = dict.fromkeys(["right", "cut off", *KINDS[1:]], 0)
    for true, guess in zip(gold, predicted, strict=True):
        expected, found = spans(true), spans(guess)
        for entity in expected:
            kind = _kind(entity, _partner(entity, found))
            counts["cut off" if kind != "right" and max_len is not None and entity.end > max_len else kind] += 1
        counts["spurious"] += sum(not any(_overlap(e, f) for e in expected) for f in found)
    return pd.Series(counts, name="entities")


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def inside_coarse(table: pd.DataFrame) -> pd.DataFrame:
    """Count confusions of two fine classes within one coarse class, out of an :func:`error_table`.

    Returns:
        ``label``, ``predicted``, ``coarse``, ``entities``, the most frequent first.
    """
    wrong = table[(table["label"] != "") & (table["predicted"] != "") & (table["label"] != table["predicted"])]
    wrong = wrong.assign(coarse=wrong["label"].map(COARSE))
    same = wrong[wrong["coarse"] == wrong["predicted"].map(COARSE)]
    counted = same.groupby(["label", "predicted", "coarse"]).size().rename("entities").reset_index()
    return counted.sort_values("entities", ascending=False, ignore_index=True)


def span_products(predicted: Sequence[Tags], probabilities: Sequence[np.ndarray]) -> list[list[float]]:
    """How sure a softmax is of each predicted entity: the product over its tokens, as if they were independent.

    Args:
        predicted: IOB2 tags of each sentence.
        probabilities: Of each token's predicted tag, ``(at least the tokens that were read,)`` a sentence.
    """
    return [
        [float(np.prod(p[s.start : s.end])) for s in spans(tags)]
        for tags, p in zip(predicted, probabilities, strict=True)
    ]


def calibration(table: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """Hold the confidence of predicted entities against how often they are right.

    Args:
        table: From :func:`error_table`, with confidences.
        bins: Parts of the way from 0 to 1.

    Returns:
        For each part that holds an entity: mean ``confidence``, share ``right``, number of ``entities``.
    """
    sure = table.dropna(subset="confidence")
    part = np.minimum((sure["confidence"] * bins).astype(int), bins - 1)
    right = sure["kind"] == "right"
    grouped = pd.DataFrame({"confidence": sure["confidence"], "right": right, "entities": 1}).groupby(part)
    return grouped.agg({"confidence": "mean", "right": "mean", "entities": "sum"}).reset_index(drop=True)
