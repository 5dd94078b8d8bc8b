"""What is written of a document: a line of JSON, CoNLL that is read back, a safe table, and a safe page."""

import json
import re
from html.parser import HTMLParser

from legalner.annotate import Document, Entity, segment
from legalner.annotate.writers import FORMATS
from legalner.data import Sentence, parse_conll

TEXT = "Nach § 9 Abs. 2 BGB haftet er.\r\nDas entschied der BGH so.\n"
FOUND = (("§ 9 Abs. 2 BGB", "GS", 0.987654), ("BGH", "GRT", 0.25))


def document(text: str = TEXT, *found: tuple[str, str, float]) -> Document:
    """A text in which these entities were found."""
    entities = [Entity(start := text.index(w), start + len(w), label, w, p) for w, label, p in found]
    made = Document(text, list(segment(text)), [], entities)
    for sentence in made.sentences:
        inside = [next((e for e in entities if e.start <= token.start < e.end), None) for token in sentence]
        begins = [e is not None and token.start == e.start for token, e in zip(sentence, inside, strict=True)]
        prefixes = ["B" if first else "I" for first in begins]
        made.tags.append(tuple(f"{p}-{e.label}" if e else "O" for p, e in zip(prefixes, inside, strict=True)))
    return made


def written(kind: str, *documents: Document, source: str = "a") -> str:
    return "".join(FORMATS[kind]([(source, made) for made in documents], ["GRT", "GS"]))


def test_jsonl_is_a_document_a_line() -> None:
    lines = written("jsonl", document(TEXT, *FOUND), document("")).splitlines()
    first, empty = map(json.loads, lines)
    assert first == {
        "source": "a",
        "entities": [
            {"start": 5, "end": 19, "label": "GS", "text": "§ 9 Abs. 2 BGB", "confidence": 0.9877},
            {"start": 50, "end": 53, "label": "GRT", "text": "BGH", "confidence": 0.25},
        ],
    }
    assert empty == {"source": "a", "entities": []} and "§" in lines[0]


def test_conll_is_read_back() -> None:
    sentences = parse_conll(written("conll", document(TEXT, *FOUND), source="a\nb").encode(), "out")
    assert sentences == [
        Sentence(
            ("Nach", "§", "9", "Abs.", "2", "BGB", "haftet", "er", "."),
            ("O", "B-GS", "I-GS", "I-GS", "I-GS", "I-GS", "O", "O", "O"),
        ),
        Sentence(("Das", "entschied", "der", "BGH", "so", "."), ("O", "O", "O", "B-GRT", "O", "O")),
    ]


def test_conll_is_read_back_where_tokens_hold_blanks_or_mean_something_else() -> None:
    odd = document('<p class="rd">Nach § 9 BGB haftet er.</p>\n\n-DOCSTART- so')
    sentences = parse_conll(written("conll", odd).encode(), "out")
    assert sentences[0].tokens[0] == '<p_class="rd">' and sentences[-1].tokens[-2:] == ("_DOCSTART_", "so")


def test_a_table_for_people_moves_no_cursor() -> None:
    coloured = "BGB \x1b[31m9"
    table = written("table", document(TEXT, *FOUND), document("x"), document(coloured, (coloured, "GS", 1.0)))
    assert "a: 2 entities\n" in table and "a: 0 entities\n" in table
    assert "        5       19  GS     99%  § 9 Abs. 2 BGB\n" in table
    assert "\x1b" not in table and "BGB \ufffd[31m9" in table


class Page(HTMLParser):
    """What a browser makes of a page: its elements and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.elements.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def test_markup_in_a_text_is_shown_and_never_run() -> None:
    text = '<script>alert(1)</script> § 9 Abs. 2 <b>&amp;BGB "x" Nach § 9 haftet er.'
    made = document(text, ("§ 9 Abs. 2 <b>&amp;BGB", "GS", 0.9), ('"x"', '"><script>', 0.2))
    page = Page(written("html", made, source="<img src=x onerror=alert(2)>"))
    assert not {"script", "img", "b"} & set(page.elements[page.elements.index("h2") :])
    assert page.elements.count("mark") == 2
    assert "<img src=x onerror=alert(2)>" in page.text
    assert re.sub('GS|"><script>', "", page.text.split("alert(2)>")[1]).strip() == text  # classes stand beside entities


def test_the_page_explains_the_classes_of_its_model_and_frames_what_is_unsure() -> None:
    page = written("html", document(TEXT, *FOUND))
    legend, text = page.split("<h2>")
    assert "<b>GS</b>" in legend and "<b>GRT</b>" in legend and "<b>LIT</b>" not in legend
    assert text.count('class="unsure"') == 1 and "25%" in text
