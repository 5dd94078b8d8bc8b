"""Lesson 09: raw text into tokens, entities with their offsets, and files of them."""

from legalner.annotate.annotator import DEFAULT_MODEL, Annotator, Document, Entity
from legalner.annotate.files import annotate_files
from legalner.annotate.segment import LANGUAGES, Token, segment

__all__ = ["DEFAULT_MODEL", "LANGUAGES", "Annotator", "Document", "Entity", "Token", "annotate_files", "segment"]
