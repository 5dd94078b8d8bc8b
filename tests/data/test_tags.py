"""Schemes, spans and tag sets: worked by hand, and against a definition of entities that is slow and plain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legalner.data import Sentence, Span, TagSet, UnseenTagWarning, repair_iob2, spans
from legalner.data.tags import to_iob2, warn_of_unseen_tags

CLASS = TagSet(("_", "O", "GS", "PER"), "class")
IOB2 = TagSet(("_", "O", "B-GS", "I-GS", "B-PER", "I-PER"), "iob2")


def entities(tags: tuple[str, ...]) -> list[Span]:
    """Read entities off the tags of any scheme, one token after the other, from the schemes' definitions alone."""
    found: list[Span] = []
    unfinished = None  # class of the entity that the token before belongs to, if it may continue
    for i, tag in enumerate(tags):
        if tag == "O":
            unfinished = None
            continue
        prefix, label = tag.split("-", maxsplit=1)
        if prefix in ("B", "S") or label != unfinished:
            found.append(Span(i, i + 1, label))
        else:
            found[-1] = Span(found[-1].start, i + 1, label)
        unfinished = None if prefix in ("E", "S") else label
    return found


def written(length: int, found: list[Span]) -> tuple[str, ...]:
    """Write entities as IOB2."""
    tags = ["O"] * length
    for e in found:
        tags[e.start : e.end] = [f"B-{e.label}", *[f"I-{e.label}"] * (e.end - e.start - 1)]
    return tuple(tags)


def tags_of(prefixes: str, labels: tuple[str, ...] = ("A", "B", "A-B", "-", "E-A", "I-A", "S", "O")):
    """Any tags with these prefixes; every second one repeats the class before it, so that entities are long."""
    step = st.tuples(st.sampled_from(["O", *prefixes]), st.sampled_from([None, *labels]))

    def join(steps: list[tuple[str, str | None]]) -> tuple[str, ...]:
        tags, label = [], labels[0]
        for prefix, changed in steps:
            label = changed or label
            tags.append("O" if prefix == "O" else f"{prefix}-{label}")
        return tuple(tags)

    return st.lists(step, max_size=12).map(join)


def iob2_tags(size: int | None = None, labels: tuple[str, ...] = ("PER", "GS", "A-B", "O", "ä")):
    """Valid IOB2 of this length, or of any."""
    any_tags = st.lists(
        st.sampled_from([f"{prefix}-{label}" for prefix in "BII" for label in labels] + ["O"] * 3),
        min_size=size or 0,
        max_size=12 if size is None else size,
    )
    return any_tags.map(lambda tags: written(len(tags), entities(tuple(tags))))


def is_iob2(tags: tuple[str, ...]) -> bool:
    return written(len(tags), entities(tags)) == tags


# -- schemes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scheme", "tags", "expected"),
    [
        ("iob2", "B-A I-A B-A B-B I-B O", "B-A I-A B-A B-B I-B O"),
        ("iob2", "I-A I-A O I-B B-A I-B I-A", "B-A I-A O B-B B-A B-B B-A"),
        ("iob2", "B-A-B I-A-B I-A", "B-A-B I-A-B B-A"),
        # An entity begins with I; B only parts it from a neighbour of its class.
        ("iob1", "I-A I-A O I-A B-A I-A I-B", "B-A I-A O B-A B-A I-A B-B"),
        ("bioes", "S-A B-A E-A B-A I-A E-A O S-B S-B", "B-A B-A I-A B-A I-A I-A O B-B B-B"),
        # After an end, and after a single token, the next one begins.
        ("bioes", "B-A E-A I-A S-A E-A E-A O E-B", "B-A I-A B-A B-A B-A B-A O B-B"),
        ("bioes", "B-E-A I-E-A E-E-A", "B-E-A I-E-A I-E-A"),
        ("iob2", "", ""),
    ],
)
def test_every_scheme_becomes_iob2_by_hand(scheme, tags: str, expected: str) -> None:
    assert to_iob2(tags.split(), scheme) == tuple(expected.split())


@given(tags_of("BI"))
def test_iob1_and_iob2_become_the_same_entities_in_iob2(tags: tuple[str, ...]) -> None:
    expected = written(len(tags), entities(tags))
    assert repair_iob2(tags) == to_iob2(tags, "iob2") == to_iob2(tags, "iob1") == expected
    assert repair_iob2(expected) == expected


@given(tags_of("BIES"))
def test_bioes_becomes_the_same_entities_in_iob2(tags: tuple[str, ...]) -> None:
    assert to_iob2(tags, "bioes") == written(len(tags), entities(tags))


# -- spans -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("", []),
        ("O O", []),
        ("B-GS", [(0, 1, "GS")]),
        ("O B-GS I-GS O", [(1, 3, "GS")]),
        ("B-GS I-GS I-GS", [(0, 3, "GS")]),  # up to the last token
        ("B-GS B-GS I-GS", [(0, 1, "GS"), (1, 3, "GS")]),  # neighbours of one class
        ("B-GS I-GS B-RS I-RS", [(0, 2, "GS"), (2, 4, "RS")]),  # neighbours of two
    ],
)
def test_spans_by_hand(tags: str, expected: list) -> None:
    assert spans(tags.split()) == [Span(*e) for e in expected]


