"""spaCy's entity recogniser, configured by ``spacy init config --lang de --pipeline ner --optimize efficiency``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from spacy.cli.init_config import init_config
from spacy.schemas import ConfigSchemaTraining
from spacy.tokens import Doc
from spacy.training import Example, iob_to_biluo
from spacy.util import fix_random_seed, load_model_from_config, registry

from benchmarks.contenders.base import Contender, Setting, Tags, Tokens
from benchmarks.measure import Stopwatch
from legalner.data import Sentence

__all__ = ["SpacyNer", "make"]


class SpacyNer(Contender):
    """A convolutional network over hashed features and a transition parser; optimizer and batches as configured."""

    def prepare(self, sentences: list[Sentence]) -> None:
        """Make the examples and initialise the pipeline with them."""
        fix_random_seed(1)
        config = init_config(lang="de", pipeline=["ner"], optimize="efficiency", silent=True)
        self.nlp = load_model_from_config(config, auto_fill=True)
        training = self.nlp.config.interpolate()["training"]
        self.plan: dict[str, Any] = registry.resolve(training, schema=ConfigSchemaTraining)
        self.examples = [self._example(s) for s in sentences]
        self.nlp.initialize(lambda: self.examples, sgd=self.plan["optimizer"])

    def _example(self, sentence: Sentence) -> Example:
        doc = Doc(self.nlp.vocab, words=list(sentence.tokens))
        return Example.from_dict(doc, {"entities": iob_to_biluo(list(sentence.tags))})

    def train(self, watch: Stopwatch) -> None:
        """Update the pipeline batch by batch; batches grow as configured."""
        watch.start()
        while len(watch.steps) < self.setting.least_steps:
            for batch in self.plan["batcher"](self.examples):
                self.nlp.update(batch, sgd=self.plan["optimizer"], drop=self.plan["dropout"])
                watch.step(sum(len(example.reference) for example in batch))

    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Make a document of each sentence's tokens and pass them through the pipeline."""
        docs = (Doc(self.nlp.vocab, words=list(tokens)) for tokens in sentences)
        return [[f"{t.ent_iob_}-{t.ent_type_}" if t.ent_type_ else "O" for t in doc] for doc in self.nlp.pipe(docs)]


def make(setting: Setting) -> Contender:
    """Make the contender."""
    return SpacyNer(setting)
