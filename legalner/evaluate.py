"""Measuring a tagger on whole sentences: token by token as in the article, entity by entity, and what goes wrong."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from nervaluate import Evaluator
from sklearn.metrics import classification_report

from legalner.data import COARSE, Sentence, Span, spans
from legalner.data.tags import Tags

__all__ = [
    "KINDS",
    "EntityScores",
    "all_outside_baseline",
    "calibration",
    "check_lengths",
    "confusion",
    "entity_scores",
    "entity_strings",
    "error_kinds",
    "error_table",
    "inside_coarse",
    "span_confidences",
    "token_accuracy",
    "token_report",
]


def all_outside_baseline(sentences: Iterable[Sentence]) -> list[tuple[str, ...]]:
    """Predict no entity anywhere: the baseline to compare a token accuracy with."""
    return [("O",) * len(s) for s in sentences]


@dataclass(frozen=True)
class EntityScores:
    """Entity-level scores; a predicted entity is correct only if its boundaries and its class are (``strict``).

    ``per_class`` has one row for each class: precision, recall, f1, support (gold), predicted, correct.
    """

    precision: float
    recall: float
    f1: float
    macro_f1: float
    per_class: pd.DataFrame

    def as_dict(self) -> dict[str, object]:
        """Return the scores as plain values, for ``metrics.json``."""
        rows = self.per_class.to_dict(orient="index")
        return {
            "micro": {"precision": self.precision, "recall": self.recall, "f1": self.f1},
            "macro_f1": self.macro_f1,
            "per_class": {str(label): {k: float(v) for k, v in row.items()} for label, row in rows.items()},
        }


def entity_scores(gold: Sequence[Tags], predicted: Sequence[Tags]) -> EntityScores:
    """Score predicted entities against gold ones, with nervaluate's ``strict`` scheme.

    Args:
        gold: IOB2 tags of each sentence, whole.
        predicted: IOB2 tags of each sentence, of the same length.

    Returns:
        Micro scores over all entities, macro F1 over the gold classes, and a table by class. A class that was never
        predicted has precision 0.

    Raises:
        ValueError: Sentences of different number or length: something was cut, and would be missing from the score.
    """
    check_lengths(gold, predicted)
    labels = sorted({tag[2:] for tags in [*gold, *predicted] for tag in tags if tag != "O"})
    if not labels:
        return EntityScores(0.0, 0.0, 0.0, 0.0, pd.DataFrame(columns=_SCORES))
    result = Evaluator([list(t) for t in gold], [list(t) for t in predicted], tags=labels, loader="list").evaluate()
    strict = result["overall"]["strict"]
    rows = {label: _row(result["entities"][label]["strict"]) for label in labels}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=_SCORES)
    in_gold = table[table["support"] > 0]
    macro = float(in_gold["f1"].mean()) if len(in_gold) else 0.0
    return EntityScores(float(strict.precision), float(strict.recall), float(strict.f1), macro, table)


_SCORES = ["precision", "recall", "f1", "support", "predicted", "correct"]


def _row(scores: object) -> list[float]:
    s = scores
    numbers = [s.possible, s.actual, s.correct]  # type: ignore[attr-defined]
    return [float(s.precision), float(s.recall), float(s.f1), *numbers]  # type: ignore[attr-defined]


def check_lengths(gold: Sequence[Tags], predicted: Sequence[Tags]) -> None:
    """Check that gold and predicted have as many sentences, each of the same length.

    Raises:
        ValueError: Sentences of different number or length.
    """
    if len(gold) != len(predicted) or any(len(g) != len(p) for g, p in zip(gold, predicted, strict=True)):
        raise ValueError(
            "gold and predicted differ in length; score whole sentences (see legalner.model.predicted_tags)"
        )


def _classes(tags: Iterable[Tags]) -> list[str]:
    """All tags in one list, without B and I, as the article reports them."""
    return [tag[2:] if tag != "O" else tag for sentence in tags for tag in sentence]


def token_report(gold: Sequence[Tags], predicted: Sequence[Tags]) -> pd.DataFrame:
    """Precision, recall, F1 and support of each class over tokens, with scikit-learn's ``classification_report``."""
    check_lengths(gold, predicted)
    report = classification_report(_classes(gold), _classes(predicted), output_dict=True, zero_division=0)
    accuracy = report.pop("accuracy", None)
    table = pd.DataFrame(report).T
    if accuracy is not None:
        table.attrs["accuracy"] = float(accuracy)
    return table


