"""Notebook kernels as child processes: what they inherit, and their memory."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from legalner.data.ler import SOURCE_VARIABLE
from legalner.notebook import HEADLESS

__all__ = ["peak_memory", "prepare_environment"]


def prepare_environment() -> None:
    """Set the environment variables that kernels inherit; they run in ``notebooks/``."""
    os.environ[HEADLESS] = "1"
    # A relative path would point elsewhere from there.
    for variable in (SOURCE_VARIABLE, "LEGALNER_CACHE"):
        if (value := os.environ.get(variable)) and "://" not in value:
            os.environ[variable] = str(Path(value).expanduser().resolve())


@contextmanager
def peak_memory() -> Iterator[list[float]]:
    """Measure the memory of this process's children while the block runs.

    Yields:
        A list of one number: the largest sum of their resident memory so far, in bytes.
    """
    peak = [0.0]
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(0.2):
            total = 0
            for child in psutil.Process().children(recursive=True):
                try:
                    total += child.memory_info().rss
                except psutil.Error:  # it has just ended
                    continue
            peak[0] = max(peak[0], total)

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield peak
    finally:
        stop.set()
        thread.join()
