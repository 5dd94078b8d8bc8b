"""Tags: the schemes that files use, the spans that tags stand for, and the tag set that a model predicts."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:  # conll.py imports this module
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
    """The data has tags that the tag set lacks; they count as misses."""


@dataclass(frozen=True, order=True, slots=True)
class Span:
    """An entity: tokens ``start`` to ``end`` (exclusive), and its class, ``label``."""

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
    """Turn each ``I-X`` that continues no ``X`` into ``B-X``, since an entity must begin there."""
    return tuple(
        f"B-{tag[2:]}" if tag.startswith("I-") and before[2:] != tag[2:] else tag
        for before, tag in pairwise(["O", *tags])
    )


def to_iob2(tags: Tags, scheme: Scheme) -> tuple[str, ...]:
    """Convert a file's tags to valid IOB2.

    Args:
        tags: The tags of one sentence.
        scheme: ``iob2``; ``iob1``, in which an entity begins with ``I-`` unless it directly follows one of its own
            class; ``bioes``, in which the last token of an entity has ``E-``, and the only token of one ``S-``.
    """
    if scheme != "bioes":
        return repair_iob2(tags)
    opened = []
    for before, tag in pairwise(["O", *tags]):
        # E and S end an entity, so an I or E directly after them begins another.
        begins = tag[0] == "S" or (tag[0] in "IE" and before[0] in "ES")
        opened.append(f"B-{tag[2:]}" if begins else f"I-{tag[2:]}" if tag[0] == "E" else tag)
    return repair_iob2(opened)


@dataclass(frozen=True)
class TagSet:
    """The tags that a model can predict, with the padding tag ``_`` at index 0 and ``O`` at index 1.

    Attributes:
        names: The tags; a tag's id is its index.
        scheme: ``class``, the article's: the class alone (``GS``), so that two adjacent entities of one class become
            one; or ``iob2``, which marks where each begins (``B-GS``, ``I-GS``).
    """

    names: tuple[str, ...]
    scheme: TagScheme

    @classmethod
    def from_sentences(cls, sentences: Iterable[Sentence], scheme: TagScheme) -> TagSet:
        """Collect the tags of the training data, sorted, after ``_`` and ``O``.

        Args:
            sentences: The training data.
            scheme: ``class`` or ``iob2``.

        Raises:
            ValueError: The scheme is unknown, or it is ``class`` and a class is called ``_`` or ``O``.
        """
        if scheme not in ("class", "iob2"):
            raise ValueError(f"unknown tag scheme {scheme!r}; expected one of class, iob2")
        labels = sorted({tag[2:] for s in sentences for tag in s.tags if tag != "O"})
        if scheme == "class":
            if taken := {PADDING, "O"} & set(labels):
                raise ValueError(f"scheme 'class' cannot have a class {taken.pop()!r}; rename it, or use iob2")
            return cls((PADDING, "O", *labels), scheme)
        # B and I of every class, even if training has no I: any entity can continue.
        return cls((PADDING, "O", *(f"{prefix}-{label}" for label in labels for prefix in "BI")), scheme)

    def __len__(self) -> int:
        return len(self.names)

    def simplify(self, tag: str) -> str:
        """Convert an IOB2 tag to this scheme."""
        return tag[2:] if self.scheme == "class" and tag != "O" else tag

    @cached_property
    def _ids(self) -> dict[str, int]:
        return {name: i for i, name in enumerate(self.names)}

    def encode(self, tags: Tags) -> list[int]:
        """Convert IOB2 tags to ids; a tag that is not in the set becomes ``O``."""
        return [self._ids.get(self.simplify(tag), self._ids["O"]) for tag in tags]

    def decode(self, ids: Iterable[int]) -> tuple[str, ...]:
        """Convert ids to valid IOB2 tags: ``_`` counts as ``O``; with ``class``, a run of one class is one entity."""
        names = ["O" if self.names[i] == PADDING else self.names[i] for i in ids]
        if self.scheme == "class":
            names = [name if name == "O" else f"I-{name}" for name in names]
        return repair_iob2(names)


def warn_of_unseen_tags(sentences: Iterable[Sentence], tag_set: TagSet) -> None:
    """Warn once about all tags that a tag set lacks, with the number of tokens of each."""
    counts = Counter(tag for s in sentences for tag in s.tags)
    outside = [tag for tag in sorted(counts) if tag_set.simplify(tag) not in tag_set.names]
    if outside:
        found = ", ".join(f"{tag} ({counts[tag]})" for tag in outside)
        warnings.warn(f"tags never seen in training, so they count as misses: {found}", UnseenTagWarning, stacklevel=3)
