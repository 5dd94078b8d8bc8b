"""Clocks and scales: time by training step, and memory of this process. Imports nothing heavy."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Stopwatch", "peak_memory", "resident_memory"]


@dataclass
class Stopwatch:
    """Seconds and real tokens of each training step; the first ``warm_up`` steps are kept but do not count.

    They hold what happens once: tracing a graph, filling caches, growing memory.
    """

    warm_up: int = 0
    steps: list[tuple[float, float]] = field(default_factory=list)
    _last: float = 0.0

    def start(self) -> None:
        """Begin the next step now, whatever went on before."""
        self._last = time.perf_counter()

    def step(self, tokens: float) -> None:
        """End a step that read so many real tokens, and begin the next."""
        now = time.perf_counter()
        self.steps.append((now - self._last, tokens))
        self._last = now

    @property
    def rate(self) -> float:
        """Real tokens per second, over the steps behind the warm-up.

        Raises:
            ValueError: There is no such step.
        """
        counted = self.steps[self.warm_up :]
        if not counted:
            raise ValueError(
                f"{len(self.steps)} training steps, and {self.warm_up} of them are warm-up: too few sentences"
            )
        return sum(tokens for _, tokens in counted) / sum(seconds for seconds, _ in counted)


def resident_memory() -> int:
    """Bytes of this process that are in memory now."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def peak_memory() -> int:
    """The most bytes of this process that were ever in memory at once.

    On Linux ``getrusage`` will not do: its figure starts at that of the process that started this one. The kernel's
    ``VmHWM`` is of this program alone.
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
