"""Workers for runs, and how busy they were."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from syne_core.experiments.report.trial_history import TrialRun
from syne_core.experiments.report.worker_lanes import assign_workers, utilisation


def test_no_two_runs_share_a_worker_at_a_time_and_no_more_are_used_than_ran_at_once() -> None:
    rng = random.Random(0)
    for _ in range(30):
        runs = [
            TrialRun(i, start, start + rng.expovariate(0.2))
            for i, start in enumerate(sorted(rng.uniform(0, 60) for _ in range(40)))
        ]
        workers = assign_workers(runs)
        for worker in set(workers):
            own = [run for run, w in zip(runs, workers, strict=True) if w == worker]
            assert all(a.end <= b.start + 1e-5 for a, b in pairwise(own))
        most = max(sum(1 for other in runs if other.start <= run.start < other.end) for run in runs)
        assert max(workers) + 1 == most


def test_a_run_that_begins_as_another_ends_takes_its_worker() -> None:
    runs = [TrialRun(0, 0.0, 1.0), TrialRun(1, 0.0, 3.0), TrialRun(2, 0.9999995, 2.0)]
    assert assign_workers(runs) == [0, 1, 0]


def test_utilisation_is_a_share_of_the_workers_time() -> None:
    assert utilisation(6.0, 4.0, 2) == pytest.approx(0.75)
    assert utilisation(9.0, 4.0, 2) == 1.0
    assert utilisation(6.0, 4.0, None) is None
    assert utilisation(0.0, 0.0, 2) is None
