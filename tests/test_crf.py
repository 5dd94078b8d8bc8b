"""The CRF against a sum over all paths, against differences of its own loss, and through a saved file."""

import itertools
import json
import subprocess
import sys
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


def score(crf: CRF, emissions: np.ndarray, path: tuple[int, ...]) -> float:
    """The formula at the head of the module, by hand, in float64."""
    transitions, start, end = (np.asarray(w, np.float64) for w in (crf.transitions, crf.start, crf.end))
    if not crf.allowed_first[path[0]] or not all(crf.allowed[a, b] for a, b in itertools.pairwise(path)):
        return -np.inf
    steps = sum(transitions[a, b] for a, b in itertools.pairwise(path))
    return start[path[0]] + end[path[-1]] + steps + sum(float(emissions[t, tag]) for t, tag in enumerate(path))


def all_paths(crf: CRF, emissions: np.ndarray) -> dict[tuple[int, ...], float]:
    """Probability of every path of one sentence."""
    time, tags = emissions.shape
    scores = {path: score(crf, emissions, path) for path in itertools.product(range(tags), repeat=time)}
    top = max(scores.values())
    total = sum(np.exp(s - top) for s in scores.values())
    return {path: float(np.exp(s - top) / total) for path, s in scores.items()}


def padded(emissions: list[np.ndarray], noise: float = 9.0) -> tuple[np.ndarray, np.ndarray]:
    """A batch, with noise where there is padding: it must change nothing."""
    longest = max(len(e) for e in emissions)
    batch = noise * RNG.normal(size=(len(emissions), longest, emissions[0].shape[1]))
    for row, e in zip(batch, emissions, strict=True):
        row[: len(e)] = e
    real = np.arange(longest) < np.array([len(e) for e in emissions])[:, None]
    return batch.astype(np.float32), real


@pytest.mark.parametrize(("tags", "constrained", "scale"), [(2, False, 1), (3, False, 4), (6, True, 1), (6, True, 5)])
def test_against_every_path(tags: int, constrained: bool, scale: float):
    crf = make_crf(tags, constrained=constrained, scale=scale)
    sentences = [scale * RNG.normal(size=(length, tags)) for length in (1, 4, 2, 5, 1, 3)]
    emissions, real = padded(sentences)
    best, marginals = np.asarray(crf.decode(emissions, real)), np.asarray(crf.marginals(emissions, real))
    for i, sentence in enumerate(sentences):
        time = len(sentence)
        paths = all_paths(crf, emissions[i, :time])
        assert tuple(best[i, :time]) == max(paths, key=paths.get)
        assert not best[i, time:].any() and not marginals[i, time:].any()
        expected = np.zeros((time, tags))
        for path, probability in paths.items():
            expected[np.arange(time), path] += probability
        np.testing.assert_allclose(marginals[i, :time], expected, atol=2e-5)
        likely = sorted((p for p in paths if paths[p]), key=paths.get)[-20:]
        given_tags = np.zeros((len(likely), emissions.shape[1]), np.int32)
        given_tags[:, :time] = likely
        repeated = np.repeat(emissions[i : i + 1], len(likely), 0), np.repeat(real[i : i + 1], len(likely), 0)
        found = crf.log_likelihood(repeated[0], given_tags, repeated[1])
        np.testing.assert_allclose(found, [np.log(paths[p]) for p in likely], rtol=1e-4, atol=1e-4)


@examples(30)
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
    emissions, real = padded([RNG.normal(size=(n, 6)) for n in (1, 4, 3)])
    tags = np.array([[2, 0, 0, 0], [1, 2, 3, 3], [4, 5, 2, 0]], np.int32)

    def loss(e: np.ndarray) -> tf.Tensor:
        return tf.reduce_sum(crf.log_likelihood(tf.convert_to_tensor(e), tags, real))

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
    rows = keras.Input((None, 1), dtype="int32")
    x = keras.layers.Embedding(9, 4)(rows[..., 0])
    emissions = keras.layers.Dense(len(NAMES))(x)
    return Tagger(rows, CRF(*allowed_transitions(NAMES), learned=learned)(emissions))


