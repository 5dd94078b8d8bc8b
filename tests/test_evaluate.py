"""Measuring, held against cases worked by hand, against spaCy's scorer, and against a plain count of sets."""

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

from legalner.data import Sentence, Span, TagSet, spans
from legalner.evaluate import all_outside_baseline, confusion, entity_scores, error_kinds, token_accuracy, token_report
from legalner.model import predicted_tags
from tests.conftest import examples

CLASSES = TagSet(("_", "O", "GS", "RS"), "class")
IOB2 = TagSet(("_", "O", "B-GS", "I-GS", "B-RS", "I-RS"), "iob2")


def tags(text: str) -> tuple[str, ...]:
    """`GS GS- O RS` in short: a class begins an entity, with a hyphen behind it goes on with one."""
    return tuple(t if t == "O" else f"I-{t[:-1]}" if t.endswith("-") else f"B-{t}" for t in text.split())


# --- spans


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("O O", []),
        ("GS", [(0, 1, "GS")]),
        ("O GS GS- O", [(1, 3, "GS")]),
        ("GS GS- GS-", [(0, 3, "GS")]),  # up to the last token
        ("GS GS GS-", [(0, 1, "GS"), (1, 3, "GS")]),  # neighbours of one class
        ("GS GS- RS RS-", [(0, 2, "GS"), (2, 4, "RS")]),  # neighbours of two
        ("O GS O GS", [(1, 2, "GS"), (3, 4, "GS")]),
    ],
)
def test_spans(text: str, expected: list) -> None:
    assert spans(tags(text)) == [Span(*e) for e in expected]


# --- from indices to tags of whole sentences


def ids(tag_set: TagSet, *rows: str) -> np.ndarray:
    return np.array([[tag_set.names.index(name) for name in row.split()] for row in rows])


def test_padding_is_dropped_and_what_was_cut_off_is_o() -> None:
    answer = ids(CLASSES, "GS GS O RS", "GS RS RS RS")  # the second has 2 tokens, and is padded to 4
    assert predicted_tags(answer, [6, 2], CLASSES) == [tags("GS GS- O RS O O"), tags("GS RS")]


def test_padding_tag_on_a_token_counts_as_o_and_ends_an_entity() -> None:
    assert predicted_tags(ids(CLASSES, "GS _ GS O"), [4], CLASSES) == [tags("GS O GS O")]
    assert predicted_tags(ids(IOB2, "B-GS _ I-GS O"), [4], IOB2) == [tags("GS O GS O")]


def test_a_maximal_run_of_one_class_is_one_entity() -> None:
    (guess,) = predicted_tags(ids(CLASSES, "GS GS GS RS RS GS"), [6], CLASSES)
    assert spans(guess) == [Span(0, 3, "GS"), Span(3, 5, "RS"), Span(5, 6, "GS")]


def test_neighbours_of_one_class_merge_in_class_and_not_in_iob2() -> None:
    gold = tags("GS GS- GS GS-")
    for tag_set, correct in ((CLASSES, 0), (IOB2, 2)):
        answer = np.array([tag_set.encode(gold)])
        scores = entity_scores([gold], predicted_tags(answer, [4], tag_set))
        assert scores.per_class.loc["GS", ["support", "correct"]].tolist() == [2, correct]


def test_one_row_for_each_sentence() -> None:
    with pytest.raises(ValueError):
        predicted_tags(ids(CLASSES, "GS O"), [2, 2], CLASSES)


def test_an_entity_cut_through_is_a_miss_and_a_false_alarm() -> None:
    gold = tags("GS GS- O RS RS- RS-")
    perfect = np.array([CLASSES.encode(gold)[:5]])  # all that was seen is right
    scores = entity_scores([gold], predicted_tags(perfect, [6], CLASSES))
    assert scores.per_class.loc["GS", "f1"] == 1
    assert scores.per_class.loc["RS"].tolist() == [0, 0, 0, 1, 1, 0]
    assert (scores.precision, scores.recall) == (1 / 2, 1 / 2)


def test_an_entity_behind_the_cut_is_a_miss() -> None:
    gold = tags("GS O O RS")
    scores = entity_scores([gold], predicted_tags(ids(CLASSES, "GS O"), [4], CLASSES))
    assert (scores.precision, scores.recall) == (1, 1 / 2)


