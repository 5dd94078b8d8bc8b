"""Exercises of lesson 5: F1 by hand, kinds of error, micro and macro, promised and kept."""

from __future__ import annotations

from typing import Any

from legalner.exercises.exercise import Exercise, alike, each, same

__all__ = ["EXERCISES"]


def _f1(answer: Any) -> str:
    near = 4e-3  # two digits behind the point are enough
    if same(answer, 4 / 7, near):
        return ""
    if same(answer, 6 / 7, near):
        return "the decision was taken for right here. Where does it end in gold, and where in the prediction?"
    if same(answer, 7 / 9, near):
        return "this is the share of right tokens; entities are asked for."
    if same(answer, 1 / 2, near):
        return "this is the precision, the right by the predicted entities; F1 needs the recall too."
    if same(answer, 2 / 3, near):
        return "this is the recall, the right by the gold entities; F1 needs the precision too."
    if same(answer, 7 / 12, near):
        return "this is the plain mean of precision and recall; F1 is the *harmonic* one, which is lower."
    if same(answer, 400 / 7, near):
        return "the digits are right; give a number between 0 and 1."
    return "write down the entities of both rows, each with first token, last token and class. Which are in both?"


def _kind(function: Any) -> str:
    cases = [
        (((3, 6, "GS"), (3, 6, "GS"), 50), "right"),
        (((3, 6, "GS"), (3, 6, "RS"), 50), "wrong class"),
        (((3, 6, "GS"), (4, 6, "GS"), 50), "wrong ends"),
        (((3, 6, "GS"), (1, 9, "GS"), 50), "wrong ends"),
        (((3, 6, "GS"), (2, 9, "RS"), 50), "wrong class and ends"),
        (((3, 6, "GS"), (4, 5, "GRT"), 50), "wrong class and ends"),
        (((3, 6, "GS"), (9, 11, "GS"), 50), "missed"),
        (((3, 6, "GS"), (6, 8, "GS"), 50), "missed"),
        (((3, 6, "GS"), (0, 3, "RS"), 50), "missed"),
        (((17, 22, "RS"), (17, 20, "RS"), 20), "cut off"),
        (((17, 22, "RS"), (2, 5, "GS"), 20), "cut off"),
        (((17, 20, "RS"), (17, 19, "RS"), 20), "wrong ends"),
        (((17, 20, "RS"), (17, 20, "RS"), 20), "right"),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        gold, predicted, max_len = arguments
        case = f"gold {gold}, predicted {predicted}, {max_len} tokens read"
        if given not in [kind for _, kind in cases]:
            return (
                f"{case}: the answer is to be one of the six that the question names, and yours is {str(given)[:40]!r}."
            )
        if expected == "missed" and (gold[1] == predicted[0] or predicted[1] == gold[0]):
            return f"{case}: the two only touch. The second number is the token *behind* the last; you say {given!r}."
        if expected == "missed":
            return f"{case}: the two share no token, and you say {given!r}."
        if expected == "cut off":
            return f"{case}: the end lies behind what was read, so no tagger could find it whole; you say {given!r}."
        if alike(given, "cut off"):
            return f"{case}: all its tokens were read, the last is number {gold[1] - 1}, and counting begins at 0."
        if alike(given, "missed"):
            return f"{case}: they share a token, so it is not missed."
        return f"{case}: you say {given!r}. Compare first the ends, then the class."

    return each(function, cases, why)


def _averages(function: Any) -> str:
    cases = [
        (({"GS": (8, 12, 8), "RS": (2, 2, 6)},), [20 / 28, (0.8 + 0.5) / 2]),
        (({"GS": (90, 100, 100), "PER": (0, 0, 10)},), [180 / 210, (0.9 + 0) / 2]),
        (({"GS": (1, 2, 4), "RS": (3, 3, 3), "ST": (0, 5, 1)},), [8 / 18, (1 / 3 + 1 + 0) / 3]),
        (({"GS": (4, 5, 5), "LD": (0, 3, 0)},), [8 / 13, 0.8]),
        (({"UN": (1, 1, 1), "ST": (0, 0, 1), "RR": (0, 1, 2), "LD": (0, 1, 0)},), [2 / 7, 1 / 3]),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        (counts,) = arguments
        try:
            micro, macro = given
        except (TypeError, ValueError):
            return f"two numbers are asked for, micro F1 and then macro F1, and this is {str(given)[:60]}."
        if alike([macro, micro], expected):
            return "micro first, then macro: you have them the other way round."
        f1 = {label: 2 * r / (p + g) for label, (r, p, g) in counts.items()}
        if not same(micro, expected[0]):
            if "LD" in counts:
                return f"micro of {counts}: gold has no LD, but what was predicted as LD is in the heap too."
            return f"micro of {counts}: all entities in one heap, so first add up, then divide; not {float(micro):.3f}."
        if "LD" in counts and same(macro, sum(f1.values()) / len(f1)):
            return "macro is the mean over the classes that gold has, and of LD gold has none."
        if same(macro, sum(f1[label] for label in f1 if counts[label][1]) / sum(p > 0 for _, p, _ in counts.values())):
            return f"macro of {counts}: a class of gold that was never predicted has F1 0, and it counts."
        if same(macro, sum(f1[label] * counts[label][2] for label in f1) / sum(g for _, _, g in counts.values())):
            return f"macro of {counts}: you weighed the classes by their gold entities; each counts alike."
        return f"macro of {counts}: one F1 for each class of gold, and then their mean; you have {float(macro):.3f}."

    try:
        return each(function, cases, why)
    except Exception as error:
        if "ZeroDivisionError" in str(error):
            return "PER was never predicted, and LD is not in gold: dividing by one of the two alone must go wrong."
        raise


def _promise(function: Any) -> str:
    cases = [
        (([0.9, 0.8, 0.95, 0.3], [True, False, True, True], 0.5, 1.0), [2.65 / 3, 2 / 3]),
        (([0.2, 0.4, 0.6, 0.8], [False, False, True, True], 0.0, 0.5), [0.3, 0.0]),
        (([0.5, 0.58, 0.7], [True, False, True], 0.5, 0.6), [0.54, 0.5]),
        (([0.7, 0.5, 0.5, 0.9], [False, True, True, True], 0.5, 0.7), [0.5, 1.0]),
        (([0.1, 0.8, 0.7], [True, True, False], 0.7, 0.9), [0.75, 0.5]),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        confidences, right, low, high = arguments
        case = f"confidences {confidences}, right {right}, from {low} to below {high}"
        try:
            promised, kept = given
        except (TypeError, ValueError):
            return f"two numbers are asked for, what was promised and what was kept; this is {str(given)[:60]}."
        inside = [(c, r) for c, r in zip(confidences, right, strict=True) if low <= c < high]
        true = [c for c, r in inside if r]
        if alike([kept, promised], expected):
            return "what was promised first, then what was kept: you have them the other way round."
        if alike(given, [sum(confidences) / len(right), sum(right) / len(right)]):
            return f"{case}: these are all of them, and only those between the two numbers are asked for."
        if not same(kept, expected[1]) and same(kept, sum(r for _, r in inside) / len(right)):
            return f"{case}: divide by the entities of this part; {len(right)} is the number of all."
        if true and not same(promised, expected[0]) and same(promised, sum(true) / len(true)):
            return f"{case}: a promise was given for the wrong ones too, so they are in its mean."
        if not same(promised, expected[0]) and same(promised, (low + high) / 2):
            return (
                f"{case}: {float(promised):.3f} is the middle of the part; take the mean of what was really promised."
            )
        if high in confidences:
            return (
                f"{case}: {high} itself belongs to the next part; you have {float(promised):.3f} and {float(kept):.3f}."
            )
        if low in confidences:
            return f"{case}: {low} itself belongs to this part; you have {float(promised):.3f} and {float(kept):.3f}."
        return f"{case}: you have {float(promised):.3f} and {float(kept):.3f}. Which entities lie in this part?"

    return each(function, cases, why)


EXERCISES = (
    Exercise(
        number="05.1",
        question=(
            "**05.1 · Read.** Gold and prediction of one sentence; `RS` is a decision, `LD` a country:\n\n"
            "    gold       B-GS I-GS O B-RS I-RS I-RS O O    B-ST\n"
            "    predicted  B-GS I-GS O B-RS I-RS O    O B-LD B-ST\n\n"
            "What is F1 over the entities, counted strictly? A number between 0 and 1; you may write a fraction, such "
            "as `1 / 3`."
        ),
        stub='f1 = None\n\ncheck("05.1", f1)',
        look=_f1,
        praise="3 in gold, 4 predicted, 2 right: the truncated decision is a miss and a false alarm, LD a false alarm.",
        hints=(
            "Put brackets around the entities of both rows. How many are in gold, how many predicted, how many agree "
            "in both ends and in class?",
            "Precision is right / predicted, recall is right / gold; F1 is 2 · right / (predicted + gold).",
        ),
        solution='f1 = 2 * 2 / (4 + 3)\n\ncheck("05.1", f1)',
        wrong=(
            ("f1 = 2 * 3 / (4 + 3)", "Where does it end"),
            ("f1 = 7 / 9", "right tokens"),
            ("f1 = (2 / 4 + 2 / 3) / 2", "harmonic"),
        ),
    ),
    Exercise(
        number="05.2",
        question=(
            "**05.2 · Write.** What became of a gold entity? Beside it you get the predicted entity that is nearest, "
            "and `max_len`, the number of tokens that the network read. Answer `right`; `cut off`, if it is not right "
            "and ends behind what was read; `missed`, if the two share no token; `wrong class`, if both ends are "
            "right; `wrong ends`, if only the class is; else `wrong class and ends`."
        ),
        stub=(
            "def what_became(gold, predicted, max_len):\n"
            '    """Both entities: (first token, token behind the last, class), such as (3, 6, "GS")."""\n'
            "    ...\n\n\n"
            'check("05.2", what_became)'
        ),
        look=_kind,
        praise="each kind asks for another remedy, and for what was cut off no training helps.",
        hints=(
            "Go through the answers in the order in which the question names them, with a `return` for each.",
            "Two stretches share no token if one ends before the other begins: the token behind the last of the one "
            "is at most the first token of the other.",
        ),
        solution=(
            "def what_became(gold, predicted, max_len):\n"
            "    if gold == predicted:\n"
            '        return "right"\n'
            "    if gold[1] > max_len:\n"
            '        return "cut off"\n'
            "    if gold[1] <= predicted[0] or predicted[1] <= gold[0]:\n"
            '        return "missed"\n'
            "    if gold[:2] == predicted[:2]:\n"
            '        return "wrong class"\n'
            '    return "wrong ends" if gold[2] == predicted[2] else "wrong class and ends"\n\n\n'
            'check("05.2", what_became)'
        ),
        wrong=(
            (
                "def what_became(gold, predicted, max_len):\n"
                "    if gold == predicted:\n        return 'right'\n"
                "    if gold[1] > max_len:\n        return 'cut off'\n"
                "    if gold[1] < predicted[0] or predicted[1] < gold[0]:\n        return 'missed'\n"
                "    if gold[:2] == predicted[:2]:\n        return 'wrong class'\n"
                "    return 'wrong ends' if gold[2] == predicted[2] else 'wrong class and ends'",
                "only touch",
            ),
            (
                "def what_became(gold, predicted, max_len):\n"
                "    if gold == predicted:\n        return 'right'\n"
                "    if gold[1] <= predicted[0] or predicted[1] <= gold[0]:\n        return 'missed'\n"
                "    if gold[:2] == predicted[:2]:\n        return 'wrong class'\n"
                "    return 'wrong ends' if gold[2] == predicted[2] else 'wrong class and ends'",
                "no tagger could find it whole",
            ),
            (
                "def what_became(gold, predicted, max_len):\n"
                "    if gold == predicted:\n        return 'right'\n"
                "    if gold[1] >= max_len:\n        return 'cut off'\n"
                "    if gold[1] <= predicted[0] or predicted[1] <= gold[0]:\n        return 'missed'\n"
                "    if gold[:2] == predicted[:2]:\n        return 'wrong class'\n"
                "    return 'wrong ends' if gold[2] == predicted[2] else 'wrong class and ends'",
                "all its tokens were read",
            ),
            (
                "def what_became(gold, predicted, max_len):\n"
                "    if gold == predicted:\n        return 'right'\n"
                "    if gold[1] > max_len:\n        return 'cut off'\n"
                "    if gold[:2] == predicted[:2]:\n        return 'wrong class'\n"
                "    if gold[0] == predicted[0] or gold[1] == predicted[1]:\n        return 'wrong ends'\n"
                "    return 'missed'",
                "share a token",
            ),
        ),
    ),
    Exercise(
        number="05.3",
        question=(
            "**05.3 · Write.** Micro F1 puts all entities in one heap; macro F1 is the mean over the F1 of the "
            "classes that gold has. Compute both from the counts of each class."
        ),
        stub=(
            "def micro_and_macro(counts):\n"
            '    """`counts`: class to (right, predicted, gold), such as {"GS": (8, 12, 8)}. Give micro, macro."""\n'
            "    ...\n\n\n"
            'check("05.3", micro_and_macro)'
        ),
        look=_averages,
        praise="in micro F1 ten persons hardly show beside a hundred laws; in macro F1 they count as much.",
        hints=(
            "Micro: add up each of the three numbers over the classes, then one F1. Macro: one F1 for each class, "
            "then the mean.",
            "F1 is `2 * right / (predicted + gold)`, for the heap and for a class. Leave out of the mean, and only "
            "there, the classes with 0 in gold.",
        ),
        solution=(
            "def micro_and_macro(counts):\n"
            "    right, predicted, gold = (sum(column) for column in zip(*counts.values()))\n"
            "    of_classes = [2 * r / (p + g) for r, p, g in counts.values() if g > 0]\n"
            "    return 2 * right / (predicted + gold), sum(of_classes) / len(of_classes)\n\n\n"
            'check("05.3", micro_and_macro)'
        ),
        wrong=(
            (
                "def micro_and_macro(counts):\n"
                "    right, predicted, gold = map(sum, zip(*counts.values()))\n"
                "    scores = [2 * r / (p + g) for r, p, g in counts.values()]\n"
                "    return 2 * right / (predicted + gold), sum(scores) / len(scores)",
                "of LD gold has none",
            ),
            (
                "def micro_and_macro(counts):\n"
                "    right, predicted, gold = map(sum, zip(*counts.values()))\n"
                "    scores = [2 * r / (p + g) for r, p, g in counts.values() if p > 0]\n"
                "    return 2 * right / (predicted + gold), sum(scores) / len(scores)",
                "never predicted has F1 0",
            ),
            (
                "def micro_and_macro(counts):\n"
                "    right, predicted, gold = map(sum, zip(*counts.values()))\n"
                "    scores = []\n"
                "    for r, p, g in counts.values():\n"
                "        precision, recall = r / p, r / g\n"
                "        scores.append(2 * precision * recall / (precision + recall))\n"
                "    return 2 * right / (predicted + gold), sum(scores) / len(scores)",
                "dividing by one of the two alone",
            ),
        ),
    ),
    Exercise(
        number="05.4",
        question=(
            "**05.4 · Write.** One dot of the figure in section 7. Take the predicted entities whose confidence is at "
            "least `low` and below `high` (there is one at least). What was promised, the mean of their confidences? "
            "And what was kept, the share of them that is right?"
        ),
        stub=(
            "def promised_and_kept(confidences, right, low, high):\n"
            '    """`confidences`: numbers; `right`: True or False for each of them. Two numbers come back."""\n'
            "    ...\n\n\n"
            'check("05.4", promised_and_kept)'
        ),
        look=_promise,
        praise="where less is kept than was promised, the tagger is surer than it should be.",
        hints=(
            "First pick the entities of this part: pairs of a confidence and whether it is right, with `zip`.",
            "Both numbers are means over the same picked pairs: the first of their confidences, the second of their "
            "`True` (1) and `False` (0).",
        ),
        solution=(
            "def promised_and_kept(confidences, right, low, high):\n"
            "    part = [(c, r) for c, r in zip(confidences, right) if low <= c < high]\n"
            "    promised = sum(c for c, _ in part) / len(part)\n"
            "    kept = sum(r for _, r in part) / len(part)\n"
            "    return promised, kept\n\n\n"
            'check("05.4", promised_and_kept)'
        ),
        wrong=(
            (
                "def promised_and_kept(confidences, right, low, high):\n"
                "    part = [(c, r) for c, r in zip(confidences, right) if low <= c < high]\n"
                "    return sum(c for c, _ in part) / len(part), sum(r for _, r in part) / len(right)",
                "is the number of all",
            ),
            (
                "def promised_and_kept(confidences, right, low, high):\n"
                "    part = [(c, r) for c, r in zip(confidences, right) if low <= c < high]\n"
                "    true = [c for c, r in part if r]\n"
                "    return sum(true) / len(true), len(true) / len(part)",
                "the wrong ones too",
            ),
            (
                "def promised_and_kept(confidences, right, low, high):\n"
                "    part = [(c, r) for c, r in zip(confidences, right) if low <= c <= high]\n"
                "    return sum(c for c, _ in part) / len(part), sum(r for _, r in part) / len(part)",
                "belongs to the next part",
            ),
        ),
    ),
)
