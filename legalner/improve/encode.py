"""What a network can see inside a token: its prefix, suffix and shape, as rows of small tables; and batches of them.

A corpus is kept flat, one row of numbers a token, and only a batch is ever padded: memory follows the tokens, not the
longest sentence.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

import numpy as np

from legalner.data import Sentence
from legalner.preprocess import TagSet, Vocabulary, batches_by_length, warn_of_unseen_tags

__all__ = ["FEATURES", "FeatureTables", "FlatCorpus", "Padded", "epoch_batches", "flatten", "in_order", "shape"]


def shape(token: str) -> str:
    """Write a token's pattern: ``X`` a capital, ``x`` a small letter, ``d`` a digit; runs end at four.

    So ``Urteil`` is ``Xxxxx``. The idea is spaCy's.
    """
    kinds = ("d" if c.isdigit() else "X" if c.isupper() else "x" if c.isalpha() else c for c in token)
    return "".join("".join(list(run)[:4]) for _, run in groupby(kinds))


def _no_digits(token: str) -> str:
    return re.sub(r"\d", "0", token)


FEATURES: dict[str, Callable[[str], str]] = {
    "word": lambda token: token,
    "norm": lambda token: _no_digits(re.sub(r"[.-]", "", token.lower())),
    "shape": shape,
    "prefix1": lambda token: token[:1],
    "prefix2": lambda token: _no_digits(token[:2]),
    "prefix3": lambda token: _no_digits(token[:3]),
    "prefix4": lambda token: _no_digits(token[:4]),
    "suffix1": lambda token: token[-1:],
    "suffix2": lambda token: _no_digits(token[-2:]),
    "suffix3": lambda token: _no_digits(token[-3:]),
    "suffix4": lambda token: _no_digits(token[-4:]),
    "suffix6": lambda token: _no_digits(token[-6:].lower()),
}


# Tokens whose rows a table keeps at hand.
REMEMBERED = 200_000


def _hash(value: str) -> int:
    return zlib.crc32(value.encode(errors="surrogatepass"))  # half a pair, from a broken file, is a value too


@dataclass(frozen=True, eq=False)
class FeatureTables:
    """For each feature, the values that training held often enough, as sorted hashes of 32 bits.

    A value's row is its hash's place, plus 2; row 0 is padding, row 1 any other value. Hashes take the place of strings
    so that a model which is given away holds no names out of its training data.
    """

    names: tuple[str, ...]
    hashes: tuple[np.ndarray, ...]

    @classmethod
    def from_sentences(cls, sentences: Iterable[Sentence], names: Sequence[str], at_least: int = 2) -> FeatureTables:
        """Collect the values that at least so many training tokens have; nothing of the tags is used.

        Raises:
            ValueError: A feature that does not exist.
        """
        if unknown := sorted(set(names) - set(FEATURES)):
            raise ValueError(f"no feature {unknown[0]!r}; there are: {', '.join(FEATURES)}")
        tokens = Counter(token for s in sentences for token in s.tokens)
        tables = []
        for name in names:
            counts: Counter[int] = Counter()
            for token, count in tokens.items():
                counts[_hash(FEATURES[name](token))] += count
            tables.append(np.array(sorted(h for h, count in counts.items() if count >= at_least), np.uint32))
        return cls(tuple(names), tuple(tables))

    @property
    def sizes(self) -> tuple[int, ...]:
        """Rows of each feature's table, padding and unknown included."""
        return tuple(len(hashes) + 2 for hashes in self.hashes)

    @cached_property
    def _known(self) -> dict[str, np.ndarray]:
        return {}

    def rows(self, token: str) -> np.ndarray:
        """Rows of one token, ``(features,)``."""
        if token not in self._known:
            row = np.ones(len(self.names), np.int32)
            for column, (name, hashes) in enumerate(zip(self.names, self.hashes, strict=True)):
                value = np.uint32(_hash(FEATURES[name](token)))
                place = int(np.searchsorted(hashes, value))
                if place < len(hashes) and hashes[place] == value:
                    row[column] = place + 2
            if len(self._known) >= REMEMBERED:  # documents without end must not fill the memory
                self._known.clear()
            self._known[token] = row
        return self._known[token]


@dataclass(frozen=True, eq=False)
class FlatCorpus:
    """Sentences one behind the other.

    ``rows`` ``(tokens, features)`` are rows of the feature tables, ``words`` ``(tokens,)`` rows of a matrix of word
    vectors (or None), ``tags`` ``(tokens,)`` tag ids; ``starts`` ``(sentences + 1,)`` says where each sentence begins.
    """

    rows: np.ndarray
    words: np.ndarray | None
    tags: np.ndarray
    starts: np.ndarray

    def __len__(self) -> int:
        """Count the sentences."""
        return len(self.starts) - 1

    @property
    def lengths(self) -> np.ndarray:
        """Tokens of each sentence."""
        return np.diff(self.starts)


@dataclass(frozen=True, eq=False)
class Padded:
    """One batch: which sentences it holds, and their arrays padded with zeros to its longest."""

    sentences: np.ndarray
    rows: np.ndarray
    words: np.ndarray | None
    tags: np.ndarray


def flatten(
    sentences: Sequence[Sentence], tables: FeatureTables, tag_set: TagSet, vocabulary: Vocabulary | None = None
) -> FlatCorpus:
    """Encode whole sentences, none cut; a tag outside the set counts as ``O``, with one warning."""
    warn_of_unseen_tags(sentences, tag_set)
    starts = np.cumsum([0, *(len(s) for s in sentences)])
    rows = np.ones((starts[-1], len(tables.names)), np.int32)
    words = None if vocabulary is None else np.zeros(starts[-1], np.int32)
    tags = np.zeros(starts[-1], np.int32)
    for s, start in zip(sentences, starts, strict=False):
        here = slice(start, start + len(s))
        rows[here] = [tables.rows(token) for token in s.tokens]
        tags[here] = tag_set.encode(s.tags)
        if words is not None and vocabulary is not None:
            words[here] = vocabulary.rows(s.tokens)
    return FlatCorpus(rows, words, tags, starts)


def _pad(corpus: FlatCorpus, numbers: np.ndarray) -> Padded:
    """Gather sentences into one batch, padded to the longest among them."""
    starts, ends = corpus.starts[numbers], corpus.starts[numbers + 1]
    positions = starts[:, None] + np.arange((ends - starts).max())
    real = positions < ends[:, None]
    safe = np.where(real, positions, 0)
    words = None if corpus.words is None else np.where(real, corpus.words[safe], 0)
    return Padded(numbers, np.where(real[..., None], corpus.rows[safe], 0), words, np.where(real, corpus.tags[safe], 0))


def epoch_batches(corpus: FlatCorpus, token_budget: int, seed: Sequence[int]) -> Iterator[Padded]:
    """Cut a corpus into batches of sentences of like length, in an order that the seed gives.

    Sentences of one length are dealt anew with each seed, and so are the batches.
    """
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(corpus))
    groups = batches_by_length(corpus.lengths[order].tolist(), token_budget)
    for number in rng.permutation(len(groups)):
        yield _pad(corpus, order[groups[number]])


def in_order(corpus: FlatCorpus, token_budget: int) -> Iterator[Padded]:
    """Cut a corpus into batches of sentences of like length, short ones first; for predicting."""
    for group in batches_by_length(corpus.lengths.tolist(), token_budget):
        yield _pad(corpus, np.asarray(group))
