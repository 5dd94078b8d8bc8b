"""Sentences and CoNLL files: a token and its tag on each line, a blank line between sentences."""

from __future__ import annotations

import re
import sys
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from legalner.data.tags import Scheme, to_iob2
from legalner.workspace import atomic_write

__all__ = [
    "ConllError",
    "DataError",
    "Sentence",
    "TagRepairWarning",
    "parse_conll",
    "read_conll",
    "write_conll",
]

_TAG = re.compile(r"O|[BIES]-\S+")
_SPACE = re.compile(r"[ \t]+")
# Tokens and tags that are read back as they were written.
_WRITABLE_TOKEN = re.compile(r"(?!\ufeff|-DOCSTART-\Z)[^ \t\n\ud800-\udfff]+")
_WRITABLE_TAG = re.compile(r"O|[BI]-[^\s\ud800-\udfff]+")


class DataError(ValueError):
    """Data that cannot be used; the message names it and says what to do."""


class ConllError(DataError):
    """A CoNLL file that cannot be read.

    Args:
        name: What the message calls the file.
        line: Number of the line, from 1; None if the whole file is at fault.
        message: What is wrong, and what to do.
    """

    def __init__(self, name: str | Path, line: int | None, message: str) -> None:
        where = f"{name}" if line is None else f"{name}, line {line}"
        super().__init__(f"{where}: {message}")


