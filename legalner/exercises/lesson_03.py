"""Exercises of lesson 3: one step of an LSTM, both directions, the softmax, counting parameters."""

from __future__ import annotations

import math
from typing import Any

from legalner.exercises.exercise import Exercise, alike, each, same, tried

__all__ = ["EXERCISES"]


def _cell(answer: Any) -> str:
    if same(answer, 0.8):
        return ""
    if same(answer, 1.0):
        return "this is what is kept of the old cell state; what the input gate lets in is to be added."
    if same(answer, 1.2):
        return "mind the sign of the candidate: it lowers the cell state."
    if same(answer, 1.8):
        return "the forget gate keeps only a half of the old cell state."
    if same(answer, -0.2):
        return "this is what is added; what is kept of the old cell state is missing."
    return "two products and one sum: what is kept of the old state, and what is let in of the candidate."


def _join(function: Any) -> str:
    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        forward, backward = arguments
        if alike(given, [[*f, *b] for f, b in zip(forward, backward, strict=True)]):
            return "the backward LSTM read the last token first: its outputs are in the wrong order here."
        if alike(
            given, [[x + y for x, y in zip(f, b, strict=True)] for f, b in zip(forward, backward[::-1], strict=True)]
        ):
            return "the outputs are added, but they should stand side by side: twice as many numbers for each token."
        return f"for forward {forward} and backward {backward} it is {expected}, and you have {given}."

    cases = [
        (([[1], [2], [3]], [[30], [20], [10]]), [[1, 10], [2, 20], [3, 30]]),
        (([[1, 2], [3, 4]], [[7, 8], [5, 6]]), [[1, 2, 5, 6], [3, 4, 7, 8]]),
        (([[0]], [[9]]), [[0, 9]]),
    ]
    return each(function, cases, why)


def _softmax(function: Any) -> str:
    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        (logits,) = arguments
        if max(logits) > 500:
            return f"for {logits} a power of e is too large for a float; subtract the largest logit from all first."
        if alike(given, [x / sum(logits) if sum(logits) else 0.0 for x in logits]):
            return "these are shares of the logits themselves; raise e to each of them first."
        if alike(given, [math.exp(x) for x in logits]):
            return "the powers of e are right; they do not sum to 1 yet."
        return f"for {logits} it is {[round(p, 3) for p in expected]}, and you have {given}."

    one, two, five = math.log(1), math.log(2), math.log(5)
    cases = [
        (([1.0, 1.0],), [0.5, 0.5]),
        (([one, two, five],), [1 / 8, 2 / 8, 5 / 8]),
        (([-1.0, -1.0, -1.0],), [1 / 3] * 3),
    ]
    cases += [(([1000.0, 1000.0],), [0.5, 0.5])]
    try:
        return each(function, cases, why)
    except Exception as error:
        if "OverflowError" in str(error):
            return "for logits of 1000 a power of e is too large; subtract the largest logit from all first."
        raise


def _parameters(function: Any) -> str:
    for inputs, units in ((3, 2), (300, 256), (1, 1)):
        given = tried(function, inputs, units)
        expected = 4 * units * (inputs + units + 1)
        if same(given, expected):
            continue
        if same(given, units * (inputs + units + 1)):
            return (
                f"for {inputs} inputs and {units} units that is one gate; the candidate and three gates each have as "
                "many."
            )
        if same(given, 4 * units * (inputs + units)):
            return f"for {inputs} inputs and {units} units the biases are missing: one for each unit of each gate."
        if same(given, 4 * units * (inputs + 1)):
            return (
                f"for {inputs} inputs and {units} units you left out `U`: each unit also reads the output of all units."
            )
        return f"for {inputs} inputs and {units} units it is {expected:,}, and you have {given}."
    return ""


