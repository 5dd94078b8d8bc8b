"""Measuring a tagger: token by token as in the article, and entity by entity, always on whole gold sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from nervaluate import Evaluator
from sklearn.metrics import classification_report

from legalner.data import Sentence
from legalner.preprocess import TagSet

__all__ = [
    "EntityScores",
    "Span",
    "all_o",
    "check_lengths",
    "confusion",
    "entity_scores",
    "predicted_tags",
    "spans",
    "token_accuracy",
    "token_report",
]

Tags = Sequence[str]


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """An entity: tokens ``start`` to ``end`` (not included) and its class."""

    start: int
    end: int
    label: str


def spans(tags: Tags) -> list[Span]:
    """Read the entities off valid IOB2 tags, in order."""
    found: list[Span] = []
    start = None
    for i, tag in enumerate([*tags, "O"]):
        if start is not None and not tag.startswith("I-"):
            found.append(Span(start, i, tags[start][2:]))
            start = None
        if tag.startswith("B-"):
            start = i
    return found


def predicted_tags(ids: np.ndarray, lengths: Iterable[int], tag_set: TagSet) -> list[tuple[str, ...]]:
    """Turn predicted indices into IOB2 tags for whole sentences.

    Args:
        ids: Most probable tag at each position, ``(sentences, max_len)``.
        lengths: Uncut length of each sentence. What was padded is dropped; what was cut off is ``O``, since the
            network never saw it.
        tag_set: The tag set that the indices belong to.

    Returns:
        For each sentence, one tag a token.
    """
    tags = []
    for row, length in zip(ids, lengths, strict=True):
        seen = tag_set.decode(row[:length])
        tags.append(seen + ("O",) * (length - len(seen)))
    return tags


def all_o(sentences: Iterable[Sentence]) -> list[tuple[str, ...]]:
    """Predict no entity anywhere: the baseline that token accuracy should be read against."""
    return [("O",) * len(s) for s in sentences]


@dataclass(frozen=True)
class EntityScores:
    """Entity-level scores; a predicted entity is right only if both ends and the class are (``strict``).

    ``per_class`` has a row a class: precision, recall, f1, support (gold), predicted, correct.
    """

    precision: float
    recall: float
    f1: float
    macro_f1: float
    per_class: pd.DataFrame

    def as_dict(self) -> dict[str, object]:
        """The scores as plain values, for ``metrics.json``."""
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
        predicted: IOB2 tags of each sentence, as long.

    Returns:
        Micro scores over all entities, macro F1 over the gold classes, and a table by class. A class that was never
        predicted has precision 0.

    Raises:
        ValueError: Sentences of different number or length: something was cut, and would be missing from the score.
    """
    check_lengths(gold, predicted)
    labels = sorted({tag[2:] for tags in [*gold, *predicted] for tag in tags if tag != "O"})
    if not labels:
        return EntityScores(0.0, 0.0, 0.0, 0.0, pd.DataFrame(columns=_COLUMNS))
    result = Evaluator([list(t) for t in gold], [list(t) for t in predicted], tags=labels, loader="list").evaluate()
    strict = result["overall"]["strict"]
    rows = {label: _row(result["entities"][label]["strict"]) for label in labels}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=_COLUMNS)
    in_gold = table[table["support"] > 0]
    macro = float(in_gold["f1"].mean()) if len(in_gold) else 0.0
    return EntityScores(float(strict.precision), float(strict.recall), float(strict.f1), macro, table)


_COLUMNS = ["precision", "recall", "f1", "support", "predicted", "correct"]


def _row(scores: object) -> list[float]:
    s = scores
    numbers = [s.possible, s.actual, s.correct]  # type: ignore[attr-defined]
    return [float(s.precision), float(s.recall), float(s.f1), *numbers]  # type: ignore[attr-defined]


def check_lengths(gold: Sequence[Tags], predicted: Sequence[Tags]) -> None:
    """Refuse to compare what was cut.

    Raises:
        ValueError: Sentences of different number or length.
    """
    if len(gold) != len(predicted) or any(len(g) != len(p) for g, p in zip(gold, predicted, strict=True)):
        raise ValueError("gold and predicted differ in length; score whole sentences (see predicted_tags)")


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
    """Share of the tokens whose class is right."""
    check_lengths(gold, predicted)
    return float(np.mean(np.array(_classes(gold)) == np.array(_classes(predicted))))


def confusion(gold: Sequence[Tags], predicted: Sequence[Tags]) -> pd.DataFrame:
    """Tokens by gold class (rows) and predicted class (columns)."""
    check_lengths(gold, predicted)
    true, guess = _classes(gold), _classes(predicted)
    labels = ["O", *sorted((set(true) | set(guess)) - {"O"})]
    table = pd.crosstab(pd.Series(true, name="gold"), pd.Series(guess, name="predicted"))
    return table.reindex(index=labels, columns=labels, fill_value=0)
