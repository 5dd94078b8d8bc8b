"""Named entity recognition with a bi-directional LSTM, built by hand in Keras, on German court decisions."""

import os

# TensorFlow greets every process with lines about the processor and missing GPUs, and calls it an error when one lacks
# instructions that it does well without. What stops a computation is a Python error; set 0 to hear it all. The kernels
# of a headless run inherit this.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
