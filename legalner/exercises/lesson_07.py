"""Exercises of lesson 7: the sum over all paths, what IOB2 forbids, a step of Viterbi."""

from __future__ import annotations

import math

import numpy as np

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def log_z():
    return math.log(math.exp(1) + math.exp(3) + math.exp(0) + math.exp(1))  # paths O O, O B, B O, B B


def may_follow(before, tag):
    """Two tags such as "B-GS", "I-GS" or "O"; `before` stands directly before `tag`."""
    return not tag.startswith("I-") or before in ("B-" + tag[2:], tag)


def viterbi_step(before, transitions, emissions):
    """`before`, `emissions`: lists, a number for each tag; `transitions`: a list of rows.

    Returns the best score for each tag at the next token, as a list or an array.
    """
    tags = range(len(before))
    return [max(before[i] + transitions[i][j] for i in tags) + emissions[j] for j in tags]


MINUS = float("-inf")
LOG_Z = 3.27798
ANYWHERE = "an entity can begin anywhere, directly after another one too."


def _sums(before, transitions):
    return np.array(before)[:, None] + np.array(transitions)


EXERCISES = (
    Read(
        number="07.1",
        task="Two tokens and two tags, `O` and `B`. At the first token the emission of `O` is 1 and that of `B` is 0; "
        "at the second token they are 0 and 2. The transition from `B` to `B` is −1, and all other transitions are 0. "
        "Write down the four paths and their scores. What is log Z? Compute it, with `math.log` and `math.exp`.",
        hints=(
            "The path `O B` has the score 1 + 2 + 0. Only one of the four paths has a transition that is not 0.",
            "The scores are 1 (`O O`), 3 (`O B`), 0 (`B O`) and 1 (`B B`). Z is the sum of e to the power of each.",
        ),
        praise="Z adds up all four paths, and the best one has three quarters of it: that is its probability.",
        answer=log_z,
        right=LOG_Z,
        wrong=(
            (3, "this is the score of the best path; log Z takes all paths into account."),
            (math.exp(LOG_Z), "this is Z itself; take its logarithm."),
            (5, "this is the sum of the scores; raise e to each of them first, and take the logarithm of the sum."),
            (math.log((math.e + 1) * (1 + math.exp(2))), "the transition from `B` to `B` is missing."),
            (math.exp(3 - LOG_Z), "this is the probability of the best path; you are asked for log Z."),
        ),
        otherwise="the score of a path is its emissions plus its transition. Z is the sum of e to the power of each "
        "score.",
        tolerance=1e-3,
    ),
    Write(
        number="07.2",
        task="Which tag may follow which in IOB2? The CRF learns everything else; this it knows in advance. Your "
        "function returns `True` or `False`.",
        hints=(
            "Which of `O`, `B-…` and `I-…` cares about the tag before it?",
            "What an `I-` continues must be there, with the same class; it can be a `B-` or another `I-`.",
        ),
        praise="only an `I-` depends on the tag before it. Everything else in the CRF is a score; this is a wall.",
        answer=may_follow,
        cases=(
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
        ),
        wrong=(
            (
                lambda before, tag: not tag.startswith("I-") or before == "B-" + tag[2:],
                "an entity can have three tokens and more.",
            ),
            (
                lambda before, tag: may_follow(before, tag) or before == "O",
                "it would continue an entity that nothing has begun.",
            ),
            (
                lambda before, tag: not tag.startswith("I-") or before != "O",
                "it would continue an entity that was begun in another class.",
            ),
            (
                lambda before, tag: may_follow(before, tag) and not (tag.startswith("B-") and before != "O"),
                ANYWHERE,
            ),
            (
                lambda before, tag: may_follow(before, tag) and (tag == "O" or before == "O" or before[2:] == tag[2:]),
                ANYWHERE,
            ),
        ),
    ),
    Write(
        number="07.3",
        task="One step of Viterbi: from the best score of a path to each tag at one token, to the same at the next "
        "token. Row `i`, column `j` of the transitions is the step from tag `i` to tag `j`.",
        hints=(
            "Fix the tag now, `j`. From which tag before, `i`, does the best path come to it?",
            "For one `j`, add the two numbers that depend on `i` before you take the maximum; add `emissions[j]` after "
            "it.",
        ),
        praise="for each tag now, the best sum of a path so far and a step; then the emission.",
        answer=viterbi_step,
        cases=(
            (([1.0, 0.0], [[0.0, 2.0], [0.0, 0.0]], [0.5, 0.0]), [1.5, 3.0]),
            (([0.0, 5.0], [[1.0, 1.0], [-9.0, 0.0]], [0.0, 1.0]), [1.0, 6.0]),
            (
                ([1.0, 0.8, MINUS], [[0.5, 0.0, MINUS], [0.0, -1.0, 1.0], [0.0, 0.0, 0.5]], [0.2, 0.0, 1.0]),
                [1.7, 1.0, 2.8],
            ),
            (([2.0], [[-0.5]], [1.0]), [2.5]),
        ),
        wrong=(
            (
                lambda before, transitions, emissions: viterbi_step(before, np.transpose(transitions), emissions),
                "the transitions are taken the wrong way round; the row is the tag before.",
            ),
            (
                lambda before, transitions, emissions: _sums(before, transitions).max(axis=0),
                "the emissions of this token are missing.",
            ),
            (
                lambda before, transitions, emissions: max(before) + np.max(transitions, axis=0) + emissions,
                "the best tag before and the best step are chosen separately; look for the best *sum*.",
            ),
            (
                lambda before, transitions, emissions: _sums(before, transitions).max(axis=1) + emissions,
                "the maximum is over the tags *now*; for each tag now, take it over the tags before.",
            ),
            (
                lambda before, transitions, emissions: (
                    np.log(np.exp(_sums(before, transitions)).sum(axis=0)) + emissions
                ),
                "this is the sum over all paths, the forward recursion; Viterbi takes the best one.",
            ),
        ),
    ),
)
