"""Raw text in, entities out: at their places, as sure as the CRF is, document by document."""

import weakref
from collections.abc import Iterator
from dataclasses import replace

import pytest

from legalner.annotate import Annotator, Entity
from legalner.annotate import annotator as module
from legalner.data import DataError, TagSet
from legalner.improve import TrainedTagger

TEXT = "Nach § 9 Abs. 2 BGB haftet er. Das entschied der BGH so."


@pytest.fixture(scope="module")
def annotator(statute_tagger: TrainedTagger) -> Annotator:
    return Annotator(statute_tagger)


def found(entities: list[Entity]) -> list[tuple[str, str]]:
    return [(e.text, e.label) for e in entities]


def test_finds_entities_at_their_places(annotator):
    entities = annotator.annotate(TEXT)
    assert found(entities) == [("§ 9 Abs. 2 BGB", "GS"), ("BGH", "GRT")]
    assert [(e.start, e.end) for e in entities] == [(5, 19), (49, 52)]
    assert all(0.5 < e.confidence <= 1 for e in entities)


@pytest.mark.parametrize("between", ["\r\n", "\n", "  ", " \u00ad", " \u200b "])
def test_an_entity_holds_the_text_as_it_is(annotator, between):
    text = f"\U0001f600 e\u0301 Nach §{between}9 Abs. 2 BGB haftet er."
    (entity,) = annotator.annotate(text)
    assert entity.text == text[entity.start : entity.end] == f"§{between}9 Abs. 2 BGB"


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\ufeff", "x", ".", "\x00", "\u202e", "\ud800"])
def test_next_to_nothing_gives_no_error(annotator, text):
    assert all(e.text for e in annotator.annotate(text))


def test_documents_together_are_documents_alone(annotator, monkeypatch):
    texts = [TEXT, "", "Nichts .", f"{TEXT} {TEXT}\n\n" * 5, "", TEXT]
    alone = [annotator.annotate(text) for text in texts]
    for gathered in (1, 7, 40, 10_000):
        monkeypatch.setattr(module, "GATHERED", gathered)
        together = list(annotator.annotate_many(iter(texts)))
        assert [d.text for d in together] == texts
        assert [found(d.entities) for d in together] == [found(entities) for entities in alone]
        for d in together:
            assert all(d.text[e.start : e.end] == e.text for e in d.entities)
            assert [len(s) for s in d.sentences] == [len(t) for t in d.tags]
        confidences = [e.confidence for d in together for e in d.entities]
        assert confidences == pytest.approx([e.confidence for entities in alone for e in entities], abs=1e-4)


def test_documents_are_taken_as_they_are_needed(annotator, monkeypatch):
    monkeypatch.setattr(module, "GATHERED", 30)
    taken = 0

    def texts() -> Iterator[str]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield TEXT

    results = annotator.annotate_many(texts())
    next(results)
    assert taken < 10


def test_documents_are_let_go_as_they_are_handed_out(annotator, monkeypatch):
    """However many there are; what the whole process holds is measured in test_files.py."""
    monkeypatch.setattr(module, "GATHERED", 500)
    alive: weakref.WeakSet[module.Document] = weakref.WeakSet()

    class Watched(module.Document):
        def __init__(self, text: str) -> None:
            super().__init__(text)
            alive.add(self)

        __hash__ = object.__hash__

    monkeypatch.setattr(module, "Document", Watched)
    most = 0
    for _ in annotator.annotate_many(TEXT * 5 for _ in range(100)):
        most = max(most, len(alive))
    assert 0 < most <= 10  # six fill what is gathered


@pytest.mark.thorough
def test_ten_megabytes_of_text(annotator):
    """As `pdftotext -layout` writes them, with more blanks than words."""
    line = "Nach § 9 Abs. 2 BGB haftet er." + 300 * " " + "\n"
    text = line * (10_000_000 // len(line) + 1)
    entities = annotator.annotate(text)
    assert len(text) > 10_000_000 and len(entities) == text.count("§")
    assert {(e.start % len(line), e.text, e.label) for e in entities} == {(5, "§ 9 Abs. 2 BGB", "GS")}


def test_a_model_that_cannot_tell_neighbours_apart_is_refused(statute_tagger):
    flat = replace(statute_tagger, tag_set=TagSet(("_", "O", "GS"), "class"))
    with pytest.raises(DataError, match="scheme 'iob2'"):
        Annotator(flat)


def test_the_same_after_saving_and_loading(statute_tagger, tmp_path):
    statute_tagger.save(tmp_path / "model", {})
    # Both are new: a network that has read batches of other shapes runs other code, whose last digits differ.
    assert Annotator(tmp_path / "model").annotate(TEXT * 3) == Annotator(statute_tagger).annotate(TEXT * 3)
