"""Tokens and sentences of raw text: as in the corpus, at their places, whatever the text holds."""

import json
import time
import unicodedata
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from legalner.annotate import segment
from legalner.annotate.segment import PIECE, UNBROKEN
from legalner.data import DataError, read_file
from tests.conftest import ROOT, examples
from tools import segmenting


def words(text: str) -> list[list[str]]:
    return [[token.text for token in sentence] for sentence in segment(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Nach § 9 Abs. 2 S. 1 BGB haftet er.", "Nach|§|9|Abs.|2|S.|1|BGB|haftet|er|."),
        ("BGH, Urteil vom 3. Mai 2011 - XI ZR 12/10", "BGH|,|Urteil|vom|3.|Mai|2011|-|XI|ZR|12/10"),
        ("(NJW 2011, 123 f.; Muster, ZPO, 2. Aufl., § 9 Rn. 3)",
         "(|NJW|2011|,|123|f.|;|Muster|,|ZPO|,|2.|Aufl.|,|§|9|Rn.|3|)"),
        ("z.B. iVm. Art. 316f EGStGB", "z.B.|iVm.|Art.|316f|EGStGB"),
    ],
)  # fmt: skip
def test_citations_stay_whole(text, expected):
    assert words(text) == [expected.split("|")]


def test_sentences_end_at_full_stops_and_blank_lines_but_not_at_abbreviations():
    text = "Die Klage ist\nunbegründet. Das folgt aus § 9 Abs. 2 Satz 1 GG.\r\n \r\nTenor\n\n\nEr trägt die Kosten"
    assert [" ".join(s) for s in words(text)] == [
        "Die Klage ist unbegründet .",
        "Das folgt aus § 9 Abs. 2 Satz 1 GG .",
        "Tenor",
        "Er trägt die Kosten",
    ]


HARD = [
    "", " ", "\r\n \r\n", "x", "e\u0301a Mu\u0308ller", "a\u200b\u00adb", "👍🏽 👩‍⚖️", "x\x00y\x07",
    "k\u202ed\u200f.", "<b>&amp;</b>",
    "\u1100\u1161\u11a8 Mu\u0308ller 5\u0308 x", "\u09c7\u09be", "e\u0301 „\u0301A“",
    "\ufeffDas", "ﬁ", "\u2028\u2029\x85\x0b", "S.", "12f", "z.B.", "\ud7ff", "٣.", "a\rb\r\rc",
]  # fmt: skip


def check(text: str) -> None:
    """Tokens stand in order, apart, and hold what the text has there."""
    position = 0
    for sentence in segment(text):
        assert sentence
        for token in sentence:
            assert position <= token.start < token.end <= len(text)
            # Nothing visible lies between two tokens.
            assert not [c for c in text[position : token.start] if unicodedata.category(c)[0] in "LNPS"]
            there = unicodedata.normalize("NFC", text[token.start : token.end])
            assert not any(c.isspace() for c in token.text)
            assert [c for c in there if c.isalnum()] == [c for c in token.text if c.isalnum()]
            position = token.end


@pytest.mark.parametrize("text", HARD)
def test_places_are_right_in_hard_texts(text):
    check(text)


def test_korean_letters_and_marks_are_composed_and_stand_where_they_stood():
    tokens = [token for sentence in segment("Kim \u1100\u1161\u11a8 nach Mu\u0308ller 5\u0308 x") for token in sentence]
    assert [(t.start, t.end, t.text) for t in tokens[:4]] == [
        (0, 3, "Kim"), (4, 7, "\uac01"), (8, 12, "nach"), (13, 20, "Müller"),
    ]  # fmt: skip
    assert all(a.end <= b.start for a, b in pairwise(tokens))


PARTS = st.one_of(
    st.sampled_from([*HARD, "§ 9 Abs. 2 ", "BGH", ". ", "\n", "\n\n", "12/10", "S", "z.", " f"]), st.text(max_size=8)
)


@examples(150)
@given(st.lists(PARTS, max_size=12).map("".join))
@example("S.1 z.B. 3ff.")
def test_places_are_right_in_any_text(text):
    check(text)


@pytest.mark.parametrize("text", ["a" * 100_000, "a1.-/" * 4_000, "." * 20_000, " \n" * 50_000, "(" * 5_000])
def test_a_long_stretch_takes_seconds_and_keeps_its_places(text):
    start = time.perf_counter()
    check(text)
    assert time.perf_counter() - start < 20


def test_a_long_paragraph_is_cut_at_the_end_of_a_sentence():
    sentence = "Das Gericht wies die Klage des Klägers ab. "
    text = sentence * (3 * PIECE // len(sentence))
    assert {" ".join(s) for s in words(text)} == {"Das Gericht wies die Klage des Klägers ab ."}


def test_an_unbroken_stretch_is_cut_at_its_limit_only():
    assert [len(t) for t in words("x" * (UNBROKEN - 1))[0]] == [UNBROKEN - 1]
    assert sum(len(t) for s in words("x" * 3 * UNBROKEN) for t in s) == 3 * UNBROKEN


def test_agreement_by_hand() -> None:
    sentences = [("Nach", "§", "9", "BGB", "."), ("a1-b2", "Uhr", "-")]
    measured = segmenting.measure(sentences)
    assert measured["sentences"] == 2 and measured["same"] == 1.0 and measured["precision"] == measured["recall"] == 1.0
    # It comes back as Das, ist, ., Er, ging: of three tokens two, among five found.
    apart = segmenting.measure([("Das", "ist.Er", "ging")])
    assert apart["same"] == apart["one_sentence"] == 0.0
    assert apart["recall"] == pytest.approx(2 / 3) and apart["precision"] == pytest.approx(2 / 5)


def test_readme_quotes_what_was_measured() -> None:
    measured = json.loads((ROOT / "results" / "segmenting.json").read_text("utf-8"))
    readme = " ".join((ROOT / "README.md").read_text("utf-8").split())
    quoted = f"{measured['same']:.1%} come back token for token, with {measured['recall']:.1%} of their tokens"
    assert quoted.replace("%", " %") in readme


def test_an_unknown_language_lists_those_that_exist():
    with pytest.raises(DataError, match="unknown language 'fr'; expected one of de, en"):
        list(segment("Bonjour", "fr"))


def test_agrees_with_the_corpus(ler_source):
    """Where the corpus's sentences are written as text, its own tokens come back: 97 % of BVerwG's sentences."""
    sentences, same = read_file("bverwg", ler_source)[:400], 0
    for s in sentences:
        text = segmenting.as_written(s.tokens)
        found = list(segment(text))
        assert all(text[t.start : t.end] == t.text for tokens in found for t in tokens)
        same += [[t.text for t in tokens] for tokens in found] == [list(s.tokens)]
    assert same / len(sentences) > 0.94
