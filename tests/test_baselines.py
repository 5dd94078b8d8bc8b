"""The taggers to compare with: features by hand, valid tags, and spaCy's commands as a user calls them."""

from pathlib import Path
from types import SimpleNamespace

import pytest
import spacy

from legalner.baselines import (
    linear_features,
    linear_tags,
    spacy_command,
    spacy_tags,
    top_features,
    train_linear_crf,
    transition_weights,
)
from legalner.data import Sentence

SENTENCES = [
    Sentence(("Nach", "§", str(n), "BGB", "haftet", "er", "."), ("O", "B-GS", "I-GS", "I-GS", "O", "O", "O"))
    for n in range(1, 30)
] + [Sentence(("Das", "BGH", "sagt", str(n)), ("O", "B-GRT", "O", "O")) for n in range(1, 30)]


def test_features_by_hand():
    first, second = linear_features(["Nach", "§"])
    own = {"0:word=Nach", "0:shape=Xxxx", "0:prefix3=Nac", "0:suffix3=ach"}
    assert own <= set(first) and "1:word=§" in first and "bias" in first
    assert {"-1:word=Nach", "0:word=§", "0:shape=§"} <= set(second)
    assert len(first) == len(second) == 1 + 4 * 2
    assert len(linear_features(["a"] * 9)[4]) == 1 + 4 * 5  # two neighbours on each side


@pytest.fixture(scope="module")
def crf():
    return train_linear_crf(SENTENCES, iterations=30)


def test_it_learns_and_its_tags_are_valid(crf):
    (tags,) = linear_tags(crf, [("Nach", "§", "99", "BGB", "haftet", "er", ".")])
    assert tags == ("O", "B-GS", "I-GS", "I-GS", "O", "O", "O")


def test_its_weights_can_be_read(crf):
    steps = transition_weights(crf)
    assert list(steps.index) == ["O", "B-GRT", "B-GS", "I-GS"] and steps.loc["B-GS", "I-GS"] > 0
    assert top_features(crf, "B-GS").index[0].startswith(("0:", "-1:", "1:"))
    assert "0:word=§" in top_features(crf, "B-GS", 20).index


def test_an_inside_that_continues_nothing_begins():
    stray = SimpleNamespace(predict=lambda features: [["O", "I-A", "I-A"], ["I-A", "I-B", "O"]])
    assert linear_tags(stray, [["x"] * 3] * 2) == [("O", "B-A", "I-A"), ("B-A", "B-B", "O")]


def test_a_spacy_pipeline_tags_tokens_as_they_are(tmp_path: Path):
    nlp = spacy.blank("de")
    nlp.add_pipe("entity_ruler").add_patterns([{"label": "GS", "pattern": [{"TEXT": "§"}, {"TEXT": "9/10"}]}])
    nlp.to_disk(tmp_path / "pipeline")
    tokens = [("Nach", "§", "9/10", "§", "9/10"), ("§",)]
    assert spacy_tags(spacy.load(tmp_path / "pipeline"), tokens) == [("O", "B-GS", "I-GS", "B-GS", "I-GS"), ("O",)]


def test_a_spacy_command_shows_and_returns_what_it_prints(capfd):
    printed = spacy_command("init", "config", "-", "--lang", "de", "--pipeline", "ner")
    assert "[components.ner]" in printed and printed in capfd.readouterr().out


def test_a_command_that_fails_says_why(capfd):
    with pytest.raises(RuntimeError, match="`spacy convert` failed"):
        spacy_command("convert", "no such file", "nowhere")
