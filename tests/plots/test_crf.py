"""The figure of the lesson on the CRF shows the path and the probabilities."""

import numpy as np

from legalner.plots.crf import trellis


def test_trellis_draws_the_path_and_the_probabilities() -> None:
    (axes,) = trellis(np.array([[0.7, 0.3], [0.2, 0.8], [1.0, 0.0]]), [0, 1, 0], ["a", "b", "c"], ["O", "B"]).axes
    assert axes.lines[0].get_ydata().tolist() == [0, 1, 0]
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {
        (0, 0): "0.70", (0, 1): "0.30", (1, 0): "0.20", (1, 1): "0.80", (2, 0): "1.00", (2, 1): "0.00",
    }  # fmt: skip
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["O", "B"]
