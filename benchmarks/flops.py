"""Floating-point operations: what the networks need, by formula, and what this machine can do, by measurement."""

from __future__ import annotations

import time

__all__ = ["matmul_peak", "training_flops"]


def training_flops(dimension: int, units: int, tags: int, layers: int = 1, conv_filters: int = 0) -> int:
    """Compute the operations that training needs for one real token.

    In the forward pass, each direction of a layer multiplies the input (d numbers) and the state (u numbers) by the
    weights of four gates: 4u(d + u) multiplications and as many additions, so 2 · 2 · 4u(d + u) operations in both
    directions. The next layer reads both directions, so its d is 2u. A convolution with w filters over five tokens
    takes 2 · 5d · w, with the d of the first layer. The output layer reads the last layer and the convolution:
    2 · (2u + w) · tags. The backward pass costs twice as much as the forward pass, once for the gradients of the
    weights and once for those of the inputs, so the sum counts three times.

    The activations of the gates, a CRF and the optimizer are left out, since they are small; so is work on padding,
    since it is of no use. The gradient of word vectors is counted even if they are not trained.

    Args:
        dimension: Numbers that the first layer reads for each token.
        units: Width of the state in each direction.
        tags: Outputs for each token.
        layers: Number of stacked LSTM layers.
        conv_filters: Filters of a convolution over five tokens beside the LSTM; 0 for none.
    """
    forward = 2 * 5 * dimension * conv_filters
    for _ in range(layers):
        forward += 2 * 2 * 4 * units * (dimension + units)
        dimension = 2 * units
    return 3 * (forward + 2 * (dimension + conv_filters) * tags)


def matmul_peak(size: int = 3072, repeats: int = 15) -> dict[str, float | str]:
    """Multiply two square float32 matrices with TensorFlow several times; the fastest product is the machine's peak.

    Args:
        size: Rows and columns of the matrices.
        repeats: Number of products, after a warm-up.

    Returns:
        ``gflops`` of the fastest product, ``median_gflops``, the ``size`` and the ``device``.
    """
    import tensorflow as tf

    one, other = tf.random.normal((size, size), seed=1), tf.random.normal((size, size), seed=2)
    seconds = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        tf.matmul(one, other)[0, 0].numpy()  # reading a number waits for the product
        seconds.append(time.perf_counter() - start)
    seconds = sorted(seconds[2:])  # the first two are warm-up
    operations = 2 * size**3 / 1e9
    device = "GPU" if tf.config.list_physical_devices("GPU") else "CPU"
    return {
        "gflops": operations / seconds[0],
        "median_gflops": operations / seconds[len(seconds) // 2],
        "size": size,
        "device": device,
    }
