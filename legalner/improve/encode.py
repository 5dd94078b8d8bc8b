"""Sentences of any length as ids of features, and batches of them.

A corpus is kept flat, one row of ids for each token, and only a batch is ever padded: memory grows with the number of
tokens, not with the longest sentence.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from legalner.data import Sentence, TagSet
from legalner.data.tags import warn_of_unseen_tags
from legalner.features import FEATURES
from legalner.preprocess import Vocabulary, batches_by_length

__all__ = [
    "Batch",
    "EncodedCorpus",
    "FeatureTables",
    "encode_features",
    "length_sorted_batches",
    "shuffled_batches",
]

# How many tokens' ids are cached.
CACHE_SIZE = 200_000


def _hash(value: str) -> int:
    return zlib.crc32(value.encode(errors="surrogatepass"))  # a broken file can hold half of a surrogate pair


@dataclass(frozen=True, eq=False)
class FeatureTables:
    """For each feature, the values that occurred often enough in training, as sorted 32-bit hashes.

    A value's id is the position of its hash, plus 2; id 0 is padding, id 1 any other value. Hashes replace the strings
    so that a published model contains no names from its training data.
    """

    names: tuple[str, ...]
    hashes: tuple[np.ndarray, ...]

    @classmethod
    def from_sentences(cls, sentences: Iterable[Sentence], names: Sequence[str], min_count: int = 2) -> FeatureTables:
        """Collect the values that at least ``min_count`` training tokens have; the tags are not used.

        Raises:
            ValueError: An unknown feature.
        """
        if unknown := sorted(set(names) - set(FEATURES)):
            raise ValueError(f"unknown feature {unknown[0]!r}; expected one of {', '.join(FEATURES)}")
        tokens = Counter(token for s in sentences for token in s.tokens)
        tables = []
        for name in names:
            # Each distinct token is looked at once, and counts as often as it stands in the text.
            counts: Counter[int] = Counter()
            for token, count in tokens.items():
                counts[_hash(FEATURES[name](token))] += count
            tables.append(np.array(sorted(h for h, count in counts.items() if count >= min_count), np.uint32))
        return cls(tuple(names), tuple(tables))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of ids of each feature, padding and unknown included."""
        return tuple(len(hashes) + 2 for hashes in self.hashes)

    @cached_property
    def _known(self) -> dict[str, np.ndarray]:
        return {}

    def ids(self, token: str) -> np.ndarray:
        """Return the ids of one token's features, ``(features,)``."""
        if token not in self._known:
            ids = np.ones(len(self.names), np.int32)  # 1: a value that is not in the table
            for column, (name, hashes) in enumerate(zip(self.names, self.hashes, strict=True)):
                value = np.uint32(_hash(FEATURES[name](token)))
                place = int(np.searchsorted(hashes, value))
                if place < len(hashes) and hashes[place] == value:
                    ids[column] = place + 2
            if len(self._known) >= CACHE_SIZE:  # an endless stream of documents must not fill the memory
                self._known.clear()
            self._known[token] = ids
        return self._known[token]


@dataclass(frozen=True, eq=False)
class EncodedCorpus:
    """All tokens of a corpus in one row, sentence after sentence.

    ``ids`` ``(tokens, features)`` are ids of the features, ``words`` ``(tokens,)`` ids of word vectors (or None),
    ``tags`` ``(tokens,)`` ids of tags. Sentence ``i`` is ``row_splits[i]`` to ``row_splits[i + 1]`` (not included), as
    in TensorFlow's ragged tensors; ``row_splits`` is ``(sentences + 1,)``.
    """

    ids: np.ndarray
    words: np.ndarray | None
    tags: np.ndarray
    row_splits: np.ndarray

    def __len__(self) -> int:
        """Count the sentences."""
        return len(self.row_splits) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Number of tokens of each sentence, ``(sentences,)``."""
        return np.diff(self.row_splits)


@dataclass(frozen=True, eq=False)
class Batch:
    """Some sentences of a corpus, padded with zeros to the longest among them.

    ``sentences`` ``(batch,)`` are their numbers in the corpus; ``ids`` is ``(batch, time, features)``, ``words`` (or
    None) and ``tags`` are ``(batch, time)``.
    """

    sentences: np.ndarray
    ids: np.ndarray
    words: np.ndarray | None
    tags: np.ndarray

    def inputs(self, embeddings: np.ndarray | None) -> Any:
        """Return what the network reads: ids, and word vectors ``(batch, time, dimension)`` if there are any."""
        if self.words is None or embeddings is None:
            return self.ids
        return {"ids": self.ids, "vectors": embeddings[self.words]}


def encode_features(
    sentences: Sequence[Sentence], tables: FeatureTables, tag_set: TagSet, vocabulary: Vocabulary | None = None
) -> EncodedCorpus:
    """Encode whole sentences; a tag outside the set counts as ``O``, with one warning."""
    warn_of_unseen_tags(sentences, tag_set)
    row_splits = np.cumsum([0, *(len(s) for s in sentences)])
    ids = np.ones((row_splits[-1], len(tables.names)), np.int32)
    words = None if vocabulary is None else np.zeros(row_splits[-1], np.int32)
    tags = np.zeros(row_splits[-1], np.int32)
    for s, start in zip(sentences, row_splits, strict=False):
        here = slice(start, start + len(s))
        ids[here] = [tables.ids(token) for token in s.tokens]
        tags[here] = tag_set.encode(s.tags)
        if words is not None and vocabulary is not None:
            words[here] = vocabulary.ids(s.tokens)
    return EncodedCorpus(ids, words, tags, row_splits)


def _pad(corpus: EncodedCorpus, numbers: np.ndarray) -> Batch:
    """Gather sentences by their numbers ``(batch,)`` into one batch, padded to the longest among them."""
    starts, ends = corpus.row_splits[numbers], corpus.row_splits[numbers + 1]  # (batch,) each
    # Where each position would lie in the flat corpus if its sentence went on for ever: (batch, time).
    positions = starts[:, None] + np.arange((ends - starts).max())
    mask = positions < ends[:, None]  # True for tokens, False for padding: (batch, time)
    safe = np.where(mask, positions, 0)  # a place that exists; what stands there is masked away
    ids = np.where(mask[..., None], corpus.ids[safe], 0)  # (batch, time, features)
    words = None if corpus.words is None else np.where(mask, corpus.words[safe], 0)
    return Batch(numbers, ids, words, np.where(mask, corpus.tags[safe], 0))


def shuffled_batches(corpus: EncodedCorpus, max_padded_tokens: int, seed: Sequence[int]) -> Iterator[Batch]:
    """Cut a corpus into batches of sentences of similar length, in an order that depends on the seed.

    Two things are random: which of the sentences of one length share a batch, and the order of the batches.

    Args:
        corpus: What to cut.
        max_padded_tokens: Positions that a batch may have, padding included.
        seed: Numbers that make one seed together, such as ``(seed, epoch)``.

    Yields:
        Each sentence once, in some batch.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(corpus))
    # Sorting is stable: sentences of one length keep the random order that they have here.
    groups = batches_by_length(corpus.lengths[order].tolist(), max_padded_tokens)
    for number in rng.permutation(len(groups)):
        yield _pad(corpus, order[groups[number]])


def length_sorted_batches(corpus: EncodedCorpus, max_padded_tokens: int) -> Iterator[Batch]:
    """Cut a corpus into batches of sentences of similar length, short ones first; for predicting."""
    for group in batches_by_length(corpus.lengths.tolist(), max_padded_tokens):
        yield _pad(corpus, np.asarray(group))
