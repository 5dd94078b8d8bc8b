"""Exercises of lesson 7: batches by length, shapes, IOB2's ban, a step of Viterbi, averaging."""

from __future__ import annotations

from typing import Any

import numpy as np

from legalner.exercises.exercise import Exercise, alike, each, same

__all__ = ["EXERCISES"]

MINUS = float("-inf")


def _padding(answer: Any) -> str:
    if same(answer, 5):
        return ""
    if same(answer, 12):
        return "the budget is for *places*: a fourth sentence would widen the rows of the first three."
    if same(answer, 10):
        return "this is in the order as given; sort the lengths first."
    if same(answer, 30):
        return "this is with all six in one batch, which takes more places than the budget."
    if same(answer, 42):
        return "these are the tokens; the places beside them that hold none are asked for."
    if same(answer, 47):
        return "these are all places of all batches, those with tokens too."
    return "sort, draw a row for each sentence, and begin a new rectangle before one has more than 20 places."


def _shape(function: Any) -> str:
    cases = [
        (("BGH",), "XXX"),
        (("Urteil",), "Xxxxx"),
        (("Landgericht",), "Xxxxx"),
        (("BUrlG",), "XXxxX"),
        (("§",), "§"),
        (("4711/99",), "dddd/dd"),
        (("123456",), "dddd"),
        (("Art.",), "Xxx."),
        (("Müller",), "Xxxxx"),
        (("Übergangsgeld-VO",), "Xxxxx-XX"),
        (("......",), "...."),
        (("11AZR/XIV",), "ddXXX/XXX"),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        (token,) = arguments
        kinds = "".join("d" if c.isdigit() else "X" if c.isupper() else "x" if c.islower() else c for c in token)
        if not isinstance(given, str):
            return f"a string is asked for, and for {token!r} you give {str(given)[:60]}."
        if given == kinds != expected:
            return f"{token!r} gives {given!r}: a run of more than four signs of one kind is to end at four."
        if given == kinds[:4] != expected:
            return f"{token!r} gives {given!r}: each *run* ends at four, not the whole word."
        if given == "".join(kind for i, kind in enumerate(kinds) if kinds[i - 1 : i] != kind):
            return f"{token!r} gives {given!r}: a run is kept up to four, not brought down to one."
        if any(c in "ÄÖÜäöüß" for c in token):
            return f"{token!r} gives {given!r}: German has more letters than a to z (`str.isupper`, `str.islower`)."
        if given and not any(c.isalnum() for c in token):
            return (
                f"{token!r} gives {given!r}: what is neither letter nor digit stands for itself, four in a row at most."
            )
        return f"{token!r} gives {given[:60]!r}: go through it sign by sign."

    return each(function, cases, why)


def _may_follow(function: Any) -> str:
    cases = [
        (("B-GS", "I-GS"), True),
        (("I-GS", "I-GS"), True),
        (("O", "I-GS"), False),
        (("B-RS", "I-GS"), False),
        (("I-RS", "I-GS"), False),
        (("I-GS", "B-GS"), True),
        (("B-GS", "B-GS"), True),
        (("B-RS", "B-GS"), True),
        (("O", "B-RS"), True),
        (("I-GS", "O"), True),
        (("B-GS", "O"), True),
        (("O", "O"), True),
        (("B-GRT", "I-GS"), False),
        (("I-MRK", "I-MRK"), True),
    ]

    def truth(before: str, tag: str) -> Any:
        given = function(before, tag)
        return bool(given) if isinstance(given, int | np.bool_) and given in (0, 1) else given

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        before, tag = arguments
        if not isinstance(given, bool):
            return f"`True` or `False` is asked for, and for `{before}` and `{tag}` you give {str(given)[:60]!r}."
        if not expected and before == "O":
            return f"`{tag}` must not follow `O`: it would go on with an entity that nothing has begun."
        if not expected:
            return f"`{tag}` must not follow `{before}`: what goes on there was begun in another class."
        if tag.startswith("B-"):
            return f"`{tag}` may follow `{before}`: an entity can begin anywhere, close behind another too."
        if before.startswith("I-") and tag == before:
            return f"`{tag}` may follow `{before}`: an entity can have three tokens and more."
        return f"`{tag}` may follow `{before}`, and you forbid it."

    return each(truth if callable(function) else function, cases, why)


def _viterbi(function: Any) -> str:
    cases = [
        (([1.0, 0.0], [[0.0, 2.0], [0.0, 0.0]], [0.5, 0.0]), [1.5, 3.0]),
        (([0.0, 5.0], [[1.0, 1.0], [-9.0, 0.0]], [0.0, 1.0]), [1.0, 6.0]),
        (([1.0, 0.8, MINUS], [[0.5, 0.0, MINUS], [0.0, -1.0, 1.0], [0.0, 0.0, 0.5]], [0.2, 0.0, 1.0]), [1.7, 1.0, 2.8]),
        (([2.0], [[-0.5]], [1.0]), [2.5]),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        before, transitions, emissions = (np.array(numbers) for numbers in arguments)
        case = f"before {arguments[0]}, transitions {arguments[1]}, emissions {arguments[2]}"
        if alike(given, (before[:, None] + transitions.T).max(axis=0) + emissions):
            return f"{case}: the transitions are taken the wrong way round; the row is the tag before."
        if alike(given, (before[:, None] + transitions).max(axis=0)):
            return f"{case}: the emissions of this token are missing."
        if alike(given, before.max() + transitions.max(axis=0) + emissions):
            return f"{case}: the best tag before and the best step are chosen apart; look for the best *sum*."
        if alike(given, (before[:, None] + transitions).max(axis=1) + emissions):
            return f"{case}: the maximum is over the tags *now*; for each tag now it is over the tags before."
        if alike(given, np.log(np.exp(before[:, None] + transitions).sum(axis=0)) + emissions):
            return f"{case}: this is the sum over all paths, the forward recursion; Viterbi takes the best one."
        return f"{case}: it is {expected}, and you have {str(given)[:80]}."

    return each(function, cases, why)


def _averaging(function: Any) -> str:
    cases = [
        (([4.0, 8.0], 0.75), 5.0),
        (([4.0, 8.0, 0.0], 0.5), 3.0),
        (([3.0, 3.0, 3.0], 0.9), 3.0),
        (([0.0, 1.0, 1.0], 0.9), 0.19),
        (([7.0], 0.5), 7.0),
        (([2.0, 6.0, 4.0], 0.0), 4.0),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        weights, momentum = arguments

        def running(average: float, rest: list[float], kept: float) -> float:
            for weight in rest:
                average = kept * average + (1 - kept) * weight
            return average

        case = f"weights {weights}, momentum {momentum}"
        if same(given, running(weights[0], weights[1:], 1 - momentum)):
            return f"{case}: the momentum is the share of the average that stays, and not that of the new weight."
        if same(given, running(0.0, weights, momentum)):
            return f"{case}: you begin at 0, as if there had been a weight of 0; the average begins with the first one."
        if same(given, sum(weights) / len(weights)):
            return f"{case}: this is the plain mean, in which old weights count as much as new ones."
        if same(given, running(weights[0], weights[1:2], momentum)):
            return f"{case}: only the second weight was taken in; there are {len(weights)}."
        return f"{case}: it is {expected}, and you have {given}."

    return each(function, cases, why)


EXERCISES = (
    Exercise(
        number="07.1",
        question=(
            "**07.1 · Read.** Six sentences have 10, 3, 12, 5, 8 and 4 tokens. They are batched by length, as in "
            "section 2, with a budget of 20. How many places of all the batches together hold padding?"
        ),
        stub='padding = None\n\ncheck("07.1", padding)',
        look=_padding,
        praise="3, 4 and 5 in one batch, 8 and 10 in the next, 12 alone: 3 + 2 + 0. All in one would have 30.",
        hints=(
            "Sorted they are 3, 4, 5, 8, 10, 12. How many sentences of 3, 4, 5, … can stand in one batch before its "
            "sentences times its longest are more than 20?",
            "There are three batches. In each, fill every sentence up to the length of the longest.",
        ),
        solution='padding = (5 - 3) + (5 - 4) + (10 - 8)\n\ncheck("07.1", padding)',
        wrong=(
            ("padding = 12", "budget is for *places*"),
            ("padding = 10", "sort the lengths first"),
            ("padding = 30", "all six in one batch"),
            ("padding = 47", "those with tokens too"),
        ),
    ),
    Exercise(
        number="07.2",
        question=(
            "**07.2 · Write.** The shape of a token: `X` for a capital, `x` for a small letter, `d` for a digit; any "
            "other sign stands for itself. Of a run of one kind, no more than four are written."
        ),
        stub=(
            "def my_shape(token):\n"
            '    """`token`: a string, such as "4711/99". Its shape comes back: "dddd/dd"."""\n'
            "    ...\n\n\n"
            'check("07.2", my_shape)'
        ),
        look=_shape,
        praise="few shapes cover many words, and a file number that nobody has seen has one that is known.",
        hints=(
            "First find the kind of each sign: `c.isupper()`, `c.islower()`, `c.isdigit()`. Then think of the runs.",
            "Build a string sign by sign. Before you add a kind, ask whether the string ends in four of this kind: "
            "`kind * 4`.",
        ),
        solution=(
            "def my_shape(token):\n"
            '    written = ""\n'
            "    for c in token:\n"
            '        kind = "X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c\n'
            "        if not written.endswith(kind * 4):\n"
            "            written += kind\n"
            "    return written\n\n\n"
            'check("07.2", my_shape)'
        ),
        wrong=(
            (
                "def my_shape(token):\n"
                "    kinds = ['X' if c.isupper() else 'x' if c.islower() else 'd' if c.isdigit() else c\n"
                "             for c in token]\n"
                "    return ''.join(kinds)",
                "is to end at four",
            ),
            (
                "def my_shape(token):\n"
                "    kinds = ['X' if c.isupper() else 'x' if c.islower() else 'd' if c.isdigit() else c\n"
                "             for c in token]\n"
                "    return ''.join(kinds)[:4]",
                "not the whole word",
            ),
            (
                "import re\n\n\ndef my_shape(token):\n"
                "    kinds = re.sub('[0-9]', 'd', re.sub('[a-z]', 'x', re.sub('[A-Z]', 'X', token)))\n"
                "    return re.sub(r'(.)\\1{4,}', r'\\1\\1\\1\\1', kinds)",
                "more letters than a to z",
            ),
        ),
    ),
    Exercise(
        number="07.3",
        question=(
            "**07.3 · Write.** Which tag may follow which in IOB2? Everything else the CRF learns; this it knows "
            "beforehand. Your function says `True` or `False`."
        ),
        stub=(
            "def may_follow(before, tag):\n"
            '    """Two tags such as "B-GS", "I-GS" or "O"; `before` stands directly before `tag`."""\n'
            "    ...\n\n\n"
            'check("07.3", may_follow)'
        ),
        look=_may_follow,
        praise="only an `I-` asks what stands before it. In the CRF all else is a score; this is a wall.",
        hints=(
            "Which of `O`, `B-…` and `I-…` cares about the tag before?",
            "What an `I-` goes on with must be there, and of its class; it can be a beginning or a going on itself.",
        ),
        solution=(
            "def may_follow(before, tag):\n"
            '    return not tag.startswith("I-") or before in ("B-" + tag[2:], tag)\n\n\n'
            'check("07.3", may_follow)'
        ),
        wrong=(
            (
                "def may_follow(before, tag):\n    return not tag.startswith('I-') or before.startswith('B-')",
                "three tokens and more",
            ),
            (
                "def may_follow(before, tag):\n    return not tag.startswith('I-') or before != 'O'",
                "begun in another class",
            ),
            (
                "def may_follow(before, tag):\n    return tag == 'O' or before == 'O' or before[2:] == tag[2:]",
                "nothing has begun",
            ),
            (
                "def may_follow(before, tag):\n"
                "    return tag == 'O' or before[2:] == tag[2:] or before == 'O' and tag[0] == 'B'",
                "can begin anywhere",
            ),
        ),
    ),
    Exercise(
        number="07.4",
        question=(
            "**07.4 · Write.** One step of Viterbi: from the best score of a path to each tag at one token, to the "
            "same at the next token. Row `i`, column `j` of the transitions is the step from tag `i` to tag `j`."
        ),
        stub=(
            "def viterbi_step(before, transitions, emissions):\n"
            '    """`before`, `emissions`: lists, a number for each tag; `transitions`: a list of rows.\n\n'
            "    The best score for each tag at the next token comes back, as a list or an array.\n"
            '    """\n'
            "    ...\n\n\n"
            'check("07.4", viterbi_step)'
        ),
        look=_viterbi,
        praise="for each tag now, the best sum of a path so far and a step; then the emission.",
        hints=(
            "Fix the tag now, `j`. From which tag before, `i`, does the best path come to it?",
            "For one `j`: two numbers, with `i` in both, are added before the maximum is taken; `emissions[j]` is "
            "added behind it.",
        ),
        solution=(
            "def viterbi_step(before, transitions, emissions):\n"
            "    tags = range(len(before))\n"
            "    return [max(before[i] + transitions[i][j] for i in tags) + emissions[j] for j in tags]\n\n\n"
            'check("07.4", viterbi_step)'
        ),
        wrong=(
            (
                "def viterbi_step(before, transitions, emissions):\n    tags = range(len(before))\n"
                "    return [max(before[i] + transitions[j][i] for i in tags) + emissions[j] for j in tags]",
                "wrong way round",
            ),
            (
                "def viterbi_step(before, transitions, emissions):\n    tags = range(len(before))\n"
                "    return [max(before[i] + transitions[i][j] for i in tags) for j in tags]",
                "are missing",
            ),
            (
                "def viterbi_step(before, transitions, emissions):\n    tags = range(len(before))\n"
                "    return [max(before) + max(transitions[i][j] for i in tags) + emissions[j] for j in tags]",
                "chosen apart",
            ),
        ),
    ),
    Exercise(
        number="07.5",
        question=(
            "**07.5 · Write.** What the field `averaging` of section 6 does, for one weight of the network. The "
            "average begins with the weight's first value. At each further step it becomes `momentum` × the old "
            "average + (1 − `momentum`) × the new value. What is it in the end?"
        ),
        stub=(
            "def running_average(weights, momentum):\n"
            '    """`weights`: one weight\'s values, step by step, such as [4.0, 8.0, 0.0]. A number comes back."""\n'
            "    ...\n\n\n"
            'check("07.5", running_average)'
        ),
        look=_averaging,
        praise="with 0.997 it looks back over about 300 steps, and what single batches pushed to and fro evens out.",
        hints=(
            "Compute it with a pencil for 4, 8 and 0 with a momentum of one half: after the second value it is 6.",
            "One variable for the average, set to `weights[0]`; then a loop over `weights[1:]`.",
        ),
        solution=(
            "def running_average(weights, momentum):\n"
            "    average = weights[0]\n"
            "    for weight in weights[1:]:\n"
            "        average = momentum * average + (1 - momentum) * weight\n"
            "    return average\n\n\n"
            'check("07.5", running_average)'
        ),
        wrong=(
            (
                "def running_average(weights, momentum):\n"
                "    average = weights[0]\n"
                "    for weight in weights[1:]:\n"
                "        average = (1 - momentum) * average + momentum * weight\n"
                "    return average",
                "not that of the new weight",
            ),
            (
                "def running_average(weights, momentum):\n"
                "    average = 0\n"
                "    for weight in weights:\n"
                "        average = momentum * average + (1 - momentum) * weight\n"
                "    return average",
                "you begin at 0",
            ),
            ("def running_average(weights, momentum):\n    return sum(weights) / len(weights)", "plain mean"),
        ),
    ),
)