def alternating(count: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Every token is the same, so only the tag before tells the next one: B-GS, I-GS, B-GS, …; lengths differ."""
    lengths = np.random.default_rng(0).integers(1, 7, count)
    real = np.arange(6) < lengths[:, None]
    tags = np.where(real, np.where(np.arange(6) % 2, 3, 2), 0).astype(np.int32)
    return real.astype(np.int32)[..., None], tags


def test_learns_what_only_transitions_can_tell():
    x, y = alternating()
    for learned, expected in ((True, 1.0), (False, 0.75)):
        model = small_tagger(learned=learned)
        model.compile(keras.optimizers.Adam(0.1))
        losses = model.fit(x, y, epochs=25, verbose=0).history["loss"]
        assert losses[-1] < losses[0]
        predicted = model.predict(x, verbose=0)
        right = float((predicted == y)[y > 0].mean())
        assert (right == 1.0) if learned else right < expected
        assert not predicted[y == 0].any()


def test_saved_loaded_elsewhere_and_trained_on_gives_the_same_numbers(tmp_path: Path):
    x, y = alternating()
    model = small_tagger()
    model.compile(keras.optimizers.Adam(0.05))
    model.fit(x, y, epochs=2, shuffle=False, verbose=0)
    model.save(tmp_path / "model.keras")
    np.savez(tmp_path / "data.npz", x=x, y=y)
    script = f"""
import json, keras, numpy as np, legalner.crf
data = np.load({str(tmp_path / "data.npz")!r})
model = keras.models.load_model({str(tmp_path / "model.keras")!r})
before = model.predict(data["x"], verbose=0).tolist()
losses = model.fit(data["x"], data["y"], epochs=2, shuffle=False, verbose=0).history["loss"]
print(json.dumps([before, losses, model.predict(data["x"], verbose=0).tolist()]))
"""
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    before, losses, after = json.loads(out.splitlines()[-1])
    assert before == model.predict(x, verbose=0).tolist()
    np.testing.assert_allclose(losses, model.fit(x, y, epochs=2, shuffle=False, verbose=0).history["loss"], rtol=1e-6)
    assert after == model.predict(x, verbose=0).tolist()


def test_emissions_for_other_tags_are_refused():
    with pytest.raises(ValueError, match="over 6 tags cannot take emissions for 5"):
        CRF(*allowed_transitions(NAMES))(np.zeros((1, 2, 5), np.float32))


def test_the_probability_of_an_entity_is_the_sum_over_the_paths_that_hold_it():
    crf = make_crf(len(NAMES), constrained=True, scale=1.5)
    sentences = [RNG.normal(size=(length, len(NAMES))).astype(np.float32) * 2 for length in (1, 2, 5, 4)]
    emissions, real = padded(sentences)
    paths = [{path: p for path, p in all_paths(crf, e).items() if p > 0} for e in sentences]
    for tried in range(6):
        taken = [sorted(p, key=p.get)[-1 - tried % len(p)] for p in paths]
        tags = np.zeros(real.shape, np.int32)
        for row, path in zip(tags, taken, strict=True):
            row[: len(path)] = path
        first, continues = (np.asarray(x) for x in crf.span_marginals(emissions, tags, real))
        assert not first[~real].any() and not continues[~real].any()
        for n, (path, probabilities) in enumerate(zip(taken, paths, strict=True)):
            for span in spans([NAMES[tag] for tag in path]):
                holding = [p for q, p in probabilities.items() if span in spans([NAMES[tag] for tag in q])]
                found = first[n, span.start] * continues[n, span.start : span.end - 1].prod()
                assert found * (1 - continues[n, span.end - 1]) == pytest.approx(sum(holding), abs=1e-5)


def test_a_certain_tagger_gives_the_same_tags():
    rows = keras.Input((None, 1), dtype="int32")
    vectors = keras.layers.Embedding(9, len(NAMES))(rows[..., 0])
    network = Tagger(rows, CRF(*allowed_transitions(NAMES))(vectors))
    x = np.array([[[3], [4], [5]], [[7], [0], [0]]], np.int32)
    tags, first, continues = MarginalTagger(network.input, network.output).predict_on_batch(x)
    assert np.array_equal(tags, network.predict_on_batch(x))
    assert first.shape == continues.shape == (2, 3) and (first[tags > 0] > 0).all()
