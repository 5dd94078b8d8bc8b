"""Exercises of lesson 3: one step of an LSTM, both directions, the softmax, counting parameters."""

from __future__ import annotations

import math

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def cell_state():
    return 0.5 * 2 + 0.25 * -0.8


def join(forward, backward):
    """Both: a list of outputs, one for each token read, each a list of numbers. Returns such a list."""
    return [[*f, *b] for f, b in zip(forward, backward[::-1])]


def my_softmax(logits):
    """`logits`: a list of numbers. Returns a list of as many probabilities."""
    powers = [math.exp(z - max(logits)) for z in logits]
    return [power / sum(powers) for power in powers]


def lstm_parameters(inputs, units):
    """`inputs`: numbers in a word vector; `units`: width of the state."""
    return 4 * units * (inputs + units + 1)


TOO_LARGE = "a power of e is too large for a float; subtract the largest logit from all of them first."

EXERCISES = (
    Read(
        number="03.1",
        task="At one token, the old cell state of a unit is 2. The forget gate is 0.5, the input gate 0.25, and the "
        "candidate −0.8. What is the new cell state?",
        hints=(
            "Look at the drawing of one step: the upper line is multiplied once, and added to once.",
            "New state = forget gate × old state + input gate × candidate.",
        ),
        praise="1 is kept of the old state, and −0.2 is added.",
        answer=cell_state,
        right=0.8,
        wrong=(
            (1.2, "mind the sign of the candidate: it lowers the cell state."),
            (1.8, "the forget gate keeps only half of the old cell state."),
            (1.0, "this is what is kept of the old cell state; add what the input gate lets in."),
            (-0.2, "this is what is added; what is kept of the old cell state is missing."),
        ),
        otherwise="two products and one sum: what is kept of the old state, and what is let in of the candidate.",
    ),
    Write(
        number="03.2",
        task="One LSTM has read a sentence forwards, another one backwards. Each gives its outputs *in the order in "
        "which it read*. Join them: for each token of the sentence, its forward numbers and then its backward numbers.",
        hints=(
            "The first output of `backward` belongs to the last token of the sentence.",
            "`backward[::-1]` is the reversed list; `[*f, *b]` joins two lists end to end.",
        ),
        praise="the backward outputs are reversed, and then appended to the forward ones, token by token.",
        answer=join,
        cases=(
            (([[1], [2], [3]], [[30], [20], [10]]), [[1, 10], [2, 20], [3, 30]]),
            (([[1, 2], [3, 4]], [[7, 8], [5, 6]]), [[1, 2, 5, 6], [3, 4, 7, 8]]),
            (([[0]], [[9]]), [[0, 9]]),
        ),
        wrong=(
            (
                lambda forward, backward: join(forward, backward[::-1]),
                "the backward LSTM read the last token first, so its outputs are in the wrong order here.",
            ),
            (
                lambda forward, backward: [[x + y for x, y in zip(f, b)] for f, b in zip(forward, backward[::-1])],
                "the outputs are added, but they should stand side by side: twice as many numbers for each token.",
            ),
        ),
    ),
    Write(
        number="03.3",
        task="The softmax, without NumPy: from a list of logits to a list of probabilities. It must also survive "
        "logits of 1000.",
        hints=(
            "`math.exp` of each logit, divided by the sum of them all.",
            "`math.exp(1000)` is too large for a float. What happens to the quotients if you subtract the same number "
            "from all logits?",
        ),
        praise="subtracting the largest logit changes no quotient, and nothing overflows.",
        answer=my_softmax,
        cases=(
            (([1.0, 1.0],), [0.5, 0.5]),
            (([math.log(1), math.log(2), math.log(5)],), [1 / 8, 2 / 8, 5 / 8]),
            (([-1.0, -1.0, -1.0],), [1 / 3] * 3),
            (([1000.0, 1000.0],), [0.5, 0.5]),
        ),
        wrong=(
            (lambda logits: [math.exp(z) / sum(math.exp(y) for y in logits) for z in logits], TOO_LARGE),
            (lambda logits: [math.nan] * len(logits) if max(logits) > 500 else my_softmax(logits), TOO_LARGE),
            (
                lambda logits: [z / sum(logits) for z in logits],
                "these are shares of the logits themselves; raise e to each of them first.",
            ),
            (
                lambda logits: [math.exp(z) for z in logits],
                "the powers of e are right, but they do not sum to 1 yet.",
            ),
        ),
    ),
    Write(
        number="03.4",
        task="How many parameters does an LSTM have in one direction? Count `W`, `U` and `b` for all four (three gates "
        "and the candidate). Then compute the number for the article's 1,024 units and vectors of 300 numbers.",
        hints=(
            "One unit of one gate reads all inputs and the outputs of all units, and has a bias.",
            "That is `inputs + units + 1` numbers for one unit of one gate. How many units, how many gates?",
        ),
        praise="four times: for each unit a weight for each input, one for each unit's last output, and a bias.",
        answer=lstm_parameters,
        cases=(((3, 2), 48), ((300, 256), 570_368), ((1, 1), 12)),
        wrong=(
            (
                lambda inputs, units: units * (inputs + units + 1),
                "that is one gate; the candidate and the three gates each have as many.",
            ),
            (
                lambda inputs, units: 4 * units * (inputs + units),
                "the biases are missing: one for each unit of each gate.",
            ),
            (
                lambda inputs, units: 4 * units * (inputs + 1),
                "you left out `U`: each unit also reads the output of all units.",
            ),
        ),
    ),
)
