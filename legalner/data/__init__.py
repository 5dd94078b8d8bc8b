"""The corpora: reading CoNLL files, the LER corpus and its source, and the splits into train, val and test."""

from legalner.data.conll import (
    ConllError,
    DataError,
    Sentence,
    TagRepairWarning,
    parse_conll,
    read_conll,
    write_conll,
)
from legalner.data.ler import COARSE, COURTS, FILES, FINE, available, cache_folder, locate, read_file
from legalner.data.splits import SPLITS, Corpus, load_corpus, load_files, to_coarse, unseen

__all__ = [
    "COARSE",
    "COURTS",
    "FILES",
    "FINE",
    "SPLITS",
    "ConllError",
    "Corpus",
    "DataError",
    "Sentence",
    "TagRepairWarning",
    "available",
    "cache_folder",
    "load_corpus",
    "load_files",
    "locate",
    "parse_conll",
    "read_conll",
    "read_file",
    "to_coarse",
    "unseen",
    "write_conll",
]
