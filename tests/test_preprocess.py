"""Tag sets, vocabulary, encoding, cutting and batching, each worked by hand; and what must hold for any input."""

from __future__ import annotations

import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legalner.data import Corpus, Sentence, TagSet, UnseenTagWarning
from legalner.preprocess import (
    Vocabulary,
    batches_by_length,
    build_vocabulary,
    encode,
    load_encoded,
    padding_share,
    save_encoded,
    truncation_counts,
)
from legalner.workspace import MissingStepError


def sentence(text: str, tags: str) -> Sentence:
    return Sentence(tuple(text.split()), tuple(tags.split()))


TRAIN = [sentence("Herr Weber klagte", "O B-PER O"), sentence("§ 5 BGB vgl. §", "B-GS I-GS I-GS O B-GS")]
CLASS = TagSet(("_", "O", "GS", "PER"), "class")
IOB2 = TagSet(("_", "O", "B-GS", "I-GS", "B-PER", "I-PER"), "iob2")


class TwoWords:
    """Vectors that know two words, and one that the corpus does not have."""

    dimension = 2

    def has(self, token: str) -> bool:
        return token in ("Weber", "§", "never met")

    def vector(self, token: str) -> np.ndarray:
        return np.array([1.0, 2.0] if token == "Weber" else [3.0, 4.0], np.float32)


# -- tag sets ----------------------------------------------------------------------------------------------------------


def test_tag_sets_begin_with_padding_and_o_and_are_sorted() -> None:
    assert TagSet.from_sentences(TRAIN, "class") == CLASS
    # I-PER too, though no name in training goes on: what begins can go on.
    assert TagSet.from_sentences(TRAIN, "iob2") == IOB2
    assert (len(CLASS), len(IOB2)) == (4, 6)
    assert TagSet.from_sentences([sentence("a", "O")], "iob2").names == ("_", "O")


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
    assert tag_set.decode(ids) == tuple(tags.split())
    assert tag_set.decode(np.array(ids, np.int32)) == tuple(tags.split())


def test_the_class_scheme_makes_neighbours_one_entity_and_iob2_does_not() -> None:
    tags = ("B-GS", "I-GS", "B-GS", "B-PER")
    assert CLASS.decode(CLASS.encode(tags)) == ("B-GS", "I-GS", "I-GS", "B-PER")
    assert IOB2.decode(IOB2.encode(tags)) == tags


def test_an_unknown_scheme_lists_those_that_there_are() -> None:
    with pytest.raises(ValueError, match="unknown tag scheme 'bio'; expected one of class, iob2"):
        TagSet.from_sentences(TRAIN, "bio")


@pytest.mark.parametrize("name", ["_", "O"])
def test_a_class_with_padding_s_or_o_s_name_is_refused_where_it_would_be_mixed_up(name: str) -> None:
    odd = [sentence("a b", f"B-{name} O")]
    with pytest.raises(ValueError, match=f"no class may be called '{name}'"):
        TagSet.from_sentences(odd, "class")
    iob2 = TagSet.from_sentences(odd, "iob2")
    assert iob2.decode(iob2.encode(odd[0].tags)) == odd[0].tags


@st.composite
def valid_iob2(draw) -> tuple[str, ...]:
    tags = ["O"]
    for _ in range(draw(st.integers(1, 12))):
        go_on = [] if tags[-1] == "O" else [f"I-{tags[-1][2:]}"] * 2
        tags.append(draw(st.sampled_from(["O", "B-GS", "B-PER", "B-RS", *go_on])))
    return tuple(tags[1:])


def sentence_of(tags: tuple[str, ...]) -> Sentence:
    return Sentence(("x",) * len(tags), tags)


@given(valid_iob2())
def test_iob2_tags_survive_encoding(tags: tuple[str, ...]) -> None:
    tag_set = TagSet.from_sentences([sentence_of(tags)], "iob2")
    assert tag_set.decode(tag_set.encode(tags)) == tags


