"""Sentences rendered with their entities: what is marked, that nothing is run, and that it can be read."""

import re
from html import unescape

import pytest

from legalner.data import COARSE, FINE, Sentence
from legalner.evaluate import error_table
from legalner.render import COLORS, OTHER, STYLESHEET, Mark, compare, error_list, legend, mark, mark_spans

TOKENS = ("Die", "Alpha", "GmbH", "in", "Kassel")
TAGS = ("O", "B-UN", "I-UN", "O", "B-ST")


def marked(page: str) -> list[tuple[str, str]]:
    """Text and class of each entity in rendered HTML."""
    found = re.findall(r"<mark[^>]*>(.*?)<small[^>]*>(.*?)</small></mark>", page, flags=re.DOTALL)
    return [(unescape(text), unescape(label)) for text, label in found]


def words(page: str) -> list[str]:
    return unescape(re.sub(r"<[^>]+>", " ", page)).split()


def test_entities_are_marked_with_their_class_and_all_tokens_are_there() -> None:
    page = mark(TOKENS, TAGS)
    assert marked(page) == [("Alpha GmbH", "UN"), ("Kassel", "ST")]
    assert words(page) == ["Die", "Alpha", "GmbH", "UN", "in", "Kassel", "ST"]
    assert COLORS["UN"] in page and COLORS["ST"] in page


def test_neighbours_of_one_class_are_marked_apart() -> None:
    assert marked(mark(("Sommer", "Winter"), ("B-RR", "B-RR"))) == [("Sommer", "RR"), ("Winter", "RR")]


def test_no_entity_and_no_title() -> None:
    page = mark(("Ja", "."), ("O", "O"))
    assert marked(page) == [] and words(page) == ["Ja", "."]
    assert words(mark(("Ja", "."), ("O", "O"), "a title")) == ["a", "title", "Ja", "."]


def test_markup_is_shown_and_not_run() -> None:
    evil = "<script>alert(1)</script>"
    pages = [
        mark((evil, "x"), ("B-GS", "O"), evil),
        mark(("x", evil), ("B-GS", "O")),
        mark(("x",), (f"B-{evil}",)),
        compare((evil,), ("O",), ("B-GS",), evil),
        legend([evil]),
    ]
    for page in pages:
        assert "<script" not in page
        assert evil in unescape(page)


def test_a_class_without_a_colour_has_a_light_one() -> None:
    page = mark(("x", "y"), ("B-Norm", "B-PERSON"))
    assert marked(page) == [("x", "Norm"), ("y", "PERSON")]
    assert page.count(f"background: {OTHER}") == 2


@pytest.mark.parametrize("inline", [False, True])
def test_confidence_is_in_the_title_and_a_low_one_has_a_frame(inline: bool) -> None:
    text = "§ 1 BGB,\n§ 2 <BGB> und der BGH"
    marks = [Mark(0, 7, "GS", 0.5), Mark(9, 18, "GS", 0.494), Mark(text.index("BGH"), len(text), "GRT")]
    page = "".join(mark_spans(text, marks, inline=inline))
    assert marked(page) == [("§ 1 BGB", "GS"), ("§ 2 <BGB>", "GS"), ("BGH", "GRT")]
    assert re.findall('title="(.*?)"', page) == [f"{FINE['GS']}, 50%", f"{FINE['GS']}, 49%", FINE["GRT"]]
    framed = ["unsure" in mark and ("dashed" in mark or not inline) for mark in re.findall("<mark.*?>", page)]
    assert framed == [False, True, False] and "dashed" in STYLESHEET
    assert unescape(re.sub("<small.*?</small>|<[^>]+>", "", page)) == text, "all of the text, in order"


def test_compare_shows_gold_above_prediction() -> None:
    page = compare(TOKENS, TAGS, ("O", "O", "O", "O", "B-LD"), "number 7")
    gold, predicted = page.split("predicted")
    assert "number 7" in gold and marked(gold) == [("Alpha GmbH", "UN"), ("Kassel", "ST")]
    assert marked(predicted) == [("Kassel", "LD")]


def test_legend_names_every_class() -> None:
    assert all(label in words(legend()) for label in FINE)
    assert [label for label in FINE if label in words(legend(["GS", "RS"]))] == ["GS", "RS"]


def luminance(color: str) -> float:
    """Relative luminance, as the Web Content Accessibility Guidelines define it."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("label", ["Norm", *sorted({*COARSE, *COARSE.values()})])
def test_every_class_has_a_colour_on_which_black_can_be_read(label: str) -> None:
    assert (luminance(COLORS.get(label, OTHER)) + 0.05) / 0.05 >= 7  # the guidelines' stricter level
    assert "color: #000;" in mark(("x",), (f"B-{label}",))


def test_an_error_opens_to_its_sentence_and_its_text_is_never_run() -> None:
    sentence = Sentence(("<script>", "Kassel"), ("B-ST", "O"))
    table = error_table([sentence], [("O", "B-LD")], confidences=[[0.912]])
    page = error_list(table, [sentence], [("O", "B-LD")])
    lines = [unescape(line) for line in re.findall(r"<summary>(.*?)</summary>", page)]
    assert lines == ["missed · ST → nothing · <script>", "91% sure · spurious · nothing → LD · Kassel"]
    assert "<script>" not in page and page.count("<details") == 2
