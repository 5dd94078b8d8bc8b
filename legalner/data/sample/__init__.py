"""The synthetic corpus: generated from a seed, so that every lesson runs offline in minutes."""

from legalner.data.sample.generate import COURTS, SEED, SIZES, generate, write

__all__ = ["COURTS", "SEED", "SIZES", "generate", "write"]
