"""An LSTM layer with Keras's weights and Keras's arithmetic, in an order that keeps a CPU busier.

Keras's own layer multiplies inputs and recurrent state by their weights at every time step, and its automatic gradient
adds up one small outer product per step for the weights. Here

* the inputs of all time steps are multiplied by their weights in one large product before the loop;
* the recurrent weights are transposed once a batch instead of once a step of the backward pass;
* the gradient of the weights is one large product after the loop.

The equations are those of Hochreiter and Schmidhuber (1997) with the forget gate of Gers et al. (2000), in the form
and gate order (input, forget, candidate, output) of ``keras.layers.LSTM``; ``tests/test_lstm.py`` compares values and
gradients with that layer. Lesson 03 derives the forward step by hand.
"""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

__all__ = ["LSTM"]


def _gates(z: tf.Tensor) -> list[tf.Tensor]:
    """Split pre-activations ``(batch, 4 * units)`` and squash them into the gates i, f, g, o, ``(batch, units)``."""
    i, f, g, o = tf.split(z, 4, axis=-1)
    return [tf.sigmoid(i), tf.sigmoid(f), tf.tanh(g), tf.sigmoid(o)]


def _forward(
    projected: tf.Tensor, recurrent: tf.Tensor, mask: tf.Tensor, kept: tf.Tensor, units: int
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """Run the recurrence; all tensors are time-major.

    Args:
        projected: Inputs times their weights, plus bias, ``(time, batch, 4 * units)``.
        recurrent: Recurrent weights, ``(units, 4 * units)``.
        mask: 1.0 for a token, 0.0 for padding, ``(time, batch, 1)``.
        kept: Factor of each unit on its way to the next time step, ``(batch, units)``: ones, or dropout's.
        units: Width of the state.

    Returns:
        Hidden states and cell states, ``(time, batch, units)`` each, and activated gates, ``(time, batch, 4 * units)``.
    """
    steps, batch = tf.shape(projected)[0], tf.shape(projected)[1]
    zero = tf.zeros((batch, units), projected.dtype)

    def arrays(width: int) -> tf.TensorArray:
        return tf.TensorArray(projected.dtype, size=steps, element_shape=(None, width))

    def step(t: tf.Tensor, h: tf.Tensor, c: tf.Tensor, hs: Any, cs: Any, gates: Any) -> tuple:
        # The inputs' part was computed before the loop; the only product left in it is the state's:
        # (batch, units) @ (units, 4 * units).
        i, f, g, o = _gates(projected[t] + tf.matmul(h * kept, recurrent))  # (batch, units) each
        m = mask[t]  # (batch, 1)
        # Forget some of the cell, add some of the candidate; padding passes the state on unchanged.
        c = m * (f * c + i * g) + (1.0 - m) * c
        h = m * (o * tf.tanh(c)) + (1.0 - m) * h
        return t + 1, h, c, hs.write(t, h), cs.write(t, c), gates.write(t, tf.concat([i, f, g, o], axis=-1))

    start = (0, zero, zero, arrays(units), arrays(units), arrays(4 * units))
    _, _, _, hs, cs, gates = tf.while_loop(lambda t, *_: t < steps, step, start, parallel_iterations=1)
    return hs.stack(), cs.stack(), gates.stack()


def _backward(
    d_hs: tf.Tensor,
    hs: tf.Tensor,
    cs: tf.Tensor,
    gates: tf.Tensor,
    recurrent: tf.Tensor,
    mask: tf.Tensor,
    kept: tf.Tensor,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return the gradients of :func:`_forward` for ``projected`` and ``recurrent`` (backpropagation through time).

    ``d_hs`` is the gradient of the loss for the hidden states, ``(time, batch, units)``; the rest is what the forward
    pass took and gave.
    """
    steps, batch, units = tf.shape(hs)[0], tf.shape(hs)[1], hs.shape[-1]
    zero = tf.zeros((batch, units), hs.dtype)
    transposed = tf.transpose(recurrent)  # (4 * units, units), once for all steps
    c_before = tf.concat([zero[None], cs[:-1]], axis=0)  # (time, batch, units)

    def step(t: tf.Tensor, dh: tf.Tensor, dc: tf.Tensor, dzs: tf.TensorArray) -> tuple:
        # dh and dc come from the step after this one; the loss at this step adds its own share.
        i, f, g, o = tf.split(gates[t], 4, axis=-1)
        m = mask[t]
        squashed = tf.tanh(cs[t])
        dh = dh + d_hs[t]
        # Padding passed the state on unchanged, so it passes its gradient back unchanged.
        dh_new, dh_kept = m * dh, (1.0 - m) * dh
        # h = o * tanh(c): the cell gets its gradient from the step after it and through tanh.
        dc_new = m * dc + dh_new * o * (1.0 - squashed * squashed)
        # Through each gate's activation: sigmoid' = s (1 - s), tanh' = 1 - tanh².
        dz = tf.concat(
            [
                dc_new * g * i * (1.0 - i),
                dc_new * c_before[t] * f * (1.0 - f),
                dc_new * i * (1.0 - g * g),
                dh_new * squashed * o * (1.0 - o),
            ],
            axis=-1,
        )  # (batch, 4 * units)
        dh = tf.matmul(dz, transposed) * kept + dh_kept  # for the step before
        return t - 1, dh, dc_new * f + (1.0 - m) * dc, dzs.write(t, dz)

    dzs = tf.TensorArray(hs.dtype, size=steps, element_shape=(None, 4 * units))
    _, _, _, dzs = tf.while_loop(lambda t, *_: t >= 0, step, (steps - 1, zero, zero, dzs), parallel_iterations=1)
    dz = dzs.stack()  # (time, batch, 4 * units)
    # The weights' gradient sums an outer product over all steps and sentences, here as one matrix product:
    # (units, time * batch) @ (time * batch, 4 * units).
    h_before = tf.concat([zero[None], hs[:-1]], axis=0) * kept
    flat_h, flat_dz = tf.reshape(h_before, (-1, units)), tf.reshape(dz, (-1, 4 * units))
    return dz, tf.matmul(flat_h, flat_dz, transpose_a=True)


def _recurrence(projected: tf.Tensor, recurrent: tf.Tensor, mask: tf.Tensor, kept: tf.Tensor, units: int) -> tf.Tensor:
    """Return the hidden states ``(time, batch, units)``, with the gradient that is written out above."""

    @tf.custom_gradient
    def run(projected: tf.Tensor, recurrent: tf.Tensor) -> tuple[tf.Tensor, Any]:
        hs, cs, gates = _forward(projected, recurrent, mask, kept, units)
        return hs, lambda d_hs: _backward(d_hs, hs, cs, gates, recurrent, mask, kept)

    return run(projected, recurrent)


@keras.saving.register_keras_serializable("legalner")
class LSTM(keras.layers.LSTM):
    """``keras.layers.LSTM`` with the same arithmetic in a faster order (float32, CPU).

    Takes the arguments of ``keras.layers.LSTM``, has its weights, and gives its values up to rounding. What is not
    fused here (an initial or returned state, state between batches, dropout of inputs, a layer without bias, other
    activations, other backends) is left to Keras. ``recurrent_dropout`` is fused: one dropout mask per sentence, the
    same at all its time steps (Gal and Ghahramani 2016, arXiv 1512.05287).

    Call arguments:
        sequences: Inputs, ``(batch, time, features)``.
        mask: True for tokens, False for padding, ``(batch, time)``, or None.

    Returns:
        ``(batch, time, units)`` with ``return_sequences=True``, else the last state, ``(batch, units)``.
    """

    def _is_fused(self) -> bool:
        cell = self.cell
        plain = cell.activation is keras.activations.tanh and cell.recurrent_activation is keras.activations.sigmoid
        no_extras = not (cell.dropout or self.stateful or self.return_state)
        return plain and no_extras and cell.use_bias

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool = False) -> Any:
        if initial_state is not None or not self._is_fused() or keras.backend.backend() != "tensorflow":
            return super().call(sequences, initial_state=initial_state, mask=mask, training=training)
        cell = self.cell
        inputs = tf.transpose(tf.convert_to_tensor(sequences), (1, 0, 2))  # (time, batch, features)
        steps, batch = tf.shape(inputs)[0], tf.shape(inputs)[1]
        steps_mask = tf.ones((steps, batch, 1), inputs.dtype)
        if mask is not None:
            steps_mask = tf.cast(tf.transpose(mask)[:, :, None], inputs.dtype)  # (time, batch, 1)
        if self.go_backwards:
            inputs, steps_mask = tf.reverse(inputs, [0]), tf.reverse(steps_mask, [0])
        # All inputs meet their weights in one product: (time * batch, features) @ (features, 4 * units).
        flat = tf.reshape(inputs, (-1, sequences.shape[-1]))
        projected = tf.reshape(tf.matmul(flat, cell.kernel) + cell.bias, (steps, batch, 4 * self.units))
        kept = tf.ones((batch, self.units), inputs.dtype)
        if training and cell.recurrent_dropout:
            kept = keras.random.dropout(kept, cell.recurrent_dropout, seed=cell.seed_generator)
        hs = _recurrence(projected, tf.convert_to_tensor(cell.recurrent_kernel), steps_mask, kept, self.units)
        if not self.return_sequences:
            return hs[-1]
        # Keras's Bidirectional asks for zeros at padding; a layer on its own repeats its last state.
        return tf.transpose(hs * steps_mask if self.zero_output_for_mask else hs, (1, 0, 2))
