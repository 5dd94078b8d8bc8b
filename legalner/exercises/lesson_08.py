"""Exercises of lesson 8: batches by length, the shape of a token, a running average of the weights."""

from __future__ import annotations

import itertools
import re

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def padding():
    return (5 - 3) + (5 - 4) + (10 - 8)


def my_shape(token):
    """`token`: a string, such as "4711/99". Returns its shape: "dddd/dd"."""
    written = ""
    for c in token:
        kind = "X" if c.isupper() else "x" if c.islower() else "d" if c.isdigit() else c
        if not written.endswith(kind * 4):
            written += kind
    return written


def running_average(weights, momentum):
    """`weights`: the values of one weight, step by step, such as [4.0, 8.0, 0.0]. Returns a number."""
    average = weights[0]
    for weight in weights[1:]:
        average = momentum * average + (1 - momentum) * weight
    return average


def _kinds(token):
    return "".join(my_shape(c) for c in token)


def _ascii_shape(token):
    kinds = re.sub("[0-9]", "d", re.sub("[a-z]", "x", re.sub("[A-Z]", "X", token)))
    return re.sub(r"(.)\1{4,}", r"\1\1\1\1", kinds)


EXERCISES = (
    Read(
        number="08.1",
        task="Six sentences have 10, 3, 12, 5, 8 and 4 tokens. They are batched by length, with at most 20 padded "
        "tokens in a batch (`max_padded_tokens=20`). How many padding tokens do all the batches hold together?",
        hints=(
            "Sorted they are 3, 4, 5, 8, 10, 12. How many sentences of 3, 4, 5, … fit into one batch before the number "
            "of its sentences times its longest exceeds 20?",
            "There are three batches. In each, pad every sentence to the length of the longest.",
        ),
        praise="3, 4 and 5 in one batch, 8 and 10 in the next, 12 alone: 3 + 2 + 0. All six in one would need 30.",
        answer=padding,
        right=5,
        wrong=(
            (12, "the limit counts *padded* tokens: a fourth sentence would widen the rows of the first three."),
            (10, "this is with the sentences in the order given; sort them by length first."),
            (30, "this is with all six in one batch, which exceeds the limit."),
            (42, "these are the tokens of the sentences; you are asked for the padding next to them."),
            (47, "these are all cells of all batches, including those with tokens."),
        ),
        otherwise="sort the lengths, draw a row for each sentence, and begin a new rectangle before one has more than "
        "20 cells.",
    ),
    Write(
        number="08.2",
        task="The shape of a token: `X` for an upper-case letter, `x` for a lower-case letter, `d` for a digit; any "
        "other character stands for itself. Of a run of one kind, at most four are written.",
        hints=(
            "First find the kind of each character: `c.isupper()`, `c.islower()`, `c.isdigit()`. Then think of the "
            "runs.",
            "Build a string character by character. Before you add a kind, ask whether the string already ends in four "
            "of this kind: `kind * 4`.",
        ),
        praise="few shapes cover many words, and a file number that nobody has seen has a shape that is known.",
        answer=my_shape,
        cases=(
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
        ),
        wrong=(
            (
                lambda token: my_shape(token) if any(map(str.isalnum, token)) else token,
                "of other characters, too, at most four in a row are written.",
            ),
            (_kinds, "a run of more than four characters of one kind is to end at four."),
            (lambda token: _kinds(token)[:4], "each *run* ends at four, not the whole token."),
            (
                lambda token: "".join(kind for kind, _ in itertools.groupby(_kinds(token))),
                "a run is kept up to four, not reduced to one.",
            ),
            (_ascii_shape, "German has more letters than a to z (`str.isupper`, `str.islower`)."),
        ),
    ),
    Write(
        number="08.3",
        task="What the field `ema_momentum` of section 5 does, for one weight of the network. The average begins with "
        "the first value of the weight. At each further step it becomes `momentum` × the old average + (1 − "
        "`momentum`) × the new value. What is it in the end?",
        hints=(
            "Compute it by hand for 4, 8 and 0 with a momentum of one half: after the second value it is 6.",
            "One variable for the average, set to `weights[0]`; then a loop over `weights[1:]`.",
        ),
        praise="with 0.997 it looks back over about 300 steps, which evens out what single batches push to and fro.",
        answer=running_average,
        cases=(
            (([4.0, 8.0], 0.75), 5.0),
            (([4.0, 8.0, 0.0], 0.5), 3.0),
            (([3.0, 3.0, 3.0], 0.9), 3.0),
            (([0.0, 1.0, 1.0], 0.9), 0.19),
            (([7.0], 0.5), 7.0),
            (([2.0, 6.0, 4.0], 0.0), 4.0),
        ),
        wrong=(
            (
                lambda weights, momentum: running_average(weights, 1 - momentum),
                "the momentum is the share of the old average, not that of the new value.",
            ),
            (
                lambda weights, momentum: running_average([0.0, *weights], momentum),
                "you begin at 0, as if the weight had once been 0; the average begins with the first value.",
            ),
            (
                lambda weights, momentum: sum(weights) / len(weights),
                "this is the plain mean, in which old values count as much as new ones.",
            ),
            (
                lambda weights, momentum: running_average(weights[:2], momentum),
                "only the second value was taken in; go through all of them.",
            ),
        ),
    ),
)
