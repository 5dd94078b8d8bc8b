"""Speed and memory of the article's way, this package's taggers and their peers: ``python -m benchmarks --help``."""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
