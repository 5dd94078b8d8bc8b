"""Word vectors by name, with one small interface."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from legalner.data import Sentence, cache_folder
from legalner.workspace import atomic_write

__all__ = [
    "FastTextVectors",
    "NoVectors",
    "SpacyVectors",
    "Vectors",
    "VectorsError",
    "load_vectors",
    "nearest",
    "ngrams",
]


# Parts of a spaCy pipeline that its vectors do not need.
_COMPONENTS = ("tok2vec", "tagger", "morphologizer", "parser", "lemmatizer", "senter", "attribute_ruler", "ner")
# Characters in the n-grams of FastText.
SHORTEST, LONGEST = 3, 6


class VectorsError(ValueError):
    """Vectors that cannot be had; the message says how to get them."""


class Vectors(Protocol):
    """What the rest of the package asks of word vectors."""

    dimension: int

    def has(self, token: str) -> bool:
        """Tell whether the token has a vector of its own."""

    def vector(self, token: str) -> np.ndarray:
        """Vector of a token, ``(dimension,)`` float32; zeros where there is none."""


def load_vectors(name: str, train: Sequence[Sentence], *, dimension: int = 300, seed: int = 1) -> Vectors:
    """Load, or make, the vectors of this name.

    Args:
        name: ``fasttext``, sub-word vectors trained on the training tokens and cached; ``spacy:PIPELINE``, the
            vectors of an installed spaCy pipeline; ``none``, nothing but a place for the network to learn its own.
        train: Training sentences; their tags are not looked at.
        dimension: Length of a vector; a spaCy pipeline has its own.
        seed: Seed of what is made.

    Raises:
        VectorsError: An unknown name, or a pipeline that is not installed or has no vectors.
    """
    if name == "fasttext":
        return FastTextVectors(train, dimension=dimension, seed=seed)
    if name.startswith("spacy:"):
        return SpacyVectors(name.removeprefix("spacy:"))
    if name == "none":
        return NoVectors(train, dimension=dimension, seed=seed)
    names = "fasttext, spacy:PIPELINE (such as spacy:de_core_news_md), none"
    raise VectorsError(f"unknown vectors {name!r}; expected one of {names}")


class FastTextVectors:
    """Sub-word vectors (Bojanowski et al. 2017, arXiv 1607.04606) of the training tokens, made with gensim.

    A word's vector is the mean of the vectors of its character n-grams, so a word that training never saw has one too.
    """

    # gensim's default of two million buckets would take 1.6 GB; a hundred thousand hold these corpora's n-grams.
    BUCKETS = 100_000
    EPOCHS = 5

    def __init__(self, train: Sequence[Sentence], *, dimension: int, seed: int) -> None:
        """Read the vectors from the cache, or make them (about a minute for 300,000 tokens on one core)."""
        self.dimension = dimension
        path = cache_folder() / "vectors" / f"fasttext-{self._key(train, dimension, seed)}.bin"
        if not path.exists():
            self._make(path, train, dimension, seed)
        from gensim.models.fasttext import load_facebook_vectors

        self._keyed: Any = load_facebook_vectors(str(path))

    def has(self, token: str) -> bool:
        """Tell whether an n-gram of the token is there; it always is, but for the empty string."""
        return bool(token)

    def in_training(self, token: str) -> bool:
        """Tell whether the token itself stood in the training data."""
        return token in self._keyed.key_to_index

    def vector(self, token: str) -> np.ndarray:
        """Vector of a token, ``(dimension,)``."""
        return np.asarray(self._keyed[token], np.float32)

    def ngram_vectors(self, token: str) -> np.ndarray:
        """Vectors of the token's n-grams, in the order of :func:`ngrams`, ``(n-grams, dimension)``."""
        from gensim.models.fasttext import ft_ngram_hashes

        hashes = ft_ngram_hashes(token, self._keyed.min_n, self._keyed.max_n, self._keyed.bucket)
        return np.asarray(self._keyed.vectors_ngrams[hashes], np.float32)

    @classmethod
    def _key(cls, train: Sequence[Sentence], dimension: int, seed: int) -> str:
        """A name that changes with whatever the vectors depend on."""
        digest = hashlib.sha256(f"{dimension} {seed} {cls.BUCKETS} {cls.EPOCHS}\n".encode())
        for s in train:
            digest.update(" ".join(s.tokens).encode() + b"\n")
        return digest.hexdigest()[:16]

    @classmethod
    def _make(cls, path: Path, train: Sequence[Sentence], dimension: int, seed: int) -> None:
        from gensim.models import FastText
        from gensim.models.fasttext import save_facebook_model

        model = FastText(
            [list(s.tokens) for s in train],
            vector_size=dimension, window=5, min_count=1, min_n=SHORTEST, max_n=LONGEST,
            bucket=cls.BUCKETS, epochs=cls.EPOCHS,
            sg=1, seed=seed, workers=1,  # one worker: several would make each run differ
        )  # fmt: skip
        # Facebook's own format: gensim's would be a pickle.
        with atomic_write(path) as temporary:
            save_facebook_model(model, str(temporary))


