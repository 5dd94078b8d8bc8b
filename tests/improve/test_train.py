"""The tagger's training, where it differs from the article's: its loss and schedule, F1 on val, averaged weights."""

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
    TaggerConfig,
    build_network,
    compile_tagger,
    encode_features,
    length_sorted_batches,
    micro_f1,
    tag_sentences,
    train_tagger,
)
from legalner.preprocess import Vocabulary
from legalner.train import History, _seed_dropout, load_model, state_file

RNG = np.random.default_rng(11)
TAG_SET = TagSet(("_", "O", "B-GRT", "I-GRT", "B-GS", "I-GS"), "iob2")


def task(sentences: int, seed: int, length: int = 8) -> list[Sentence]:
    """A number is part of a statute after §, and nothing elsewhere; BGH is a court wherever it stands."""
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(sentences):
        tokens = rng.choice(
            ["§", "Nummer", "12", "3", "BGH", "und", "das"], length, p=[0.3, 0.1, 0.2, 0.1, 0.1, 0.1, 0.1]
        )
        tags: list[str] = []
        for token in tokens:
            inside = bool(tags) and tags[-1] in ("B-GS", "I-GS") and token in ("12", "3")
            tags.append("I-GS" if inside else {"§": "B-GS", "BGH": "B-GRT"}.get(token, "O"))
        made.append(Sentence(tuple(tokens.tolist()), tuple(tags)))
    return made


# All sentences have one length, so that TensorFlow traces each function once.
FEATURES = ("word", "shape")
TRAIN, VAL = task(80, seed=1), task(10, seed=2)
TABLES = FeatureTables.from_sentences(TRAIN, FEATURES)


def encoded(sentences: list[Sentence], vocabulary: Vocabulary | None = None) -> EncodedCorpus:
    return encode_features(sentences, TABLES, TAG_SET, vocabulary)


def config(**changed: Any) -> TaggerConfig:
    small = {"features": FEATURES, "feature_dim": 4, "units": 6, "conv_filters": 4, "max_padded_tokens": 40}
    plain = dict.fromkeys(("word_dropout", "feature_dropout", "dropout", "recurrent_dropout", "ema_momentum"), 0.0)
    plain |= {"layers": 1, "head": "crf", "loss": "likelihood", "schedule": "cosine", "weight_decay": 0.0}
    return TaggerConfig(**{**small, **plain, "learning_rate": 0.03, "keep": "last", "patience": None, **changed})


SOFTMAX = {"head": "softmax", "loss": "cross_entropy"}


def network(settings: TaggerConfig, dimension: int = 0) -> Tagger:
    return build_network(settings, TABLES.sizes, TAG_SET, dimension)


def trained(settings: TaggerConfig, folder: Path, sentences: list[Sentence] = TRAIN) -> tuple[Tagger, History]:
    model, gold = network(settings), [s.tags for s in VAL]
    return train_tagger(model, encoded(sentences), encoded(VAL), gold, TAG_SET, settings, folder, progress="none")


def weights(model: keras.Model) -> np.ndarray:
    return np.concatenate([w.ravel() for w in model.get_weights()])


# -- what it learns ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("head", [{}, SOFTMAX], ids=["crf", "softmax"])
def test_it_learns(head: dict, tmp_path: Path) -> None:
    model, history = trained(config(**head, conv_filters=0, epochs=5), tmp_path)
    assert len(history.epochs) == 5 and set(history.epochs[0]) == {"loss", "val_f1", "seconds"}
    losses = history.column("loss")
    assert losses[-1] < losses[0] / 5
    assert history.column("val_f1")[0] < 0.9 < history.column("val_f1")[-1]
    # It learned a rule, whatever the sentence's length.
    tokens = ("das", "12", "und", "§", "12", "3") * 20
    tags = ("O", "O", "O", "B-GS", "I-GS", "I-GS") * 20
    assert tag_sentences(model, TABLES, TAG_SET, [tokens]) == [tags]


