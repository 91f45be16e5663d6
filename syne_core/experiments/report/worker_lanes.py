"""Which worker each run of a trial held, and how busy the workers were.

No file says which worker a run had, and it does not matter: runs that do not overlap may share one. A
run takes the free worker with the smallest number, so there are no more workers than ran at once.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from syne_core.experiments.report.trial_history import TrialRun

__all__ = ["assign_workers", "utilisation"]

# Seconds: times are stored with six digits after the point.
_ROUNDING = 2e-6


def assign_workers(runs: Sequence[TrialRun]) -> list[int]:
    """A worker, counted from 0, for each of ``runs``, which are in order of their starts."""
    free: list[int] = []
    busy: list[tuple[float, int]] = []  # (until, worker)
    workers = []
    for run in runs:
        while busy and busy[0][0] <= run.start + _ROUNDING:
            heapq.heappush(free, heapq.heappop(busy)[1])
        worker = heapq.heappop(free) if free else len(busy)
        heapq.heappush(busy, (run.end, worker))
        workers.append(worker)
    return workers


def utilisation(busy: float, elapsed: float, n_workers: int | None) -> float | None:
    """Share of the workers' time in which they held a trial; None if that is not known.

    :param busy: seconds that workers were held, summed over workers
    :param elapsed: seconds of the experiment
    """
    if not n_workers or elapsed <= 0:
        return None
    return min(1.0, busy / (n_workers * elapsed))
