"""Exercises of lesson 4: the loss by hand, accuracy without padding, steps and epochs, stopping early."""

from __future__ import annotations

import math

import numpy as np

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def loss():
    return (-math.log(0.25) - math.log(0.5)) / 2


def accuracy_of_words(gold, predicted):
    """Both: a list of sentences, each a list of tag numbers, equally long."""
    right = total = 0
    for true, said in zip(gold, predicted):
        for g, p in zip(true, said):
            if g != 0:
                total += 1
                right += g == p
    return right / total


def steps_in_all(sentences, batch_size, epochs):
    """Three whole numbers; the last batch of an epoch may be smaller."""
    return math.ceil(sentences / batch_size) * epochs


def stops_after(val_losses, patience):
    """`val_losses`: the loss that each epoch would give. Returns the number of epochs that are run."""
    lowest, bad = float("inf"), 0
    for epoch, loss in enumerate(val_losses, start=1):
        bad = 0 if loss < lowest else bad + 1
        lowest = min(lowest, loss)
        if bad == patience:
            return epoch
    return len(val_losses)


def _stops_by_the_epoch_before(val_losses, patience):
    bad = 0
    for epoch in range(1, len(val_losses)):
        bad = 0 if val_losses[epoch] < val_losses[epoch - 1] else bad + 1
        if bad == patience:
            return epoch + 1
    return len(val_losses)


def _stops_one_early(val_losses, patience):
    epochs = stops_after(val_losses, patience)
    return epochs if epochs == len(val_losses) else epochs - 1


def _stops_at_no_equal_loss(val_losses, patience):
    later_is_lower = [loss - i * 1e-9 for i, loss in enumerate(val_losses)]
    return stops_after(later_is_lower, patience)


FLOOR = "the last batch is smaller, but it is a step too."
EACH_EPOCH = "each epoch begins with a new batch."

EXERCISES = (
    Read(
        number="04.1",
        task="Two tokens. The network gives the right tag of the first a probability of 0.25, that of the second 0.5. "
        "What is the loss (the mean cross-entropy)? Compute it, with `math.log`.",
        hints=(
            "The loss of one token is the negative natural logarithm of the probability of its right tag.",
            "`-math.log(0.25)` for the first, the same with 0.5 for the second; then the mean of the two.",
        ),
        praise="the mean of −ln 0.25 and −ln 0.5.",
        answer=loss,
        right=1.5 * math.log(2),
        wrong=(
            (3 * math.log(2), "this is the sum over both tokens; the loss is the mean."),
            (1.5, "this is with logarithms to base 2; the loss takes the natural one (`math.log`)."),
            (-1.5 * math.log(2), "the sign: a loss is the *negative* logarithm, and never below 0."),
            (
                -math.log((0.25 + 0.5) / 2),
                "take the logarithm of each probability first and then the mean, not the other way round.",
            ),
        ),
        otherwise="only the probability of the right tag counts: its negative logarithm, token by token, and then the "
        "mean.",
        tolerance=1e-3,
    ),
    Write(
        number="04.2",
        task="The accuracy over real tokens: tag 0 in gold is padding and must not count. A word that is *predicted* "
        "as padding is wrong.",
        hints=(
            "Go through the pairs of gold and predicted tags, and skip those whose gold tag is 0.",
            "Count two things: the pairs that you did not skip, and those of them that are equal. Then divide.",
        ),
        praise="padding is neither right nor wrong: it is not there.",
        answer=accuracy_of_words,
        cases=(
            (([[2, 1, 0, 0]], [[2, 2, 0, 0]]), 0.5),
            (([[1, 0], [1, 1]], [[1, 1], [2, 1]]), 2 / 3),
            (([[3, 3, 3]], [[3, 3, 3]]), 1.0),
            (([[1, 0, 0], [2, 0, 0]], [[0, 0, 0], [2, 0, 0]]), 0.5),
        ),
        wrong=(
            (
                lambda gold, predicted: np.mean(np.array(gold) == np.array(predicted)),
                "you counted the padding too: it is easy, and it flatters.",
            ),
            (
                lambda gold, predicted: accuracy_of_words(gold, predicted) * np.mean(np.array(gold) > 0),
                "leave the padding out of what you divide by, too.",
            ),
            (
                lambda gold, predicted: accuracy_of_words(np.array(gold) * (np.array(predicted) > 0), predicted),
                "a word that is tagged as padding is wrong, so it counts.",
            ),
        ),
    ),
    Write(
        number="04.3",
        task="How many steps (updates of the weights) does a training run take in all?",
        hints=(
            "How many batches do 100 sentences make, 32 at a time?",
            "Round up within one epoch (`math.ceil`), then multiply.",
        ),
        praise="the batches of one epoch, rounded up, times the epochs.",
        answer=steps_in_all,
        cases=(((100, 32, 1), 4), ((96, 32, 2), 6), ((10, 32, 3), 3), ((10232, 32, 10), 3200)),
        wrong=(
            (lambda sentences, batch_size, epochs: sentences // batch_size * epochs, FLOOR),
            (lambda sentences, batch_size, epochs: sentences * epochs / batch_size, FLOOR),
            (lambda sentences, batch_size, epochs: math.ceil(sentences * epochs / batch_size), EACH_EPOCH),
        ),
    ),
    Write(
        number="04.4",
        task="Early stopping: after which epoch (counted from 1) does training stop, if it waits `patience` epochs in "
        "a row for a new lowest loss on val?",
        hints=(
            "Keep two things as you go through the losses: the lowest so far, and how many epochs ago it was.",
            "A new lowest loss sets the count of bad epochs to 0. When the count reaches `patience`, stop: this epoch "
            "was run too.",
        ),
        praise="what counts is the lowest loss so far, not that of the epoch before.",
        answer=stops_after,
        cases=(
            (([3.0, 2.0, 1.0, 0.5], 2), 4),
            (([3.0, 1.0, 2.0, 1.5, 0.5], 2), 4),
            (([2.0, 2.0, 1.0, 0.9], 1), 2),
            (([1.0, 2.0, 3.0, 4.0], 3), 4),
            (([3.0, 2.0, 2.5, 1.0, 1.2, 1.1, 0.1], 2), 6),
        ),
        wrong=(
            (_stops_by_the_epoch_before, "an epoch that is better than the one before need not be a new lowest."),
            (_stops_one_early, "count the epochs that are run, the last bad one too."),
            (_stops_at_no_equal_loss, "a loss that only equals the lowest one is not a *new* lowest."),
        ),
    ),
)
