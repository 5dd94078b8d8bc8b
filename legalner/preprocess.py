"""From sentences to numbers: the vocabulary with its word vectors, and arrays of ids."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from legalner.data import Corpus, Sentence, TagSet
from legalner.data.tags import warn_of_unseen_tags
from legalner.vectors import Vectors
from legalner.workspace import atomic_write, read_json, require, write_json

__all__ = [
    "Encoded",
    "Vocabulary",
    "batches_by_length",
    "build_vocabulary",
    "encode",
    "load_encoded",
    "padding_share",
    "save_encoded",
    "truncation_counts",
]


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Tokens with ids, and their vectors: ``embeddings``, ``(2 + tokens, dimension)``.

    Id 0 is padding and id 1 any token without a vector of its own; the vectors of both are zeros.
    """

    tokens: tuple[str, ...]
    embeddings: np.ndarray

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {token: i for i, token in enumerate(self.tokens, start=2)}

    def ids(self, tokens: Iterable[str]) -> list[int]:
        """Return the id of each token."""
        return [self._ids.get(token, 1) for token in tokens]


def build_vocabulary(sentences: Iterable[Sentence], vectors: Vectors) -> Vocabulary:
    """Give an id to every token that ``vectors`` has a vector for; the tags are not used."""
    met = dict.fromkeys(token for s in sentences for token in s.tokens)  # in the order in which they are met
    tokens = tuple(token for token in met if vectors.has(token))
    embeddings = np.zeros((2 + len(tokens), vectors.dimension), np.float32)
    for i, token in enumerate(tokens, start=2):
        embeddings[i] = vectors.vector(token)
    return Vocabulary(tokens, embeddings)


@dataclass(frozen=True, eq=False)
class Encoded:
    """Sentences as arrays: token ids and tag ids ``(sentences, max_len)``, and the uncut lengths ``(sentences,)``."""

    ids: np.ndarray
    tags: np.ndarray
    lengths: np.ndarray

    @property
    def tokens(self) -> int:
        """Number of tokens that are left after the cut, padding not counted."""
        return int(np.minimum(self.lengths, self.ids.shape[1]).sum())


def encode(sentences: Sequence[Sentence], vocabulary: Vocabulary, tag_set: TagSet, max_len: int) -> Encoded:
    """Cut each sentence to ``max_len`` tokens, or pad it with id 0 and tag ``_`` up to that length.

    Returns:
        Arrays of int32; a tag outside the set counts as ``O``, with one warning.
    """
    ids = np.zeros((len(sentences), max_len), np.int32)
    tags = np.zeros((len(sentences), max_len), np.int32)
    for i, sentence in enumerate(sentences):
        length = min(len(sentence), max_len)
        ids[i, :length] = vocabulary.ids(sentence.tokens[:max_len])
        tags[i, :length] = tag_set.encode(sentence.tags[:max_len])
    warn_of_unseen_tags(sentences, tag_set)
    return Encoded(ids, tags, np.array([len(s) for s in sentences], np.int32))


def truncation_counts(sentences: Sequence[Sentence], max_len: int) -> dict[str, int]:
    """Count what a cut at ``max_len`` tokens costs: sentences, tokens, and entities that lose at least one token."""
    lost_entities = 0
    for s in (s for s in sentences if len(s) > max_len):
        inside = [i for i, tag in enumerate(s.tags) if tag.startswith("B-") and i < max_len]
        lost_entities += sum(tag.startswith("B-") for tag in s.tags[max_len:])
        # The last entity inside is cut through if it continues at max_len.
        lost_entities += bool(inside) and s.tags[max_len].startswith("I-")
    return {
        "sentences": sum(len(s) > max_len for s in sentences),
        "tokens": sum(max(len(s) - max_len, 0) for s in sentences),
        "entities": lost_entities,
    }


def padding_share(lengths: Sequence[int], batches: Iterable[Sequence[int]]) -> float:
    """Share of positions that are padding if each batch (of sentence numbers) is padded to its longest sentence."""
    tokens = padded = 0
    for batch in batches:
        here = [lengths[i] for i in batch]
        tokens += sum(here)
        padded += len(here) * max(here)
    return 1 - tokens / padded if padded else 0.0


def batches_by_length(lengths: Sequence[int], max_padded_tokens: int) -> list[list[int]]:
    """Sort sentences by length, and put as many into each batch as its padded size allows.

    Args:
        lengths: Tokens of each sentence.
        max_padded_tokens: Positions that a batch may have, padding included. A longer sentence is a batch of its own.

    Returns:
        Sentence numbers, batch by batch, short sentences first.
    """
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[i] <= max_padded_tokens:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def save_encoded(folder: Path, corpus: Corpus, vocabulary: Vocabulary, tag_set: TagSet, max_len: int) -> None:
    """Encode the three parts of a corpus and write arrays, vectors, vocabulary and tag set into ``folder``."""
    # `load_encoded` reads this file first, so it is written last: a mix of old and new files never counts as complete.
    (folder / "tags.json").unlink(missing_ok=True)
    for name, sentences in corpus.parts.items():
        part = encode(sentences, vocabulary, tag_set, max_len)
        with atomic_write(folder / f"{name}.npz") as temporary:
            np.savez_compressed(temporary, ids=part.ids, tags=part.tags, lengths=part.lengths)
    with atomic_write(folder / "vectors.npy") as temporary:
        np.save(temporary, vocabulary.embeddings)
    write_json(folder / "vocabulary.json", list(vocabulary.tokens))
    write_json(folder / "tags.json", {"scheme": tag_set.scheme, "names": list(tag_set.names)})


def load_encoded(folder: Path) -> tuple[dict[str, Encoded], Vocabulary, TagSet]:
    """Read what :func:`save_encoded` wrote.

    Returns:
        The encoded parts by name, the vocabulary and the tag set.

    Raises:
        MissingStepError: It was not written yet.
    """
    tags = read_json(require(folder / "tags.json", "02_preprocess"))
    vocabulary = Vocabulary(
        tuple(read_json(require(folder / "vocabulary.json", "02_preprocess"))),
        np.load(require(folder / "vectors.npy", "02_preprocess"), allow_pickle=False),
    )
    parts = {}
    for name in ("train", "val", "test"):
        with np.load(require(folder / f"{name}.npz", "02_preprocess"), allow_pickle=False) as stored:
            parts[name] = Encoded(stored["ids"], stored["tags"], stored["lengths"])
    return parts, vocabulary, TagSet(tuple(tags["names"]), tags["scheme"])