class TagRepairWarning(UserWarning):
    """``I-`` tags that continue no entity were read as ``B-``."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence.

    Attributes:
        tokens: Its words, numbers and punctuation marks.
        tags: Their IOB2 tags, one for each token.
        court: The court whose decision it is from; ``""`` if unknown.

    Raises:
        DataError: There are no tokens, or not one tag for each token.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    court: str = ""

    def __post_init__(self) -> None:
        # Checked once, here, so that no other code has to.
        if not self.tokens:
            raise DataError("a sentence needs at least one token")
        if len(self.tokens) != len(self.tags):
            raise DataError(f"{len(self.tokens)} tokens but {len(self.tags)} tags: {' '.join(self.tokens)[:80]!r}")

    def __len__(self) -> int:
        return len(self.tokens)

    @classmethod
    def untagged(cls, tokens: Iterable[str]) -> Sentence:
        """Make a sentence that is still to be tagged: every tag is ``O``."""
        tokens = tuple(tokens)
        return cls(tokens, ("O",) * len(tokens))


def read_conll(
    path: str | Path,
    *,
    court: str = "",
    scheme: Scheme = "iob2",
    repair: bool = True,
    separator: str | None = None,
) -> list[Sentence]:
    """Read a CoNLL file: the token in the first column, the tag in the last, a blank line after each sentence.

    It accepts the variants found in practice: LF, CRLF or CR, a byte-order mark, spaces or tabs, more than two columns,
    comment lines (``# …``), ``-DOCSTART-`` lines, any number of blank lines, no blank line at the end.

    Args:
        path: The file, in UTF-8.
        court: Court of all its sentences.
        scheme: The tag scheme of the file. ``iob1`` and ``bioes`` are converted to ``iob2``.
        repair: What to do with an ``I-X`` (in ``bioes`` also an ``E-X``) that continues no entity: read it as ``B-X``
            and warn with the number of such tags, or (False) refuse the file. In ``iob1`` entities begin that way.
        separator: Column separator, such as ``"\\t"`` if tokens contain spaces; None for any run of spaces and tabs.

    Returns:
        The sentences, with IOB2 tags.

    Raises:
        ConllError: The file has no sentences, is not UTF-8, has an invalid line, or needs a forbidden repair.
        DataError: The file does not exist or cannot be read, or the scheme is unknown.
    """
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; check the path") from None
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror}); expected a CoNLL file") from None
    return parse_conll(content, path, court=court, scheme=scheme, repair=repair, separator=separator)


def parse_conll(
    content: bytes,
    name: str | Path,
    *,
    court: str = "",
    scheme: Scheme = "iob2",
    repair: bool = True,
    separator: str | None = None,
) -> list[Sentence]:
    """Parse the content of a CoNLL file; see :func:`read_conll` for the other arguments, the result and the errors.

    Args:
        content: The file's bytes, in UTF-8.
        name: What messages call the file.
    """
    if scheme not in get_args(Scheme):
        raise DataError(f"unknown tag scheme {scheme!r}; expected one of {', '.join(get_args(Scheme))}")
    sentences: list[Sentence] = []
    orphans: list[int] = []
    rows: list[tuple[int, str, str]] = []

    def close() -> None:
        if rows:
            tags = _to_iob2(name, rows, scheme, orphans)
            sentences.append(Sentence(tuple(sys.intern(token) for _, token, _ in rows), tuple(tags), court))
            rows.clear()

    for number, line in enumerate(_lines(content, name), start=1):
        columns = _columns(line, separator)
        if not columns or columns[0] == "-DOCSTART-":
            close()
        elif (row := _row(name, number, columns)) is not None:
            rows.append((number, *row))
    close()
    if not sentences:
        raise ConllError(name, None, "contains no sentence; expected lines of `token tag`")
    if orphans and scheme != "iob1":
        found = f"{len(orphans)} tag(s) such as `I-…` continue no entity, first in line {orphans[0]}"
        if not repair:
            raise ConllError(name, None, f"{found}; fix the file, or read it with repair=True or scheme='iob1'")
        warnings.warn(f"{name}: {found}; each was read as `B-…`", TagRepairWarning, stacklevel=2)
    return sentences


def _lines(content: bytes, name: str | Path) -> list[str]:
    """Split at LF and CRLF, or at CR if there is no LF: Unicode's other line separators may be part of a token."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # Both the position and the copy of the content in the error leave out the byte-order mark.
        line = error.object[: error.start].count(b"\n") + 1
        raise ConllError(name, line, "is not UTF-8; save the file as UTF-8 (for example with `iconv`)") from None
    if "\n" not in text:
        return text.split("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


def _columns(line: str, separator: str | None) -> list[str]:
    """Split a line into columns; a blank line has none."""
    stripped = line.strip(" \t")
    if not stripped:
        return []
    return line.split(separator) if separator else _SPACE.split(stripped)


def _row(name: str | Path, number: int, columns: Sequence[str]) -> tuple[str, str] | None:
    """Return token and tag of a line, or None for a comment."""
    tag = columns[-1]
    has_tag = len(columns) > 1 and _TAG.fullmatch(tag) is not None
    # "# O" is a token with its tag, "# a remark" a comment: only a valid tag in the last column tells them apart.
    if columns[0].startswith("#") and not has_tag:
        return None
    if len(columns) < 2:
        raise ConllError(name, number, f"one column ({columns[0][:40]!r}); expected `token tag`")
    if not has_tag:
        raise ConllError(name, number, f"{tag[:40]!r} is not a tag; expected `O`, `B-CLASS` or `I-CLASS`")
    if not columns[0].strip(" \t"):
        raise ConllError(name, number, "the token is empty; expected `token tag`")
    return columns[0], tag


def _to_iob2(name: str | Path, rows: Sequence[tuple[int, str, str]], scheme: Scheme, orphans: list[int]) -> list[str]:
    """Convert the tags of a sentence; add the lines of ``I-`` and ``E-`` that continue no entity to ``orphans``."""
    for number, _, tag in rows:
        if tag[0] in "ES" and scheme != "bioes":
            raise ConllError(name, number, f"`{tag}` belongs to the BIOES scheme; read the file with scheme='bioes'")
    tags = to_iob2([tag for _, _, tag in rows], scheme)
    orphans += [n for (n, _, tag), new in zip(rows, tags, strict=True) if tag[0] in "IE" and new.startswith("B-")]
    return [sys.intern(tag) for tag in tags]


def write_conll(path: str | Path, sentences: Iterable[Sentence]) -> None:
    """Write sentences as lines ``token tag`` in UTF-8, with LF line ends and a blank line after each sentence.

    Args:
        path: The file; an existing one is replaced.
        sentences: What to write.

    Raises:
        DataError: A token or tag would not be read back unchanged, such as a token that contains a space.
    """
    lines: list[str] = []
    for sentence in sentences:
        for token, tag in zip(sentence.tokens, sentence.tags, strict=True):
            if not _WRITABLE_TOKEN.fullmatch(token) or not _WRITABLE_TAG.fullmatch(tag):
                raise DataError(
                    f"{path}: token {token[:40]!r} with tag {tag[:40]!r} would not be read back unchanged; remove "
                    f"spaces and line ends from tokens, and write tags as `O`, `B-CLASS` or `I-CLASS`"
                )
            lines.append(f"{token} {tag}\n")
        lines.append("\n")
    with atomic_write(Path(path)) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8", newline="\n")
