"""The tagger's configuration, its network in all its forms, and that padding and company change no prediction."""

import dataclasses
import itertools
from pathlib import Path

import keras
import numpy as np
import pytest
import yaml

from legalner.crf import Tagger, allowed_transitions
from legalner.data import Sentence, TagSet
from legalner.improve import (
    EncodedCorpus,
    FeatureEmbedding,
    FeatureTables,
    FocalLoss,
    TaggerConfig,
    build_network,
    compile_tagger,
    encode_features,
    length_sorted_batches,
    predict,
    predict_ids,
    shuffled_batches,
    tag_sentences,
)
from legalner.preprocess import Vocabulary
from legalner.train import load_model, save_model
from tests.conftest import ROOT

TAG_SET = TagSet(("_", "O", "B-GS", "I-GS", "B-RS", "I-RS"), "iob2")
WORDS = ("Das", "Gericht", "verweist", "auf", "§", "12", "StPO", ".")
RNG = np.random.default_rng(7)
EMBEDDINGS = np.vstack([np.zeros((2, 5)), RNG.normal(size=(len(WORDS), 5))]).astype(np.float32)
VOCABULARY = Vocabulary(WORDS, EMBEDDINGS)


def sentences(lengths: list[int], seed: int = 0) -> list[Sentence]:
    rng = np.random.default_rng(seed)
    return [Sentence.untagged(rng.choice(WORDS, n).tolist()) for n in lengths]


TRAINING = sentences([4, 2, 5, 1, 3, 5])
TABLES = FeatureTables.from_sentences(TRAINING, ("word", "shape", "suffix2"), min_count=1)


def small(**changed) -> TaggerConfig:
    plain = dict.fromkeys(("word_dropout", "feature_dropout", "dropout", "recurrent_dropout", "ema_momentum"), 0.0)
    plain |= {"layers": 1, "head": "crf", "loss": "likelihood", "schedule": "constant", "weight_decay": 0.0}
    values = {"features": TABLES.names, "feature_dim": 3, "units": 4, **plain, **changed}
    if values["head"] == "softmax" and "loss" not in changed:
        values["loss"] = "cross_entropy"
    return TaggerConfig(**values)


def network(config: TaggerConfig, dimension: int = 0) -> Tagger:
    """A network whose weights are large enough to have an opinion on every token."""
    model = build_network(config, TABLES.sizes, TAG_SET, dimension)
    rng = np.random.default_rng(config.seed)
    for weight in model.trainable_variables:
        if len(weight.shape) == 2:  # a bias would have the same opinion everywhere
            weight.assign((0.3 if weight.name == "transitions" else 1.5) * rng.normal(size=weight.shape))
    return model


def encoded(of: list[Sentence]) -> EncodedCorpus:
    return encode_features(of, TABLES, TAG_SET, VOCABULARY)


@pytest.fixture(scope="module")
def crf_network() -> Tagger:
    return network(small())


# -- configuration -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"scheme": "bioes"}, "unknown scheme 'bioes'; expected one of class, iob2"),
        ({"head": "tanh"}, "unknown head 'tanh'; expected one of softmax, crf"),
        ({"loss": "mse"}, "unknown loss 'mse'; expected one of likelihood, cross_entropy, focal"),
        ({"schedule": "linear"}, "unknown schedule 'linear'; expected one of constant, cosine"),
        ({"keep": "first"}, "unknown keep 'first'; expected one of last, best"),
        ({"features": ("word", "gender")}, "'gender'.*; expected some of word, norm, shape, prefix1"),
        ({"features": ()}, "unknown features .*; expected some of word, norm, shape, prefix1"),
        ({"head": "crf", "loss": "focal"}, "crf takes likelihood, softmax takes cross_entropy or focal"),
        ({"head": "softmax", "loss": "likelihood"}, "crf takes likelihood, softmax takes cross_entropy or focal"),
        *(
            ({name: 0}, f"{name} must be positive, not 0")
            for name in ("feature_dim", "min_count", "units", "layers", "epochs", "max_padded_tokens", "learning_rate")
        ),
        ({"learning_rate": float("nan")}, "learning_rate must be positive, not nan"),
        *(
            ({name: value}, f"{name} must be at least 0 and below 1, not {value}")
            for name in ("word_dropout", "feature_dropout", "dropout", "recurrent_dropout", "ema_momentum")
            for value in (-0.1, 1.0)
        ),
        ({"weight_decay": -0.1}, "weight_decay must be 0 or more, not -0.1"),
        ({"conv_filters": -1}, "conv_filters must be 0 or more, not -1"),
        ({"patience": 0}, "patience must be at least one epoch, or None for no early stopping"),
    ],
)
def test_a_value_that_does_not_exist_is_refused_with_what_was_expected(changed, message) -> None:
    with pytest.raises(ValueError, match=message):
        TaggerConfig(**changed)


