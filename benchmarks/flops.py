"""Floating-point operations of the LSTM networks, by formula, and of this machine, by multiplying matrices."""

from __future__ import annotations

import time

__all__ = ["matmul_peak", "training_flops"]


def training_flops(dimension: int, units: int, tags: int, layers: int = 1, conv_filters: int = 0) -> int:
    """Operations that training needs for one real token.

    Forward, a layer's two directions each multiply the input (d) and the state (u) by the weights of four gates: that
    is 4u(d + u) multiplications and as many additions, 2 · 2 · 4u(d + u) operations in all. The layer above reads both
    directions, so its d is 2u. A convolution with w filters over five tokens takes 2 · 5d · w, with the first layer's
    d. The output layer reads the last layer and the convolution: 2 · (2u + w) · tags. Backward costs twice the forward
    pass: once for the gradients of the weights, once for those of the inputs. So the sum counts three times.

    What is left out is small: the gates' squashing, a CRF, the optimizer. Work on padding is done but not counted,
    since it is of no use; and where vectors are not trained, their gradient is counted though nobody needs it.

    Args:
        dimension: Numbers that the first layer reads of a token.
        units: Width of the state in each direction.
        tags: Outputs at each token.
        layers: Layers of LSTMs, one over the other.
        conv_filters: Units of a convolution over five tokens beside them; 0 for none.
    """
    forward = 2 * 5 * dimension * conv_filters
    for _ in range(layers):
        forward += 2 * 2 * 4 * units * (dimension + units)
        dimension = 2 * units
    return 3 * (forward + 2 * (dimension + conv_filters) * tags)


def matmul_peak(size: int = 3072, repeats: int = 15) -> dict[str, float | str]:
    """Multiply two large squares of float32 with TensorFlow, some times over; the quickest is the machine's peak.

    Returns:
        ``gflops`` of the quickest and ``median_gflops``, the ``size`` and the ``device``.
    """
    import tensorflow as tf

    one, other = tf.random.normal((size, size), seed=1), tf.random.normal((size, size), seed=2)
    seconds = []
    for _ in range(repeats + 2):
        start = time.perf_counter()
        tf.matmul(one, other)[0, 0].numpy()  # reading a number of it waits for the product
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
