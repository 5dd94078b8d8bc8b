"""Exercises of lesson 9: the probability of an entity, its place in the text, a threshold for the confidence."""

from __future__ import annotations

from legalner.exercises.exercise import Read, Write

__all__ = ["EXERCISES"]


def probability():
    return 0.9 * 0.95 * 0.9 * (1 - 0.3)


def place_entities(offsets, tags):
    """`offsets`: where each token begins and ends in the text, [(0, 1), (2, 3)]; `tags`: as many IOB2 tags.

    Returns a list of entities, each (start, end, class).
    """
    entities = []
    for (start, end), tag in zip(offsets, tags):
        if tag.startswith("B-"):
            entities.append((start, end, tag[2:]))
        elif tag.startswith("I-"):
            entities[-1] = (entities[-1][0], end, tag[2:])
    return entities


def above_threshold(confidences, correct, gold, threshold):
    """`confidences`: of the predicted entities; `correct`: True or False for each; `gold`: how many gold has.

    Returns precision, recall.
    """
    kept = [c for confidence, c in zip(confidences, correct) if confidence >= threshold]
    return sum(kept) / len(kept), sum(kept) / gold


# "Nach § 9 BGB haftet er.", "§ 1 BGB § 2 BGB", and "(§9)" further on in a text.
STATUTE = [(0, 4), (5, 6), (7, 8), (9, 12), (13, 19), (20, 22), (22, 23)]
TWO_STATUTES = [(0, 1), (2, 3), (4, 7), (8, 9), (10, 11), (12, 15)]
BRACKETED = [(50, 51), (51, 52), (52, 53), (53, 54)]


def _merging(offsets, tags):
    following = ["I" + t[1:] if b[2:] == t[2:] != "" else t for b, t in zip(tags, tags[1:])]
    return place_entities(offsets, [*tags[:1], *following])


def _up_to_the_next_token(offsets, tags):
    starts = [start for start, _ in offsets]
    return place_entities(list(zip(starts, [*starts[1:], offsets[-1][1]])), tags)


def _without_an_open_end(offsets, tags):
    entities = place_entities(offsets, tags)
    return entities if tags[-1] == "O" else entities[:-1]


def _precision_of_all(confidences, correct, gold, threshold):
    right = sum(c for confidence, c in zip(confidences, correct) if confidence >= threshold)
    return right / len(correct), right / gold


