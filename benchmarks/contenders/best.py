"""This package's `best`: whole sentences in batches of similar length, and features inside words, as in lesson 08."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import yaml

from benchmarks.contenders.base import Contender, Setting, Tags, Tokens, passes
from benchmarks.contenders.keras_steps import clocked_batches
from benchmarks.flops import training_flops
from benchmarks.measure import Stopwatch
from legalner.data import Sentence, TagSet
from legalner.improve import FeatureTables, TaggerConfig, build_network, encode_features, tag_sentences, train_tagger
from legalner.preprocess import batches_by_length

__all__ = ["Best", "load_config", "make"]


def load_config(path: Path) -> TaggerConfig:
    """Read the tagger's configuration, parameters.TAGGER, from a profile.

    Args:
        path: The profile's file.

    Raises:
        FileNotFoundError: The file does not exist.
        ValueError: TAGGER is missing, or has a field or value that is not valid.
    """
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: expected a profile whose parameters.TAGGER defines `best`")
    profile = yaml.safe_load(path.read_text(encoding="utf-8"))
    parameters = profile.get("parameters") if isinstance(profile, dict) else None
    tagger = parameters.get("TAGGER") if isinstance(parameters, dict) else None
    if not isinstance(tagger, dict):
        raise ValueError(f"{path}: parameters.TAGGER is missing; expected a mapping such as {{units: 128, layers: 1}}")
    known = [f.name for f in fields(TaggerConfig)]
    if unknown := sorted(set(tagger) - set(known)):
        raise ValueError(f"{path}: unknown TAGGER field {', '.join(unknown)}; expected some of {', '.join(known)}")
    return TaggerConfig(**tagger)


class Best(Contender):
    """:func:`legalner.improve.network.build_network`, :func:`legalner.improve.train.train_tagger`; no word vectors."""

    def prepare(self, sentences: list[Sentence]) -> None:
        """Collect the features, encode the sentences and build the network."""
        self.config = config = load_config(Path(self.setting.options["profile"]))
        self.tag_set = TagSet.from_sentences(sentences, config.scheme)
        self.tables = FeatureTables.from_sentences(sentences, config.features, config.min_count)
        self.train_data = encode_features(sentences, self.tables, self.tag_set)
        self.few = sentences[:32]
        dimension = len(config.features) * config.feature_dim
        self.flops_per_token = training_flops(
            dimension, config.units, len(self.tag_set), config.layers, config.conv_filters
        )
        self.network = build_network(config, self.tables.sizes, self.tag_set)

    def train(self, watch: Stopwatch) -> None:
        """Train as in lesson 08; val, which is not measured here, is one batch of sentences."""
        steps = len(batches_by_length(self.train_data.lengths.tolist(), self.config.max_padded_tokens))
        config = replace(self.config, epochs=passes(self.setting.least_steps, steps), keep="last", patience=None)
        few, gold = encode_features(self.few, self.tables, self.tag_set), [s.tags for s in self.few]
        folder = self.setting.folder
        with clocked_batches(self.network, watch, steps, self.setting.most_steps):
            train_tagger(
                self.network, self.train_data, few, gold, self.tag_set, config, folder, progress="none", resume=False
            )

    def predict(self, sentences: Sequence[Tokens]) -> Sequence[Tags]:
        """Tag whole sentences."""
        return tag_sentences(self.network, self.tables, self.tag_set, sentences)


def make(setting: Setting) -> Contender:
    """Make the contender."""
    return Best(setting)
