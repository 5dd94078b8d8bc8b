"""Exercises of lesson 6: counting features, describing a token, the score of a path, a fair comparison."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from legalner.exercises.exercise import Exercise, each, same, tried

__all__ = ["EXERCISES"]


def _strings(given: Any) -> list[str] | None:
    """A learner's strings, sorted, from a sequence or set of any kind; nothing if they are none."""
    if isinstance(given, str | bytes | dict) or not isinstance(given, Iterable):
        return None
    return sorted(map(str, given))


def _count(answer: Any) -> str:
    if same(answer, 13):
        return ""
    if same(answer, 21):
        return "as many has a token in the middle. How many neighbours has the first token of a sentence?"
    if same(answer, 12):
        return "the neighbours are right; look at the first line of the list that the lesson prints."
    if same(answer, 17):
        return "one neighbour too many: two stand behind `Nach`. What stands before it?"
    if same(answer, 5):
        return "these are the features of `Nach` itself; its neighbours are described too."
    return "for which tokens is something in the list, and how many features has each of them?"


def _describe(function: Any) -> str:
    tokens = ["Nach", "§", "9", "XYZG", "haftet", "er"]
    cases = [
        ((tokens, 3), ["0:word=XYZG", "0:prefix3=XYZ", "0:suffix3=YZG", "-1:word=9", "1:word=haftet"]),
        ((tokens, 1), ["0:word=§", "0:prefix3=§", "0:suffix3=§", "-1:word=Nach", "1:word=9"]),
        ((tokens, 0), ["0:word=Nach", "0:prefix3=Nac", "0:suffix3=ach", "1:word=§"]),
        ((tokens, 5), ["0:word=er", "0:prefix3=er", "0:suffix3=er", "-1:word=haftet"]),
        ((["Revision"], 0), ["0:word=Revision", "0:prefix3=Rev", "0:suffix3=ion"]),
    ]
    for (sentence, i), expected in cases:
        try:
            given = tried(function, *copy.deepcopy((sentence, i)))
        except Exception as error:
            if "IndexError" in str(error):
                return f"{sentence[i]!r} is the last token: nothing stands behind it, so there is no `1:word`."
            raise
        found = _strings(given)
        if found == sorted(expected):
            continue
        if found is None:
            return f"a list of strings is asked for, and this is {str(given)[:60]}."
        if i == 0 and f"-1:word={sentence[-1]}" in found:
            return "at the first token you give the *last* one as the neighbour: −1 counts from the end in Python."
        if i in (0, len(sentence) - 1) and len(found) > len(expected):
            return f"{sentence[i]!r} has a neighbour on one side at most. A neighbour that is not there has no feature."
        if lacking := [name.partition("=")[0] for name in expected if name not in found]:
            return f"for {sentence[i]!r}, token {i} of {sentence}, `{lacking[0]}` is not as it should be."
        return f"for {sentence[i]!r}, token {i} of {sentence}, you have more than is asked for: {str(found)[:150]}."
    return ""


