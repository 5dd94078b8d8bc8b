"""The sample is hard enough to be wrong on, and the article's model learns more of it than a table of words does."""

from collections import Counter, defaultdict
from pathlib import Path

import keras
import pytest

from legalner.data import TagSet, load_corpus
from legalner.evaluate import entity_scores
from legalner.model import bilstm_tagger, predict, predicted_tags
from legalner.preprocess import build_vocabulary, encode
from legalner.train import TrainingConfig, train
from legalner.vectors import load_vectors

pytestmark = pytest.mark.slow


def lookup_f1() -> float:
    """Entity F1 on val of giving each known token its most frequent tag in train, and any other token O."""
    corpus = load_corpus("sample")
    counts: dict[str, Counter] = defaultdict(Counter)
    for sentence in corpus.train:
        for token, tag in zip(sentence.tokens, sentence.tags, strict=True):
            counts[token][tag] += 1
    tag_set = TagSet.from_sentences(corpus.train, "iob2")
    best = {token: tags.most_common(1)[0][0] for token, tags in counts.items()}
    guesses = [tag_set.decode(tag_set.encode([best.get(t, "O") for t in s.tokens])) for s in corpus.val]
    return entity_scores([s.tags for s in corpus.val], guesses).f1


def test_seed_model_beats_the_lookup_and_stays_fallible(tmp_path: Path) -> None:
    corpus = load_corpus("sample")
    tag_set = TagSet.from_sentences(corpus.train, "class")
    vectors = load_vectors("fasttext", corpus.train, dimension=300, seed=1)
    vocabulary = build_vocabulary([*corpus.train, *corpus.val], vectors)
    fit, val = (encode(part, vocabulary, tag_set, 50) for part in (corpus.train, corpus.val))
    keras.utils.set_random_seed(1)
    model = bilstm_tagger(vocabulary.embeddings, len(tag_set))
    model, _ = train(model, fit, val, TrainingConfig(), tmp_path, progress="none")
    guesses = predicted_tags(predict(model, val).argmax(-1), val.lengths, tag_set)
    f1 = entity_scores([s.tags for s in corpus.val], guesses).f1
    baseline = lookup_f1()
    assert baseline >= 0.30
    assert baseline + 0.15 <= f1 < 0.97, f"seed model {f1:.3f}, lookup {baseline:.3f}"
