"""Exercises of lesson 6: counting features, describing a token, the score of a path, a fair comparison."""

from __future__ import annotations

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def features():
    return 1 + 4 * 3


def describe(tokens, i):
    """`i`: number of a token in the sentence, from 0. Returns a list of strings, its features."""
    word = tokens[i]
    features = [f"0:word={word}", f"0:prefix3={word[:3]}", f"0:suffix3={word[-3:]}"]
    if i > 0:
        features.append(f"-1:word={tokens[i - 1]}")
    if i + 1 < len(tokens):
        features.append(f"1:word={tokens[i + 1]}")
    return features


def path_score(tags, described, weights, steps):
    """`described`: each token's features, [["word=§"], ["word=9", "shape=d"]], as many as `tags`.

    `weights`: such as {("word=§", "B-GS"): 2.0}. `steps`: such as {("B-GS", "I-GS"): 0.75}.
    """
    score = 0
    for features, tag in zip(described, tags):
        for feature in features:
            score += weights.get((feature, tag), 0)
    for step in zip(tags, tags[1:]):
        score += steps.get(step, 0)
    return score


def comparable(mine, others):
    """A run is such as {"name": "linear CRF", "trained on": "BAG", "tested on": "BGH",
    "counted": "entities, whole sentences", "minutes": 4, "f1": 0.8}. Returns a list of names.
    """
    conditions = ("trained on", "tested on", "counted")
    return [run["name"] for run in others if all(run[c] == mine[c] for c in conditions)]


TOKENS = ["Nach", "§", "9", "XYZG", "haftet", "er"]
WEIGHTS = {
    ("word=§", "B-GS"): 2.0,
    ("word=9", "I-GS"): 1.5,
    ("shape=d", "I-GS"): 1.0,
    ("shape=d", "O"): 0.5,
    ("word=gilt", "O"): 3.0,
}
STEPS = {("B-GS", "I-GS"): 0.75, ("I-GS", "O"): -1.0, ("O", "O"): 0.25}
DESCRIBED = [["word=§"], ["word=9", "shape=d"], ["word=gilt"]]


def _always_a_neighbour_before(tokens, i):
    return describe(tokens, i) + ([] if i > 0 else [f"-1:word={tokens[-1]}"])


def _always_a_neighbour_after(tokens, i):
    return describe(tokens, i) if tokens[i + 1] else []


def _empty_neighbours(tokens, i):
    before, after = [] if i > 0 else ["-1:word="], [] if i + 1 < len(tokens) else ["1:word="]
    return describe(tokens, i) + before + after


def _wrong_suffix(tokens, i):
    return [f"0:suffix3={tokens[i][3:]}" if f.startswith("0:suffix3") else f for f in describe(tokens, i)]


def _score_of_known_pairs(tags, described, weights, steps):
    score = sum(weights[feature, tag] for features, tag in zip(described, tags) for feature in features)
    return score + sum(steps[step] for step in zip(tags, tags[1:]))


def _agreeing_in(*entries):
    return lambda mine, others: [run["name"] for run in others if all(run[e] == mine[e] for e in entries)]


def _run(name, trained, tested, counted, minutes, f1):
    return {
        "name": name, "trained on": trained, "tested on": tested, "counted": counted, "minutes": minutes, "f1": f1
    }  # fmt: skip


STRICT = "entities, whole sentences"
MINE = _run("linear CRF", "A", "B", STRICT, 4, 0.8)
FAIR = [
    _run("the same work, slower", "A", "B", STRICT, 90, 0.8),
    _run("the same work, better", "A", "B", STRICT, 4, 0.9),
    _run("a twin", "A", "B", STRICT, 4, 0.8),
]
UNFAIR = [
    _run("other test", "A", "C", STRICT, 4, 0.8),
    _run("more text", "A and C", "B", STRICT, 4, 0.8),
    _run("by tokens", "A", "B", "tokens", 4, 0.8),
    _run("after a cut", "A", "B", "entities, cut sentences", 4, 0.8),
    _run("by heart", "B", "B", STRICT, 4, 0.9),
]

