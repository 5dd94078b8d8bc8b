"""Scores, errors and calibration: worked by hand, and compared with spaCy's scorer and a plain count of sets."""

import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from spacy.scorer import get_ner_prf
from spacy.tokens import Doc
from spacy.training import Example
from spacy.vocab import Vocab

from legalner.data import Sentence, TagSet, repair_iob2
from legalner.evaluate import (
    KINDS,
    all_outside_baseline,
    calibration,
    confusion,
    entity_scores,
    entity_strings,
    error_kinds,
    error_table,
    inside_coarse,
    span_confidences,
    token_accuracy,
    token_report,
)
from legalner.model import predicted_tags
from tests.conftest import examples
from tests.data.test_tags import entities, iob2_tags

CLASSES = TagSet(("_", "O", "GS", "RS"), "class")
IOB2 = TagSet(("_", "O", "B-GS", "I-GS", "B-RS", "I-RS"), "iob2")


def tags(text: str) -> tuple[str, ...]:
    """`GS GS- O RS` in short: a class begins an entity, with a hyphen after it continues one."""
    return tuple(t if t == "O" else f"I-{t[:-1]}" if t.endswith("-") else f"B-{t}" for t in text.split())


# -- what truncation and the scheme cost -------------------------------------------------------------------------------


def test_neighbours_of_one_class_merge_in_class_and_not_in_iob2() -> None:
    gold = tags("GS GS- GS GS-")
    for tag_set, correct in ((CLASSES, 0), (IOB2, 2)):
        scores = entity_scores([gold], predicted_tags(np.array([tag_set.encode(gold)]), [4], tag_set))
        assert scores.per_class.loc["GS", ["support", "correct"]].tolist() == [2, correct]


def test_an_entity_cut_through_is_a_miss_and_a_false_alarm_and_one_after_the_cut_a_miss() -> None:
    gold = tags("GS GS- O RS RS- RS- GS")
    perfect = np.array([CLASSES.encode(gold)[:5]])  # all that was seen is correct
    scores = entity_scores([gold], predicted_tags(perfect, [7], CLASSES))
    assert scores.per_class.loc["GS"].tolist() == [1, 1 / 2, 2 / 3, 2, 1, 1]
    assert scores.per_class.loc["RS"].tolist() == [0, 0, 0, 1, 1, 0]
    assert (scores.precision, scores.recall) == (1 / 2, 1 / 3)


# -- entity scores -----------------------------------------------------------------------------------------------------

# Every kind of error once, a sentence each.
PAIRS = [
    ("GS GS- O", "GS GS- O"),  # correct
    ("O RS RS-", "O LIT LIT-"),  # wrong type
    ("GS GS- GS-", "GS GS- O"),  # its end is off by one
    ("O GS GS-", "GS GS- GS-"),  # its start is off by one
    ("PER PER O", "PER PER- O"),  # two neighbours, merged
    ("RS O O", "O O O"),  # missed
    ("O O O", "O GS O"),  # spurious
    ("RS RS- RS-", "RS O RS"),  # broken into two
    ("O RS O", "O RS O"),  # correct
]
GOLD, PREDICTED = ([tags(pair[side]) for pair in PAIRS] for side in (0, 1))


def test_every_kind_of_error_worked_by_hand() -> None:
    scores = entity_scores(GOLD, PREDICTED)
    # Gold: GS 3, RS 4, PER 2. Predicted: GS 4, RS 3, PER 1, LIT 1. Correct: GS 1, RS 1.
    assert (scores.precision, scores.recall) == (2 / 9, 2 / 9)
    assert scores.f1 == pytest.approx(2 * 2 / (9 + 9))
    expected = pd.DataFrame(
        [
            [1 / 4, 1 / 3, 2 * 1 / (4 + 3), 3, 4, 1],
            [0, 0, 0, 0, 1, 0],
            [0, 0, 0, 2, 1, 0],
            [1 / 3, 1 / 4, 2 * 1 / (3 + 4), 4, 3, 1],
        ],
        index=["GS", "LIT", "PER", "RS"],
        columns=["precision", "recall", "f1", "support", "predicted", "correct"],
    )
    pd.testing.assert_frame_equal(scores.per_class, expected, check_dtype=False)
    # Over GS, PER and RS, which gold has; LIT, which it has not, does not count here.
    assert scores.macro_f1 == pytest.approx((2 / 7 + 0 + 2 / 7) / 3)