EXERCISES = (
    Read(
        number="09.1",
        task="The tagger marks `§ 9 BGB` as one entity. The CRF says two things about each of the three tokens: how "
        "probable its tag is, 0.9, 0.87 and 0.8; and, if it has this tag, how probable it is that the entity continues "
        "at the next token, 0.95, 0.9 and 0.3. What is the probability that exactly these three tokens are an entity?",
        hints=(
            "The entity begins at `§`, continues at `9`, continues at `BGB`, and does not continue after it. Which "
            "number says how probable each of these is?",
            "Only the first token's tag needs a probability of its own: the others follow from continuing. It is a "
            "product of four factors, and the last is 1 − 0.3.",
        ),
        praise="begin, continue, continue, stop. Each factor takes for granted what came before it, so they multiply.",
        answer=probability,
        right=0.53865,
        wrong=(
            (0.9 * 0.95 * 0.9, "the entity must also end after `BGB`: one factor is missing."),
            (
                0.9 * 0.95 * 0.9 * 0.3,
                "0.3 is the probability that the entity continues after `BGB`, but it ends there.",
            ),
            (0.95 * 0.9 * 0.7, "the entity must also begin: how probable is the tag of `§`?"),
            (0.9 * 0.87 * 0.8, "this treats the tags as independent, as one must with a softmax; the CRF knows more."),
        ),
        otherwise="an entity begins, continues token by token, and ends: multiply one probability for each.",
        tolerance=1e-3,
    ),
    Write(
        number="09.2",
        task="From tags to places in the text: given where each token begins and ends in the text (counted in "
        "characters, the end not included) and its IOB2 tag, return where each entity begins and ends, and its class. "
        "`text[start:end]` is then the entity as it was written.",
        hints=(
            "An entity begins where the token with its `B-` begins, and ends where its last token ends.",
            "At a `B-`, append (start, end, class) to a list. At an `I-`, replace the end of the last entity in it.",
        ),
        praise="the text itself is never changed or put together again, so whatever stands between tokens survives.",
        answer=place_entities,
        cases=(
            ((STATUTE, ["O", "B-GS", "I-GS", "I-GS", "O", "O", "O"]), [(5, 12, "GS")]),
            ((BRACKETED, ["O", "B-GS", "I-GS", "O"]), [(51, 53, "GS")]),
            ((TWO_STATUTES, ["B-GS", "I-GS", "I-GS", "B-GS", "I-GS", "I-GS"]), [(0, 7, "GS"), (8, 15, "GS")]),
            (
                (TWO_STATUTES, ["B-GS", "I-GS", "I-GS", "O", "B-ST", "B-RS"]),
                [(0, 7, "GS"), (10, 11, "ST"), (12, 15, "RS")],
            ),
            ((BRACKETED, ["O", "O", "O", "O"]), []),
        ),
        wrong=(
            (
                lambda offsets, tags: place_entities([(i, i + 1) for i in range(len(tags))], tags),
                "these are numbers of tokens; you are asked for characters of the text.",
            ),
            (
                lambda offsets, tags: [(*place, tag[2:]) for place, tag in zip(offsets, tags) if tag.startswith("B-")],
                "an entity ends with its last token, not with its first.",
            ),
            (
                lambda offsets, tags: [(*place, tag[2:]) for place, tag in zip(offsets, tags) if tag != "O"],
                "these are tokens; put those of one entity together.",
            ),
            (_up_to_the_next_token, "an entity ends where its last token ends, not where the next token begins."),
            (_merging, "a `B-` begins a new entity, even directly after another one of its class."),
            (_without_an_open_end, "an entity can end with the sentence, without an `O` after it."),
        ),
    ),
    Write(
        number="09.3",
        task="Someone who uses a tagger may keep only the entities that it is sure of. Compute precision and recall if "
        "only predicted entities with a confidence of at least `threshold` are kept (there is at least one).",
        hints=(
            "First select what is kept: `zip` the confidences with `correct`. Both numbers count the correct ones "
            "among these.",
            "Precision divides by the number of entities that are kept, recall by the number of entities in gold.",
        ),
        praise="a higher threshold can only lower recall; what you hope to get for it is precision.",
        answer=above_threshold,
        cases=(
            (([0.9, 0.8, 0.6, 0.3], [True, True, False, True], 5, 0.5), [2 / 3, 2 / 5]),
            (([0.9, 0.5], [True, False], 4, 0.5), [1 / 2, 1 / 4]),
            (([0.4, 0.7], [True, True], 2, 0.6), [1.0, 1 / 2]),
            (([0.2, 0.3], [False, True], 3, 0.0), [1 / 2, 1 / 3]),
        ),
        wrong=(
            (
                lambda confidences, correct, gold, threshold: above_threshold(confidences, correct, gold, 0.0),
                "you kept all entities; leave out those below the threshold.",
            ),
            (_precision_of_all, "precision divides by the entities that are kept, not by all that were predicted."),
            (
                lambda confidences, correct, gold, threshold: above_threshold(
                    confidences, correct, sum(correct), threshold
                ),
                "recall divides by all entities of gold, including those that the tagger did not find.",
            ),
            (
                lambda *arguments: above_threshold(*arguments)[::-1],
                "precision comes first, then recall; you have them swapped.",
            ),
            (
                lambda confidences, correct, gold, threshold: above_threshold(
                    confidences, correct, gold, threshold + 1e-9
                ),
                "a confidence equal to the threshold is kept.",
            ),
        ),
    ),
)
