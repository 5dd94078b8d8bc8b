"""From sentences to numbers: the tag set, the vocabulary with its vectors, and arrays of ids."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np

from legalner.data import Corpus, Sentence
from legalner.vectors import Vectors
from legalner.workspace import need, read_json, replacing, write_json

__all__ = [
    "PADDING",
    "Encoded",
    "TagScheme",
    "TagSet",
    "UnseenTagWarning",
    "Vocabulary",
    "batches_by_length",
    "build_vocabulary",
    "cut_off",
    "encode",
    "load_encoded",
    "padding_share",
    "save_encoded",
    "warn_of_unseen_tags",
]

PADDING = "_"
TagScheme = Literal["class", "iob2"]


class UnseenTagWarning(UserWarning):
    """A tag outside the tag set was met; it cannot be learned and counts as a miss."""


@dataclass(frozen=True)
class TagSet:
    """The tags that a model can give, with the padding tag ``_`` at index 0.

    ``class`` is the article's scheme: the class alone (``GS``), so that two adjacent entities of one class become one.
    ``iob2`` keeps the beginning of each (``B-GS``, ``I-GS``).
    """

    names: tuple[str, ...]
    scheme: TagScheme

    @classmethod
    def from_sentences(cls, sentences: Iterable[Sentence], scheme: TagScheme) -> TagSet:
        """Collect the tags of the training data, sorted, behind ``_`` and ``O``."""
        if scheme not in ("class", "iob2"):
            raise ValueError(f"no tag scheme {scheme!r}; there are: class, iob2")
        labels = sorted({tag[2:] for s in sentences for tag in s.tags if tag != "O"})
        if scheme == "class":
            if taken := {PADDING, "O"} & set(labels):
                raise ValueError(f"no class may be called {taken.pop()!r} in the scheme class; rename it, or take iob2")
            return cls((PADDING, "O", *labels), scheme)
        # B and I of every class, also where training holds no I: what begins can go on.
        return cls((PADDING, "O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")), scheme)

    def __len__(self) -> int:
        """Count the tags, ``_`` and ``O`` included."""
        return len(self.names)

    def simplify(self, tag: str) -> str:
        """Turn an IOB2 tag into this scheme's tag."""
        return tag[2:] if self.scheme == "class" and tag != "O" else tag

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def encode(self, tags: Sequence[str]) -> list[int]:
        """Turn IOB2 tags into indices; a tag outside the set becomes ``O``."""
        return [self._ids.get(self.simplify(tag), self._ids["O"]) for tag in tags]

    def decode(self, ids: Iterable[int]) -> tuple[str, ...]:
        """Turn indices into IOB2 tags: ``_`` counts as ``O``; in ``class``, a run of one class is one entity."""
        tags: list[str] = []
        for name in (self.names[i] for i in ids):
            label = name if self.scheme == "class" else name[2:]
            continues = bool(tags) and tags[-1] in (f"B-{label}", f"I-{label}")
            if name in (PADDING, "O"):
                tags.append("O")
            elif self.scheme == "class":
                tags.append(f"{'I' if continues else 'B'}-{label}")
            else:
                # An I that continues nothing can only mean a beginning.
                tags.append(name if continues or name.startswith("B-") else f"B-{label}")
        return tuple(tags)


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """Tokens and their rows in one matrix of vectors, ``(2 + tokens, dimension)``.

    Row 0 is padding and row 1 any token without a vector of its own; both are zeros.
    """

    tokens: tuple[str, ...]
    matrix: np.ndarray

    @cached_property
    def _rows(self) -> dict[str, int]:
        return {token: row for row, token in enumerate(self.tokens, start=2)}

    def rows(self, tokens: Iterable[str]) -> list[int]:
        """Row of each token."""
        return [self._rows.get(token, 1) for token in tokens]


def build_vocabulary(sentences: Iterable[Sentence], vectors: Vectors) -> Vocabulary:
    """Give every token that ``vectors`` has a vector for a row of the matrix; nothing of the tags is used."""
    met = dict.fromkeys(token for s in sentences for token in s.tokens)  # in the order in which they are met
    tokens = tuple(token for token in met if vectors.has(token))
    matrix = np.zeros((2 + len(tokens), vectors.dimension), np.float32)
    for row, token in enumerate(tokens, start=2):
        matrix[row] = vectors.vector(token)
    return Vocabulary(tokens, matrix)


@dataclass(frozen=True, eq=False)
class Encoded:
    """Sentences as arrays: token rows and tag ids ``(sentences, max_len)``, and the uncut lengths ``(sentences,)``."""

    rows: np.ndarray
    tags: np.ndarray
    lengths: np.ndarray

    @property
    def tokens(self) -> int:
        """Number of real tokens that are left after cutting, padding not counted."""
        return int(np.minimum(self.lengths, self.rows.shape[1]).sum())