def test_the_default_configuration_and_features_as_a_list_are_taken() -> None:
    assert TaggerConfig(features=["word", "shape"]).features == ("word", "shape")  # as YAML gives them
    assert dataclasses.replace(TaggerConfig(), head="softmax", loss="focal", patience=1).patience == 1


def test_profiles_name_settings_that_exist() -> None:
    profiles = sorted((ROOT / "profiles").glob("*.yaml"))
    assert profiles
    for path in profiles:
        TaggerConfig(**yaml.safe_load(path.read_text("utf-8"))["parameters"].get("TAGGER", {}))


# -- the network -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("head", "layers", "dimension"), list(itertools.product(("crf", "softmax"), (1, 2), (0, 5))))
def test_network_has_the_shapes_and_weights_of_its_configuration(head: str, layers: int, dimension: int) -> None:
    dropped = {"dropout": 0.1, "recurrent_dropout": 0.1, "word_dropout": 0.1, "feature_dropout": 0.1}
    config = small(head=head, layers=layers, conv_filters=3, **dropped)
    model = build_network(config, TABLES.sizes, TAG_SET, dimension)
    batch = next(length_sorted_batches(encoded(sentences([2, 4, 3])), 99))
    inputs = batch.inputs(EMBEDDINGS if dimension else None)
    assert isinstance(inputs, dict) == bool(dimension)
    assert model(inputs).shape == model(inputs, training=True).shape == (3, 4, 6)
    seen, states = 3 * 3 + dimension, 2 * 4
    width = [seen] + [states] * (layers - 1)
    # Each direction has four gates, which read the layer below, the state and a bias.
    by_hand = 3 * sum(TABLES.sizes) + sum(2 * 4 * 4 * (below + 4 + 1) for below in width)
    by_hand += 3 * (5 * seen + 1) + (states + 3 + 1) * 6  # three filters over five tokens, and the tags' scores
    transitions = 6 * 6 + 6 + 6
    assert model.count_params() == by_hand + transitions
    assert sum(w.numpy().size for w in model.trainable_variables) == by_hand + (transitions if head == "crf" else 0)


def test_the_seed_makes_the_weights() -> None:
    def weights(seed: int) -> np.ndarray:
        made = build_network(small(seed=seed), TABLES.sizes, TAG_SET).get_weights()
        return np.concatenate([w.ravel() for w in made])

    np.testing.assert_array_equal(weights(1), weights(1))
    assert np.abs(weights(1) - weights(2)).max() > 0.01


def test_what_is_read_of_a_batch_are_its_words_vectors() -> None:
    batch = next(length_sorted_batches(encoded([Sentence.untagged(["auf", "§§"]), Sentence.untagged(["§"])]), 99))
    assert batch.sentences.tolist() == [1, 0]
    inputs = batch.inputs(EMBEDDINGS)
    np.testing.assert_array_equal(inputs["ids"], batch.ids)
    zero, seen = np.zeros(5), {word: EMBEDDINGS[2 + WORDS.index(word)] for word in ("§", "auf")}
    np.testing.assert_array_equal(inputs["vectors"], [[seen["§"], zero], [seen["auf"], zero]])
    assert batch.inputs(None) is batch.ids