EXERCISES = (
    Exercise(
        number="03.1",
        question=(
            "**03.1 · Read.** At one token a unit's old cell state is 2. The forget gate is 0.5, the input gate "
            "0.25, and "
            "the candidate −0.8. What is the new cell state?"
        ),
        stub='cell_state = None\n\ncheck("03.1", cell_state)',
        look=_cell,
        praise="1 is kept of the old state, and −0.2 is added.",
        hints=(
            "Look at the drawing of one step: the upper line is multiplied once, and added to once.",
            "New state = forget gate × old state + input gate × candidate.",
        ),
        solution='cell_state = 0.5 * 2 + 0.25 * -0.8\n\ncheck("03.1", cell_state)',
        wrong=(
            ("cell_state = 1.2", "sign"),
            ("cell_state = 1.8", "keeps only a half"),
            ("cell_state = 1.0", "lets in"),
        ),
    ),
    Exercise(
        number="03.2",
        question=(
            "**03.2 · Write.** An LSTM has read a sentence forwards, another one backwards. Each gives its outputs "
            "*in the "
            "order in which it read*. Join them: for each token of the sentence, its forward and then its backward "
            "numbers."
        ),
        stub=(
            "def join(forward, backward):\n"
            '    """Both: a list of outputs, one a token read, each a list of numbers. Such a list comes back."""\n'
            "    ...\n\n\n"
            'check("03.2", join)'
        ),
        look=_join,
        praise="the backward outputs are turned round, and then stand beside the forward ones.",
        hints=(
            "The first output of `backward` belongs to the last token of the sentence.",
            "`backward[::-1]` is the list turned round; `[*f, *b]` puts two lists behind each other.",
        ),
        solution=(
            "def join(forward, backward):\n"
            "    return [[*f, *b] for f, b in zip(forward, backward[::-1])]\n\n\n"
            'check("03.2", join)'
        ),
        wrong=(
            (
                "def join(forward, backward):\n    return [[*f, *b] for f, b in zip(forward, backward)]",
                "read the last token first",
            ),
            (
                "import numpy as np\n\n\ndef join(forward, backward):\n"
                "    return np.array(forward) + np.array(backward[::-1])",
                "side by side",
            ),
        ),
    ),
    Exercise(
        number="03.3",
        question=(
            "**03.3 · Write.** The softmax, without NumPy: from a list of logits to a list of probabilities. It must "
            "also "
            "survive logits of 1000."
        ),
        stub=(
            "import math\n\n\n"
            "def my_softmax(logits):\n"
            '    """`logits`: a list of numbers. As many probabilities come back, in a list."""\n'
            "    ...\n\n\n"
            'check("03.3", my_softmax)'
        ),
        look=_softmax,
        praise="subtracting the largest logit changes no quotient, and nothing overflows.",
        hints=(
            "`math.exp` of each logit, divided by the sum of them all.",
            "`math.exp(1000)` is too large for a float. What happens to the quotients if all logits get smaller by "
            "the same number?",
        ),
        solution=(
            "import math\n\n\n"
            "def my_softmax(logits):\n"
            "    powers = [math.exp(z - max(logits)) for z in logits]\n"
            "    return [power / sum(powers) for power in powers]\n\n\n"
            'check("03.3", my_softmax)'
        ),
        wrong=(
            (
                "import math\n\n\ndef my_softmax(logits):\n    powers = [math.exp(z) for z in logits]\n"
                "    return [power / sum(powers) for power in powers]",
                "too large",
            ),
            ("def my_softmax(logits):\n    return [z / sum(logits) for z in logits]", "raise e"),
            ("import math\n\n\ndef my_softmax(logits):\n    return [math.exp(z) for z in logits]", "sum to 1"),
        ),
    ),
    Exercise(
        number="03.4",
        question=(
            "**03.4 · Write.** How many parameters has an LSTM in one direction? Count `W`, `U` and `b` for all four "
            "(three gates and the candidate). Then compute it for the article's 1,024 units and vectors of 300 numbers."
        ),
        stub=(
            "def lstm_parameters(inputs, units):\n"
            '    """`inputs`: numbers in a word vector; `units`: width of the state."""\n'
            "    ...\n\n\n"
            'check("03.4", lstm_parameters)'
        ),
        look=_parameters,
        praise="four times: a weight for each input, one for each unit's last output, and a bias.",
        hints=(
            "One unit of one gate reads all inputs and the outputs of all units, and has a bias.",
            "That is `inputs + units + 1` numbers for one unit of one gate. How many units, how many gates?",
        ),
        solution=(
            "def lstm_parameters(inputs, units):\n"
            "    return 4 * units * (inputs + units + 1)\n\n\n"
            'check("03.4", lstm_parameters)'
        ),
        wrong=(
            ("def lstm_parameters(inputs, units):\n    return units * (inputs + units + 1)", "one gate"),
            ("def lstm_parameters(inputs, units):\n    return 4 * units * (inputs + units)", "biases"),
            ("def lstm_parameters(inputs, units):\n    return 4 * units * (inputs + 1)", "left out `U`"),
        ),
    ),
)
