"""Exercises of lesson 1: reading tags, another tag scheme, sentences that occur twice."""

from __future__ import annotations

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def entities():
    return 4  # the number of tags that begin with B-


def to_iob1(tags):
    """`tags`: the IOB2 tags of one sentence, such as ["B-GS", "O"]. Returns a list of IOB1 tags."""
    written = []
    for before, tag in zip(["O", *tags], tags):
        touches = tag.startswith("B-") and before[2:] == tag[2:]
        written.append(tag if touches or tag == "O" else "I-" + tag[2:])
    return written


def leaking_share(train, test):
    """`train`, `test`: lists of sentences, each a tuple of tokens. Returns a share from 0 to 1."""
    known = set(train)
    return sum(sentence in known for sentence in test) / len(test)


A, B, C = ("Nein", "."), ("Ja", "."), ("Doch", ".")

EXERCISES = (
    Read(
        number="01.1",
        task="`RR` is a judge, `RS` a decision. How many entities do the tags `B-RR I-RR O B-RS I-RS B-RS O B-GRT "
        "I-GRT` contain? Replace `None` with your number.",
        hints=(
            "Open a bracket before each `B-`. Where does each bracket close?",
            "A `B-` that follows an `I-` closes one entity and opens the next. So it is enough to count one letter.",
        ),
        praise="one judge, two decisions that touch, one court: an entity begins at each `B-`.",
        answer=entities,
        right=4,
        wrong=(
            (3, "the two decisions touch: how many tags begin with `B-`?"),
            (7, "that is the number of tokens inside entities; one entity can have several."),
        ),
        otherwise="an entity is one `B-` with every `I-` of its class that directly follows.",
    ),
    Write(
        number="01.2",
        task="Some corpora use **IOB1**: `I-` everywhere, and `B-` only where an entity touches the one before it "
        "*and* has the same class. Convert IOB2 tags to IOB1. (A third scheme, **BIOES**, also marks the last token "
        "of an entity, `E-`, and entities of a single token, `S-`.)",
        hints=(
            "You need each tag together with the one before it; for the first tag, take `O` as the one before.",
            "A tag `B-X` stays if the tag before it is `B-X` or `I-X`, that is, if `before[2:] == tag[2:]`. Otherwise "
            "it becomes `I-X`.",
        ),
        praise="`B-` stays only where it is needed. That saves little, and a reader that expects IOB2 misreads it.",
        answer=to_iob1,
        cases=(
            ((["B-GS", "I-GS", "O"],), ["I-GS", "I-GS", "O"]),
            ((["B-GS", "I-GS", "B-GS", "I-GS"],), ["I-GS", "I-GS", "B-GS", "I-GS"]),
            ((["B-GRT", "B-GS"],), ["I-GRT", "I-GS"]),
            ((["B-GS", "O", "B-GS"],), ["I-GS", "O", "I-GS"]),
            (([],), []),
        ),
        wrong=(
            (
                lambda tags: [tag.replace("B-", "I-") for tag in tags],
                "where two entities of one class touch, the `B-` between them must stay.",
            ),
            (
                lambda tags: [t if b != "O" else t.replace("B-", "I-") for b, t in zip(["O", *tags], tags)],
                "where the classes differ, two entities are told apart without a `B-`.",
            ),
        ),
    ),
    Write(
        number="01.3",
        task="A *leak* is a test sentence that also occurs, word for word, in train. What share of the test sentences "
        "leaks? Then call your function on `[s.tokens for s in corpus.train]` and the same for `corpus.test`.",
        hints=(
            "Go through the test sentences one by one, and ask of each: does it occur in train?",
            "Build `set(train)` once: looking something up in a set is fast. Then count the test sentences that are "
            "in it, and divide by the number of test sentences.",
        ),
        praise="every copy in test counts, since every copy is scored; how often train has it does not matter.",
        answer=leaking_share,
        cases=(
            (([A, B], [A, C]), 0.5),
            (([A, B], [B, B, B, C]), 0.75),
            (([A, A, A], [A, C]), 0.5),
            (([A], [C]), 0.0),
            (([A, B, C], [A]), 1.0),
        ),
        wrong=(
            (
                lambda train, test: len(set(train) & set(test)) / len(set(test)),
                "a sentence that occurs several times in test counts each time.",
            ),
            (
                lambda train, test: sum(s in test for s in train) / len(test),
                "count the sentences of test that occur in train, not those of train that occur in test.",
            ),
            (
                lambda train, test: sum(s in train for s in test) / len(train),
                "the share is of the test sentences; divide by their number.",
            ),
            (
                lambda train, test: sum(train.count(s) for s in test) / len(test),
                "how often a sentence occurs in train does not matter.",
            ),
        ),
    ),
)
