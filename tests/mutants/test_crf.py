"""Faults planted in the CRF, one at a time: the tests of tests/test_crf.py must see each of them."""

import types
from collections.abc import Callable, Iterator
from pathlib import Path

import keras
import pytest

import legalner.crf
from tests import test_crf

pytestmark = pytest.mark.mutants
SOURCE = Path(legalner.crf.__file__).read_text("utf-8")


def against_every_path() -> None:
    for scale in (0.5, 1.0, 2.0, 4.0):  # with few tags, which is quick
        test_crf.test_against_every_path(3, False, scale)


rules = test_crf.test_forbidden_transitions_have_no_path
gradient = test_crf.test_gradient_agrees_with_differences_of_the_loss
entities = test_crf.test_the_probability_of_an_entity_is_the_sum_over_the_paths_that_hold_it
learning = test_crf.test_learns_what_only_transitions_can_tell

# What is wrong, the code, what stands in its place, and the test that sees it.
FAULTS: list[tuple[str, str, str, Callable[[], None]]] = [
    ("no B- or O may follow", "(continues | ~inside)", "continues", rules),
    ("I- of another class may follow", "name[2:] == before[2:] and ", "", rules),
    ("tokens may follow padding", "& tag & tag[:, None]", "& tag", rules),
    ("a sentence may begin with I-", ", tag & ~inside", ", tag", rules),
    ("start scores are left out", "within + ops.take(start, tags[:, 0])", "within", against_every_path),
    ("end scores are left out of a path", " + ops.take(self.end, last_tag)", "", against_every_path),
    ("end scores are left out of the sum", "[-1] + self.end, axis=-1)", "[-1], axis=-1)", against_every_path),
    ("padding is scored", "ops.where(mask, chosen, 0.0)", "chosen", against_every_path),
    (
        "the last tag is a fixed one",
        "ops.take_along_axis(tags, last[:, None], axis=1)[:, 0]",
        "tags[:, -1]",
        against_every_path,
    ),
    ("padding is summed", "after = ops.where(is_token, after, before)", "", against_every_path),
    (
        "transitions the wrong way round",
        "weights = ops.exp(transitions)",
        "weights = ops.exp(ops.transpose(transitions))",
        against_every_path,
    ),
    ("the largest term is not added back", " + top + emission", " + emission", against_every_path),
    (
        "tags after a sentence's end",
        "return ops.where(mask, ops.transpose(tags), 0)",
        "return ops.transpose(tags)",
        against_every_path,
    ),
    (
        "the best over the wrong tag",
        "transitions, axis=1) + now",
        "transitions, axis=2) + now",
        against_every_path,
    ),
    (
        "back along the wrong way",
        "ops.take(ops.transpose(transitions), following",
        "ops.take(transitions, following",
        against_every_path,
    ),
    (
        "the last token chosen without its end score",
        "ops.where(token_follows, towards, self.end)",
        "ops.where(token_follows, towards, 0.0)",
        against_every_path,
    ),
    ("what follows is summed without its emission", "rest = after + emission", "rest = after", against_every_path),
    (
        "what follows the end",
        "before = ops.where(token_follows, before, ops.convert_to_tensor(self.end))",
        "",
        against_every_path,
    ),
    ("a gradient of NaN", "ops.log(ops.where(positive, weights, 1.0))", "ops.log(weights)", gradient),
    ("what may begin a sentence counts as inside", " & ~self.allowed_first", "", entities),
    ("an entity continues after the end", "inside & _shift(mask)[..., None]", "inside", entities),
    ("transitions are never learned", "trainable=self.learned", "trainable=False", learning),
    ("transitions are always learned", "trainable=self.learned", "trainable=True", learning),
    ("the loss has the wrong sign", "return -ops.sum(likelihood)", "return ops.sum(likelihood)", learning),
]


@pytest.fixture
def plant(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str, str], None]]:
    """Give test_crf.py a CRF with a fault; afterwards Keras knows the right one again."""

    def planted(old: str, new: str) -> None:
        assert SOURCE.count(old) >= 1, "the code has changed; let the fault follow it"
        module = types.ModuleType("legalner_crf_with_a_fault")
        exec(compile(SOURCE.replace(old, new), "crf.py with a fault", "exec"), module.__dict__)
        for name in ("CRF", "MarginalTagger", "Tagger", "allowed_transitions"):
            monkeypatch.setattr(test_crf, name, getattr(module, name))

    yield planted
    for right in (legalner.crf.CRF, legalner.crf.Tagger, legalner.crf.MarginalTagger):
        keras.saving.register_keras_serializable("legalner")(right)


@pytest.mark.parametrize(("old", "new", "test"), [f[1:] for f in FAULTS], ids=[f[0] for f in FAULTS])
def test_a_fault_is_seen(plant: Callable[[str, str], None], old: str, new: str, test: Callable[[], None]) -> None:
    plant(old, new)
    with pytest.raises((AssertionError, ValueError)):
        test()
