"""Exercises of lesson 5: F1 by hand, entities against entities, kinds of error, micro and macro."""

from __future__ import annotations

from typing import Any

from legalner.exercises.exercise import Exercise, alike, each, same

__all__ = ["EXERCISES"]


def _f1(answer: Any) -> str:
    if same(answer, 2 / 3, 1e-3):
        return ""
    if same(answer, 0.75, 1e-3):
        return "this is the recall: right ones by gold ones."
    if same(answer, 0.6, 1e-3):
        return "this is the precision: right ones by predicted ones."
    if same(answer, 0.675, 1e-3):
        return "this is the plain mean of precision and recall; F1 is their *harmonic* mean."
    if same(answer, 66.667, 1e-3):
        return "give a number between 0 and 1."
    return "from 4 gold, 5 predicted and 3 right entities come precision, recall, and from these F1."


def _scores(function: Any) -> str:
    gold = [(0, 2, 5, "GS"), (0, 7, 8, "GRT"), (1, 0, 4, "RS")]
    cases = [
        ((gold, [(0, 2, 5, "GS"), (1, 0, 4, "RS")]), [1.0, 2 / 3]),
        ((gold, [(0, 2, 5, "RS"), (0, 7, 8, "GRT")]), [1 / 2, 1 / 3]),
        ((gold, [(0, 2, 4, "GS"), (0, 7, 8, "GRT"), (1, 0, 4, "RS")]), [2 / 3, 2 / 3]),
        ((gold, [(1, 2, 5, "GS"), (0, 7, 8, "GRT"), (1, 0, 4, "RS")]), [2 / 3, 2 / 3]),
        ((gold, []), [0.0, 0.0]),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        _, predicted = arguments
        if alike(given, [expected[1], expected[0]]):
            return f"precision first, then recall: for {predicted} you have them the other way round."
        if (0, 2, 5, "RS") in predicted:
            return "an entity at the right place with another class is wrong: the class belongs to it."
        if (0, 2, 4, "GS") in predicted:
            return "(0, 2, 4, 'GS') ends one token too early: one end wrong, all wrong."
        if (1, 2, 5, "GS") in predicted:
            return "(1, 2, 5, 'GS') stands in sentence 1, gold's in sentence 0: the number of the sentence counts too."
        return f"for the predicted {predicted} it is {[round(x, 3) for x in expected]}, and you have {given}."

    try:
        return each(function, cases, why)
    except Exception as error:
        if "ZeroDivisionError" in str(error):
            return "where nothing is predicted there is nothing to divide by: the precision is 0 then."
        raise


def _kind(function: Any) -> str:
    cases = [
        (((3, 6, "GS"), (3, 6, "GS")), "right"),
        (((3, 6, "GS"), (3, 6, "RS")), "wrong class"),
        (((3, 6, "GS"), (4, 6, "GS")), "wrong ends"),
        (((3, 6, "GS"), (2, 9, "RS")), "wrong class and ends"),
        (((3, 6, "GS"), (6, 8, "GS")), "missed"),
        (((3, 6, "GS"), (0, 3, "GS")), "missed"),
        (((3, 6, "GS"), (4, 5, "GRT")), "wrong class and ends"),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        gold, predicted = arguments
        if expected == "missed":
            return f"{predicted} only touches {gold}: the end is the token *behind* the last, so they share none."
        if given == "missed":
            return f"{gold} and {predicted} share a token, so it is not missed."
        return f"gold {gold}, predicted {predicted}: {expected!r} is asked for, and you say {given!r}."

    return each(function, cases, why)


def _macro(function: Any) -> str:
    table = {"GS": (90, 100, 100), "ORG": (0, 0, 10)}
    cases = [
        (({"GS": (8, 10, 10), "RS": (2, 4, 4)},), (0.8 + 0.5) / 2),
        ((table,), 0.45),
        (({"A": (1, 2, 4), "B": (3, 3, 3), "C": (0, 5, 1)},), (2 / 6 + 1 + 0) / 3),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        (counts,) = arguments
        right, predicted, gold = (sum(row[i] for row in counts.values()) for i in range(3))
        if same(given, 2 * right / (predicted + gold)):
            return "that is micro: all entities in one pot. For macro, F1 class by class first, and then the mean."
        if "ORG" in counts and same(given, 0.9):
            return "ORG was never found and has F1 0; it counts as much as GS, so it must be in the mean."
        return f"for {counts} it is {expected:.3f}, and you have {given}."

    try:
        return each(function, cases, why)
    except Exception as error:
        if "ZeroDivisionError" in str(error):
            return "a class with nothing predicted, such as ORG in (0, 0, 10): its precision is 0, and so is its F1."
        raise


EXERCISES = (
    Exercise(
        number="05.1",
        question=(
            "**05.1 · Read.** Gold has 4 entities. A tagger predicts 5, and 3 of them are right. What is its F1? A "
            "number "
            "between 0 and 1."
        ),
        stub='f1 = None\n\ncheck("05.1", f1)',
        look=_f1,
        praise="precision 3/5, recall 3/4, and 2 · 3 / (5 + 4).",
        hints=(
            "Precision: right ones by predicted ones. Recall: right ones by gold ones.",
            "F1 = 2 · precision · recall / (precision + recall).",
        ),
        solution='f1 = 2 * 3 / (5 + 4)\n\ncheck("05.1", f1)',
        wrong=(("f1 = 3 / 4", "recall"), ("f1 = 3 / 5", "precision"), ("f1 = (3 / 4 + 3 / 5) / 2", "harmonic")),
    ),
    Exercise(
        number="05.2",
        question=(
            "**05.2 · Write.** Precision and recall of entities, strict. An entity is written as *(sentence, first "
            "token, "
            "token behind the last, class)*. Where nothing is predicted, precision is 0."
        ),
        stub=(
            "def precision_and_recall(gold, predicted):\n"
            '    """Both: lists such as [(0, 2, 5, "GS")]. Two numbers come back: precision, recall."""\n'
            "    ...\n\n\n"
            'check("05.2", precision_and_recall)'
        ),
        look=_scores,
        praise="all four parts must agree, or it is a false alarm and a miss at once.",
        hints=(
            "Two tuples are equal if all their parts are. How many tuples are in both lists?",
            "`right = len(set(gold) & set(predicted))`; then divide by the one and by the other number, if it is not "
            "0.",
        ),
        solution=(
            "def precision_and_recall(gold, predicted):\n"
            "    right = len(set(gold) & set(predicted))\n"
            "    precision = right / len(predicted) if predicted else 0.0\n"
            "    recall = right / len(gold) if gold else 0.0\n"
            "    return precision, recall\n\n\n"
            'check("05.2", precision_and_recall)'
        ),
        wrong=(
            (
                "def precision_and_recall(gold, predicted):\n"
                "    right = len({g[:3] for g in gold} & {p[:3] for p in predicted})\n"
                "    return right / max(1, len(predicted)), right / len(gold)",
                "the class belongs to it",
            ),
            (
                "def precision_and_recall(gold, predicted):\n"
                "    right = len({g[1:] for g in gold} & {p[1:] for p in predicted})\n"
                "    return right / max(1, len(predicted)), right / len(gold)",
                "number of the sentence",
            ),
            (
                "def precision_and_recall(gold, predicted):\n"
                "    right = len(set(gold) & set(predicted))\n"
                "    return right / len(gold), right / max(1, len(predicted))",
                "other way round",
            ),
            (
                "def precision_and_recall(gold, predicted):\n"
                "    right = len(set(gold) & set(predicted))\n"
                "    return right / len(predicted), right / len(gold)",
                "nothing to divide by",
            ),
        ),
    ),
    Exercise(
        number="05.3",
        question=(
            "**05.3 · Write.** What became of a gold entity, given the one predicted entity near it? Answer `right`, "
            "`wrong "
            "class`, `wrong ends`, `wrong class and ends`, or `missed` if the two share no token."
        ),
        stub=(
            "def what_became(gold, predicted):\n"
            '    """Both: (first token, token behind the last, class), such as (3, 6, "GS")."""\n'
            "    ...\n\n\n"
            'check("05.3", what_became)'
        ),
        look=_kind,
        praise="first whether they share a token, then class and ends.",
        hints=(
            "Begin with `missed`: when do two stretches share no token?",
            "They share a token if each begins before the other ends: `gold[0] < predicted[1] and predicted[0] < "
            "gold[1]`.",
        ),
        solution=(
            "def what_became(gold, predicted):\n"
            "    if not (gold[0] < predicted[1] and predicted[0] < gold[1]):\n"
            '        return "missed"\n'
            "    ends, label = gold[:2] == predicted[:2], gold[2] == predicted[2]\n"
            "    if ends and label:\n"
            '        return "right"\n'
            "    if ends:\n"
            '        return "wrong class"\n'
            '    return "wrong ends" if label else "wrong class and ends"\n\n\n'
            'check("05.3", what_became)'
        ),
        wrong=(
            (
                "def what_became(gold, predicted):\n"
                "    if gold[0] > predicted[1] or predicted[0] > gold[1]:\n        return 'missed'\n"
                "    if gold == predicted:\n        return 'right'\n"
                "    if gold[:2] == predicted[:2]:\n        return 'wrong class'\n"
                "    return 'wrong ends' if gold[2] == predicted[2] else 'wrong class and ends'",
                "only touches",
            ),
            (
                "def what_became(gold, predicted):\n"
                "    if gold == predicted:\n        return 'right'\n"
                "    if gold[:2] == predicted[:2]:\n        return 'wrong class'\n"
                "    if gold[0] == predicted[0] or gold[1] == predicted[1]:\n        return 'wrong ends'\n"
                "    return 'missed'",
                "share a token",
            ),
        ),
    ),
    Exercise(
        number="05.4",
        question=(
            "**05.4 · Write.** Macro F1: the mean of the classes' F1. A class that was never predicted, or never "
            "rightly, "
            "has F1 0 and counts."
        ),
        stub=(
            "def macro_f1(counts):\n"
            '    """`counts`: class to (right, predicted, gold), such as {"GS": (8, 10, 10)}."""\n'
            "    ...\n\n\n"
            'check("05.4", macro_f1)'
        ),
        look=_macro,
        praise="a class with ten entities counts as much as one with ten thousand.",
        hints=(
            "F1 of one class is `2 * right / (predicted + gold)`. What is it for a class that was never predicted?",
            "Compute one F1 for each entry of `counts.values()`, and take their mean.",
        ),
        solution=(
            "def macro_f1(counts):\n"
            "    scores = [2 * right / (predicted + gold) for right, predicted, gold in counts.values()]\n"
            "    return sum(scores) / len(scores)\n\n\n"
            'check("05.4", macro_f1)'
        ),
        wrong=(
            (
                "def macro_f1(counts):\n"
                "    right, predicted, gold = map(sum, zip(*counts.values()))\n"
                "    return 2 * right / (predicted + gold)",
                "that is micro",
            ),
            (
                "def macro_f1(counts):\n"
                "    scores = [2 * r / (p + g) for r, p, g in counts.values() if p]\n"
                "    return sum(scores) / len(scores)",
                "never found",
            ),
            (
                "def macro_f1(counts):\n"
                "    scores = []\n"
                "    for right, predicted, gold in counts.values():\n"
                "        p, r = right / predicted, right / gold\n"
                "        scores.append(2 * p * r / (p + r))\n"
                "    return sum(scores) / len(scores)",
                "nothing predicted",
            ),
        ),
    ),
)