@given(valid_iob2())
def test_class_tags_survive_encoding_but_for_merged_neighbours(tags: tuple[str, ...]) -> None:
    tag_set = TagSet.from_sentences([sentence_of(tags)], "class")
    merged = tuple(
        f"I-{tag[2:]}" if tag != "O" and before[2:] == tag[2:] else tag
        for before, tag in zip(("O", *tags), tags, strict=False)
    )
    assert tag_set.decode(tag_set.encode(tags)) == merged


@given(st.lists(st.integers(0, 5)), st.sampled_from([CLASS, IOB2]))
def test_whatever_a_model_says_becomes_valid_iob2(ids: list[int], tag_set: TagSet) -> None:
    tags = tag_set.decode([i % len(tag_set) for i in ids])
    assert len(tags) == len(ids)
    for before, tag in zip(("O", *tags), tags, strict=False):
        assert tag == "O" or tag[:2] == "B-" or (tag[:2] == "I-" and before in (f"B-{tag[2:]}", f"I-{tag[2:]}"))


# -- vocabulary and arrays ---------------------------------------------------------------------------------------------


def test_the_vocabulary_by_hand() -> None:
    vocabulary = build_vocabulary(TRAIN, TwoWords())
    assert vocabulary.tokens == ("Weber", "§")
    # Row 0 is padding, row 1 any token without a vector.
    assert vocabulary.embeddings.tolist() == [[0, 0], [0, 0], [1, 2], [3, 4]]
    assert vocabulary.embeddings.dtype == np.float32
    assert vocabulary.ids(["§", "Weber", "never met", "", "§"]) == [3, 2, 1, 1, 3]


def test_encoding_pads_cuts_and_keeps_the_uncut_lengths() -> None:
    part = encode(TRAIN, build_vocabulary(TRAIN, TwoWords()), IOB2, max_len=4)
    assert part.ids.tolist() == [[1, 2, 1, 0], [3, 1, 1, 1]]
    assert part.tags.tolist() == [[1, 4, 1, 0], [2, 3, 3, 1]]
    assert part.lengths.tolist() == [3, 5]
    assert part.tokens == 3 + 4
    assert {part.ids.dtype, part.tags.dtype, part.lengths.dtype} == {np.dtype(np.int32)}
    assert IOB2.names[0] == "_"


def test_encoding_nothing() -> None:
    part = encode([], build_vocabulary(TRAIN, TwoWords()), IOB2, max_len=4)
    assert (part.ids.shape, part.tags.shape, part.lengths.shape, part.tokens) == ((0, 4), (0, 4), (0,), 0)


@pytest.mark.parametrize("tag_set", [CLASS, IOB2])
def test_tags_never_seen_in_training_are_counted_and_become_o(tag_set: TagSet) -> None:
    new = [sentence("a b c d e", "B-LIT B-LIT B-PER O B-MRK"), sentence("f", "I-LIT")]
    with pytest.warns(UnseenTagWarning, match=r": B-LIT \(2\), B-MRK \(1\), I-LIT \(1\)$") as caught:
        part = encode(new, Vocabulary((), np.zeros((2, 1), np.float32)), tag_set, max_len=5)
    assert len(caught) == 1
    person = tag_set.names.index("PER" if tag_set is CLASS else "B-PER")
    assert part.tags.tolist() == [[1, 1, person, 1, 1], [1, 0, 0, 0, 0]]


def test_tags_that_were_seen_do_not_warn() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for tag_set in (CLASS, IOB2):
            encode(TRAIN, build_vocabulary(TRAIN, TwoWords()), tag_set, max_len=9)


# -- cutting and batching ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tags", "entities"),
    [
        ("O O O O O", 0),
        ("B-GS I-GS O O B-PER", 1),  # one behind the cut, one whole before it
        ("O O B-GS I-GS I-GS", 1),  # cut through, counts once
        ("O O B-GS I-GS B-GS", 2),  # one cut through, one behind
        ("O O B-GS B-GS I-GS", 1),  # ends at the cut, the next begins behind it
        ("B-PER O B-GS O O", 0),
        ("B-GS I-GS I-GS I-GS I-GS", 1),
    ],
)
def test_what_a_cut_at_three_tokens_costs(tags: str, entities: int) -> None:
    found = truncation_counts([sentence("a b c d e", tags), sentence("a b c", "O B-GS I-GS"), sentence("a", "B-GS")], 3)
    assert found == {"sentences": 1, "tokens": 2, "entities": entities}


