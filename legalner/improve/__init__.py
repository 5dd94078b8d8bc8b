"""Lesson 08: what the network reads, how it is built and trained, and the folder that a trained tagger is kept in."""

from legalner.improve.encode import (
    Batch,
    EncodedCorpus,
    FeatureTables,
    encode_features,
    length_sorted_batches,
    shuffled_batches,
)
from legalner.improve.network import (
    FeatureEmbedding,
    FocalLoss,
    TaggerConfig,
    build_network,
    predict,
    predict_ids,
    tag_sentences,
)
from legalner.improve.train import compile_tagger, micro_f1, train_tagger
from legalner.improve.trained import ModelFolderError, TrainedTagger

__all__ = [
    "Batch",
    "EncodedCorpus",
    "FeatureEmbedding",
    "FeatureTables",
    "FocalLoss",
    "ModelFolderError",
    "TaggerConfig",
    "TrainedTagger",
    "build_network",
    "compile_tagger",
    "encode_features",
    "length_sorted_batches",
    "micro_f1",
    "predict",
    "predict_ids",
    "shuffled_batches",
    "tag_sentences",
    "train_tagger",
]
