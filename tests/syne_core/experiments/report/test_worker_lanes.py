"""Workers for runs of trials."""

from __future__ import annotations

import random
from itertools import pairwise

from syne_core.experiments.report.worker_lanes import assign_workers


def test_no_two_runs_share_a_worker_at_a_time_and_no_more_are_used_than_ran_at_once() -> None:
    rng = random.Random(0)
    for _ in range(30):
        starts = sorted(rng.uniform(0, 60) for _ in range(40))
        runs = [(start, start + rng.expovariate(0.2)) for start in starts]
        workers = assign_workers(runs)
        for worker in set(workers):
            own = [run for run, w in zip(runs, workers, strict=True) if w == worker]
            assert all(a[1] <= b[0] + 1e-5 for a, b in pairwise(own))
        most = max(sum(1 for other in runs if other[0] <= run[0] < other[1]) for run in runs)
        assert max(workers) + 1 == most


def test_a_run_that_begins_as_another_ends_takes_its_worker() -> None:
    assert assign_workers([(0.0, 1.0), (0.0, 3.0), (0.9999995, 2.0)]) == [0, 1, 0]
