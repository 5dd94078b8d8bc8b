"""The article's recipe, this package's models and their peers, side by side: ``python -m benchmarks --help``."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