@given(iob2_tags())
def test_spans_are_the_entities(tags: tuple[str, ...]) -> None:
    assert spans(tags) == entities(tags)


# -- tag sets ----------------------------------------------------------------------------------------------------------


def sentence(tags: str) -> Sentence:
    return Sentence(("x",) * len(tags.split()), tuple(tags.split()))


TRAIN = [sentence("O B-PER O"), sentence("B-GS I-GS I-GS O B-GS")]


def test_tag_sets_begin_with_padding_and_o_and_are_sorted() -> None:
    assert TagSet.from_sentences(TRAIN, "class") == CLASS
    # I-PER too, though no person in training has two tokens: what begins can continue.
    assert TagSet.from_sentences(TRAIN, "iob2") == IOB2
    assert (len(CLASS), len(IOB2)) == (4, 6)
    assert TagSet.from_sentences([sentence("O")], "iob2").names == ("_", "O")


def test_tags_to_ids_by_hand() -> None:
    tags = ["O", "B-PER", "I-PER", "B-GS", "B-GS", "I-GS"]
    assert CLASS.encode(tags) == [1, 3, 3, 2, 2, 2]
    assert IOB2.encode(tags) == [1, 4, 5, 2, 2, 3]
    assert CLASS.encode(["B-LIT", "I-LIT"]) == IOB2.encode(["B-LIT", "I-LIT"]) == [1, 1]


@pytest.mark.parametrize(
    ("tag_set", "ids", "tags"),
    [
        (CLASS, [2, 2, 1, 2], "B-GS I-GS O B-GS"),
        (CLASS, [2, 3, 3, 2], "B-GS B-PER I-PER B-GS"),
        (CLASS, [2, 0, 2, 0, 0], "B-GS O B-GS O O"),
        (IOB2, [2, 3, 2, 2, 3], "B-GS I-GS B-GS B-GS I-GS"),
        (IOB2, [3, 3, 1, 5], "B-GS I-GS O B-PER"),
        (IOB2, [2, 5, 3], "B-GS B-PER B-GS"),
        (IOB2, [2, 0, 3, 0], "B-GS O B-GS O"),
        (IOB2, [], ""),
    ],
)
def test_ids_to_tags_by_hand(tag_set: TagSet, ids: list[int], tags: str) -> None:
    assert tag_set.decode(ids) == tag_set.decode(np.array(ids, np.int32)) == tuple(tags.split())


def test_an_unknown_scheme_lists_those_that_exist() -> None:
    with pytest.raises(ValueError, match="unknown tag scheme 'bio'; expected one of class, iob2"):
        TagSet.from_sentences(TRAIN, "bio")


@pytest.mark.parametrize("name", ["_", "O"])
def test_a_class_with_padding_s_or_o_s_name_is_refused_where_it_would_be_mixed_up(name: str) -> None:
    odd = sentence(f"B-{name} O")
    with pytest.raises(ValueError, match=f"scheme 'class' cannot have a class '{name}'; rename it, or use iob2"):
        TagSet.from_sentences([odd], "class")
    iob2 = TagSet.from_sentences([odd], "iob2")
    assert iob2.decode(iob2.encode(odd.tags)) == odd.tags


@given(iob2_tags(labels=("GS", "PER", "RS")).filter(len))
def test_tags_survive_encoding_but_for_neighbours_that_class_merges(tags: tuple[str, ...]) -> None:
    iob2, by_class = (TagSet.from_sentences([sentence(" ".join(tags))], scheme) for scheme in ("iob2", "class"))
    assert iob2.decode(iob2.encode(tags)) == tags
    merged = tuple(tag.replace("B-", "I-") for tag in tags)  # as in IOB1, but without what parts neighbours
    assert by_class.decode(by_class.encode(tags)) == written(len(tags), entities(merged))


@given(st.lists(st.integers(0, 5)), st.sampled_from([CLASS, IOB2]))
def test_whatever_a_model_says_becomes_valid_iob2(ids: list[int], tag_set: TagSet) -> None:
    tags = tag_set.decode([i % len(tag_set) for i in ids])
    assert len(tags) == len(ids) and is_iob2(tags)


@pytest.mark.parametrize("tag_set", [CLASS, IOB2])
def test_unseen_tags_are_counted_in_one_warning_and_seen_ones_give_none(tag_set: TagSet, recwarn) -> None:
    warn_of_unseen_tags(TRAIN, tag_set)
    assert not recwarn
    warn_of_unseen_tags([sentence("B-LIT B-LIT B-PER O B-MRK"), sentence("I-LIT")], tag_set)
    [warned] = recwarn
    assert warned.category is UnseenTagWarning
    assert str(warned.message).endswith("so they count as misses: B-LIT (2), B-MRK (1), I-LIT (1)")