class SpacyVectors:
    """The static vectors of an installed spaCy pipeline, such as ``de_core_news_md``."""

    def __init__(self, pipeline: str) -> None:
        """Load the pipeline's vocabulary."""
        import spacy

        try:
            # Only the vectors are wanted; the components would cost memory and time.
            self._vocab = spacy.load(pipeline, exclude=list(_COMPONENTS)).vocab
        except OSError as error:
            if Path(pipeline).exists():
                raise VectorsError(f"{pipeline}: the folder holds no spaCy pipeline ({error})") from None
            raise VectorsError(
                f"spaCy pipeline {pipeline!r} is not installed. Get it with spaCy's own command, "
                f"`python -m spacy download {pipeline}` (never with `pip install {pipeline}`: on package indexes that "
                f"name belongs to strangers), or take other vectors: fasttext, none."
            ) from None
        self.dimension = self._vocab.vectors_length
        if not self.dimension:
            raise VectorsError(f"spaCy pipeline {pipeline!r} has no word vectors; take one that ends in _md or _lg")

    def has(self, token: str) -> bool:
        """Tell whether the pipeline has a vector for the token."""
        return bool(self._vocab.has_vector(token))

    def vector(self, token: str) -> np.ndarray:
        """Vector of a token, ``(dimension,)``."""
        return np.asarray(self._vocab.get_vector(token), np.float32)


class NoVectors:
    """No vectors from outside: small random ones for the training tokens, for the network to change."""

    def __init__(self, train: Sequence[Sentence], *, dimension: int, seed: int) -> None:
        """Draw a vector for each training token, uniformly in ±0.05, as Keras's embedding layer does."""
        self.dimension = dimension
        tokens = sorted({token for s in train for token in s.tokens})
        drawn = np.random.default_rng(seed).uniform(-0.05, 0.05, (len(tokens), dimension)).astype(np.float32)
        self._vectors = dict(zip(tokens, drawn, strict=True))

    def has(self, token: str) -> bool:
        """Tell whether the token stood in the training data."""
        return token in self._vectors

    def vector(self, token: str) -> np.ndarray:
        """Vector of a token, ``(dimension,)``."""
        return self._vectors.get(token, np.zeros(self.dimension, np.float32))


def ngrams(token: str, shortest: int = SHORTEST, longest: int = LONGEST) -> list[str]:
    """The pieces of ``<token>`` that FastText sees: all its n-grams of characters, from left to right."""
    marked = f"<{token}>"
    return [
        marked[start : start + n]
        for start in range(len(marked))
        for n in range(shortest, longest + 1)
        if start + n <= len(marked)
    ]


def nearest(token: str, tokens: Sequence[str], embeddings: np.ndarray, count: int = 5) -> list[tuple[str, float]]:
    """The tokens whose vectors point most nearly the same way.

    Args:
        token: One of ``tokens``.
        tokens: The words to search.
        embeddings: Their vectors, ``(tokens, dimension)``.
        count: How many to return.

    Returns:
        Tokens and cosine similarities, nearest first, without the token itself.

    Raises:
        VectorsError: ``tokens`` does not hold ``token``.
    """
    if token not in tokens:
        raise VectorsError(f"{token!r} is not among these {len(tokens):,} tokens; take a word of the corpus")
    norms = np.linalg.norm(embeddings, axis=1) + 1e-9
    here = list(tokens).index(token)
    similarity = embeddings @ embeddings[here] / (norms * norms[here])
    best = [i for i in np.argsort(-similarity, kind="stable") if i != here][:count]
    return [(tokens[i], float(similarity[i])) for i in best]