def _score(function: Any) -> str:
    weights = {
        ("word=§", "B-GS"): 2.0,
        ("word=9", "I-GS"): 1.5,
        ("shape=d", "I-GS"): 1.0,
        ("shape=d", "O"): 0.5,
        ("word=gilt", "O"): 3.0,
    }
    steps = {("B-GS", "I-GS"): 0.75, ("I-GS", "O"): -1.0, ("O", "O"): 0.25}
    three = [["word=§"], ["word=9", "shape=d"], ["word=gilt"]]
    cases = [
        ((["B-GS", "I-GS", "O"], three, weights, steps), 2 + 1.5 + 1 + 3 + 0.75 - 1),
        ((["O", "O", "O"], three, weights, steps), 0.5 + 3 + 0.25 + 0.25),
        ((["B-GS", "O", "O"], three, weights, steps), 2 + 0.5 + 3 + 0.25),
        ((["O"], [["word=gilt"]], weights, steps), 3.0),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        tags, described, _, _ = arguments
        path = " ".join(tags)
        pairs = zip(described, tags, strict=True)
        features = [[weights.get((name, tag), 0.0) for name in names] for names, tag in pairs]
        own = sum(map(sum, features))
        between = [steps.get(pair, 0.0) for pair in pairwise(tags)]
        if same(given, own):
            return f"in the path `{path}` no step counts: take each tag with the one behind it, in this order."
        if same(given, sum(between)):
            return f"in the path `{path}` only the steps count, and no feature."
        if same(given, own + sum(map(abs, between))):
            return f"in the path `{path}` one step has a negative weight: it lowers the score."
        if same(given, sum(row[0] for row in features) + sum(between)):
            return f"in the path `{path}` the second token has two features, and both speak for a tag."
        return f"the path `{path}` has the score {expected}, and you have {given}. Which weights are there for it?"

    try:
        return each(function, cases, why)
    except Exception as error:
        if "KeyError" in str(error):
            return "not each pair has a weight: one that is in `weights` or `steps` nowhere counts 0."
        raise


def _comparable(function: Any) -> str:
    def run(name: str, trained: str, tested: str, counted: str, minutes: int, f1: float) -> dict[str, Any]:
        numbers = {"minutes": minutes, "f1": f1}
        return {"name": name, "trained on": trained, "tested on": tested, "counted": counted, **numbers}

    strict, cut, tokens = "entities, whole sentences", "entities, cut sentences", "tokens"
    mine = run("linear CRF", "A", "B", strict, 4, 0.8)
    cases = [
        (run("the same work, slower", "A", "B", strict, 90, 0.7), True, "time is what a comparison shows, too"),
        (run("the same work, better", "A", "B", strict, 4, 0.9), True, "it may well be better"),
        (run("a twin", "A", "B", strict, 4, 0.8), True, "it agrees in everything"),
        (run("other test", "A", "C", strict, 4, 0.8), False, "its test sentences are others, easier ones perhaps"),
        (run("more text", "A and C", "B", strict, 4, 0.8), False, "it has learned from other sentences"),
        (run("by tokens", "A", "B", tokens, 4, 0.8), False, "its score was counted in another way"),
        (run("behind a cut", "A", "B", cut, 4, 0.8), False, "its score leaves out what was cut off"),
        (run("by heart", "B", "B", strict, 4, 0.9), False, "it has learned from the very test sentences"),
    ]

    def names(others: list[dict[str, Any]]) -> list[str]:
        given = tried(function, copy.deepcopy(mine), copy.deepcopy(others))
        found = _strings(given)
        if found is None or not set(found) <= {other["name"] for other in others}:
            raise ValueError(f"a list of names of the other runs should come back, not {str(given)[:60]}")
        return found

    try:
        for other, fair, because in cases:
            found = names([other])
            if fair and not found:
                return f"the run {other['name']!r} may stand beside the first, and you leave it out: {because}."
            if not fair and found:
                return f"the run {other['name']!r} is no fair comparison, and you take it: {because}."
        if names([other for other, _, _ in cases]) != sorted(other["name"] for other, fair, _ in cases if fair):
            return "each run alone is judged rightly, several at once are not: go through all of them."
    except ValueError as error:
        return f"{error}."
    return "" if names([]) == [] else "where there is no other run, no name can come back."


EXERCISES = (
    Exercise(
        number="06.1",
        question=(
            "**06.1 · Read.** In section 1, `9` is the third token of its sentence and has 21 features. How many has "
            "the first token of the same sentence, `Nach`?"
        ),
        stub='features = None\n\ncheck("06.1", features)',
        look=_count,
        praise="the bias, and four features for each of three tokens: itself and two neighbours behind it.",
        hints=(
            "Look at the numbers before the colons: −2 to 2. Which of these places exist around the first token?",
            "Each token that is there gives four features; `bias` is one more, which every token has.",
        ),
        solution='features = 1 + 4 * 3\n\ncheck("06.1", features)',
        wrong=(
            ("features = 21", "in the middle"),
            ("features = 12", "first line of the list"),
            ("features = 17", "one neighbour too many"),
        ),
    ),
    Exercise(
        number="06.2",
        question=(
            "**06.2 · Write.** Describe a token as in section 1, by up to five features: its word, its first three "
            "and its last three letters (`0:word=…`, `0:prefix3=…`, `0:suffix3=…`), and the words beside it "
            "(`-1:word=…` and `1:word=…`). A neighbour that is not there has no feature. Any order will do."
        ),
        stub=(
            "def describe(tokens, i):\n"
            '    """Features of token number `i` (from 0) of a sentence, in a list of strings."""\n'
            "    ...\n\n\n"
            'check("06.2", describe)'
        ),
        look=_describe,
        praise="with shapes, and two neighbours on each side, this is all that the linear CRF sees.",
        hints=(
            'A feature is a string, such as f"0:word={tokens[i]}". When is there a token `i - 1`, when a token '
            "`i + 1`?",
            "Begin with the list of the three features that are always there; add the other two only `if i > 0`, and "
            "`if i + 1 < len(tokens)`.",
        ),
        solution=(
            "def describe(tokens, i):\n"
            "    word = tokens[i]\n"
            '    features = [f"0:word={word}", f"0:prefix3={word[:3]}", f"0:suffix3={word[-3:]}"]\n'
            "    if i > 0:\n"
            '        features.append(f"-1:word={tokens[i - 1]}")\n'
            "    if i + 1 < len(tokens):\n"
            '        features.append(f"1:word={tokens[i + 1]}")\n'
            "    return features\n\n\n"
            'check("06.2", describe)'
        ),
        wrong=(
            (
                "def describe(tokens, i):\n"
                "    word = tokens[i]\n"
                "    features = [f'0:word={word}', f'0:prefix3={word[:3]}', f'0:suffix3={word[-3:]}']\n"
                "    features.append(f'-1:word={tokens[i - 1]}')\n"
                "    if i + 1 < len(tokens):\n"
                "        features.append(f'1:word={tokens[i + 1]}')\n"
                "    return features",
                "counts from the end",
            ),
            (
                "def describe(tokens, i):\n"
                "    word = tokens[i]\n"
                "    features = [f'0:word={word}', f'0:prefix3={word[:3]}', f'0:suffix3={word[-3:]}']\n"
                "    if i > 0:\n"
                "        features.append(f'-1:word={tokens[i - 1]}')\n"
                "    return features + [f'1:word={tokens[i + 1]}']",
                "nothing stands behind it",
            ),
            (
                "def describe(tokens, i):\n"
                "    word = tokens[i]\n"
                "    features = [f'0:word={word}', f'0:prefix3={word[:3]}', f'0:suffix3={word[3:]}']\n"
                "    if i > 0:\n"
                "        features.append(f'-1:word={tokens[i - 1]}')\n"
                "    if i + 1 < len(tokens):\n"
                "        features.append(f'1:word={tokens[i + 1]}')\n"
                "    return features",
                "`0:suffix3` is not as it should be",
            ),
        ),
    ),
    Exercise(
        number="06.3",
        question=(
            "**06.3 · Write.** The score of a path in a linear CRF: the weights of all features that are there, each "
            "with its token's tag, and a weight for each step from one tag to the next. A pair without a weight "
            "counts 0."
        ),
        stub=(
            "def path_score(tags, described, weights, steps):\n"
            '    """`described`: each token\'s features, [["word=§"], ["word=9", "shape=d"]], as many as `tags`.\n\n'
            '    `weights`: such as {("word=§", "B-GS"): 2.0}. `steps`: such as {("B-GS", "I-GS"): 0.75}.\n'
            '    """\n'
            "    ...\n\n\n"
            'check("06.3", path_score)'
        ),
        look=_score,
        praise="a plain sum, so each weight can be read by itself, and argued with.",
        hints=(
            "Walk over `zip(described, tags)` for the features, and over `zip(tags, tags[1:])` for the steps.",
            "`weights.get(pair, 0)` gives the weight of a pair, and 0 if it has none; a pair is (feature, tag), or "
            "(tag, next tag) in `steps`.",
        ),
        solution=(
            "def path_score(tags, described, weights, steps):\n"
            "    score = 0\n"
            "    for features, tag in zip(described, tags):\n"
            "        for feature in features:\n"
            "            score += weights.get((feature, tag), 0)\n"
            "    for step in zip(tags, tags[1:]):\n"
            "        score += steps.get(step, 0)\n"
            "    return score\n\n\n"
            'check("06.3", path_score)'
        ),
        wrong=(
            (
                "def path_score(tags, described, weights, steps):\n"
                "    return sum(weights.get((f, tag), 0) for fs, tag in zip(described, tags) for f in fs)",
                "no step counts",
            ),
            (
                "def path_score(tags, described, weights, steps):\n"
                "    score = sum(weights[f, tag] for fs, tag in zip(described, tags) for f in fs)\n"
                "    return score + sum(steps[pair] for pair in zip(tags, tags[1:]))",
                "not each pair has a weight",
            ),
            (
                "def path_score(tags, described, weights, steps):\n"
                "    score = sum(weights.get((fs[0], tag), 0) for fs, tag in zip(described, tags))\n"
                "    return score + sum(steps.get(pair, 0) for pair in zip(tags, tags[1:]))",
                "has two features",
            ),
        ),
    ),
    Exercise(
        number="06.4",
        question=(
            "**06.4 · Write.** Records of runs: `mine`, and a list of others. Which of the others may stand beside "
            "`mine` in a fair comparison? Return their names. Decide which entries of the records must agree, and "
            "which may differ."
        ),
        stub=(
            "def comparable(mine, others):\n"
            '    """A run is such as {"name": "linear CRF", "trained on": "BAG", "tested on": "BGH",\n'
            '    "counted": "entities, whole sentences", "minutes": 4, "f1": 0.8}. A list of names comes back.\n'
            '    """\n'
            "    ...\n\n\n"
            'check("06.4", comparable)'
        ),
        look=_comparable,
        praise="the same sentences to learn from, the same to be tested on, and the same way of counting.",
        hints=(
            "Six entries. One is the name, and two are what you want to compare. What of the other three?",
            "Take a run if it agrees with `mine` in all the entries that say how the score came about.",
        ),
        solution=(
            "def comparable(mine, others):\n"
            '    conditions = ("trained on", "tested on", "counted")\n'
            '    return [run["name"] for run in others if all(run[c] == mine[c] for c in conditions)]\n\n\n'
            'check("06.4", comparable)'
        ),
        wrong=(
            (
                "def comparable(mine, others):\n"
                "    return [run['name'] for run in others if run['tested on'] == mine['tested on']]",
                "learned from other sentences",
            ),
            (
                "def comparable(mine, others):\n"
                "    keys = ('trained on', 'tested on')\n"
                "    return [run['name'] for run in others if all(run[k] == mine[k] for k in keys)]",
                "counted in another way",
            ),
            (
                "def comparable(mine, others):\n"
                "    keys = set(mine) - {'name', 'f1'}\n"
                "    return [run['name'] for run in others if all(run[k] == mine[k] for k in keys)]",
                "time is what a comparison shows",
            ),
        ),
    ),
)
