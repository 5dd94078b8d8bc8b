"""Split raw text into sentences and tokens, as the corpus is split, with the offsets of each token.

SoMaJo (Proisl and Uhrig 2016), the tokenizer that LER was made with, does the work.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise, zip_longest
from typing import Literal

from somajo import SentenceSplitter, SoMaJo

from legalner.data import DataError

__all__ = ["LANGUAGES", "Token", "segment"]

# The longest piece and the longest run without a space that SoMaJo is given, in characters: its run time grows with the
# square of a piece's length, and faster still where there are few spaces.
PIECE, UNBROKEN = 5_000, 200

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|\Z)")
# Where a long piece is cut, best first: after a line, after a sentence, after a word.
_BREAKS = tuple(re.compile(pattern) for pattern in (r"(?s:.*)[\r\n]", r"(?s:.*)[.!?;:]\s", r"(?s:.*)\s"))
# Abbreviations that SoMaJo, made for other kinds of text, separates from their full stop, but LER does not; below them,
# those that LER keeps together only before a number. Chosen by counts on the six courts that `bverwg` trains on.
_WHOLE = frozenset("f ff m Buchst iHv iVm iSd iSv ua dh Sp Unterabs Alt VergGr Rdn Tab".split())  # noqa: SIM905
_WHOLE_BEFORE_NUMBER = frozenset(["S", "Art", "Nrn"])
# The reverse: the Basic Law (Grundgesetz) at the end of a sentence, which SoMaJo takes for an abbreviation.
_APART = "GG."


@dataclass(frozen=True, slots=True)
class Token:
    """A token and its offsets.

    Attributes:
        start: Offset of its first character, in code points of the text.
        end: Offset after its last character.
        text: The token as the tokenizer returns it: in NFC and without invisible characters, so it may differ from the
            text between ``start`` and ``end``.
    """

    start: int
    end: int
    text: str


# SoMaJo's rules by language code.
LANGUAGES: dict[str, Literal["de_CMC", "en_PTB"]] = {"de": "de_CMC", "en": "en_PTB"}


@cache
def _somajo(language: str) -> tuple[SoMaJo, SentenceSplitter]:
    rules = LANGUAGES[language]
    return SoMaJo(rules, split_sentences=False, character_offsets=True), SentenceSplitter(language=rules)


def segment(text: str, language: str = "de") -> Iterator[list[Token]]:
    """Split text into sentences of tokens, one at a time, so that the tokens of a long text need not fit in memory.

    A blank line ends a paragraph and a sentence; a line break within a paragraph ends neither.

    Args:
        text: Any text, with any line ends.
        language: One of :data:`LANGUAGES`.

    Yields:
        Sentences, each of at least one token.

    Raises:
        DataError: The language is unknown.
    """
    if language not in LANGUAGES:
        raise DataError(f"unknown language {language!r}; expected one of {', '.join(LANGUAGES)}")
    for start, end in _pieces(text):
        tokens = _tokens(text[start:end], start, language)
        if language == "de":
            tokens = _as_in_ler(tokens)
        if tokens:
            yield from _sentences(tokens, language)


def _paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of paragraphs: what is between blank lines."""
    start = None
    for line in _LINE.finditer(text):
        if line.group().strip():
            start = line.start() if start is None else start
        elif start is not None:
            yield start, line.start()
            start = None


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the offsets of paragraphs, with long ones cut into pieces."""
    for start, end in _paragraphs(text):
        while end - start > PIECE:
            found = (b.match(text, start + PIECE // 2, start + PIECE) for b in _BREAKS)
            cut = next((match.end() for match in found if match), start + PIECE)
            yield start, cut
            start = cut
        yield start, end


def _tokens(piece: str, offset: int, language: str) -> list[Token]:
    """Split a piece, which begins at ``offset``, into tokens; a long run without a blank is cut."""
    tokenizer, _ = _somajo(language)
    cuts = [0, *(match.end() for match in re.finditer(rf"\S{{{UNBROKEN}}}", piece)), len(piece)]
    tokens: list[Token] = []
    for begin, end in pairwise(cuts):
        part, places = _composed(piece[begin:end])
        for paragraph in tokenizer.tokenize_text([part]):
            for token in paragraph:
                first, last = token.character_offset
                start, stop = places[first][0], places[last - 1][1]
                tokens.append(Token(offset + begin + start, offset + begin + stop, token.text))
    return tokens


def _composed(text: str) -> tuple[str, list[tuple[int, int]]]:
    """Compose the characters of a text (NFC); also return the offsets that each of them had before.

    SoMaJo composes too, but recognises marks by their combining class, which Korean letters and some Indian vowels do
    not have; on these it fails.
    """
    if unicodedata.is_normalized("NFC", text):
        return text, [(i, i + 1) for i in range(len(text))]
    parts, places, start = [], [], 0
    for end in range(1, len(text) + 1):
        block = text[start:end]
        if end < len(text) and _composes(block, text[end]):
            continue
        whole = unicodedata.normalize("NFC", block)
        parts.append(whole)
        alone = whole == block
        places += [(start + i, start + i + 1) if alone else (start, end) for i in range(len(whole))]
        start = end
    return "".join(parts), places


def _composes(block: str, following: str) -> bool:
    """Return whether a character may combine with those before it."""
    if unicodedata.combining(following):
        return True
    apart = unicodedata.normalize("NFC", block) + unicodedata.normalize("NFC", following)
    return unicodedata.normalize("NFC", block + following) != apart


def _as_in_ler(tokens: Sequence[Token]) -> list[Token]:
    """Join tokens that LER writes as one, and split those that it writes as two."""
    joined: list[Token] = []
    for token, following in zip_longest(tokens, tokens[1:]):
        last = joined[-1] if joined else None
        if token.text == _APART:
            stop = token.end - 1
            joined += [Token(token.start, stop, token.text[:-1]), Token(stop, token.end, ".")]
        elif last is not None and last.end == token.start and _belong(last.text, token.text, following):
            joined[-1] = Token(last.start, token.end, last.text + token.text)
        else:
            joined.append(token)
    return joined


def _belong(last: str, text: str, following: Token | None) -> bool:
    """Return whether LER writes two tokens that touch as one."""
    if text == ".":
        number = following is not None and re.match(r"[\dIVX]", following.text)
        return last in _WHOLE or (last in _WHOLE_BEFORE_NUMBER and bool(number))
    return (last, text) == ("z.", "B.") or (last[-1:].isdigit() and text in ("f", "ff"))


def _sentences(tokens: Sequence[Token], language: str) -> Iterator[list[Token]]:
    """Split the tokens of a piece into sentences."""
    _, splitter = _somajo(language)
    start = 0
    for sentence in splitter.split([token.text for token in tokens]):
        yield list(tokens[start : start + len(sentence)])
        start += len(sentence)
