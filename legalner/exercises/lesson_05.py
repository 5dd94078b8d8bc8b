"""Exercises of lesson 5: F1 by hand, kinds of error, micro and macro, confidence and what it is worth."""

from __future__ import annotations

import math

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def f1():
    return 2 * 2 / (4 + 3)


def what_became(gold, predicted, max_len):
    """Both entities: (first token, token after the last, class), such as (3, 6, "GS")."""
    if gold == predicted:
        return "correct"
    if gold[1] > max_len:
        return "cut off"
    if gold[1] <= predicted[0] or predicted[1] <= gold[0]:
        return "missed"
    if gold[:2] == predicted[:2]:
        return "wrong type"
    return "wrong boundaries" if gold[2] == predicted[2] else "wrong type and boundaries"


def micro_and_macro(counts):
    """`counts`: class to (correct, predicted, gold), such as {"GS": (8, 12, 8)}. Returns micro F1, macro F1."""
    correct, predicted, gold = (sum(column) for column in zip(*counts.values()))
    of_classes = [2 * c / (p + g) for c, p, g in counts.values() if g > 0]
    return 2 * correct / (predicted + gold), sum(of_classes) / len(of_classes)


def promised_and_kept(confidences, correct, low, high):
    """`confidences`: numbers; `correct`: True or False for each of them. Returns two numbers."""
    part = [(c, r) for c, r in zip(confidences, correct) if low <= c < high]
    promised = sum(c for c, _ in part) / len(part)
    kept = sum(r for _, r in part) / len(part)
    return promised, kept


def _touching_is_sharing(gold, predicted, max_len):
    touching = gold[1] == predicted[0] or predicted[1] == gold[0]
    return "wrong boundaries" if touching else what_became(gold, predicted, max_len)


def _never_missed(gold, predicted, max_len):
    kind = what_became(gold, predicted, max_len)
    return "wrong boundaries" if kind == "missed" else kind


def _missed_unless_one_end_agrees(gold, predicted, max_len):
    agrees = gold[0] == predicted[0] or gold[1] == predicted[1]
    return what_became(gold, predicted, max_len) if agrees else "missed"


def _macro_of_predicted_classes(counts):
    predicted = {label: numbers for label, numbers in counts.items() if numbers[1] > 0}
    return micro_and_macro(counts)[0], micro_and_macro(predicted)[1]


def _macro_of_all_classes(counts):
    f1 = [2 * c / (p + g) for c, p, g in counts.values()]
    return micro_and_macro(counts)[0], sum(f1) / len(f1)


def _macro_by_support(counts):
    total = sum(g for _, _, g in counts.values())
    return micro_and_macro(counts)[0], sum(g * 2 * c / (p + g) for c, p, g in counts.values()) / total


def _by_precision_and_recall(counts):
    pairs = [(c / p, c / g) for c, p, g in counts.values()]
    return micro_and_macro(counts)[0], sum(2 * p * r / (p + r) for p, r in pairs) / len(pairs)


def _kept_of_all(confidences, correct, low, high):
    part = [(c, r) for c, r in zip(confidences, correct) if low <= c < high]
    return sum(c for c, _ in part) / len(part), sum(r for _, r in part) / len(correct)


def _promised_by_correct_ones(confidences, correct, low, high):
    part = [(c, r) for c, r in zip(confidences, correct) if low <= c < high]
    right = [c for c, r in part if r]
    return sum(right) / len(right), len(right) / len(part)


