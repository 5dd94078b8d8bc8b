"""Exercises of lesson 7: batches by length, what IOB2 forbids, a step of Viterbi, an average of weights."""

from __future__ import annotations

from typing import Any

from legalner.exercises.exercise import Exercise, alike, each, same

__all__ = ["EXERCISES"]

MINUS = float("-inf")


def _padding(answer: Any) -> str:
    if same(answer, 2):
        return ""
    if same(answer, 34):
        return "that is without sorting; sort the lengths first, and then take two at a time."
    if same(answer, 48):
        return "these are the tokens; the places beside them that hold none are asked for."
    if same(answer, 50):
        return "these are all places of both batches, those with tokens too."
    return "sort, put two and two into a batch, and fill the shorter of each two up to the longer."


def _by_tokens(lengths: list[int], budget: int) -> list[list[int]]:
    made: list[list[int]] = []
    for length in sorted(lengths):
        if made and sum(made[-1]) + length <= budget:
            made[-1].append(length)
        else:
            made.append([length])
    return made


def _batches(function: Any) -> str:
    cases = [
        (([2, 9, 3, 8], 20), [[2, 3], [8, 9]]),
        (([5, 5, 5, 5], 10), [[5, 5], [5, 5]]),
        (([7, 40, 1], 20), [[1, 7], [40]]),
        (([1, 1, 1, 4], 8), [[1, 1, 1], [4]]),
        (([3, 3, 3], 100), [[3, 3, 3]]),
        (([], 10), []),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        lengths, budget = arguments
        if (
            40 in lengths
            and isinstance(given, list)
            and not any(40 in batch for batch in given if isinstance(batch, list))
        ):
            return f"with a budget of {budget} the sentence of 40 tokens is lost: alone in a batch it must stay."
        if alike(given, _by_tokens(lengths, budget)):
            return f"for {lengths} and {budget} you add up tokens; padded to the longest, {given[0]} takes more places."
        if isinstance(given, list) and any(batch == [] for batch in given if isinstance(batch, list)):
            return f"for {lengths} and a budget of {budget} one of your batches is empty: {given}."
        return f"for {lengths} and a budget of {budget} it is {expected}, and you have {given}."

    return each(function, cases, why)


def _may_follow(function: Any) -> str:
    cases = [
        (("B-GS", "I-GS"), True), (("I-GS", "I-GS"), True), (("O", "I-GS"), False), (("B-RS", "I-GS"), False),
        (("I-RS", "I-GS"), False), (("I-GS", "B-GS"), True), (("B-GS", "B-GS"), True), (("O", "B-RS"), True),
        (("I-GS", "O"), True), (("O", "O"), True),
    ]  # fmt: skip

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        before, tag = arguments
        if not isinstance(given, bool):
            return f"`True` or `False` is asked for, and for `{before}` and `{tag}` you give {given!r}."
        if expected:
            return f"`{tag}` may follow `{before}`, and you forbid it."
        return f"`{tag}` must not follow `{before}`: it goes on with an entity that was not begun in that class."

    def is_true(function: Any) -> Any:
        # NumPy's truth values are as good as Python's.
        return lambda *tags: bool(given) if type(given := function(*tags)).__name__ == "bool_" else given

    return each(is_true(function) if callable(function) else function, cases, why)


def _viterbi(function: Any) -> str:
    cases = [
        (([1.0, 0.0], [[0.0, 2.0], [0.0, 0.0]], [0.5, 0.0]), [1.5, 3.0]),
        (([0.0, 5.0], [[1.0, 1.0], [-9.0, 0.0]], [0.0, 1.0]), [1.0, 6.0]),
        (([1.0, 0.8, MINUS], [[0.5, 0.0, MINUS], [0.0, -1.0, 1.0], [0.0, 0.0, 0.5]], [0.2, 0.0, 1.0]), [1.7, 1.0, 2.8]),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        before, transitions, emissions = arguments
        turned = [list(row) for row in zip(*transitions, strict=True)]
        tags = range(len(before))
        if alike(given, [max(before[i] + turned[i][j] for i in tags) + emissions[j] for j in tags]):
            return "the transitions are taken the wrong way round: row is the tag before, column the tag now."
        if alike(given, [max(before[i] + transitions[i][j] for i in tags) for j in tags]):
            return "the emission of the tag now is missing."
        if alike(given, [max(before) + max(transitions[i][j] for i in tags) + emissions[j] for j in tags]):
            return "the best tag before and the best step are chosen apart; look for the best *sum* of the two."
        return f"for {before}, {transitions} and {emissions} it is {expected}, and you have {given}."

    return each(function, cases, why)


EXERCISES = (
    Exercise(
        number="07.1",
        question=(
            "**07.1 · Read.** Four sentences have 3, 20, 4 and 21 tokens. They are sorted by length and go into two "
            "batches "
            "of two. How many places hold padding?"
        ),
        stub='padding = None\n\ncheck("07.1", padding)',
        look=_padding,
        praise="one in each batch; in the order as given it would have been 34.",
        hints=(
            "Write the sorted lengths side by side, and a line in the middle.",
            "In a batch of two, the shorter one is filled up to the length of the longer.",
        ),
        solution='padding = (4 - 3) + (21 - 20)\n\ncheck("07.1", padding)',
        wrong=(
            ("padding = 34", "without sorting"),
            ("padding = 48", "these are the tokens"),
            ("padding = 50", "all places"),
        ),
    ),
    Exercise(
        number="07.2",
        question=(
            "**07.2 · Write.** Batches by length: sort, and fill each batch as long as its *places* (its sentences "
            "times "
            "its longest) stay within the budget. A sentence over the budget gets a batch of its own."
        ),
        stub=(
            "def batches(lengths, budget):\n"
            '    """Batches of lengths, short ones first: batches([2, 9, 3, 8], 20) is [[2, 3], [8, 9]]."""\n'
            "    ...\n\n\n"
            'check("07.2", batches)'
        ),
        look=_batches,
        praise="the longest of a sorted batch is its last, so the places are easily counted.",
        hints=(
            "Walk over `sorted(lengths)`. Each one goes into the last batch, or begins a new one.",
            "With the new length, the last batch would have `(len(batch) + 1) * length` places: it is the longest so "
            "far.",
        ),
        solution=(
            "def batches(lengths, budget):\n"
            "    made = []\n"
            "    for length in sorted(lengths):\n"
            "        if made and (len(made[-1]) + 1) * length <= budget:\n"
            "            made[-1].append(length)\n"
            "        else:\n"
            "            made.append([length])\n"
            "    return made\n\n\n"
            'check("07.2", batches)'
        ),
        wrong=(
            (
                "def batches(lengths, budget):\n    made = []\n    for length in sorted(lengths):\n"
                "        if made and sum(made[-1]) + length <= budget:\n            made[-1].append(length)\n"
                "        else:\n            made.append([length])\n    return made",
                "you add up tokens",
            ),
            (
                "def batches(lengths, budget):\n    made, batch = [], []\n    for length in sorted(lengths):\n"
                "        if length > budget:\n            continue\n"
                "        if (len(batch) + 1) * length > budget:\n            made.append(batch)\n            batch = "
                "[]\n"
                "        batch.append(length)\n    return made + [batch] if batch else made",
                "is lost",
            ),
        ),
    ),
    Exercise(
        number="07.3",
        question="**07.3 · Write.** Which tag may follow which in IOB2? Your function says `True` or `False`.",
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
            "`I-X` may follow `B-X` and `I-X` only: the same class, and not `O`.",
        ),
        solution=(
            "def may_follow(before, tag):\n"
            '    return not tag.startswith("I-") or before in ("B-" + tag[2:], tag)\n\n\n'
            'check("07.3", may_follow)'
        ),
        wrong=(
            (
                "def may_follow(before, tag):\n    return not tag.startswith('I-') or before.startswith('B-')",
                "`I-GS` may follow `I-GS`",
            ),
            (
                "def may_follow(before, tag):\n    return not tag.startswith('I-') or before != 'O'",
                "must not follow `B-RS`",
            ),
            (
                "def may_follow(before, tag):\n    return tag == 'O' or before[2:] == tag[2:] or before == 'O'",
                "must not follow `O`",
            ),
        ),
    ),
    Exercise(
        number="07.4",
        question=(
            "**07.4 · Write.** One step of Viterbi: from the best score of a path to each tag at one token, to the "
            "same at "
            "the next token. Row `i`, column `j` of the transitions is the step from tag `i` to tag `j`."
        ),
        stub=(
            "def viterbi_step(before, transitions, emissions):\n"
            '    """`before`, `emissions`: a number for each tag; `transitions`: rows. Such a list comes back."""\n'
            "    ...\n\n\n"
            'check("07.4", viterbi_step)'
        ),
        look=_viterbi,
        praise="for each tag now, the best sum of a path so far and a step; then the emission.",
        hints=(
            "Fix the tag now, `j`. From which tag before does the best path come to it?",
            "`max(before[i] + transitions[i][j] for i in …)` for each `j`, and then `+ emissions[j]`.",
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
                "emission of the tag now",
            ),
            (
                "def viterbi_step(before, transitions, emissions):\n    tags = range(len(before))\n"
                "    return [max(before) + max(transitions[i][j] for i in tags) + emissions[j] for j in tags]",
                "chosen apart",
            ),
        ),
    ),
)
