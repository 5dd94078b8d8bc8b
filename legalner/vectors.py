"""Word vectors by name, behind one small interface."""

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


# Components of a spaCy pipeline that are not needed for its vectors.
_COMPONENTS = ("tok2vec", "tagger", "morphologizer", "parser", "lemmatizer", "senter", "attribute_ruler", "ner")
# Length of FastText's n-grams in characters.
SHORTEST, LONGEST = 3, 6


class VectorsError(ValueError):
    """Vectors that are not available; the message says how to get them."""


class Vectors(Protocol):
    """What the rest of the package needs from word vectors."""

    dimension: int

    def has(self, token: str) -> bool:
        """Return whether the token has its own vector."""

    def vector(self, token: str) -> np.ndarray:
        """Return the vector of a token, ``(dimension,)`` float32; zeros if it has none."""


def load_vectors(name: str, train: Sequence[Sentence], *, dimension: int = 300, seed: int = 1) -> Vectors:
    """Load or train the vectors of this name.

    Args:
        name: ``fasttext``, sub-word vectors trained on the training tokens and cached; ``spacy:PIPELINE``, the
            vectors of an installed spaCy pipeline; ``none``, random vectors, from which the network learns its own.
        train: Training sentences; their tags are not used.
        dimension: Length of a vector; a spaCy pipeline has its own.
        seed: Random seed of ``fasttext`` and ``none``.

    Raises:
        VectorsError: The name is unknown, or the pipeline is not installed or has no vectors.
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
    """Sub-word vectors (Bojanowski et al. 2017, arXiv 1607.04606) of the training tokens, trained with gensim.

    A word's vector is the mean of its n-grams' vectors and, for a training word, of one of its own; so words that are
    not in the training data have one too. The vectors are read from the cache, or trained first: about a minute for
    300,000 tokens on one core.

    Args:
        train: Training sentences; their tags are not used.
        dimension: Length of a vector.
        seed: Random seed of the training.
    """

    # gensim's default of two million buckets takes 1.6 GB; a hundred thousand are enough for these corpora.
    BUCKETS = 100_000
    EPOCHS = 5

    def __init__(self, train: Sequence[Sentence], *, dimension: int, seed: int) -> None:
        self.dimension = dimension
        path = cache_folder() / "vectors" / f"fasttext-{self._key(train, dimension, seed)}.bin"
        if not path.exists():
            self._make(path, train, dimension, seed)
        from gensim.models.fasttext import load_facebook_vectors

        self._keyed: Any = load_facebook_vectors(str(path))

    def has(self, token: str) -> bool:
        """Return whether the token has n-grams; only the empty string has none."""
        return bool(token)

    def vector(self, token: str) -> np.ndarray:
        """Return the vector of a token, ``(dimension,)`` float32."""
        return np.asarray(self._keyed[token], np.float32)

    def ngram_vectors(self, token: str) -> np.ndarray:
        """Return the vectors of the token's n-grams, in the order of :func:`ngrams`, ``(n-grams, dimension)``."""
        from gensim.models.fasttext import ft_ngram_hashes

        hashes = ft_ngram_hashes(token, self._keyed.min_n, self._keyed.max_n, self._keyed.bucket)
        return np.asarray(self._keyed.vectors_ngrams[hashes], np.float32)

    @classmethod
    def _key(cls, train: Sequence[Sentence], dimension: int, seed: int) -> str:
        """Hash everything that the vectors depend on."""
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
            sg=1, seed=seed, workers=1,  # one worker: with several, no two runs would be alike
        )  # fmt: skip
        # Facebook's format, since gensim's own is a pickle.
        with atomic_write(path) as temporary:
            save_facebook_model(model, str(temporary))


class SpacyVectors:
    """The static vectors of an installed spaCy pipeline.

    Args:
        pipeline: Its name, such as ``de_core_news_md``, or its folder.

    Raises:
        VectorsError: The pipeline is not installed or has no vectors.
    """

    def __init__(self, pipeline: str) -> None:
        import spacy

        try:
            # Only the vectors are needed; the components would cost memory and time.
            self._vocab = spacy.load(pipeline, exclude=list(_COMPONENTS)).vocab
        except OSError as error:
            if Path(pipeline).exists():
                raise VectorsError(f"{pipeline}: the folder holds no spaCy pipeline ({error})") from None
            raise VectorsError(
                f"spaCy pipeline {pipeline!r} is not installed. Install it with spaCy's own command, "
                f"`python -m spacy download {pipeline}` (never with `pip install {pipeline}`: on package indexes that "
                f"name belongs to strangers), or use other vectors: fasttext, none."
            ) from None
        self.dimension = self._vocab.vectors_length
        if not self.dimension:
            raise VectorsError(f"spaCy pipeline {pipeline!r} has no word vectors; use one that ends in _md or _lg")

    def has(self, token: str) -> bool:
        """Return whether the pipeline has a vector for the token."""
        return bool(self._vocab.has_vector(token))

    def vector(self, token: str) -> np.ndarray:
        """Return the vector of a token, ``(dimension,)`` float32."""
        return np.asarray(self._vocab.get_vector(token), np.float32)


class NoVectors:
    """Random vectors for the training tokens, from which the network learns its own.

    They are uniform in ±0.05, as in Keras's embedding layer.

    Args:
        train: Training sentences; their tags are not used.
        dimension: Length of a vector.
        seed: Random seed.
    """

    def __init__(self, train: Sequence[Sentence], *, dimension: int, seed: int) -> None:
        self.dimension = dimension
        tokens = sorted({token for s in train for token in s.tokens})
        drawn = np.random.default_rng(seed).uniform(-0.05, 0.05, (len(tokens), dimension)).astype(np.float32)
        self._vectors = dict(zip(tokens, drawn, strict=True))

    def has(self, token: str) -> bool:
        """Return whether the token occurs in the training data."""
        return token in self._vectors

    def vector(self, token: str) -> np.ndarray:
        """Return the vector of a token, ``(dimension,)`` float32."""
        return self._vectors.get(token, np.zeros(self.dimension, np.float32))


def ngrams(token: str, shortest: int = SHORTEST, longest: int = LONGEST) -> list[str]:
    """Return the pieces of ``<token>`` that FastText uses: all its character n-grams, from left to right.

    Args:
        token: A word, without the marks ``<`` and ``>``.
        shortest: Least number of characters of an n-gram, the marks included.
        longest: Greatest number of characters.
    """
    marked = f"<{token}>"
    return [
        marked[start : start + n]
        for start in range(len(marked))
        for n in range(shortest, longest + 1)
        if start + n <= len(marked)
    ]


def nearest(token: str, tokens: Sequence[str], embeddings: np.ndarray, count: int = 5) -> list[tuple[str, float]]:
    """Find the tokens with the most similar vectors.

    Args:
        token: One of ``tokens``.
        tokens: The tokens to search.
        embeddings: Their vectors, ``(tokens, dimension)``.
        count: How many to return.

    Returns:
        Tokens and cosine similarities, nearest first, without the token itself.

    Raises:
        VectorsError: ``token`` is not one of ``tokens``.
    """
    if token not in tokens:
        raise VectorsError(f"{token!r} is not among these {len(tokens):,} tokens; use a word of the corpus")
    norms = np.linalg.norm(embeddings, axis=1) + 1e-9
    here = list(tokens).index(token)
    similarity = embeddings @ embeddings[here] / (norms * norms[here])
    best = [i for i in np.argsort(-similarity, kind="stable") if i != here][:count]
    return [(tokens[i], float(similarity[i])) for i in best]