def test_plain_values_for_the_record() -> None:
    record = entity_scores(GOLD, PREDICTED).as_dict()
    assert record["micro"] == {"precision": 2 / 9, "recall": 2 / 9, "f1": pytest.approx(2 / 9)}
    assert record["per_class"]["RS"]["support"] == 4
    assert all(type(v) is float for row in record["per_class"].values() for v in row.values())
    assert all(type(v) is float for v in [*record["micro"].values(), record["macro_f1"]])


def test_what_is_never_predicted_never_gold_or_neither_scores_zero() -> None:
    scores = entity_scores([tags("GS RS")], [tags("GS O")])
    assert scores.per_class.loc["RS"].tolist() == [0, 0, 0, 1, 0, 0]
    assert (scores.precision, scores.recall, scores.macro_f1) == (1, 1 / 2, 1 / 2)
    scores = entity_scores([tags("O O")], [tags("GS O")])
    assert scores.per_class.loc["GS"].tolist() == [0, 0, 0, 0, 1, 0] and scores.per_class["f1"].dtype.kind == "f"
    for sentences in ([], [tags("O O")]):
        scores = entity_scores(sentences, sentences)
        assert (scores.precision, scores.recall, scores.f1, scores.macro_f1) == (0, 0, 0, 0)
        assert scores.per_class.empty and "f1" in scores.per_class and scores.as_dict()["per_class"] == {}


def test_the_tagger_that_finds_nothing() -> None:
    sentences = [Sentence(("a", "b", "c"), tags("GS GS- O")), Sentence(("d",), ("O",))]
    gold, nothing = [s.tags for s in sentences], all_outside_baseline(sentences)
    assert nothing == [("O", "O", "O"), ("O",)]
    assert entity_scores(gold, nothing).f1 == 0
    assert token_accuracy(gold, nothing) == 2 / 4


def table_of(gold: list, predicted: list) -> pd.DataFrame:
    return error_table([Sentence(("x",) * len(g), g) for g in gold], predicted)


@pytest.mark.parametrize("measure", [entity_scores, token_report, token_accuracy, confusion, error_kinds, table_of])
def test_sentences_of_unequal_number_or_length_are_refused(measure) -> None:
    # The last two have as many tokens in all.
    for gold, predicted in ((["O O O"], ["O O"]), (["O", "O"], ["O"]), (["O O", "O"], ["O", "O O"])):
        with pytest.raises(ValueError, match="whole sentences"):
            measure([tags(g) for g in gold], [tags(p) for p in predicted])


# -- agreement with others ---------------------------------------------------------------------------------------------


def noisy(gold: tuple[str, ...]):
    """Other tags of this length, most of which are gold's, so that some entities are correct."""
    kept = st.lists(st.integers(0, 2), min_size=len(gold), max_size=len(gold))
    return st.tuples(iob2_tags(len(gold), LABELS), kept).map(
        lambda drawn: repair_iob2([g if keep else other for g, other, keep in zip(gold, *drawn, strict=True)])
    )


LABELS = ("A", "B", "C")
PAIR = iob2_tags(labels=LABELS).filter(len).flatmap(lambda gold: st.tuples(st.just(gold), noisy(gold)))
CORPUS = st.lists(PAIR, min_size=1, max_size=5)
VOCAB = Vocab()


@given(CORPUS)
def test_agrees_with_spacys_scorer(corpus: list) -> None:
    gold, predicted = [g for g, _ in corpus], [p for _, p in corpus]
    ours = entity_scores(gold, predicted)
    docs = [[Doc(VOCAB, ["x"] * len(t), ents=list(t)) for t in pair] for pair in corpus]
    theirs = get_ner_prf([Example(predicted=p, reference=g) for g, p in docs])
    assert (ours.precision, ours.recall, ours.f1) == pytest.approx(
        [theirs[k] or 0 for k in ("ents_p", "ents_r", "ents_f")]
    )
    per_type = theirs["ents_per_type"] or {}
    assert set(per_type) == set(ours.per_class.index)
    for label, scores in per_type.items():
        assert ours.per_class.loc[label, ["precision", "recall", "f1"]].tolist() == pytest.approx(list(scores.values()))


@given(CORPUS)
def test_agrees_with_a_count_of_sets(corpus: list) -> None:
    gold, predicted = [g for g, _ in corpus], [p for _, p in corpus]
    expected, found = ({(n, e) for n, s in enumerate(side) for e in entities(s)} for side in (gold, predicted))
    both = len(expected & found)
    scores = entity_scores(gold, predicted)
    assert scores.precision == pytest.approx(both / max(len(found), 1))
    assert scores.recall == pytest.approx(both / max(len(expected), 1))
    assert scores.f1 == pytest.approx(2 * both / max(len(found) + len(expected), 1))
    for label, row in scores.per_class.iterrows():
        mine, theirs = ({e for e in some if e[1].label == label} for some in (expected, found))
        assert row[["support", "predicted", "correct"]].tolist() == [len(mine), len(theirs), len(mine & theirs)]
    kinds = error_kinds(gold, predicted)
    assert kinds.drop("spurious").sum() == len(expected) and kinds["correct"] == both
    counted = table_of(gold, predicted)["kind"].value_counts().reindex(KINDS, fill_value=0)
    assert counted.tolist() == kinds[list(KINDS)].tolist()


