"""Ids of features by hand, and batches that hold every sentence once, whole, with nothing but zeros after it."""

import zlib
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legalner.data import Sentence, TagSet, UnseenTagWarning
from legalner.features import FEATURES
from legalner.improve import (
    Batch,
    EncodedCorpus,
    FeatureTables,
    encode_features,
    length_sorted_batches,
    shuffled_batches,
)
from legalner.preprocess import Vocabulary

TAG_SET = TagSet(("_", "O", "B-GS", "I-GS"), "iob2")
NAMES = ("word", "prefix1", "suffix1")


def sentence(tokens: str, tags: str = "") -> Sentence:
    return Sentence(tuple(tokens.split()), tuple(tags.split()) or ("O",) * len(tokens.split()))


@pytest.mark.parametrize(("min_count", "words"), [(1, {"ab", "ac", "d"}), (2, {"ac", "d"}), (3, {"d"}), (4, set())])
def test_a_value_needs_so_many_training_tokens_for_an_id_of_its_own(min_count: int, words: set[str]) -> None:
    tables = FeatureTables.from_sentences([sentence("ab ac d"), sentence("ac d d")], ("word",), min_count)
    assert {token for token in ("ab", "ac", "d", "e", "") if tables.ids(token)[0] > 1} == words
    assert tables.sizes == (len(words) + 2,)


def test_tokens_with_a_value_count_together() -> None:
    tables = FeatureTables.from_sentences([sentence("ab ac")], ("word", "prefix1"), min_count=2)
    assert tables.sizes == (2, 3)
    # A word that training never held is known by its first letter.
    assert tables.ids("ad").tolist() == [1, 2] and tables.ids("ba").tolist() == [1, 1]


def test_ids_0_and_1_belong_to_no_value() -> None:
    tokens = [chr(c) for c in range(ord("a"), ord("z") + 1)]
    tables = FeatureTables.from_sentences([Sentence.untagged(tokens)], ("word",), min_count=1)
    assert sorted(int(tables.ids(token)[0]) for token in tokens) == list(range(2, 28))
    assert tables.ids("ä").tolist() == [1] and tables.sizes == (28,)


def test_each_feature_has_ids_of_its_own() -> None:
    tables = FeatureTables.from_sentences([sentence("ab")], ("word", "prefix2", "prefix1"), min_count=1)
    assert tables.ids("ab").tolist() == [2, 2, 2]
    # "ab" is a prefix of abc, but no word; "a" is no word either.
    assert tables.ids("abc").tolist() == [1, 2, 2]
    assert tables.ids("a").tolist() == [1, 1, 2]


def test_a_feature_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(
        ValueError, match=r"unknown feature 'gender'; expected one of word, norm, shape, prefix1, .*, suffix4"
    ):
        FeatureTables.from_sentences([sentence("ab")], ("word", "gender"))


def test_what_is_remembered_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("legalner.improve.encode.CACHE_SIZE", 3)
    tables = FeatureTables.from_sentences([sentence("a b c d")], NAMES, min_count=1)
    ids = [tables.ids(token).tolist() for token in "abcdabxyz"]
    assert len(tables._known) <= 3 and ids[:2] == ids[4:6]


def test_tables_hold_no_text() -> None:
    tables = FeatureTables.from_sentences([sentence("Müller Müller")], tuple(FEATURES))
    assert all(hashes.dtype == np.uint32 for hashes in tables.hashes)


def by_hand(values: Iterable[str], all_values: Sequence[str]) -> list[int]:
    """Ids of some values of one feature, from the list of all its values in training: two of a kind have an id."""
    known = sorted((v for v in set(all_values) if all_values.count(v) >= 2), key=lambda v: zlib.crc32(v.encode()))
    return [known.index(v) + 2 if v in known else 1 for v in values]


def encoded_by_hand(training: Sequence[Sentence], s: Sentence) -> np.ndarray:
    tokens = [token for t in training for token in t.tokens]
    columns = [
        by_hand(s.tokens, tokens),
        by_hand([t[0] for t in s.tokens], [t[0] for t in tokens]),
        by_hand([t[-1] for t in s.tokens], [t[-1] for t in tokens]),
    ]
    return np.array(columns).T


def corpus_of(
    sentences: Sequence[Sentence], training: Sequence[Sentence], vocabulary: Vocabulary | None = None
) -> EncodedCorpus:
    return encode_features(sentences, FeatureTables.from_sentences(training, NAMES), TAG_SET, vocabulary)


TOKENS = st.sampled_from(["Das", "Dar", "Urteil", "§", "12", "13", "der", "a"])
SENTENCES = st.lists(
    st.lists(st.tuples(TOKENS, st.sampled_from(["O", "B-GS"])), min_size=1, max_size=9).map(
        lambda pairs: Sentence(tuple(token for token, _ in pairs), tuple(tag for _, tag in pairs))
    ),
    max_size=12,
)
VOCABULARY = Vocabulary(("§", "Das"), np.zeros((4, 2), np.float32))


