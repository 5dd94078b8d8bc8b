"""Tags: the schemes in which files write them, the spans that they mean, and the tag set that a model gives."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # sentences are read with the functions of this module
    from legalner.data.conll import Sentence

__all__ = [
    "PADDING",
    "Scheme",
    "Span",
    "TagScheme",
    "TagSet",
    "Tags",
    "UnseenTagWarning",
    "repair_iob2",
    "spans",
    "to_iob2",
    "warn_of_unseen_tags",
]

PADDING = "_"
Scheme = Literal["iob2", "iob1", "bioes"]  # of files
TagScheme = Literal["class", "iob2"]  # of models
Tags = Sequence[str]


class UnseenTagWarning(UserWarning):
    """A tag outside the tag set was met; it cannot be learned and counts as a miss."""


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """An entity: tokens ``start`` to ``end`` (not included) and its class."""

    start: int
    end: int
    label: str


def spans(tags: Tags) -> list[Span]:
    """Return the entities of valid IOB2 tags, in order."""
    found: list[Span] = []
    start = None
    for i, tag in enumerate([*tags, "O"]):
        if start is not None and not tag.startswith("I-"):
            found.append(Span(start, i, tags[start][2:]))
            start = None
        if tag.startswith("B-"):
            start = i
    return found


def repair_iob2(tags: Tags) -> tuple[str, ...]:
    """Turn each ``I-X`` that continues no ``X`` into ``B-X``: it can only mean that an entity begins."""
    return tuple(
        f"B-{tag[2:]}" if tag.startswith("I-") and before[2:] != tag[2:] else tag
        for before, tag in pairwise(["O", *tags])
    )


def to_iob2(tags: Tags, scheme: Scheme) -> tuple[str, ...]:
    """Turn a file's tags into valid IOB2.

    ``iob1`` is IOB2 whose entities begin with ``I-`` unless they touch one of their own class. ``bioes`` marks the last
    token of an entity, ``E-``, and entities of one token, ``S-``.
    """
    if scheme != "bioes":
        return repair_iob2(tags)
    opened = []
    for before, tag in pairwise(["O", *tags]):
        # After E or S an entity has ended, so an I or E directly after it begins another.
        begins = tag[0] == "S" or (tag[0] in "IE" and before[0] in "ES")
        opened.append(f"B-{tag[2:]}" if begins else f"I-{tag[2:]}" if tag[0] == "E" else tag)
    return repair_iob2(opened)


@dataclass(frozen=True)
class TagSet:
    """The tags that a model can give, with the padding tag ``_`` at index 0 and ``O`` at index 1.

    ``class`` is the article's scheme: the class alone (``GS``), so that two adjacent entities of one class become one.
    ``iob2`` marks where each begins (``B-GS``, ``I-GS``).
    """

    names: tuple[str, ...]
    scheme: TagScheme

    @classmethod
    def from_sentences(cls, sentences: Iterable[Sentence], scheme: TagScheme) -> TagSet:
        """Collect the tags of the training data, sorted, after ``_`` and ``O``.

        Raises:
            ValueError: An unknown scheme, or a class that the scheme ``class`` could not tell from ``_`` or ``O``.
        """
        if scheme not in ("class", "iob2"):
            raise ValueError(f"unknown tag scheme {scheme!r}; expected one of class, iob2")
        labels = sorted({tag[2:] for s in sentences for tag in s.tags if tag != "O"})
        if scheme == "class":
            if taken := {PADDING, "O"} & set(labels):
                raise ValueError(f"the scheme class cannot have a class {taken.pop()!r}; rename it, or take iob2")
            return cls((PADDING, "O", *labels), scheme)
        # B and I of every class, even where training holds no I: what begins can continue.
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

    def encode(self, tags: Tags) -> list[int]:
        """Turn IOB2 tags into ids; a tag outside the set becomes ``O``."""
        return [self._ids.get(self.simplify(tag), self._ids["O"]) for tag in tags]

    def decode(self, ids: Iterable[int]) -> tuple[str, ...]:
        """Turn ids into valid IOB2 tags: ``_`` counts as ``O``; in ``class``, a run of one class is one entity."""
        names = ["O" if self.names[i] == PADDING else self.names[i] for i in ids]
        if self.scheme == "class":
            names = [name if name == "O" else f"I-{name}" for name in names]
        return repair_iob2(names)


def warn_of_unseen_tags(sentences: Iterable[Sentence], tag_set: TagSet) -> None:
    """Warn once of the tags that a tag set does not hold, with the number of tokens of each."""
    counts = Counter(tag for s in sentences for tag in s.tags)
    outside = [tag for tag in sorted(counts) if tag_set.simplify(tag) not in tag_set.names]
    if outside:
        found = ", ".join(f"{tag} ({counts[tag]})" for tag in outside)
        warnings.warn(f"tags never seen in training, so they count as misses: {found}", UnseenTagWarning, stacklevel=3)
