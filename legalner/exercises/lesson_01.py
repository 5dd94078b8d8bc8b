"""Exercises of lesson 1: reading tags, another way of writing them, sentences that occur twice."""

from __future__ import annotations

from typing import Any

from legalner.exercises.exercise import Exercise, each, same

__all__ = ["EXERCISES"]


def _entities(answer: Any) -> str:
    if same(answer, 4):
        return ""
    if same(answer, 3):
        return "two of the decisions touch: how many tags begin with `B-`?"
    if same(answer, 7):
        return "these are the tokens within entities; one entity can have several."
    return "an entity is one `B-` with all the `I-` of its class that follow at once."


def _iob1(function: Any) -> str:
    cases = [
        ((["B-GS", "I-GS", "O"],), ["I-GS", "I-GS", "O"]),
        ((["B-GS", "I-GS", "B-GS", "I-GS"],), ["I-GS", "I-GS", "B-GS", "I-GS"]),
        ((["B-GRT", "B-GS"],), ["I-GRT", "I-GS"]),
        ((["B-GS", "O", "B-GS"],), ["I-GS", "O", "I-GS"]),
        (([],), []),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        (tags,) = arguments
        if tags == ["B-GS", "I-GS", "B-GS", "I-GS"]:
            return f"in {tags} two entities of one class touch, and the `B-` between them must stay; you have {given}."
        if tags == ["B-GRT", "B-GS"]:
            return f"in {tags} the classes differ, so the two are told apart without a `B-`; you have {given}."
        return f"for {tags} it is {expected}, and you have {given}."

    return each(function, cases, why)


def _again(function: Any) -> str:
    a, b, c = ("Das", "Urteil", "ist", "falsch"), ("Nein", "."), ("Die", "Klage", "ist", "zulässig")
    cases = [
        (([a, b], [a, c]), 0.5),
        (([a, b], [b, b, b, c]), 0.75),
        (([a, a, a], [a, c]), 0.5),
        (([a], [c]), 0.0),
        (([a, b, c], [a]), 1.0),
    ]

    def why(arguments: tuple[Any, ...], given: Any, expected: Any) -> str:
        train, test = arguments
        if test.count(b) == 3:
            return f"a sentence stands three times in test, and each time it counts: it is {expected}, not {given}."
        if train.count(a) == 3:
            return f"how often a sentence stands in train does not matter: it is {expected}, not {given}."
        if len(train) == 3:
            return f"the share is of the sentences of test, of which there is one here: {expected}, not {given}."
        return f"for {len(train)} sentences in train and {len(test)} in test it is {expected}, and you have {given}."

    return each(function, cases, why)


EXERCISES = (
    Exercise(
        number="01.1",
        question=(
            "**01.1 · Read.** `RR` is a judge, `RS` a decision. How many entities are in the tags "
            "`B-RR I-RR O B-RS I-RS B-RS O B-GRT I-GRT`? Put your number in the place of `None`."
        ),
        stub='entities = None\n\ncheck("01.1", entities)',
        look=_entities,
        praise="one judge, two decisions that touch, one court: an entity begins at each `B-`.",
        hints=(
            "Put a bracket before each `B-`. Where does each bracket close?",
            "A `B-` that follows an `I-` closes one entity and opens the next. So it is enough to count one letter.",
        ),
        solution='entities = 4  # as many as there are tags with B-\n\ncheck("01.1", entities)',
        wrong=(("entities = 3", "touch"), ("entities = 7", "tokens within"), ("entities = 9", "one `B-`")),
    ),
    Exercise(
        number="01.2",
        question=(
            "**01.2 · Write.** Some corpora are written in **IOB1**: `I-` everywhere, and `B-` only where an entity "
            "touches the one before *and* has the same class. Turn IOB2 tags into IOB1 tags. (A third way, **BIOES**, "
            "also marks the last token of an entity, `E-`, and entities of one token, `S-`.)"
        ),
        stub=(
            "def to_iob1(tags):\n"
            '    """`tags`: IOB2 tags of one sentence, such as ["B-GS", "O"]. IOB1 tags come back, in a list."""\n'
            "    ...\n\n\n"
            'check("01.2", to_iob1)'
        ),
        look=_iob1,
        praise="`B-` stays only where it is needed. That saves nothing, and readers who expect IOB2 go wrong.",
        hints=(
            "You need each tag together with the one before; the first tag has none before it: take `O`.",
            "A tag `B-X` stays if the tag before is `B-X` or `I-X`: if `before[2:] == tag[2:]`. Else it becomes `I-X`.",
        ),
        solution=(
            "def to_iob1(tags):\n"
            "    written = []\n"
            '    for before, tag in zip(["O", *tags], tags):\n'
            '        touches = tag.startswith("B-") and before[2:] == tag[2:]\n'
            '        written.append(tag if touches or tag == "O" else "I-" + tag[2:])\n'
            "    return written\n\n\n"
            'check("01.2", to_iob1)'
        ),
        wrong=(
            ('def to_iob1(tags):\n    return [tag.replace("B-", "I-") for tag in tags]', "must stay"),
            (
                "def to_iob1(tags):\n"
                '    pairs = zip(["O", *tags], tags)\n'
                '    return [tag if before != "O" else tag.replace("B-", "I-") for before, tag in pairs]',
                "classes differ",
            ),
        ),
    ),
    Exercise(
        number="01.3",
        question=(
            "**01.3 · Write.** A *leak* is a test sentence that stands word for word in train. Which share of the test "
            "sentences leaks? Then call your function on `[s.tokens for s in corpus.train]` and the same of "
            "`corpus.test`."
        ),
        stub=(
            "def leaking_share(train, test):\n"
            '    """`train`, `test`: lists of sentences, each a tuple of tokens. A share (0 to 1) comes back."""\n'
            "    ...\n\n\n"
            'check("01.3", leaking_share)'
        ),
        look=_again,
        praise="every copy in test counts, since every copy is scored; how often train has it does not matter.",
        hints=(
            "Go through the sentences of test one by one, and ask for each: does train have it?",
            "Make `set(train)` once: asking a set is quick. Then count the test sentences in it, and divide by how "
            "many "
            "test sentences there are.",
        ),
        solution=(
            "def leaking_share(train, test):\n"
            "    known = set(train)\n"
            "    return sum(sentence in known for sentence in test) / len(test)\n\n\n"
            'check("01.3", leaking_share)'
        ),
        wrong=(
            (
                "def leaking_share(train, test):\n    return len(set(train) & set(test)) / len(set(test))",
                "each time it counts",
            ),
            (
                "def leaking_share(train, test):\n    return sum(s in set(test) for s in train) / len(test)",
                "each time it counts",
            ),
            (
                "def leaking_share(train, test):\n    return sum(s in set(train) for s in test) / len(train)",
                "each time it counts",
            ),
        ),
    ),
)
