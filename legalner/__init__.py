"""Named entity recognition with a bi-directional LSTM, built by hand in Keras, on German court decisions."""

import os

# TensorFlow starts with messages about the processor and missing GPUs, some of them called errors although nothing is
# wrong. Failures are raised as Python exceptions; set the variable to 0 to see every message. The kernels of a headless
# run inherit it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