def token_accuracy(gold: Sequence[Tags], predicted: Sequence[Tags]) -> float:
    """Share of the tokens whose class is correct."""
    check_lengths(gold, predicted)
    return float(np.mean(np.array(_classes(gold)) == np.array(_classes(predicted))))


def confusion(gold: Sequence[Tags], predicted: Sequence[Tags]) -> pd.DataFrame:
    """Tokens by gold class (rows) and predicted class (columns)."""
    check_lengths(gold, predicted)
    true, guess = _classes(gold), _classes(predicted)
    labels = ["O", *sorted((set(true) | set(guess)) - {"O"})]
    table = pd.crosstab(pd.Series(true, name="gold"), pd.Series(guess, name="predicted"))
    return table.reindex(index=labels, columns=labels, fill_value=0)


KINDS = ("correct", "wrong type", "wrong boundaries", "wrong type and boundaries", "missed", "spurious")
_ERROR_COLUMNS = [
    "sentence", "court", "tokens", "kind", "label", "predicted", "left", "right", "nested", "text", "known",
    "confidence",
]  # fmt: skip


def entity_strings(sentences: Iterable[Sentence]) -> set[str]:
    """Return the texts of all entities in some sentences, tokens joined by blanks."""
    return {" ".join(s.tokens[e.start : e.end]) for s in sentences for e in spans(s.tags)}


