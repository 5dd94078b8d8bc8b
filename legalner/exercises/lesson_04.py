"""Exercises of lesson 4: the loss by hand, accuracy without padding, steps and epochs, stopping early."""

from __future__ import annotations

import math
from typing import Any

from legalner.exercises.exercise import Exercise, each, same

__all__ = ["EXERCISES"]


def _loss(answer: Any) -> str:
    if same(answer, 1.5 * math.log(2), 1e-3):
        return ""
    if same(answer, 3 * math.log(2), 1e-3):
        return "this is the sum over both tokens; the loss is the mean."
    if same(answer, 1.5, 1e-3):
        return "this is with logarithms to base 2; the loss takes the natural one (`math.log`)."
    if same(answer, -1.5 * math.log(2), 1e-3):
        return "the sign: a loss is the *negative* logarithm, and never below 0."
    if same(answer, -math.log(0.375), 1e-3):
        return "take the logarithm of each probability first, and then the mean; not the other way round."
    return "only the probability of the right tag counts: its negative logarithm, token by token, and then the mean."


def _accuracy(function: Any) -> str:
    cases = [
        (([[2, 1, 0, 0]], [[2, 2, 0, 0]]), 0.5),
        (([[1, 0], [1, 1]], [[1, 1], [2, 1]]), 2 / 3),
        (([[3, 3, 3]], [[3, 3, 3]]), 1.0),
        (([[1, 0, 0], [2, 0, 0]], [[0, 0, 0], [2, 0, 0]]), 0.5),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        gold, predicted = arguments
        pairs = [(g, p) for gs, ps in zip(gold, predicted, strict=True) for g, p in zip(gs, ps, strict=True)]
        if same(given, sum(g == p for g, p in pairs) / len(pairs)):
            return (
                f"for gold {gold} and predicted {predicted} you counted the padding too: it is easy, and it flatters."
            )
        if same(given, sum(g == p != 0 for g, p in pairs) / len(pairs)):
            return f"for gold {gold}: padding must not be among what you divide by either."
        if any(p == 0 != g for g, p in pairs):
            return f"for gold {gold} and predicted {predicted} it is {expected:.3f}: a word tagged as padding is wrong."
        return f"for gold {gold} and predicted {predicted} it is {expected:.3f}, and you have {given}."

    return each(function, cases, why)


def _steps(function: Any) -> str:
    cases = [((100, 32, 1), 4), ((96, 32, 2), 6), ((10, 32, 3), 3), ((10232, 32, 10), 3200)]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        sentences, batch, epochs = arguments
        if same(given, sentences // batch * epochs) or same(given, sentences * epochs / batch):
            return f"{sentences} sentences in batches of {batch}: the last batch is smaller, and it is a step too."
        if same(given, sentences * epochs // batch) or same(given, math.ceil(sentences * epochs / batch)):
            return f"each epoch begins with a new batch; for {arguments} it is {expected:,}, not {given}."
        return f"for {sentences} sentences, batches of {batch} and {epochs} epochs it is {expected:,}, not {given}."

    return each(function, cases, why)


def _stop(function: Any) -> str:
    cases = [
        (([3.0, 2.0, 1.0, 0.5], 2), 4),
        (([3.0, 1.0, 2.0, 1.5, 0.5], 2), 4),
        (([2.0, 2.0, 1.0, 0.9], 1), 2),
        (([1.0, 2.0, 3.0, 4.0], 3), 4),
        (([3.0, 2.0, 2.5, 1.0, 1.2, 1.1, 0.1], 2), 6),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        losses, patience = arguments
        if losses[:3] == [3.0, 1.0, 2.0] and same(given, 5):
            return (
                f"in {losses} epoch 4 is better than epoch 3, but no new lowest: with patience {patience} it stops "
                "there."
            )
        if same(given, expected - 1):
            return (
                f"for {losses} and patience {patience} {expected} epochs are done, the last bad one too; not {given}."
            )
        if losses[0] == losses[1] and same(given, 4):
            return f"in {losses} the second loss is as low as the first, and that is no *new* lowest."
        return f"for {losses} and patience {patience} it stops after epoch {expected}, and you have {given}."

    return each(function, cases, why)


EXERCISES = (
    Exercise(
        number="04.1",
        question=(
            "**04.1 · Read.** Two tokens. The network gives the right tag of the first a probability of 0.25, that "
            "of the "
            "second 0.5. What is the loss (the mean cross-entropy)? Compute it, with `math.log`."
        ),
        stub='loss = None\n\ncheck("04.1", loss)',
        look=_loss,
        praise="the mean of −ln 0.25 and −ln 0.5.",
        hints=(
            "The loss of one token is the negative natural logarithm of the probability of its right tag.",
            "`-math.log(0.25)` for the first, the same with 0.5 for the second; then the mean of the two.",
        ),
        solution='import math\n\nloss = (-math.log(0.25) - math.log(0.5)) / 2\n\ncheck("04.1", loss)',
        wrong=(
            ("import math\n\nloss = -math.log(0.25) - math.log(0.5)", "sum over both"),
            ("import math\n\nloss = (math.log(0.25) + math.log(0.5)) / 2", "sign"),
            ("import math\n\nloss = -math.log((0.25 + 0.5) / 2)", "other way round"),
        ),
    ),
    Exercise(
        number="04.2",
        question=(
            "**04.2 · Write.** The accuracy over real tokens: tag 0 in gold is padding and must not count. A word "
            "that is "
            "*predicted* as padding is wrong."
        ),
        stub=(
            "def accuracy_of_words(gold, predicted):\n"
            '    """Both: a list of sentences, each a list of tag numbers, equally long."""\n'
            "    ...\n\n\n"
            'check("04.2", accuracy_of_words)'
        ),
        look=_accuracy,
        praise="padding is neither right nor wrong: it is not there.",
        hints=(
            "Walk over pairs of gold and predicted tags, and skip those whose gold tag is 0.",
            "Count two things: the pairs that you did not skip, and those of them that are equal. Then divide.",
        ),
        solution=(
            "def accuracy_of_words(gold, predicted):\n"
            "    right = total = 0\n"
            "    for true, said in zip(gold, predicted):\n"
            "        for g, p in zip(true, said):\n"
            "            if g != 0:\n"
            "                total += 1\n"
            "                right += g == p\n"
            "    return right / total\n\n\n"
            'check("04.2", accuracy_of_words)'
        ),
        wrong=(
            (
                "import numpy as np\n\n\ndef accuracy_of_words(gold, predicted):\n"
                "    return np.mean(np.array(gold) == np.array(predicted))",
                "flatters",
            ),
            (
                "import numpy as np\n\n\ndef accuracy_of_words(gold, predicted):\n"
                "    g, p = np.array(gold), np.array(predicted)\n    return ((g == p) & (g > 0)).sum() / g.size",
                "divide by",
            ),
            (
                "import numpy as np\n\n\ndef accuracy_of_words(gold, predicted):\n"
                "    g, p = np.array(gold), np.array(predicted)\n    return (g == p)[(g > 0) & (p > 0)].mean()",
                "tagged as padding",
            ),
        ),
    ),
    Exercise(
        number="04.3",
        question="**04.3 · Write.** How many steps (updates of the weights) does a training take in all?",
        stub=(
            "def steps_in_all(sentences, batch_size, epochs):\n"
            '    """Three whole numbers; the last batch of an epoch may be smaller."""\n'
            "    ...\n\n\n"
            'check("04.3", steps_in_all)'
        ),
        look=_steps,
        praise="batches of one epoch, rounded up, times the epochs.",
        hints=(
            "How many batches do 100 sentences make, 32 at a time?",
            "Round up within one epoch (`math.ceil`), and multiply then.",
        ),
        solution=(
            "import math\n\n\n"
            "def steps_in_all(sentences, batch_size, epochs):\n"
            "    return math.ceil(sentences / batch_size) * epochs\n\n\n"
            'check("04.3", steps_in_all)'
        ),
        wrong=(
            (
                "def steps_in_all(sentences, batch_size, epochs):\n    return sentences // batch_size * epochs",
                "a step too",
            ),
            (
                "import math\n\n\ndef steps_in_all(sentences, batch_size, epochs):\n"
                "    return math.ceil(sentences * epochs / batch_size)",
                "each epoch begins",
            ),
        ),
    ),
    Exercise(
        number="04.4",
        question=(
            "**04.4 · Write.** Early stopping: after which epoch (counted from 1) does a training stop, if it waits "
            "`patience` epochs in a row for a new lowest loss on val?"
        ),
        stub=(
            "def stops_after(val_losses, patience):\n"
            '    """`val_losses`: what each epoch would give; the number of epochs that are done comes back."""\n'
            "    ...\n\n\n"
            'check("04.4", stops_after)'
        ),
        look=_stop,
        praise="it is the lowest loss so far that counts, not that of the epoch before.",
        hints=(
            "Keep two things while you walk over the losses: the lowest so far, and how many epochs since.",
            "A new lowest sets the count of bad epochs to 0. When the count reaches `patience`, stop: this epoch was "
            "done too.",
        ),
        solution=(
            "def stops_after(val_losses, patience):\n"
            '    lowest, bad = float("inf"), 0\n'
            "    for epoch, loss in enumerate(val_losses, start=1):\n"
            "        bad = 0 if loss < lowest else bad + 1\n"
            "        lowest = min(lowest, loss)\n"
            "        if bad == patience:\n"
            "            return epoch\n"
            "    return len(val_losses)\n\n\n"
            'check("04.4", stops_after)'
        ),
        wrong=(
            (
                "def stops_after(val_losses, patience):\n"
                "    bad = 0\n"
                "    for epoch in range(1, len(val_losses)):\n"
                "        bad = 0 if val_losses[epoch] < val_losses[epoch - 1] else bad + 1\n"
                "        if bad == patience:\n"
                "            return epoch + 1\n"
                "    return len(val_losses)",
                "no new lowest",
            ),
            (
                "def stops_after(val_losses, patience):\n"
                "    lowest, bad = float('inf'), 0\n"
                "    for epoch, loss in enumerate(val_losses):\n"
                "        bad = 0 if loss < lowest else bad + 1\n"
                "        lowest = min(lowest, loss)\n"
                "        if bad == patience:\n"
                "            return epoch\n"
                "    return len(val_losses)",
                "the last bad one too",
            ),
        ),
    ),
)