def test_f1_on_val_is_that_of_the_averaged_weights_which_are_kept(tmp_path: Path, monkeypatch) -> None:
    measured: list[np.ndarray] = []

    def predict(model: Tagger, *_: Any) -> list[np.ndarray]:
        measured.append(weights(model))
        return [np.array([5, 4, *[1] * 6])] * len(VAL)  # I-GS B-GS O …

    monkeypatch.setattr(training, "predict_ids", predict)
    model, history = trained(config(**SOFTMAX, ema_momentum=0.9, epochs=1), tmp_path, TRAIN[:15])
    [found] = measured
    np.testing.assert_array_equal(found, weights(model))
    assert np.abs(found - weights(load_model(state_file(tmp_path, 1)))).max() > 1e-3
    predicted = [("B-GS", "B-GS", *["O"] * 6)] * len(VAL)
    assert history.column("val_f1") == [micro_f1([s.tags for s in VAL], predicted)] > [0.1]


def test_each_epoch_takes_each_batch_once_in_an_order_of_its_own() -> None:
    class Notes:
        """Stands for a network; notes what it is given."""

        def train_on_batch(self, inputs: Any, tags: np.ndarray, return_dict: bool) -> dict[str, float]:
            taken.append(repr((inputs, tags)))
            return {"loss": float(len(taken) - resets)}

        def reset_metrics(self) -> None:
            nonlocal resets
            resets += 1

    def epoch(seed: int, number: int) -> list[str]:
        nonlocal taken, resets
        taken, resets = [], 0
        settings = config(seed=seed, max_padded_tokens=8)
        loss = training._train_epoch(Notes(), encoded(TRAIN), settings, number, None, bar=False)  # type: ignore[arg-type]
        assert loss == 1.0 and resets == len(taken)  # the mean of losses, each of one batch alone
        return taken

    taken, resets = [], 0
    batches = [repr((b.ids, b.tags)) for b in length_sorted_batches(encoded(TRAIN), 8)]
    orders = [epoch(1, 0), epoch(1, 1), epoch(2, 0)]
    for order in orders:
        assert sorted(order) == sorted(batches) and order != batches
    assert orders[0] == epoch(1, 0) and orders[0] != orders[1] and orders[0] != orders[2]


@pytest.mark.parametrize("kind", ["dropout", "recurrent_dropout", "word_dropout", "feature_dropout"])
def test_seed_and_epoch_give_what_is_dropped(kind: str) -> None:
    model = network(config(**{kind: 0.5}), dimension=2)
    ids = next(length_sorted_batches(encoded(VAL), 99)).ids
    inputs = {"ids": ids, "vectors": np.ones((*ids.shape[:2], 2), np.float32)}

    def emissions(*seed: int) -> np.ndarray:
        _seed_dropout(model, seed)
        return np.asarray(model(inputs, training=True))

    first = emissions(1, 0)
    np.testing.assert_array_equal(emissions(1, 0), first)
    assert np.abs(emissions(1, 1) - first).max() > 1e-3 and np.abs(emissions(2, 0) - first).max() > 1e-3


# -- losses and optimizer ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("loss", ["likelihood", "cross_entropy", "focal"])
def test_the_loss_that_is_learned_by_is_the_mean_over_tokens(loss: str) -> None:
    settings = config(loss=loss, head="crf" if loss == "likelihood" else "softmax")
    model = network(settings)
    model.crf.set_weights([RNG.normal(size=w.shape) for w in model.crf.get_weights()])
    compile_tagger(model, settings, 10)
    batch = next(length_sorted_batches(encoded([*task(2, 1, 3), *task(2, 2, 4), *task(1, 3, 6)]), 99))
    assert (batch.tags == 0).any()
    total = 0.0
    for ids, tags in zip(batch.ids, batch.tags, strict=True):
        length = int((tags > 0).sum())
        emissions = model(ids[None, :length])
        if loss == "likelihood":
            total -= float(model.crf.log_likelihood(emissions, tags[None, :length], np.ones((1, length), bool))[0])
        else:
            p = np.asarray(keras.ops.softmax(emissions[0]))[np.arange(length), tags[:length]]
            total -= float(np.sum(np.log(p) * ((1 - p) ** 2 if loss == "focal" else 1)))
    found = model.compute_loss(batch.ids, batch.tags, model(batch.ids))
    assert float(found) == pytest.approx(total / (batch.tags > 0).sum(), rel=1e-4)


