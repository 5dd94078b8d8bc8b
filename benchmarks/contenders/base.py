"""What the benchmark asks of a contender."""

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
    """What a contender is told.

    Args:
        folder: A place for files of its own.
        vocabulary: Folder of the word vectors that the benchmark made.
        least_steps: Train as many passes as it takes to make so many steps (iterations, for a CRF).
        most_steps: Stop after so many steps, even within a pass; None for no limit.
        options: Whatever else: ``units``, ``profile``.
    """

    folder: Path
    vocabulary: Path
    least_steps: int = 1
    most_steps: int | None = None
    options: dict[str, Any] = field(default_factory=dict)


class Contender(ABC):
    """Something that learns to tag sentences, in steps that a stopwatch sees.

    ``max_len`` is the number of tokens that it reads of a sentence, None for all. ``flops_per_token``, where known, are
    the operations that training needs for one real token.
    """

    max_len: int | None = None
    flops_per_token: int | None = None

    def __init__(self, setting: Setting) -> None:
        """Take the setting; nothing is computed yet."""
        self.setting = setting

    @abstractmethod
    def prepare(self, sentences: list[Sentence]) -> None:
        """Turn sentences into what training reads, and build what is to be trained."""

    @abstractmethod
    def train(self, watch: Stopwatch) -> None:
        """Train, telling the watch of every step."""

    @abstractmethod
    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Tag sentences, from strings to one IOB2 tag a token."""

    def read(self, sentences: Sequence[Sentence]) -> int:
        """Count the tokens that it reads: real ones, and none that it cuts off."""
        return sum(len(s) if self.max_len is None else min(len(s), self.max_len) for s in sentences)


def passes(least_steps: int, steps_a_pass: int) -> int:
    """How many passes make at least so many steps."""
    return max(1, -(-least_steps // steps_a_pass))
