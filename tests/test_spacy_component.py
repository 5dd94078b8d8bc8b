"""The spaCy component: found by its name after an install, the same entities as the annotator, alone and in batches."""

from pathlib import Path

import pytest
import spacy
from spacy.language import Language
from spacy.tokens import Span

from legalner.annotate import Annotator
from legalner.improve import TrainedTagger

TEXT = "Nach § 9 Abs. 2 BGB haftet er. Das entschied der BGH so."


@pytest.fixture(scope="module")
def nlp(statute_tagger: TrainedTagger, tmp_path_factory: pytest.TempPathFactory) -> Language:
    folder = tmp_path_factory.mktemp("model")
    statute_tagger.save(folder / "m", {})
    pipeline = spacy.blank("de")
    pipeline.add_pipe("legalner", config={"model": str(folder / "m")})
    return pipeline


def test_fills_ents_with_what_the_annotator_finds(nlp, statute_tagger):
    doc = nlp(TEXT)
    expected = Annotator(statute_tagger).annotate(TEXT)
    assert [(e.text, e.label_) for e in doc.ents] == [(e.text, e.label) for e in expected] != []
    assert [s.label_ for s in doc.spans["legalner"]] == [e.label for e in expected]
    assert doc.spans["legalner"].attrs["scores"] == pytest.approx([e.confidence for e in expected], abs=1e-4)


def test_the_same_in_batches(nlp):
    texts = [TEXT, "", "Nichts.", TEXT * 3]
    piped = [[(e.start_char, e.end_char, e.label_) for e in doc.ents] for doc in nlp.pipe(texts, batch_size=2)]
    assert piped == [[(e.start_char, e.end_char, e.label_) for e in nlp(text).ents] for text in texts]
    assert [len(ents) for ents in piped] == [2, 0, 0, 6]


def test_entities_that_are_there_stay(nlp):
    doc = nlp.make_doc(TEXT)
    doc.ents = [Span(doc, 0, 3, label="MINE")]  # Nach § 9
    doc = nlp.get_pipe("legalner")(doc)
    assert [(e.text, e.label_) for e in doc.ents] == [("Nach § 9", "MINE"), ("BGH", "GRT")]


def test_a_folder_without_a_model_is_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="no whole model"):
        spacy.blank("de").add_pipe("legalner", config={"model": str(tmp_path)})


def test_a_forked_process_is_refused_rather_than_waited_for(nlp, monkeypatch):
    monkeypatch.setattr(nlp.get_pipe("legalner"), "_process", -1)
    for use in (lambda: nlp(TEXT), lambda: list(nlp.pipe([TEXT]))):
        with pytest.raises(RuntimeError, match="cannot run in a forked process: use n_process=1"):
            use()