@given(SENTENCES, SENTENCES, st.integers(1, 40), st.integers(0, 99))
def test_batches_hold_every_sentence_once_whole_and_zeros_after_it(
    training: list[Sentence], sentences: list[Sentence], most: int, seed: int
) -> None:
    corpus = corpus_of(sentences, training, VOCABULARY)
    assert len(corpus) == len(sentences) and corpus.lengths.tolist() == [len(s) for s in sentences]
    for batches in (list(shuffled_batches(corpus, most, (seed, 0))), list(length_sorted_batches(corpus, most))):
        assert sorted(i for b in batches for i in b.sentences) == list(range(len(sentences)))
        for batch in batches:
            time = batch.tags.shape[1]
            assert time == max(len(sentences[i]) for i in batch.sentences)
            assert len(batch.sentences) == 1 or batch.tags.size <= most
            assert batch.ids.shape == (len(batch.sentences), time, 3) and batch.words is not None
            for i, ids, words, tags in zip(batch.sentences, batch.ids, batch.words, batch.tags, strict=True):
                s = sentences[i]
                np.testing.assert_array_equal(ids[: len(s)], encoded_by_hand(training, s))
                assert words[: len(s)].tolist() == [{"§": 2, "Das": 3}.get(token, 1) for token in s.tokens]
                assert tags[: len(s)].tolist() == [{"O": 1, "B-GS": 2}[tag] for tag in s.tags]
                assert not ids[len(s) :].any() and not words[len(s) :].any() and not tags[len(s) :].any()


def test_length_sorted_batches_go_from_short_to_long_in_the_order_of_the_corpus() -> None:
    sentences = [sentence(tokens) for tokens in ("a b", "a", "b c", "b", "a b c")]
    batches = list(length_sorted_batches(corpus_of(sentences, sentences), 4))
    assert [b.sentences.tolist() for b in batches] == [[1, 3], [0, 2], [4]]


def drawn(corpus: EncodedCorpus, seed: Sequence[int]) -> list[tuple[int, ...]]:
    return [tuple(b.sentences.tolist()) for b in shuffled_batches(corpus, 12, seed)]


def test_the_seed_gives_the_batches_and_their_order() -> None:
    sentences = [sentence("a " * (1 + i % 4)) for i in range(40)]
    corpus = corpus_of(sentences, sentences)
    first = drawn(corpus, (1, 0))
    assert first == drawn(corpus, (1, 0))
    for other in (drawn(corpus, (1, 1)), drawn(corpus, (2, 0))):
        # Not only the order of the batches is another, but also who is together in one.
        assert {frozenset(b) for b in other} != {frozenset(b) for b in first}
    lengths = [max(len(sentences[i]) for i in batch) for batch in first]
    assert lengths != sorted(lengths)


def test_batches_without_word_vectors_have_no_words() -> None:
    corpus = corpus_of([sentence("a b")], [sentence("a")])
    assert corpus.words is None and all(b.words is None for b in length_sorted_batches(corpus, 9))


def test_a_sentence_of_1047_tokens_stays_whole_and_makes_no_other_longer() -> None:
    long = Sentence(tuple(f"w{i}" for i in range(1047)), ("O",) * 1046 + ("B-GS",))
    sentences = [sentence("a b c"), long, sentence("a")]
    batches: list[Batch] = list(shuffled_batches(corpus_of(sentences, sentences), 100, (1,)))
    shapes = {tuple(sorted(b.sentences.tolist())): b.ids.shape for b in batches}
    assert shapes == {(0, 2): (2, 3, 3), (1,): (1, 1047, 3)}
    tags = next(b.tags for b in batches if b.tags.shape[1] == 1047)[0]
    assert tags[-1] == 2 and (tags[:-1] == 1).all()


def test_an_empty_corpus_gives_no_batch() -> None:
    corpus = corpus_of([], [sentence("a")], VOCABULARY)
    assert len(corpus) == 0 and not corpus.lengths.size
    assert not list(shuffled_batches(corpus, 10, (1,))) and not list(length_sorted_batches(corpus, 10))


def test_tags_that_training_never_held_count_as_o_with_one_warning() -> None:
    sentences = [sentence("a b c", "B-RS I-RS B-GS"), sentence("d e", "B-RS O")]
    with pytest.warns(UnseenTagWarning, match=r"B-RS \(2\), I-RS \(1\)") as caught:
        corpus = corpus_of(sentences, sentences)
    assert len(caught) == 1 and corpus.tags.tolist() == [1, 1, 2, 1, 1]
