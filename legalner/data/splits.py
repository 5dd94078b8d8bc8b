"""Corpora by name, each split into train, val and test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from legalner.data.conll import DataError, Sentence, read_conll
from legalner.data.ler import COARSE, COURTS, read_file
from legalner.data.sample import generate
from legalner.data.tags import Scheme

__all__ = ["SPLITS", "Corpus", "load_corpus", "load_files", "to_coarse", "unseen"]

SPLITS = ("sample", "bag-bgh", "upstream", "bverwg", "courts")
Granularity = Literal["fine", "coarse"]

# Val of `bverwg` is every tenth stretch of this many sentences of each court. The sentences of a judgment are
# consecutive, so stretches keep most of a judgment on one side.
STRETCH = 100


@dataclass(frozen=True)
class Corpus:
    """A corpus in three parts.

    Attributes:
        name: The split's name, or the folder of the files.
        train: Sentences to learn from.
        val: Sentences to make choices with.
        test: Sentences to report figures on.
    """

    name: str
    train: list[Sentence]
    val: list[Sentence]
    test: list[Sentence]

    @property
    def parts(self) -> dict[str, list[Sentence]]:
        """The three parts by name."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def counts(self) -> dict[str, int]:
        """Count the sentences, tokens and entities of each part, under names such as ``train_tokens``."""
        counts = {}
        for name, sentences in self.parts.items():
            counts[f"{name}_sentences"] = len(sentences)
            counts[f"{name}_tokens"] = sum(map(len, sentences))
            counts[f"{name}_entities"] = sum(tag.startswith("B-") for s in sentences for tag in s.tags)
        return counts


def load_corpus(
    split: str,
    *,
    source: str | Path | None = None,
    train_courts: Sequence[str] = (),
    test_courts: Sequence[str] = (),
    granularity: Granularity = "fine",
    scheme: Scheme = "iob2",
) -> Corpus:
    """Load a corpus, split by one of the names in :data:`SPLITS`.

    Args:
        split: ``sample``, ``bag-bgh``, ``upstream``, ``bverwg``, or ``courts`` with the two arguments below; or
            your own folder with ``train.conll``, ``val.conll`` and ``test.conll``.
        source: Where LER is; see :func:`legalner.data.ler.locate`. The sample needs none: it is generated, as the files
            in ``data/sample`` were.
        train_courts: For ``courts``: courts to learn from; the last 20 % of each are val.
        test_courts: For ``courts``: courts to test on, in full.
        granularity: ``fine`` to keep the classes, ``coarse`` for LER's 7 coarse classes.
        scheme: The tag scheme of the files in your own folder; see :func:`legalner.data.conll.read_conll`.

    Returns:
        The corpus.

    Raises:
        DataError: The split, a court or the granularity is unknown, or the data cannot be used.
    """
    if granularity not in ("fine", "coarse"):
        raise DataError(f"unknown granularity {granularity!r}; expected one of fine, coarse")
    if split == "sample":
        corpus = Corpus(split, **generate())
    elif split == "bag-bgh":
        corpus = _by_courts(split, ["bag"], ["bgh"], source)
    elif split == "courts":
        corpus = _by_courts(split, train_courts, test_courts, source)
    elif split == "upstream":
        corpus = _upstream(source)
    elif split == "bverwg":
        corpus = _bverwg(source)
    elif split and Path(split).is_dir():
        files = (Path(split) / f"{part}.conll" for part in ("train", "val", "test"))
        corpus = load_files(*files, name=split, scheme=scheme)
    else:
        known = ", ".join(SPLITS)
        raise DataError(f"unknown split {split!r}; expected one of {known}, or a folder with train, val and test.conll")
    if granularity == "coarse":
        return Corpus(corpus.name, *(to_coarse(part) for part in corpus.parts.values()))
    return corpus


def load_files(
    train: str | Path, val: str | Path, test: str | Path, *, name: str = "files", scheme: Scheme = "iob2"
) -> Corpus:
    """Load a corpus from three CoNLL files of your own.

    Args:
        train: The file to learn from. The court of its sentences is the file's name without its suffix.
        val: The file to make choices with.
        test: The file to report figures on.
        name: Name of the corpus.
        scheme: The tag scheme of the files.

    Raises:
        DataError: A file cannot be used; see :func:`legalner.data.conll.read_conll`.
    """
    return Corpus(name, *(read_conll(path, scheme=scheme, court=Path(path).stem) for path in (train, val, test)))


def _by_courts(name: str, train_courts: Sequence[str], test_courts: Sequence[str], source: str | Path | None) -> Corpus:
    for court in [*train_courts, *test_courts]:
        if court not in COURTS:
            raise DataError(f"unknown court {court!r}; expected one of {', '.join(COURTS)}")
    if not train_courts or not test_courts:
        raise DataError("split 'courts' needs train_courts and test_courts, such as ['bfh'] and ['bsg']")
    if twice := [court for court, times in Counter([*train_courts, *test_courts]).items() if times > 1]:
        raise DataError(f"{', '.join(twice)} named more than once; name each court once, to train or to test on")
    train: list[Sentence] = []
    val: list[Sentence] = []
    for court in train_courts:
        sentences = read_file(court, source)
        # Like Keras's validation_split=0.2: train is the first 80 %, rounded down.
        cut = int(len(sentences) * 0.8)
        train += sentences[:cut]
        val += sentences[cut:]
    return Corpus(name, train, val, [s for court in test_courts for s in read_file(court, source)])


def _upstream(source: str | Path | None) -> Corpus:
    """Take upstream's dev and test; train is what is left of the court files once their sentences are removed."""
    val, test = read_file("ler_dev", source), read_file("ler_test", source)
    # A sentence that the court files hold several times is removed as often as it is in dev and test.
    taken = Counter(_content(s) for s in [*val, *test])
    train = []
    for sentence in (s for court in COURTS for s in read_file(court, source)):
        if taken[_content(sentence)]:
            taken[_content(sentence)] -= 1
        else:
            train.append(sentence)
    return Corpus("upstream", train, val, test)


def _bverwg(source: str | Path | None) -> Corpus:
    train: list[Sentence] = []
    val: list[Sentence] = []
    for court in (c for c in COURTS if c != "bverwg"):
        for number, sentence in enumerate(read_file(court, source)):
            (val if number // STRETCH % 10 == 9 else train).append(sentence)
    return Corpus("bverwg", train, val, read_file("bverwg", source))


def _content(sentence: Sentence) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return sentence.tokens, sentence.tags


def unseen(sentences: Iterable[Sentence], train: Iterable[Sentence]) -> list[Sentence]:
    """Return the sentences that do not also occur in ``train``, token for token."""
    known = {s.tokens for s in train}
    return [s for s in sentences if s.tokens not in known]


def to_coarse(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Replace LER's 19 fine classes with its 7 coarse ones.

    Raises:
        DataError: A class is not one of LER's.
    """
    coarse = {"O": "O"} | {f"{p}-{fine}": f"{p}-{group}" for p in "BI" for fine, group in COARSE.items()}
    try:
        return [replace(s, tags=tuple(coarse[tag] for tag in s.tags)) for s in sentences]
    except KeyError as error:
        raise DataError(f"tag {error} has no coarse class; coarse classes are defined for LER's tags only") from None
