"""Errors by hand: one sentence with every kind, and a tagger that is as sure as it is right."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legalner.data import Sentence, spans
from legalner.evaluate import (
    KINDS,
    calibration,
    entity_strings,
    error_kinds,
    error_table,
    inside_coarse,
    span_confidences,
)

# token            0    1    2    3    4    5    6    7    8    9    10
GOLD = ("B-GS", "I-GS", "O", "B-ST", "O", "B-RS", "I-RS", "I-RS", "O", "B-RR", "O")
FOUND = ("B-GS", "I-GS", "I-GS", "B-LD", "O", "O", "B-GRT", "O", "O", "O", "B-AN")
WORDS = ("§", "9", "und", "Kassel", "im", "Urteil", "BGH", "2011", "von", "Sommer", "Winter")
SENTENCE = Sentence(WORDS, GOLD, "bgh")


def test_each_kind_by_hand():
    table = error_table([SENTENCE], [FOUND], {"Kassel"}, [[0.9, 0.8, 0.7, 0.6]])
    rows = table.set_index("label")
    assert table["kind"].tolist() == ["wrong ends", "wrong class", "wrong class and ends", "missed", "spurious"]
    assert rows.loc["GS", ["left", "right"]].tolist() == [0, 1]  # it ends one token behind gold
    assert rows.loc["RS", ["left", "right", "nested", "predicted"]].tolist() == [1, -1, "inside", "GRT"]
    assert rows.loc["ST", ["predicted", "text", "known", "nested"]].tolist() == ["LD", "Kassel", True, ""]
    assert rows.loc["RR", "predicted"] == "" and np.isnan(rows.loc["RR", "confidence"])
    assert table.iloc[-1][["label", "predicted", "text", "confidence"]].tolist() == ["", "AN", "Winter", 0.6]
    assert set(table["court"]) == {"bgh"} and set(table["tokens"]) == {11}
    assert rows.loc["GS", "confidence"] == 0.9 and rows.loc["RS", "confidence"] == 0.7


def test_a_court_tagged_as_a_whole_decision_lies_around():
    court = Sentence(("Urteil", "BGH", "2011"), ("O", "B-GRT", "O"))
    table = error_table([court], [("B-RS", "I-RS", "I-RS")])
    assert table["nested"].tolist() == ["around"] and table["left"].tolist() == [-1] and table["right"].tolist() == [1]


@pytest.mark.parametrize(
    ("found", "kind", "predicted", "nested"),
    [
        (("B-RS", "I-RS", "I-RS", "B-GS", "O"), "wrong ends", "GS", ""),  # of its class, though the other overlaps more
        (("B-RS", "B-LIT", "I-LIT", "I-LIT", "O"), "wrong class and ends", "LIT", "inside"),  # the larger overlap
        (("B-LIT", "I-LIT", "I-LIT", "B-RS", "O"), "wrong class and ends", "LIT", "inside"),
        (("B-GRT", "O", "O", "O", "O"), "wrong class and ends", "GRT", "inside"),  # begins where gold does
        (("O", "O", "O", "B-GRT", "O"), "wrong class and ends", "GRT", "inside"),  # ends where gold does
        (("B-RS", "I-RS", "I-RS", "I-RS", "I-RS"), "wrong class and ends", "RS", "around"),
        (("B-RS", "I-RS", "I-RS", "I-RS", "O"), "wrong class", "RS", ""),
        (("O", "O", "O", "O", "B-RS"), "missed", "", ""),  # it touches gold, and shares no token with it
    ],
)
def test_which_predicted_entity_stands_for_gold(found, kind, predicted, nested):
    sentence = Sentence(("§", "9", "II", "BGB", "so"), ("B-GS", "I-GS", "I-GS", "I-GS", "O"))
    row = error_table([sentence], [found]).set_index("label").loc["GS"]
    assert row[["kind", "predicted", "nested"]].tolist() == [kind, predicted, nested]


def test_entities_that_touch_share_nothing():
    table = error_table([Sentence(("a", "b"), ("O", "B-GS"))], [("B-RS", "O")])
    assert table["kind"].tolist() == ["missed", "spurious"]


def test_gold_inside_a_larger_one_that_begins_or_ends_with_it():
    for gold in (("B-GRT", "O", "O"), ("O", "O", "B-GRT")):
        table = error_table([Sentence(("a", "b", "c"), gold)], [("B-RS", "I-RS", "I-RS")])
        assert table["nested"].tolist() == ["around"]


def test_kinds_of_cut_sentences_are_refused():
    with pytest.raises(ValueError, match="whole sentences"):
        error_kinds([GOLD], [FOUND[:5]])


TAGS = st.lists(st.sampled_from(["O", "B-GS", "I-GS", "B-RS", "I-RS"]), min_size=1, max_size=9)


def valid(tags: list[str]) -> tuple[str, ...]:
    before = ["O", *tags[:-1]]
    return tuple("O" if t[0] == "I" and b[2:] != t[2:] else t for b, t in zip(before, tags, strict=True))


@given(st.lists(st.tuples(TAGS, TAGS), min_size=1, max_size=4))
def test_every_gold_entity_has_one_row_and_kinds_agree(pairs):
    gold = [_settled(valid(a[: min(len(a), len(b))])) for a, b in pairs]
    found = [_settled(valid(b[: min(len(a), len(b))])) for a, b in pairs]
    sentences = [Sentence(tuple("abcdefghi"[: len(g)]), g) for g in gold]
    table = error_table(sentences, found)
    assert (table["kind"] != "spurious").sum() == sum(len(spans(g)) for g in gold)
    right = sum(len(set(spans(g)) & set(spans(f))) for g, f in zip(gold, found, strict=True))
    assert (table["kind"] == "right").sum() == right
    counted = table["kind"].value_counts().reindex(KINDS, fill_value=0)
    assert counted.tolist() == error_kinds(gold, found)[list(KINDS)].tolist()


def _settled(tags: tuple[str, ...]) -> tuple[str, ...]:
    """Mend until nothing is left to mend: an I- behind what was mended."""
    while (again := valid(list(tags))) != tags:
        tags = again
    return tags


def test_cut_sentences_are_refused():
    with pytest.raises(ValueError, match="whole sentences"):
        error_table([SENTENCE], [FOUND[:5]])


def test_entities_of_training_as_strings():
    assert entity_strings([SENTENCE]) == {"§ 9", "Kassel", "Urteil BGH 2011", "Sommer"}


def test_confusions_inside_a_coarse_class_only():
    table = error_table([SENTENCE] * 2, [FOUND] * 2)
    found = inside_coarse(table)
    assert found.to_dict("records") == [{"label": "ST", "predicted": "LD", "coarse": "LOC", "entities": 2}]


def test_a_span_is_as_sure_as_the_product_of_its_tokens():
    assert span_confidences([("B-A", "I-A", "O", "B-B")], [np.array([0.5, 0.5, 0.9, 0.25, 0.1])]) == [[0.25, 0.25]]


def test_calibration_by_hand():
    kinds = ["right", "right", "missed", "wrong class", "right", "spurious"]
    table = pd.DataFrame({"kind": kinds, "confidence": [0.95, 1.0, np.nan, 0.97, 0.12, 0.18]})
    low, high = calibration(table).to_dict("records")
    assert low == {"confidence": pytest.approx(0.15), "right": 0.5, "entities": 2}
    assert high == {"confidence": pytest.approx((0.95 + 1 + 0.97) / 3), "right": pytest.approx(2 / 3), "entities": 3}


def test_a_sure_tagger_that_is_right_lies_on_the_diagonal():
    rng = np.random.default_rng(5)
    sure = rng.uniform(size=20_000)
    table = pd.DataFrame({"kind": np.where(rng.uniform(size=20_000) < sure, "right", "missed"), "confidence": sure})
    found = calibration(table)
    assert len(found) == 10 and (found["confidence"] - found["right"]).abs().max() < 0.04
