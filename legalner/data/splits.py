"""The corpora by name, and how each is split into train, val and test."""

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

# Val of `bverwg`: of each court's sentences, every tenth stretch of this many. A judgment's sentences stand together,
# so stretches keep most of a judgment on one side.
STRETCH = 100


@dataclass(frozen=True)
class Corpus:
    """Three lists of sentences: learn on ``train``, choose on ``val``, report on ``test``."""

    name: str
    train: list[Sentence]
    val: list[Sentence]
    test: list[Sentence]

    @property
    def parts(self) -> dict[str, list[Sentence]]:
        """The three lists by name."""
        return {"train": self.train, "val": self.val, "test": self.test}

    def counts(self) -> dict[str, int]:
        """Sentences, tokens and entities of each part, by names such as ``train_tokens``."""
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
        split: ``sample``, ``bag-bgh``, ``upstream``, ``bverwg``, or ``courts`` with the next two arguments; or a
            folder of one's own with ``train.conll``, ``val.conll`` and ``test.conll``.
        source: Where LER lies; see :func:`legalner.data.ler.locate`. The sample needs none: it is made from its seed,
            as the files in ``data/sample`` were.
        train_courts: For ``courts``: courts to learn from; the last 20 % of each are val.
        test_courts: For ``courts``: courts to test on, whole.
        granularity: ``fine`` for the classes as they are, ``coarse`` for LER's 7.
        scheme: How the files of a folder of one's own write their tags; see :func:`legalner.data.conll.read_conll`.

    Returns:
        The corpus.

    Raises:
        DataError: An unknown split or court, or data that cannot be used.
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
        names = ", ".join(SPLITS)
        raise DataError(f"unknown split {split!r}; expected one of {names}, or a folder with train, val and test.conll")
    if granularity == "coarse":
        return Corpus(corpus.name, *(to_coarse(part) for part in corpus.parts.values()))
    return corpus


def load_files(
    train: str | Path, val: str | Path, test: str | Path, *, name: str = "files", scheme: Scheme = "iob2"
) -> Corpus:
    """Load a corpus from three CoNLL files of one's own; see :func:`legalner.data.conll.read_conll`."""
    return Corpus(name, *(read_conll(path, scheme=scheme, court=Path(path).stem) for path in (train, val, test)))


def _by_courts(name: str, train_courts: Sequence[str], test_courts: Sequence[str], source: str | Path | None) -> Corpus:
    for court in [*train_courts, *test_courts]:
        if court not in COURTS:
            raise DataError(f"unknown court {court!r}; expected one of {', '.join(COURTS)}")
    if not train_courts or not test_courts:
        raise DataError("split 'courts' needs train_courts and test_courts, such as ['bfh'] and ['bsg']")
    if twice := [court for court, times in Counter([*train_courts, *test_courts]).items() if times > 1]:
        raise DataError(f"{', '.join(twice)} named twice; a court is either trained on or tested on, and once")
    train: list[Sentence] = []
    val: list[Sentence] = []
    for court in train_courts:
        sentences = read_file(court, source)
        # As Keras's validation_split=0.2 does: the first 80 % rounded down, in order.
        cut = int(len(sentences) * 0.8)
        train += sentences[:cut]
        val += sentences[cut:]
    return Corpus(name, train, val, [s for court in test_courts for s in read_file(court, source)])


def _upstream(source: str | Path | None) -> Corpus:
    """Upstream's dev and test; train is each sentence of the court files that is in neither, copies counted."""
    val, test = read_file("ler_dev", source), read_file("ler_test", source)
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
    """The sentences whose tokens do not stand, all and in order, as a sentence of ``train``."""
    known = {s.tokens for s in train}
    return [s for s in sentences if s.tokens not in known]


def to_coarse(sentences: Iterable[Sentence]) -> list[Sentence]:
    """Replace LER's 19 fine classes by its 7 coarse ones.

    Raises:
        DataError: A class that is not LER's.
    """
    coarse = {"O": "O"} | {f"{p}-{fine}": f"{p}-{group}" for p in "BI" for fine, group in COARSE.items()}
    try:
        return [replace(s, tags=tuple(coarse[tag] for tag in s.tags)) for s in sentences]
    except KeyError as error:
        raise DataError(f"tag {error} has no coarse class; coarse classes are defined for LER's tags only") from None