# -- predicting --------------------------------------------------------------------------------------------------------


def test_a_sentence_alone_and_beside_longer_ones_gets_the_same_tags() -> None:
    model = network(small(), dimension=5)
    some = sentences([3, 1, 5, 2, 4, 1, 15], seed=3)  # the last is longer than any in training
    corpus = encoded(some)
    together = predict_ids(model, corpus, EMBEDDINGS)
    alone = [ids for (ids,) in predict(model, corpus, EMBEDDINGS, max_padded_tokens=1)]
    assert [len(ids) for ids in together] == corpus.lengths.tolist()
    for a, b in zip(together, alone, strict=True):
        np.testing.assert_array_equal(a, b)
        assert (a > 0).all()
    assert len(set(np.concatenate(together).tolist())) > 2
    # Tags might agree by chance; so the scores that they come from.
    batch = next(length_sorted_batches(corpus, 999))
    beside_others = np.asarray(model(batch.inputs(EMBEDDINGS)))
    for scores, number in zip(beside_others, batch.sentences, strict=True):
        single = next(length_sorted_batches(encoded(some[number : number + 1]), 1))
        found = np.asarray(model(single.inputs(EMBEDDINGS)))[0]
        np.testing.assert_allclose(scores[: len(found)], found, rtol=1e-4, atol=1e-4)


def test_predictions_come_in_the_order_of_the_corpus(crf_network: Tagger) -> None:
    some = sentences([4, 1, 3, 4, 2, 1], seed=5)
    found = predict_ids(crf_network, encoded(some))
    for most in (1, 6, 99):
        for corpus, step in ((some, 1), (some[::-1], -1)):
            ids = [ids.tolist() for (ids,) in predict(crf_network, encoded(corpus), max_padded_tokens=most)]
            assert ids[::step] == [ids.tolist() for ids in found]
    assert found[0].tolist() != found[3].tolist()  # both have four tokens


def test_an_empty_corpus_has_no_predictions(crf_network: Tagger) -> None:
    assert predict_ids(crf_network, encoded([])) == [] == tag_sentences(crf_network, TABLES, TAG_SET, [])


@pytest.mark.parametrize("head", ["crf", "softmax"])
def test_no_prediction_breaks_iob2(head: str) -> None:
    model = network(small(head=head))
    # It would love to say I-GS everywhere, and next to it padding.
    kernel, bias = model.get_layer("emissions").get_weights()
    model.get_layer("emissions").set_weights([kernel, bias + np.array([6, 0, 0, 8, 0, 4], np.float32)])
    emissions = np.asarray(model(next(length_sorted_batches(encoded(sentences([5], seed=2)), 99)).ids))
    assert 3 in emissions.argmax(-1)[:, 0] or 0 in emissions.argmax(-1)
    allowed, first = allowed_transitions(TAG_SET.names)
    for ids in predict_ids(model, encoded(sentences([1, 2, 3, 8, 8, 8, 20] * 3, seed=2))):
        assert first[ids[0]] and all(allowed[a, b] for a, b in itertools.pairwise(ids))


def test_a_softmax_takes_the_most_probable_tag_where_iob2_allows_it() -> None:
    model = network(small(head="softmax"))
    kernel, bias = model.get_layer("emissions").get_weights()
    free = np.array([-99, 0, 0, -99, 0, -99], np.float32)  # no I, so nothing is ever forbidden
    model.get_layer("emissions").set_weights([kernel, bias + free])
    corpus = encoded(sentences([5, 5, 5], seed=2))
    expected = np.asarray(model(next(length_sorted_batches(corpus, 99)).ids)).argmax(-1)
    assert len(set(expected.ravel().tolist())) > 1
    np.testing.assert_array_equal(predict_ids(model, corpus), expected)


