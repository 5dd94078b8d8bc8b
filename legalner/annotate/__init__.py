"""Lesson 09: split raw text into tokens, find entities and their offsets, and write them to files."""

from legalner.annotate.annotator import DEFAULT_MODEL, Annotator, Document, Entity
from legalner.annotate.files import annotate_files
from legalner.annotate.segment import LANGUAGES, Token, segment

__all__ = ["DEFAULT_MODEL", "LANGUAGES", "Annotator", "Document", "Entity", "Token", "annotate_files", "segment"]