# --- entity scores

# Every kind of error once, a sentence each. Right: the first GS, the last RS.
GOLD = [
    tags("GS GS- O"),  # right
    tags("O RS RS-"),  # span right, class wrong
    tags("GS GS- GS-"),  # its end is off by one
    tags("O GS GS-"),  # its start is off by one
    tags("PER PER O"),  # two neighbours, merged
    tags("RS O O"),  # missed
    tags("O O O"),  # spurious
    tags("RS RS- RS-"),  # broken into two
    tags("O RS O"),  # right
]
PREDICTED = [
    tags("GS GS- O"),
    tags("O LIT LIT-"),
    tags("GS GS- O"),
    tags("GS GS- GS-"),
    tags("PER PER- O"),
    tags("O O O"),
    tags("O GS O"),
    tags("RS O RS"),
    tags("O RS O"),
]


def test_every_kind_of_error_worked_by_hand() -> None:
    scores = entity_scores(GOLD, PREDICTED)
    # Gold: GS 3, RS 4, PER 2. Predicted: GS 4, RS 3, PER 1, LIT 1. Right: GS 1, RS 1.
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


def test_a_class_that_is_never_predicted_scores_zero_and_pulls_macro_down() -> None:
    scores = entity_scores([tags("GS RS")], [tags("GS O")])
    assert scores.per_class.loc["RS"].tolist() == [0, 0, 0, 1, 0, 0]
    assert (scores.precision, scores.recall, scores.macro_f1) == (1, 1 / 2, 1 / 2)


def test_no_entities_at_all() -> None:
    for sentences in ([], [tags("O O")]):
        scores = entity_scores(sentences, sentences)
        assert (scores.precision, scores.recall, scores.f1, scores.macro_f1) == (0, 0, 0, 0)
        assert scores.per_class.empty and "f1" in scores.per_class
        assert scores.as_dict()["per_class"] == {}


def test_only_false_alarms() -> None:
    scores = entity_scores([tags("O O")], [tags("GS O")])
    assert (scores.precision, scores.recall, scores.f1, scores.macro_f1) == (0, 0, 0, 0)
    assert scores.per_class.loc["GS"].tolist() == [0, 0, 0, 0, 1, 0]
    assert scores.per_class["f1"].dtype.kind == "f"


def test_the_tagger_that_finds_nothing() -> None:
    sentences = [Sentence(("a", "b", "c"), tags("GS GS- O")), Sentence(("d",), ("O",))]
    gold, nothing = [s.tags for s in sentences], all_outside_baseline(sentences)
    assert nothing == [("O", "O", "O"), ("O",)]
    assert entity_scores(gold, nothing).f1 == 0
    assert token_accuracy(gold, nothing) == 2 / 4


@pytest.mark.parametrize("measure", [entity_scores, token_report, token_accuracy, confusion, error_kinds])
def test_sentences_of_unequal_number_or_length_are_refused(measure) -> None:
    with pytest.raises(ValueError, match="whole sentences"):
        measure([tags("O O O")], [tags("O O")])
    with pytest.raises(ValueError, match="whole sentences"):
        measure([tags("O"), tags("O")], [tags("O")])
    with pytest.raises(ValueError, match="whole sentences"):  # as many tokens in all
        measure([tags("O O"), tags("O")], [tags("O"), tags("O O")])


# --- agreement with others


def valid(raw: list[str]) -> tuple[str, ...]:
    """Make IOB2 of any tags: what goes on with nothing begins."""
    out: list[str] = []
    for tag in raw:
        orphan = tag[0] == "I" and (not out or out[-1][1:] != tag[1:])
        out.append(f"B{tag[1:]}" if orphan else tag)
    return tuple(out)


TAG = st.sampled_from(["O", "O", "B-A", "I-A", "I-A", "B-B", "I-B", "B-C"])
# Gold, and a prediction that keeps most of its tags, so that some entities are right.
SENTENCE = st.lists(st.tuples(TAG, st.one_of(st.none(), st.none(), TAG)), min_size=1, max_size=12).map(
    lambda pairs: (valid([g for g, _ in pairs]), valid([g if p is None else p for g, p in pairs]))
)
CORPUS = st.lists(SENTENCE, min_size=1, max_size=5)
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


