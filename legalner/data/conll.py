"""Sentences, and the CoNLL files they are read from: one token and its tag a line, a blank line between sentences."""

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
# Tokens and tags that a file gives back as they were written.
_WRITABLE_TOKEN = re.compile(r"(?!\ufeff|-DOCSTART-\Z)[^ \t\n\ud800-\udfff]+")
_WRITABLE_TAG = re.compile(r"O|[BI]-[^\s\ud800-\udfff]+")


class DataError(ValueError):
    """Data that cannot be used; the message says where it lies and what to do."""


class ConllError(DataError):
    """A CoNLL file that cannot be read; the message begins with file and line (None: the file as a whole)."""

    def __init__(self, name: str | Path, line: int | None, message: str) -> None:
        where = f"{name}" if line is None else f"{name}, line {line}"
        super().__init__(f"{where}: {message}")


class TagRepairWarning(UserWarning):
    """Tags that began inside an entity were repaired."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence: tokens, their IOB2 tags, and the court whose decision it stands in (or "" where unknown).

    Raises:
        DataError: No tokens, or not one tag for each token.
    """

    tokens: tuple[str, ...]
    tags: tuple[str, ...]
    court: str = ""

    def __post_init__(self) -> None:
        # Checked once, here, so that nobody need check again.
        if not self.tokens:
            raise DataError("a sentence needs at least one token")
        if len(self.tokens) != len(self.tags):
            raise DataError(f"{len(self.tokens)} tokens but {len(self.tags)} tags: {' '.join(self.tokens)[:80]!r}")

    def __len__(self) -> int:
        """Count the tokens."""
        return len(self.tokens)

    @classmethod
    def untagged(cls, tokens: Iterable[str]) -> Sentence:
        """A sentence that is still to be tagged: every tag is ``O``."""
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

    Takes what is met in the wild: LF, CRLF or CR, a byte-order mark, spaces or tabs, more than two columns, comment
    lines (``# …``), ``-DOCSTART-`` lines, any number of blank lines, no blank line at the end.

    Args:
        path: The file, in UTF-8.
        court: Court to note with every sentence.
        scheme: How the file writes tags. ``iob1`` and ``bioes`` are turned into ``iob2``.
        repair: What to do with an ``I-X`` (in ``bioes`` also an ``E-X``) that continues nothing: turn it into ``B-X``
            and warn with their number, or (False) refuse the file. In ``iob1`` it is how entities begin.
        separator: Column separator, such as ``"\\t"`` where tokens hold spaces; None for any run of spaces and tabs.

    Returns:
        The sentences, with IOB2 tags.

    Raises:
        ConllError: The file is empty, is not UTF-8, or has a line that cannot be understood.
        DataError: There is no such file or scheme.
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
    """Read the content of a CoNLL file; ``name`` is what errors call it. See :func:`read_conll`."""
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
        raise ConllError(name, None, "holds no sentence; expected lines of `token tag`")
    if orphans and scheme != "iob1":
        found = f"{len(orphans)} tag(s) such as `I-…` continue no entity, first in line {orphans[0]}"
        if not repair:
            raise ConllError(name, None, f"{found}; mend the file, or read it with repair=True or scheme='iob1'")
        warnings.warn(f"{name}: {found}; each was read as `B-…`", TagRepairWarning, stacklevel=2)
    return sentences


def _lines(content: bytes, name: str | Path) -> list[str]:
    """Split at LF and CRLF, or CR where there is no LF: Unicode's other line ends may stand inside a token."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The error's position, like its copy of the content, leaves the byte-order mark out.
        line = error.object[: error.start].count(b"\n") + 1
        raise ConllError(name, line, "is not UTF-8; save the file as UTF-8 (for example with `iconv`)") from None
    if "\n" not in text:
        return text.split("\r")
    return [line.removesuffix("\r") for line in text.split("\n")]


def _columns(line: str, separator: str | None) -> list[str]:
    """Columns of a line; none for a blank line."""
    stripped = line.strip(" \t")
    if not stripped:
        return []
    return line.split(separator) if separator else _SPACE.split(stripped)


def _row(name: str | Path, number: int, columns: Sequence[str]) -> tuple[str, str] | None:
    """Token and tag of a line, or None for a comment."""
    tag = columns[-1]
    has_tag = len(columns) > 1 and _TAG.fullmatch(tag) is not None
    # "# O" is a token, "# a remark" is not: only a valid tag in the last column makes the difference.
    if columns[0].startswith("#") and not has_tag:
        return None
    if len(columns) < 2:
        raise ConllError(name, number, f"one column ({columns[0][:40]!r}); expected `token tag`")
    if not has_tag:
        raise ConllError(name, number, f"{tag[:40]!r} is no tag; expected `O`, `B-CLASS` or `I-CLASS`")
    if not columns[0].strip(" \t"):
        raise ConllError(name, number, "the token is empty; expected `token tag`")
    return columns[0], tag


def _to_iob2(name: str | Path, rows: Sequence[tuple[int, str, str]], scheme: Scheme, orphans: list[int]) -> list[str]:
    """IOB2 tags of one sentence; line numbers of ``I-`` and ``E-`` that continue no entity go to ``orphans``."""
    for number, _, tag in rows:
        if tag[0] in "ES" and scheme != "bioes":
            raise ConllError(name, number, f"`{tag}` belongs to the BIOES scheme; read the file with scheme='bioes'")
    tags = to_iob2([tag for _, _, tag in rows], scheme)
    orphans += [n for (n, _, tag), new in zip(rows, tags, strict=True) if tag[0] in "IE" and new.startswith("B-")]
    return [sys.intern(tag) for tag in tags]


def write_conll(path: str | Path, sentences: Iterable[Sentence]) -> None:
    """Write sentences as UTF-8 CoNLL lines ``token tag``, with LF and a blank line after each sentence.

    Raises:
        DataError: A token or tag that would not be read back as it is, such as a token with a space in it.
    """
    lines: list[str] = []
    for sentence in sentences:
        for token, tag in zip(sentence.tokens, sentence.tags, strict=True):
            if not _WRITABLE_TOKEN.fullmatch(token) or not _WRITABLE_TAG.fullmatch(tag):
                raise DataError(
                    f"{path}: token {token[:40]!r} with tag {tag[:40]!r} would not be read back as it is; take spaces "
                    f"and line ends out of tokens, and write tags as `O`, `B-CLASS` or `I-CLASS`"
                )
            lines.append(f"{token} {tag}\n")
        lines.append("\n")
    with atomic_write(Path(path)) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8", newline="\n")
