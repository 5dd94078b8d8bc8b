"""Start TensorFlow without the greetings that its C++ part writes past Python."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["held_back", "start_tensorflow"]


@contextmanager
def held_back(*spoken: type[Exception]) -> Iterator[None]:
    """Hold back what is written to this process's standard error; show it if the block raises.

    Args:
        spoken: Errors that say all by themselves, so that nothing else is shown with them.
    """
    sys.stderr.flush()
    saved = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException as error:
            sys.stderr.flush()
            if not isinstance(error, spoken):
                held.seek(0)
                os.write(saved, held.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


def start_tensorflow() -> None:
    """Import TensorFlow and let it look for devices, which is when it greets: once a process, and quietly."""
    with held_back():
        import tensorflow as tf

        tf.constant(0.0)  # the first tensor makes it start its devices