def encode(sentences: Sequence[Sentence], vocabulary: Vocabulary, tag_set: TagSet, max_len: int) -> Encoded:
    """Cut each sentence to ``max_len`` tokens, or pad it with row 0 and tag ``_`` up to that.

    Returns:
        Arrays of int32 rows, int32 tags and int32 lengths.
    """
    rows = np.zeros((len(sentences), max_len), np.int32)
    tags = np.zeros((len(sentences), max_len), np.int32)
    for i, sentence in enumerate(sentences):
        length = min(len(sentence), max_len)
        rows[i, :length] = vocabulary.rows(sentence.tokens[:max_len])
        tags[i, :length] = tag_set.encode(sentence.tags[:max_len])
    warn_of_unseen_tags(sentences, tag_set)
    return Encoded(rows, tags, np.array([len(s) for s in sentences], np.int32))


def warn_of_unseen_tags(sentences: Iterable[Sentence], tag_set: TagSet) -> None:
    """Say once which tags a tag set does not hold, and how often they occur."""
    counts = Counter(tag for s in sentences for tag in s.tags)
    outside = [tag for tag in sorted(counts) if tag_set.simplify(tag) not in tag_set.names]
    if outside:
        found = ", ".join(f"{tag} ({counts[tag]})" for tag in outside)
        warnings.warn(f"tags never seen in training, so they count as misses: {found}", UnseenTagWarning, stacklevel=3)


def cut_off(sentences: Sequence[Sentence], max_len: int) -> dict[str, int]:
    """Count what a cut at ``max_len`` tokens costs: sentences, tokens, and entities that lose a token or all."""
    lost_entities = 0
    for s in (s for s in sentences if len(s) > max_len):
        inside = [i for i, tag in enumerate(s.tags) if tag.startswith("B-") and i < max_len]
        lost_entities += sum(tag.startswith("B-") for tag in s.tags[max_len:])
        # The last entity inside is cut through if it goes on at max_len.
        lost_entities += bool(inside) and s.tags[max_len].startswith("I-")
    return {
        "sentences": sum(len(s) > max_len for s in sentences),
        "tokens": sum(max(len(s) - max_len, 0) for s in sentences),
        "entities": lost_entities,
    }


def padding_share(lengths: Sequence[int], batches: Iterable[Sequence[int]]) -> float:
    """Share of the positions that are padding when each batch (of sentence numbers) is padded to its longest."""
    real = padded = 0
    for batch in batches:
        here = [lengths[i] for i in batch]
        real += sum(here)
        padded += len(here) * max(here)
    return 1 - real / padded if padded else 0.0


def batches_by_length(lengths: Sequence[int], token_budget: int) -> list[list[int]]:
    """Sort sentences by length and fill each batch as long as its padded size stays within the budget.

    Args:
        lengths: Tokens of each sentence.
        token_budget: Positions a batch may have, padding included. A longer sentence is a batch of its own.

    Returns:
        Sentence numbers, batch by batch, short sentences first.
    """
    batches: list[list[int]] = []
    for i in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        if batches and (len(batches[-1]) + 1) * lengths[i] <= token_budget:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


def save_encoded(folder: Path, corpus: Corpus, vocabulary: Vocabulary, tag_set: TagSet, max_len: int) -> None:
    """Encode the three parts of a corpus and write arrays, vectors, vocabulary and tag set into ``folder``."""
    # Read first, so written last: if this is cut short, older files beside newer ones are not taken for a whole.
    (folder / "tags.json").unlink(missing_ok=True)
    for name, sentences in corpus.parts.items():
        part = encode(sentences, vocabulary, tag_set, max_len)
        with replacing(folder / f"{name}.npz") as temporary:
            np.savez_compressed(temporary, rows=part.rows, tags=part.tags, lengths=part.lengths)
    with replacing(folder / "vectors.npy") as temporary:
        np.save(temporary, vocabulary.matrix)
    write_json(folder / "vocabulary.json", list(vocabulary.tokens))
    write_json(folder / "tags.json", {"scheme": tag_set.scheme, "names": list(tag_set.names)})


def load_encoded(folder: Path) -> tuple[dict[str, Encoded], Vocabulary, TagSet]:
    """Read what :func:`save_encoded` wrote.

    Returns:
        The encoded parts by name, the vocabulary and the tag set.

    Raises:
        MissingStepError: It was not written yet.
    """
    tags = read_json(need(folder / "tags.json", "02_preprocess"))
    vocabulary = Vocabulary(
        tuple(read_json(need(folder / "vocabulary.json", "02_preprocess"))),
        np.load(need(folder / "vectors.npy", "02_preprocess"), allow_pickle=False),
    )
    parts = {}
    for name in ("train", "val", "test"):
        with np.load(need(folder / f"{name}.npz", "02_preprocess"), allow_pickle=False) as stored:
            parts[name] = Encoded(stored["rows"], stored["tags"], stored["lengths"])
    return parts, vocabulary, TagSet(tuple(tags["names"]), tags["scheme"])