# -- kinds of error ----------------------------------------------------------------------------------------------------


def test_kinds_of_error_worked_by_hand() -> None:
    kinds = error_kinds(GOLD, PREDICTED)
    assert kinds.to_dict() == {
        "correct": 2,
        "cut off": 0,
        "wrong type": 1,
        "wrong boundaries": 5,  # two laws, two merged persons, one decision broken into two
        "wrong type and boundaries": 0,
        "missed": 1,
        "spurious": 1,
    }


@pytest.mark.parametrize(("max_len", "kind"), [(2, "cut off"), (3, "missed"), (None, "missed")])
def test_cut_off_is_what_ends_after_the_cut(max_len, kind: str) -> None:
    assert error_kinds([tags("O GS GS-")], [tags("O O O")], max_len)[kind] == 1


# token            0    1    2    3    4    5    6    7    8    9    10
MANY = ("B-GS", "I-GS", "O", "B-ST", "O", "B-RS", "I-RS", "I-RS", "O", "B-RR", "O")
WRONG = ("B-GS", "I-GS", "I-GS", "B-LD", "O", "O", "B-GRT", "O", "O", "O", "B-AN")
WORDS = ("§", "9", "und", "Kassel", "im", "Urteil", "BGH", "2011", "von", "Sommer", "Winter")
SENTENCE = Sentence(WORDS, MANY, "bgh")


def test_a_row_of_each_kind_by_hand():
    table = error_table([SENTENCE], [WRONG], {"Kassel"}, [[0.9, 0.8, 0.7, 0.6]])
    rows = table.set_index("label")
    kinds = ["wrong boundaries", "wrong type", "wrong type and boundaries", "missed", "spurious"]
    assert table["kind"].tolist() == kinds
    assert rows.loc["GS", ["left", "right"]].tolist() == [0, 1]  # it ends one token after gold
    assert rows.loc["RS", ["left", "right", "nested", "predicted"]].tolist() == [1, -1, "inside", "GRT"]
    assert rows.loc["ST", ["predicted", "text", "known", "nested"]].tolist() == ["LD", "Kassel", True, ""]
    assert rows.loc["RR", "predicted"] == "" and np.isnan(rows.loc["RR", "confidence"])
    assert table.iloc[-1][["label", "predicted", "text", "confidence"]].tolist() == ["", "AN", "Winter", 0.6]
    assert set(table["court"]) == {"bgh"} and set(table["tokens"]) == {11}
    assert rows.loc["GS", "confidence"] == 0.9 and rows.loc["RS", "confidence"] == 0.7


@pytest.mark.parametrize(
    ("gold", "predicted", "kind", "label", "nested"),
    [
        # Of its class, though another overlaps more; else the one that overlaps most.
        ("GS GS- GS- GS- O", "RS RS- RS- GS O", "wrong boundaries", "GS", ""),
        ("GS GS- GS- GS- O", "RS LIT LIT- LIT- O", "wrong type and boundaries", "LIT", "inside"),
        ("GS GS- GS- GS- O", "LIT LIT- LIT- RS O", "wrong type and boundaries", "LIT", "inside"),
        ("GS GS- GS- GS- O", "GRT O O O O", "wrong type and boundaries", "GRT", "inside"),  # begins where gold does
        ("GS GS- GS- GS- O", "O O O GRT O", "wrong type and boundaries", "GRT", "inside"),  # ends where gold does
        ("GS GS- GS- GS- O", "RS RS- RS- RS- RS-", "wrong type and boundaries", "RS", "around"),
        ("O GS GS- O O", "RS RS- RS- RS- RS-", "wrong type and boundaries", "RS", "around"),
        ("O O O GS GS-", "RS RS- RS- RS- RS-", "wrong type and boundaries", "RS", "around"),
        ("GS GS- GS- GS- O", "RS RS- RS- RS- O", "wrong type", "RS", ""),
        ("GS GS- GS- GS- O", "O O O O RS", "missed", "", ""),  # it touches gold, and shares no token with it
    ],
)
def test_which_predicted_entity_stands_for_gold(gold, predicted, kind, label, nested):
    row = table_of([tags(gold)], [tags(predicted)]).set_index("label").loc["GS"]
    assert row[["kind", "predicted", "nested"]].tolist() == [kind, label, nested]