def test_tokens_get_valid_iob2_tags_one_each(crf_network: Tagger) -> None:
    tokens = [["Das", "Gericht"], ["§"], ["niemals", "gesehen", "🙂", "ẞ"] * 100]
    tags = tag_sentences(crf_network, TABLES, TAG_SET, tokens)
    assert [len(t) for t in tags] == [2, 1, 400]
    corpus = encoded([Sentence.untagged(t) for t in tokens])
    assert tags == [TAG_SET.decode(ids) for ids in predict_ids(crf_network, corpus)]
    assert set(itertools.chain(*tags)) <= set(TAG_SET.names) - {"_"}


# -- embeddings of features --------------------------------------------------------------------------------------------


def embedding(dropout_rates: list[float]) -> FeatureEmbedding:
    """Two features; an id's vector repeats its number, and the second feature's is negative."""
    layer = FeatureEmbedding([10, 7], 2, dropout_rates)
    layer(np.zeros((1, 1, 2), np.int32))
    for table, sign in zip(layer.tables, (1, -1), strict=True):
        size = table.get_weights()[0].shape[0]
        table.set_weights([sign * np.repeat(np.arange(size, dtype=np.float32)[:, None], 2, axis=1)])
    return layer


IDS = np.zeros((40, 30, 2), np.int32)
IDS[:, :25] = RNG.integers(1, 7, (40, 25, 2))


def ids_seen(layer: FeatureEmbedding, *, training: bool) -> np.ndarray:
    vectors = np.asarray(layer(IDS, training=training))
    assert vectors.shape == (40, 30, 4)
    np.testing.assert_array_equal(vectors[..., [0, 2]], vectors[..., [1, 3]])
    return (vectors[..., [0, 2]] * [1, -1]).astype(int)


def test_features_have_tables_of_their_own_side_by_side_and_drop_only_in_training() -> None:
    np.testing.assert_array_equal(ids_seen(embedding([0.5, 0.5]), training=False), IDS)
    np.testing.assert_array_equal(ids_seen(embedding([0.0, 0.0]), training=True), IDS)


def test_each_feature_is_dropped_at_its_share_of_the_tokens_and_padding_stays_padding() -> None:
    layer = embedding([0.6, 0.2])
    seen = ids_seen(layer, training=True)
    assert not seen[:, 25:].any()
    dropped = (seen != IDS)[:, :25]
    np.testing.assert_array_equal(seen[:, :25], np.where(dropped, 1, IDS[:, :25]))
    could = IDS[:, :25] > 1
    shares = [dropped[..., i][could[..., i]].mean() for i in range(2)]
    assert shares == pytest.approx([0.6, 0.2], abs=0.06)  # of about 800 tokens
    assert (ids_seen(layer, training=True) != seen).any()  # drawn anew in every step


def test_words_are_dropped_at_one_share_and_what_lies_inside_them_at_another() -> None:
    config = small(features=("shape", "word", "norm", "suffix2"), word_dropout=0.3, feature_dropout=0.1)
    layer = build_network(config, (5, 5, 5, 5), TAG_SET).get_layer("features")
    assert layer.dropout_rates == [0.1, 0.3, 0.3, 0.1] and layer.sizes == [5, 5, 5, 5] and layer.dim == 3


def test_word_vectors_are_dropped_whole() -> None:
    model = build_network(small(word_dropout=0.5), TABLES.sizes, TAG_SET, 5)
    dropped = np.asarray(model.get_layer("word_dropout")(np.ones((8, 20, 5), np.float32), training=True))
    assert {tuple(vector) for vector in dropped.reshape(-1, 5).tolist()} == {(0.0,) * 5, (2.0,) * 5}


# -- saving ------------------------------------------------------------------------------------------------------------