def test_costs_add_up_and_no_cut_costs_nothing() -> None:
    long = sentence("a b c d", "O B-GS I-GS B-PER")
    assert truncation_counts([long, long, sentence("a b c", "O O B-GS")], 2) == {
        "sentences": 3,
        "tokens": 5,
        "entities": 5,
    }
    assert truncation_counts([long], 4) == truncation_counts([], 4) == {"sentences": 0, "tokens": 0, "entities": 0}


def test_padding_share_by_hand() -> None:
    # Batches padded to 4 and 3: 8 + 3 positions for 1 + 4 + 3 tokens.
    assert padding_share([1, 4, 3], [[0, 1], [2]]) == pytest.approx(3 / 11)
    assert padding_share([2, 2], [[0, 1]]) == 0
    assert padding_share([], []) == 0


def test_batches_by_length_by_hand() -> None:
    # Sorted: 1 (number 2), 2 (0), 2 (3), 5 (1), 9 (4). Three of length 2 take 6; with the 5 they would take 20.
    assert batches_by_length([2, 5, 1, 2, 9], max_padded_tokens=6) == [[2, 0, 3], [1], [4]]
    assert batches_by_length([], max_padded_tokens=6) == []


@given(st.lists(st.integers(1, 40), max_size=40), st.integers(1, 100))
def test_every_sentence_is_in_one_batch_and_no_batch_is_over_budget(lengths: list[int], budget: int) -> None:
    batches = batches_by_length(lengths, budget)
    assert sorted(i for batch in batches for i in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(lengths[i] for i in batch) <= budget
    in_order = [lengths[i] for batch in batches for i in batch]
    assert in_order == sorted(lengths)
    # And none could have taken the next sentence too.
    for batch, following in pairwise(batches):
        assert (len(batch) + 1) * lengths[following[0]] > budget


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    corpus = Corpus("mine", TRAIN, TRAIN[:1], TRAIN[1:])
    save_encoded(tmp_path / "run", corpus, build_vocabulary(TRAIN, TwoWords()), IOB2, max_len=4)
    return tmp_path / "run"


def test_what_is_saved_is_loaded(saved: Path) -> None:
    parts, vocabulary, tag_set = load_encoded(saved)
    expected = build_vocabulary(TRAIN, TwoWords())
    assert tag_set == IOB2
    assert vocabulary.tokens == expected.tokens
    np.testing.assert_array_equal(vocabulary.embeddings, expected.embeddings)
    assert list(parts) == ["train", "val", "test"]
    for name, sentences in {"train": TRAIN, "val": TRAIN[:1], "test": TRAIN[1:]}.items():
        right = encode(sentences, expected, IOB2, max_len=4)
        for array in ("rows", "tags", "lengths"):
            np.testing.assert_array_equal(getattr(parts[name], array), getattr(right, array))


@pytest.mark.parametrize("file", ["tags.json", "vocabulary.json", "vectors.npy", "train.npz", "val.npz", "test.npz"])
def test_a_missing_file_names_the_notebook(saved: Path, file: str) -> None:
    (saved / file).unlink()
    with pytest.raises(MissingStepError, match=rf"{file} is missing: run notebook 02_preprocess first"):
        load_encoded(saved)


@pytest.mark.parametrize("file", ["vectors.npy", "test.npz"])
def test_no_pickle_is_ever_loaded(saved: Path, file: str) -> None:
    trap = np.array([{"not": "numbers"}], dtype=object)
    if file == "vectors.npy":
        np.save(saved / file, trap, allow_pickle=True)
    else:
        np.savez(saved / file, rows=trap, tags=trap, lengths=trap)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        load_encoded(saved)


def test_saving_that_breaks_off_is_not_taken_for_whole(saved: Path, monkeypatch) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="no space left"):
        save_encoded(saved, Corpus("other", TRAIN[1:], TRAIN, TRAIN), Vocabulary((), np.zeros((2, 9))), CLASS, 3)
    with pytest.raises(MissingStepError, match="02_preprocess"):
        load_encoded(saved)
    assert not list(saved.glob(".unfinished*"))
