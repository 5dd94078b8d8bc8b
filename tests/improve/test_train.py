"""The tagger's training: its losses by hand, what it learns, and that nothing but Ctrl-C's reader notices Ctrl-C."""

import shutil
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import legalner.improve.train as training
from legalner.crf import Tagger
from legalner.data import Sentence, TagSet
from legalner.evaluate import entity_scores
from legalner.improve import (
    EncodedCorpus,
    FeatureTables,
    FocalLoss,
    TaggerConfig,
    build_network,
    compile_tagger,
    encode_features,
    length_sorted_batches,
    micro_f1,
    predict_ids,
    tag_sentences,
    train_tagger,
)
from legalner.preprocess import Vocabulary
from legalner.train import History, _seed_dropout, load_model, state_file

RNG = np.random.default_rng(11)
TAG_SET = TagSet(("_", "O", "B-GRT", "I-GRT", "B-GS", "I-GS"), "iob2")


def task(sentences: int, seed: int, lengths: tuple[int, int] = (2, 6)) -> list[Sentence]:
    """A number is part of a statute behind §, and nothing elsewhere; BGH is a court wherever it stands."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(sentences):
        length = int(rng.integers(lengths[0], lengths[1] + 1))
        tokens = rng.choice(
            ["§", "Nummer", "12", "3", "BGH", "und", "das"], length, p=[0.3, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1]
        )
        tags: list[str] = []
        for token in tokens:
            inside = bool(tags) and tags[-1] in ("B-GS", "I-GS") and token in ("12", "3")
            tags.append("I-GS" if inside else {"§": "B-GS", "BGH": "B-GRT"}.get(token, "O"))
        made.append(Sentence(tuple(tokens.tolist()), tuple(tags)))
    return made


FEATURES = ("word", "shape")
FIT, VAL = task(40, seed=1), task(15, seed=2)
TABLES = FeatureTables.from_sentences(FIT, FEATURES)


def corpus(of: list[Sentence]) -> EncodedCorpus:
    return encode_features(of, TABLES, TAG_SET)


def config(**changed: Any) -> TaggerConfig:
    small = {"features": FEATURES, "feature_dim": 4, "units": 6, "conv_filters": 4, "max_padded_tokens": 60}
    plain = dict.fromkeys(("word_dropout", "feature_dropout", "dropout", "recurrent_dropout", "ema_momentum"), 0.0)
    plain |= {"layers": 1, "head": "crf", "loss": "likelihood", "schedule": "cosine", "weight_decay": 0.0}
    return TaggerConfig(**{**small, **plain, "learning_rate": 0.03, "keep": "last", "patience": None, **changed})


def network(settings: TaggerConfig, dimension: int = 0) -> Tagger:
    return build_network(settings, TABLES.sizes, TAG_SET, dimension)


def trained(
    settings: TaggerConfig, folder: Path, fit: list[Sentence] = FIT, val: list[Sentence] = VAL, **more: Any
) -> tuple[Tagger, History]:
    arguments = {"progress": "none", **more}
    tags = [s.tags for s in val]
    return train_tagger(network(settings), corpus(fit), corpus(val), tags, TAG_SET, settings, folder, **arguments)


def weights(model: keras.Model) -> np.ndarray:
    return np.concatenate([w.ravel() for w in model.get_weights()])


# Losses.

LOGITS = (3 * RNG.normal(size=(2, 5, 6))).astype(np.float32)
IDS = RNG.integers(1, 6, (2, 5)).astype(np.int32)


@pytest.mark.parametrize("gamma", [0.5, 2.0, 3.0])
def test_focal_loss_is_that_of_keras_for_one_hot_labels(gamma: float) -> None:
    theirs = keras.losses.CategoricalFocalCrossentropy(alpha=1.0, gamma=gamma, from_logits=True, reduction=None)
    expected = theirs(np.eye(6, dtype=np.float32)[IDS], LOGITS)
    np.testing.assert_allclose(FocalLoss(gamma).call(IDS, LOGITS) * IDS.size, expected, rtol=1e-4, atol=1e-6)
    assert float(FocalLoss(gamma)(IDS, LOGITS)) == pytest.approx(float(np.mean(expected)), rel=1e-4)


def test_focal_loss_by_hand() -> None:
    # Two tags besides padding's, of probability 0.8 and 0.2, where the first, then the second is right.
    logits = np.log(np.array([[[1e-9, 0.8, 0.2]] * 2], np.float32))
    by_hand = [-(0.2**2) * np.log(0.8), -(0.8**2) * np.log(0.2)]
    assert float(FocalLoss()(np.array([[1, 2]]), logits)) == pytest.approx(sum(by_hand) / 2, rel=1e-5)
    assert float(FocalLoss()(np.array([[1, 0]]), logits)) == pytest.approx(by_hand[0], rel=1e-5)
    assert FocalLoss.from_config(FocalLoss(0.5).get_config()).gamma == 0.5


def test_without_gamma_focal_loss_is_cross_entropy_over_the_tokens() -> None:
    tags = np.where(np.arange(5) < [[3], [5]], IDS, 0)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=0)
    assert float(FocalLoss(0.0)(tags, LOGITS)) == pytest.approx(float(cross_entropy(tags, LOGITS)), rel=1e-5)


def test_focal_loss_leaves_padding_out() -> None:
    import tensorflow as tf

    tags = np.pad(IDS, ((0, 0), (0, 4)))
    noisy = tf.constant(np.pad(LOGITS, ((0, 0), (0, 4), (0, 0)), constant_values=50.0))
    with tf.GradientTape() as tape:
        tape.watch(noisy)
        loss = FocalLoss()(tags, noisy)
    assert float(loss) == pytest.approx(float(FocalLoss()(IDS, LOGITS)), rel=1e-5)
    slope = tape.gradient(loss, noisy).numpy()
    assert not slope[:, 5:].any() and (np.abs(slope[:, :5]).max(-1) > 0).all() and np.isfinite(slope).all()
    assert float(FocalLoss()(np.zeros((1, 2), np.int32), LOGITS[:1, :2])) == 0  # nothing but padding


@pytest.mark.parametrize("loss", ["likelihood", "cross_entropy", "focal"])
def test_the_loss_that_is_learned_by_is_the_mean_over_tokens(loss: str) -> None:
    settings = config(loss=loss, head="crf" if loss == "likelihood" else "softmax")
    model = network(settings)
    model.crf.set_weights([RNG.normal(size=w.shape) for w in model.crf.get_weights()])
    compile_tagger(model, settings, 10)
    batch = next(length_sorted_batches(corpus(FIT[:5]), 99))
    assert (batch.tags == 0).any()
    total = 0.0
    for row, tags in zip(batch.ids, batch.tags, strict=True):
        length = int((tags > 0).sum())
        emissions = model(row[None, :length])
        if loss == "likelihood":
            total -= float(model.crf.log_likelihood(emissions, tags[None, :length], np.ones((1, length), bool))[0])
        else:
            p = np.asarray(keras.ops.softmax(emissions[0]))[np.arange(length), tags[:length]]
            total -= float(np.sum(np.log(p) * ((1 - p) ** 2 if loss == "focal" else 1)))
    found = model.compute_loss(batch.ids, batch.tags, model(batch.ids))
    assert float(found) == pytest.approx(total / (batch.tags > 0).sum(), rel=1e-4)


# Optimizer.


def test_the_cosine_schedule_rises_in_a_twentieth_of_the_steps_and_falls_to_nothing() -> None:
    settings = config(schedule="cosine", learning_rate=0.01)
    model = network(settings)
    compile_tagger(model, settings, steps=200)
    rates = []
    for step in range(201):
        model.optimizer.iterations.assign(step)
        rates.append(float(model.optimizer.learning_rate))
    assert np.argmax(rates) == 10 and max(rates) == pytest.approx(0.01)
    assert (np.diff(rates[:11]) > 0).all() and (np.diff(rates[10:]) < 0).all()
    assert rates[105] == pytest.approx(0.005, rel=0.01) and rates[-1] == pytest.approx(0, abs=1e-8)


def test_the_configuration_makes_the_optimizer() -> None:
    settings = config(schedule="constant", weight_decay=0.1, ema_momentum=0.9)
    model = network(settings)
    compile_tagger(model, settings, steps=10)
    optimizer = model.optimizer
    assert float(optimizer.learning_rate) == pytest.approx(0.03) and optimizer.weight_decay == 0.1
    assert optimizer.use_ema and optimizer.ema_momentum == 0.9
    compile_tagger(model, config(), steps=10)
    assert not model.optimizer.use_ema and model.optimizer.weight_decay is None


# F1.

TAGGED = st.lists(st.lists(st.tuples(*[st.integers(0, 5)] * 2), min_size=1, max_size=6), max_size=4)


@given(TAGGED)
def test_quick_f1_is_that_of_the_report(ids: list[list[tuple[int, int]]]) -> None:
    gold, predicted = ([TAG_SET.decode(pair[side] for pair in s) for s in ids] for side in (0, 1))
    assert micro_f1(gold, predicted) == pytest.approx(entity_scores(gold, predicted).f1)
    assert micro_f1(gold, gold) == float(any(tag != "O" for s in gold for tag in s))


def test_quick_f1_by_hand() -> None:
    gold = [("B-GS", "I-GS", "O", "B-GRT"), ("B-GS",)]
    # One right, one too short, one of another class: 2 * 1 / (3 + 3).
    assert micro_f1(gold, [("B-GS", "O", "O", "B-GS"), ("B-GS",)]) == pytest.approx(1 / 3)
    assert micro_f1([("O",)], [("O",)]) == 0


# Training.


@pytest.mark.parametrize(("head", "loss"), [("crf", "likelihood"), ("softmax", "cross_entropy"), ("softmax", "focal")])
def test_it_learns(head: str, loss: str, tmp_path: Path) -> None:
    model, history = trained(config(head=head, loss=loss, conv_filters=0, epochs=12, max_padded_tokens=24), tmp_path)
    assert len(history.epochs) == 12 and set(history.epochs[0]) == {"loss", "val_f1", "seconds"}
    losses = history.column("loss")
    assert losses[-1] < losses[0] / 5
    assert history.column("val_f1")[0] < 0.9 < history.column("val_f1")[-1]
    # It learned a rule, whatever the sentence's length.
    tokens = ("das", "12", "und", "§", "12", "3") * 20
    tags = ("O", "O", "O", "B-GS", "I-GS", "I-GS") * 20
    assert tag_sentences(model, TABLES, TAG_SET, [tokens]) == [tags]


EQUAL = task(9, seed=3, lengths=(5, 5))  # three batches of one shape: one trace
RESTLESS = {"max_padded_tokens": 15, "epochs": 3, "dropout": 0.2, "word_dropout": 0.2, "feature_dropout": 0.2}
RESTLESS |= {"recurrent_dropout": 0.2, "weight_decay": 0.01}


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory) -> tuple[Path, Tagger, History, list[list[np.ndarray]]]:
    """A training with all that is random in it, and the weights after each of its steps."""
    folder, steps = tmp_path_factory.mktemp("uninterrupted"), []
    original = Tagger.train_on_batch

    def noting(self: Tagger, *arguments: Any, **more: Any) -> Any:
        logs = original(self, *arguments, **more)
        steps.append([w.numpy() for w in self.trainable_variables])
        return logs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Tagger, "train_on_batch", noting)
        model, history = trained(config(**RESTLESS, ema_momentum=0.8), folder, EQUAL, EQUAL)
    return folder, model, history, steps


def test_what_comes_back_is_the_running_average_of_the_weights(uninterrupted) -> None:
    folder, model, history, steps = uninterrupted
    assert len(steps) == 9
    average = steps[0]
    for now in steps[1:]:
        average = [0.8 * a + 0.2 * w for a, w in zip(average, now, strict=True)]
    for found, expected in zip(model.trainable_variables, average, strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)
    for found, expected in zip(load_model(state_file(folder, 3)).trainable_variables, steps[-1], strict=True):
        np.testing.assert_array_equal(found, expected)
    predicted = [TAG_SET.decode(ids) for ids in predict_ids(model, corpus(EQUAL))]
    assert micro_f1([s.tags for s in EQUAL], predicted) == history.column("val_f1")[-1]


def test_averaging_changes_nothing_in_the_training_itself(uninterrupted, tmp_path) -> None:
    _, _, history, steps = uninterrupted
    model, plain = trained(config(**RESTLESS), tmp_path, EQUAL, EQUAL)
    np.testing.assert_allclose(plain.column("loss"), history.column("loss"), rtol=1e-5)
    for found, expected in zip(model.trainable_variables, steps[-1], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def ctrl_c_in(patch: pytest.MonkeyPatch, epoch: int) -> list[int]:
    """Press Ctrl-C at the end of this epoch's steps; returns the list in which epochs are noted as they are begun."""
    begun: list[int] = []
    original = training._learn

    def interrupted(model: Tagger, fit: EncodedCorpus, settings: TaggerConfig, number: int, *others: Any, **more: Any):
        begun.append(number)
        loss = original(model, fit, settings, number, *others, **more)
        if number == epoch:
            raise KeyboardInterrupt
        return loss

    patch.setattr(training, "_learn", interrupted)
    return begun