EXERCISES = (
    Read(
        number="05.1",
        task="Gold and prediction of one sentence; `RS` is a decision, `LD` a country:\n\n"
        "    gold       B-GS I-GS O B-RS I-RS I-RS O O    B-ST\n"
        "    predicted  B-GS I-GS O B-RS I-RS O    O B-LD B-ST\n\n"
        "What is F1 over the entities, counted strictly? Give a number between 0 and 1; you may write a fraction, such "
        "as `1 / 3`.",
        hints=(
            "Put brackets around the entities of both rows. How many are in gold, how many are predicted, and how many "
            "agree in both boundaries and in class?",
            "Precision is correct / predicted, recall is correct / gold; F1 is 2 · correct / (predicted + gold).",
        ),
        praise="3 in gold, 4 predicted, 2 correct: the truncated decision is a miss and a false alarm, `LD` is a false "
        "alarm.",
        answer=f1,
        right=4 / 7,
        wrong=(
            (6 / 7, "you counted the decision as correct. Where does it end in gold, and where in the prediction?"),
            (7 / 9, "this is the share of tokens with the right tag; you are asked about entities."),
            (1 / 2, "this is the precision, correct / predicted; F1 needs the recall too."),
            (2 / 3, "this is the recall, correct / gold; F1 needs the precision too."),
            (7 / 12, "this is the plain mean of precision and recall; F1 is the *harmonic* mean, which is lower."),
            (400 / 7, "the digits are right; give a number between 0 and 1."),
        ),
        otherwise="write down the entities of both rows, each with first token, last token and class. Which are in "
        "both?",
        tolerance=4e-3,  # two decimal places are enough
    ),
    Write(
        number="05.2",
        task="What became of a gold entity? You also get the nearest predicted entity, and `max_len`, the number of "
        "tokens that the network read. Return `correct`; `cut off` if it is not correct and ends after the last token "
        "that was read; `missed` if the two share no token; `wrong type` if both boundaries are right; `wrong "
        "boundaries` if only the class is; otherwise `wrong type and boundaries`.",
        hints=(
            "Go through the answers in the order in which the question names them, with a `return` for each.",
            "Two spans share no token if one ends before the other begins: the token after the last of the one is at "
            "most the first token of the other.",
        ),
        praise="each kind asks for a different remedy, and for what was cut off no training helps.",
        answer=what_became,
        cases=(
            (((3, 6, "GS"), (3, 6, "GS"), 50), "correct"),
            (((3, 6, "GS"), (3, 6, "RS"), 50), "wrong type"),
            (((3, 6, "GS"), (4, 6, "GS"), 50), "wrong boundaries"),
            (((3, 6, "GS"), (1, 9, "GS"), 50), "wrong boundaries"),
            (((3, 6, "GS"), (2, 9, "RS"), 50), "wrong type and boundaries"),
            (((3, 6, "GS"), (4, 5, "GRT"), 50), "wrong type and boundaries"),
            (((3, 6, "GS"), (9, 11, "GS"), 50), "missed"),
            (((3, 6, "GS"), (6, 8, "GS"), 50), "missed"),
            (((3, 6, "GS"), (0, 3, "RS"), 50), "missed"),
            (((17, 22, "RS"), (17, 20, "RS"), 20), "cut off"),
            (((17, 22, "RS"), (2, 5, "GS"), 20), "cut off"),
            (((17, 20, "RS"), (17, 19, "RS"), 20), "wrong boundaries"),
            (((17, 20, "RS"), (17, 20, "RS"), 20), "correct"),
        ),
        wrong=(
            (
                _touching_is_sharing,
                "the two only touch. The second number of an entity is the token *after* its last.",
            ),
            (_never_missed, "the two share no token."),
            (_missed_unless_one_end_agrees, "the two share a token, so it is not missed."),
            (
                lambda gold, predicted, max_len: what_became(gold, predicted, math.inf),
                "the end lies after what was read, so no tagger could find it whole.",
            ),
            (
                lambda gold, predicted, max_len: what_became(gold, predicted, max_len - 1),
                "all tokens of the gold entity were read: counting begins at 0.",
            ),
        ),
    ),
    Write(
        number="05.3",
        task="Micro F1 pools the entities of all classes; macro F1 is the mean of the F1 of each class that gold has. "
        "Compute both from the counts of each class.",
        hints=(
            "Micro: add up each of the three numbers over the classes, then compute one F1. Macro: compute one F1 for "
            "each class, then the mean.",
            "F1 is `2 * correct / (predicted + gold)`, for the pool and for a class. Leave classes with 0 in gold out "
            "of the mean, but not out of the pool.",
        ),
        praise="in micro F1, ten persons hardly show next to a hundred laws; in macro F1 they count as much.",
        answer=micro_and_macro,
        cases=(
            (({"GS": (8, 12, 8), "RS": (2, 2, 6)},), [20 / 28, (0.8 + 0.5) / 2]),
            (({"GS": (90, 100, 100), "PER": (0, 0, 10)},), [180 / 210, (0.9 + 0) / 2]),
            (({"GS": (1, 2, 4), "RS": (3, 3, 3), "ST": (0, 5, 1)},), [8 / 18, (1 / 3 + 1 + 0) / 3]),
            (({"GS": (4, 5, 5), "LD": (0, 3, 0)},), [8 / 13, 0.8]),
            (({"UN": (1, 1, 1), "ST": (0, 0, 1), "RR": (0, 1, 2), "LD": (0, 1, 0)},), [2 / 7, 1 / 3]),
        ),
        wrong=(
            (lambda counts: micro_and_macro(counts)[::-1], "micro comes first, then macro; you have them swapped."),
            (
                lambda counts: micro_and_macro({label: n for label, n in counts.items() if n[2] > 0}),
                "gold has no `LD`, but what was predicted as `LD` is in the pool too.",
            ),
            (
                lambda counts: [micro_and_macro(counts)[1]] * 2,
                "for micro F1, all entities are in one pool: first add up, then divide.",
            ),
            (_macro_of_predicted_classes, "a class of gold that was never predicted has F1 0, and it counts."),
            (_macro_of_all_classes, "macro F1 is the mean over the classes that gold has, and gold has no `LD`."),
            (_macro_by_support, "you weighted the classes by their gold entities, but each counts the same."),
            (
                _by_precision_and_recall,
                "a class may never be predicted, or not be in gold: do not divide by one of the two alone.",
            ),
        ),
    ),
    Write(
        number="05.4",
        task="One dot of the figure in section 7. Take the predicted entities whose confidence is at least `low` and "
        "below `high` (there is at least one). Return the mean of their confidences (what the tagger "
        "promised) and the share of them that is correct (what it kept).",
        hints=(
            "First select the entities of this part: pairs of a confidence and whether it is correct, with `zip`.",
            "Both numbers are means over the same selected pairs: the first of the confidences, the second of `True` "
            "(1) and `False` (0).",
        ),
        praise="where the share of correct entities is below the mean confidence, the tagger is surer than it should "
        "be.",
        answer=promised_and_kept,
        cases=(
            (([0.9, 0.8, 0.95, 0.3], [True, False, True, True], 0.5, 1.0), [2.65 / 3, 2 / 3]),
            (([0.2, 0.4, 0.6, 0.8], [False, False, True, True], 0.0, 0.5), [0.3, 0.0]),
            (([0.5, 0.58, 0.7], [True, False, True], 0.5, 0.6), [0.54, 0.5]),
            (([0.7, 0.5, 0.5, 0.9], [False, True, True, True], 0.5, 0.7), [0.5, 1.0]),
            (([0.1, 0.8, 0.7], [True, True, False], 0.7, 0.9), [0.75, 0.5]),
        ),
        wrong=(
            (
                lambda *part: promised_and_kept(*part)[::-1],
                "the mean confidence comes first, then the share of correct entities; you have them swapped.",
            ),
            (
                lambda confidences, correct, low, high: promised_and_kept(confidences, correct, 0.0, 2.0),
                "these are all entities; take only those whose confidence lies between the two numbers.",
            ),
            (_kept_of_all, "divide by the number of entities in this part, not by the number of all."),
            (_promised_by_correct_ones, "the wrong entities have a confidence too, and it belongs to the mean."),
            (
                lambda confidences, correct, low, high: (
                    (low + high) / 2,
                    promised_and_kept(confidences, correct, low, high)[1],
                ),
                "the first number is the middle of the part; take the mean of the confidences themselves.",
            ),
            (
                lambda confidences, correct, low, high: promised_and_kept(confidences, correct, low, high + 1e-9),
                "a confidence equal to `high` belongs to the next part.",
            ),
            (
                lambda confidences, correct, low, high: promised_and_kept(confidences, correct, low + 1e-9, high),
                "a confidence equal to `low` belongs to this part.",
            ),
        ),
    ),
)
