"""Lesson 01: CoNLL files, tags and entities, the LER corpus, the sample, and splits into train, val and test."""

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
from legalner.data.tags import PADDING, Span, TagScheme, TagSet, UnseenTagWarning, repair_iob2, spans

__all__ = [
    "COARSE",
    "COURTS",
    "FILES",
    "FINE",
    "PADDING",
    "SPLITS",
    "ConllError",
    "Corpus",
    "DataError",
    "Sentence",
    "Span",
    "TagRepairWarning",
    "TagScheme",
    "TagSet",
    "UnseenTagWarning",
    "available",
    "cache_folder",
    "load_corpus",
    "load_files",
    "locate",
    "parse_conll",
    "read_conll",
    "read_file",
    "repair_iob2",
    "spans",
    "to_coarse",
    "unseen",
    "write_conll",
]
