"""Time of training steps and memory of this process. Imports nothing heavy."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Stopwatch", "peak_memory", "resident_memory"]


@dataclass
class Stopwatch:
    """Seconds and real tokens of each training step.

    Attributes:
        warm_up: Number of steps at the start that do not count: they include what happens only once, such as tracing a
            graph, filling caches and allocating memory.
        steps: Seconds and tokens of each step.
    """

    warm_up: int = 0
    steps: list[tuple[float, float]] = field(default_factory=list)
    _last: float = 0.0

    def start(self) -> None:
        """Begin the next step now; what happened since the last one does not count."""
        self._last = time.perf_counter()

    def step(self, tokens: float) -> None:
        """End a step that read this number of real tokens, and begin the next."""
        now = time.perf_counter()
        self.steps.append((now - self._last, tokens))
        self._last = now

    @property
    def rate(self) -> float:
        """Real tokens per second over the steps after the warm-up.

        Raises:
            ValueError: There are no such steps.
        """
        counted = self.steps[self.warm_up :]
        if not counted:
            raise ValueError(
                f"{len(self.steps)} training steps, of which {self.warm_up} are warm-up: too few sentences"
            )
        return sum(tokens for _, tokens in counted) / sum(seconds for seconds, _ in counted)


def resident_memory() -> int:
    """Return the bytes of this process that are in memory now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_memory() -> int:
    """Return the most bytes of this process that were in memory at any time.

    On Linux, ``getrusage`` is of no use: its figure starts at that of the parent process. The kernel's ``VmHWM`` is of
    this program alone.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    if sys.platform == "win32":
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024  # bytes there, kilobytes elsewhere
