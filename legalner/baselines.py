"""Two taggers to compare a network with: a linear CRF over hand-made features, and spaCy's own, by its own commands."""

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
    """Describe each token by hand: word, shape, prefix and suffix of itself and of two neighbours on each side.

    Args:
        tokens: A sentence.

    Returns:
        For each token its features as names, such as ``-1:shape=Xxxxx`` for the shape of the token before it.
    """
    own = [[f"{name}={FEATURES[name](token)}" for name in SEEN] for token in tokens]
    described = []
    for here in range(len(own)):
        near = range(max(here - NEIGHBOURS, 0), min(here + NEIGHBOURS + 1, len(own)))
        described.append(["bias", *(f"{there - here}:{value}" for there in near for value in own[there])])
    return described


def train_linear_crf(sentences: Sequence[Sentence], *, iterations: int = 100) -> CRF:
    """Fit a linear CRF by L-BFGS, with a little of both penalties (c1 = c2 = 0.1), by sklearn-crfsuite."""
    crf = CRF(algorithm="lbfgs", c1=0.1, c2=0.1, max_iterations=iterations)
    crf.fit([linear_features(s.tokens) for s in sentences], [list(s.tags) for s in sentences])
    return crf


def linear_tags(crf: CRF, sentences: Sequence[Sequence[str]]) -> list[Tags]:
    """Tag sentences with a linear CRF; an ``I-`` that continues nothing becomes ``B-``."""
    # crfsuite forbids no transition, it only learns that some do not occur.
    return [repair_iob2(tags) for tags in crf.predict([linear_features(tokens) for tokens in sentences])]


def transition_weights(crf: CRF) -> pd.DataFrame:
    """What the CRF adds for each step from a tag (row) to a tag (column); 0 for steps that it never met."""
    names = sorted(crf.classes_, key=lambda tag: (tag != "O", tag[2:], tag))
    table = pd.DataFrame(0.0, index=names, columns=names)
    for (start, end), weight in crf.transition_features_.items():
        table.loc[start, end] = weight
    return table


def top_features(crf: CRF, tag: str, count: int = 8) -> pd.Series:
    """The features that speak most for a tag, with their weights."""
    weights = {feature: w for (feature, of), w in crf.state_features_.items() if of == tag}
    return pd.Series(weights, name=tag, dtype=float).sort_values(ascending=False).head(count)


def spacy_command(*arguments: str | Path) -> str:
    """Run ``python -m spacy …`` as in a terminal, show what it prints as it comes, and return it.

    Raises:
        RuntimeError: It ended with an error; the message is what it printed last.
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
    """Tag sentences of tokens with a trained spaCy pipeline, from ``spacy.load``."""
    from spacy.tokens import Doc

    docs = nlp.pipe(Doc(nlp.vocab, words=list(tokens)) for tokens in sentences)
    return [tuple(f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc) for doc in docs]