def entities_of(sentences: list) -> set:
    """Read (sentence, start, end, class) off IOB2 tags, in another way than the package does."""
    found = set()
    for number, sentence in enumerate(sentences):
        starts = [i for i, tag in enumerate(sentence) if tag[0] == "B"]
        for start in starts:
            end = start + 1
            while end < len(sentence) and sentence[end] == f"I-{sentence[start][2:]}":
                end += 1
            found.add((number, start, end, sentence[start][2:]))
    return found


@given(CORPUS)
def test_agrees_with_a_count_of_sets(corpus: list) -> None:
    gold, predicted = [g for g, _ in corpus], [p for _, p in corpus]
    expected, found = entities_of(gold), entities_of(predicted)
    right = len(expected & found)
    scores = entity_scores(gold, predicted)
    assert scores.precision == pytest.approx(right / max(len(found), 1))
    assert scores.recall == pytest.approx(right / max(len(expected), 1))
    assert scores.f1 == pytest.approx(2 * right / max(len(found) + len(expected), 1))
    for label, row in scores.per_class.iterrows():
        mine, theirs = ({e for e in some if e[3] == label} for some in (expected, found))
        assert row[["support", "predicted", "correct"]].tolist() == [len(mine), len(theirs), len(mine & theirs)]
    kinds = error_kinds(gold, predicted)
    assert kinds.drop("spurious").sum() == len(expected) and kinds["right"] == right


# --- kinds of error


def test_kinds_of_error_worked_by_hand() -> None:
    kinds = error_kinds(GOLD, PREDICTED)
    assert kinds.to_dict() == {
        "right": 2,
        "cut off": 0,
        "wrong class": 1,
        "wrong ends": 5,  # two laws, two merged persons, one decision broken into two
        "wrong class and ends": 0,
        "missed": 1,
        "spurious": 1,
    }


def test_wrong_class_and_ends() -> None:
    assert error_kinds([tags("GS GS- O")], [tags("O RS RS-")])["wrong class and ends"] == 1
    # Touched by its own class too: its ends are what is wrong.
    assert error_kinds([tags("GS GS- O")], [tags("GS RS RS-")])["wrong ends"] == 1
    # A neighbour does not overlap.
    for one, other in (("GS GS- O", "O O GS"), ("O O GS", "GS GS- O")):
        assert error_kinds([tags(one)], [tags(other)])[["missed", "spurious"]].tolist() == [1, 1]


@pytest.mark.parametrize(("max_len", "kind"), [(2, "cut off"), (3, "missed"), (None, "missed")])
def test_cut_off_is_what_ends_behind_the_cut(max_len, kind: str) -> None:
    assert error_kinds([tags("O GS GS-")], [tags("O O O")], max_len)[kind] == 1


# --- tokens


def test_token_report_worked_by_hand() -> None:
    report = token_report([tags("GS GS- O O ST O")], [tags("GS O O ST ST- O")])
    expected = {"GS": [1, 1 / 2, 2 / 3, 2], "O": [2 / 3, 2 / 3, 2 / 3, 3], "ST": [1 / 2, 1, 2 / 3, 1]}
    for label, row in expected.items():
        assert report.loc[label].tolist() == pytest.approx(row)
    assert report.loc["macro avg", "precision"] == pytest.approx((1 + 2 / 3 + 1 / 2) / 3)
    assert report.loc["weighted avg", "precision"] == pytest.approx((2 * 1 + 3 * 2 / 3 + 1 * 1 / 2) / 6)
    assert report.attrs["accuracy"] == pytest.approx(4 / 6)


def test_token_report_where_there_is_one_class_only() -> None:
    report = token_report([tags("O O")], [tags("O O")])
    assert report.index.tolist() == ["O", "macro avg", "weighted avg"]
    assert report.loc["O"].tolist() == [1, 1, 1, 2]
    assert report.attrs["accuracy"] == 1


def test_token_report_of_a_class_that_only_one_side_has() -> None:
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