EXERCISES = (
    Read(
        number="06.1",
        task="In section 1, `9` is the third token of its sentence and has 21 features. How many does the first token "
        "of the same sentence have, `Nach`?",
        hints=(
            "Look at the numbers before the colons: −2 to 2. Which of these positions exist around the first token?",
            "Each token that is there gives four features; `bias` is one more, which every token has.",
        ),
        praise="the bias, and four features for each of three tokens: itself and the two that follow.",
        answer=features,
        right=13,
        wrong=(
            (21, "a token in the middle has that many. How many neighbours does the first token of a sentence have?"),
            (12, "the neighbours are right; look at the first line of the list that the lesson prints."),
            (17, "one neighbour too many: two come after `Nach`. What comes before it?"),
            (5, "these are the features of `Nach` itself; its neighbours are described too."),
        ),
        otherwise="which tokens are described in the list, and how many features does each of them have?",
    ),
    Write(
        number="06.2",
        task="Describe a token as in section 1, by up to five features: its word, its first three and its last three "
        "letters (`0:word=…`, `0:prefix3=…`, `0:suffix3=…`), and the words before and after it (`-1:word=…` and "
        "`1:word=…`). A neighbour that is not there has no feature. Any order will do.",
        hints=(
            'A feature is a string, such as f"0:word={tokens[i]}". When is there a token `i - 1`, and when a token '
            "`i + 1`?",
            "Begin with the list of the three features that are always there; add the other two only `if i > 0`, and "
            "`if i + 1 < len(tokens)`.",
        ),
        praise="together with shapes, and with two neighbours on each side, this is all that the linear CRF sees.",
        answer=describe,
        any_order=True,
        cases=(
            ((TOKENS, 3), ["-1:word=9", "0:prefix3=XYZ", "0:suffix3=YZG", "0:word=XYZG", "1:word=haftet"]),
            ((TOKENS, 1), ["-1:word=Nach", "0:prefix3=§", "0:suffix3=§", "0:word=§", "1:word=9"]),
            ((TOKENS, 0), ["0:prefix3=Nac", "0:suffix3=ach", "0:word=Nach", "1:word=§"]),
            ((TOKENS, 5), ["-1:word=haftet", "0:prefix3=er", "0:suffix3=er", "0:word=er"]),
            ((["Revision"], 0), ["0:prefix3=Rev", "0:suffix3=ion", "0:word=Revision"]),
        ),
        wrong=(
            (
                _always_a_neighbour_before,
                "you give the first token the *last* one as its neighbour: −1 counts from the end in Python.",
            ),
            (_always_a_neighbour_after, "nothing comes after the last token, so it has no `1:word`."),
            (_empty_neighbours, "a neighbour that is not there has no feature, not an empty one."),
            (_wrong_suffix, "`0:suffix3` is not as it should be."),
        ),
    ),
    Write(
        number="06.3",
        task="The score of a path in a linear CRF: the weights of all features that are there, each with its token's "
        "tag, and a weight for each step from one tag to the next. A pair without a weight counts 0.",
        hints=(
            "Go through `zip(described, tags)` for the features, and through `zip(tags, tags[1:])` for the steps.",
            "`weights.get(pair, 0)` gives the weight of a pair, and 0 if it has none; a pair is (feature, tag), or "
            "(tag, next tag) in `steps`.",
        ),
        praise="a plain sum, so each weight can be read, and argued about, by itself.",
        answer=path_score,
        cases=(
            ((["B-GS", "I-GS", "O"], DESCRIBED, WEIGHTS, STEPS), 2 + 1.5 + 1 + 3 + 0.75 - 1),
            ((["O", "O", "O"], DESCRIBED, WEIGHTS, STEPS), 0.5 + 3 + 0.25 + 0.25),
            ((["B-GS", "O", "O"], DESCRIBED, WEIGHTS, STEPS), 2 + 0.5 + 3 + 0.25),
            ((["O"], [["word=gilt"]], WEIGHTS, STEPS), 3.0),
        ),
        wrong=(
            (
                lambda tags, described, weights, steps: path_score(tags, described, weights, {}),
                "no step counts: take each tag with the one after it, in this order.",
            ),
            (
                lambda tags, described, weights, steps: path_score(tags, described, {}, steps),
                "only the steps count, and no feature.",
            ),
            (
                lambda tags, described, weights, steps: path_score(
                    tags, described, weights, {step: abs(weight) for step, weight in steps.items()}
                ),
                "a step with a negative weight lowers the score.",
            ),
            (
                lambda tags, described, weights, steps: path_score(
                    tags, [features[:1] for features in described], weights, steps
                ),
                "a token can have several features, and all of them count.",
            ),
            (_score_of_known_pairs, "not every pair has a weight: one that is not in `weights` or `steps` counts 0."),
        ),
    ),
    Write(
        number="06.4",
        task="Records of runs: `mine`, and a list of others. Which of the others can be compared with `mine` fairly? "
        "Return their names. Decide which entries of the records must agree, and which may differ.",
        hints=(
            "Six entries. One is the name, and two are what you want to compare. What about the other three?",
            "Take a run if it agrees with `mine` in all the entries that say how the score came about.",
        ),
        praise="the same sentences to learn from, the same to be tested on, and the same way of counting.",
        answer=comparable,
        any_order=True,
        cases=(
            *(((MINE, [run]), [run["name"]]) for run in FAIR),
            *(((MINE, [run]), []) for run in UNFAIR),
            ((MINE, UNFAIR + FAIR), sorted(run["name"] for run in FAIR)),
            ((MINE, []), []),
        ),
        wrong=(
            (
                _agreeing_in("trained on", "tested on", "counted", "minutes"),
                "you leave out a fair run: time is one of the things that a comparison shows.",
            ),
            (
                _agreeing_in("trained on", "tested on", "counted", "f1"),
                "you leave out a fair run: it may well be better.",
            ),
            (
                _agreeing_in("trained on", "counted"),
                "you take a run that was tested on other sentences, which may be easier.",
            ),
            (_agreeing_in("tested on", "counted"), "you take a run that learned from other sentences."),
            (_agreeing_in("trained on", "tested on"), "you take a run whose score was counted in another way."),
            (
                lambda mine, others: comparable(mine, others)[:1],
                "you judge each run alone correctly, but not several at once: go through all of them.",
            ),
        ),
    ),
)
