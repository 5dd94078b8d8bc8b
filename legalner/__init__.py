"""Named entity recognition with a bi-directional LSTM, built by hand in Keras, on German court decisions."""

import os

# TensorFlow greets every process with lines about the processor and missing GPUs; errors are still shown.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
