"""Exercises of lesson 6: the score of a path, features by hand, a fair comparison."""

from __future__ import annotations

from typing import Any

from legalner.exercises.exercise import Exercise, alike, each, same

__all__ = ["EXERCISES"]


def _path(answer: Any) -> str:
    if same(answer, 4.5):
        return ""
    if same(answer, 5.0):
        return (
            "these are the weights of the features; the step from `B-GS` to `I-GS` has a weight too, and so has the "
            "other."
        )
    if same(answer, 6.5):
        return "the step from `I-GS` to `O` has a negative weight: it is to be added as it is."
    if same(answer, 6.0):
        return "one step is missing: three tags have two steps between them."
    return "add what each token gives its tag, and then a weight for each step from one tag to the next."


def _features(function: Any) -> str:
    tokens = ["Nach", "§", "626", "BGB"]
    cases = [
        ((tokens, 1), ["word=§", "suffix=§", "before=Nach", "after=626"]),
        ((tokens, 2), ["word=626", "suffix=626", "before=§", "after=BGB"]),
        ((tokens, 0), ["word=Nach", "suffix=ach", "before=BEGIN", "after=§"]),
        ((tokens, 3), ["word=BGB", "suffix=BGB", "before=626", "after=END"]),
        ((["Revision"], 0), ["word=Revision", "suffix=ion", "before=BEGIN", "after=END"]),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        sentence, i = arguments
        if isinstance(given, list | tuple) and f"before={sentence[-1]}" in given and i == 0:
            return (
                "at the first token you give the *last* one as the one before: index −1 counts from the end in Python."
            )
        if isinstance(given, list | tuple | set) and alike(sorted(map(str, given)), sorted(expected)):
            return f"the right features in another order; in the order {expected} they are easier to compare."
        return f"for token {i} of {sentence} it is {expected}, and you have {given}."

    try:
        return each(function, cases, why)
    except Exception as error:
        if "IndexError" in str(error):
            return "the last token has none behind it: for it the feature is `after=END`."
        raise


def _speed(function: Any) -> str:
    cases = [(([2, 3], 50, 2), 2.5), (([40, 70], 50, 4), 22.5), (([5, 2], 3, 1), 5.0)]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        lengths, max_len, seconds = arguments
        if same(given, len(lengths) * max_len / seconds):
            return "padding is no work done: count tokens, not the places of the rectangle."
        if same(given, sum(lengths) / seconds):
            return f"of sentences of {lengths} tokens, cut at {max_len}, the tokens behind the cut were never read."
        return (
            f"sentences of {lengths} tokens, cut at {max_len}, in {seconds} s: {expected} a second, and you have "
            f"{given}."
        )

    return each(function, cases, why)


EXERCISES = (
    Exercise(
        number="06.1",
        question=(
            "**06.1 · Read.** Three tokens, `§ 9 gilt`. Their features give `B-GS` 2 at the first, `I-GS` 2 at the "
            "second "
            "and `O` 1 at the third. The step from `B-GS` to `I-GS` has the weight 0.5, that from `I-GS` to `O` the "
            "weight "
            "−1. What is the score of the path `B-GS I-GS O`?"
        ),
        stub='score = None\n\ncheck("06.1", score)',
        look=_path,
        praise="2 + 2 + 1 from the features, 0.5 − 1 from the two steps.",
        hints=(
            "A path's score is a plain sum: one number for each token, one for each step between two.",
            "Three tokens give three numbers; there are two steps between them, and one of these is negative.",
        ),
        solution='score = 2 + 2 + 1 + 0.5 - 1\n\ncheck("06.1", score)',
        wrong=(("score = 2 + 2 + 1", "has a weight too"), ("score = 2 + 2 + 1 + 0.5 + 1", "negative")),
    ),
    Exercise(
        number="06.2",
        question=(
            "**06.2 · Write.** Describe a token by four features, in this order: `word=…`, `suffix=…` (its last three "
            "letters), `before=…` and `after=…` (the words beside it; `BEGIN` and `END` where there is none)."
        ),
        stub=(
            "def describe(tokens, i):\n"
            '    """Features of token number `i` of a sentence, in a list of four strings."""\n'
            "    ...\n\n\n"
            'check("06.2", describe)'
        ),
        look=_features,
        praise="these four, for two neighbours on each side and with shapes, are nearly the model of this lesson.",
        hints=(
            'For `before`: `tokens[i - 1]`, but only if `i > 0`. Write the strings as f"word={tokens[i]}".',
            'With a condition: `tokens[i - 1] if i > 0 else "BEGIN"`. At the other end compare `i` to the length.',
        ),
        solution=(
            "def describe(tokens, i):\n"
            '    before = tokens[i - 1] if i > 0 else "BEGIN"\n'
            '    after = tokens[i + 1] if i + 1 < len(tokens) else "END"\n'
            '    return [f"word={tokens[i]}", f"suffix={tokens[i][-3:]}", f"before={before}", f"after={after}"]\n\n\n'
            'check("06.2", describe)'
        ),
        wrong=(
            (
                "def describe(tokens, i):\n"
                "    after = tokens[i + 1] if i + 1 < len(tokens) else 'END'\n"
                "    return [f'word={tokens[i]}', f'suffix={tokens[i][-3:]}', f'before={tokens[i - 1]}', "
                "f'after={after}']",
                "counts from the end",
            ),
            (
                "def describe(tokens, i):\n"
                "    before = tokens[i - 1] if i else 'BEGIN'\n"
                "    return [f'word={tokens[i]}', f'suffix={tokens[i][-3:]}', f'before={before}', f'after={tokens[i "
                "+ 1]}']",
                "none behind it",
            ),
            (
                "def describe(tokens, i):\n"
                "    before = tokens[i - 1] if i else 'BEGIN'\n"
                "    after = tokens[i + 1] if i + 1 < len(tokens) else 'END'\n"
                "    return [f'word={tokens[i]}', f'suffix={tokens[i][:3]}', f'before={before}', f'after={after}']",
                "suffix=ach",
            ),
        ),
    ),
    Exercise(
        number="06.3",
        question=(
            "**06.3 · Write.** A fair comparison counts the tokens that a tagger really reads: no padding, nothing "
            "behind a "
            "cut. How many a second are that, for a tagger that pads and cuts at `max_len`?"
        ),
        stub=(
            "def tokens_per_second(lengths, max_len, seconds):\n"
            '    """`lengths`: tokens of each sentence; `seconds`: for all of them together."""\n'
            "    ...\n\n\n"
            'check("06.3", tokens_per_second)'
        ),
        look=_speed,
        praise="a tagger that pads a lot looks twice as fast if padding is counted.",
        hints=(
            "How many tokens of one sentence does it read? The shorter of two numbers.",
            "Sum up `min(length, max_len)`, and divide by the seconds.",
        ),
        solution=(
            "def tokens_per_second(lengths, max_len, seconds):\n"
            "    return sum(min(length, max_len) for length in lengths) / seconds\n\n\n"
            'check("06.3", tokens_per_second)'
        ),
        wrong=(
            (
                "def tokens_per_second(lengths, max_len, seconds):\n    return len(lengths) * max_len / seconds",
                "padding is no work",
            ),
            ("def tokens_per_second(lengths, max_len, seconds):\n    return sum(lengths) / seconds", "never read"),
        ),
    ),
)
