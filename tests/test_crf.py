"""The CRF against a sum over all paths, against differences of its own loss, and through a saved file."""

import itertools
from pathlib import Path

import keras
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from legalner.crf import CRF, MarginalTagger, Tagger, allowed_transitions
from legalner.data import spans
from tests.conftest import examples

NAMES = ("_", "O", "B-GS", "I-GS", "B-RS", "I-RS")
RNG = np.random.default_rng(3)


def make_crf(tags: int, *, seed: int = 0, constrained: bool = False, scale: float = 1.0) -> CRF:
    allowed, first = np.ones((tags, tags), bool), np.ones(tags, bool)
    if constrained:
        allowed, first = allowed_transitions(NAMES)
    crf = CRF(allowed, first)
    crf.build((None, None, tags))
    rng = np.random.default_rng(seed)
    crf.set_weights([scale * rng.normal(size=w.shape).astype(np.float32) for w in crf.weights])
    return crf


def all_paths(crf: CRF, emissions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Every path that one sentence can take, ``(paths, time)``, and its probability, most probable first.

    The formula at the head of the module, by hand, in float64.
    """
    transitions, start, end = (np.asarray(w, np.float64) for w in (crf.transitions, crf.start, crf.end))
    transitions = np.where(crf.allowed, transitions, -np.inf)
    start = np.where(crf.allowed_first, start, -np.inf)
    time, tags = emissions.shape
    paths = np.array(list(itertools.product(range(tags), repeat=time)))
    scores = start[paths[:, 0]] + end[paths[:, -1]] + emissions[np.arange(time), paths].sum(axis=1, dtype=np.float64)
    for t in range(1, time):
        scores += transitions[paths[:, t - 1], paths[:, t]]
    probabilities = np.exp(scores - scores.max())
    order = np.argsort(-probabilities)[: (scores > -np.inf).sum()]
    return paths[order], probabilities[order] / probabilities.sum()


def padded(emissions: list[np.ndarray], noise: float = 9.0) -> tuple[np.ndarray, np.ndarray]:
    """A batch, with noise where there is padding: it must change nothing."""
    longest = max(len(e) for e in emissions)
    batch = noise * RNG.normal(size=(len(emissions), longest, emissions[0].shape[1]))
    for row, e in zip(batch, emissions, strict=True):
        row[: len(e)] = e
    mask = np.arange(longest) < np.array([len(e) for e in emissions])[:, None]
    return batch.astype(np.float32), mask


@pytest.mark.parametrize(("tags", "constrained", "scale"), [(2, False, 1), (3, False, 4), (6, True, 1), (6, True, 5)])
def test_against_every_path(tags: int, constrained: bool, scale: float):
    crf = make_crf(tags, constrained=constrained, scale=scale)
    sentences = [scale * RNG.normal(size=(length, tags)) for length in (1, 4, 2, 5, 1, 3)]
    emissions, mask = padded(sentences)
    best, marginals = np.asarray(crf.decode(emissions, mask)), np.asarray(crf.marginals(emissions, mask))
    for i, sentence in enumerate(sentences):
        time = len(sentence)
        paths, probabilities = all_paths(crf, emissions[i, :time])
        assert best[i, :time].tolist() == paths[0].tolist()
        assert not best[i, time:].any() and not marginals[i, time:].any()
        expected = [[probabilities[paths[:, t] == tag].sum() for tag in range(tags)] for t in range(time)]
        np.testing.assert_allclose(marginals[i, :time], expected, atol=2e-5)
        likely = np.pad(paths[:20], ((0, 0), (0, emissions.shape[1] - time))).astype(np.int32)
        same = [np.repeat(x[i : i + 1], len(likely), axis=0) for x in (emissions, mask)]
        found = crf.log_likelihood(same[0], likely, same[1])
        np.testing.assert_allclose(found, np.log(probabilities[:20]), rtol=1e-4, atol=1e-4)


@examples(20)
@given(st.integers(1, 4), st.integers(2, 4), st.integers(0, 2**31), st.sampled_from([0.1, 1.0, 10.0]))
def test_probabilities_of_all_paths_sum_to_one(time: int, tags: int, seed: int, scale: float):
    crf = make_crf(tags, seed=seed)
    paths = np.array(list(itertools.product(range(tags), repeat=time)), np.int32)
    one = scale * np.random.default_rng(seed).normal(size=(1, time, tags)).astype(np.float32)
    logs = crf.log_likelihood(np.repeat(one, len(paths), 0), paths, np.ones(paths.shape, bool))
    assert np.exp(np.asarray(logs, np.float64)).sum() == pytest.approx(1, abs=1e-3)


def test_forbidden_transitions_have_no_path():
    allowed, first = allowed_transitions(NAMES)
    may = {(a, b) for i, a in enumerate(NAMES) for j, b in enumerate(NAMES) if allowed[i, j]}
    assert ("B-GS", "I-GS") in may and ("I-GS", "I-GS") in may and ("I-GS", "B-GS") in may and ("O", "B-RS") in may
    assert not may & {("O", "I-GS"), ("B-RS", "I-GS"), ("I-RS", "I-GS"), ("_", "O"), ("O", "_"), ("_", "_")}
    assert [n for n, f in zip(NAMES, first, strict=True) if f] == ["O", "B-GS", "B-RS"]
    # Emissions that shout for the forbidden: I-GS first, I-RS after B-GS, and padding's tag in between.
    crf = make_crf(6, constrained=True)
    emissions = np.zeros((1, 3, 6), np.float32)
    emissions[0, [0, 1, 2], [3, 5, 0]] = 60
    best = [NAMES[i] for i in np.asarray(crf.decode(emissions, np.ones((1, 3), bool)))[0]]
    assert all(allowed[NAMES.index(a), NAMES.index(b)] for a, b in itertools.pairwise(best))
    forbidden = np.array([[1, 3, 1]], np.int32)
    assert crf.log_likelihood(emissions, forbidden, np.ones((1, 3), bool)).numpy()[0] == -np.inf


def test_classes_without_b_and_i_follow_each_other_freely():
    allowed, first = allowed_transitions(("_", "O", "GS", "RS"))
    assert allowed[1:, 1:].all() and first[1:].all() and not allowed[0].any() and not allowed[:, 0].any()


def test_gradient_agrees_with_differences_of_the_loss():
    import tensorflow as tf

    crf = make_crf(6, constrained=True)
    emissions, mask = padded([RNG.normal(size=(n, 6)) for n in (1, 4, 3)])
    tags = np.array([[2, 0, 0, 0], [1, 2, 3, 3], [4, 5, 2, 0]], np.int32)

    def loss(e: np.ndarray) -> tf.Tensor:
        return tf.reduce_sum(crf.log_likelihood(tf.convert_to_tensor(e), tags, mask))

    with tf.GradientTape() as tape:
        value = tf.convert_to_tensor(emissions)
        tape.watch(value)
        total = loss(value)
    slopes, by_transition = tape.gradient(total, [value, crf.transitions.value])
    for i, t, k in [(0, 0, 2), (0, 0, 3), (1, 0, 1), (1, 2, 3), (1, 3, 5), (2, 1, 0), (2, 2, 2), (0, 2, 1), (2, 3, 4)]:
        step = np.zeros_like(emissions)
        step[i, t, k] = 0.01
        expected = (float(loss(emissions + step)) - float(loss(emissions - step))) / 0.02
        assert float(slopes[i, t, k]) == pytest.approx(expected, abs=2e-3)
    assert np.isfinite(by_transition).all() and not np.asarray(by_transition)[~crf.allowed].any()
    for a, b in [(1, 2), (2, 3), (4, 5), (5, 2)]:
        weights = crf.transitions.numpy()
        sides = []
        for sign in (1, -1):
            moved = weights.copy()
            moved[a, b] += sign * 0.01
            crf.transitions.assign(moved)
            sides.append(float(loss(emissions)))
        crf.transitions.assign(weights)
        assert float(by_transition[a, b]) == pytest.approx((sides[0] - sides[1]) / 0.02, abs=2e-3)


def small_tagger(*, learned: bool = True) -> Tagger:
    keras.utils.set_random_seed(1)
    ids = keras.Input((None, 1), dtype="int32")
    x = keras.layers.Embedding(9, 4)(ids[..., 0])
    emissions = keras.layers.Dense(len(NAMES))(x)
    return Tagger(ids, CRF(*allowed_transitions(NAMES), learned=learned)(emissions))


def test_learns_what_only_transitions_can_tell():
    """Every token is the same, so only the tag before tells the next one: B-GS, I-GS, B-GS, …; lengths differ."""
    mask = np.arange(6) < np.random.default_rng(0).integers(1, 7, 32)[:, None]
    x, y = mask.astype(np.int32)[..., None], np.where(mask, np.where(np.arange(6) % 2, 3, 2), 0).astype(np.int32)
    for learned in (True, False):
        model = small_tagger(learned=learned)
        model.compile(keras.optimizers.Adam(0.1))
        losses = model.fit(x, y, epochs=40, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
        predicted = model.predict(x, verbose=0)
        accuracy = float((predicted == y)[y > 0].mean())
        assert accuracy == 1.0 if learned else accuracy < 0.75
        assert not predicted[y == 0].any()


@pytest.mark.parametrize("learned", [True, False])
def test_saved_and_loaded_it_gives_the_same_numbers(learned: bool, tmp_path: Path):
    model, x = small_tagger(learned=learned), np.array([[[3], [4], [5]], [[7], [0], [0]]], np.int32)
    model.crf.set_weights([RNG.normal(size=w.shape) for w in model.crf.get_weights()])
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    assert isinstance(again, Tagger) and again.crf.learned == learned
    mask = model.mask(x)
    for name in ("decode", "marginals", "log_normalizer"):
        mine, its = (getattr(one.crf, name)(one(x), mask) for one in (again, model))
        np.testing.assert_array_equal(mine, its)


def test_emissions_for_other_tags_are_refused():
    with pytest.raises(ValueError, match="a CRF over 6 tags must get emissions for as many, received 5"):
        CRF(*allowed_transitions(NAMES))(np.zeros((1, 2, 5), np.float32))


def test_the_probability_of_an_entity_is_the_sum_over_the_paths_that_hold_it():
    crf = make_crf(len(NAMES), constrained=True, scale=1.5)
    sentences = [RNG.normal(size=(length, len(NAMES))).astype(np.float32) * 2 for length in (1, 2, 5, 4)]
    emissions, mask = padded(sentences)
    paths = [all_paths(crf, sentence) for sentence in sentences]
    entities = [[spans([NAMES[tag] for tag in path]) for path in taken] for taken, _ in paths]
    for tried in range(6):
        tags = np.zeros(mask.shape, np.int32)
        for n, (taken, _) in enumerate(paths):
            tags[n, : len(sentences[n])] = taken[tried % len(taken)]
        first, continues = (np.asarray(x) for x in crf.span_marginals(emissions, tags, mask))
        assert not first[~mask].any() and not continues[~mask].any()
        for n, (taken, probabilities) in enumerate(paths):
            for span in entities[n][tried % len(taken)]:
                expected = sum(p for found, p in zip(entities[n], probabilities, strict=True) if span in found)
                found = first[n, span.start] * continues[n, span.start : span.end - 1].prod()
                assert found * (1 - continues[n, span.end - 1]) == pytest.approx(expected, abs=1e-5)


def test_a_marginal_tagger_gives_the_same_tags():
    network, x = small_tagger(), np.array([[[3], [4], [5]], [[7], [0], [0]]], np.int32)
    tags, first, continues = MarginalTagger(network.input, network.output).predict_on_batch(x)
    assert np.array_equal(tags, network.predict_on_batch(x))
    assert first.shape == continues.shape == (2, 3) and (first[tags > 0] > 0).all()