def error_table(
    sentences: Sequence[Sentence],
    predicted: Sequence[Tags],
    known: set[str] | None = None,
    confidences: Sequence[Sequence[float]] | None = None,
) -> pd.DataFrame:
    """List the outcome for each gold entity, and each predicted entity that overlaps no gold one.

    Args:
        sentences: With their gold tags, whole.
        predicted: IOB2 tags of each sentence, of the same length.
        known: Entities of the training text, from :func:`entity_strings`.
        confidences: Probability of each predicted entity of each sentence, in order.

    Returns:
        One row for each entity:

        * ``sentence`` (its number), ``court``, ``tokens`` (the sentence's length);
        * ``kind``, one of :data:`KINDS`: for gold entities ``correct``; ``wrong type`` (with the right boundaries);
          ``wrong boundaries`` (a predicted entity of its class overlaps it); ``wrong type and boundaries`` (only others
          do); ``missed``. And ``spurious``: predicted, and overlaps no gold entity;
        * ``label``, the gold class, and ``predicted``, the class of the predicted entity that it is compared with: of
          those that overlap it, one of the same class if there is any, else the one that overlaps most; "" for none;
        * ``left``, ``right``: how many tokens later than gold the predicted entity begins and ends; negative: earlier;
        * ``nested``: ``inside`` if an entity of another class was predicted within this one, ``around`` if this one
          lies within the predicted one, else "";
        * ``text``, and whether ``known`` holds it;
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
    return pd.DataFrame(rows, columns=_ERROR_COLUMNS)


def _partner(entity: Span, found: Sequence[Span]) -> Span | None:
    """The predicted entity to compare a gold one with: of its class if any is, then the one that overlaps it most."""

    def nearness(f: Span) -> tuple[bool, int]:
        return f.label == entity.label, min(f.end, entity.end) - max(f.start, entity.start)

    return max((f for f in found if _overlap(entity, f)), key=nearness, default=None)


def _kind(entity: Span | None, other: Span | None) -> str:
    if entity is None:
        return "spurious"
    if other is None:
        return "missed"
    same_type, same_boundaries = other.label == entity.label, (other.start, other.end) == (entity.start, entity.end)
    kinds = {(True, True): "correct", (False, True): "wrong type", (True, False): "wrong boundaries"}
    return kinds.get((same_type, same_boundaries), "wrong type and boundaries")


def _nested(entity: Span | None, other: Span | None) -> str:
    if entity is None or other is None or other.label == entity.label:
        return ""
    if entity.start <= other.start and other.end <= entity.end and other.end - other.start < entity.end - entity.start:
        return "inside"
    if other.start <= entity.start and entity.end <= other.end and other.end - other.start > entity.end - entity.start:
        return "around"
    return ""


def error_kinds(gold: Sequence[Tags], predicted: Sequence[Tags], max_len: int | None = None) -> pd.Series:
    """Count the outcomes for gold entities, and the predicted entities that overlap no gold one.

    Args:
        gold: IOB2 tags of each sentence.
        predicted: IOB2 tags of each sentence.
        max_len: Tokens that the network read of a sentence; None for all.

    Returns:
        Numbers of gold entities by the kinds of :func:`error_table`, and of those that are ``cut off``: not correct,
        and ending after ``max_len``. They add up to the gold entities. Then the ``spurious`` ones.
    """
    check_lengths(gold, predicted)
    counts = dict.fromkeys(["correct", "cut off", *KINDS[1:]], 0)
    for true, guess in zip(gold, predicted, strict=True):
        expected, found = spans(true), spans(guess)
        for entity in expected:
            kind = _kind(entity, _partner(entity, found))
            counts["cut off" if kind != "correct" and max_len is not None and entity.end > max_len else kind] += 1
        counts["spurious"] += sum(not any(_overlap(e, f) for e in expected) for f in found)
    return pd.Series(counts, name="entities")


def _overlap(one: Span, other: Span) -> bool:
    return one.start < other.end and other.start < one.end


def inside_coarse(table: pd.DataFrame) -> pd.DataFrame:
    """Count the confusions of two fine classes of one coarse class in an :func:`error_table`.

    Returns:
        ``label``, ``predicted``, ``coarse``, ``entities``, the most frequent first.
    """
    wrong = table[(table["label"] != "") & (table["predicted"] != "") & (table["label"] != table["predicted"])]
    wrong = wrong.assign(coarse=wrong["label"].map(COARSE))
    same = wrong[wrong["coarse"] == wrong["predicted"].map(COARSE)]
    counted = same.groupby(["label", "predicted", "coarse"]).size().rename("entities").reset_index()
    return counted.sort_values("entities", ascending=False, ignore_index=True)


def span_confidences(predicted: Sequence[Tags], probabilities: Sequence[np.ndarray]) -> list[list[float]]:
    """A softmax's confidence in each predicted entity: the product over its tokens, as if they were independent.

    Args:
        predicted: IOB2 tags of each sentence.
        probabilities: For each sentence those of the predicted tags, ``(tokens,)`` or longer.
    """
    return [
        [float(np.prod(p[s.start : s.end])) for s in spans(tags)]
        for tags, p in zip(predicted, probabilities, strict=True)
    ]


def calibration(table: pd.DataFrame, bins: int = 10) -> pd.DataFrame:
    """Compare the confidence of predicted entities with how often they are correct.

    Args:
        table: From :func:`error_table`, with confidences.
        bins: Number of equal intervals from 0 to 1.

    Returns:
        For each interval that holds an entity: mean ``confidence``, share ``correct``, number of ``entities``.
    """
    sure = table.dropna(subset="confidence")
    part = np.minimum((sure["confidence"] * bins).astype(int), bins - 1)
    correct = sure["kind"] == "correct"
    grouped = pd.DataFrame({"confidence": sure["confidence"], "correct": correct, "entities": 1}).groupby(part)
    return grouped.agg({"confidence": "mean", "correct": "mean", "entities": "sum"}).reset_index(drop=True)
