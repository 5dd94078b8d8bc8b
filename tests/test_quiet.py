"""TensorFlow starts without a word, and an error is still heard."""

import os
import subprocess
import sys

START = """
import os, sys
from legalner.notebook import suppress_stderr, start_tensorflow
start_tensorflow()
import tensorflow as tf
tf.function(tf.transpose)(tf.constant([[True], [False]]))  # worth a remark where there is no AVX-512
print("after", file=sys.stderr)
os.write(2, b"and below Python\\n")
"""

ERROR = """
import os
from legalner.notebook import suppress_stderr
class Spoken(Exception): pass
for error in (Spoken, ValueError):
    try:
        with suppress_stderr(Spoken):
            os.write(2, f"before {error.__name__}\\n".encode())
            raise error
    except error:
        pass
"""


def stderr_of(script: str) -> str:
    environment = {k: v for k, v in os.environ.items() if k != "TF_CPP_MIN_LOG_LEVEL"}
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    return ended.stderr


def test_tensorflow_starts_without_a_word_and_what_comes_after_is_heard() -> None:
    assert stderr_of(START) == "after\nand below Python\n"


def test_what_was_held_back_is_shown_with_an_error_that_does_not_speak_for_itself() -> None:
    assert stderr_of(ERROR) == "before ValueError\n"
