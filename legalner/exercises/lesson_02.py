"""Exercises of lesson 2: padding, neighbours of one class, the cut."""

from __future__ import annotations

import math

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def padding_cells():
    return (5 - 2) + 0 + (5 - 4)


def lost_boundaries(tags):
    """`tags`: the IOB2 tags of one sentence, such as ["B-GS", "B-GS", "O"], where one boundary is lost."""
    pairs = zip(tags, tags[1:])
    return sum(tag.startswith("B-") and before[2:] == tag[2:] for before, tag in pairs)


def smallest_max_len(ends, share):
    """`ends`: the position of each entity's last token, in any order. `share`: 0.5 for half of the entities."""
    return sorted(ends)[math.ceil(share * len(ends)) - 1]


EXERCISES = (
    Read(
        number="02.1",
        task="Three sentences have 2, 7 and 4 tokens. They are cut or padded to `max_len = 5`. How many cells of the "
        "rectangle hold padding? Replace `None` with your number.",
        hints=(
            "Draw three rows of five cells.",
            "The second sentence fills its row, and two of its tokens find no cell. Count the empty cells of the other "
            "two rows.",
        ),
        praise="three in the first row, none in the second, which is cut, one in the third.",
        answer=padding_cells,
        right=4,
        wrong=(
            (11, "that is the number of cells with a token; you are asked for those without one."),
            (2, "these two tokens were cut off: they have no cell at all. Count the cells that have no token."),
            (15, "that is the whole rectangle, including the tokens."),
        ),
        otherwise="draw the rectangle: one row per sentence, five cells per row. Cross out the cells that hold a "
        "token.",
    ),
    Write(
        number="02.2",
        task="The scheme `class` drops `B-` and `I-`, so two entities of one class that stand side by side become one. "
        "Write the function that counts, in the IOB2 tags of one sentence, the boundaries that are lost.",
        hints=(
            "Look at each tag together with the one before it: `zip(tags, tags[1:])` gives these pairs.",
            "A boundary begins with `B-`. It is lost if the tag before has the same class: compare `tag[2:]`, the part "
            "after `B-` or `I-`.",
        ),
        praise="a boundary is lost where a `B-` follows a tag of its own class.",
        answer=lost_boundaries,
        cases=(
            ((["B-GS", "I-GS", "B-GS", "O"],), 1),
            ((["B-GS", "O", "B-GS"],), 0),
            ((["B-GS", "B-RS", "B-RS", "B-RS"],), 2),
            ((["I-GS", "B-GS"],), 1),
            ((["B-GS", "I-GS", "I-GS"],), 0),
            (([],), 0),
        ),
        wrong=(
            (
                lambda tags: sum(tag.startswith("B-") for tag in tags) - 1,
                "an `O` between two entities keeps them apart.",
            ),
            (
                lambda tags: sum(t.startswith("B-") and b != "O" for b, t in zip(tags, tags[1:])),
                "a boundary between two classes survives.",
            ),
        ),
    ),
    Write(
        number="02.3",
        task="A cut at `max_len` keeps an entity if its last token is among the first `max_len`. Given the position of "
        "each entity's last token, counted from 1, find the smallest `max_len` that keeps at least this share of the "
        "entities. Then call it for the test part: which cut would keep 99 %?",
        hints=(
            "Sort `ends`. If you cut at the third of four, how many entities are kept?",
            "To keep `k` entities, cut at the `k`-th of the sorted ends; `k` is `share * len(ends)`, rounded up "
            "(`math.ceil`).",
        ),
        praise="sort the ends; the one that stands at the given share of the list is the cut.",
        answer=smallest_max_len,
        cases=(
            (([4, 4, 4, 4], 0.5), 4),
            (([1, 2, 3, 10], 0.75), 3),
            (([1, 2, 3, 10], 1.0), 10),
            (([7], 0.1), 7),
            (([5, 1, 9, 3], 0.5), 3),
            (([2, 2, 8, 8, 8], 0.4), 2),
        ),
        wrong=(
            (lambda ends, share: max(ends), "that keeps all of the entities, which is more than is asked for."),
            (
                lambda ends, share: ends[math.ceil(share * len(ends)) - 1],
                "the positions need not come in order.",
            ),
        ),
    ),
)
