"""The interface of a contender."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.measure import Stopwatch
from legalner.data import Sentence

__all__ = ["Contender", "Setting", "Tags", "Tokens", "passes"]

Tokens = Sequence[str]
Tags = Sequence[str]


@dataclass(frozen=True)
class Setting:
    """What a contender gets.

    Attributes:
        folder: Folder for its own files.
        vocabulary: Folder with the word vectors that the benchmark made.
        least_steps: Train as many whole passes as are needed for this number of steps (for a CRF, iterations).
        most_steps: Stop after this number of steps, even within a pass; None for no limit.
        options: What only some contenders need: ``units``, ``profile``.
    """

    folder: Path
    vocabulary: Path
    least_steps: int = 1
    most_steps: int | None = None
    options: dict[str, Any] = field(default_factory=dict)


class Contender(ABC):
    """A tagger whose training steps can be timed.

    Attributes:
        max_len: Most tokens that it reads of a sentence; None for all.
        flops_per_token: Operations that training needs for one real token; None if unknown.

    Args:
        setting: What it gets. Nothing is computed before :meth:`prepare`.
    """

    max_len: int | None = None
    flops_per_token: int | None = None

    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    @abstractmethod
    def prepare(self, sentences: list[Sentence]) -> None:
        """Turn the training sentences into what training reads, and build the tagger."""

    @abstractmethod
    def train(self, watch: Stopwatch) -> None:
        """Train, and report every step to the watch."""

    @abstractmethod
    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Tag sentences of strings: one IOB2 tag for each token."""

    def read(self, sentences: Sequence[Sentence]) -> int:
        """Count the tokens that it reads: no padding, and nothing that it cuts off."""
        return sum(len(s) if self.max_len is None else min(len(s), self.max_len) for s in sentences)


def passes(least_steps: int, steps_a_pass: int) -> int:
    """Return how many passes over the data give at least this number of steps."""
    return max(1, -(-least_steps // steps_a_pass))
