"""Exercises of lesson 2: padding, neighbours of one class, the cut."""

from __future__ import annotations

from typing import Any

from legalner.exercises.exercise import Exercise, same, tried

__all__ = ["EXERCISES"]


def _padding(answer: Any) -> str:
    if same(answer, 4):
        return ""
    if same(answer, 11):
        return "these are the cells with a token; those without are asked for."
    if same(answer, 15):
        return "this is the whole rectangle, tokens and all."
    if same(answer, 2):
        return "these two tokens were cut off: they have no cell at all. Count the cells that have no token."
    return "draw the rectangle: a row a sentence, five cells a row, and cross out the cells that hold a token."


def _merged(function: Any) -> str:
    cases = [
        (["B-GS", "I-GS", "B-GS", "O"], 1),
        (["B-GS", "O", "B-GS"], 0),
        (["B-GS", "B-RS", "B-RS", "B-RS"], 2),
        (["I-GS", "B-GS"], 1),
        (["B-GS", "I-GS", "I-GS"], 0),
        ([], 0),
    ]
    for tags, expected in cases:
        given = tried(function, tags)
        if same(given, expected):
            continue
        if tags == ["B-GS", "O", "B-GS"]:
            return f"in {tags} an O stands between the two, which keeps them apart; you count {given}."
        if tags[1:2] == ["B-RS"] and same(given, 3):
            return f"in {tags} the first boundary lies between two classes and survives; you count {given}."
        return f"for {tags} it is {expected}, and you count {given}."
    return ""


def _kept(function: Any) -> str:
    cases = [([4, 4, 4, 4], 0.5, 4), ([1, 2, 3, 10], 0.75, 3), ([1, 2, 3, 10], 1.0, 10), ([7], 0.1, 7)]
    cases += [([5, 1, 9, 3], 0.5, 3), ([2, 2, 8, 8, 8], 0.4, 2)]
    for ends, share, expected in cases:
        given = tried(function, ends, share)
        if same(given, expected):
            continue
        if ends == [5, 1, 9, 3]:
            return f"for {ends} and {share} it is {expected}, not {given}: the places need not come in order."
        if same(given, max(ends)):
            return f"for {ends} and {share} it is {expected}; {given} would keep all of them, and less is asked for."
        return f"for {ends} and {share} it is {expected}, and you have {given}."
    return ""


EXERCISES = (
    Exercise(
        number="02.1",
        question=(
            "**02.1 · Read.** Three sentences have 2, 7 and 4 tokens. They are cut or padded to `max_len = 5`. How "
            "many cells of the rectangle hold padding? Put your number in the place of `None`."
        ),
        stub='padding_cells = None\n\ncheck("02.1", padding_cells)',
        look=_padding,
        praise="three behind the first sentence, none behind the second, which is cut, one behind the third.",
        hints=(
            "Draw three rows of five cells.",
            "The second sentence fills its row, and two tokens find no cell. Count the empty cells of the other two.",
        ),
        solution='padding_cells = (5 - 2) + 0 + (5 - 4)\n\ncheck("02.1", padding_cells)',
        wrong=(
            ("padding_cells = 11", "cells with a token"),
            ("padding_cells = 2", "cut off"),
            ("padding_cells = 15", "whole rectangle"),
        ),
    ),
    Exercise(
        number="02.2",
        question=(
            "**02.2 · Write.** The scheme `class` drops `B-` and `I-`. Then two entities of one class that stand side "
            "by side become one. Write the function that counts, in one sentence's IOB2 tags, the boundaries that are "
            "lost."
        ),
        stub=(
            "def lost_boundaries(tags):\n"
            '    """`tags`: IOB2 tags of one sentence, such as ["B-GS", "B-GS", "O"], in which one is lost."""\n'
            "    ...\n\n\n"
            'check("02.2", lost_boundaries)'
        ),
        look=_merged,
        praise="a boundary is lost where a `B-` follows a tag of its own class.",
        hints=(
            "Look at each tag together with the one before it: `zip(tags, tags[1:])` gives these pairs.",
            "A boundary begins with `B-`. It is lost if the tag before has the same class: compare `tag[2:]`, what "
            "follows `B-` or `I-`.",
        ),
        solution=(
            "def lost_boundaries(tags):\n"
            "    pairs = zip(tags, tags[1:])\n"
            '    return sum(tag.startswith("B-") and before[2:] == tag[2:] for before, tag in pairs)\n\n\n'
            'check("02.2", lost_boundaries)'
        ),
        wrong=(
            (
                'def lost_boundaries(tags):\n    return sum(t.startswith("B-") for t in tags) - 1',
                "keeps them apart",
            ),
            (
                "def lost_boundaries(tags):\n"
                '    return sum(t.startswith("B-") and b != "O" for b, t in zip(tags, tags[1:]))',
                "between two classes",
            ),
        ),
    ),
    Exercise(
        number="02.3",
        question=(
            "**02.3 · Write.** A cut at `max_len` keeps an entity if its last token is among the first `max_len`. "
            "Given the number of each entity's last token, counted from 1, find the smallest `max_len` that keeps at "
            "least this share of the entities. Then call it for the test part: which cut would keep 99 %?"
        ),
        stub=(
            "def smallest_max_len(ends, share):\n"
            '    """`ends`: number of each entity\'s last token, in any order. `share`: 0.5 for a half of them."""\n'
            "    ...\n\n\n"
            'check("02.3", smallest_max_len)'
        ),
        look=_kept,
        praise="sort the ends; the one at the asked share of the list is the cut.",
        hints=(
            "Sort `ends`. If the cut is at the third of four, how many are kept?",
            "Keeping `k` entities takes the `k`-th of the sorted ends; `k` is `share * len(ends)`, rounded up "
            "(`math.ceil`).",
        ),
        solution=(
            "import math\n\n\n"
            "def smallest_max_len(ends, share):\n"
            "    return sorted(ends)[math.ceil(share * len(ends)) - 1]\n\n\n"
            'check("02.3", smallest_max_len)'
        ),
        wrong=(
            ("def smallest_max_len(ends, share):\n    return max(ends)", "would keep all"),
            (
                "import math\n\n\ndef smallest_max_len(ends, share):\n"
                "    return ends[math.ceil(share * len(ends)) - 1]",
                "need not come in order",
            ),
        ),
    ),
)