def test_the_configuration_makes_the_optimizer() -> None:
    settings = config(schedule="constant", weight_decay=0.1, ema_momentum=0.9)
    model = network(settings)
    compile_tagger(model, settings, steps=10)
    optimizer = model.optimizer
    assert float(optimizer.learning_rate) == pytest.approx(0.03) and optimizer.weight_decay == 0.1
    assert optimizer.use_ema and optimizer.ema_momentum == 0.9
    compile_tagger(model, config(), steps=10)
    assert not model.optimizer.use_ema and model.optimizer.weight_decay is None


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


# -- what the loop that both trainings share is given ------------------------------------------------------------------

EMBEDDINGS = np.ones((5, 2), np.float32)
WORDS = Vocabulary(("§", "12", "BGH"), EMBEDDINGS)


def handed_on(monkeypatch, embeddings: np.ndarray | None = EMBEDDINGS, vocabulary: Vocabulary = WORDS, **more: Any):
    """What `train_tagger` hands to the training loop."""
    monkeypatch.setattr(training, "training_loop", lambda *arguments, **options: (*arguments, options))
    settings, gold = config(epochs=2), [s.tags for s in VAL]
    corpora = {"train_data": encoded(TRAIN, vocabulary), "val_data": encoded(VAL, vocabulary)}
    corpora |= {name: more.pop(name) for name in list(more) if name in corpora}
    return train_tagger(
        network(settings, dimension=2), **corpora, val_tags=gold, tag_set=TAG_SET, config=settings, folder=Path("x"),
        embeddings=embeddings, **more,
    )  # fmt: skip


def test_word_vectors_and_data_make_it_another_training(monkeypatch) -> None:
    def identity(**changed: Any) -> str:
        return str(handed_on(monkeypatch, **changed)[4])

    others = [
        identity(embeddings=2 * EMBEDDINGS),
        identity(embeddings=None),
        identity(vocabulary=Vocabulary(WORDS.tokens[::-1], EMBEDDINGS)),
        identity(train_data=encoded(TRAIN[::-1], WORDS)),
        identity(val_data=encoded(VAL[::-1], WORDS)),
    ]
    assert len({identity(), identity(), *others}) == 1 + len(others)


def test_the_schedule_ends_with_the_last_step_and_lines_report_each_epoch(monkeypatch, capsys) -> None:
    monkeypatch.setattr(training, "_train_epoch", lambda *_, **__: 1.0)
    monkeypatch.setattr(training, "predict_ids", lambda *_: [np.array([1])] * len(VAL))
    for progress, lines in (("lines", 1), ("bar", 1), ("none", 0)):
        model, compile_anew, one_epoch, *_, options = handed_on(monkeypatch, progress=progress, resume=False)
        assert options == {"resume": False}
        compile_anew(model)
        assert one_epoch(model, 0).keys() == {"loss", "val_f1", "seconds"}
        assert capsys.readouterr().out.count("epoch 1/2  loss 1.0000  val_f1 0.0000") == lines
    rates = []
    for step in (30, 32):  # 80 sentences in batches of five, twice
        model.optimizer.iterations.assign(step)
        rates.append(float(model.optimizer.learning_rate))
    assert rates[0] > 1e-4 and rates[1] == pytest.approx(0, abs=1e-8)


# -- F1 ----------------------------------------------------------------------------------------------------------------

TAGGED = st.lists(st.lists(st.tuples(*[st.integers(0, 5)] * 2), min_size=1, max_size=6), max_size=4)


@given(TAGGED)
def test_quick_f1_is_that_of_the_report(ids: list[list[tuple[int, int]]]) -> None:
    gold, predicted = ([TAG_SET.decode(pair[side] for pair in s) for s in ids] for side in (0, 1))
    assert micro_f1(gold, predicted) == pytest.approx(entity_scores(gold, predicted).f1)
    assert micro_f1(gold, gold) == float(any(tag != "O" for s in gold for tag in s))


def test_quick_f1_by_hand() -> None:
    gold = [("B-GS", "I-GS", "O", "B-GRT"), ("B-GS",)]
    # One correct, one too short, one of another class: 2 * 1 / (3 + 3).
    assert micro_f1(gold, [("B-GS", "O", "O", "B-GS"), ("B-GS",)]) == pytest.approx(1 / 3)
    assert micro_f1([("O",)], [("O",)]) == 0
