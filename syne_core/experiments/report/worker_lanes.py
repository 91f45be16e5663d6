"""Which worker each run of a trial held.

No file says it, and it does not matter: runs that do not overlap may share one. A run takes the free worker
with the smallest number, so there are no more workers than ran at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

__all__ = ["assign_workers"]

# Seconds: times are stored with six digits after the point.
_ROUNDING = 2e-6


def assign_workers(runs: Sequence[tuple[float, float]]) -> list[int]:
    """A worker, counted from 0, for each of ``runs``: start and end, in order of their starts."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []  # (until, worker)
    workers = []
    for start, end in runs:
        while busy and busy[0][0] <= start + _ROUNDING:
            heapq.heappush(free, heapq.heappop(busy)[1])
        worker = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (end, worker))
        workers.append(worker)
    return workers