def test_entities_of_training_as_strings():
    assert entity_strings([SENTENCE]) == {"§ 9", "Kassel", "Urteil BGH 2011", "Sommer"}


def test_confusions_inside_a_coarse_class_only():
    table = error_table([SENTENCE] * 2, [WRONG] * 2)
    found = inside_coarse(table)
    assert found.to_dict("records") == [{"label": "ST", "predicted": "LD", "coarse": "LOC", "entities": 2}]


def test_a_span_is_as_sure_as_the_product_of_its_tokens():
    assert span_confidences([("B-A", "I-A", "O", "B-B")], [np.array([0.5, 0.5, 0.9, 0.25, 0.1])]) == [[0.25, 0.25]]


def test_calibration_by_hand():
    kinds = ["correct", "correct", "missed", "wrong type", "correct", "spurious"]
    table = pd.DataFrame({"kind": kinds, "confidence": [0.95, 1.0, np.nan, 0.97, 0.12, 0.18]})
    low, high = calibration(table).to_dict("records")
    assert low == {"confidence": pytest.approx(0.15), "correct": 0.5, "entities": 2}
    assert high == {"confidence": pytest.approx((0.95 + 1 + 0.97) / 3), "correct": pytest.approx(2 / 3), "entities": 3}


def test_a_tagger_that_is_as_sure_as_it_is_correct_lies_on_the_diagonal():
    rng = np.random.default_rng(5)
    sure = rng.uniform(size=20_000)
    table = pd.DataFrame({"kind": np.where(rng.uniform(size=20_000) < sure, "correct", "missed"), "confidence": sure})
    found = calibration(table)
    assert len(found) == 10 and (found["confidence"] - found["correct"]).abs().max() < 0.04


# -- tokens ------------------------------------------------------------------------------------------------------------


def test_token_report_worked_by_hand() -> None:
    report = token_report([tags("GS GS- O O ST O")], [tags("GS O O ST ST- O")])
    expected = {"GS": [1, 1 / 2, 2 / 3, 2], "O": [2 / 3, 2 / 3, 2 / 3, 3], "ST": [1 / 2, 1, 2 / 3, 1]}
    for label, row in expected.items():
        assert report.loc[label].tolist() == pytest.approx(row)
    assert report.loc["macro avg", "precision"] == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)
    assert report.loc["weighted avg", "precision"] == pytest.approx((2 * 1 + 3 * 2 / 3 + 1 * 1 / 2) / 6)
    assert report.attrs["accuracy"] == pytest.approx(4 / 6)


def test_token_report_of_one_class_only_and_of_classes_that_one_side_has() -> None:
    report = token_report([tags("O O")], [tags("O O")])
    assert report.index.tolist() == ["O", "macro avg", "weighted avg"]
    assert report.loc["O"].tolist() == [1, 1, 1, 2] and report.attrs["accuracy"] == 1
    report = token_report([tags("GS O")], [tags("O RS")])
    assert report.loc["GS"].tolist() == [0, 0, 0, 1]  # never predicted: precision 0 by agreement
    assert report.loc["RS"].tolist() == [0, 0, 0, 0]  # not in gold: recall 0 by agreement


def test_token_accuracy_looks_at_the_class_alone() -> None:
    assert token_accuracy([tags("GS GS- O"), tags("RS")], [tags("GS GS O"), tags("O")]) == 3 / 4


def test_confusion_worked_by_hand() -> None:
    table = confusion([tags("GS GS- O"), tags("RS O")], [tags("GS RS O"), tags("O LIT")])
    assert table.index.tolist() == table.columns.tolist() == ["O", "GS", "LIT", "RS"]
    assert table.to_numpy().tolist() == [[1, 0, 1, 0], [0, 1, 0, 1], [0, 0, 0, 0], [1, 0, 0, 0]]


@examples(50)
@given(CORPUS)
def test_confusion_counts_every_token_once(corpus: list) -> None:
    gold, predicted = [g for g, _ in corpus], [p for _, p in corpus]
    table, report = confusion(gold, predicted), token_report(gold, predicted)
    assert table.to_numpy().sum() == sum(map(len, gold))
    assert np.trace(table) / table.to_numpy().sum() == pytest.approx(token_accuracy(gold, predicted))
    assert table.sum(axis=1)[lambda n: n > 0].to_dict() == report["support"][:-2][lambda n: n > 0].to_dict()


def test_measuring_needs_no_tensorflow() -> None:
    code = "import sys, legalner.evaluate; sys.exit(bool({'tensorflow', 'keras'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