def test_saved_and_loaded_it_predicts_the_same_and_trains_on_alike(tmp_path: Path) -> None:
    config = small(ema_momentum=0.9, schedule="cosine", learning_rate=0.01)
    # So many tags, and so small steps, that something is left to learn.
    tagged = [dataclasses.replace(s, tags=("B-GS", "O", "B-RS", "I-RS")[: len(s)]) for s in sentences([4, 2, 4, 3])]
    batch = next(shuffled_batches(encoded(tagged), 99, (1,)))
    inputs = batch.inputs(EMBEDDINGS)
    model = network(config, 5)
    compile_tagger(model, config, steps=20)
    losses = [model.train_on_batch(inputs, batch.tags)]
    save_model(model, tmp_path / "model.keras")
    again = load_model(tmp_path / "model.keras")
    assert isinstance(again, Tagger) and again.crf.get_config() == model.crf.get_config()
    np.testing.assert_array_equal(again(inputs), model(inputs))
    for trained in (model, again):
        trained.reset_metrics()
        losses.append([float(trained.train_on_batch(inputs, batch.tags)) for _ in range(2)])
    np.testing.assert_allclose(losses[1], losses[2], rtol=1e-5)
    assert losses[0] > losses[1][-1]
    for mine, its in zip(again.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_allclose(mine, its, rtol=1e-4, atol=1e-6)


# -- focal loss --------------------------------------------------------------------------------------------------------

LOGITS = (3 * RNG.normal(size=(2, 5, 6))).astype(np.float32)
TAGS = RNG.integers(1, 6, (2, 5)).astype(np.int32)


def test_focal_loss_is_that_of_keras_for_one_hot_labels() -> None:
    for gamma in (0.0, 0.5, 2.0):  # with 0 it is cross-entropy
        theirs = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma, from_logits=True, reduction=None)
        expected = theirs(np.eye(6, dtype=np.float32)[TAGS], LOGITS)
        np.testing.assert_allclose(FocalLoss(gamma).call(TAGS, LOGITS) * TAGS.size, expected, rtol=1e-4, atol=1e-6)
        assert float(FocalLoss(gamma)(TAGS, LOGITS)) == pytest.approx(float(np.mean(expected)), rel=1e-4)


def test_focal_loss_by_hand_and_after_saving() -> None:
    # Two tags besides padding's, of probability 0.8 and 0.2, where the first, then the second is correct.
    logits = np.log(np.array([[[1e-9, 0.8, 0.2]] * 2], np.float32))
    by_hand = [-(0.2**2) * np.log(0.8), -(0.8**2) * np.log(0.2)]
    assert float(FocalLoss()(np.array([[1, 2]]), logits)) == pytest.approx(sum(by_hand) / 2, rel=1e-5)
    assert float(FocalLoss()(np.array([[1, 0]]), logits)) == pytest.approx(by_hand[0], rel=1e-5)
    saved = keras.saving.serialize_keras_object(FocalLoss(0.5))
    assert keras.saving.deserialize_keras_object(saved).gamma == 0.5


def test_focal_loss_leaves_padding_out() -> None:
    import tensorflow as tf

    tags = np.pad(TAGS, ((0, 0), (0, 4)))
    noisy = tf.constant(np.pad(LOGITS, ((0, 0), (0, 4), (0, 0)), constant_values=50.0))
    with tf.GradientTape() as tape:
        tape.watch(noisy)
        loss = FocalLoss()(tags, noisy)
    assert float(loss) == pytest.approx(float(FocalLoss()(TAGS, LOGITS)), rel=1e-5)
    slope = tape.gradient(loss, noisy).numpy()
    assert not slope[:, 5:].any() and (np.abs(slope[:, :5]).max(-1) > 0).all() and np.isfinite(slope).all()
    assert float(FocalLoss()(np.zeros((1, 2), np.int32), LOGITS[:1, :2])) == 0  # nothing but padding