def test_taken_up_after_an_interruption_it_ends_as_if_there_had_been_none(
    uninterrupted, tmp_path, monkeypatch, capsys
) -> None:
    _, model, history, steps = uninterrupted
    settings = config(**RESTLESS, ema_momentum=0.8)
    with monkeypatch.context() as patch:
        ctrl_c_in(patch, epoch=1)
        _, half = trained(settings, tmp_path, EQUAL, EQUAL)
    assert len(half.epochs) == 1
    keras.utils.set_random_seed(99)  # another process has another state
    begun = ctrl_c_in(monkeypatch, epoch=99)
    resumed, whole = trained(settings, tmp_path, EQUAL, EQUAL)
    assert begun == [1, 2] and "after epoch 1 of 3" in capsys.readouterr().out
    np.testing.assert_allclose(weights(resumed), weights(model), atol=1e-5)
    for name in ("loss", "val_f1"):
        np.testing.assert_allclose(whole.column(name), history.column(name), rtol=1e-5)
    state = load_model(state_file(tmp_path, 3))
    for found, expected in zip(state.trainable_variables, steps[-1], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_seed_and_epoch_give_what_is_dropped(uninterrupted) -> None:
    folder, *_ = uninterrupted
    model, rows = load_model(state_file(folder, 3)), next(length_sorted_batches(corpus(EQUAL), 99)).ids

    def emissions(*seed: int) -> np.ndarray:
        _seed_dropout(model, seed)
        return np.asarray(model(rows, training=True))

    first = emissions(1, 0)
    np.testing.assert_array_equal(emissions(1, 0), first)
    assert np.abs(emissions(1, 1) - first).max() > 0.01 and np.abs(emissions(2, 0) - first).max() > 0.01


# Which weights are kept: with epochs that compute nothing.


def scripted(patch: pytest.MonkeyPatch, val_f1: list[float]) -> list[int]:
    """Let each epoch set one weight to its number and have this F1; returns the list of the epochs begun."""
    begun: list[int] = []

    def learn(model: Tagger, fit: EncodedCorpus, settings: TaggerConfig, number: int, *_: Any, **__: Any) -> float:
        begun.append(number)
        if not model.optimizer.built:
            model.optimizer.build(model.trainable_variables)
        bias = model.get_layer("emissions").bias
        bias.assign(np.full(bias.shape, number + 1.0))
        return 1.0

    patch.setattr(training, "_learn", learn)
    patch.setattr(training, "predict_ids", lambda *_: [])
    patch.setattr(training, "micro_f1", lambda *_: val_f1[begun[-1]])
    return begun


@pytest.mark.parametrize(
    ("changed", "weights_of", "epochs"),
    [
        ({"keep": "last"}, 5, 5),
        ({"keep": "best"}, 2, 5),
        ({"keep": "best", "patience": 2}, 2, 4),
        ({"keep": "last", "patience": 3}, 5, 5),
    ],
)
def test_keep_and_patience_go_by_f1_on_val(changed, weights_of, epochs, tmp_path, monkeypatch) -> None:
    # The third is as good as the second, and so no better.
    scripted(monkeypatch, [0.2, 0.9, 0.9, 0.3, 0.5])
    model, history = trained(config(epochs=5, **changed), tmp_path)
    assert float(model.get_layer("emissions").bias[0]) == weights_of
    assert len(history.epochs) == epochs and history.best == 1


def test_lines_report_each_epoch(tmp_path, monkeypatch, capsys) -> None:
    scripted(monkeypatch, [0.25, 0.5])
    trained(config(epochs=2), tmp_path, progress="lines")
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("epoch 1/2  loss 1.0000  val F1 0.2500") and second.startswith("epoch 2/2")


def test_a_training_with_other_word_vectors_is_another(tmp_path, monkeypatch) -> None:
    tokens = ("§", "12", "BGH")
    words = [encode_features(s, TABLES, TAG_SET, Vocabulary(tokens, np.zeros((5, 2), np.float32))) for s in (FIT, VAL)]
    other = [
        encode_features(s, TABLES, TAG_SET, Vocabulary(tokens[::-1], np.zeros((5, 2), np.float32))) for s in (FIT, VAL)
    ]
    settings, matrix = config(epochs=2), np.ones((5, 2), np.float32)

    def begun(folder: str, parts: list[EncodedCorpus], vectors: np.ndarray, interrupt: bool = False) -> list[int]:
        with monkeypatch.context() as patch:
            epochs = scripted(patch, [0.1, 0.2])
            if interrupt:
                ctrl_c_in(patch, epoch=1)
            model, val_tags = network(settings, dimension=2), [s.tags for s in VAL]
            where = tmp_path / folder
            train_tagger(model, *parts, val_tags, TAG_SET, settings, where, embeddings=vectors, progress="none")
        return epochs

    assert begun("a", words, matrix, interrupt=True) == [0, 1]
    for copy in "bc":
        shutil.copytree(tmp_path / "a", tmp_path / copy)
    assert begun("a", words, matrix) == [1]
    assert begun("b", words, 2 * matrix) == [0, 1]
    assert begun("c", other, matrix) == [0, 1]
