"""Lesson 06: two taggers to compare a network with, a linear CRF over hand-made features, and spaCy's recogniser."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from sklearn_crfsuite import CRF

from legalner.data import Sentence, repair_iob2
from legalner.features import FEATURES

if TYPE_CHECKING:
    from spacy.language import Language

__all__ = [
    "linear_features",
    "linear_tags",
    "spacy_command",
    "spacy_tags",
    "top_features",
    "train_linear_crf",
    "transition_weights",
]

Tags = tuple[str, ...]
NEIGHBOURS = 2
SEEN = ("word", "shape", "prefix3", "suffix3")


def linear_features(tokens: Sequence[str]) -> list[list[str]]:
    """Describe each token by the word, shape, prefix and suffix of itself and of two neighbours on each side.

    Args:
        tokens: A sentence.

    Returns:
        The features of each token by name, such as ``-1:shape=Xxxxx`` for the shape of the previous token.
    """
    own = [[f"{name}={FEATURES[name](token)}" for name in SEEN] for token in tokens]
    described = []
    for here in range(len(own)):
        near = range(max(here - NEIGHBOURS, 0), min(here + NEIGHBOURS + 1, len(own)))
        described.append(["bias", *(f"{there - here}:{value}" for there in near for value in own[there])])
    return described


def train_linear_crf(sentences: Sequence[Sentence], *, iterations: int = 100) -> CRF:
    """Train a linear CRF with sklearn-crfsuite, by L-BFGS with a weak L1 and a weak L2 penalty (c1 = c2 = 0.1).

    Args:
        sentences: Training sentences.
        iterations: Maximum number of L-BFGS iterations.
    """
    crf = CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=iterations)
    crf.fit([linear_features(s.tokens) for s in sentences], [list(s.tags) for s in sentences])
    return crf


def linear_tags(crf: CRF, sentences: Sequence[Sequence[str]]) -> list[Tags]:
    """Tag sentences with a linear CRF.

    Args:
        crf: From :func:`train_linear_crf`.
        sentences: The tokens of each sentence.

    Returns:
        Valid IOB2 tags of each sentence: an ``I-`` that continues no entity becomes ``B-``.
    """
    return [repair_iob2(tags) for tags in crf.predict([linear_features(tokens) for tokens in sentences])]


def transition_weights(crf: CRF) -> pd.DataFrame:
    """Make a table of transition weights, from the row's tag to the column's; 0 where the CRF has none."""
    names = sorted(crf.classes_, key=lambda tag: (tag != "O", tag[2:], tag))
    table = pd.DataFrame(0.0, index=names, columns=names)
    for (start, end), weight in crf.transition_features_.items():
        table.loc[start, end] = weight
    return table


def top_features(crf: CRF, tag: str, count: int = 8) -> pd.Series:
    """Find the features with the largest weights for a tag.

    Args:
        crf: From :func:`train_linear_crf`.
        tag: An IOB2 tag.
        count: How many to return.

    Returns:
        Weights by feature, largest first.
    """
    weights = {feature: w for (feature, of), w in crf.state_features_.items() if of == tag}
    return pd.Series(weights, name=tag, dtype=float).sort_values(ascending=False).head(count)


def spacy_command(*arguments: str | Path) -> str:
    """Run ``python -m spacy …``, show its output line by line, and return it.

    Args:
        arguments: What follows ``spacy`` on the command line.

    Raises:
        RuntimeError: The command failed; the message ends with the last lines of its output.
    """
    command = [sys.executable, "-m", "spacy", *map(str, arguments)]
    lines = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8", errors="replace"
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line)
            print(line, end="", flush=True)
    if process.returncode:
        raise RuntimeError(f"`spacy {arguments[0]}` failed: {''.join(lines[-5:]).strip()}")
    return "".join(lines)


def spacy_tags(nlp: Language, sentences: Sequence[Sequence[str]]) -> list[Tags]:
    """Tag sentences with a spaCy pipeline.

    Args:
        nlp: A trained pipeline, from ``spacy.load``.
        sentences: The tokens of each sentence.

    Returns:
        IOB2 tags of each sentence.
    """
    from spacy.tokens import Doc

    docs = nlp.pipe(Doc(nlp.vocab, words=list(tokens)) for tokens in sentences)
    return [tuple(f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc) for doc in docs]
